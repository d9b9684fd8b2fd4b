// Fuzzes the lease engine: datagrams from clients of a small server with few units, one after the other. The input is a
// sequence of datagrams, each behind two octets: four bits that say how much room the answer has (in 64 bytes; 0:
// plenty), then twelve bits with the datagram's length.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "dataplane/wire/require.h"
#include "tests/support/server_fixture.h"

using namespace tandem6;
using namespace tandem6::testing;
using lease::DropReason;

namespace {

std::vector<lease::Subnet> subnets(Pools& pools) {
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::107")};
  lan.prefix_pools = {pools.prefixes("2001:db8:8000::/54", 56), pools.prefixes("2001:db8:9000::/61", 64)};
  lan.options.set(23, Octets(ip("2001:db8::53").octets), true);
  lease::Subnet relayed = subnet(2, "2001:db8:2::/64");
  relayed.rapid_commit = true;
  relayed.keep_relays = true;
  relayed.address_pools = {pools.addresses("2001:db8:2::", "2001:db8:2::ffff:ffff:ffff:ffff")};
  relayed.prefix_pools = {pools.prefixes("2001:db8:a000::/55", 56)};
  return {lan, relayed};
}

/// The granted leases of an answer by IA.
std::map<std::tuple<uint16_t, uint32_t>, std::set<std::string>> granted(const Response& response) {
  std::map<std::tuple<uint16_t, uint32_t>, std::set<std::string>> by_ia;
  for (const ReadIa& ia : response.ias()) {
    for (const ReadLease& lease : ia.leases) {
      if (lease.valid != 0) by_ia[{ia.code, ia.iaid}].insert(lease.address.to_string());
    }
  }
  return by_ia;
}

/// What a Reply grants is in the client's shard, and the client's.
void check_bindings(Server& server, const Octets& duid, const Response& response) {
  lease::Shard& shard = server.group.shard(lease::shard_of(lease::duid_hash(duid)));
  for (const ReadIa& ia : response.ias()) {
    for (const ReadLease& told : ia.leases) {
      if (told.valid == 0) continue;
      const auto type = ia.code == 3 ? lease::LeaseType::kAddress : lease::LeaseType::kPrefix;
      const lease::Lease* held = shard.find({type, static_cast<uint8_t>(told.length), told.address});
      require(held != nullptr && held->status == lease::BindingStatus::kActive, "a lease that is told of is there");
      require(held->iaid == ia.iaid, "it is the IA's");
      require(wire::same_bytes(shard.duid_of(held->client), duid), "it is the client's");
    }
  }
}

/// No unit is granted twice in one answer.
void check_distinct(const Response& response) {
  std::set<std::pair<std::string, unsigned>> seen;
  for (const ReadIa& ia : response.ias()) {
    for (const ReadLease& lease : ia.leases) {
      if (lease.valid != 0) require(seen.emplace(lease.address.to_string(), lease.length).second, "no unit twice");
    }
  }
}

void check_answer(Server& server, const wire::MessageView& asked, const Response& response) {
  const auto changes = server.changes();
  require(changes.size() <= lease::kMaxChangesPerMessage, "a message makes no more changes than there is room for");
  require(lease::may_change_leases(asked.type) || changes.empty(), "only messages that may change leases do");
  if (!response.answered()) {
    require(response.answer.size == 0, "no answer has no bytes");
    require(changes.empty() || response.answer.dropped == DropReason::kReplyTooBig, "a drop changes nothing");
    return;
  }
  require(changes.empty() || response.answer.after_commit, "an answer about changes waits for the log");
  require(response.transaction_id() == asked.transaction_id, "the transaction-id is copied");
  require(response.option(2) == kServerDuid, "an answer has our Server Identifier");
  check_distinct(response);
  const auto client = wire::find_option(asked.options, wire::OptionCode::kClientId);
  require(response.option(1).has_value() == client.has_value(), "an answer has the client's Client Identifier");
  if (!client) return;
  require(wire::same_bytes(*response.option(1), client->data), "and it is the same");
  if (response.type() == kReply) check_bindings(server, Octets(client->data), response);
}

void send(Server& server, const Octets& datagram, size_t room) {
  const Response response = server.send(datagram, room);
  wire::ReceivedMessage received;
  if (received.parse(datagram) != wire::MessageFault::kNone) return;
  check_answer(server, received.message, response);
  if (received.message.type != wire::MessageType::kRequest || !response.answered()) return;
  const Response again = server.send(datagram, room + 4096);
  require(again.answered(), "a Request that is sent again is answered again");
  const auto first_leases = granted(response);
  auto leases = granted(again);
  for (const auto& [ia, units] : first_leases) require(leases[ia] == units, "and gets the same leases");
  check_answer(server, received.message, again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Pools pools;
  Server server(subnets(pools));
  Bytes rest = std::as_bytes(std::span(data, size));
  while (rest.size() >= 2) {
    const uint16_t head = wire::load_be16(rest.data());
    const size_t length = std::min<size_t>(head & 0xfff, rest.size() - 2);
    const size_t units = head >> 12;
    send(server, Octets(rest.subspan(2, length)), units == 0 ? 4096 : units * 64);
    server.now = server.now + Seconds{700};
    server.group.expire(server.now, server.snapshot(), 16);
    server.changes();
    rest = rest.subspan(2 + length);
  }
  return 0;
}
