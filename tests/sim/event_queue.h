// Time in the simulator: what is to happen, in its order. Milliseconds of true time, which no server knows.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace tandem6::sim {

class EventQueue {
 public:
  using Action = std::function<void()>;

  uint64_t now() const { return now_; }
  void at(uint64_t when, Action action) { events_.push({when < now_ ? now_ : when, ++count_, std::move(action)}); }
  void after(uint64_t delay, Action action) { at(now_ + delay, std::move(action)); }
  uint64_t next_time() const { return events_.empty() ? UINT64_MAX : events_.top().when; }
  /// The next event happens. Of two at the same time the one that was asked for first.
  void step() {
    Action action = std::move(const_cast<Event&>(events_.top()).action);
    now_ = events_.top().when;
    events_.pop();
    action();
  }

 private:
  struct Event {
    uint64_t when;
    uint64_t number;
    Action action;
    bool operator<(const Event& other) const { return std::pair(when, number) > std::pair(other.when, other.number); }
  };
  std::priority_queue<Event> events_;
  uint64_t now_ = 0;
  uint64_t count_ = 0;
};

}  // namespace tandem6::sim
