// What the writer that gets killed does, so that the test knows what must be there: change `sequence` is about lease
// sequence % kLeases.
#pragma once

#include "dataplane/lease/change_log.h"
#include "sample_leases.h"

namespace tandem6::storage {

inline constexpr uint64_t kCrashLeases = 5000;
inline constexpr size_t kCrashLog = 4096;

/// Every so many changes one is about what is kept of a client, instead of a lease.
inline constexpr uint64_t kCrashClientEvery = 11;
inline constexpr uint64_t kCrashClients = 100;
inline bool is_about_client(uint64_t sequence) { return sequence % kCrashClientEvery == 0; }
inline uint64_t crash_client(uint64_t sequence) { return sequence / kCrashClientEvery % kCrashClients; }
/// Of different lengths, with the sequence number in it.
inline std::vector<std::byte> crash_client_data(uint64_t sequence) {
  std::vector<std::byte> data = client_data(20 + sequence % 300);
  wire::store_be64(&data[5], sequence);
  return data;
}

inline lease::LeaseChange crash_change(uint64_t sequence) {
  auto record = address_lease(sequence % kCrashLeases);
  record.iaid = static_cast<uint32_t>(sequence);
  const uint64_t turn = sequence / kCrashLeases;
  const bool forget = (sequence + turn) % 7 == 0;
  return {forget ? lease::LeaseChange::Kind::kDelete : lease::LeaseChange::Kind::kPut, record};
}

}  // namespace tandem6::storage
