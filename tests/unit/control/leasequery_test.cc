// RFC 5007: leasequeries over UDP, to the octet.
#include <doctest/doctest.h>

#include "control/leasequery/answer.h"
#include "tests/unit/control/leasequery_fixture.h"

namespace tandem6::control::leasequery_test {
namespace {

constexpr const char* kDuid = "00:03:00:01:02:00:00:00:0a:01";
constexpr const char* kOther = "00:03:00:01:02:00:00:00:0b:02";

/// The answer's octets; the drop reason's name when there is none.
std::string ask(Server& server, const Octets& question) {
  const auto view = wire::MessageView::parse(question);
  REQUIRE(view);
  Octets out(4096);
  const lease::Answer answer = answer_leasequery(server, *view, out);
  if (answer.dropped != lease::DropReason::kNone) return std::string(to_string(answer.dropped));
  CHECK(answer.type == wire::MessageType::kLeasequeryReply);
  CHECK_FALSE(answer.after_commit);
  out.resize(answer.size);
  return to_hex(out);
}

void fill(FakeServer& server) {
  add_lease(server, address_lease("2001:db8:1::5", kDuid), 10);
  add_lease(server, prefix_lease("2001:db8:f000:100::", 56, kDuid), 40);
  add_lease(server, address_lease("2001:db8:1::6", kOther), 10);
}

Octets all_of_first() {
  // Of 3000 and 4000 seconds, ten or forty are over. The list of a client's leases begins with the newest.
  return client_data_option(
      kDuid, {ia_prefix("2001:db8:f000:100::", 56, 2960, 3960), ia_address("2001:db8:1::5", 2990, 3990)}, 10);
}

TEST_CASE("RFC 5007 4.1.2.1: a query by address tells all that its client has on the link") {
  FakeServer server;
  fill(server);
  const std::string expected = to_hex(reply({all_of_first()}));
  CHECK(ask(server, leasequery(query(1, "::", {ia_address("2001:db8:1::5")}))) == expected);
  CHECK(ask(server, leasequery(query(1, "2001:db8:1::1", {ia_address("2001:db8:1::5")}))) == expected);
  // "or was delegated a prefix that contains the specified address"
  CHECK(ask(server, leasequery(query(1, "::", {ia_address("2001:db8:f000:1ff::7")}))) == expected);
}

TEST_CASE("RFC 5007 4.4.1: a query by client-id") {
  FakeServer server;
  fill(server);
  const Octets client = client_id(duid_octets(kDuid));
  CHECK(ask(server, leasequery(query(2, "::", {client}))) == to_hex(reply({all_of_first()})));
  CHECK(ask(server, leasequery(query(2, "2001:db8:1::ffff", {client}))) == to_hex(reply({all_of_first()})));
  CHECK(ask(server, leasequery(query(2, "2001:db8:2::1", {client}))) == to_hex(reply({})));
  CHECK(ask(server, leasequery(query(2, "::", {client_id(kRequester)}))) == to_hex(reply({})));
}

TEST_CASE("RFC 5007 4.1.2.5: a client on several links: their addresses, by each of which it is found, and no data") {
  FakeServer server;
  fill(server);
  add_lease(server, address_lease("2001:db8:2::10", kDuid, 2), 10);
  const Octets client = client_id(duid_octets(kDuid));
  CHECK(ask(server, leasequery(query(2, "::", {client}))) ==
        to_hex(reply({option(48, address("2001:db8:2::") + address("2001:db8:1::"))})));
  CHECK(ask(server, leasequery(query(2, "2001:db8:2::", {client}))) ==
        to_hex(reply({client_data_option(kDuid, {ia_address("2001:db8:2::10", 2990, 3990)}, 10)})));
  CHECK(ask(server, leasequery(query(2, "2001:db8:1::", {client}))) == to_hex(reply({all_of_first()})));
}

TEST_CASE("RFC 5007 4.4.1: a link or address that is not configured") {
  FakeServer server;
  fill(server);
  const std::string expected = to_hex(reply({status(9, "no such link here")}));
  CHECK(ask(server, leasequery(query(1, "::", {ia_address("2001:db8:77::1")}))) == expected);
  CHECK(ask(server, leasequery(query(1, "2001:db8:77::1", {ia_address("2001:db8:1::5")}))) == expected);
  CHECK(ask(server, leasequery(query(2, "2001:db8:77::1", {client_id(duid_octets(kDuid))}))) == expected);
  // Configured, and nobody's.
  CHECK(ask(server, leasequery(query(1, "::", {ia_address("2001:db8:1::7")}))) == to_hex(reply({})));
  CHECK(ask(server, leasequery(query(1, "2001:db8:2::1", {ia_address("2001:db8:1::5")}))) == to_hex(reply({})));
}

TEST_CASE("RFC 5007 4.1.2.1: unknown query types and missing options are told so") {
  FakeServer server;
  const std::string malformed = to_hex(reply({status(8, "malformed query")}));
  const std::string unknown = to_hex(reply({status(7, "unknown query-type")}));
  CHECK(ask(server, leasequery(query(9, "::", {}))) == unknown);
  // RFC 5460 §4: bulk queries are not asked over UDP.
  for (const uint8_t bulk : {3, 4, 5}) {
    CHECK(ask(server, leasequery(query(bulk, "2001:db8:1::1", {option(53, kRequester)}))) == unknown);
  }
  CHECK(ask(server, leasequery(query(1, "::", {}))) == malformed);
  CHECK(ask(server, leasequery(query(1, "::", {option(5, zeros(23))}))) == malformed);
  CHECK(ask(server, leasequery(query(2, "::", {}))) == malformed);
  CHECK(ask(server, leasequery(query(2, "::", {client_id(hex("01"))}))) == malformed);
  CHECK(ask(server, leasequery(query(2, "::", {client_id(kRequester), option(6, hex("00"))}))) == malformed);
  CHECK(ask(server, leasequery(option(44, zeros(16)))) == malformed);
}

TEST_CASE("RFC 5007 4.2.1: what is to be discarded is") {
  FakeServer server;
  const Octets asks = query(1, "::", {ia_address("2001:db8:1::5")});
  CHECK(ask(server, message(14, 1, {asks})) == "no-client-id");
  CHECK(ask(server, message(14, 1, {client_id(kRequester), server_id(kRequester), asks})) == "other-server");
  CHECK(ask(server, message(14, 1, {client_id(kRequester)})) == "nothing-asked");
  CHECK(ask(server, message(14, 1, {client_id(kRequester), server_id(kServer), asks})) == to_hex(reply({}, 1)));
}

TEST_CASE("RFC 5007 4.1.2.4: what relays said is told to who asks for it, and to nobody else") {
  FakeServer server;
  add_lease(server, address_lease("2001:db8:1::5", kDuid), 10);
  const Octets line = option(18, hex("aabb"));
  server.remember(kDuid, u8(1) + u8(3) + u16(16) + address("2001:db8:a::1") +                      //
                             u8(1) + u16(33) + u8(1) + address("::") + address("2001:db8:b::1") +  //
                             u8(1) + u16(39) + u8(0) + address("2001:db8:1::1") + address("fe80::c") + line);
  const Octets inner = testing::relay_forward(0, "2001:db8:1::1", "fe80::c", {line});
  const Octets outer = testing::relay_forward(1, "::", "2001:db8:b::1", {testing::relay_message(inner)});
  const Octets lease = ia_address("2001:db8:1::5", 2990, 3990);
  const Octets by_address = ia_address("2001:db8:1::5");
  CHECK(ask(server, leasequery(query(1, "::", {by_address, option_request({47})}))) ==
        to_hex(reply({client_data_option(kDuid, {lease}, 10, option(47, address("2001:db8:a::1") + outer))})));
  CHECK(ask(server, leasequery(query(1, "::", {by_address, option_request({23})}))) ==
        to_hex(reply({client_data_option(kDuid, {lease}, 10)})));
}

TEST_CASE("RFC 5007 4.1.2.2: leases that ended, or are in quarantine, are not told of") {
  FakeServer server;
  add_lease(server, address_lease("2001:db8:1::5", kDuid), 4000);
  lease::LeaseRecord declined = address_lease("2001:db8:1::6", kDuid);
  declined.status = lease::BindingStatus::kAbandoned;
  add_lease(server, declined);
  CHECK(ask(server, leasequery(query(1, "::", {ia_address("2001:db8:1::5")}))) == to_hex(reply({})));
  CHECK(ask(server, leasequery(query(1, "::", {ia_address("2001:db8:1::6")}))) == to_hex(reply({})));
  CHECK(ask(server, leasequery(query(2, "::", {client_id(duid_octets(kDuid))}))) == to_hex(reply({})));
}

TEST_CASE("an infinite lifetime stays infinite; a preferred one that is over is 0") {
  FakeServer server;
  lease::LeaseRecord record = address_lease("2001:db8:1::5", kDuid);
  record.valid = kInfinity;
  add_lease(server, record, 3500);
  CHECK(ask(server, leasequery(query(1, "::", {ia_address("2001:db8:1::5")}))) ==
        to_hex(reply({client_data_option(kDuid, {ia_address("2001:db8:1::5", 0, 0xffffffff)}, 3500)})));
}

TEST_CASE("workers that do not run answer nothing: the requester asks again") {
  FakeServer server;
  server.workers_run = false;
  CHECK(ask(server, leasequery(query(1, "::", {ia_address("2001:db8:1::5")}))) == "no-binding");
}

}  // namespace
}  // namespace tandem6::control::leasequery_test
