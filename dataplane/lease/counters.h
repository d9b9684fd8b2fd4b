// What one worker counts. Written by its worker only, read by anybody at any time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "dataplane/lease/drop_reason.h"

namespace tandem6::lease {

/// A counter with a single writer: no locked instruction.
class Counter {
 public:
  void add(uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  uint64_t read() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

struct alignas(64) Counters {
  static constexpr size_t kTypes = 18;  ///< message types 1 to 17; 0 for all others

  std::array<Counter, kTypes> received;  ///< client messages by type, as they were inside their relay messages
  std::array<Counter, kTypes> sent;      ///< answers by type
  std::array<Counter, kDropReasonCount> dropped;
  Counter frames_received;
  Counter frames_sent;
  Counter fragments_received;
  Counter reassembled;          ///< datagrams that came in fragments and became whole
  Counter fragments_sent;       ///< frames of answers that are larger than the port's MTU
  Counter to_kernel;            ///< frames that are not DHCPv6, by the exception path
  Counter from_kernel;          ///< frames that the kernel sent by the exception path
  Counter relayed;              ///< of the received, those that came through a relay
  Counter handed_over;          ///< to the worker that owns the client
  Counter partial_checksums;    ///< accepted with ChecksumKind::kPartial
  Counter expired;              ///< leases whose valid lifetime ended
  Counter released_quarantine;  ///< declined leases whose quarantine ended
  Counter failed_expressions;   ///< of classes and flex-id, that could not be evaluated for a message
};

}  // namespace tandem6::lease
