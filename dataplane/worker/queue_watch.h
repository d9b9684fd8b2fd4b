// Is a receive queue about to overflow (architecture.md §6)? What the NIC drops then it drops blindly, so something has
// to give way before.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/worker/admission.h"

namespace tandem6::worker {

/// What one worker finds in one of its queues, burst by burst. A queue whose end is not found for long fills faster
/// than it is emptied, or it filled in a pause (the scheduler took a shared core away) and is being worked off. Only
/// the former is overload. A pause leaves no more than a full queue, and at half of what we can do as much again comes
/// while that is worked off. Whoever has not found the end after that much is overloaded, and for a while there is no
/// doubt about it: then little patience is enough. Owned by the worker.
class QueueWatch {
 public:
  /// In bursts of kBurst (32) packets: two queues of 2,048 (nic/port.cc); a quarter of one.
  static constexpr unsigned kPatience = 128;
  static constexpr unsigned kPatienceWhenWary = 16;
  /// Behind these: when REQUESTs give way as well.
  static constexpr unsigned kMorePatience = 48;
  static constexpr uint32_t kWaryMilliseconds = 1000;

  /// A burst was read, full or not. Who is to be answered of what is read beyond it: kNewClient means everybody, and
  /// nothing need be read beyond it.
  Urgency read(bool full, uint32_t now_milliseconds) {
    if (!full) {
      found_end();
      return Urgency::kNewClient;
    }
    ++full_;
    const bool is_wary = shed_at_ && now_milliseconds - *shed_at_ < kWaryMilliseconds;
    const unsigned patience = is_wary ? kPatienceWhenWary : kPatience;
    if (full_ < patience) return Urgency::kNewClient;
    shed_at_ = now_milliseconds;
    return ++shed_ <= kMorePatience ? Urgency::kRequest : Urgency::kEstablished;
  }
  /// The queue's end was found while more was read.
  void found_end() { full_ = shed_ = 0; }

 private:
  unsigned full_ = 0;  // read one after the other without finding the queue's end
  unsigned shed_ = 0;  // how often somebody had to give way meanwhile
  std::optional<uint32_t> shed_at_;
};

}  // namespace tandem6::worker
