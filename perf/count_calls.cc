// P12: allocations, locks and system calls of a worker in steady state. Prints how many there were and who made the
// first one; ends with 1 when there was any.
#include <dlfcn.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <ctime>
#include <map>
#include <new>
#include <random>
#include <string>
#include <vector>

#include "dataplane/wire/require.h"
#include "perf/watched_calls.h"
#include "perf/worker_rig.h"

using namespace tandem6;
using namespace tandem6::perf;

namespace {

constexpr uint64_t kClients = 50'000;
constexpr size_t kFrames = 20 * kBatch;
/// So long that the clock's second changes, with all that a worker does then.
constexpr double kSeconds = 2.5;

struct Case {
  const char* name;
  Scenario scenario;
  bool relayed;
};
constexpr Case kCases[] = {
    {"SOLICIT", Scenario::kSolicit, false},
    {"SOLICIT, relayed", Scenario::kSolicit, true},
    {"RENEW", Scenario::kRenew, false},
    {"RENEW, relayed", Scenario::kRenew, true},
    {"REQUEST of what the client has", Scenario::kRequest, false},
};

/// What a test does wrong on purpose.
enum class Offence : uint8_t { kNone, kAllocation, kLock, kSystem };

struct Watched {
  WatchedCalls calls;
  uint64_t packets = 0;
};

std::string describe(const WatchedCalls::Kind& kind) {
  Dl_info info{};
  std::string text = kind.number >= 0 ? fmt::format("system call {}", kind.number) : "called";
  if (dladdr(kind.first, &info) == 0) return text;
  const auto offset = static_cast<const char*>(kind.first) - static_cast<const char*>(info.dli_fbase);
  return fmt::format("{} from {} + {:#x}{}", text, info.dli_fname, offset,
                     info.dli_sname != nullptr ? fmt::format(" ({})", info.dli_sname) : "");
}

void commit(Offence offence) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  switch (offence) {
    case Offence::kNone:
      return;
    case Offence::kAllocation: {
      // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): the compiler may leave out a new that nobody needs
      void* volatile memory = std::malloc(1);
      std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc)
      return;
    }
    case Offence::kLock:
      pthread_mutex_lock(&mutex);
      pthread_mutex_unlock(&mutex);
      return;
    case Offence::kSystem:
      syscall(SYS_getppid);
      return;
  }
}

class Count {
 public:
  explicit Count(Offence offence)
      : rig_(1),
        clients_(rig_.groups(), rig_.snapshot(), kClients, AbsoluteTime::from_unix(std::time(nullptr))),
        offence_(offence) {
    rig_.start(0);
  }

  /// In a process of its own, as there is no way back to system calls.
  Watched run(const Case& test) {
    void* const shared = mmap(nullptr, sizeof(Watched), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    require(shared != MAP_FAILED, "there is memory to share with a child");
    auto* const result = new (shared) Watched;
    const Frames frames = frames_of(test);
    const pid_t child = fork();
    require(child >= 0, "a process can be made");
    if (child == 0) {
      watch(test, frames, *result);
      _exit(0);
    }
    int status = 0;
    require(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0,
            "the child ends well");
    const Watched watched = *result;
    munmap(shared, sizeof(Watched));
    return watched;
  }

 private:
  Frames frames_of(const Case& test) {
    Frames frames(kFrames);
    for (size_t i = 0; i < frames.count(); ++i) {
      frames.set_size(i, clients_.write_frame(random_() % kClients, test.scenario, test.relayed, frames.room(i)));
    }
    return frames;
  }

  void watch(const Case& test, const Frames& frames, Watched& result) {
    const auto expected =
        test.scenario == Scenario::kSolicit ? wire::MessageType::kAdvertise : wire::MessageType::kReply;
    for (size_t at = 0; at < frames.count(); at += kBatch) batch(frames, at, expected, nullptr);
    forbid_system_calls();
    watch_calls(&result.calls);
    commit(offence_);
    watch_calls(nullptr);
    const std::time_t began = std::time(nullptr);
    while (static_cast<double>(std::time(nullptr) - began) < kSeconds) {
      for (size_t at = 0; at < frames.count(); at += kBatch) batch(frames, at, expected, &result);
    }
  }

  void batch(const Frames& frames, size_t at, wire::MessageType expected, Watched* result) {
    rig_.feed(0, frames, at, kBatch);
    if (result != nullptr) watch_calls(&result->calls);
    for (unsigned turn = 0; turn < kTurnsPerBatch; ++turn) rig_.turn(0);
    watch_calls(nullptr);
    rig_.commit(0);
    const size_t answers = rig_.collect(0, expected);
    if (result != nullptr) result->packets += answers;
  }

  WorkerRig rig_;
  Clients clients_;
  Offence offence_;
  std::mt19937_64 random_{1};
};

/// Prints a case's line. Was there nothing to count?
bool report(const Case& test, const Watched& watched) {
  uint64_t total = 0;
  for (const WatchedCalls::Kind& kind : watched.calls.kinds) total += kind.count;
  fmt::print("{:<32} {:>10} packets: {} allocations, {} locks, {} system calls\n", test.name, watched.packets,
             watched.calls[Call::kAllocation].count, watched.calls[Call::kLock].count,
             watched.calls[Call::kSystem].count);
  for (const WatchedCalls::Kind& kind : watched.calls.kinds) {
    if (kind.count != 0) fmt::print("  the first: {}\n", describe(kind));
  }
  return total == 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Allocations, locks and system calls of a worker in steady state. Goal P12: 0. Ends with 1 when there is one."};
  Offence offence = Offence::kNone;
  const std::map<std::string, Offence> offences{
      {"allocation", Offence::kAllocation}, {"lock", Offence::kLock}, {"system", Offence::kSystem}};
  app.add_option("--offend", offence, "Do this once, to see that it is found")
      ->transform(CLI::CheckedTransformer(offences));
  CLI11_PARSE(app, argc, argv);

  start_dpdk(1);
  Count count(offence);
  bool clean = true;
  for (const Case& test : kCases) clean = report(test, count.run(test)) && clean;
  fmt::print("goal P12: 0\n");
  return clean ? 0 : 1;
}
