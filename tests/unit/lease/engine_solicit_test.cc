// RFC 8415 §18.3.1 and §18.3.9: SOLICIT, ADVERTISE, Rapid Commit.
#include <doctest/doctest.h>

#include <set>

#include "engine_fixture.h"

namespace tandem6::engine_solicit_test {

using namespace tandem6::testing;
using tandem6::Ipv6Address;
using tandem6::Seconds;
namespace lease = tandem6::lease;

TEST_CASE("RFC 8415 18.3.9: ADVERTISE, to the octet") {
  Pools pools;
  Server server({tiny(pools)});
  const Response response = server.send(from_client(kSolicit, {elapsed_time(0), ia_na(7), ia_pd(8)}));
  REQUIRE(response.answered());
  CHECK(to_hex(response.bytes) ==
        to_hex(message(kAdvertise, kTransaction,
                       {client_id(kClientDuid), server_id(kServerDuid),
                        ia_na(7, {ia_address("2001:db8:1::100", 3000, 4000)}, 1000, 2000),
                        ia_pd(8, {ia_prefix("2001:db8:8000::", 56, 3000, 4000)}, 1000, 2000)})));
  CHECK(response.answer.type == tandem6::wire::MessageType::kAdvertise);
  CHECK_FALSE(response.answer.after_commit);
}

TEST_CASE("RFC 8415 18.3.9: ADVERTISE takes nothing and logs nothing") {
  Pools pools;
  Server server({tiny(pools)});
  REQUIRE(server.send(from_client(kSolicit, {ia_na(7)})).ia().leases.size() == 1);
  CHECK(server.changes().empty());
  CHECK(server.group.lease_count() == 0);
  CHECK(server.send(from_client(kSolicit, {ia_na(7)}, kOtherClientDuid)).ia().leases.size() == 1);
}

TEST_CASE("RFC 8415 18.3.9: ADVERTISE offers what REQUEST would get, in dense and sparse pools") {
  Pools pools;
  lease::Subnet dense = lan(pools);
  lease::Subnet sparse = subnet(3, "2001:db8:3::/64", uint16_t{3});
  sparse.address_pools = {pools.addresses("2001:db8:3::", "2001:db8:3::ffff:ffff:ffff:ffff")};
  Server server({dense, sparse});
  for (const uint16_t port : {uint16_t{0}, uint16_t{3}}) {
    server.port = port;
    const std::string offered = server.send(from_client(kSolicit, {ia_na(7)})).address();
    CHECK(server.send(from_client(kSolicit, {ia_na(7)})).address() == offered);
    CHECK(server.send(from_client(kRequest, {ia_na(7)})).address() == offered);
  }
}

TEST_CASE("RFC 8415 18.3.9: the lease that an IA has is offered again, not another one") {
  Pools pools;
  Server server({lan(pools)});
  const std::string leased = server.send(from_client(kRequest, {ia_na(7, {ia_address("2001:db8:1::1aa")})})).address();
  REQUIRE(leased == "2001:db8:1::1aa");
  server.changes();
  const Response response = server.send(from_client(kSolicit, {ia_na(7, {ia_address("2001:db8:1::1bb")})}));
  CHECK(response.address() == leased);
  CHECK(server.changes().empty());
}

TEST_CASE(
    "RFC 8415 18.3.9: a hint in a SOLICIT is offered when it is free, and not when it is taken or on no link of ours") {
  Pools pools;
  Server server({lan(pools)});
  const auto offered = [&](std::string_view hint) {
    return server.send(from_client(kSolicit, {ia_na(7, {ia_address(hint)})})).address();
  };
  CHECK(offered("2001:db8:1::142") == "2001:db8:1::142");
  server.send(from_client(kRequest, {ia_na(1, {ia_address("2001:db8:1::142")})}, kOtherClientDuid));
  CHECK(offered("2001:db8:1::142") != "2001:db8:1::142");
  CHECK(ip(offered("2001:db8:9::1")) >= ip("2001:db8:1::100"));
  CHECK(ip(offered("2001:db8:9::1")) <= ip("2001:db8:1::1ff"));
}

TEST_CASE("RFC 8415 18.3.9: an IA that gets nothing is in the ADVERTISE with NoAddrsAvail or NoPrefixAvail inside") {
  Pools pools;
  Server server({tiny(pools)});
  REQUIRE(server.send(from_client(kRequest, {ia_na(1), ia_pd(1)}, kOtherClientDuid)).answered());
  const Response response = server.send(from_client(kSolicit, {ia_na(7), ia_pd(8)}));
  REQUIRE(response.answered());
  CHECK(response.type() == kAdvertise);
  CHECK_FALSE(response.status());
  REQUIRE(response.ias().size() == 2);
  CHECK(response.ias()[0].status == 2u);
  CHECK(response.ias()[0].leases.empty());
  CHECK(response.ias()[1].status == 6u);
  CHECK(response.ias()[1].leases.empty());
}

TEST_CASE("RFC 8415 18.3.9: on a link without a subnet an ADVERTISE says NoAddrsAvail and NoPrefixAvail") {
  Pools pools;
  Server server({tiny(pools)});
  server.port = 5;
  const Response response = server.send(from_client(kSolicit, {ia_na(7), ia_pd(8), rapid_commit()}));
  REQUIRE(response.answered());
  CHECK(response.type() == kAdvertise);
  CHECK(response.ias().at(0).status == 2u);
  CHECK(response.ias().at(1).status == 6u);
}

TEST_CASE("RFC 8415 18.3.9: several IAs of a SOLICIT are offered different units, down to the last one") {
  Pools pools;
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::102")};
  Server server({lan});
  const Response response = server.send(from_client(kSolicit, {ia_na(1), ia_na(2), ia_na(3), ia_na(4)}));
  REQUIRE(response.ias().size() == 4);
  std::set<std::string> offered;
  for (const ReadIa& ia : response.ias()) {
    for (const ReadLease& lease : ia.leases) offered.insert(lease.address.to_string());
  }
  CHECK(offered == std::set<std::string>{"2001:db8:1::100", "2001:db8:1::101", "2001:db8:1::102"});
  CHECK(response.ias()[3].status == 2u);
}

TEST_CASE("RFC 8415 18.3.9: a message with as many IAs as there are free units is offered every one of them") {
  Pools pools;
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::10f")};
  Server server({lan});
  Octets ias;
  for (uint32_t iaid = 0; iaid < 16; ++iaid) ias += ia_na(iaid);
  for (uint16_t client = 0; client < 20; ++client) {
    std::set<std::string> offered;
    for (const ReadIa& ia : server.send(from_client(kSolicit, {ias}, kClientDuid + u16(client))).ias()) {
      for (const ReadLease& lease : ia.leases) offered.insert(lease.address.to_string());
    }
    CHECK(offered.size() == 16);
  }
}

TEST_CASE("RFC 8415 18.3.9: two IAs that hint at the same address are not both offered it") {
  Pools pools;
  lease::Subnet sparse = subnet(3, "2001:db8:3::/64", 0);
  sparse.address_pools = {pools.addresses("2001:db8:3::", "2001:db8:3::ffff:ffff:ffff:ffff")};
  Server server({sparse});
  const std::string own = server.send(from_client(kSolicit, {ia_na(1)})).address();
  const Response response =
      server.send(from_client(kSolicit, {ia_na(1, {ia_address(own)}), ia_na(2, {ia_address(own)})}));
  REQUIRE(response.ias().size() == 2);
  CHECK(response.ias()[0].leases.at(0).address == ip(own));
  CHECK(response.ias()[1].leases.at(0).address != ip(own));
}

TEST_CASE(
    "RFC 8415 18.3.1: Rapid Commit where the subnet has it: a REPLY with the option, the lease taken, after the log") {
  Pools pools;
  lease::Subnet lan = tiny(pools);
  lan.rapid_commit = true;
  Server server({lan});
  const Response response = server.send(from_client(kSolicit, {rapid_commit(), ia_na(7)}));
  REQUIRE(response.answered());
  CHECK(to_hex(response.bytes) == to_hex(message(kReply, kTransaction,
                                                 {client_id(kClientDuid), server_id(kServerDuid), rapid_commit(),
                                                  ia_na(7, {ia_address("2001:db8:1::100", 3000, 4000)}, 1000, 2000)})));
  CHECK(response.answer.after_commit);
  const auto changes = server.changes();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].kind == lease::LeaseChange::Kind::kPut);
  CHECK(changes[0].record.key.address == ip("2001:db8:1::100"));
}

