#include "perf/blast/ledger.h"

#include <doctest/doctest.h>

#include <map>

#include "perf/blast/split_mix.h"
#include "tests/unit/blast/fixtures.h"

namespace tandem6::ledger_test {

using namespace tandem6::blast;
using test::address;

TEST_CASE("an address entered twice names its former owner, a prefix of the same bits is another thing") {
  std::vector<Client> clients(3);
  clients[0].address = clients[1].address = address("2001:db8::1");
  clients[2].prefix = address("2001:db8::1");
  clients[2].prefix_length = 128;
  Ledger ledger(clients);
  CHECK_FALSE(ledger.enter(0, Ledger::Kind::kAddress));
  CHECK_FALSE(ledger.enter(0, Ledger::Kind::kAddress));
  CHECK_FALSE(ledger.enter(2, Ledger::Kind::kPrefix));
  CHECK(ledger.enter(1, Ledger::Kind::kAddress) == 0U);
  ledger.remove(0, Ledger::Kind::kAddress);  // not its own any more: changes nothing
  CHECK(ledger.enter(0, Ledger::Kind::kAddress) == 1U);
}

TEST_CASE("the ledger agrees with a map while thousands of leases come and go") {
  constexpr uint32_t kClients = 500;
  std::vector<Client> clients(kClients);
  Ledger ledger(clients);
  std::map<U128, uint32_t> model;
  std::vector<bool> inside(kClients);
  Random random(5);
  for (int i = 0; i < 100'000; ++i) {
    const auto number = static_cast<uint32_t>(random.next() % kClients);
    if (inside[number]) {
      ledger.remove(number, Ledger::Kind::kAddress);
      if (const auto own = model.find(clients[number].address.number()); own != model.end() && own->second == number) {
        model.erase(own);
      }
    }
    // Few addresses, so that clients meet.
    clients[number].address = Ipv6Address::from_number(random.next() % 700);
    inside[number] = true;
    const auto other = ledger.enter(number, Ledger::Kind::kAddress);
    const auto known = model.find(clients[number].address.number());
    REQUIRE(other == (known == model.end() ? std::nullopt : std::optional(known->second)));
    model[clients[number].address.number()] = number;
  }
}

TEST_CASE("overlaps: a prefix in another one, an address in another client's prefix; not equal ones, not one's own") {
  std::vector<Client> clients(2);
  const auto give = [&](uint32_t number, const char* prefix, uint8_t length, const char* one) {
    Client& client = clients[number];
    client = {};
    client.bound = true;
    client.ends = 1000;
    client.prefix = address(prefix);
    client.prefix_length = length;
    client.has_prefix = true;
    client.address = address(one);
    client.has_address = true;
  };
  give(0, "2001:db8:1::", 48, "2001:db8:1::1");  // its own address in its own prefix
  give(1, "2001:db8:2::", 48, "2001:db8:3::1");
  CHECK(count_overlaps(clients, Nanoseconds(0)) == 0);
  give(1, "2001:db8:1:ff00::", 56, "2001:db8:3::1");
  CHECK(count_overlaps(clients, Nanoseconds(0)) == 1);
  give(1, "2001:db8:2::", 48, "2001:db8:1:1::1");
  CHECK(count_overlaps(clients, Nanoseconds(0)) == 1);
  CHECK(count_overlaps(clients, 2000 * kSecond) == 0);  // ended
  give(1, "2001:db8:1::", 48, "2001:db8:3::1");
  CHECK(count_overlaps(clients, Nanoseconds(0)) == 0);  // kSharedLease says it
}

}  // namespace tandem6::ledger_test
