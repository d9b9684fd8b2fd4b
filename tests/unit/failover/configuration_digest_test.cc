// RFC 8156 §4.1: both partners have the same configuration, or an operator hears in what they differ.
#include "failover/configuration_digest.h"

#include <functional>

#include "tests/support/shared_server.h"
#include "tests/unit/failover/relationship_fixture.h"

namespace tandem6::failover::configuration_digest_test {
namespace {

using Content = lease::Snapshot::Content;

Duid server(uint8_t number) { return Duid::make_ll({std::byte{2}, {}, {}, {}, {}, std::byte{number}}); }

lease::Subnet subnet_of(uint32_t id, const char* prefix, const char* first, const char* last) {
  lease::Subnet made = testing::subnet(id, prefix, 0);
  lease::Pool pool;
  pool.first = testing::ip(first);
  pool.last = testing::ip(last);
  pool.space = std::make_shared<lease::SparsePool>(pool.first, pool.last);
  made.address_pools = {std::move(pool)};
  return made;
}

/// A server's configuration of two subnets of a relationship, and one of its own.
struct Side {
  explicit Side(uint8_t number)
      : scope(std::make_shared<lease::FailoverScope>(number, "pair", FailoverRole::kPrimary)) {
    content.server_duid = server(number);
    content.subnets.push_back(subnet_of(1, "2001:db8:1::/64", "2001:db8:1::", "2001:db8:1::ffff"));
    content.subnets.push_back(subnet_of(2, "2001:db8:2::/64", "2001:db8:2::", "2001:db8:2::ffff"));
    content.subnets.push_back(subnet_of(3, "2001:db8:3::/64", "2001:db8:3::", "2001:db8:3::ffff"));
    content.subnets[0].failover = content.subnets[1].failover = scope;
  }
  ConfigurationDigest digest() && { return digest_of(lease::Snapshot(std::move(content)), *scope); }

