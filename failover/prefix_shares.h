// Which delegable prefixes are the secondary's (RFC 8156 §4.2.2): blocks of the pools, told in BNDUPDs with an
// OPTION_IAPREFIX of their own. What is not a block of this book is the primary's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "dataplane/lease/dense_pool.h"
#include "dataplane/lease/failover_scope.h"
#include "dataplane/lease/snapshot.h"
#include "failover/status.h"

namespace tandem6::failover {

/// Blocks of the pools of one relationship; the reactor thread's. It opens and closes blocks in the pools, which the
/// workers then find so.
class PrefixShares {
 public:
  struct Before {
    bool operator()(const lease::LeaseKey& a, const lease::LeaseKey& b) const;
  };
  /// Since when; 0: the secondary does not know them by this name yet.
  using Backups = std::map<lease::LeaseKey, AbsoluteTime, Before>;
  using Blocks = std::set<lease::LeaseKey, Before>;

  explicit PrefixShares(const lease::FailoverScope& scope) : scope_(scope) {}

  /// What the disk keeps: the secondary's blocks.
  const Backups& backups() const { return backups_; }
  void restore(const lease::LeaseKey& block, AbsoluteTime since) { backups_[block] = since; }

  /// A configuration is in force, the first or another: its pools are as the book says. A pool whose size has changed
  /// may have blocks of another size: to a primary each that shares space with one of the secondary's is the
  /// secondary's as a whole, as that one may go on with it. Blocks that share space with none stay in the book. True:
  /// the book has changed.
  /// `is_moving`: what changes hands is closed, whoever has it.
  bool adopt(const lease::Snapshot& snapshot, const std::function<bool(const lease::LeaseKey&)>& is_moving = {});

  bool is_known(const lease::LeaseKey& block) const { return places_.contains(block); }
  bool is_backup(const lease::LeaseKey& block) const { return backups_.contains(block); }
  bool is_confirmed(const lease::LeaseKey& block) const;

  /// Workers allocate from the block if it is ours and not moving, and from now on not if it is not: what they have
  /// allocated may still be in use. Check before it is told.
  void settle(const lease::LeaseKey& block, bool is_moving);
  /// The secondary's from now on, or the primary's.
  void enter(const lease::LeaseKey& block, AbsoluteTime since) { backups_[block] = since; }
  void strike(const lease::LeaseKey& block) { backups_.erase(block); }

  /// What a primary should give the secondary, or ask back, so that it has `percent` of what is free; with a threshold,
  /// so that nothing is moved for a few prefixes.
  struct Moves {
    std::vector<lease::LeaseKey> give;
    std::vector<lease::LeaseKey> ask_back;
  };
  Moves balance(uint32_t percent) const;
  std::vector<BlockCounts> counts() const;

 private:
  struct Place {
    std::shared_ptr<lease::DensePool> pool;
    uint32_t block;
  };
  struct NamedPool {
    std::string text;
    std::shared_ptr<lease::DensePool> pool;
  };
  bool is_ours(const lease::LeaseKey& block) const {
    return is_backup(block) == (scope_.role() == lease::FailoverRole::kSecondary);
  }
  bool take_over_resized();
  void balance_pool(const lease::DensePool& pool, uint32_t percent, Moves& moves) const;

  const lease::FailoverScope& scope_;
  Backups backups_;
  std::map<lease::LeaseKey, Place, Before> places_;
  std::vector<NamedPool> pools_;
};

/// The name of a block: the delegable prefix that it is.
lease::LeaseKey block_key(const lease::DensePool& pool, uint32_t block);

}  // namespace tandem6::failover