TEST_CASE("RFC 8415 18.3.1: without Rapid Commit on both sides a SOLICIT gets an ADVERTISE") {
  Pools pools;
  lease::Subnet with = tiny(pools);
  with.rapid_commit = true;
  lease::Subnet without = subnet(2, "2001:db8:2::/64", uint16_t{2});
  without.address_pools = {pools.addresses("2001:db8:2::1", "2001:db8:2::9")};
  Server server({with, without});
  CHECK(server.send(from_client(kSolicit, {ia_na(7)})).type() == kAdvertise);
  server.port = 2;
  const Response response = server.send(from_client(kSolicit, {rapid_commit(), ia_na(7)}));
  CHECK(response.type() == kAdvertise);
  CHECK_FALSE(response.option(14));
  CHECK(server.changes().empty());
}

TEST_CASE("RFC 8415 18.3.9: an address in a SOLICIT with Rapid Commit is a hint: off-link it is passed over") {
  Pools pools;
  lease::Subnet lan = tiny(pools);
  lan.rapid_commit = true;
  Server server({lan});
  const Response response =
      server.send(from_client(kSolicit, {rapid_commit(), ia_na(7, {ia_address("2001:db8:9::1")})}));
  CHECK(response.type() == kReply);
  CHECK(response.address() == "2001:db8:1::100");
}