  std::shared_ptr<lease::FailoverScope> scope;
  Content content;
};

std::vector<std::string> differences_with(const std::function<void(Content&)>& change) {
  Side changed(2);
  change(changed.content);
  return differences(Side(1).digest(), std::move(changed).digest());
}

void set_option(lease::OptionSet& options) { options.set(23, testing::ip("2001:db8::53").octets, false); }

TEST_CASE("RFC 8156 4.1: the same configuration has the same digest, whatever the order and the ids of subnets") {
  CHECK(differences_with([](Content&) {}).empty());
  CHECK(differences_with([](Content& of) {
          std::swap(of.subnets[0], of.subnets[1]);
          of.subnets[0].id = 70;
        }).empty());
  // What the relationship does not serve is the server's own.
  CHECK(differences_with([](Content& of) {
          of.subnets[2].lifetimes.valid = Seconds{99};
          set_option(of.subnets[2].options);
        }).empty());
}

TEST_CASE("RFC 8156 4.1: each difference has its name") {
  using Names = std::vector<std::string>;
  CHECK(differences_with([](Content& of) { of.subnets[0].failover = nullptr; }) ==
        Names{"subnets", "pools", "lifetimes", "ddns settings"});
  CHECK(differences_with([](Content& of) { of.subnets[0].address_pools[0].last = testing::ip("2001:db8:1::fff"); }) ==
        Names{"pools"});
  CHECK(differences_with([](Content& of) { of.subnets[0].address_pools.clear(); }) == Names{"pools"});
  CHECK(differences_with([](Content& of) {
          of.subnets[1].prefix_pools = {testing::shared_prefixes(*of.subnets[1].failover)};
        }) == Names{"pd-pools"});
  CHECK(differences_with([](Content& of) { of.subnets[1].lifetimes.valid = Seconds{99}; }) == Names{"lifetimes"});
  CHECK(differences_with([](Content& of) { of.subnets[1].lifetimes.t1 = Seconds{99}; }) == Names{"lifetimes"});
  CHECK(differences_with([](Content& of) { of.subnets[1].rapid_commit = true; }) == Names{"lifetimes"});
  CHECK(differences_with([](Content& of) { set_option(of.options); }) == Names{"options"});
  CHECK(differences_with([](Content& of) { set_option(of.subnets[1].options); }) == Names{"options"});
  CHECK(differences_with([](Content& of) { set_option(of.subnets[1].address_pools[0].options); }) == Names{"options"});
  CHECK(differences_with([](Content& of) { of.subnets[1].fqdn.generated_prefix = "x"; }) == Names{"ddns settings"});
  CHECK(differences_with([](Content& of) {
          lease::ClientClass gold;
          gold.name = "gold";
          of.classes = lease::ClassTable({gold}, {});
        }) == Names{"client-classes"});
  Side one(1), other(2);
  for (Side* side : {&one, &other}) {
    lease::ClientClass gold;
    gold.name = "gold";
    gold.expression_text = side == &one ? "option[16].exists" : "option[17].exists";
    side->content.classes = lease::ClassTable({gold}, {});
  }
  CHECK(differences(std::move(one).digest(), std::move(other).digest()) == Names{"client-classes"});
  CHECK(differences_with([](Content& of) {
          lease::PoolBook book;
          lease::Reservation host;
          host.scope = 2;
          host.value = {std::byte{1}, std::byte{2}, std::byte{3}};
          of.reservations = lease::Reservations({host}, book);
        }) == Names{"reservations"});
  CHECK(differences_with([](Content& of) { of.server_duid = server(1); }) == Names{"server-id: both have the same"});
}

TEST_CASE("RFC 8156 4.1: an option that moves from one subnet to another is a difference") {
  Side one(1), other(2);
  set_option(one.content.subnets[0].options);
  set_option(other.content.subnets[1].options);
  CHECK(differences(std::move(one).digest(), std::move(other).digest()) == std::vector<std::string>{"options"});
}

// --- in CONTACT ---

std::optional<ConfigurationDigest> read(const Octets& message) { return read_contact(view_of(message)); }

TEST_CASE("RFC 8156 5.3.12: a digest goes with CONTACT, in a vendor option") {
  const ConfigurationDigest digest = Side(1).digest();
  const Octets message = written([&](wire::Writer& out) { put_contact(out, 7, {800'000'000}, digest); });
  CHECK(view_of(message).type == MessageType::kContact);
  CHECK(read(message) == digest);
  // Of another version, or cut short: it says nothing.
  const size_t version_at = message.size() - 2 - 8 - 8 * kConfigurationParts;
  Octets other = message;
  other[version_at + 1] ^= std::byte{0xff};
  CHECK_FALSE(read(other));
  const Octets bare = written([](wire::Writer& out) { put_bare(out, MessageType::kContact, 7, {800'000'000}); });
  CHECK_FALSE(read(bare));
}

TEST_CASE("RFC 8156 4.1: partners tell each other their digests when they meet, and after a reload") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->it.tick(endpoint->now);
  const auto sent = endpoint->last(MessageType::kContact);
  REQUIRE(sent);
  ConfigurationDigest digest = read(*sent).value();
  const auto hear = [&] {
    endpoint->hear(written([&](wire::Writer& out) { put_contact(out, 9, endpoint->now.wall, digest); }));
  };
  ++digest.server_id;
  hear();
  CHECK(endpoint->it.status().differences.empty());
  CHECK(endpoint->host.notes_of("failover-configuration-differs") == 0);
  ++digest.parts[static_cast<size_t>(ConfigurationPart::kOptions)];
  hear();
  hear();
  CHECK(endpoint->it.status().differences == std::vector<std::string>{"options"});
  CHECK(endpoint->host.notes_of("failover-configuration-differs") == 1);
  // A reload that changes nothing says nothing.
  endpoint->take_sent();
  endpoint->it.reconfigured();
  endpoint->it.tick(endpoint->now);
  CHECK(endpoint->sent().empty());
  // Another partner, or another version of it, may not say.
  endpoint->it.disconnected("cut", endpoint->now);
  endpoint->meet(State::kCommunicationsInterrupted);
  CHECK(endpoint->it.status().differences.empty());
}

}  // namespace
}  // namespace tandem6::failover::configuration_digest_test
