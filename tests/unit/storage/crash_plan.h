// What the writer that gets killed does, so that the test knows what must be there: change `sequence` is about lease
// sequence % kLeases.
#pragma once

#include "dataplane/lease/change_log.h"
#include "sample_leases.h"

namespace tandem6::storage {

inline constexpr uint64_t kCrashLeases = 5000;
inline constexpr size_t kCrashLog = 4096;

inline lease::LeaseChange crash_change(uint64_t sequence) {
  auto record = address_lease(sequence % kCrashLeases);
  record.iaid = static_cast<uint32_t>(sequence);
  const uint64_t turn = sequence / kCrashLeases;
  const bool forget = (sequence + turn) % 7 == 0;
  return {forget ? lease::LeaseChange::Kind::kDelete : lease::LeaseChange::Kind::kPut, record};
}

}  // namespace tandem6::storage