TEST_CASE("RFC 8415 18.3.9: options that the client asks for, and those always sent, the pool's before the subnet's") {
  Pools pools;
  lease::OptionSet subnet_options;
  subnet_options.set(23, Octets(ip("2001:db8::53").octets), false);
  subnet_options.set(31, Octets(ip("2001:db8::123").octets), true);
  lease::OptionSet pool_options;
  pool_options.set(23, Octets(ip("2001:db8::54").octets), false);
  lease::Subnet lan = tiny(pools);
  lan.options = subnet_options;
  lan.address_pools[0].options = pool_options;
  lan.prefix_pools[0].options = subnet_options;
  Server server({lan});

  const Response plain = server.send(from_client(kSolicit, {ia_na(7)}));
  CHECK_FALSE(plain.option(23));
  CHECK(plain.option(31) == Octets(ip("2001:db8::123").octets));
  const Response asked = server.send(from_client(kSolicit, {ia_na(7), option_request({23, 24})}));
  CHECK(asked.option(23) == Octets(ip("2001:db8::54").octets));
  CHECK_FALSE(asked.option(24));
  const Response prefix_first = server.send(from_client(kSolicit, {ia_pd(8), ia_na(7), option_request({23})}));
  CHECK(prefix_first.option(23) == Octets(ip("2001:db8::53").octets));
  REQUIRE(server.send(from_client(kRequest, {ia_na(1)}, kOtherClientDuid)).answered());
  const Response nothing_left = server.send(from_client(kSolicit, {ia_na(7), option_request({23})}));
  CHECK(nothing_left.option(23) == Octets(ip("2001:db8::53").octets));
}

