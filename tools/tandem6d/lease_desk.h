// Where the failover reactor has its work on leases done: batches of it go to the workers that own them, and what must
// be on the disk before it is answered waits here.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "dataplane/lease/shard_group.h"
#include "dataplane/worker/job_ring.h"
#include "failover/lease_side.h"

namespace tandem6::daemon {

/// The reactor thread's. One for all relationships.
class LeaseDesk {
 public:
  using Scope = std::shared_ptr<lease::FailoverScope>;
  using Applied = std::function<void(failover::IncomingUpdate)>;

  struct WorkerEnd {
    lease::ShardGroup* leases;
    worker::JobRing* jobs;
  };
  explicit LeaseDesk(const std::vector<WorkerEnd>& workers);

  /// `applied` when every lease of it has its verdict and is on the disk.
  void apply(const Scope& scope, failover::IncomingUpdate incoming, const Applied& applied);
  void acknowledge(const failover::LeaseAck& ack);
  /// Runs on every worker, then `done` here.
  void run_everywhere(std::function<void(unsigned worker, const lease::ErrandPlace&)> work, std::function<void()> done);

  /// `then` when each worker's log is committed up to its number.
  void when_committed(std::vector<uint64_t> sequences, std::function<void()> then);

  /// Hands over what has gathered, takes what is done. Returns how much there was.
  unsigned poll();

 private:
  struct Update {
    Scope scope;
    failover::IncomingUpdate incoming;
    Applied applied;
  };
  struct Batch {
    std::vector<Update> updates;
    std::vector<failover::Applied> results;
    std::vector<failover::LeaseAck> acks;
    size_t acked = 0;     // of acks
    bool begins = false;  // all before it are back: what stopped them is over
  };
  /// An update that is answered when the worker's log is committed up to `sequence`.
  struct Waiting {
    uint64_t sequence;
    Update update;
  };
  struct PerWorker {
    WorkerEnd end{};
    std::deque<Update> updates;
    std::deque<failover::LeaseAck> acks;
    std::deque<worker::Job*> unposted;
    std::deque<Waiting> waiting;
    unsigned batches = 0;           // under way
    std::vector<Update> unapplied;  // came back, as the log had no room: those of one client stay in order
    /// The worker's: one update found no room, so what was posted behind it is not begun.
    std::shared_ptr<bool> stalled = std::make_shared<bool>(false);
  };

  unsigned owner_of(Bytes duid) const;
  void post(PerWorker& to, std::function<void(const lease::ErrandPlace&)> work, std::function<void()> done);
  void hand_over(PerWorker& to);
  void take_back(PerWorker& from, Batch& batch);
  void look_elsewhere(unsigned owner, Update update);
  unsigned release_committed(PerWorker& worker);
  unsigned release_all_committed();

  struct Promise {
    std::vector<uint64_t> sequences;  // by worker
    std::function<void()> then;
  };

  std::vector<PerWorker> workers_;
  std::deque<Promise> promises_;
};

}  // namespace tandem6::daemon
