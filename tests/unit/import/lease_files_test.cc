#include "tools/tandem6-import/lease_files.h"

#include "tests/unit/import/fixtures.h"

namespace tandem6::import::lease_files_test {
namespace {

ReadFiles read(const std::vector<std::string>& files, std::vector<RefusedRow>* refused = nullptr) {
  auto read = read_files(files, [&](const RefusedRow& row) {
    REQUIRE(refused != nullptr);
    refused->push_back(row);
  });
  REQUIRE_MESSAGE(read, (read ? "" : read.error().message));
  return std::move(*read);
}

const KeaLease& at(const ReadFiles& read, std::string_view address) {
  const auto found = read.leases.find(*Ipv6Address::parse(address));
  REQUIRE(found != read.leases.end());
  return found->second;
}

TEST_CASE("import: files are read in Kea's order, .completed instead of .2 and .1") {
  const Directory directory;
  const std::string path = directory / "kea-leases6.csv";
  CHECK(files_of(path).empty());
  directory.write("kea-leases6.csv", {});
  CHECK(files_of(path) == std::vector{path});
  directory.write("kea-leases6.csv.1", {});
  directory.write("kea-leases6.csv.2", {});
  directory.write("kea-leases6.csv.output", {});
  CHECK(files_of(path) == std::vector{path + ".2", path + ".1", path});
  directory.write("kea-leases6.csv.completed", {});
  CHECK(files_of(path) == std::vector{path + ".completed", path});
}

TEST_CASE(
    "import: of several rows for an address the last one counts, over all files; a prefix's length does not matter") {
  const Directory directory;
  const std::string prefix = with(with(row("2001:db8:f000::"), "lease_type", "2"), "prefix_len", "56");
  directory.write("old", {with(row("2001:db8::1"), "iaid", "1"), with(row("2001:db8::2"), "iaid", "1"), prefix});
  directory.write("new", {with(row("2001:db8::1"), "iaid", "2"), with(row("2001:db8::1"), "iaid", "3"),
                          with(row("2001:db8::2"), "valid_lifetime", "0"), with(prefix, "prefix_len", "60")});
  const ReadFiles all = read({directory / "old", directory / "new"});
  CHECK(all.rows == 7);
  CHECK(all.leases.size() == 3);
  CHECK(at(all, "2001:db8::1").record.iaid == 3);
  CHECK(at(all, "2001:db8::2").kind == RowKind::kEnded);
  CHECK(at(all, "2001:db8:f000::").record.key.prefix_length == 60);
}

TEST_CASE(
    "import: refused rows are told with file and line; the others are taken; empty lines and CRLF do not matter") {
  const Directory directory;
  directory.write("a", {row("2001:db8::1") + "\r", "", row("nonsense"), row("2001:db8::2"), "2001:db8::3,00:03"},
                  std::string(kHeader) + "\r");
  std::vector<RefusedRow> refused;
  const ReadFiles all = read({directory / "a"}, &refused);
  CHECK(all.rows == 4);
  CHECK(all.refused == 2);
  CHECK(all.leases.size() == 2);
  REQUIRE(refused.size() == 2);
  CHECK(refused[0].file == directory / "a");
  CHECK(refused[0].line == 4);
  CHECK(refused[0].reason == "address: 'nonsense' is no IPv6 address");
  CHECK(refused[1].line == 6);
}

TEST_CASE("import: an empty file has no leases; another file, a directory, or none is an error that names it") {
  const Directory directory;
  const auto ignore = [](const RefusedRow&) {};
  std::ofstream(directory / "empty").flush();
  CHECK(read({directory / "empty"}).leases.empty());
  directory.write("leases4", {}, "address,hwaddr,client_id,valid_lifetime,expire,subnet_id");
  for (const std::string& file : {directory / "leases4", directory / "missing", directory / ""}) {
    const auto refused = read_files({file}, ignore);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.starts_with(file + ": "));
  }
}

}  // namespace
}  // namespace tandem6::import::lease_files_test
