#include "tools/tandem6-import/take_leases.h"

#include <array>
#include <sstream>

#include "dataplane/lease/client_data.h"
#include "tests/unit/import/fixtures.h"

namespace tandem6::import::take_leases_test {
namespace {

using lease::LeaseRecord;

const AbsoluteTime kNow = AbsoluteTime::from_unix(kContact + 100);

LeasesByAddress leases_of(const std::vector<std::string>& rows) {
  LeasesByAddress leases;
  for (const std::string& line : rows) {
    auto lease = read_lease(Columns(kHeader), line);
    REQUIRE(lease);
    leases.insert_or_assign(lease->record.key.address, *lease);
  }
  return leases;
}

std::string prefix_row(std::string_view prefix) {
  return with(with(row(prefix), "lease_type", "2"), "prefix_len", "56");
}

std::vector<std::string> some_rows() {
  return {row("2001:db8:1::1"),
          with(row("2001:db8:1::2"), "hostname", "a.example"),
          prefix_row("2001:db8:f000:100::"),
          with(with(row("2001:db8:1::3"), "state", "1"), "duid", "00"),
          with(row("2001:db8:1::4"), "state", "2"),
          with(row("2001:db8:1::5"), "expire", std::to_string(kContact)),
          with(row("2001:db8:1::6"), "state", "4")};
}

TEST_CASE("import: what is leased or in quarantine is written, what is over is not") {
  Writes write;
  const Taken taken = decide(leases_of(some_rows()), {}, kNow, write);
  CHECK(write.leases.size() == 4);
  CHECK(taken.addresses == 2);
  CHECK(taken.prefixes == 1);
  CHECK(taken.declined == 1);
  CHECK(taken.ended == 2);
  CHECK(taken.registered == 1);
  CHECK(taken.names == 1);
  CHECK(taken.hostnames == 0);
}

TEST_CASE("import: twice is the same as once, and what the server has renewed since stays renewed") {
  const Directory directory;
  auto store = storage::Store::open(directory / "db");
  REQUIRE(store);
  Writes write;
  decide(leases_of(some_rows()), {}, kNow, write);
  REQUIRE(write_all(**store, write));
  LeaseRecord renewed = write.leases.front();
  renewed.last_contact = AbsoluteTime::from_unix(kContact + 50);
  REQUIRE(write_all(**store, {.leases = {renewed}, .names = {}}));
  const auto present = leases_in(**store);
  REQUIRE(present);
  CHECK(present->size() == 4);
  Writes again;
  const Taken taken = decide(leases_of(some_rows()), *present, kNow, again);
  CHECK(again.leases.empty());
  CHECK(taken.same == 3);
  CHECK(taken.newer == 1);
  CHECK((*store)->find(renewed.key)->value() == renewed);
}

std::string named(const std::string& row, std::string_view name) { return with(row, "hostname", name); }

/// What is kept of the client of row(); nothing when there is no name.
std::optional<std::string> name_of_client(storage::Store& store) {
  const auto kept = store.find_client(Duid::parse("00:03:00:01:02:00:00:00:0a:01")->bytes());
  REQUIRE(kept);
  const auto client = lease::ClientDataView::parse(*kept);
  const auto hostname = client ? client->hostname() : std::nullopt;
  return hostname ? std::optional(std::string(hostname->name)) : std::nullopt;
}

TEST_CASE("import: RFC 4704: a client has the name of its latest lease, and all else that is known of it stays") {
  const Directory directory;
  auto store = storage::Store::open(directory / "db");
  REQUIRE(store);
  const std::string older =
      with(named(row("2001:db8:1::1"), "old.example.org."), "expire", std::to_string(kContact + 3500));
  const std::string latest = named(row("2001:db8:1::2"), "Cpe.example.org.");
  const std::string bad = named(row("2001:db8:1::3"), "a..b");
  Writes write;
  const Taken taken = decide(leases_of({older, latest, bad}), {}, kNow, write);
  CHECK(taken.names == 1);
  CHECK(taken.hostnames == 1);
  REQUIRE(write_all(**store, write));
  CHECK(name_of_client(**store) == "Cpe.example.org.");

  // The server has learnt something since: a partner's key, say.
  lease::ClientDataBuilder data;
  data.reconfigure_data(std::array<std::byte, 6>{});
  storage::Store::Batch batch;
  lease::LeaseChange change{.kind = lease::LeaseChange::Kind::kRemember, .record = {}, .client_data = data.bytes()};
  change.record.duid = Duid::parse("00:03:00:01:02:00:00:00:0a:01").value();
  batch.add(change);
  REQUIRE((*store)->write(batch, false));
  Writes again;
  decide(leases_of({latest}), *leases_in(**store), kNow, again);
  CHECK(again.leases.empty());
  REQUIRE(write_all(**store, again));
  CHECK(name_of_client(**store) == "Cpe.example.org.");
  const auto kept = (*store)->find_client(change.record.duid.bytes());
  CHECK(lease::ClientDataView::parse(*kept)->find(lease::ClientTag::kReconfigureData)->size() == 6);
}

TEST_CASE("import: the name of a lease that the server has renewed since is not taken") {
  const Directory directory;
  auto store = storage::Store::open(directory / "db");
  REQUIRE(store);
  const auto leases = leases_of({named(row("2001:db8:1::1"), "old.example.org.")});
  LeaseRecord renewed = leases.begin()->second.record;
  renewed.last_contact = AbsoluteTime::from_unix(kContact + 50);
  Writes write;
  const Taken taken = decide(leases, {{renewed.key, renewed}}, kNow, write);
  CHECK(taken.newer == 1);
  CHECK(taken.names == 0);
  REQUIRE(write_all(**store, write));
  CHECK_FALSE(name_of_client(**store));
}

TEST_CASE("import: leases of unknown subnets and outside of all pools are told by subnet") {
  const auto read = control::parse_configuration(R"({"Dhcp6": {"interfaces-config": {"interfaces": ["eth0"]},
    "subnet6": [{"id": 1, "subnet": "2001:db8:1::/64", "pools": [{"pool": "2001:db8:1::1-2001:db8:1::1"}],
                 "pd-pools": [{"prefix": "2001:db8:f000::", "prefix-len": 40, "delegated-len": 56}],
                 "reservations": [{"duid": "00:03:00:01:02:03", "ip-addresses": ["2001:db8:1::99"]}]}]}})");
  REQUIRE(read.configuration);
  const auto lines =
      misfits(leases_of({row("2001:db8:1::1"), row("2001:db8:1::2"), row("2001:db8:1::99"),
                         prefix_row("2001:db8:f000:100::"), with(prefix_row("2001:db8:f000:200::"), "prefix_len", "60"),
                         with(row("2001:db8:9::1"), "subnet_id", "9"), with(row("2001:db8:9::2"), "state", "2")}),
              *read.configuration, kNow);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].starts_with("1 leases name subnet 9"));
  CHECK(lines[1].starts_with("2 leases of subnet 1 lie in no pool"));
  CHECK(lines[2].starts_with("1 leases of subnet 9 lie in no pool"));
}

TEST_CASE("export: what was imported comes out again as Kea can read it, without what is over") {
  const Directory directory;
  auto store = storage::Store::open(directory / "db");
  REQUIRE(store);
  Writes write;
  decide(leases_of(some_rows()), {}, kNow, write);
  REQUIRE(write_all(**store, write));
  std::ostringstream out;
  REQUIRE(export_leases(**store, kNow, out) == 4);
  std::istringstream lines(out.str());
  std::string line;
  std::getline(lines, line);
  const Columns columns(line);
  REQUIRE(check_columns(columns));
  size_t count = 0;
  for (; std::getline(lines, line); ++count) {
    const auto lease = read_lease(columns, line);
    REQUIRE(lease);
    CHECK((*store)->find(lease->record.key)->value() == lease->record);
    // All leases of some_rows() are of one client, which has one name.
    const bool is_active = lease->record.status == lease::BindingStatus::kActive;
    CHECK(lease->hostname == (is_active ? "a.example" : ""));
  }
  CHECK(count == 4);
  std::ostringstream later;
  CHECK(export_leases(**store, AbsoluteTime::from_unix(kContact + 5000), later) == 0);
}

}  // namespace
}  // namespace tandem6::import::take_leases_test
