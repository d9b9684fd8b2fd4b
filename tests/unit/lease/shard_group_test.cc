#include <doctest/doctest.h>

#include <set>

#include "dataplane/lease/shard_group.h"
#include "tests/unit/lease/structures_fixture.h"

namespace tandem6::lease::shard_group_test {
namespace {

using testing::address_key;
using testing::duid;
using testing::kNow;
using testing::prefix_key;
using testing::request_of;

/// One worker, one subnet with a tiny dense pool and two prefix pools, and a disk that commits when told to.
// What the subnets of this file grant (structures_fixture.h).
constexpr Terms kTerms{Seconds{50}, Seconds{100}};

std::unique_ptr<const IncomingSpaces> incoming(const Pool& fresh) {
  auto spaces = std::make_unique<IncomingSpaces>();
  spaces->pools = {fresh};
  return spaces;
}

struct World {
  PoolBook book;
  std::shared_ptr<SubnetCounters> counters = std::make_shared<SubnetCounters>(1);
  ShardGroup group{0, 1, testing::kTableKey, 1024};
  Snapshot snapshot = configure("2001:db8::10", "2001:db8::13");
  std::vector<LeaseChange> changes;

  Snapshot configure(const char* first, const char* last) {
    std::vector<Subnet> subnets{testing::subnet(1, "2001:db8::/64")};
    subnets[0].counters = counters;
    subnets[0].address_pools = {testing::address_pool(book, first, last)};
    subnets[0].prefix_pools = {testing::prefix_pool(book, "2001:db8:100::/48", 50),
                               testing::prefix_pool(book, "2001:db8:200::/48", 56)};
    return testing::snapshot(std::move(subnets));
  }
  const Subnet& subnet() const { return snapshot.subnets()[0]; }
  SubnetCounters::Cell& cell() const { return counters->cells[0]; }

