// The only source of chance in the simulator: from one seed comes the same run on every machine and with every library.
#pragma once

#include <cstdint>

namespace tandem6::sim {

/// SplitMix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t mixed = state_;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
  }
  /// 0 to n - 1.
  uint64_t below(uint64_t n) { return next() % n; }
  /// `low` to `high`, both included.
  uint64_t between(uint64_t low, uint64_t high) { return low + below(high - low + 1); }
  bool chance(unsigned per_mille) { return below(1000) < per_mille; }
  /// Another source, so that what one part of the world draws does not shift what another one does.
  Random fork() { return Random(next()); }

 private:
  uint64_t state_;
};

}  // namespace tandem6::sim
