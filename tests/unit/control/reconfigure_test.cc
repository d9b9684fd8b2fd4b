// RFC 8415 §18.3.11, RFC 6644: who is sent Reconfigure, when, how often, and what the commands say of it.
#include "control/reconfigure/reconfigurer.h"

#include <array>
#include <string>
#include <vector>

#include "control/reconfigure/changed_clients.h"
#include "dataplane/lease/client_data.h"
#include "dataplane/lease/hmac.h"
#include "dataplane/lease/reconfigure.h"
#include "tests/support/packet.h"
#include "tests/unit/control/fixtures.h"

namespace tandem6::control::reconfigure_test {
namespace {

using nlohmann::json;
using namespace tandem6::testing;

const std::string kOne = "00:03:00:01:02:00:00:00:00:0a";
const std::string kTwo = "00:03:00:01:02:00:00:00:00:0b";

lease::ReturnPath way_to(uint8_t last) {
  return {.port = 0,
          .udp_port = 546,
          .mac = {std::byte{2}, {}, {}, {}, {}, std::byte{last}},
          .address = tandem6::testing::ip("fe80::c")};
}

/// A server that gives keys, and its clock.
class Calling {
 public:
  Calling() {
    server.config.reconfigure.enabled = true;
    server.config.reconfigure.per_second = 1000;
  }

  /// A client with one lease that accepts Reconfigure.
  void add(const std::string& duid, const char* address, uint32_t subnet = 1) {
    add_lease(duid, address, subnet);
    lease::ClientDataBuilder data;
    data.return_path(way_to(1));
    server.remember(duid, data.bytes());
  }
  void add_lease(const std::string& duid, const char* address, uint32_t subnet = 1) {
    REQUIRE(server.group.load(address_lease(address, duid, subnet), server.snapshot()));
  }
  /// That much later.
  void after(uint64_t milliseconds) {
    now += milliseconds;
    server.reconfigurer().tick(now);
  }
  void hear(const std::string& duid, wire::MessageType type) { server.group.awaited().heard(hash(duid), type); }
  static uint64_t hash(const std::string& duid) { return lease::duid_hash(Duid::parse(duid).value().bytes()); }
  ReconfigureStatus status() { return server.reconfigurer().status(); }

