#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>

#include "dataplane/lease/shard.h"
#include "tests/unit/lease/structures_fixture.h"

namespace tandem6::lease::shard_test {
namespace {

using testing::address_key;
using testing::kNow;
using testing::record;

std::set<uint32_t> iaids_of(Shard& shard, uint32_t client) {
  std::set<uint32_t> iaids;
  for (const Lease* lease = shard.first_of(client); lease != nullptr; lease = shard.next_of(*lease)) {
    REQUIRE(iaids.insert(lease->iaid).second);
  }
  return iaids;
}

/// The IAIDs of the leases that end by `time`; they are removed.
std::set<uint32_t> end_until(Shard& shard, AbsoluteTime time) {
  std::set<uint32_t> ended;
  shard.expire(time, 1000, [&](Lease& lease) {
    ended.insert(lease.iaid);
    shard.remove(lease);
  });
  return ended;
}

Duid long_duid(size_t size, uint8_t fill) {
  const std::vector<std::byte> bytes(size, std::byte{fill});
  return Duid::from_bytes(bytes).value();
}

TEST_CASE("a lease is found by client, by IA and by key, and is gone after its removal") {
  Shard shard(7, testing::kTableKey);
  const Duid client = testing::duid(1);
  CHECK(shard.find_client(client.bytes()) == kNoIndex);
  shard.insert(client.bytes(), record(address_key("2001:db8::1"), client, 10));
  shard.insert(client.bytes(), record(testing::prefix_key("2001:db8:1::/56"), client, 10));
  shard.insert(client.bytes(), record(address_key("2001:db8::2"), client, 11));

  const uint32_t index = shard.find_client(client.bytes());
  REQUIRE(index != kNoIndex);
  CHECK(wire::same_bytes(shard.duid_of(index), client.bytes()));
  CHECK(shard.client_count() == 1);
  CHECK(shard.lease_count() == 3);
  CHECK(shard.find(index, LeaseType::kAddress, 10)->key == address_key("2001:db8::1"));
  CHECK(shard.find(index, LeaseType::kPrefix, 10)->key == testing::prefix_key("2001:db8:1::/56"));
  CHECK(shard.find(index, LeaseType::kPrefix, 11) == nullptr);
  CHECK(shard.find(address_key("2001:db8::2"))->iaid == 11);
  CHECK(shard.find(address_key("2001:db8::2"))->shard == 7);
  CHECK(shard.find(address_key("2001:db8::3")) == nullptr);
  CHECK(shard.record_of(*shard.find(address_key("2001:db8::2"))) == record(address_key("2001:db8::2"), client, 11));

  shard.remove(*shard.find(address_key("2001:db8::2")));
  CHECK(shard.find(address_key("2001:db8::2")) == nullptr);
  CHECK(shard.find(index, LeaseType::kAddress, 11) == nullptr);
  shard.remove(*shard.find(index, LeaseType::kAddress, 10));
  CHECK(shard.find_client(client.bytes()) == index);
  shard.remove(*shard.find(index, LeaseType::kPrefix, 10));
  CHECK(shard.find_client(client.bytes()) == kNoIndex);
  CHECK(shard.client_count() == 0);
  CHECK(shard.lease_count() == 0);
}

TEST_CASE("RFC 8415 11.1: DUIDs of every allowed length are kept whole") {
  Shard shard(0, testing::kTableKey);
  for (size_t size = Duid::kMinSize; size <= Duid::kMaxSize; ++size) {
    const Duid client = long_duid(size, 0x5a);
    LeaseKey key = address_key("2001:db8::");
    key.address.octets[15] = static_cast<std::byte>(size);
    shard.insert(client.bytes(), record(key, client));
  }
  CHECK(shard.client_count() == Duid::kMaxSize - Duid::kMinSize + 1);
  for (size_t size = Duid::kMinSize; size <= Duid::kMaxSize; ++size) {
    const Duid client = long_duid(size, 0x5a);
    const uint32_t index = shard.find_client(client.bytes());
    REQUIRE(index != kNoIndex);
    REQUIRE(wire::same_bytes(shard.duid_of(index), client.bytes()));
    REQUIRE(shard.record_of(*shard.first_of(index)).duid == client);
    shard.remove(*shard.first_of(index));
  }
  CHECK(shard.client_count() == 0);
}

TEST_CASE("RFC 8415 18.3.8: an abandoned lease is no longer its client's, but nobody else's either") {
  Shard shard(0, testing::kTableKey);
  const Duid client = testing::duid(1);
  shard.insert(client.bytes(), record(address_key("2001:db8::1"), client, 1));
  shard.insert(client.bytes(), record(address_key("2001:db8::2"), client, 2));
  Lease* declined = shard.find(address_key("2001:db8::1"));
  shard.abandon(*declined);
  declined->last_contact = kNow;
  declined->valid = Seconds{1000};
  shard.reschedule(*declined);

  const uint32_t index = shard.find_client(client.bytes());
  CHECK(iaids_of(shard, index) == std::set<uint32_t>{2});
  CHECK(shard.find(address_key("2001:db8::1")) == declined);
  CHECK(shard.record_of(*declined).duid == client);
  shard.remove(*shard.find(address_key("2001:db8::2")));
  CHECK(shard.find_client(client.bytes()) == index);  // the quarantine still needs its name

  unsigned ended = 0;
  CHECK(shard.expire(AbsoluteTime{kNow.since_2000 + 1002}, 100, [&](Lease&) { ++ended; }) < 100);
  CHECK(ended == 0);
  shard.expire(AbsoluteTime{kNow.since_2000 + 1003}, 100, [&](Lease& lease) {
    ++ended;
    shard.remove(lease);
  });
  CHECK(ended == 1);
  CHECK(shard.find_client(client.bytes()) == kNoIndex);
}

TEST_CASE("RFC 8156 7.2: a lease that an operator took away is RESET, and no longer in its client's list") {
  Shard shard(0, testing::kTableKey);
  const Duid client = testing::duid(1);
  for (const uint32_t number : {1U, 2U, 3U}) {
    LeaseKey key = address_key("2001:db8::");
    key.address.octets[15] = static_cast<std::byte>(number);
    shard.insert(client.bytes(), record(key, client, number));
  }
  const uint32_t index = shard.find_client(client.bytes());
  Lease* reset = shard.find(address_key("2001:db8::2"));
  shard.end(*reset, BindingStatus::kReset);
  CHECK(iaids_of(shard, index) == std::set<uint32_t>{1, 3});
  CHECK(shard.find(address_key("2001:db8::2")) == reset);
  CHECK(shard.record_of(*reset).status == BindingStatus::kReset);
  Lease* released = shard.find(address_key("2001:db8::1"));
  shard.end(*released, BindingStatus::kReleased);
  CHECK(iaids_of(shard, index) == std::set<uint32_t>{1, 3});  // may go on
  unsigned ended = 0;
  shard.expire(AbsoluteTime{kNow.since_2000 + 99}, 100, [&](Lease&) { ++ended; });
  CHECK(ended == 0);

  shard.remove(*released);
  shard.remove(*shard.find(address_key("2001:db8::3")));
  CHECK(shard.find_client(client.bytes()) == index);
  CHECK(shard.is_last_of_client(*reset));
  shard.remove(*reset);
  CHECK(shard.client_count() == 0);
}

TEST_CASE("an abandoned lease from the database is in quarantine, not in its client's list") {
  Shard shard(0, testing::kTableKey);
  const Duid client = testing::duid(1);
  LeaseRecord declined = record(address_key("2001:db8::1"), client);
  declined.status = BindingStatus::kAbandoned;
  shard.insert(client.bytes(), declined);
  CHECK(shard.first_of(shard.find_client(client.bytes())) == nullptr);
  shard.remove(*shard.find(declined.key));
  CHECK(shard.client_count() == 0);
}

TEST_CASE("leases end when their valid lifetime has for the client too; infinite ones never (RFC 8415 7.7)") {
  Shard shard(0, testing::kTableKey);
  const Duid client = testing::duid(1);
  uint32_t iaid = 0;
  const auto add = [&](const char* text, Seconds valid) {
    LeaseRecord fields = record(address_key(text), client, ++iaid);
    fields.valid = valid;
    shard.insert(client.bytes(), fields);
  };
  add("2001:db8::1", Seconds{100});
  add("2001:db8::2", kInfinity);
  add("2001:db8::3", Seconds{0xfffffffe});  // 136 years: modulo 2^32 that looks like the past
  add("2001:db8::4", Seconds{5000});

  const auto expire = [&](uint32_t seconds) { return end_until(shard, kNow + Seconds{seconds}); };
  CHECK(expire(102) == std::set<uint32_t>{});
  Lease& renewed = *shard.find(address_key("2001:db8::4"));
  renewed.last_contact = kNow + Seconds{99};
  shard.reschedule(renewed);
  CHECK(expire(103) == std::set<uint32_t>{1});
  CHECK(expire(5101) == std::set<uint32_t>{});
  CHECK(expire(5102) == std::set<uint32_t>{4});
  CHECK(expire(0x70000000) == std::set<uint32_t>{});
  CHECK(shard.lease_count() == 2);
}

TEST_CASE(
    "a lease that was extended ends when it should: not with its old timer, and not later when it was shortened") {
  Shard shard(0, testing::kTableKey);
  const Duid client = testing::duid(1);
  Lease& longer = shard.insert(client.bytes(), record(address_key("2001:db8::1"), client, 1));
  Lease& shorter = shard.insert(client.bytes(), record(address_key("2001:db8::2"), client, 2));
  Lease& forever = shard.insert(client.bytes(), record(address_key("2001:db8::3"), client, 3));
  Lease& mortal = shard.insert(client.bytes(), record(address_key("2001:db8::4"), client, 4));
  const auto expire = [&](uint32_t seconds) { return end_until(shard, kNow + Seconds{seconds}); };
  expire(10);
  shard.extend(longer, Seconds{50}, Seconds{100}, kNow + Seconds{50});
  shard.extend(longer, Seconds{50}, Seconds{100}, kNow + Seconds{60});
  shard.extend(shorter, Seconds{10}, Seconds{20}, kNow + Seconds{10});
  shard.extend(forever, kInfinity, kInfinity, kNow + Seconds{10});
  shard.extend(mortal, kInfinity, kInfinity, kNow + Seconds{10});
  shard.extend(mortal, Seconds{50}, Seconds{100}, kNow + Seconds{20});
  CHECK(expire(32) == std::set<uint32_t>{});
  CHECK(expire(33) == std::set<uint32_t>{2});
  CHECK(expire(122) == std::set<uint32_t>{});
  CHECK(expire(123) == std::set<uint32_t>{4});
  CHECK(expire(162) == std::set<uint32_t>{});
  CHECK(expire(163) == std::set<uint32_t>{1});
  CHECK(expire(0x70000000) == std::set<uint32_t>{});
  CHECK(shard.lease_count() == 1);
}

TEST_CASE("a walk in steps sees every lease once") {
  Shard shard(0, testing::kTableKey);
  for (uint32_t i = 0; i < 1000; ++i) {
    const Duid client = testing::duid(i / 2);
    const LeaseKey key{LeaseType::kAddress, 128, Ipv6Address::from_number(i)};
    shard.insert(client.bytes(), record(key, client, i));
  }
  for (uint32_t i = 0; i < 1000; i += 3)
    shard.remove(*shard.find({LeaseType::kAddress, 128, Ipv6Address::from_number(i)}));
  std::set<uint32_t> seen;
  for (uint32_t at = 0; at != kNoIndex;) {
    at = shard.walk(at, 7, [&](const Lease& lease) { REQUIRE(seen.insert(lease.iaid).second); });
  }
  CHECK(seen.size() == shard.lease_count());
  CHECK(seen.size() == 666);
}

TEST_CASE("a shard that was never used costs little more than its wheel") {
  const Shard shard(0, testing::kTableKey);
  CHECK(shard.memory() - sizeof(TimingWheel) < 1024);
}

/// What a Shard should hold, kept the simple way.
struct Model {
  std::map<uint32_t, LeaseRecord> leases;  // by address number
};

void check_client(Shard& shard, const Model& model, uint32_t number) {
  std::set<uint32_t> expected;
  bool known = false;
  for (const auto& [name, fields] : model.leases) {
    if (!(fields.duid == testing::duid(number))) continue;
    known = true;
    if (fields.status != BindingStatus::kAbandoned) expected.insert(fields.iaid);
  }
  const uint32_t client = shard.find_client(testing::duid(number).bytes());
  REQUIRE((client != kNoIndex) == known);
  if (known) REQUIRE(iaids_of(shard, client) == expected);
}

TEST_CASE("Shard does what maps do, whatever comes in whatever order") {
  for (uint32_t seed = 0; seed < 10; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Shard shard(0, testing::kTableKey);
    Model model;
    AbsoluteTime now = kNow;
    for (int step = 0; step < 3000; ++step) {
      const uint32_t name = random() % 400;
      const LeaseKey key{LeaseType::kAddress, 128, Ipv6Address::from_number(name)};
      const auto known = model.leases.find(name);
      Lease* lease = shard.find(key);
      REQUIRE((lease != nullptr) == (known != model.leases.end()));
      if (lease == nullptr) {
        LeaseRecord fields = record(key, testing::duid(random() % 60), name);
        fields.valid = Seconds{static_cast<uint32_t>(random() % 5000)};
        fields.last_contact = now;
        shard.insert(fields.duid.bytes(), fields);
        model.leases.emplace(name, fields);
      } else if (const uint32_t action = random() % 4; action == 0) {
        shard.remove(*lease);
        model.leases.erase(known);
      } else if (action == 1 && lease->status == BindingStatus::kActive) {
        shard.abandon(*lease);
        known->second.status = BindingStatus::kAbandoned;
      } else {
        lease->valid = known->second.valid = Seconds{static_cast<uint32_t>(random() % 5000)};
        lease->last_contact = known->second.last_contact = now;
        shard.reschedule(*lease);
      }
      if (random() % 10 == 0) now = now + Seconds{static_cast<uint32_t>(random() % 300)};
      while (shard.expire(now, 5, [&](Lease& due) {
        const auto number = static_cast<uint32_t>(due.key.address.number());
        REQUIRE(shard.record_of(due) == model.leases.at(number));
        REQUIRE(due.expires() + kReplyDelay <= now);
        model.leases.erase(number);
        shard.remove(due);
      }) == 5) {
      }
      REQUIRE(shard.lease_count() == model.leases.size());
      check_client(shard, model, random() % 60);
    }
    for (const auto& [name, fields] : model.leases) REQUIRE(now < fields.expires() + kReplyDelay);
  }
}

}  // namespace
}  // namespace tandem6::lease::shard_test
