// Leasequeries for tests: a server with leases, and the octets of questions.
#pragma once

#include "dataplane/lease/client_data.h"
#include "tests/support/packet.h"
#include "tests/unit/control/fixtures.h"

namespace tandem6::control {

using testing::address;
using testing::client_id;
using testing::hex;
using testing::ia_address;
using testing::ia_prefix;
using testing::join;
using testing::message;
using testing::Octets;
using testing::option;
using testing::option_request;
using testing::server_id;
using testing::status;
using testing::to_hex;
using testing::u16;
using testing::u32;
using testing::u8;
using testing::zeros;

inline const Octets kRequester = hex("0003 0001 0200000000ff");
inline const Octets kServer = hex("0003 0001 020000000001");

inline Octets duid_octets(const char* duid) { return Octets(Duid::parse(duid).value().bytes()); }

/// A lease in the workers' memory.
inline void add_lease(FakeServer& server, const lease::LeaseRecord& record) {
  const Bytes duid = record.duid.bytes();
  server.group.shard(lease::shard_of(lease::duid_hash(duid))).insert(duid, record);
}
/// `age` seconds ago.
inline void add_lease(FakeServer& server, lease::LeaseRecord record, uint32_t age) {
  record.last_contact = AbsoluteTime::from_unix(server.clock - age);
  add_lease(server, record);
}

inline Octets query(uint8_t type, const char* link, std::initializer_list<Octets> options) {
  return option(44, u8(type) + address(link) + join(options));
}
inline Octets leasequery(const Octets& query_option, uint32_t transaction = 0xabcdef) {
  return message(14, transaction, {client_id(kRequester), query_option});
}
/// The head of a LEASEQUERY-REPLY.
inline Octets reply(std::initializer_list<Octets> options, uint32_t transaction = 0xabcdef) {
  return message(15, transaction, {client_id(kRequester), server_id(kServer), join(options)});
}
inline Octets client_data_option(const char* duid, std::initializer_list<Octets> leases, uint32_t age,
                                 const Octets& more = {}) {
  return option(45, client_id(duid_octets(duid)) + join(leases) + option(46, u32(age)) + more);
}

/// Client data of one relay with these options, whose datagram came from 2001:db8:a::1.
inline Octets one_relay(const Octets& options) {
  return u8(1) + u8(3) + u16(16) + address("2001:db8:a::1") + u8(1) + u16(static_cast<uint16_t>(33 + options.size())) +
         u8(0) + address("2001:db8:1::1") + address("fe80::c") + options;
}

}  // namespace tandem6::control
