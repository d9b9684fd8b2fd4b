// The connection between the partners, with the semantics of TCP: what arrives is in order and whole, and nobody is
// told at once that nothing arrives any more.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "dataplane/wire/bytes.h"
#include "tests/sim/random.h"

namespace tandem6::sim {

class World;

/// Side 0 is the primary's, side 1 the secondary's.
class Channel {
 public:
  Channel(World& world, Random random) : world_(world), random_(random) {}

  // --- what servers do ---
  void send(unsigned side, Bytes message);
  /// Closed in good order: the other side hears of it when it has read what was sent before.
  void close(unsigned side);
  /// The primary's process is there: it connects.
  void begin_connecting();
  /// Communications are settled: the next pause is short again.
  void settled() { pause_ = kFirstPause; }
  /// The process is gone. `with_machine`: its kernel as well, so that the other side hears nothing.
  void died(unsigned side, bool with_machine);
  bool has(unsigned side) const { return held_[side] != 0; }

  // --- what befalls it ---
  /// What `side` sends does not arrive until unblocked.
  void block(unsigned side, bool blocked) { blocked_[side] = blocked; }
  /// The messages of this side have an option from now on that no RFC knows yet.
  void set_newer(unsigned side) { newer_[side] = true; }
  /// A reset, which both sides hear of, each at its time.
  void cut();
  /// Nothing is on its way.
  bool is_quiet() const { return flows_[0].queue.empty() && flows_[1].queue.empty(); }

 private:
  static constexpr uint64_t kFirstPause = 500;
  struct Segment {
    uint64_t when;
    std::vector<std::byte> message;  // empty: the end
  };
  struct Flow {  // from a side
    std::deque<Segment> queue;
    uint64_t last = 0;
  };

  void connect_later();
  void try_to_connect(uint64_t attempt);
  void push(unsigned side, std::vector<std::byte> message);
  void pump(unsigned side, uint64_t connection);
  void arrive(unsigned side, const std::vector<std::byte>& message, uint64_t connection);
  void lose(unsigned side, const char* why);

  World& world_;
  Random random_;
  uint64_t connection_ = 0;         // the newest
  std::array<uint64_t, 2> held_{};  // that a side believes in; 0: none
  uint64_t accepted_ = 0;           // by the secondary
  std::array<bool, 2> blocked_{};
  std::array<bool, 2> newer_{};
  std::array<Flow, 2> flows_;
  uint64_t pause_ = kFirstPause;
  uint64_t attempt_ = 0;
};

}  // namespace tandem6::sim
