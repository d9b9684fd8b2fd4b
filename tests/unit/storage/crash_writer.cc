// Writes leases through a Committer and says on stdout, as binary 64-bit numbers, up to where they are committed; until
// it is killed. crash_test.cc starts it.
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "crash_plan.h"
#include "storage/committer.h"
#include "storage/store.h"

using namespace tandem6;

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  auto store = storage::Store::open(argv[1]);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message.c_str());
    return 1;
  }
  const bool sync = std::strcmp(argv[2], "sync") == 0;
  lease::ChangeLog log(storage::kCrashLog);
  storage::Committer committer(**store, {&log}, sync ? storage::Durability::kSync : storage::Durability::kAsync);
  committer.start();
  uint64_t reported = 0;
  while (true) {
    // Not for as long as there is room: the committer may make room without end, and then nothing would be reported.
    for (size_t i = 0; i < storage::kCrashLog && log.room() != 0; ++i) {
      const uint64_t sequence = log.written() + 1;
      if (storage::is_about_client(sequence)) {
        if (log.room() < lease::ChangeLog::kRoomToRemember) break;
        log.remember(storage::duid_of(storage::crash_client(sequence)), storage::crash_client_data(sequence));
        continue;
      }
      const auto change = storage::crash_change(sequence);
      log.append(change.kind, change.record);
    }
    const uint64_t committed = log.committed();
    if (committed == reported) continue;
    if (write(STDOUT_FILENO, &committed, sizeof committed) != sizeof committed) return 0;
    reported = committed;
  }
}
