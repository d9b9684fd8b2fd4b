// The search for the highest rate that a server answers without loss. Knows no clock and no packets: it says which rate
// to try, and is told how that went.
#pragma once

#include <cstdint>

namespace tandem6::blast {

struct SearchRules {
  double first = 1000;          ///< tried first, exchanges a second
  double highest = 10e6;        ///< not searched beyond
  double resolution = 0.02;     ///< the search ends when what failed is at most this much above what did not
  unsigned second_chances = 1;  ///< a rate has failed when it did so this many times more: a machine may hiccup
};

/// Doubles (or halves) from the first rate until one succeeded and one failed, then halves the distance between the two
/// (their ratio), and at last confirms the best once more. What fails its confirmation is stepped down from.
class RateSearch {
 public:
  enum class Phase : uint8_t { kBracket, kBisect, kConfirm, kDone };

  explicit RateSearch(const SearchRules& rules) : rules_(rules), rate_(rules.first) {}

  Phase phase() const { return phase_; }
  bool done() const { return phase_ == Phase::kDone; }
  /// What to try now.
  double rate() const { return rate_; }
  /// How it went.
  void report(bool lossless);
  /// The highest confirmed rate; 0 when none was lossless.
  double best() const { return best_; }

 private:
  static constexpr double kLowest = 1;
  static constexpr unsigned kMostConfirmations = 6;

  void succeeded();
  void failed();
  void choose();

  SearchRules rules_;
  Phase phase_ = Phase::kBracket;
  double rate_;
  double good_ = 0;
  double bad_ = 0;  // 0: nothing failed yet
  unsigned failures_ = 0;
  unsigned confirmations_ = 0;
  double best_ = 0;
};

}  // namespace tandem6::blast
