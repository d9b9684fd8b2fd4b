#include "perf/network.h"

#include <algorithm>

#include "dataplane/wire/frame.h"
#include "dataplane/wire/require.h"

namespace tandem6::perf {
namespace {

constexpr uint32_t kIaid = 1;
const Ipv6Prefix kAddresses = *Ipv6Prefix::parse("2001:db8:1::/64");
const Ipv6Prefix kPrefixes = *Ipv6Prefix::parse("2001:db0::/31");

/// What the places in a template are found by.
const Binding kMark{.client = 0x5eed,
                    .address = *Ipv6Address::parse("2001:db8:1::5eed:5eed"),
                    .prefix = *Ipv6Address::parse("2001:db0:5eed::")};

size_t place_of(Bytes needle, Bytes haystack) {
  const auto found = std::ranges::search(haystack, needle);
  require(!found.empty(), "the template holds what is to be filled in");
  return static_cast<size_t>(found.begin() - haystack.begin());
}

}  // namespace

Duid client_duid(uint64_t number) {
  std::array<std::byte, 14> bytes{std::byte{0}, std::byte{1}, std::byte{0}, std::byte{1}};
  wire::store_be64(bytes.data() + 6, number * 0x9e3779b97f4a7c15);
  return *Duid::from_bytes(bytes);
}

lease::Pool address_pool(lease::PoolBook& book) {
  return {.type = lease::LeaseType::kAddress,
          .unit_length = 128,
          .first = kAddresses.address,
          .last = kAddresses.last(),
          .space = book.sparse(kAddresses.address, kAddresses.last()),
          .options = {},
          .text = "addresses"};
}

lease::Subnet make_subnet(lease::PoolBook& book, const Ipv6Prefix& prefixes, unsigned workers) {
  lease::Subnet subnet;
  subnet.id = 1;
  subnet.prefix = *Ipv6Prefix::parse("2001:db8::/32");
  subnet.port = 0;
  subnet.counters = std::make_shared<lease::SubnetCounters>(workers);
  subnet.address_pools.push_back(address_pool(book));
  const uint32_t units = 1U << (kDelegatedLength - prefixes.length);
  subnet.prefix_pools.push_back(
      {.type = lease::LeaseType::kPrefix,
       .unit_length = kDelegatedLength,
       .first = prefixes.address,
       .last = prefixes.last(),
       .space = book.dense(lease::LeaseType::kPrefix, prefixes.address, kDelegatedLength, units),
       .options = {},
       .text = "prefixes"});
  return subnet;
}

Duid server_duid() { return *Duid::parse("0002000000017465"); }

std::unique_ptr<lease::Snapshot> make_snapshot(lease::PoolBook& book) {
  lease::Snapshot::Content content;
  content.server_duid = server_duid();
  content.search_key = {1, 2};
  content.subnets.push_back(make_subnet(book, kPrefixes, 1));
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
    return group.allocate(request, subnet, snapshot, {.type = type, .iaid = kIaid}, terms, now);
  };
  const lease::Lease* const address = allocate(lease::LeaseType::kAddress);
  const lease::Lease* const prefix = allocate(lease::LeaseType::kPrefix);
  if (address == nullptr || prefix == nullptr) return std::nullopt;
  return Binding{.client = number, .address = address->key.address, .prefix = prefix->key.address};
}

void write_message(wire::Writer& out, wire::MessageType type, uint32_t transaction, const Binding& binding,
                   bool with_leases, const Duid* server) {
  out.message_header(type, transaction);
  out.option(wire::OptionCode::kClientId, client_duid(binding.client).bytes());
  if (server != nullptr) out.option(wire::OptionCode::kServerId, server->bytes());
  const auto address_ia = wire::begin_ia(out, wire::OptionCode::kIaNa, kIaid, Seconds{0}, Seconds{0});
  if (with_leases) wire::put_ia_address(out, binding.address, Seconds{0}, Seconds{0});
  out.end(address_ia);
  const auto prefix_ia = wire::begin_ia(out, wire::OptionCode::kIaPd, kIaid, Seconds{0}, Seconds{0});
  if (with_leases) wire::put_ia_prefix(out, {binding.prefix, kDelegatedLength}, Seconds{0}, Seconds{0});
  out.end(prefix_ia);
  const std::array<std::byte, 4> requested{std::byte{0}, std::byte{23}, std::byte{0}, std::byte{24}};
  out.option(wire::OptionCode::kOptionRequest, requested);
  out.option(wire::OptionCode::kElapsedTime, std::array<std::byte, 2>{});
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
  write_message(out, type, 0x123456, kMark, with_leases, server);
  size_ = wire::build_frame(header, out.size(), bytes_);
  require(!out.overflow() && size_ != 0, "the frame fits");

  const Bytes frame(bytes_.data(), size_);
  duid_at_ = place_of(client_duid(kMark.client).bytes(), frame);
  if (!with_leases) return;
  address_at_ = place_of(kMark.address.octets, frame);
  prefix_at_ = place_of(kMark.prefix.octets, frame);
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
