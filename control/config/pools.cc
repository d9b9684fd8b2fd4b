#include "control/config/pools.h"

#include <fmt/format.h>

#include "control/config/address_text.h"
#include "control/config/class_guard.h"
#include "control/config/option_data.h"
#include "control/config/pd_exclude.h"
#include "control/config/reader.h"
#include "dataplane/lease/dense_pool.h"

namespace tandem6::control {
namespace {

U128 addresses_in(const AddressRange& range) { return range.last.number() - range.first.number() + 1; }

/// The Subnet-Router anycast address belongs to the routers (RFC 4291 §2.6.1). A sparse pool never gives it away; of a
/// dense one it is cut off. False when nothing is left.
bool cut_off_anycast(AddressRange& range, const Ipv6Prefix& subnet) {
  // RFC 6164 §6: on point-to-point links there is none.
  if (subnet.length >= 127 || range.first != subnet.address) return true;
  if (addresses_in(range) > lease::DensePool::kMaxUnits) return true;
  if (range.first == range.last) return false;
  range.first = Ipv6Address::from_number(range.first.number() + 1);
  return true;
}

void read_classes(const Node& entry, const Vocabulary& vocabulary, PoolConfig& pool, Remarks& remarks) {
  pool.guard = read_class_guard(entry, vocabulary, remarks);
  pool.additional_classes = read_additional_classes(entry, vocabulary, remarks);
}

std::optional<ReadPool> read_address_pool(const Node& entry, const std::optional<Ipv6Prefix>& subnet,
                                          const Vocabulary& vocabulary, Remarks& remarks) {
  lease::OptionSet options = read_option_data(entry, vocabulary, remarks);
  require_key(entry, "pool", remarks);
  const Node* text = string_at(entry, "pool");
  if (text == nullptr) return std::nullopt;
  auto range = read_range(text->text());
  if (!range) {
    remarks.error(*text, range.error().message);
    return std::nullopt;
  }
  if (subnet && (!subnet->contains(range->first) || !subnet->contains(range->last))) {
    remarks.error(*text, fmt::format("{} is not inside the subnet {}", text->text(), subnet->to_string()));
    return std::nullopt;
  }
  if (subnet && !cut_off_anycast(*range, *subnet)) {
    remarks.error(*text, "the only address of this pool is the Subnet-Router anycast address (RFC 4291 §2.6.1)");
    return std::nullopt;
  }
  ReadPool pool{{lease::LeaseType::kAddress, range->first, range->last, 128, std::move(options), text->text()}, text};
  read_classes(entry, vocabulary, pool.config, remarks);
  return pool;
}

/// The prefix of a pd-pool; what is wrong with its parts has been said when there is none.
std::optional<Ipv6Prefix> read_pd_prefix(const Node& entry, Remarks& remarks) {
  const auto length = integer_at(entry, "prefix-len", 1, 128, remarks);
  const Node* text = string_at(entry, "prefix");
  if (text == nullptr) return std::nullopt;
  const auto address = read_address(text->text());
  if (!address) {
    remarks.error(*text, address.error().message);
    return std::nullopt;
  }
  if (!length) return std::nullopt;
  const auto prefix = make_prefix(*address, static_cast<uint8_t>(*length));
  if (prefix) return *prefix;
  remarks.error(*text, prefix.error().message);
  return std::nullopt;
}

std::optional<ReadPool> read_prefix_pool(const Node& entry, const Vocabulary& vocabulary, Remarks& remarks) {
  lease::OptionSet options = read_option_data(entry, vocabulary, remarks);
  for (const char* key : {"prefix", "prefix-len", "delegated-len"}) require_key(entry, key, remarks);
  const auto prefix = read_pd_prefix(entry, remarks);
  const auto delegated = integer_at(entry, "delegated-len", 1, 128, remarks);
  if (!prefix || !delegated) return std::nullopt;
  const Node& delegated_node = *entry.find("delegated-len");
  const auto delegated_length = static_cast<uint8_t>(*delegated);
  if (delegated_length < prefix->length) {
    remarks.error(delegated_node, fmt::format("{} is shorter than prefix-len {}", delegated_length, prefix->length));
    return std::nullopt;
  }
  constexpr int kMaxBits = 26;
  static_assert(uint64_t{1} << kMaxBits == lease::DensePool::kMaxUnits);
  if (delegated_length - prefix->length > kMaxBits) {
    remarks.error(delegated_node,
                  fmt::format("{} has 2^{} prefixes of length {}: a pool can have 2^{}, so divide it into several",
                              prefix->to_string(), delegated_length - prefix->length, delegated_length, kMaxBits));
    return std::nullopt;
  }
  ReadPool pool{{lease::LeaseType::kPrefix, prefix->address, prefix->last(), delegated_length, std::move(options),
                 fmt::format("{} delegating /{}", prefix->to_string(), delegated_length)},
                entry.find("prefix")};
  pool.config.pd_exclude = read_pd_exclude(entry, *prefix, delegated_length, remarks);
  read_classes(entry, vocabulary, pool.config, remarks);
  return pool;
}

}  // namespace

std::vector<ReadPool> read_pools(const Node& subnet, const std::optional<Ipv6Prefix>& prefix,
                                 const Vocabulary& vocabulary, Remarks& remarks) {
  std::vector<ReadPool> pools;
  for (const Node* entry : objects_at(subnet, "pools"))
    if (auto pool = read_address_pool(*entry, prefix, vocabulary, remarks)) pools.push_back(std::move(*pool));
  for (const Node* entry : objects_at(subnet, "pd-pools"))
    if (auto pool = read_prefix_pool(*entry, vocabulary, remarks)) pools.push_back(std::move(*pool));
  return pools;
}

}  // namespace tandem6::control
