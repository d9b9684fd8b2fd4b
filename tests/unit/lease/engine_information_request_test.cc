// RFC 8415 §18.3.6: INFORMATION-REQUEST.
#include <doctest/doctest.h>

#include "tests/support/server_fixture.h"

namespace tandem6::engine_information_request_test {

using namespace tandem6::testing;
namespace lease = tandem6::lease;

namespace {

Server with_options() {
  lease::OptionSet global;
  global.set(23, Octets(ip("2001:db8::1").octets), false);
  global.set(32, u32(3600), true);
  lease::OptionSet of_subnet;
  of_subnet.set(23, Octets(ip("2001:db8::2").octets), false);
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.options = of_subnet;
  return Server({lan}, global);
}

}  // namespace

TEST_CASE("RFC 8415 18.3.6: INFORMATION-REQUEST gets the options of its subnet, to the octet, and waits for no disk") {
  Server server = with_options();
  const Response response = server.send(from_client(kInformationRequest, {option_request({23, 24})}));
  REQUIRE(response.answered());
  CHECK(to_hex(response.bytes) == to_hex(message(kReply, kTransaction,
                                                 {client_id(kClientDuid), server_id(kServerDuid),
                                                  option(23, address("2001:db8::2")), option(32, u32(3600))})));
  CHECK_FALSE(response.answer.after_commit);
  CHECK(server.changes().empty());
}

TEST_CASE("RFC 8415 18.3.6, 16.10: without a Client Identifier the answer has none either") {
  Server server = with_options();
  const Response response = server.send(message(kInformationRequest, 1, {option_request({23})}));
  REQUIRE(response.answered());
  CHECK_FALSE(response.option(1));
  CHECK(response.option(2) == kServerDuid);
  CHECK(response.option(23) == address("2001:db8::2"));
}

TEST_CASE("RFC 8415 18.3.6: on a link that we know nothing about there are the global options") {
  Server server = with_options();
  server.port = 5;
  CHECK(server.send(from_client(kInformationRequest, {option_request({23})})).option(23) == address("2001:db8::1"));
}

TEST_CASE("RFC 8415 18.3.6: an answer without room is dropped, not cut short") {
  Server server = with_options();
  const Octets ask = from_client(kInformationRequest, {option_request({23})});
  const size_t needed = server.send(ask).bytes.size();
  CHECK(server.send(ask, needed).answered());
  CHECK(server.send(ask, needed - 1).dropped() == "reply-too-big");
}

TEST_CASE("RFC 8415 21.23: Information Refresh Time is in no other answer than that to an INFORMATION-REQUEST") {
  Server server = with_options();
  CHECK(server.send(from_client(kInformationRequest, {})).option(32) == u32(3600));
  for (const uint8_t type : {kSolicit, kRequest})
    CHECK_FALSE(server.send(from_client(type, {ia_na(1), option_request({32})})).option(32));
}

}  // namespace tandem6::engine_information_request_test
