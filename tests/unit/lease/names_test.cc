#include <doctest/doctest.h>

#include <set>

#include "dataplane/lease/drop_reason.h"
#include "dataplane/lease/record.h"

namespace tandem6::lease::names_test {
namespace {

TEST_CASE("every reason for a drop has a name of its own, as the control socket shows them") {
  std::set<std::string_view> names;
  for (size_t reason = 0; reason < kDropReasonCount; ++reason) names.insert(to_string(static_cast<DropReason>(reason)));
  CHECK(names.size() == kDropReasonCount);
  CHECK(names.count("unknown") == 0);
  CHECK(to_string(DropReason::kBadChecksum) == "bad-checksum");
}

TEST_CASE("RFC 8156 7.2: binding states have the RFC's names") {
  CHECK(to_string(BindingStatus::kActive) == "ACTIVE");
  CHECK(to_string(BindingStatus::kFreeBackup) == "FREE-BACKUP");
  CHECK(to_string(static_cast<BindingStatus>(0)) == "unknown");
}

}  // namespace
}  // namespace tandem6::lease::names_test
