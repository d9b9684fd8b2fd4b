#include "perf/worker_clients.h"

#include <algorithm>
#include <array>

#include "dataplane/wire/require.h"

namespace tandem6::perf {
namespace {

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
  content.server_duid = server_duid();
  content.search_key = {1, 2};
  content.subnets.push_back(make_subnet(book, *Ipv6Prefix::parse("2001:db8:8000::/33"), workers));
  content.options = make_options();
  return std::make_shared<const lease::Snapshot>(std::move(content));
}

Clients::Clients(std::span<lease::ShardGroup* const> groups, const lease::Snapshot& snapshot, uint64_t count,
                 AbsoluteTime now) {
  bindings_.reserve(count);
  for (uint64_t number = 0; number < count; ++number) {
    const unsigned shard = lease::shard_of(lease::duid_hash(client_duid(number).bytes()));
    lease::ShardGroup& group = *groups[lease::ShardGroup::owner_of(shard, static_cast<unsigned>(groups.size()))];
    const auto binding = bind(group, snapshot, number, now);
    require(binding.has_value(), "the pools are large enough");
    bindings_.push_back(*binding);
    group.log().drain(2, [](const lease::LeaseChange&) {});
    group.log().publish_committed(group.log().written());
  }
}

// A client that renews lists what it has; one that asks for the first time lists nothing.
size_t Clients::write_frame(uint64_t number, Scenario scenario, bool relayed, MutableBytes frame) const {
  const wire::FrameHeader header = header_of(relayed);
  const size_t overhead = wire::frame_overhead(header);
  wire::Writer out(frame.subspan(overhead));
  wire::Writer::OpenOption relay_message{};
  if (relayed) relay_message = open_relay(out);
  const Duid server = server_duid();
  const bool renews = scenario == Scenario::kRenew;
  const Binding binding = renews ? bindings_[number] : Binding{.client = number, .address = {}, .prefix = {}};
  write_message(out, type_of(scenario), static_cast<uint32_t>(number), binding, renews,
                scenario == Scenario::kSolicit ? nullptr : &server);
  if (relayed) out.end(relay_message);
  require(!out.overflow(), "the frame fits");
  return wire::build_frame(header, out.size(), frame);
}

}  // namespace tandem6::perf
