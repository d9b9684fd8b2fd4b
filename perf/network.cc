#include "perf/network.h"

#include <algorithm>

#include "dataplane/wire/builder.h"
#include "dataplane/wire/frame.h"
#include "dataplane/wire/require.h"

namespace tandem6::perf {
namespace {

constexpr uint32_t kSubnetId = 1;
constexpr uint8_t kUnitLength = 56;
constexpr uint32_t kUnits = 1U << (kUnitLength - 31);
const Ipv6Prefix kAddresses = *Ipv6Prefix::parse("2001:db8:1::/64");
const Ipv6Prefix kPrefixes = *Ipv6Prefix::parse("2001:db0::/31");

/// What the places in a template are found by.
constexpr Binding kMark{.client = 0x5eed, .address = {}, .prefix = {}};
const Ipv6Address kMarkAddress = *Ipv6Address::parse("2001:db8:1::5eed:5eed");
const Ipv6Address kMarkPrefix = *Ipv6Address::parse("2001:db0:5eed::");

size_t place_of(Bytes needle, Bytes haystack) {
  const auto found = std::ranges::search(haystack, needle);
  require(!found.empty(), "the template holds what is to be filled in");
  return static_cast<size_t>(found.begin() - haystack.begin());
}

lease::Subnet make_subnet(lease::PoolBook& book) {
  lease::Subnet subnet;
  subnet.id = kSubnetId;
  subnet.prefix = *Ipv6Prefix::parse("2001:db8::/32");
  subnet.port = 0;
  subnet.counters = std::make_shared<lease::SubnetCounters>(1);
  subnet.address_pools.push_back({.type = lease::LeaseType::kAddress,
                                  .unit_length = 128,
                                  .first = kAddresses.address,
                                  .last = kAddresses.last(),
                                  .space = book.sparse(kAddresses.address, kAddresses.last()),
                                  .options = {},
                                  .text = "addresses"});
  subnet.prefix_pools.push_back({.type = lease::LeaseType::kPrefix,
                                 .unit_length = kUnitLength,
                                 .first = kPrefixes.address,
                                 .last = kPrefixes.last(),
                                 .space = book.dense(lease::LeaseType::kPrefix, kPrefixes.address, kUnitLength, kUnits),
                                 .options = {},
                                 .text = "prefixes"});
  return subnet;
}

}  // namespace

Duid client_duid(uint64_t number) {
  std::array<std::byte, 14> bytes{std::byte{0}, std::byte{1}, std::byte{0}, std::byte{1}};
  wire::store_be64(bytes.data() + 6, number * 0x9e3779b97f4a7c15);
  return *Duid::from_bytes(bytes);
}

std::unique_ptr<lease::Snapshot> make_snapshot(lease::PoolBook& book) {
  lease::Snapshot::Content content;
  content.server_duid = *Duid::parse("0002000000017465");
  content.search_key = {1, 2};
  content.subnets.push_back(make_subnet(book));
  return std::make_unique<lease::Snapshot>(std::move(content));
}

std::optional<Binding> bind(lease::ShardGroup& group, const lease::Snapshot& snapshot, uint64_t number,
                            AbsoluteTime now) {
  const Duid duid = client_duid(number);
  lease::Request request;
  request.client_duid = duid.bytes();
  request.duid_hash = lease::duid_hash(request.client_duid);
  const lease::Subnet& subnet = snapshot.subnets().front();
  const lease::Terms terms = subnet.lifetimes.granted({});
  const auto allocate = [&](lease::LeaseType type) {
    return group.allocate(request, subnet, snapshot, {.type = type, .iaid = 1}, terms, now);
  };
  const lease::Lease* const address = allocate(lease::LeaseType::kAddress);
  const lease::Lease* const prefix = allocate(lease::LeaseType::kPrefix);
  if (address == nullptr || prefix == nullptr) return std::nullopt;
  return Binding{.client = number, .address = address->key.address, .prefix = prefix->key.address};
}

FrameMaker::FrameMaker(wire::MessageType type, bool with_leases, const Duid* server) {
  wire::FrameHeader header;
  header.source_mac = {std::byte{2}, std::byte{9}};
  header.destination_mac = {std::byte{0x33}, std::byte{0x33}, std::byte{0}, std::byte{1}, std::byte{0}, std::byte{2}};
  header.source = *Ipv6Address::parse("fe80::9");
  header.destination = kAllRelayAgentsAndServers;
  header.source_port = wire::kClientPort;
  header.destination_port = wire::kServerPort;
  const size_t overhead = wire::frame_overhead(header);
  wire::Writer out(MutableBytes(bytes_).subspan(overhead));
  out.message_header(type, 0x123456);
  out.option(wire::OptionCode::kClientId, client_duid(kMark.client).bytes());
  if (server != nullptr) out.option(wire::OptionCode::kServerId, server->bytes());
  const auto address_ia = wire::begin_ia(out, wire::OptionCode::kIaNa, 1, Seconds{0}, Seconds{0});
  if (with_leases) wire::put_ia_address(out, kMarkAddress, Seconds{0}, Seconds{0});
  out.end(address_ia);
  const auto prefix_ia = wire::begin_ia(out, wire::OptionCode::kIaPd, 1, Seconds{0}, Seconds{0});
  if (with_leases) wire::put_ia_prefix(out, {kMarkPrefix, kUnitLength}, Seconds{0}, Seconds{0});
  out.end(prefix_ia);
  const std::array<std::byte, 4> requested{std::byte{0}, std::byte{23}, std::byte{0}, std::byte{24}};
  out.option(wire::OptionCode::kOptionRequest, requested);
  out.option(wire::OptionCode::kElapsedTime, std::array<std::byte, 2>{});
  size_ = wire::build_frame(header, out.size(), bytes_);
  require(!out.overflow() && size_ != 0, "the frame fits");

  const Bytes frame(bytes_.data(), size_);
  duid_at_ = place_of(client_duid(kMark.client).bytes(), frame);
  if (!with_leases) return;
  address_at_ = place_of(kMarkAddress.octets, frame);
  prefix_at_ = place_of(kMarkPrefix.octets, frame);
}

Bytes FrameMaker::frame(const Binding& binding) {
  const auto put = [&](Bytes what, size_t at) { std::ranges::copy(what, bytes_.begin() + static_cast<ptrdiff_t>(at)); };
  put(client_duid(binding.client).bytes(), duid_at_);
  if (address_at_ != 0) {
    put(binding.address.octets, address_at_);
    put(binding.prefix.octets, prefix_at_);
  }
  return {bytes_.data(), size_};
}

}  // namespace tandem6::perf
