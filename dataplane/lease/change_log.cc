#include "dataplane/lease/change_log.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include "dataplane/wire/require.h"

namespace tandem6::lease {
namespace {

/// A small log, as tests have, still takes client data.
size_t bytes_beside(size_t capacity) {
  return std::bit_ceil(
      std::max(capacity * ChangeLog::kBytesPerChange, 2 * ChangeLog::kRoomToRemember * ChangeLog::kBytesPerChange));
}

}  // namespace

ChangeLog::ChangeLog(size_t capacity)
    : capacity_(capacity),
      slots_(std::make_unique<Slot[]>(capacity)),
      bytes_capacity_(bytes_beside(capacity)),
      bytes_(std::make_unique<std::byte[]>(bytes_capacity_)) {
  require(std::has_single_bit(capacity), "a change log's capacity is a power of two");
}

size_t ChangeLog::room() const {
  const size_t slots = capacity_ - (written_.load(std::memory_order_relaxed) - committed());
  const size_t bytes = bytes_capacity_ - (bytes_written_ - bytes_committed_.load(std::memory_order_acquire));
  return std::min(slots, bytes / kBytesPerChange);
}

uint64_t ChangeLog::append(LeaseChange::Kind kind, const LeaseRecord& record, bool forgets_client) {
  assert(room() != 0);
  const uint64_t sequence = written() + 1;
  LeaseChange& change = slot_of(sequence).change;
  change.kind = kind;
  change.record = record;
  change.forgets_client = forgets_client;
  change.client_data = {};
  return publish(sequence);
}

uint64_t ChangeLog::remember(const Duid& duid, Bytes client_data) {
  assert(client_data.size() <= kMaxClientData && room() >= kRoomToRemember);
  // In one piece: what is left at the ring's end is skipped when it is too little.
  const size_t to_end = bytes_capacity_ - (bytes_written_ & (bytes_capacity_ - 1));
  if (to_end < client_data.size()) bytes_written_ += to_end;
  std::byte* at = &bytes_[bytes_written_ & (bytes_capacity_ - 1)];
  if (!client_data.empty()) std::memcpy(at, client_data.data(), client_data.size());
  bytes_written_ += client_data.size();

  const uint64_t sequence = written() + 1;
  LeaseChange& change = slot_of(sequence).change;
  change.kind = LeaseChange::Kind::kRemember;
  change.record.duid = duid;
  change.forgets_client = false;
  change.client_data = {at, client_data.size()};
  return publish(sequence);
}

uint64_t ChangeLog::publish(uint64_t sequence) {
  slot_of(sequence).bytes_end = bytes_written_;
  written_.store(sequence, std::memory_order_release);
  return sequence;
}

void ChangeLog::publish_committed(uint64_t sequence) {
  // What was published before may lie in a slot that the worker is writing into by now.
  if (sequence == committed_.load(std::memory_order_relaxed)) return;
  bytes_committed_.store(slot_of(sequence).bytes_end, std::memory_order_release);
  committed_.store(sequence, std::memory_order_release);
}

uint64_t ChangeLog::written() const { return written_.load(std::memory_order_relaxed); }

size_t ChangeLog::pending() const { return written_.load(std::memory_order_acquire) - drained_; }

}  // namespace tandem6::lease
