// What workers read of the rest of the world: one immutable object behind one atomic pointer.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/lease/snapshot.h"
#include "dataplane/nic/port.h"
#include "dataplane/worker/token_buckets.h"

namespace tandem6::worker {

/// Immutable once published.
struct View {
  std::shared_ptr<const lease::Snapshot> snapshot;
  std::vector<nic::PortAddresses> ports;  ///< by port index
  RateLimit client_limit = {};            ///< by DUID
  RateLimit relay_limit = {};             ///< by source address of relayed datagrams
};

/// Hands views from the management thread to the workers. A worker says which one it uses by taking it; the management
/// thread keeps every view until all workers have taken a later one.
class ViewBoard {
 public:
  explicit ViewBoard(unsigned workers) : taken_(workers) {}

  // --- management thread -------------------------------------------------------------------------------------------
  /// Makes `view` the current one. Returns its number.
  uint64_t publish(View view) {
    auto next = std::make_unique<Numbered>(Numbered{std::move(view), kept_.empty() ? 1 : kept_.back()->number + 1});
    const uint64_t number = next->number;
    current_.store(next.get(), std::memory_order_release);
    kept_.push_back(std::move(next));
    return number;
  }
  /// Have all workers taken this view or a later one?
  bool all_took(uint64_t number) const { return least(&Progress::view) >= number; }
  /// Have all workers marked all their leases in this view's snapshot.incoming?
  bool all_indexed(uint64_t number) const { return least(&Progress::indexed) >= number; }
  /// Frees the views that no worker can be using any more.
  void reclaim() {
    const uint64_t oldest = least(&Progress::view);
    std::erase_if(kept_, [&](const auto& view) { return view->number < oldest; });
  }
  /// The current view, for the management thread's own reading.
  const View& current() const { return kept_.back()->view; }

  // --- worker `worker` ---------------------------------------------------------------------------------------------
  /// The current view; the one taken before is not used by this worker any more.
  const View& take(unsigned worker) {
    const Numbered* current = current_.load(std::memory_order_acquire);
    Progress& mine = taken_[worker];
    if (mine.view.load(std::memory_order_relaxed) != current->number) {
      mine.view.store(current->number, std::memory_order_release);
    }
    return current->view;
  }
  /// All leases of this worker are marked in the incoming pools of the view it took.
  void report_indexed(unsigned worker) {
    Progress& mine = taken_[worker];
    mine.indexed.store(mine.view.load(std::memory_order_relaxed), std::memory_order_release);
  }
  bool indexed(unsigned worker) const {
    const Progress& mine = taken_[worker];
    return mine.indexed.load(std::memory_order_relaxed) == mine.view.load(std::memory_order_relaxed);
  }

 private:
  struct Numbered {
    View view;
    uint64_t number;
  };
  struct alignas(64) Progress {
    std::atomic<uint64_t> view{0};
    std::atomic<uint64_t> indexed{0};
  };

  uint64_t least(std::atomic<uint64_t> Progress::* which) const {
    uint64_t least = ~uint64_t{0};
    for (const Progress& worker : taken_) {
      const uint64_t number = (worker.*which).load(std::memory_order_acquire);
      least = number < least ? number : least;
    }
    return least;
  }

  std::atomic<const Numbered*> current_{nullptr};
  std::vector<std::unique_ptr<Numbered>> kept_;  // the management thread's; the last is the current one
  std::vector<Progress> taken_;
};

}  // namespace tandem6::worker
