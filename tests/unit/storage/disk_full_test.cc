// A full disk: nothing is acknowledged, nothing is lost, reads go on, and writing goes on by itself when there is room.
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "fixtures.h"
#include "storage/committer.h"

namespace tandem6::storage::disk_full_test {
namespace {

/// A small disk of its own. Mounting takes root: without, the tests that need it say so and end.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& path) : path_(path) {
    std::filesystem::create_directory(path);
    mounted_ = mount("tmpfs", path.c_str(), "tmpfs", 0, "size=64m") == 0;
    if (!mounted_) MESSAGE("not tested, as only root may mount a small disk");
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  std::string database() const { return path_ + "/db"; }

  /// Leaves no byte free.
  void fill() {
    std::ofstream file(ballast(), std::ios::binary | std::ios::app);
    const std::string block(1 << 16, 'x');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
    file.clear();
    while (file.put('x').flush()) {
    }
  }
  void make_room() { std::filesystem::remove(ballast()); }

 private:
  std::string ballast() const { return path_ + "/ballast"; }

  std::string path_;
  bool mounted_ = false;
};

constexpr uint64_t kBatch = 200;

std::vector<lease::LeaseRecord> batch_of(uint64_t number) {
  std::vector<lease::LeaseRecord> records;
  for (uint64_t i = 0; i < kBatch; ++i) records.push_back(address_lease(number * kBatch + i));
  return records;
}

/// Puts batches from `first` on until one fails, and returns that one's number.
uint64_t put_until_it_fails(Store& store, uint64_t first) {
  constexpr uint64_t kMoreThanFits = 5000;
  for (uint64_t number = first; number < first + kMoreThanFits; ++number) {
    if (!put(store, batch_of(number))) return number;
  }
  FAIL("the disk never became full");
  return 0;
}

/// Every acknowledged lease is there and right, by a scan and one by one.
void check_all(Store& store, uint64_t batches) {
  std::atomic<uint64_t> wrong{0}, acknowledged{0};
  const auto report = store.load([&](const lease::LeaseRecord& record) {
    if (record != address_lease(record.iaid)) ++wrong;
    if (record.iaid < batches * kBatch) ++acknowledged;
  });
  REQUIRE_MESSAGE(report, (report ? "" : report.error().message));
  CHECK(wrong == 0);
  CHECK(acknowledged == batches * kBatch);
}

void check_reading(Store& store, uint64_t batches) {
  for (const uint64_t number : {uint64_t{0}, batches * kBatch / 2, batches * kBatch - 1}) {
    const auto found = store.find(address_key(number));
    REQUIRE_MESSAGE(found, (found ? "" : found.error().message));
    CHECK(*found == address_lease(number));
  }
}

void fail_and_recover(SmallDisk& disk, uint64_t batches_before) {
  auto store = open_store(disk.database());
  for (uint64_t number = 0; number < batches_before; ++number) must_put(*store, batch_of(number));
  for (unsigned round = 0, total = 3; round < total; ++round) {
    CAPTURE(round);
    disk.fill();
    const uint64_t failed = put_until_it_fails(*store, batches_before);
    CHECK(has(put(*store, batch_of(failed)).error().message, "is full"));
    CHECK_FALSE(store->resume());
    check_reading(*store, failed);
    disk.make_room();
    REQUIRE(store->resume());
    must_put(*store, batch_of(failed));
    must_put(*store, batch_of(failed + 1));
    check_reading(*store, failed + 2);
    batches_before = failed + 2;
  }
  check_all(*store, batches_before);
  store.reset();
  check_all(*open_store(disk.database()), batches_before);
}

TEST_CASE("a disk that fills while leases are written: reads go on, and with room again so do writes") {
  const TemporaryDirectory directory;
  SmallDisk disk(directory / "disk");
  if (!disk.mounted()) return;
  fail_and_recover(disk, 10);
}

TEST_CASE("a disk that is full at the first write after opening, with nothing in the memtable") {
  const TemporaryDirectory directory;
  SmallDisk disk(directory / "disk");
  if (!disk.mounted()) return;
  {
    must_put(*open_store(disk.database()), batch_of(0));
  }
  fail_and_recover(disk, 1);
}

TEST_CASE("a table that does not fit any more: nothing is lost, and with room again writing goes on") {
  const TemporaryDirectory directory;
  SmallDisk disk(directory / "disk");
  if (!disk.mounted()) return;
  auto store = open_store(disk.database());
  uint64_t batches = 0;
  for (; batches < 300; ++batches) must_put(*store, batch_of(batches));
  disk.fill();
  // More than 32 Ki entries are fresh, so reading wants to flush them, and cannot.
  check_reading(*store, batches);
  CHECK_FALSE(put(*store, batch_of(batches)));
  CHECK_FALSE(store->resume());
  check_reading(*store, batches);
  disk.make_room();
  REQUIRE(store->resume());
  must_put(*store, batch_of(batches));
  store.reset();
  check_all(*open_store(disk.database()), batches + 1);
}

bool wait_for(const std::function<bool()>& condition) {
  for (unsigned tenths = 0; tenths < 100; ++tenths) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

void append_batch(lease::ChangeLog& log, uint64_t number) {
  REQUIRE(wait_for([&] { return log.room() >= kBatch; }));
  for (const auto& record : batch_of(number)) log.append(lease::LeaseChange::Kind::kPut, record);
}

TEST_CASE("the committer publishes nothing while the disk is full, says so, and goes on by itself") {
  for (const auto durability : {Durability::kSync, Durability::kAsync}) {
    const TemporaryDirectory directory;
    SmallDisk disk(directory / "disk");
    if (!disk.mounted()) return;
    auto store = open_store(disk.database());
    lease::ChangeLog log(4096);
    Committer committer(*store, {&log}, durability);
    committer.start();
    append_batch(log, 0);
    REQUIRE(wait_for([&] { return log.committed() == kBatch; }));
    CHECK_FALSE(committer.status().failing);

    disk.fill();
    uint64_t batches = 1;
    while (!committer.status().failing) {
      if (log.room() >= kBatch) append_batch(log, batches++);
      REQUIRE(batches < 5000);
    }
    const auto before = log.committed();
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    const auto failing = committer.status();
    CHECK(log.committed() == before);
    CHECK(failing.failing);
    CHECK(has(failing.error, "is full"));
    CHECK(failing.failing_since_unix > 1'600'000'000);
    CHECK(failing.failures >= 2);
    CHECK(failing.pending > 0);

    disk.make_room();
    REQUIRE(wait_for([&] { return log.committed() == log.written(); }));
    append_batch(log, batches++);
    REQUIRE(committer.stop());
    const auto after = committer.status();
    CHECK_FALSE(after.failing);
    CHECK(after.error.empty());
    CHECK(after.pending == 0);
    CHECK(after.changes == batches * kBatch);
    store.reset();
    check_all(*open_store(disk.database()), batches);
  }
}

TEST_CASE("a committer told to stop while the disk stays full gives up after its patience, and says so") {
  const TemporaryDirectory directory;
  SmallDisk disk(directory / "disk");
  if (!disk.mounted()) return;
  const auto store = open_store(disk.database());
  lease::ChangeLog log(1 << 16);
  Committer committer(*store, {&log}, Durability::kSync);
  disk.fill();
  committer.start();
  for (uint64_t batches = 0; !committer.status().failing;) {
    if (log.room() >= kBatch) append_batch(log, batches++);
    REQUIRE(batches < 5000);
  }
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(committer.stop(300));
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(took >= std::chrono::milliseconds(250));
  CHECK(took < std::chrono::milliseconds(1500));
  CHECK(log.committed() < log.written());
}

}  // namespace
}  // namespace tandem6::storage::disk_full_test
