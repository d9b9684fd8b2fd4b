#include "perf/worker_clients.h"

#include <algorithm>
#include <array>

#include "dataplane/wire/require.h"

namespace tandem6::perf {
namespace {

constexpr uint32_t kIaid = 1;
constexpr uint8_t kPrefixLength = 56;
constexpr std::string_view kServerDuid = "0002000000017465";

Duid duid_of(uint64_t number) {
  std::array<std::byte, 14> bytes{std::byte{0}, std::byte{1}, std::byte{0}, std::byte{1}};
  wire::store_be64(bytes.data() + 6, number * 0x9e3779b97f4a7c15);  // spread, as MAC addresses of many makers are
  return *Duid::from_bytes(bytes);
}

lease::OptionSet make_options() {
  lease::OptionSet options;
  std::array<std::byte, 32> servers;
  std::ranges::copy(Ipv6Address::parse("2001:db8::53")->octets, servers.begin());
  std::ranges::copy(Ipv6Address::parse("2001:db8::5353")->octets, servers.begin() + 16);
  options.set(static_cast<uint16_t>(wire::OptionCode::kDnsServers), servers, false);
  options.set(static_cast<uint16_t>(wire::OptionCode::kDomainSearch),
              wire::bytes_of(std::string_view("\7example\3net\0", 13)), false);
  return options;
}

lease::Subnet make_subnet(lease::PoolBook& book, unsigned workers) {
  lease::Subnet subnet;
  subnet.id = 1;
  subnet.prefix = *Ipv6Prefix::parse("2001:db8::/32");
  subnet.port = 0;
  subnet.counters = std::make_shared<lease::SubnetCounters>(workers);
  const Ipv6Prefix addresses = *Ipv6Prefix::parse("2001:db8:1::/64");
  subnet.address_pools.push_back({.type = lease::LeaseType::kAddress,
                                  .unit_length = 128,
                                  .first = addresses.address,
                                  .last = addresses.last(),
                                  .space = book.sparse(addresses.address, addresses.last()),
                                  .options = {},
                                  .text = "addresses"});
  const Ipv6Prefix prefixes = *Ipv6Prefix::parse("2001:db8:8000::/33");
  subnet.prefix_pools.push_back(
      {.type = lease::LeaseType::kPrefix,
       .unit_length = kPrefixLength,
       .first = prefixes.address,
       .last = prefixes.last(),
       .space = book.dense(lease::LeaseType::kPrefix, prefixes.address, kPrefixLength, 1U << 23),
       .options = {},
       .text = "prefixes"});
  return subnet;
}

wire::MessageType type_of(Scenario scenario) {
  switch (scenario) {
    case Scenario::kSolicit:
      return wire::MessageType::kSolicit;
    case Scenario::kRenew:
      return wire::MessageType::kRenew;
    case Scenario::kRequest:
      break;
  }
  return wire::MessageType::kRequest;
}

wire::Writer::OpenOption open_relay(wire::Writer& out) {
  out.u8(static_cast<uint8_t>(wire::MessageType::kRelayForward));
  out.u8(0);
  out.address(*Ipv6Address::parse("2001:db8::1"));
  out.address(*Ipv6Address::parse("fe80::1"));
  out.option(wire::OptionCode::kInterfaceId, wire::bytes_of("ge-0/0/1.100"));
  return out.begin(wire::OptionCode::kRelayMessage);
}

wire::FrameHeader header_of(bool relayed) {
  wire::FrameHeader header;
  header.source_mac = {std::byte{2}, std::byte{9}};
  header.destination_mac = kServerMac;
  header.source = *Ipv6Address::parse(relayed ? "2001:db8::1" : "fe80::9");
  header.destination = relayed ? server_address() : kAllRelayAgentsAndServers;
  header.source_port = relayed ? wire::kServerPort : wire::kClientPort;
  header.destination_port = wire::kServerPort;
  return header;
}

}  // namespace

std::string_view title_of(Scenario scenario) {
  switch (scenario) {
    case Scenario::kSolicit:
      return "SOLICIT -> ADVERTISE";
    case Scenario::kRenew:
      return "RENEW -> REPLY";
    case Scenario::kRequest:
      break;
  }
  return "REQUEST -> REPLY";
}

Ipv6Address server_address() { return *Ipv6Address::parse("2001:db8::547"); }
Ipv6Address server_link_local() { return *Ipv6Address::parse("fe80::547"); }

std::shared_ptr<const lease::Snapshot> make_snapshot(lease::PoolBook& book, unsigned workers) {
  lease::Snapshot::Content content;
  content.server_duid = *Duid::parse(kServerDuid);
  content.search_key = {1, 2};
  content.subnets.push_back(make_subnet(book, workers));
  content.options = make_options();
  return std::make_shared<const lease::Snapshot>(std::move(content));
}

Clients::Clients(std::span<lease::ShardGroup* const> groups, const lease::Snapshot& snapshot, uint64_t count,
                 AbsoluteTime now)
    : holdings_(count) {
  for (uint64_t number = 0; number < count; ++number) {
    const unsigned shard = lease::shard_of(lease::duid_hash(duid_of(number).bytes()));
    const auto owner = lease::ShardGroup::owner_of(shard, static_cast<unsigned>(groups.size()));
    give(*groups[owner], snapshot, number, now);
  }
}

void Clients::give(lease::ShardGroup& group, const lease::Snapshot& snapshot, uint64_t number, AbsoluteTime now) {
  const Duid duid = duid_of(number);
  const lease::Request request{.received = nullptr,
                               .port = 0,
                               .source = {},
                               .client_duid = duid.bytes(),
                               .duid_hash = lease::duid_hash(duid.bytes())};
  const lease::Subnet& subnet = snapshot.subnets().front();
  for (const lease::LeaseType type : {lease::LeaseType::kAddress, lease::LeaseType::kPrefix}) {
    const lease::UnitWish wish{.type = type, .iaid = kIaid, .unit = std::nullopt, .classes = {}};
    const lease::Terms terms = subnet.lifetimes.granted({});
    const lease::Lease* lease = group.allocate(request, subnet, snapshot, wish, terms, now);
    require(lease != nullptr, "the pools are large enough");
    (type == lease::LeaseType::kAddress ? holdings_[number].address : holdings_[number].prefix) = lease->key.address;
  }
  group.log().drain(2, [](const lease::LeaseChange&) {});
  group.log().publish_committed(group.log().written());
}

// A client that renews lists what it has; one that asks for the first time lists nothing.
void Clients::write_ia(wire::Writer& out, uint64_t number, lease::LeaseType type, Scenario scenario) const {
  const bool is_address = type == lease::LeaseType::kAddress;
  const auto code = is_address ? wire::OptionCode::kIaNa : wire::OptionCode::kIaPd;
  const auto ia = wire::begin_ia(out, code, kIaid, Seconds{0}, Seconds{0});
  if (scenario == Scenario::kRenew) {
    const Holding& holding = holdings_[number];
    if (is_address) {
      wire::put_ia_address(out, holding.address, Seconds{0}, Seconds{0});
    } else {
      wire::put_ia_prefix(out, {holding.prefix, kPrefixLength}, Seconds{0}, Seconds{0});
    }
  }
  out.end(ia);
}

// As a home gateway sends it: IA_NA, IA_PD, ORO, elapsed time; through one relay if asked for.
size_t Clients::write_frame(uint64_t number, Scenario scenario, bool relayed, MutableBytes frame) const {
  const wire::FrameHeader header = header_of(relayed);
  const size_t overhead = wire::frame_overhead(header);
  wire::Writer out(frame.subspan(overhead));
  wire::Writer::OpenOption relay_message{};
  if (relayed) relay_message = open_relay(out);
  out.message_header(type_of(scenario), static_cast<uint32_t>(number));
  out.option(wire::OptionCode::kClientId, duid_of(number).bytes());
  if (scenario != Scenario::kSolicit) out.option(wire::OptionCode::kServerId, Duid::parse(kServerDuid)->bytes());
  write_ia(out, number, lease::LeaseType::kAddress, scenario);
  write_ia(out, number, lease::LeaseType::kPrefix, scenario);
  const std::array<std::byte, 4> requested{std::byte{0}, std::byte{23}, std::byte{0}, std::byte{24}};
  out.option(wire::OptionCode::kOptionRequest, requested);
  out.option(wire::OptionCode::kElapsedTime, std::array<std::byte, 2>{});
  if (relayed) out.end(relay_message);
  require(!out.overflow(), "the frame fits");
  return wire::build_frame(header, out.size(), frame);
}

}  // namespace tandem6::perf
