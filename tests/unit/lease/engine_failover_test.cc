// RFC 8156 §4.2, §4.4, §8: what clients are given by a server that has a failover partner.
#include <doctest/doctest.h>

#include <set>

#include "tests/support/shared_server.h"

namespace tandem6::engine_failover_test {

using namespace tandem6::testing;
using tandem6::Seconds;
namespace lease = tandem6::lease;
using lease::BindingStatus;
using lease::FailoverPolicy;
using lease::FailoverRole;
using lease::LeaseKey;
using lease::Responsiveness;

namespace {

constexpr uint32_t kHour = 3600;
constexpr uint32_t kDay = 24 * kHour;

FailoverPolicy policy(Responsiveness responsiveness) {
  FailoverPolicy made = kServing;
  made.responsiveness = responsiveness;
  return made;
}

bool is_odd(const tandem6::Ipv6Address& address) { return (std::to_integer<unsigned>(address.octets[15]) & 1) != 0; }

}  // namespace

// --- §4.4 ---

TEST_CASE("RFC 8156 4.4.1: the example: 1 hour at first, then 3 days, and what the partner is told each time") {
  SharedServer it(FailoverRole::kPrimary, {.preferred = Seconds{3 * kDay}, .valid = Seconds{3 * kDay}});
  FailoverPolicy normal = kServing;
  normal.mclt = Seconds{kHour};
  it.set(normal);
  const ReadLease first = it.server.send(from_client(kRequest, {ia_na(1)})).lease();
  CHECK(first.valid == kHour);
  CHECK(first.preferred == kHour);
  const LeaseKey key = key_of(first);
  CHECK(it.times(key).partner_lifetime == it.server.now + Seconds{kHour / 2 + 3 * kDay});
  it.times(key).acked_partner_lifetime = it.times(key).partner_lifetime;

  it.server.now = it.server.now + Seconds{kHour / 2};
  const Octets ia = ia_na(1, {ia_address(first.address.to_string())});
  CHECK(it.server.send(from_client(kRenew, {ia})).lease().valid == 3 * kDay);
  CHECK(it.times(key).partner_lifetime == it.server.now + Seconds{3 * kDay / 2 + 3 * kDay});
  it.times(key).acked_partner_lifetime = it.times(key).partner_lifetime;

  it.server.now = it.server.now + Seconds{3 * kDay / 2};
  CHECK(it.server.send(from_client(kRenew, {ia})).lease().valid == 3 * kDay);
  CHECK(it.times(key).partner_lifetime == it.server.now + Seconds{3 * kDay / 2 + 3 * kDay});

  // §8.9.1: no ack comes any more, "to converge to the MCLT".
  it.server.now = it.server.now + Seconds{3 * kDay / 2};
  CHECK(it.server.send(from_client(kRenew, {ia})).lease().valid == 3 * kDay / 2 + kHour);
  it.server.now = it.server.now + Seconds{3 * kDay / 2};
  CHECK(it.server.send(from_client(kRenew, {ia})).lease().valid == kHour);
  it.server.now = it.server.now + Seconds{kHour / 2};
  CHECK(it.server.send(from_client(kRenew, {ia})).lease().valid == kHour);
}

TEST_CASE("RFC 8156 4.4: ADVERTISE promises no more than the REPLY that follows") {
  SharedServer it(FailoverRole::kPrimary);
  const ReadLease offered = it.server.send(from_client(kSolicit, {ia_na(1)})).lease();
  CHECK(offered.valid == kMclt.count);
  const ReadLease given = it.server.send(from_client(kRequest, {ia_na(1)})).lease();
  CHECK(given.address == offered.address);
  CHECK(given.valid == offered.valid);
}

TEST_CASE("RFC 8156 4.4: an ack that is over counts for nothing, one that lasts adds the MCLT to its rest") {
  SharedServer it(FailoverRole::kPrimary);
  const ReadLease first = it.server.send(from_client(kRequest, {ia_na(1)})).lease();
  const Octets ia = ia_na(1, {ia_address(first.address.to_string())});
  it.server.now = it.server.now + Seconds{100};
  it.times(key_of(first)).acked_partner_lifetime = {it.server.now.since_2000 - 50};
  CHECK(it.server.send(from_client(kRenew, {ia})).lease().valid == kMclt.count);
  it.times(key_of(first)).acked_partner_lifetime = it.server.now + Seconds{1000};
  CHECK(it.server.send(from_client(kRenew, {ia})).lease().valid == 1000 + kMclt.count);
  it.times(key_of(first)).acked_partner_lifetime = it.server.now + Seconds{100'000};
  CHECK(it.server.send(from_client(kRenew, {ia})).lease().valid == 4000);
}

TEST_CASE(
    "RFC 8156 4.4: infinite leases are limited as well, and the partner is told a time that is ahead modulo 2^32") {
  SharedServer it(FailoverRole::kPrimary, {.preferred = tandem6::kInfinity, .valid = tandem6::kInfinity});
  const ReadLease first = it.server.send(from_client(kRequest, {ia_na(1)})).lease();
  CHECK(first.valid == kMclt.count);
  CHECK(first.preferred == kMclt.count);
  CHECK(it.server.now + Seconds{50 * 365 * kDay / 2} < it.times(key_of(first)).partner_lifetime);
}

TEST_CASE("RFC 8156 8.4.1: in PARTNER-DOWN the MCLT limits nothing") {
  SharedServer it(FailoverRole::kSecondary);
  FailoverPolicy down = kServing;
  down.limited = down.streaming = false;
  it.set(down);
  const ReadLease given = it.server.send(from_client(kRequest, {ia_na(1)})).lease();
  CHECK(given.valid == 4000);
  CHECK(given.preferred == 3000);
}

TEST_CASE("RFC 8415 14.2: T1 and T2 are before the end of a lease that the MCLT limits, fixed ones when it does not") {
  SharedServer it(FailoverRole::kPrimary);  // T1 1000, T2 2000 of 3000
  const ReadIa limited = it.server.send(from_client(kRequest, {ia_na(1)})).ia();
  CHECK(limited.leases.at(0).preferred == 600);
  CHECK(limited.t1 == 300);
  CHECK(limited.t2 == 480);
  it.times(key_of(limited.leases[0])).acked_partner_lifetime = it.server.now + Seconds{100'000};
  const ReadIa whole =
      it.server.send(from_client(kRenew, {ia_na(1, {ia_address(limited.leases[0].address.to_string())})})).ia();
  CHECK(whole.leases.at(0).preferred == 3000);
  CHECK(whole.t1 == 1000);
  CHECK(whole.t2 == 2000);
}

TEST_CASE("RFC 8156 4.4: the shorter lease of an IA does not have the other's T1") {
  SharedServer it(FailoverRole::kPrimary);
  const Response both = it.server.send(from_client(kRequest, {ia_na(1), ia_pd(2)}));
  for (const ReadIa& ia : both.ias()) {
    CHECK(ia.t1 == 300);
    CHECK(ia.t2 == 480);
  }
}

// --- §4.2.1.1 ---

TEST_CASE(
    "RFC 8156 4.2.1.1: the primary gives addresses that end in a 1 bit, the secondary the others, from any pool") {
  for (const bool sparse : {false, true}) {
    for (const FailoverRole role : {FailoverRole::kPrimary, FailoverRole::kSecondary}) {
      SharedServer it(role, kLifetimes, sparse);
      std::set<std::string> given;
      for (uint16_t number = 0; number < 100; ++number) {
        const Octets duid = duid_of(number);
        const ReadLease offered = it.server.send(from_client(kSolicit, {ia_na(1)}, duid)).lease();
        const ReadLease lease = it.server.send(from_client(kRequest, {ia_na(1)}, duid)).lease();
        CHECK(is_odd(offered.address) == (role == FailoverRole::kPrimary));
        CHECK(is_odd(lease.address) == (role == FailoverRole::kPrimary));
        given.insert(lease.address.to_string());
      }
      CHECK(given.size() == 100);
    }
  }
}

TEST_CASE("RFC 8156 4.2.1.1: a client's wish for an address of the partner's is not granted to a new client") {
  for (const bool sparse : {false, true}) {
    SharedServer it(FailoverRole::kPrimary, kLifetimes, sparse);
    const ReadLease lease = it.server.send(from_client(kRequest, {ia_na(1, {ia_address("2001:db8:1::110")})})).lease();
    CHECK(is_odd(lease.address));
  }
}

TEST_CASE("RFC 8156 4.2.1.1: a dense pool is empty for a server when its half is gone") {
  SharedServer it(FailoverRole::kSecondary);
  for (uint16_t number = 0; number < 128; ++number) {
    CHECK(it.server.send(from_client(kRequest, {ia_na(1)}, duid_of(number))).lease().valid == kMclt.count);
    it.server.changes();
  }
  CHECK(it.server.send(from_client(kRequest, {ia_na(1)}, duid_of(500))).ia().status == 2U);  // NoAddrsAvail
  // §8.4.1: also in PARTNER-DOWN.
  FailoverPolicy down = kServing;
  down.limited = false;
  down.partner_prefixes = true;
  it.set(down);
  CHECK(it.server.send(from_client(kRequest, {ia_na(1)}, duid_of(500))).ia().status == 2U);
}

// --- §4.2.2 ---

TEST_CASE("RFC 8156 4.2.2: prefixes are delegated from a server's own delegable prefixes only") {
  SharedServer it(FailoverRole::kSecondary);
  CHECK(it.server.send(from_client(kRequest, {ia_pd(1)})).ia().status == 6U);  // NoPrefixAvail
  CHECK(it.server.send(from_client(kRequest, {ia_pd(1, {ia_prefix("2001:db8:8000:500::", 56)})})).ia().status == 6U);
  it.prefixes().take_block(5);
  CHECK(it.server.send(from_client(kRequest, {ia_pd(1)})).lease().address == prefix_key(5).address);
  CHECK(it.server.send(from_client(kRequest, {ia_pd(1)}, kOtherClientDuid)).ia().status == 6U);
}

TEST_CASE("RFC 8156 8.4.1: in PARTNER-DOWN own prefixes go first, then, after the MCLT, the partner's, each once") {
  SharedServer it(FailoverRole::kPrimary);
  for (uint32_t block = 4; block < 16; ++block) it.prefixes().give_block(block);
  FailoverPolicy down = kServing;
  down.limited = false;
  it.set(down);
  std::set<std::string> given;
  uint16_t number = 0;
  const auto request = [&] { return it.server.send(from_client(kRequest, {ia_pd(1)}, duid_of(number++))).ia(); };
  while (number < 3) given.insert(request().leases.at(0).address.to_string());
  down.partner_prefixes = true;
  it.set(down);
  // The fourth of our own, before any of the partner's.
  const ReadLease last = request().leases.at(0);
  CHECK_FALSE(it.prefixes().partition()->is_partners(it.prefixes().index_of(last.address).value()));
  given.insert(last.address.to_string());
  CHECK(given.size() == 4);
  down.partner_prefixes = false;
  it.set(down);
  CHECK(request().status == 6U);
  down.partner_prefixes = true;
  it.set(down);
  const ReadIa two = it.server.send(from_client(kSolicit, {ia_pd(1)}, duid_of(900))).ia();
  CHECK(two.leases.size() == 1);
  for (int i = 0; i < 12; ++i) given.insert(request().leases.at(0).address.to_string());
  CHECK(given.size() == 16);
  CHECK(request().status == 6U);
}

TEST_CASE("RFC 8156 8.4.1: own prefixes of every subnet of a shared network go before the partner's of any") {
  const auto scope = std::make_shared<lease::FailoverScope>(uint8_t{0}, "pair", FailoverRole::kPrimary);
  FailoverPolicy down = kServing;
  down.limited = false;
  down.partner_prefixes = true;
  scope->set_policy(down);
  lease::Snapshot::Content content;
  content.networks.push_back({.name = "east"});
  for (const uint32_t id : {1U, 2U}) {
    lease::Subnet made = subnet(id, id == 1 ? "2001:db8:1::/64" : "2001:db8:2::/64", 0);
    made.network = 0;
    made.failover = scope;
    made.counters = std::make_shared<lease::SubnetCounters>(2);
    made.prefix_pools = {shared_prefixes(*scope)};
    content.subnets.push_back(std::move(made));
  }
  // The second subnet's pool lies elsewhere; of the first one's the secondary has everything.
  lease::Pool& other = content.subnets[1].prefix_pools[0];
  other.first = ip("2001:db8:9000::");
  other.last = ip("2001:db8:9000:fff:ffff:ffff:ffff:ffff");
  auto space = std::make_shared<lease::DensePool>(other.type, other.first, uint8_t{56}, 16U);
  space->part(*scope);
  other.space = space;
  auto& partners = *std::get<std::shared_ptr<lease::DensePool>>(content.subnets[0].prefix_pools[0].space);
  for (uint32_t block = 0; block < 16; ++block) partners.give_block(block);
  Server server(std::move(content));
  const auto is_ours = [&](const Response& response) { return space->index_of(response.lease().address).has_value(); };
  CHECK(is_ours(server.send(from_client(kSolicit, {ia_pd(1)}, duid_of(99)))));
  for (uint16_t number = 0; number < 16; ++number) {
    CHECK(is_ours(server.send(from_client(kRequest, {ia_pd(1)}, duid_of(number)))));
  }
  CHECK_FALSE(is_ours(server.send(from_client(kSolicit, {ia_pd(1)}, duid_of(99)))));
  CHECK_FALSE(is_ours(server.send(from_client(kRequest, {ia_pd(1)}, duid_of(16)))));
}

TEST_CASE("RFC 8156 8.4.1: two IAs of one SOLICIT are offered different prefixes of the partner's") {
  SharedServer it(FailoverRole::kSecondary);
  FailoverPolicy down = kServing;
  down.partner_prefixes = true;
  it.set(down);
  const auto ias = it.server.send(from_client(kSolicit, {ia_pd(1), ia_pd(2)})).ias();
  REQUIRE(ias.size() == 2);
  REQUIRE(ias[0].leases.size() == 1);
  REQUIRE(ias[1].leases.size() == 1);
  CHECK(ias[0].leases[0].address != ias[1].leases[0].address);
}

TEST_CASE(
    "RFC 8415 18.3.4: of several leases of an IA those go on that the client lists; the others end by themselves") {
  SharedServer it(FailoverRole::kPrimary);
  const LeaseKey known = key_of(it.server.send(from_client(kRequest, {ia_pd(1)})).lease());
  // Brought back, as the partner may have promised them: more than are worked on.
  for (uint8_t number = 8; number < 12; ++number) {
    lease::LeaseRecord record = it.record(known).value();
    record.key = prefix_key(number);
    it.server.group.adopt(record, it.server.snapshot());
  }
  const LeaseKey last = prefix_key(11);
  for (const LeaseKey& listed : {known, last}) {
    it.server.now = it.server.now + Seconds{100};
    const ReadIa ia = it.server.send(from_client(kRenew, {ia_pd(1, {ia_prefix(listed.address.to_string(), 56)})})).ia();
    REQUIRE(ia.leases.size() == 1);
    CHECK(ia.leases[0].address == listed.address);
    CHECK(ia.leases[0].valid != 0);
    CHECK(it.record(listed)->last_contact == it.server.now);
  }
  CHECK(it.record(prefix_key(9))->last_contact < it.server.now);
  // A client that has forgotten is told of what it has.
  CHECK(it.server.send(from_client(kRequest, {ia_pd(1)})).ia().leases.size() == 3);
}

TEST_CASE("RFC 8156 Figure 3: a prefix that is free again is its block's owner's") {
  SharedServer it(FailoverRole::kPrimary);
  const LeaseKey key = key_of(it.server.send(from_client(kRequest, {ia_pd(1)})).lease());
  const uint32_t unit = it.prefixes().index_of(key.address).value();
  it.prefixes().give_block(unit);
  it.server.group.free(*it.find(key), it.server.snapshot());
  it.server.changes();
  CHECK_FALSE(it.prefixes().partition()->is_leased(unit));
  CHECK(it.prefixes().taken(unit));
}

// --- responsiveness ---

TEST_CASE("RFC 8156 3, 8: which messages are answered in each state") {
  struct Case {
    const char* name;
    uint8_t type;
    bool when_renew_responsive;
    bool when_known;
  };
  for (const Case& one :
       {Case{"SOLICIT", kSolicit, false, false}, Case{"REQUEST", kRequest, true, false},
        Case{"RENEW", kRenew, true, true}, Case{"REBIND", kRebind, false, false},
        Case{"CONFIRM", kConfirm, false, false}, Case{"RELEASE", kRelease, true, false},
        Case{"DECLINE", kDecline, true, false}, Case{"INFORMATION-REQUEST", kInformationRequest, false, false}}) {
    CAPTURE(one.name);
    for (const Responsiveness how : {Responsiveness::kUnresponsive, Responsiveness::kKnownRenewals,
                                     Responsiveness::kRenewResponsive, Responsiveness::kResponsive}) {
      SharedServer it(FailoverRole::kPrimary);
      const ReadLease lease = it.server.send(from_client(kRequest, {ia_na(1)})).lease();
      it.server.changes();
      it.set(policy(how));
      const Octets ia = ia_na(1, {ia_address(lease.address.to_string())});
      const Octets none;
      const Response response = it.server.send(from_client(one.type, {one.type == kInformationRequest ? none : ia}));
      const bool wanted = how == Responsiveness::kResponsive ||
                          (how == Responsiveness::kRenewResponsive && one.when_renew_responsive) ||
                          (how == Responsiveness::kKnownRenewals && one.when_known);
      CHECK(response.answered() == wanted);
      if (!wanted) {
        CHECK(response.dropped() == "not-responsive");
        CHECK(it.server.changes().empty());
      }
    }
  }
}

TEST_CASE("RFC 8156 3: a renew responsive server is silent to a REQUEST that chose its partner") {
  SharedServer it(FailoverRole::kSecondary);
  it.set(policy(Responsiveness::kRenewResponsive));
  const Octets to_partner =
      message(kRequest, kTransaction, {client_id(kClientDuid), server_id(kOtherServerDuid), ia_na(1)});
  CHECK_FALSE(it.server.send(to_partner).answered());
}

TEST_CASE("RFC 8156 8.7.1: RECOVER-DONE renews leases that it knows, and allocates nothing") {
  SharedServer it(FailoverRole::kPrimary);
  const ReadLease lease = it.server.send(from_client(kRequest, {ia_na(1)})).lease();
  it.server.changes();
  it.set(policy(Responsiveness::kKnownRenewals));
  const Octets known = ia_na(1, {ia_address(lease.address.to_string())});
  CHECK(it.server.send(from_client(kRenew, {known})).lease().address == lease.address);
  it.server.changes();
  CHECK_FALSE(it.server.send(from_client(kRenew, {known, ia_pd(2)})).answered());
  CHECK_FALSE(it.server.send(from_client(kRenew, {known}, kOtherClientDuid)).answered());
  CHECK(it.server.changes().empty());
}

TEST_CASE("RFC 8156 8.7.1: RECOVER-DONE allocates nothing, not even what is reserved for the client") {
  SharedServer it(FailoverRole::kPrimary);
  const ReadLease lease = it.server.send(from_client(kRequest, {ia_na(1)})).lease();
  lease::PoolBook reserved_units;
  lease::Reservation host;
  host.scope = 1;
  host.value = kClientDuid;
  host.units = {{lease::LeaseType::kAddress, 128, ip("2001:db8:1::1f0")}};
  lease::Snapshot::Content content;
  content.subnets = {it.server.snapshot().subnets()[0]};
  content.reservations = lease::Reservations({host}, reserved_units);
  it.server.adopt(std::move(content));
  it.server.changes();
  const Octets known = ia_na(1, {ia_address(lease.address.to_string())});
  it.set(policy(Responsiveness::kKnownRenewals));
  CHECK(it.server.send(from_client(kRenew, {known})).lease().address == lease.address);
  CHECK(it.server.changes().size() == 1);
  it.set(kServing);
  const ReadIa ia = it.server.send(from_client(kRenew, {known})).ia();
  CHECK(ia.leases.at(0).address == ip("2001:db8:1::1f0"));
}

TEST_CASE("RFC 8156 8.1: a subnet without a relationship is served whatever state a relationship is in") {
  SharedServer it(FailoverRole::kPrimary);
  it.set(policy(Responsiveness::kUnresponsive));
  Pools pools;
  lease::Subnet alone = subnet(2, "2001:db8:2::/64", 7);
  alone.address_pools = {pools.addresses("2001:db8:2::100", "2001:db8:2::1ff")};
  it.server.configure({it.server.snapshot().subnets()[0], alone});
  it.server.port = 7;
  CHECK(it.server.send(from_client(kRequest, {ia_na(1)})).lease().valid == 4000);
  it.server.port = 0;
  CHECK_FALSE(it.server.send(from_client(kRequest, {ia_na(1)})).answered());
}

// --- §7.4: what is kept of a client ---

const Octets kName = tandem6::testing::option(39, hex("00 03 637065 00"));  // "cpe."

TEST_CASE("RFC 8156 7.4: the partner hears of a lease when what is kept of its client is on the disk, and once") {
  SharedServer it(FailoverRole::kPrimary);
  lease::ShardGroup& group = it.server.group;
  const auto none = [](const lease::UpdateFeed::Entry&) {};
  const auto request = [&](uint8_t type, const Octets& fqdn) {
    REQUIRE(it.server.send(from_client(type, {ia_na(1), fqdn})).answered());
    // What is kept of the client stands behind the lease in the log.
    const uint64_t end = group.log().written();
    const size_t too_early = group.feed().take(end - 1, 10, none);
    return std::pair(too_early, group.feed().take(end, 10, none));
  };
  CHECK(request(kRequest, kName) == std::pair<size_t, size_t>(0, 1));
  CHECK(request(kRenew, kName) == std::pair<size_t, size_t>(0, 1));
  CHECK(request(kRenew, {}) == std::pair<size_t, size_t>(0, 1));
}

TEST_CASE("RFC 8156 7.4: a renewal that changes nothing but what is kept of its client is told, as of now") {
  SharedServer it(FailoverRole::kPrimary);
  lease::Subnet subnet = it.server.snapshot().subnets()[0];
  subnet.cache.threshold = 0.5F;
  it.server.configure({subnet});
  const LeaseKey key = key_of(it.server.send(from_client(kRequest, {ia_na(1)})).lease());
  it.times(key).acked_partner_lifetime = it.server.now + Seconds{100'000};
  it.server.send(from_client(kRenew, {ia_na(1)}));
  it.fed();
  it.server.changes();
  it.server.now = it.server.now + Seconds{10};
  it.server.send(from_client(kRenew, {ia_na(1)}));
  REQUIRE(it.fed().empty());
  const uint32_t version = it.times(key).version;

  it.server.send(from_client(kRenew, {ia_na(1), kName}));
  const auto told = it.fed();
  REQUIRE(told.size() == 1);
  CHECK(told[0].key == key);
  CHECK(told[0].partner->client_contact == it.server.now);
  CHECK(told[0].partner->version == version + 1);
  // So that it is told after a restart, too.
  const auto changes = it.server.changes();
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].kind == lease::LeaseChange::Kind::kRemember);
  CHECK(changes[1].record.partner->unacked);
}

// --- §4.2.2.1: leases that have ended ---

TEST_CASE("RFC 8156 7.5.1: a lease ends when it has by both clocks, a new one as one that was extended") {
  for (const bool extended : {false, true}) {
    SharedServer it(FailoverRole::kPrimary);
    const LeaseKey key = key_of(it.server.send(from_client(kRequest, {ia_na(1)})).lease());
    if (extended) it.server.send(from_client(kRenew, {ia_na(1, {ia_address(key.address.to_string())})}));
    const auto over = it.record(key)->expires() + lease::kClockTolerance;
    it.server.now = decltype(over){over.since_2000 - 1};
    it.expire();
    CHECK(it.record(key)->status == BindingStatus::kActive);
    it.server.now = over;
    it.expire();
    CHECK(it.record(key)->status == BindingStatus::kExpired);
  }
}

TEST_CASE("RFC 8156 4.2.2.1, 8.8.1: an expired lease of which the partner was told nothing goes on for its client") {
  SharedServer it(FailoverRole::kPrimary);
  FailoverPolicy interrupted = kServing;
  interrupted.streaming = false;
  it.set(interrupted);
  const LeaseKey key = key_of(it.server.send(from_client(kRequest, {ia_na(1)})).lease());
  it.server.now = it.server.now + Seconds{kMclt.count + 10};
  it.expire();
  REQUIRE(it.record(key)->status == BindingStatus::kExpired);
  CHECK_FALSE(it.times(key).sent);
  it.server.changes();
  // For no other client, whatever it wishes.
  const Octets wish = ia_na(1, {ia_address(key.address.to_string())});
  CHECK(it.server.send(from_client(kRequest, {wish}, kOtherClientDuid)).lease().address != key.address);
  // A RENEW knows of no binding any more (RFC 8415 §18.3.4).
  CHECK(it.server.send(from_client(kRenew, {wish})).ia().status == 3U);
  CHECK(it.server.send(from_client(kSolicit, {ia_na(1)})).lease().address == key.address);
  REQUIRE(it.record(key)->status == BindingStatus::kExpired);
  CHECK(it.server.send(from_client(kRequest, {ia_na(1)})).lease().address == key.address);
  const auto record = it.record(key);
  CHECK(record->status == BindingStatus::kActive);
  CHECK(record->partner->start_of_state == it.server.now);
  CHECK(record->expires() == it.server.now + kMclt);
  // Its timer runs again.
  it.server.now = it.server.now + Seconds{kMclt.count + 10};
  it.expire();
  CHECK(it.record(key)->status == BindingStatus::kExpired);
}

TEST_CASE("RFC 8156 4.2.2.1, 8.8.1: once the partner was told, an ended lease does not go on: another unit is given") {
  for (const bool expired : {false, true}) {
    SharedServer it(FailoverRole::kPrimary);
    const LeaseKey key = key_of(it.server.send(from_client(kRequest, {ia_na(1)})).lease());
    const Octets ia = ia_na(1, {ia_address(key.address.to_string())});
    if (expired) {
      it.server.now = it.server.now + Seconds{kMclt.count + 10};
      it.expire();
    } else {
      it.server.send(from_client(kRelease, {ia}));
    }
    REQUIRE(it.find(key) != nullptr);
    REQUIRE(it.find(key)->has_ended());
    CHECK(it.times(key).sent);
    it.server.changes();
    CHECK(it.server.send(from_client(kSolicit, {ia})).lease().address != key.address);
    CHECK(it.server.send(from_client(kRequest, {ia})).lease().address != key.address);
    CHECK(it.find(key)->has_ended());
  }
}

TEST_CASE(
    "RFC 8156 4.2.2.1: a lease that has ended is not leased to anybody before the partner's ack, full pool or not") {
  SharedServer it(FailoverRole::kPrimary);
  std::vector<LeaseKey> keys;
  for (uint16_t number = 0; number < 16; ++number) {
    keys.push_back(key_of(it.server.send(from_client(kRequest, {ia_pd(1)}, duid_of(number))).lease()));
  }
  it.server.send(from_client(kRelease, {ia_pd(1, {ia_prefix(keys[3].address.to_string(), 56)})}, duid_of(3)));
  it.server.changes();
  CHECK(it.server.send(from_client(kRequest, {ia_pd(1)}, duid_of(700))).ia().status == 6U);
  it.server.group.free(*it.find(keys[3]), it.server.snapshot());
  // Not before the disk knows, either.
  CHECK(it.server.send(from_client(kRequest, {ia_pd(1)}, duid_of(700))).ia().status == 6U);
  it.server.changes();
  CHECK(it.server.send(from_client(kRequest, {ia_pd(1)}, duid_of(700))).lease().address == keys[3].address);
}

}  // namespace tandem6::engine_failover_test
