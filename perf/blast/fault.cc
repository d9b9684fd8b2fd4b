#include "perf/blast/fault.h"

namespace tandem6::blast {

std::string_view to_string(Fault fault) {
  static constexpr std::array<std::string_view, kFaults> kNames = {
      "malformed",       "wrong-type",     "wrong-transaction", "no-client-id",  "no-server-id",
      "server-changed",  "relay-mismatch", "wrong-destination", "status-failed", "no-addrs-avail",
      "no-prefix-avail", "no-binding",     "ia-refused",        "ia-missing",    "ia-unexpected",
      "lease-missing",   "lease-changed",  "bad-lifetimes",     "shared-lease",  "overlapping-leases",
      "option-missing",
  };
  return kNames[static_cast<size_t>(fault)];
}

}  // namespace tandem6::blast
