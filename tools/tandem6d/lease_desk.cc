#include "tools/tandem6d/lease_desk.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "dataplane/lease/hash.h"

namespace tandem6::daemon {
namespace {

/// What a worker is given at a time: some hundred microseconds of work.
constexpr size_t kUpdatesPerBatch = 64;
constexpr size_t kAcksPerBatch = 256;
/// So many that a worker is never without work while the reactor is busy.
constexpr unsigned kBatchesUnderWay = 8;

}  // namespace

LeaseDesk::LeaseDesk(const std::vector<WorkerEnd>& workers) {
  for (const WorkerEnd& end : workers) workers_.emplace_back().end = end;
}

unsigned LeaseDesk::owner_of(Bytes duid) const {
  return lease::ShardGroup::owner_of(lease::shard_of(lease::duid_hash(duid)), static_cast<unsigned>(workers_.size()));
}

void LeaseDesk::apply(const Scope& scope, failover::IncomingUpdate incoming, const Applied& applied) {
  PerWorker& owner = workers_[owner_of(incoming.update.client->bytes())];
  owner.updates.push_back({scope, std::move(incoming), applied});
}

void LeaseDesk::acknowledge(const failover::LeaseAck& ack) {
  workers_[owner_of(ack.client.bytes())].acks.push_back(ack);
}

void LeaseDesk::post(PerWorker& to, std::function<void(const lease::ErrandPlace&)> work, std::function<void()> done) {
  to.unposted.push_back(new worker::Job{std::move(work), std::move(done)});
}

void LeaseDesk::run_everywhere(std::function<void(unsigned worker, const lease::ErrandPlace&)> work,
                               std::function<void()> done) {
  struct Round {
    std::function<void(unsigned worker, const lease::ErrandPlace&)> work;
    std::function<void()> done;
    size_t left;
  };
  const auto round = std::make_shared<Round>(Round{std::move(work), std::move(done), workers_.size()});
  for (unsigned number = 0; number < workers_.size(); ++number) {
    post(
        workers_[number], [round, number](const lease::ErrandPlace& place) { round->work(number, place); },
        [round] {
          if (--round->left == 0) round->done();
        });
  }
}

void LeaseDesk::when_committed(std::vector<uint64_t> sequences, std::function<void()> then) {
  promises_.push_back({std::move(sequences), std::move(then)});
}

// In the order of asking: a later one is never ready before.
unsigned LeaseDesk::release_all_committed() {
  unsigned released = 0;
  const auto is_ready = [&](const Promise& promise) {
    for (size_t i = 0; i < workers_.size(); ++i) {
      if (workers_[i].end.leases->log().committed() < promise.sequences[i]) return false;
    }
    return true;
  };
  for (; !promises_.empty() && is_ready(promises_.front()); ++released) {
    const std::function<void()> then = std::move(promises_.front().then);
    promises_.pop_front();
    then();
  }
  return released;
}

unsigned LeaseDesk::poll() {
  unsigned work = release_all_committed();
  for (PerWorker& each : workers_) {
    while (worker::Job* job = each.end.jobs->take_done()) {
      const std::unique_ptr<worker::Job> owned(job);
      owned->done();
      ++work;
    }
    work += release_committed(each);
    const auto may_hand_over = [&] { return each.batches < kBatchesUnderWay && each.unapplied.empty(); };
    while ((!each.updates.empty() || !each.acks.empty()) && may_hand_over()) hand_over(each);
    while (!each.unposted.empty() && each.end.jobs->post(each.unposted.front())) {
      each.unposted.pop_front();
      ++work;
    }
  }
  return work;
}

void LeaseDesk::hand_over(PerWorker& to) {
  const auto batch = std::make_shared<Batch>();
  const auto take = [](auto& from, auto& into, size_t limit) {
    const auto end = from.begin() + static_cast<std::ptrdiff_t>(std::min(limit, from.size()));
    into.assign(std::make_move_iterator(from.begin()), std::make_move_iterator(end));
    from.erase(from.begin(), end);
  };
  take(to.updates, batch->updates, kUpdatesPerBatch);
  take(to.acks, batch->acks, kAcksPerBatch);
  batch->begins = to.batches == 0;
  ++to.batches;
  const auto work = [batch, stalled = to.stalled](const lease::ErrandPlace& place) {
    if (batch->begins) *stalled = false;
    while (batch->acked < batch->acks.size() && failover::acknowledge(place, batch->acks[batch->acked])) ++batch->acked;
    for (Update& update : batch->updates) {
      if (*stalled) return;
      batch->results.push_back(failover::apply(place, *update.scope, update.incoming));
      // A later one of the same client must not overtake it.
      *stalled = batch->results.back() == failover::Applied::kNoRoom;
    }
  };
  post(to, work, [this, &to, batch] { take_back(to, *batch); });
}

void LeaseDesk::take_back(PerWorker& from, Batch& batch) {
  --from.batches;
  from.acks.insert(from.acks.begin(), batch.acks.begin() + static_cast<std::ptrdiff_t>(batch.acked), batch.acks.end());
  size_t finished = 0;
  for (; finished < batch.results.size(); ++finished) {
    Update& update = batch.updates[finished];
    if (batch.results[finished] == failover::Applied::kNoRoom) break;
    if (batch.results[finished] == failover::Applied::kHeldElsewhere) {
      const unsigned owner = owner_of(update.incoming.update.client->bytes());
      look_elsewhere(owner, std::move(update));
    } else {
      const uint64_t sequence = update.incoming.sequence;
      from.waiting.push_back({sequence, std::move(update)});
    }
  }
  std::move(batch.updates.begin() + static_cast<std::ptrdiff_t>(finished), batch.updates.end(),
            std::back_inserter(from.unapplied));
  if (from.batches != 0) return;
  from.updates.insert(from.updates.begin(), std::make_move_iterator(from.unapplied.begin()),
                      std::make_move_iterator(from.unapplied.end()));
  from.unapplied.clear();
}

// The unit is marked as held, and not by a client of that worker: every other one looks. Whoever had it, its end has to
// be on the disk before its successor is, which another worker's log brings there: also when it was gone already.
void LeaseDesk::look_elsewhere(unsigned owner, Update update) {
  struct Search {
    Update update;
    std::vector<uint64_t> sequences;  // by worker
    failover::Applied result = failover::Applied::kHeldElsewhere;
  };
  const auto search = std::make_shared<Search>(Search{std::move(update), std::vector<uint64_t>(workers_.size())});
  // One after the other, as they share the update; most often there are one or two.
  const auto step = std::make_shared<std::function<void(unsigned)>>();
  *step = [this, owner, search, step](unsigned number) {
    if (number == owner) ++number;
    const bool found = search->result != failover::Applied::kHeldElsewhere;
    if (found || number >= workers_.size()) {
      when_committed(std::move(search->sequences), [this, owner, search] {
        search->update.incoming.next_is_unheld = search->result != failover::Applied::kNoRoom;
        workers_[owner].updates.push_front(std::move(search->update));
      });
      *step = nullptr;
      return;
    }
    post(
        workers_[number],
        [search, number](const lease::ErrandPlace& place) {
          search->result = failover::displace(place, *search->update.scope, search->update.incoming);
          search->sequences[number] = search->update.incoming.sequence;
        },
        [step, number] {
          const auto next = *step;
          next(number + 1);
        });
  };
  const auto first = *step;
  first(0);
}

unsigned LeaseDesk::release_committed(PerWorker& each) {
  const uint64_t committed = each.end.leases->log().committed();
  unsigned released = 0;
  while (!each.waiting.empty() && each.waiting.front().sequence <= committed) {
    Waiting ready = std::move(each.waiting.front());
    each.waiting.pop_front();
    ++released;
    ready.update.applied(std::move(ready.update.incoming));
  }
  return released;
}

}  // namespace tandem6::daemon
