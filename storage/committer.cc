#include "storage/committer.h"

#include <pthread.h>
#include <sys/prctl.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "dataplane/wire/require.h"

namespace tandem6::storage {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// Changes in one batch at most, so that the first to come does not wait for a whole ring to be written.
constexpr size_t kMaxBatch = 16'384;
/// How often kAsync syncs. Short, as nothing is drained while a sync runs.
constexpr milliseconds kSyncInterval{200};
/// With kAsync no REPLY waits for a batch, and a change costs less in a large one: so many are gathered (no more than a
/// quarter of a log), or for so long.
constexpr size_t kWorthWriting = 1024;
constexpr milliseconds kLongestGathering{1};
constexpr microseconds kGatheringNap{200};
constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLongestPause{1000};

/// Waiting for work: at once after some, ever more leisurely when there is none. A change that comes after a long quiet
/// waits half a millisecond at most; an idle server wakes 2,000 times a second, which is a percent of a core.
class Idle {
 public:
  void found_work() { rounds_ = 0; }
  void wait() {
    constexpr unsigned kSpins = 64;
    constexpr microseconds kShortest{50}, kLongest{500};
    if (rounds_++ < kSpins) {
      __builtin_ia32_pause();
      return;
    }
    sleep_ = rounds_ == kSpins + 1 ? kShortest : std::min(sleep_ + sleep_ / 4, kLongest);
    std::this_thread::sleep_for(sleep_);
  }

 private:
  unsigned rounds_ = 0;
  microseconds sleep_{0};
};

}  // namespace

Committer::Committer(Store& store, const std::vector<lease::ChangeLog*>& logs, Durability durability)
    : store_(store), durability_(durability) {
  require(!logs.empty() && logs.size() <= kMaxBatch, "a committer has logs, and a share of the batch for each");
  sources_.reserve(logs.size());
  for (auto* log : logs) {
    require(log->pending() == log->written() - log->committed(), "what another committer drained, it also stored");
    sources_.push_back({log, log->committed()});
  }
}

Committer::~Committer() { stop(); }

void Committer::start() {
  require(!thread_.joinable() && !stopping_.load(), "a committer is started once");
  thread_ = std::thread([this] { run(); });
}

bool Committer::stop(unsigned patience_milliseconds) {
  {
    const std::lock_guard lock(mutex_);
    give_up_at_ = Clock::now() + milliseconds(patience_milliseconds);
    stopping_.store(true, std::memory_order_release);
  }
  stop_requested_.notify_all();
  if (thread_.joinable()) thread_.join();
  const auto now = status();
  return now.pending == 0 && now.unsynced == 0;
}

CommitterStatus Committer::status() const {
  CommitterStatus status;
  {
    const std::lock_guard lock(mutex_);
    status = status_;
  }
  for (const auto& source : sources_) {
    const uint64_t committed = source.log->committed();  // first, as it is never ahead of what is written
    status.pending += source.log->written() - committed;
  }
  return status;
}

void Committer::run() {
  pthread_setname_np(pthread_self(), "committer");
  prctl(PR_SET_TIMERSLACK, 1000UL);  // nanoseconds; the kernel's 50 µs would double the shortest wait
  synced_at_ = Clock::now();
  Idle idle;
  while (true) {
    const bool last_round = stopping_.load(std::memory_order_acquire);  // before gathering: then nothing can come after
    if (durability_ == Durability::kAsync && !last_round) let_gather();
    if (gather() != 0) {
      if (!commit()) return;
      idle.found_work();
      continue;
    }
    if (!sync_when_due(last_round)) return;
    if (last_round) return;
    idle.wait();
  }
}

/// Waits until what is in some log is worth a write of its own.
void Committer::let_gather() {
  const auto is_worth_it = [](const Source& source) {
    return source.log->pending() >= std::min(kWorthWriting, source.log->capacity() / 4);
  };
  const auto is_empty = [](const Source& source) { return source.log->pending() == 0; };
  if (std::ranges::all_of(sources_, is_empty)) return;
  const auto until = Clock::now() + kLongestGathering;
  while (std::ranges::none_of(sources_, is_worth_it) && Clock::now() < until)
    std::this_thread::sleep_for(kGatheringNap);
}

/// Drains the logs into the batch, an equal share of it for each, so that a busy worker cannot starve another.
size_t Committer::gather() {
  batch_.clear();
  const size_t share = kMaxBatch / sources_.size();
  for (auto& source : sources_)
    source.drained = source.log->drain(share, [&](const lease::LeaseChange& change) { batch_.add(change); });
  return batch_.count();
}

/// Writes the batch and publishes it. False when stop() lost patience with the disk.
bool Committer::commit() {
  const auto start = Clock::now();
  const bool sync = durability_ == Durability::kSync;
  if (!persist([&] { return store_.write(batch_, sync); })) return false;
  for (const auto& source : sources_) source.log->publish_committed(source.drained);
  const auto took = std::chrono::duration_cast<microseconds>(Clock::now() - start);
  if (!sync) unsynced_ += batch_.count();
  {
    const std::lock_guard lock(mutex_);
    ++status_.commits;
    status_.changes += batch_.count();
    status_.last_commit_microseconds = static_cast<uint64_t>(took.count());
    status_.max_commit_microseconds = std::max(status_.max_commit_microseconds, status_.last_commit_microseconds);
    status_.unsynced = unsynced_;
  }
  return sync_when_due(false);
}

/// With kAsync: syncs what was only written, when it is time or `now`. False when stop() lost patience with the disk.
bool Committer::sync_when_due(bool now) {
  if (unsynced_ == 0) return true;
  if (!now && Clock::now() - synced_at_ < kSyncInterval) return true;
  if (!persist([&] { return store_.sync(); })) return false;
  synced_at_ = Clock::now();
  unsynced_ = 0;
  const std::lock_guard lock(mutex_);
  status_.unsynced = 0;
  return true;
}

/// Attempts until it succeeds, with the database reopened between attempts. Nothing else is written meanwhile, so no
/// change overtakes another. False when stop() lost patience.
bool Committer::persist(const std::function<tl::expected<void, Error>()>& attempt) {
  auto done = attempt();
  if (done) return true;
  for (auto length = kFirstPause; !done; length = std::min(2 * length, kLongestPause)) {
    note_failure(done.error());
    if (!pause(length)) return false;
    store_.resume();  // when it could not, the attempt fails again and says why
    done = attempt();
  }
  note_recovery();
  return true;
}

/// False when it is time to give up. A request to stop does not cut it short, only the end of its patience does.
bool Committer::pause(milliseconds length) {
  const auto until = Clock::now() + length;
  std::unique_lock lock(mutex_);
  while (Clock::now() < until) {
    if (Clock::now() >= give_up_at_) return false;
    stop_requested_.wait_until(lock, std::min(until, give_up_at_));
  }
  return Clock::now() < give_up_at_;
}

void Committer::note_failure(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!status_.failing) status_.failing_since_unix = static_cast<uint64_t>(std::time(nullptr));
  status_.failing = true;
  status_.error = error.message;
  ++status_.failures;
}

void Committer::note_recovery() {
  const std::lock_guard lock(mutex_);
  status_.failing = false;
  status_.error.clear();
  status_.failing_since_unix = 0;
}

}  // namespace tandem6::storage
