// What a crash tears is mended; what rots is refused. Never half the leases in silence.
#include "fixtures.h"

namespace tandem6::storage::damage_test {
namespace {

namespace fs = std::filesystem;

/// The files of an open database as a crash would leave them, after `batches` synced writes of 10 leases each.
void make_crashed(const std::string& scratch, const std::string& crashed, uint64_t batches) {
  const auto store = open_store(scratch);
  for (uint64_t batch = 0; batch < batches; ++batch) {
    std::vector<lease::LeaseRecord> records;
    for (uint64_t i = 0; i < 10; ++i) records.push_back(address_lease(batch * 10 + i));
    must_put(*store, records);
  }
  fs::copy(scratch, crashed);
}

uint64_t count_leases(const std::string& path) {
  const auto report = open_store(path)->load([](const lease::LeaseRecord&) {});
  REQUIRE(report);
  return report->leases;
}

TEST_CASE("a crash loses nothing that was written with sync") {
  const TemporaryDirectory directory;
  make_crashed(directory / "db", directory / "crashed", 50);
  CHECK(count_leases(directory / "crashed") == 500);
}

TEST_CASE("a log that ends within a write, wherever, opens with everything before it") {
  const TemporaryDirectory directory;
  make_crashed(directory / "db", directory / "crashed", 20);
  const auto log = files_of(directory / "crashed", ".log").back();
  const auto whole = fs::file_size(log);
  for (const uintmax_t cut : {1, 3, 100, 500}) {
    fs::remove_all(directory / "again");
    fs::copy(directory / "crashed", directory / "again");
    fs::resize_file(directory / "again" / log.filename(), whole - cut);
    CHECK(count_leases(directory / "again") == 190);
  }
}

TEST_CASE("a log damaged before its end is refused, not cut there") {
  const TemporaryDirectory directory;
  make_crashed(directory / "db", directory / "crashed", 200);
  const auto log = files_of(directory / "crashed", ".log").back();
  const auto whole = static_cast<std::streamoff>(fs::file_size(log));
  REQUIRE(whole > 100'000);
  for (const std::streamoff at : {whole / 10, whole / 2, whole * 9 / 10}) {
    fs::remove_all(directory / "again");
    fs::copy(directory / "crashed", directory / "again");
    flip_byte(directory / "again" / log.filename(), at);
    const auto refusal = refusal_of(directory / "again");
    CHECK(has(refusal, directory / "again"));
    CHECK(has(refusal, "is damaged"));
    CHECK(has(refusal, "backup"));
  }
}

TEST_CASE("a table that rotted on the disk is refused, at opening or at loading") {
  const TemporaryDirectory directory;
  {
    const auto store = open_store(directory / "db");
    std::vector<lease::LeaseRecord> records;
    for (uint64_t i = 0; i < 20'000; ++i) records.push_back(address_lease(i));
    must_put(*store, records);
  }
  fs::path table;
  for (const auto& file : files_of(directory / "db", ".sst"))
    if (table.empty() || fs::file_size(file) > fs::file_size(table)) table = file;
  const auto size = static_cast<std::streamoff>(fs::file_size(table));
  REQUIRE(size > 100'000);
  for (const std::streamoff at : {std::streamoff{100}, size / 2, size * 3 / 4}) {
    fs::remove_all(directory / "again");
    fs::copy(directory / "db", directory / "again");
    flip_byte(directory / "again" / table.filename(), at);
    const auto store = Store::open(directory / "again");
    const auto error = !store ? store.error() : (*store)->load([](const lease::LeaseRecord&) {}).error();
    CHECK(has(error.message, "is damaged"));
    CHECK_MESSAGE(has(error.message, table.filename().string()), error.message);
  }
}

TEST_CASE("a table that is missing is refused") {
  const TemporaryDirectory directory;
  must_put(*open_store(directory / "db"), {address_lease(1)});
  for (const auto& file : files_of(directory / "db", ".sst")) fs::remove(file);
  CHECK(has(refusal_of(directory / "db"), directory / "db"));
}

}  // namespace
}  // namespace tandem6::storage::damage_test