TEST_CASE("RFC 8168 3.2: a prefix-length hint gets a prefix of that length, else the closest shorter one, else any") {
  Pools pools;
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.prefix_pools = {pools.prefixes("2001:db8:a000::/60", 64), pools.prefixes("2001:db8:b000::/44", 48),
                      pools.prefixes("2001:db8:c000::/52", 56)};
  Server server({lan});
  const auto offered_length = [&](uint8_t hint) {
    return server.send(from_client(kSolicit, {ia_pd(8, {ia_prefix("::", hint)})})).lease().length;
  };
  CHECK(offered_length(64) == 64);
  CHECK(offered_length(56) == 56);
  CHECK(offered_length(48) == 48);
  CHECK(offered_length(60) == 56);
  CHECK(offered_length(52) == 48);
  const ReadLease any = server.send(from_client(kSolicit, {ia_pd(8, {ia_prefix("::", 40)})})).lease();
  CHECK((any.length == 64 || any.length == 48 || any.length == 56));
  CHECK(server.send(from_client(kRequest, {ia_pd(8, {ia_prefix("::", 56)})})).lease().length == 56);
}

TEST_CASE("RFC 8168 3.2: a free prefix that is asked for by name goes before the length hint, a taken one does not") {
  Pools pools;
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.prefix_pools = {pools.prefixes("2001:db8:a000::/60", 64), pools.prefixes("2001:db8:c000::/52", 56)};
  Server server({lan});
  const Octets both = ia_pd(8, {ia_prefix("::", 56), ia_prefix("2001:db8:a000:3::", 64)});
  const ReadLease named = server.send(from_client(kSolicit, {both})).lease();
  CHECK(named.address == ip("2001:db8:a000:3::"));
  CHECK(named.length == 64);
  server.send(from_client(kRequest, {ia_pd(1, {ia_prefix("2001:db8:a000:3::", 64)})}, kOtherClientDuid));
  CHECK(server.send(from_client(kSolicit, {both})).lease().length == 56);
  const Octets gone = ia_pd(8, {ia_prefix("2001:db8:f000::", 56)});  // RFC 8415 18.3.9: its length is a hint, too
  CHECK(server.send(from_client(kSolicit, {gone})).lease().length == 56);
}

TEST_CASE("RFC 8415 21.6: a preferred lifetime is never sent longer than the valid one") {
  Pools pools;
  lease::Subnet lan = tiny(pools);
  lan.lifetimes = {Seconds{9000}, Seconds{4000}, Seconds{0}, Seconds{0}};
  Server server({lan});
  const Response response = server.send(from_client(kSolicit, {ia_na(7)}));
  CHECK(response.lease().preferred == 4000);
  CHECK(response.lease().valid == 4000);
}

TEST_CASE("RFC 8415 21.8: the server's preference is in every ADVERTISE, asked for or not, and in no REPLY") {
  Pools pools;
  lease::OptionSet options;
  options.set(7, u8(200), false);
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::100")};
  lan.options = options;
  Server server({lan});
  CHECK(server.send(from_client(kSolicit, {ia_na(1)})).option(7) == u8(200));
  for (const uint8_t type : {kRequest, kRenew, kRebind, kInformationRequest}) {
    CAPTURE(type);
    const Octets ia = type == kInformationRequest ? Octets{} : ia_na(1);
    const Response response = server.send(from_client(type, {ia, option_request({7})}));
    REQUIRE(response.answered());
    CHECK_FALSE(response.option(7));
  }
}

TEST_CASE("RFC 8415 21.24, RFC 7083: SOL_MAX_RT goes with an ADVERTISE that has no addresses, when asked for") {
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.options.set(82, u32(3600), false);
  Server server({lan});
  const Response response = server.send(from_client(kSolicit, {ia_na(1), option_request({82})}));
  CHECK(response.ia().status == 2u);
  CHECK(response.option(82) == u32(3600));
  CHECK_FALSE(server.send(from_client(kSolicit, {ia_na(1)})).option(82));
}

}  // namespace tandem6::engine_solicit_test
