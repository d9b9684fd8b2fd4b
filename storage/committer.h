// The committer thread: drains every worker's change log into one synced write, again and again (architecture.md §4).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/lease/change_log.h"
#include "storage/store.h"

namespace tandem6::storage {

enum class Durability : uint8_t {
  kSync,   ///< committed means: synced to disk
  kAsync,  ///< committed means: handed to the system; it survives our crash, and a crash of the machine loses what
           ///< CommitterStatus::unsynced says, which is synced several times a second
};

/// What the disk is doing. A copy, for status and metrics.
struct CommitterStatus {
  bool failing = false;  ///< the last write failed: nothing is committed until it succeeds
  std::string error;     ///< why, when failing
  uint64_t failing_since_unix = 0;
  uint64_t commits = 0;
  uint64_t changes = 0;
  uint64_t failures = 0;
  uint64_t last_commit_microseconds = 0;
  uint64_t max_commit_microseconds = 0;
  uint64_t pending = 0;   ///< changes that wait for the disk
  uint64_t unsynced = 0;  ///< committed changes that are not on the disk yet; always 0 with kSync
};

/// Owns the thread and the write side of the Store. Batches need no tuning: one holds whatever gathered while the one
/// before it was synced. A write that fails is tried again, with pauses, until it succeeds; meanwhile nothing is
/// published. Polls the logs rather than being woken, so that appending never costs a worker a system call.
class Committer {
 public:
  /// The logs and the store must outlive it.
  Committer(Store& store, const std::vector<lease::ChangeLog*>& logs, Durability durability);
  /// Stops as stop() does.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  void start();
  /// Commits what is in the logs, unless the disk keeps failing for `patience_milliseconds`, and ends the thread. The
  /// workers must have ended before. True when everything is on disk.
  bool stop(unsigned patience_milliseconds = 5000);

  /// Any thread.
  CommitterStatus status() const;

 private:
  using Clock = std::chrono::steady_clock;
  /// A log, and up to where the current batch has drained it.
  struct Source {
    lease::ChangeLog* log;
    uint64_t drained;
  };

  void run();
  void let_gather();
  size_t gather();
  bool commit();
  bool sync_when_due(bool now);
  bool persist(const std::function<tl::expected<void, Error>()>& attempt);
  bool pause(std::chrono::milliseconds length);
  void note_failure(const Error& error);
  void note_recovery();

  // The thread's own.
  Store& store_;
  std::vector<Source> sources_;
  Durability durability_;
  Store::Batch batch_;
  Clock::time_point synced_at_{};
  uint64_t unsynced_ = 0;

  // Shared. The mutex is taken once a batch, never for a change.
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::condition_variable stop_requested_;
  Clock::time_point give_up_at_ = Clock::time_point::max();
  CommitterStatus status_;
};

}  // namespace tandem6::storage
