#include "perf/blast/search.h"

#include <algorithm>
#include <cmath>

namespace tandem6::blast {

void RateSearch::report(bool lossless) {
  if (done()) return;
  if (!lossless && failures_ < rules_.second_chances && phase_ != Phase::kConfirm) {
    ++failures_;
    return;
  }
  failures_ = 0;
  lossless ? succeeded() : failed();
}

void RateSearch::succeeded() {
  if (phase_ == Phase::kConfirm) {
    best_ = rate_;
    phase_ = Phase::kDone;
    return;
  }
  good_ = rate_;
  choose();
}

void RateSearch::failed() {
  if (phase_ == Phase::kConfirm) {
    if (++confirmations_ == kMostConfirmations) {
      phase_ = Phase::kDone;
      return;
    }
    rate_ /= 1 + rules_.resolution * (1 << confirmations_);
    return;
  }
  bad_ = rate_;
  if (bad_ <= kLowest) {
    phase_ = Phase::kDone;
    return;
  }
  choose();
}

void RateSearch::choose() {
  if (bad_ == 0) {
    if (good_ >= rules_.highest) {
      phase_ = Phase::kConfirm;
      return;
    }
    rate_ = std::min(good_ * 2, rules_.highest);
  } else if (good_ == 0) {
    rate_ = std::max(bad_ / 2, kLowest);
  } else if (bad_ <= good_ * (1 + rules_.resolution)) {
    phase_ = Phase::kConfirm;
    rate_ = good_;
  } else {
    phase_ = Phase::kBisect;
    rate_ = std::sqrt(good_ * bad_);
  }
}

}  // namespace tandem6::blast