  static UnitWish wish(uint32_t iaid, LeaseType type, const std::optional<LeaseKey>& wanted) {
    return {.type = type, .iaid = iaid, .unit = wanted, .classes = {}};
  }
  Lease* allocate(const Duid& client, uint32_t iaid, LeaseType type = LeaseType::kAddress,
                  std::optional<LeaseKey> wanted = std::nullopt) {
    return group.allocate(request_of(client), subnet(), snapshot, wish(iaid, type, wanted), kTerms, kNow);
  }
  std::optional<LeaseKey> look(const Duid& client, uint32_t iaid, LeaseType type = LeaseType::kAddress,
                               std::optional<LeaseKey> wanted = std::nullopt) {
    return group.look_for(request_of(client), subnet(), snapshot, wish(iaid, type, wanted));
  }
  void commit() {
    const uint64_t last = group.log().drain(~size_t{0}, [&](const LeaseChange& change) { changes.push_back(change); });
    group.log().publish_committed(last);
  }
};

TEST_CASE("what look_for() offers is what allocate() gives, and looking changes nothing") {
  World world;
  for (uint32_t client = 0; client < 4; ++client) {
    const auto offered = world.look(duid(client), 5);
    REQUIRE(offered);
    CHECK(world.look(duid(client), 5) == offered);
    CHECK(world.group.log().written() == client);
    const Lease* lease = world.allocate(duid(client), 5);
    REQUIRE(lease != nullptr);
    CHECK(lease->key == *offered);
    CHECK(lease->last_contact == kNow);
    CHECK(lease->valid == Seconds{100});
  }
  CHECK(world.cell().addresses.load() == 4);
  CHECK(world.cell().addresses_assigned.load() == 4);
  CHECK(world.group.lease_count() == 4);

  CHECK_FALSE(world.look(duid(9), 5));
  CHECK(world.cell().allocation_failures.load() == 0);
  CHECK(world.allocate(duid(9), 5) == nullptr);
  world.commit();
  REQUIRE(world.changes.size() == 4);
  CHECK(world.changes[3].kind == LeaseChange::Kind::kPut);
  CHECK(world.changes[3].record.duid == duid(3));
}

TEST_CASE("the wanted unit is given when it is free and in a pool, else another") {
  World world;
  const LeaseKey wanted = address_key("2001:db8::12");
  CHECK(world.look(duid(1), 1, LeaseType::kAddress, wanted) == wanted);
  CHECK(world.allocate(duid(1), 1, LeaseType::kAddress, wanted)->key == wanted);
  CHECK(world.look(duid(2), 1, LeaseType::kAddress, wanted) != wanted);
  CHECK(world.allocate(duid(2), 1, LeaseType::kAddress, wanted)->key != wanted);
  const LeaseKey outside = address_key("2001:db8::99");
  CHECK(world.allocate(duid(3), 1, LeaseType::kAddress, outside)->key != outside);
}

TEST_CASE("RFC 8168 3.2: a hint at a prefix length picks the pool; without that length another pool serves") {
  World world;
  const auto length = [&](uint32_t client, std::optional<LeaseKey> wanted) {
    return world.allocate(duid(client), 1, LeaseType::kPrefix, wanted)->key.prefix_length;
  };
  CHECK(length(1, std::nullopt) == 50);
  CHECK(length(2, prefix_key("::/56")) == 56);
  CHECK(length(3, prefix_key("::/60")) == 50);
  CHECK(length(4, prefix_key("2001:db8:777::/56")) == 56);
  CHECK(length(5, prefix_key("::/50")) == 50);
  CHECK(length(6, prefix_key("::/50")) == 50);  // four of these make the first pool full
  CHECK(length(7, prefix_key("::/50")) == 56);
  CHECK(world.cell().prefixes.load() == 7);
}

TEST_CASE("a freed unit can be leased again only when its deletion is on disk") {
  World world;
  std::vector<Lease*> leases;
  for (uint32_t client = 0; client < 4; ++client) leases.push_back(world.allocate(duid(client), 1));
  const LeaseKey key = leases[2]->key;
  world.commit();
  world.group.free(*leases[2], world.snapshot);
  CHECK(world.cell().addresses.load() == 3);
  CHECK(world.group.lease_count() == 3);
  world.group.settle(world.snapshot);
  CHECK_FALSE(world.look(duid(9), 1));
  world.commit();
  CHECK(world.changes.back().kind == LeaseChange::Kind::kDelete);
  CHECK(world.changes.back().record.key == key);
  CHECK(world.changes.back().record.duid == duid(2));
  CHECK_FALSE(world.look(duid(9), 1));
  world.group.settle(world.snapshot);
  CHECK(world.look(duid(9), 1) == key);
}

TEST_CASE("freeing and leasing for long goes round the ring of freed units") {
  World world;
  for (uint32_t round = 0; round < 5000; ++round) {
    if (world.group.log().room() < 2) world.commit();
    Lease* lease = world.allocate(duid(round), 1);
    if (lease == nullptr) {
      world.commit();
      world.group.settle(world.snapshot);
      lease = world.allocate(duid(round), 1);
    }
    REQUIRE(lease != nullptr);
    world.group.free(*lease, world.snapshot);
  }
  world.commit();
  world.group.settle(world.snapshot);
  CHECK(std::get<std::shared_ptr<DensePool>>(world.subnet().address_pools[0].space)->count_taken() == 0);
}

TEST_CASE("extending moves the end of a lease and logs it") {
  World world;
  Lease* lease = world.allocate(duid(1), 1);
  world.group.extend(*lease, world.subnet(), world.snapshot, kTerms, kNow + Seconds{60});
  CHECK(world.group.log().written() == 2);
  CHECK(world.group.expire(kNow + Seconds{162}, world.snapshot, 100) < 100);
  CHECK(world.group.lease_count() == 1);
  world.group.expire(kNow + Seconds{163}, world.snapshot, 100);
  CHECK(world.group.lease_count() == 0);
  CHECK(world.group.counters().expired.read() == 1);
}

TEST_CASE("a lease that is extended after its subnet got another id is counted and recorded under the new one") {
  World world;
  Lease* lease = world.allocate(duid(1), 1);
  Subnet renumbered = testing::subnet(9, "2001:db8::/64");
  world.group.extend(*lease, renumbered, world.snapshot, kTerms, kNow);
  CHECK(lease->subnet_id == 9);
  CHECK(world.cell().addresses.load() == 0);
  CHECK(renumbered.counters->cells[0].addresses.load() == 1);
  world.commit();
  CHECK(world.changes.back().record.subnet_id == 9);
}

TEST_CASE("RFC 8415 18.3.8: a declined address rests for the probation, then is free") {
  World world;
  Lease* lease = world.allocate(duid(1), 1);
  const LeaseKey key = lease->key;
  world.group.abandon(*lease, world.snapshot, kNow + Seconds{10});
  CHECK(world.cell().addresses.load() == 0);
  CHECK(world.cell().declined.load() == 1);
  for (uint32_t client = 2; client < 5; ++client) CHECK(world.allocate(duid(client), 1)->key != key);
  CHECK(world.allocate(duid(9), 1) == nullptr);
  world.commit();
  CHECK(world.changes[1].record.status == BindingStatus::kAbandoned);
  CHECK(world.changes[1].record.expires() == kNow + Seconds{86410});

  world.group.expire(kNow + Seconds{86412}, world.snapshot, 1000);
  CHECK(world.group.counters().released_quarantine.read() == 0);
  world.group.expire(kNow + Seconds{86413}, world.snapshot, 1000);
  CHECK(world.group.counters().released_quarantine.read() == 1);
  CHECK(world.cell().declined.load() == 0);
  world.commit();
  world.group.settle(world.snapshot);
  CHECK(world.allocate(duid(9), 1, LeaseType::kAddress, key)->key == key);
}

TEST_CASE("leases end by the budget and by the room in the log, and those left over end later") {
  World world;
  ShardGroup small(0, 1, testing::kTableKey, 8);
  for (uint32_t client = 0; client < 100; ++client) {
    LeaseKey key = prefix_key("2001:db8:200::/56");
    key.address.octets[6] = static_cast<std::byte>(client);
    LeaseRecord record = testing::record(key, duid(client));
    record.last_contact = AbsoluteTime{kNow.since_2000 - client};
    CHECK(small.load(record, world.snapshot));
  }
  const AbsoluteTime later = kNow + Seconds{1000};
  for (int i = 0; i < 100; ++i) small.expire(later, world.snapshot, 3);
  CHECK(small.lease_count() == 92);
  CHECK(small.log().room() == 0);
  CHECK(small.expire(later, world.snapshot, 3) == 0);
  for (int i = 0; i < 1000 && small.lease_count() != 0; ++i) {
    small.log().publish_committed(small.log().drain(100, [](const LeaseChange&) {}));
    small.settle(world.snapshot);
    small.expire(later, world.snapshot, 3);
  }
  CHECK(small.lease_count() == 0);
}

TEST_CASE("loaded leases are where allocated ones would be, and their units are taken") {
  World world;
  LeaseRecord record = testing::record(address_key("2001:db8::11"), duid(1));
  CHECK(world.group.load(record, world.snapshot));
  CHECK_FALSE(world.group.load(record, world.snapshot));
  LeaseRecord lost = testing::record(address_key("2001:db8::12"), duid(2));
  lost.subnet_id = 77;  // a subnet that is gone: its unit must not be given twice all the same
  CHECK(world.group.load(lost, world.snapshot));
  LeaseRecord declined = testing::record(address_key("2001:db8::13"), duid(3));
  declined.status = BindingStatus::kAbandoned;
  CHECK(world.group.load(declined, world.snapshot));
  CHECK(world.group.log().written() == 0);
  CHECK(world.cell().addresses.load() == 1);
  CHECK(world.cell().declined.load() == 1);
  for (uint32_t client = 4; client < 40; ++client) CHECK(world.look(duid(client), 1) == address_key("2001:db8::10"));

  world.group.free(*world.group.shard(shard_of(duid_hash(duid(2).bytes()))).find(lost.key), world.snapshot);
  world.commit();
  world.group.settle(world.snapshot);
  CHECK(world.look(duid(1), 9, LeaseType::kAddress, lost.key) == lost.key);
}

TEST_CASE(
    "a prefix delegated at another length keeps the units that it overlaps from everybody, after start and reload") {
  World world;
  const Pool& halves = world.subnet().prefix_pools[0];  // 2001:db8:100::/48 in units of /50
  const Pool& small = world.subnet().prefix_pools[1];   // 2001:db8:200::/48 in units of /56
  CHECK(world.group.load(testing::record(prefix_key("2001:db8:100:4000::/56"), duid(1)), world.snapshot));
  CHECK(world.group.load(testing::record(prefix_key("2001:db8:200:1000::/52"), duid(2)), world.snapshot));
  CHECK(halves.is_taken(Ipv6Address::parse("2001:db8:100:4000::").value()));
  CHECK_FALSE(halves.is_taken(Ipv6Address::parse("2001:db8:100:8000::").value()));
  CHECK_FALSE(small.is_taken(Ipv6Address::parse("2001:db8:200:f00::").value()));
  CHECK(small.is_taken(Ipv6Address::parse("2001:db8:200:1000::").value()));
  CHECK(small.is_taken(Ipv6Address::parse("2001:db8:200:1f00::").value()));
  CHECK_FALSE(small.is_taken(Ipv6Address::parse("2001:db8:200:2000::").value()));

  // The same by reload: what is leased already, and what is leased while the pools change.
  const LeaseKey leased = world.allocate(duid(3), 1, LeaseType::kPrefix, prefix_key("2001:db8:200:3000::/56"))->key;
  const Pool fresh = testing::prefix_pool(world.book, "2001:db8:200::/48", 60);
  world.snapshot.incoming = incoming(fresh);
  while (!world.group.index_step(world.snapshot, 100)) world.commit();
  const LeaseKey later = world.allocate(duid(4), 1, LeaseType::kPrefix, prefix_key("2001:db8:200:4000::/56"))->key;
  for (const LeaseKey& key : {leased, later}) {
    CHECK(fresh.is_taken(key.address));
    CHECK(fresh.is_taken(Ipv6Address::from_number(key.address.number() + (U128{15} << 68))));
    CHECK_FALSE(fresh.is_taken(Ipv6Address::from_number(key.address.number() + (U128{16} << 68))));
  }
}

/// The same over a /64, which is sparse.
struct SparseWorld : World {
  SparseWorld() { snapshot = configure("2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"); }
  const SparsePool& space() const { return *std::get<std::shared_ptr<SparsePool>>(subnet().address_pools[0].space); }
};

TEST_CASE("addresses of a sparse pool carry their client's shard and are looked for at the same places again") {
  SparseWorld world;
  std::set<Ipv6Address> seen;
  for (uint32_t client = 0; client < 500; ++client) {
    const auto offered = world.look(duid(client), 1);
    const Lease* lease = world.allocate(duid(client), 1);
    REQUIRE(lease != nullptr);
    REQUIRE(offered == lease->key);
    REQUIRE(shard_of_address(lease->key.address) == shard_of(duid_hash(duid(client).bytes())));
    REQUIRE(seen.insert(lease->key.address).second);
  }
}

TEST_CASE("RFC 8415 18.3.3: a freed address of a sparse pool goes back to its client, at once: one log orders both") {
  SparseWorld world;
  Lease* lease = world.allocate(duid(1), 1);
  const LeaseKey key = lease->key;
  world.group.free(*lease, world.snapshot);
  lease = world.allocate(duid(1), 1);
  CHECK(lease->key == key);
  world.commit();
  world.group.settle(world.snapshot);
  REQUIRE(world.changes.size() == 3);
  CHECK(world.changes[1].kind == LeaseChange::Kind::kDelete);
  CHECK(world.changes[2].kind == LeaseChange::Kind::kPut);
  CHECK(world.allocate(duid(1), 2, LeaseType::kAddress, key)->key != key);
}

TEST_CASE("a wanted address of a sparse pool is given only by the shard that its bits name") {
  SparseWorld world;
  const LeaseKey wanted = address_key("2001:db8::1234:0:2");  // shard 1
  const Duid outsider = testing::duid_in_shard(2);
  const Duid insider = testing::duid_in_shard(1);
  CHECK(world.look(outsider, 1, LeaseType::kAddress, wanted) != wanted);
  CHECK(world.allocate(outsider, 1, LeaseType::kAddress, wanted)->key != wanted);
  CHECK(world.look(insider, 1, LeaseType::kAddress, wanted) == wanted);
  CHECK(world.allocate(insider, 1, LeaseType::kAddress, wanted)->key == wanted);
  CHECK(world.allocate(testing::duid_in_shard(1, 1), 1, LeaseType::kAddress, wanted)->key != wanted);
  const LeaseKey anycast = address_key("2001:db8::");
  CHECK(world.allocate(testing::duid_in_shard(0), 1, LeaseType::kAddress, anycast)->key != anycast);
}

TEST_CASE("an imported lease whose address names another shard is marked there") {
  SparseWorld world;
  const LeaseKey imported = address_key("2001:db8::1234:0:2");  // shard 1
  world.group.load(testing::record(imported, testing::duid_in_shard(2)), world.snapshot);
  CHECK(world.space().is_foreign(imported.address));
  CHECK(world.look(testing::duid_in_shard(1), 1, LeaseType::kAddress, imported) != imported);
  const LeaseKey own = address_key("2001:db8::1234:0:4");  // shard 2
  world.group.load(testing::record(own, testing::duid_in_shard(2)), world.snapshot);
  CHECK_FALSE(world.space().is_foreign(own.address));
  CHECK(world.look(testing::duid_in_shard(2, 1), 1, LeaseType::kAddress, own) != own);
}

TEST_CASE("a reload to a larger pool marks what is leased, and what is leased or freed meanwhile") {
  World world;
  Lease* early = world.allocate(duid(1), 1, LeaseType::kAddress, address_key("2001:db8::10"));
  Lease* kept = world.allocate(duid(2), 1, LeaseType::kAddress, address_key("2001:db8::11"));
  const LeaseKey early_key = early->key;
  world.group.free(*early, world.snapshot);

  const Snapshot next = world.configure("2001:db8::10", "2001:db8::1f");
  const Pool fresh = next.subnets()[0].address_pools[0];
  world.snapshot = world.configure("2001:db8::10", "2001:db8::13");
  world.snapshot.incoming = incoming(fresh);
  // Freed before the walk began and not on disk: the walk cannot see it, so it must wait.
  for (int i = 0; i < 3000; ++i) REQUIRE_FALSE(world.group.index_step(world.snapshot, 1));
  CHECK(fresh.is_taken(kept->key.address));

  Lease* meanwhile = world.allocate(duid(3), 1, LeaseType::kAddress, address_key("2001:db8::12"));
  CHECK(fresh.is_taken(meanwhile->key.address));
  const LeaseKey kept_key = kept->key;
  world.group.free(*kept, world.snapshot);
  CHECK(fresh.is_taken(kept_key.address));  // until settled
  CHECK_FALSE(world.group.index_step(world.snapshot, 1));
  world.commit();
  world.group.settle(world.snapshot);
  CHECK(world.group.index_step(world.snapshot, 1));
  CHECK_FALSE(fresh.is_taken(early_key.address));
  CHECK_FALSE(fresh.is_taken(kept_key.address));
  CHECK(fresh.is_taken(meanwhile->key.address));

  // A worker that has the new configuration already takes a unit there: it is not to be had here any more.
  CHECK(fresh.mark_taken(early_key.address, 0));
  CHECK(world.look(duid(4), 1, LeaseType::kAddress, early_key) != early_key);
  CHECK(world.allocate(duid(4), 1, LeaseType::kAddress, early_key)->key != early_key);
}

TEST_CASE("a reload from a sparse to a dense pool: an address leased again before its deletion settled stays marked") {
  SparseWorld world;
  const Duid client = testing::duid_in_shard(8);  // ::10 has the bits of shard 8
  const LeaseKey key = address_key("2001:db8::10");
  world.group.free(*world.allocate(client, 1, LeaseType::kAddress, key), world.snapshot);
  REQUIRE(world.allocate(client, 1, LeaseType::kAddress, key)->key == key);
  const Snapshot next = world.configure("2001:db8::10", "2001:db8::1f");
  const Pool fresh = next.subnets()[0].address_pools[0];
  world.snapshot.incoming = incoming(fresh);
  CHECK_FALSE(world.group.index_step(world.snapshot, 100'000));
  CHECK(fresh.is_taken(key.address));
  world.commit();
  world.group.settle(world.snapshot);
  CHECK(world.group.index_step(world.snapshot, 100'000));
  CHECK(fresh.is_taken(key.address));
}

LeaseRecord assigned(const LeaseKey& key, const Duid& client) {
  LeaseRecord wanted = testing::record(key, client);
  wanted.preferred = Seconds{5000};
  wanted.valid = Seconds{7000};
  return wanted;
}

TEST_CASE("an operator's lease is taken out of its pool, counted, logged, and ends like any other") {
  World world;
  const LeaseKey key = address_key("2001:db8::12");
  const LeaseRecord wanted = assigned(key, duid(1));
  const Lease* lease = world.group.assign(wanted, world.snapshot, kNow);
  REQUIRE(lease != nullptr);
  CHECK(world.group.shard(lease->shard).record_of(*lease) == wanted);
  CHECK(world.cell().addresses.load() == 1);
  CHECK(world.cell().addresses_assigned.load() == 1);
  CHECK(world.group.assign(assigned(key, duid(2)), world.snapshot, kNow) == nullptr);
  for (uint32_t client = 10; client < 13; ++client) CHECK(world.allocate(duid(client), 1)->key != key);
  CHECK(world.allocate(duid(13), 1) == nullptr);
  world.commit();
  CHECK(world.changes.front().record == wanted);

  world.group.expire(AbsoluteTime{kNow.since_2000 + 7003}, world.snapshot, 1000);
  CHECK(world.group.find_anywhere(key) == nullptr);
  CHECK(world.cell().addresses.load() == 0);
}

TEST_CASE("an operator changes a lease in its place: what is known of the client stays known") {
  World world;
  const Lease* before = world.allocate(duid(1), 1);
  const LeaseKey key = before->key;
  ClientDataBuilder data;
  data.hostname({.forward = false, .reverse = false, .name = "cpe"});
  world.group.remember(duid(1).bytes(), data.bytes());
  LeaseRecord wanted = assigned(key, duid(1));
  wanted.iaid = 77;
  REQUIRE(world.group.assign(wanted, world.snapshot, kNow) != nullptr);
  CHECK(world.cell().addresses.load() == 1);
  CHECK(world.cell().addresses_assigned.load() == 1);
  CHECK(world.group.find_anywhere(key)->iaid == 77);
  world.commit();
  world.changes.clear();
  world.group.remember(duid(1).bytes(), data.bytes());
  CHECK(world.group.log().pending() == 0);
  world.group.end(*world.group.find_anywhere(key), BindingStatus::kReset, world.snapshot, kNow);
  world.commit();
  REQUIRE(world.changes.size() == 1);
  CHECK(world.changes[0].forgets_client);

  wanted.status = BindingStatus::kAbandoned;
  CHECK(world.group.assign(wanted, world.snapshot, kNow) == nullptr);  // rests until settle()
  world.group.settle(world.snapshot);
  REQUIRE(world.group.assign(wanted, world.snapshot, kNow) != nullptr);
  CHECK(world.cell().declined.load() == 1);
  CHECK(world.cell().addresses.load() == 0);
}

TEST_CASE("an operator's lease may be outside of all pools, and in a sparse pool wherever its bits point") {
  World world;
  const LeaseKey outside = address_key("2001:db8::99");
  REQUIRE(world.group.assign(assigned(outside, duid(1)), world.snapshot, kNow) != nullptr);
  world.snapshot = world.configure("2001:db8::", "2001:db8::ffff:ffff:ffff:ffff");
  const LeaseKey key = address_key("2001:db8::1:2:3:46");  // names shard 0x23
  const Duid own = testing::duid_in_shard(0x23);
  const Duid other = testing::duid_in_shard(0x77);
  const Lease* lease = world.group.assign(assigned(key, other), world.snapshot, kNow);
  REQUIRE(lease != nullptr);
  CHECK(lease->shard == 0x77);
  CHECK_FALSE(world.look(own, 1, LeaseType::kAddress, key) == key);
}

/// A world whose subnet is shared with a partner; this server is the primary.
struct Shared : World {
  std::shared_ptr<FailoverScope> scope = std::make_shared<FailoverScope>(uint8_t{0}, "pair", FailoverRole::kPrimary);
  Shared() {
    scope->set_policy({.responsiveness = Responsiveness::kResponsive, .limited = true, .mclt = Seconds{600}});
    std::vector<Subnet> subnets{testing::subnet(1, "2001:db8::/64")};
    subnets[0].counters = counters;
    subnets[0].failover = scope;
    Pool pool = testing::address_pool(book, "2001:db8::20", "2001:db8::2f");
    std::get<std::shared_ptr<DensePool>>(pool.space)->part(*scope);
    subnets[0].address_pools = {pool};
    snapshot = testing::snapshot(std::move(subnets));
  }
};

TEST_CASE("RFC 8156 4.4: an operator's lease lasts no longer than max(acked, now) + MCLT, and the partner is told") {
  Shared world;
  const LeaseKey key = address_key("2001:db8::21");
  const Lease* lease = world.group.assign(assigned(key, duid(1)), world.snapshot, kNow);
  REQUIRE(lease != nullptr);
  CHECK(lease->valid == Seconds{600});
  CHECK(lease->preferred == Seconds{600});
  PartnerTimes* times = world.group.shard(lease->shard).times_of(*lease);
  REQUIRE(times != nullptr);
  CHECK(times->unacked);
  CHECK(times->client_contact == kNow);
  CHECK(times->start_of_state == kNow);
  CHECK(kNow + Seconds{7000} <= times->partner_lifetime);

  times->acked_partner_lifetime = kNow + Seconds{7000};
  times->unacked = false;
  const AbsoluteTime later = kNow + Seconds{60};
  LeaseRecord wanted = assigned(key, duid(1));
  wanted.last_contact = later;
  lease = world.group.assign(wanted, world.snapshot, later);
  REQUIRE(lease != nullptr);
  CHECK(lease->valid == Seconds{7000});
  times = world.group.shard(lease->shard).times_of(*lease);
  CHECK(times->unacked);
  CHECK(times->version == 2);
  CHECK(times->start_of_state == kNow);
  CHECK(times->acked_partner_lifetime == kNow + Seconds{7000});
}

TEST_CASE("RFC 8156 4.2.1.1: an operator cannot lease what is the partner's") {
  Shared world;
  CHECK(world.group.assign(assigned(address_key("2001:db8::22"), duid(1)), world.snapshot, kNow) == nullptr);
  CHECK(world.group.log().written() == 0);
}

TEST_CASE(
    "RFC 8156 7.2: a lease that an operator takes away is RESET until the partner knows, and cannot be given anew") {
  Shared world;
  const LeaseKey key = address_key("2001:db8::21");
  Lease* lease = world.group.assign(assigned(key, duid(1)), world.snapshot, kNow);
  REQUIRE(lease != nullptr);
  world.group.end(*lease, BindingStatus::kReset, world.snapshot, kNow);
  CHECK(world.group.find_anywhere(key)->status == BindingStatus::kReset);
  CHECK(world.cell().addresses.load() == 0);
  CHECK(world.group.assign(assigned(key, duid(1)), world.snapshot, kNow) == nullptr);
  world.commit();
  CHECK(world.changes.back().kind == LeaseChange::Kind::kPut);
  CHECK(world.changes.back().record.status == BindingStatus::kReset);
  world.group.free(*world.group.find_anywhere(key), world.snapshot);
  CHECK(world.group.client_count() == 0);
}

TEST_CASE("RFC 8156: a lease that is adopted in its place leaves what is known of its client known") {
  World world;
  const Lease* lease = world.allocate(duid(1), 1);
  ClientDataBuilder data;
  data.hostname({.forward = false, .reverse = false, .name = "cpe"});
  world.group.remember(duid(1).bytes(), data.bytes());
  const LeaseRecord record = world.group.shard(lease->shard).record_of(*lease);
  Lease& adopted = world.group.adopt(record, world.snapshot);
  world.group.end(adopted, BindingStatus::kReleased, world.snapshot, kNow);
  world.commit();
  CHECK(world.changes.back().forgets_client);
}

TEST_CASE("workers share the shards without a gap") {
  const ShardGroup first(0, 3, testing::kTableKey, 8);
  const ShardGroup second(1, 3, testing::kTableKey, 8);
  const ShardGroup third(2, 3, testing::kTableKey, 8);
  for (unsigned shard = 0; shard < kShardCount; ++shard) {
    REQUIRE(int{first.owns(shard)} + int{second.owns(shard)} + int{third.owns(shard)} == 1);
    REQUIRE(first.owns(shard) == (ShardGroup::owner_of(shard, 3) == 0));
  }
}

TEST_CASE("P8: at most 160 bytes of RAM a lease, with an address and a prefix for each client") {
  World world;
  constexpr uint32_t kClients = 500'000;
  const size_t before = world.group.memory();
  for (uint32_t client = 0; client < kClients; ++client) {
    LeaseRecord record = testing::record(address_key("2001:db8:5::"), duid(client));
    wire::store_be32(record.key.address.octets.data() + 12, client);
    REQUIRE(world.group.load(record, world.snapshot));
    record.key = prefix_key("2001:db8:6::/56");
    wire::store_be32(record.key.address.octets.data() + 3, client);
    REQUIRE(world.group.load(record, world.snapshot));
  }
  const double bytes = static_cast<double>(world.group.memory() - before) / (2 * kClients);
  INFO("bytes a lease: ", bytes);
  CHECK(bytes <= 160);
  CHECK(bytes >= sizeof(Lease));
}

}  // namespace
}  // namespace tandem6::lease::shard_group_test
