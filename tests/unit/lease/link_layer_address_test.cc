// Where a client's link-layer address is taken from: RFC 6939, RFC 8415 §11, RFC 4291 Appendix A, RFC 4649, DOCSIS.
#include "dataplane/lease/link_layer_address.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "tests/support/server_fixture.h"

namespace tandem6::link_layer_address_test {

using namespace tandem6::testing;
namespace lease = tandem6::lease;
namespace wire = tandem6::wire;

namespace {

const Octets kUuid = hex("0004 00112233445566778899aabbccddeeff");  // a DUID without a link-layer address

/// "1/02 00 …": hardware type and octets; "none".
std::string found(const Octets& datagram, const lease::MacSources& sources = lease::all_mac_sources(),
                  std::string_view source = "fe80::a") {
  wire::ReceivedMessage received;
  REQUIRE(received.parse(datagram) == wire::MessageFault::kNone);
  lease::Request request;
  request.received = &received;
  request.source = ip(source);
  REQUIRE(request.identify_client());
  const auto address = lease::link_layer_address(request, sources);
  return address ? std::to_string(address->hardware_type) + "/" + to_hex(address->bytes()) : "none";
}

Octets solicit(const Octets& duid, std::initializer_list<Octets> options = {}) {
  return message(kSolicit, 1, {client_id(duid), join(options)});
}
Octets relayed(std::initializer_list<Octets> options, const Octets& inner, std::string_view peer = "fe80::c") {
  return relay_forward(0, "2001:db8::1", peer, {join(options), relay_message(inner)});
}
Octets option_79(const Octets& address, uint16_t type = 1) { return option(79, u16(type) + address); }

lease::MacSources only(lease::MacSource source) {
  lease::MacSources sources;
  sources.push(source);
  return sources;
}

}  // namespace

TEST_CASE("RFC 6939 5: the Client Link-Layer Address option of the relay next to the client goes first") {
  const Octets duid_ll = hex("0003 0001 020000000a01");
  const Octets inner = relayed({option_79(hex("02aabbccddee"))}, solicit(duid_ll), "fe80::211:22ff:fe33:4455");
  CHECK(found(inner) == "1/02 aa bb cc dd ee");
  CHECK(found(relayed({option_79(hex("0b0b0b0b0b0b"))}, inner)) == "1/02 aa bb cc dd ee");
  CHECK(found(relayed({option_79(hex("0011223344556677"), 27)}, solicit(duid_ll))) == "27/00 11 22 33 44 55 66 77");
}

TEST_CASE("RFC 6939 5: only the relay next to the client knows its address: another's option is not looked at") {
  CHECK(found(relayed({option_79(hex("0b0b0b0b0b0b"))}, relayed({}, solicit(kUuid)))) == "none");
  CHECK(found(solicit(kUuid, {option_79(hex("0b0b0b0b0b0b"))})) == "none");
}

TEST_CASE("RFC 6939 4: an option without an address, or with one that is too long, is passed over") {
  const Octets duid_ll = hex("0003 0001 020000000a01");
  CHECK(found(relayed({option(79, u16(1))}, solicit(duid_ll))) == "1/02 00 00 00 0a 01");
  CHECK(found(relayed({option_79(zeros(20))}, solicit(kUuid))).size() == 2 + 20 * 3 - 1);
  CHECK(found(relayed({option_79(zeros(21))}, solicit(duid_ll))) == "1/02 00 00 00 0a 01");
}

TEST_CASE("RFC 8415 11.2, 11.4: the address in a DUID-LLT and a DUID-LL") {
  CHECK(found(solicit(hex("0001 0001 2a2b2c2d 020000000a01"))) == "1/02 00 00 00 0a 01");
  CHECK(found(solicit(hex("0003 0006 020000000a01"))) == "6/02 00 00 00 0a 01");
  CHECK(found(solicit(hex("0001 0001 2a2b2c2d"))) == "none");
  CHECK(found(solicit(hex("0003 0001"))) == "none");
  CHECK(found(solicit(hex("0002 00000009 0a0b0c"))) == "none");
  CHECK(found(message(kSolicit, 1, {})) == "none");
}

TEST_CASE("RFC 4291 Appendix A: the address in a modified EUI-64, of the source or of the relay's peer-address") {
  const auto all = lease::all_mac_sources();
  CHECK(found(solicit(kUuid), all, "fe80::211:22ff:fe33:4455") == "1/00 11 22 33 44 55");
  CHECK(found(relayed({}, solicit(kUuid), "fe80::211:22ff:fe33:4455")) == "1/00 11 22 33 44 55");
  CHECK(found(relayed({}, solicit(kUuid)), all, "fe80::211:22ff:fe33:4455") == "none");
  CHECK(found(solicit(kUuid), all, "2001:db8::211:22ff:fe33:4455") == "none");
  CHECK(found(solicit(kUuid), all, "fe80::11:22ff:fe33:4455") == "none");   // not "universal"
  CHECK(found(solicit(kUuid), all, "fe80::211:22ff:ff33:4455") == "none");  // not made of a MAC address
}

TEST_CASE("RFC 4649 3: the octets behind the enterprise number of a Remote-ID, after everything better") {
  CHECK(found(relayed({option(37, u32(9) + hex("0a0b0c0d0e0f"))}, solicit(kUuid))) == "1/0a 0b 0c 0d 0e 0f");
  CHECK(found(relayed({option(37, u32(9))}, solicit(kUuid))) == "none");
}

TEST_CASE("DOCSIS: CableLabs' options of the CMTS and of the modem") {
  const Octets cmts = option(17, u32(4491) + option(1026, hex("0a0b0c0d0e0f")));
  const Octets modem = option(17, u32(4491) + option(36, hex("0102030405ff")));
  CHECK(found(relayed({cmts}, solicit(kUuid, {modem}))) == "1/0a 0b 0c 0d 0e 0f");
  CHECK(found(solicit(kUuid, {option(17, u32(9) + option(36, hex("ff"))), modem})) == "1/01 02 03 04 05 ff");
  CHECK(found(solicit(kUuid, {cmts})) == "none");
}

TEST_CASE("mac-sources: only what is listed is asked, in its order") {
  const Octets both = relayed({option_79(hex("02aabbccddee"))}, solicit(hex("0003 0001 020000000a01")));
  CHECK(found(both, only(lease::MacSource::kDuid)) == "1/02 00 00 00 0a 01");
  CHECK(found(both, only(lease::MacSource::kRemoteId)) == "none");
  lease::MacSources duid_first = only(lease::MacSource::kDuid);
  duid_first.push(lease::MacSource::kClientLinkLayerOption);
  CHECK(found(both, duid_first) == "1/02 00 00 00 0a 01");
}

}  // namespace tandem6::link_layer_address_test
