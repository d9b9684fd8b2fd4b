// The REPLYs that wait for the disk (architecture.md §4), in the order in which they were made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

struct rte_mbuf;

namespace tandem6::worker {

/// A FIFO of fixed size. One worker's own.
class ParkedReplies {
 public:
  struct Reply {
    rte_mbuf* buffer;
    uint64_t sequence;  ///< may leave when the log is committed up to here
    uint64_t made;      ///< when, in TSC cycles
    uint16_t port;
  };

  /// `capacity` is a power of two.
  explicit ParkedReplies(size_t capacity) : replies_(capacity) {}

  size_t size() const { return tail_ - head_; }
  bool empty() const { return tail_ == head_; }
  size_t room() const { return replies_.size() - size(); }
  /// Needs room.
  void push(const Reply& reply) { replies_[tail_++ & (replies_.size() - 1)] = reply; }
  const Reply& front() const { return replies_[head_ & (replies_.size() - 1)]; }
  void pop() { ++head_; }

 private:
  std::vector<Reply> replies_;
  size_t head_ = 0;
  size_t tail_ = 0;
};

}  // namespace tandem6::worker
