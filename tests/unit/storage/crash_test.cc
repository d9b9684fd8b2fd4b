// kill -9 in the middle of writing: whatever was reported as committed is there afterwards.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <mutex>
#include <random>
#include <thread>

#include "crash_plan.h"
#include "fixtures.h"

extern char** environ;

namespace tandem6::storage::crash_test {
namespace {

/// Runs the writer on `path`, kills it after `length`, and returns the last sequence number that it reported.
uint64_t write_until_killed(const std::string& path, const char* durability, std::chrono::microseconds length) {
  const char* program = getenv("TANDEM6_CRASH_WRITER");
  REQUIRE_MESSAGE(program != nullptr, "TANDEM6_CRASH_WRITER names the program crash_writer (meson test does that)");
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  char* arguments[] = {const_cast<char*>(program), const_cast<char*>(path.c_str()), const_cast<char*>(durability),
                       nullptr};
  pid_t child = 0;
  REQUIRE(posix_spawn(&child, program, &actions, nullptr, arguments, environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);

  uint64_t last = 0, number = 0;
  // The first report says that it is under way; the killing is done in time whatever the pipe does.
  if (read(ends[0], &number, sizeof number) == sizeof number) last = number;
  std::thread killer([&] {
    std::this_thread::sleep_for(length);
    kill(child, SIGKILL);
  });
  while (read(ends[0], &number, sizeof number) == sizeof number) last = number;
  killer.join();
  int status = 0;
  waitpid(child, &status, 0);
  close(ends[0]);
  CHECK(WIFSIGNALED(status));
  return last;
}

/// Whether the database may hold `found` for a lease whose newest reported change is `sequence`: that or a newer one,
/// of which at most two logs' worth can have been written.
bool is_current(const std::optional<lease::LeaseRecord>& found, uint64_t sequence, uint64_t reported) {
  for (uint64_t later = sequence; later <= reported + 2 * kCrashLog; later += kCrashLeases) {
    if (is_about_client(later)) continue;
    const auto change = crash_change(later);
    const bool deleted = change.kind == lease::LeaseChange::Kind::kDelete;
    if (deleted ? !found.has_value() : found == change.record) return true;
  }
  return false;
}

/// The last that was reported about each client, or something newer, is there, and whole.
void check_reported_clients(Store& store, uint64_t reported) {
  constexpr uint64_t kPeriod = kCrashClientEvery * kCrashClients;
  std::vector<std::vector<std::byte>> kept(kCrashClients);
  REQUIRE(store.load_clients([&](Bytes duid, Bytes data) {
    const uint64_t client = wire::load_be64(duid.data() + 6);
    kept.at(client).assign(data.begin(), data.end());
  }));
  uint64_t stale = 0;
  for (uint64_t sequence = reported < kPeriod ? 1 : reported - kPeriod + 1; sequence <= reported; ++sequence) {
    if (!is_about_client(sequence)) continue;
    const auto& found = kept[crash_client(sequence)];
    const uint64_t written = found.size() < 13 ? 0 : wire::load_be64(&found[5]);
    if (written < sequence || found != crash_client_data(written)) ++stale;
  }
  CHECK(stale == 0);
}

void check_reported(const std::string& path, uint64_t reported) {
  const auto store = open_store(path);
  std::vector<std::optional<lease::LeaseRecord>> leases(kCrashLeases);
  std::mutex mutex;
  const auto report = store->load([&](const lease::LeaseRecord& record) {
    const std::lock_guard lock(mutex);
    leases.at(record.iaid % kCrashLeases) = record;
  });
  REQUIRE_MESSAGE(report, (report ? "" : report.error().message));
  uint64_t stale = 0;
  const uint64_t oldest = reported < kCrashLeases ? 1 : reported - kCrashLeases + 1;
  for (uint64_t sequence = oldest; sequence <= reported; ++sequence) {
    if (is_about_client(sequence)) continue;
    if (!is_current(leases[sequence % kCrashLeases], sequence, reported)) ++stale;
  }
  CHECK(stale == 0);
  check_reported_clients(*store, reported);
}

void kill_many_times(const char* durability) {
  std::mt19937 random(20);  // the moments are those of the scheduler anyway
  for (unsigned round = 0; round < 12; ++round) {
    CAPTURE(round);
    const TemporaryDirectory directory;
    const std::chrono::microseconds length(random() % 120'000);
    const uint64_t reported = write_until_killed(directory / "db", durability, length);
    CHECK(reported > 0);
    check_reported(directory / "db", reported);
  }
}

TEST_CASE("sync: after kill -9 at any moment everything that was reported as committed is there") {
  kill_many_times("sync");
}

TEST_CASE("async: a kill -9 of the process alone loses nothing either") { kill_many_times("async"); }

}  // namespace
}  // namespace tandem6::storage::crash_test
