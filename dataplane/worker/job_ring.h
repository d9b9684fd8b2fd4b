// Errands that come in numbers, without their sender waiting for each: how the failover reactor has work done on a
// worker's shards.
#pragma once

#include <functional>

#include "dataplane/lease/errand.h"
#include "dataplane/worker/spsc_ring.h"

namespace tandem6::worker {

/// A job is whoever's who has it: the worker's while it is under way, the sender's again when it is done.
struct Job {
  lease::Errand work;          ///< run by the worker
  std::function<void()> done;  ///< for the sender
};

/// One for each worker, between it and the reactor.
class JobRing {
 public:
  static constexpr size_t kCapacity = 256;

  // --- the reactor ---------------------------------------------------------------------------------------------------
  /// False when the ring is full: the job stays the sender's. Jobs are run in the order of posting; those that were
  /// posted before the worker runs wait for it.
  bool post(Job* job) {
    // What is under way may all come back before the sender looks.
    if (under_way_ == kCapacity) return false;
    Job** const place = jobs_.to_fill();
    if (place == nullptr) return false;
    *place = job;
    jobs_.push();
    ++under_way_;
    return true;
  }
  /// The next job that has been run; null: none.
  Job* take_done() {
    Job** const front = done_.front();
    if (front == nullptr) return nullptr;
    Job* const job = *front;
    done_.pop();
    --under_way_;
    return job;
  }

  // --- the worker ----------------------------------------------------------------------------------------------------
  /// Runs one job, so that packets do not wait long. Returns how many there were: 0 or 1.
  unsigned run(const lease::ErrandPlace& place) {
    Job** const front = jobs_.front();
    if (front == nullptr) return 0;
    Job* const job = *front;
    jobs_.pop();
    job->work(place);
    *done_.to_fill() = job;  // there is room: see post()
    done_.push();
    return 1;
  }

 private:
  size_t under_way_ = 0;  // the sender's
  SpscRing<Job*, kCapacity> jobs_;
  SpscRing<Job*, kCapacity> done_;
};

}  // namespace tandem6::worker