  FakeServer server;
  uint64_t now = 1000;
};

/// The Reconfigure message to this client, but for what its Authentication option ends with.
Octets reconfigure_to(const Calling& calling, const std::string& duid, uint8_t answer_with) {
  return message(10, 0,
                 {server_id(Octets(calling.server.snapshot().server_duid().bytes())),
                  client_id(Octets(Duid::parse(duid).value().bytes())), option(19, u8(answer_with)),
                  u16(11) + u16(28) + hex("03 01 00")});
}

bool begins_with(std::span<const std::byte> datagram, const Octets& start) {
  return datagram.size() >= start.size() && to_hex(datagram.first(start.size())) == to_hex(start);
}

/// Is the digest at its end that of the message with this key (RFC 8415 §20.4.2)?
bool is_signed(std::vector<std::byte> datagram, const lease::ReconfigureKey& key) {
  return lease::ReconfigureKey{} != key && [&] {
    std::array<std::byte, 16> digest;
    std::copy(datagram.end() - 16, datagram.end(), digest.begin());
    std::fill(datagram.end() - 16, datagram.end(), std::byte{0});
    return digest == lease::hmac_md5(key, datagram);
  }();
}

uint64_t replay_of(const std::vector<std::byte>& datagram) {
  uint64_t value = 0;
  for (const std::byte octet : std::span(datagram).last(25).first(8))
    value = value << 8 | std::to_integer<uint8_t>(octet);
  return value;
}

TEST_CASE("RFC 8415 18.3.11: a client that is named is sent one signed Reconfigure by the way that it came") {
  for (const auto& [name, type] : {std::pair{"renew", 5}, {"rebind", 6}, {"information-request", 11}}) {
    Calling calling;
    calling.add(kOne, "2001:db8:1::5");
    const json answer = run(calling.server, "reconfigure", {{"duid", kOne}, {"message", name}});
    REQUIRE_MESSAGE(answer["result"] == 0, answer);
    calling.after(100);
    REQUIRE(calling.server.sent.size() == 1);
    const auto& [way, datagram] = calling.server.sent[0];
    CHECK(begins_with(datagram, reconfigure_to(calling, kOne, static_cast<uint8_t>(type))));
    CHECK(is_signed(datagram, lease::reconfigure_key(calling.server.snapshot().reconfigure_secret(),
                                                     Duid::parse(kOne).value().bytes())));
    CHECK(way.address == way_to(1).address);
    CHECK(way.mac == way_to(1).mac);
    CHECK(way.udp_port == 546);
  }
}

TEST_CASE("RFC 8415 19.3: a relayed client's is inside a Relay-reply") {
  Calling calling;
  calling.add_lease(kOne, "2001:db8:1::5");
  const Octets datagram =
      relay_forward(0, "2001:db8:1::1", "fe80::c", {interface_id(text("line 7")), relay_message(message(1, 1, {}))});
  wire::ReceivedMessage received;
  REQUIRE(received.parse(datagram) == wire::MessageFault::kNone);
  lease::ClientDataBuilder data;
  data.relays(received.relays(), tandem6::testing::ip("2001:db8:b::1"));
  data.return_path(way_to(1));
  calling.server.remember(kOne, data.bytes());
  REQUIRE(run(calling.server, "reconfigure", {{"duid", kOne}})["result"] == 0);
  calling.after(100);
  REQUIRE(calling.server.sent.size() == 1);
  CHECK(begins_with(calling.server.sent[0].datagram,
                    relay(13, 0, "2001:db8:1::1", "fe80::c", {interface_id(text("line 7")), u16(9)})));
}

TEST_CASE("RFC 8415 18.3.11, 7.6: it is sent again after REC_TIMEOUT, twice that, and so on, REC_MAX_RC times in all") {
  Calling calling;
  calling.add(kOne, "2001:db8:1::5");
  REQUIRE(run(calling.server, "reconfigure", {{"duid", kOne}})["result"] == 0);
  calling.after(100);
  uint64_t wait = 2000;
  for (unsigned sent = 1; sent <= 8; ++sent, wait *= 2) {
    CAPTURE(sent);
    REQUIRE(calling.server.sent.size() == sent);
    calling.after(wait - 1);
    REQUIRE(calling.server.sent.size() == sent);
    CHECK(calling.status().under_way == 1);
    calling.after(1);
  }
  CHECK(calling.server.sent.size() == 8);
  CHECK(calling.status().gave_up == 1);
  CHECK(calling.status().called == 1);
  CHECK(calling.status().sent == 8);
  CHECK(calling.status().under_way == 0);
  CHECK(calling.server.reconfigurer().is_idle());
  CHECK(calling.server.group.awaited().empty());
}

TEST_CASE("RFC 8415 20.3: what is sent again is newer, within one second too") {
  Calling calling;
  calling.add(kOne, "2001:db8:1::5");
  REQUIRE(run(calling.server, "reconfigure", {{"duid", kOne}})["result"] == 0);
  calling.after(100);
  calling.after(2000);
  calling.after(4000);
  REQUIRE(calling.server.sent.size() == 3);
  CHECK(replay_of(calling.server.sent[0].datagram) < replay_of(calling.server.sent[1].datagram));
  CHECK(replay_of(calling.server.sent[1].datagram) < replay_of(calling.server.sent[2].datagram));
  CHECK((replay_of(calling.server.sent[0].datagram) >> 32) == calling.server.now().since_2000);
}

TEST_CASE("RFC 8415 18.3.11: the message that it asks for, and no other, ends it") {
  Calling calling;
  calling.add(kOne, "2001:db8:1::5");
  REQUIRE(run(calling.server, "reconfigure", {{"duid", kOne}, {"message", "rebind"}})["result"] == 0);
  calling.after(100);
  calling.hear(kOne, wire::MessageType::kRenew);
  calling.after(2000);
  CHECK(calling.server.sent.size() == 2);
  calling.hear(kOne, wire::MessageType::kRebind);
  calling.after(4000);
  CHECK(calling.server.sent.size() == 2);
  CHECK(calling.status().answered == 1);
  CHECK(calling.status().gave_up == 0);
  CHECK(calling.server.group.awaited().empty());
  // It may be called again.
  REQUIRE(run(calling.server, "reconfigure", {{"duid", kOne}})["result"] == 0);
  calling.after(100);
  CHECK(calling.server.sent.size() == 3);
}

TEST_CASE("who cannot be called is said with the reason") {
  Calling calling;
  const auto refusal = [&](const json& arguments) {
    const json answer = run(calling.server, "reconfigure", arguments);
    CHECK(answer["result"] == 1);
    return answer["text"].get<std::string>();
  };
  CHECK(has(refusal({{"duid", kOne}}), "no leases"));
  calling.add_lease(kOne, "2001:db8:1::5");
  CHECK(has(refusal({{"duid", kOne}}), "has not said that it accepts Reconfigure"));
  lease::ClientDataBuilder partners;
  partners.reconfigure_data(zeros(20));
  calling.server.remember(kOne, partners.bytes());
  CHECK(has(refusal({{"duid", kOne}}), "does not know the way to it"));
  calling.add(kTwo, "2001:db8:1::6");
  REQUIRE(run(calling.server, "reconfigure", {{"duid", kTwo}})["result"] == 0);
  CHECK(has(refusal({{"duid", kTwo}}), "has not answered yet"));
  CHECK(has(refusal({{"duid", kTwo}, {"message", "release"}}), "'renew', 'rebind' or 'information-request'"));
  CHECK(has(refusal(json::object()), "exactly one"));
  CHECK(has(refusal({{"duid", kTwo}, {"all", true}}), "exactly one"));
  CHECK(has(refusal({{"all", false}}), "exactly one"));
  CHECK(run(calling.server, "reconfigure", {{"subnet-id", 77}})["result"] == 3);
  calling.server.config.reconfigure.enabled = false;
  for (const json& whom : {json{{"duid", kTwo}}, json{{"subnet-id", 1}}, json{{"all", true}}})
    CHECK(has(refusal(whom), "tandem6.reconfigure is not in the configuration"));
}

TEST_CASE("a subnet's clients are called, and those of no other") {
  Calling calling;
  calling.add(kOne, "2001:db8:1::5", 1);
  calling.add(kTwo, "2001:db8:2::15", 2);
  calling.add_lease("00:03:00:01:02:00:00:00:00:0c", "2001:db8:2::16", 2);  // does not accept
  REQUIRE(run(calling.server, "reconfigure", {{"subnet-id", 2}})["result"] == 0);
  CHECK(calling.status().calls_waiting == 1);
  calling.after(100);
  REQUIRE(calling.server.sent.size() == 1);
  CHECK(begins_with(calling.server.sent[0].datagram, reconfigure_to(calling, kTwo, 5)));
  CHECK(calling.status().under_way == 1);
  CHECK(calling.status().calls_waiting == 0);
}

TEST_CASE("all clients with leases that accept are called, once, as fast as the configuration allows") {
  Calling calling;
  calling.server.config.reconfigure.per_second = 10;
  for (unsigned i = 0; i < 30; ++i)
    calling.add(fmt::format("00:03:00:01:02:00:00:00:01:{:02x}", i), fmt::format("2001:db8:1::1:{:x}", i).c_str());
  // No lease any more: the data may outlive it for a moment.
  lease::ClientDataBuilder data;
  data.return_path(way_to(1));
  calling.server.remember(kTwo, data.bytes());
  REQUIRE(run(calling.server, "reconfigure", {{"all", true}})["result"] == 0);
  size_t before = 0;
  for (unsigned i = 0; i < 18; ++i) {
    calling.after(100);
    CHECK(calling.server.sent.size() <= before + 3);
    before = calling.server.sent.size();
  }
  CHECK(before >= 17);
  CHECK(before <= 21);
  for (unsigned i = 0; i < 60; ++i) calling.after(100);
  CHECK(calling.status().called == 30);
  CHECK(calling.status().under_way == 30);
  CHECK(calling.status().calls_waiting == 0);
}

TEST_CASE("RFC 8156 5.5.13: a key that a partner has made is used") {
  Calling calling;
  calling.add_lease(kOne, "2001:db8:1::5");
  lease::ClientDataBuilder data;
  const lease::ReconfigureKey key{std::byte{1}, std::byte{2}};
  data.return_path(way_to(1));
  data.reconfigure_data(u32(77) + Octets(key));
  calling.server.remember(kOne, data.bytes());
  REQUIRE(run(calling.server, "reconfigure", {{"duid", kOne}})["result"] == 0);
  calling.after(100);
  REQUIRE(calling.server.sent.size() == 1);
  CHECK(is_signed(calling.server.sent[0].datagram, key));
}

TEST_CASE("what could not be sent is tried again") {
  Calling calling;
  calling.add(kOne, "2001:db8:1::5");
  calling.server.sending_works = false;
  REQUIRE(run(calling.server, "reconfigure", {{"duid", kOne}})["result"] == 0);
  calling.after(100);
  CHECK(calling.status().not_sent == 1);
  CHECK(calling.status().sent == 0);
  calling.server.sending_works = true;
  calling.after(2000);
  CHECK(calling.server.sent.size() == 1);
  // Nor is a client forgotten while the workers do not run.
  calling.server.workers_run = false;
  calling.after(2000);
  CHECK(calling.status().under_way == 1);
  calling.server.workers_run = true;
  calling.after(2000);
  CHECK(calling.server.sent.size() == 2);
}

TEST_CASE("a client whose data has gone is sent nothing more") {
  Calling calling;
  calling.add(kOne, "2001:db8:1::5");
  REQUIRE(run(calling.server, "reconfigure", {{"duid", kOne}})["result"] == 0);
  calling.after(100);
  calling.server.remember(kOne, {});
  calling.after(2000);
  CHECK(calling.server.sent.size() == 1);
  CHECK(calling.status().unreachable == 1);
  CHECK(calling.server.group.awaited().empty());
}

TEST_CASE("reconfigure-cancel, and a configuration without it, end what is under way") {
  for (const bool by_command : {true, false}) {
    Calling calling;
    calling.add(kOne, "2001:db8:1::5");
    REQUIRE(run(calling.server, "reconfigure", {{"duid", kOne}})["result"] == 0);
    calling.after(100);
    if (by_command)
      CHECK(has(run(calling.server, "reconfigure-cancel")["text"].get<std::string>(), "1 clients"));
    else
      calling.server.config.reconfigure.enabled = false;
    calling.after(2000);
    CHECK(calling.server.sent.size() == 1);
    CHECK(calling.server.reconfigurer().is_idle());
    CHECK(calling.server.group.awaited().empty());
  }
}

TEST_CASE("reconfigure-status says what came of it") {
  Calling calling;
  calling.add(kOne, "2001:db8:1::5");
  REQUIRE(run(calling.server, "reconfigure", {{"duid", kOne}})["result"] == 0);
  calling.after(100);
  const json status = run(calling.server, "reconfigure-status")["arguments"];
  CHECK(status == json{{"enabled", true},
                       {"called", 1},
                       {"sent", 1},
                       {"answered", 0},
                       {"gave-up", 0},
                       {"unreachable", 0},
                       {"not-sent", 0},
                       {"under-way", 1},
                       {"calls-waiting", 0}});
  CHECK(run(calling.server, "statistic-get", {{"name", "pkt6-reconfigure-sent"}})["result"] == 0);
}

// --- after a reload --------------------------------------------------------------------------------------------------

Configuration parsed(const std::string& subnets, const std::string& more = "") {
  const auto read = parse_configuration(R"({"Dhcp6": {"interfaces-config": {"interfaces": ["eth0"]}, )" + more +
                                        R"("subnet6": [)" + subnets + "]}}");
  REQUIRE_MESSAGE(read.configuration, (read.remarks.empty() ? "" : read.remarks[0].text));
  return *read.configuration;
}

std::set<uint32_t> called(const Configuration& before, const Configuration& after) {
  const auto call = call_for_changes(before, after);
  return call ? *call->subnets : std::set<uint32_t>{};
}

const std::string kFirst = R"({"id": 1, "subnet": "2001:db8:1::/64", "pools": [{"pool": "2001:db8:1::/80"}]})";
const std::string kSecond = R"({"id": 2, "subnet": "2001:db8:2::/64", "pools": [{"pool": "2001:db8:2::/80"}]})";

TEST_CASE("a reload that takes nothing from anybody calls nobody") {
  using Ids = std::set<uint32_t>;
  CHECK(called(parsed(kFirst), parsed(kFirst)) == Ids{});
  CHECK(called(parsed(kFirst), parsed(kFirst + "," + kSecond)) == Ids{});
  CHECK(called(parsed(kFirst), parsed(R"({"id": 1, "subnet": "2001:db8:1::/64", "pools": [{"pool": "2001:db8:1::/80"},
                                        {"pool": "2001:db8:1:0:1::/80"}]})")) == Ids{});
  CHECK(called(parsed(kFirst), parsed(R"({"id": 1, "subnet": "2001:db8:1::/64", "pools": [{"pool": "2001:db8:1::/80"}],
                                        "reservations": [{"duid": "01:02:03:04"}]})")) == Ids{});
}

TEST_CASE("a reload that takes subnets, pools, reservations or options calls the clients of those subnets") {
  using Ids = std::set<uint32_t>;
  const Configuration both = parsed(kFirst + "," + kSecond);
  CHECK(called(both, parsed(kFirst)) == Ids{2});
  CHECK(called(both, parsed(kFirst + R"(, {"id": 2, "subnet": "2001:db8:2::/64"})")) == Ids{2});
  const std::string dns = R"("option-data": [{"name": "dns-servers", "data": "2001:db8::53"}])";
  const std::string dns_of_one =
      R"({"id": 1, "subnet": "2001:db8:1::/64", "pools": [{"pool": "2001:db8:1::/80"}], )" + dns + "}";
  CHECK(called(both, parsed(dns_of_one + "," + kSecond)) == Ids{1});
  CHECK(called(both, parsed(kFirst + "," + kSecond, dns + ",")) == Ids{1, 2});
  const std::string host = R"({"id": 1, "subnet": "2001:db8:1::/64", "pools": [{"pool": "2001:db8:1::/80"}],
                             "reservations": [{"duid": "01:02:03:04", "ip-addresses": ["2001:db8:1::7"]}]})";
  CHECK(called(parsed(host + "," + kSecond), both) == Ids{1});
}

}  // namespace
}  // namespace tandem6::control::reconfigure_test
