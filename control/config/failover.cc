#include "control/config/failover.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "control/config/address_text.h"
#include "control/config/reader.h"

namespace tandem6::control {
namespace {

using failover::RelationshipSettings;
using lease::FailoverRole;

constexpr size_t kMaxRelationships = 256;  // FailoverScope numbers them in an octet
constexpr size_t kLongestName = 255;
constexpr uint64_t kShortestKeepalive = 4;  // a quarter of it is a whole second (RFC 8156 §6.6)
constexpr uint64_t kDay = 86400;
// Moments are compared modulo 2^32: nothing may be further ahead than half of it.
constexpr uint64_t kLongestTime = 0x7fffffff;
constexpr uint64_t kMostUnacked = 1'000'000;
constexpr Seconds kCautiousPartnerDown{60};

struct ReadRelationship {
  RelationshipSettings settings;
  const Node* node = nullptr;
  std::map<uint32_t, const Node*> listed;  ///< where a subnet stands; empty: all of them
};

bool has_control_characters(const std::string& text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

std::string read_name(const Node& node, Remarks& remarks) {
  require_key(node, "relationship", remarks);
  const Node* name = string_at(node, "relationship");
  if (name == nullptr) return {};
  if (name->text().empty()) remarks.error(*name, "a name is wanted, the same on both servers");
  if (name->text().size() > kLongestName)
    remarks.error(*name, fmt::format("{} octets: a name has at most {}", name->text().size(), kLongestName));
  // RFC 8156 §5.5.14: UTF-8 text for people. The reader of the file takes no other text.
  if (has_control_characters(name->text())) remarks.error(*name, "a name has no control characters");
  return name->text();
}

FailoverRole read_role(const Node& node, Remarks& remarks) {
  require_key(node, "role", remarks);
  const Node* role = string_at(node, "role");
  if (role == nullptr) return FailoverRole::kPrimary;
  return choice_of(*role, {"primary", "secondary"}, remarks) == 1 ? FailoverRole::kSecondary : FailoverRole::kPrimary;
}

/// Why TCP cannot be spoken from or to it; empty when it can.
std::string_view unfit_for_tcp(const Ipv6Address& address) {
  if (address.is_multicast()) return "a multicast address is nobody's";
  if (address.is_link_local()) return "a link-local address does not say on which link: use a global one";
  return {};
}

std::optional<Ipv6Address> read_endpoint(const Node& node, std::string_view key, Remarks& remarks) {
  const Node* text = string_at(node, key);
  if (text == nullptr) return std::nullopt;
  const auto address = read_address(text->text());
  const std::string problem = address ? std::string(unfit_for_tcp(*address)) : address.error().message;
  if (problem.empty()) return *address;
  remarks.error(*text, problem);
  return std::nullopt;
}

void read_endpoints(const Node& node, RelationshipSettings& settings, Remarks& remarks) {
  require_key(node, "partner", remarks);
  const auto partner = read_endpoint(node, "partner", remarks);
  settings.partner = partner.value_or(Ipv6Address{});
  settings.local = read_endpoint(node, "local", remarks).value_or(Ipv6Address{});
  if (partner && partner->is_unspecified())
    remarks.error(*node.find("partner"), "the partner's address is wanted: :: is none");
  else if (partner && *partner == settings.local)
    remarks.error(*node.find("partner"), "this is \"local\" too: the partner is another server");
  const auto port = integer_at(node, "port", 1, 65535, remarks);
  settings.port = static_cast<uint16_t>(port.value_or(settings.port));
}

Seconds seconds_at(const Node& node, std::string_view key, uint64_t least, uint64_t most, Seconds usual,
                   Remarks& remarks) {
  const auto seconds = integer_at(node, key, least, most, remarks);
  return seconds ? Seconds{static_cast<uint32_t>(*seconds)} : usual;
}

std::optional<Seconds> read_auto_partner_down(const Node& node, Remarks& remarks) {
  const Node* value = node.find("auto-partner-down");
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (!value->is_integer()) {
    remarks.error(*value, "seconds are wanted, or null: never without an operator");
    return std::nullopt;
  }
  const auto seconds = integer_of(*value, 1, kLongestTime, remarks);
  return seconds ? std::optional(Seconds{static_cast<uint32_t>(*seconds)}) : std::nullopt;
}

void read_times(const Node& node, RelationshipSettings& settings, Remarks& remarks) {
  settings.mclt = seconds_at(node, "mclt", failover::kShortestLease.count, kLongestTime, settings.mclt, remarks);
  settings.keepalive = seconds_at(node, "keepalive-time", kShortestKeepalive, kDay, settings.keepalive, remarks);
  settings.startup = seconds_at(node, "startup-time", 1, kDay, settings.startup, remarks);
  settings.scan_interval = seconds_at(node, "scan-interval", 1, kDay, settings.scan_interval, remarks);
  settings.auto_partner_down = read_auto_partner_down(node, remarks);
}

/// A file or a name that must be there and not empty.
std::string required_text_at(const Node& tls, std::string_view key, Remarks& remarks) {
  require_key(tls, key, remarks);
  const Node* text = string_at(tls, key);
  if (text == nullptr) return {};
  if (text->text().empty()) remarks.error(*text, fmt::format("\"{}\" is empty", key));
  return text->text();
}

std::optional<failover::TlsSettings> read_tls(const Node& node, Remarks& remarks) {
  const Node* tls = node.find("tls");
  if (tls == nullptr || tls->is_null()) {
    remarks.warning(tls != nullptr ? *tls : node,
                    "there is no \"tls\": the partners talk plain TCP, so whoever is on the way can read and change "
                    "leases (RFC 8156 §10)");
    return std::nullopt;
  }
  if (!tls->is_object()) {
    remarks.error(*tls, "an object with \"ca\", \"cert\", \"key\" and \"partner-name\" is wanted, or null");
    return std::nullopt;
  }
  failover::TlsSettings settings;
  settings.ca = required_text_at(*tls, "ca", remarks);
  settings.certificate = required_text_at(*tls, "cert", remarks);
  settings.key = required_text_at(*tls, "key", remarks);
  settings.partner_name = required_text_at(*tls, "partner-name", remarks);
  if (const Node* crl = string_at(*tls, "crl")) settings.crl = crl->text();
  return settings;
}

// --- subnets

std::string subnet_text(const SubnetConfig& subnet) {
  return fmt::format("the subnet {} ({})", subnet.id, subnet.prefix.to_string());
}

/// The subnet that an entry of `subnets` means; null after saying what is wrong.
const SubnetConfig* find_subnet(const Node& entry, const std::vector<SubnetConfig>& subnets, Remarks& remarks) {
  auto found = subnets.end();
  if (entry.is_string()) {
    const auto prefix = read_prefix(entry.text());
    if (!prefix) {
      remarks.error(entry, prefix.error().message);
      return nullptr;
    }
    found = std::ranges::find(subnets, *prefix, &SubnetConfig::prefix);
  } else if (entry.is_integer()) {
    const auto id = integer_of(entry, 1, 0xfffffffe, remarks);
    if (!id) return nullptr;
    found = std::ranges::find(subnets, *id, &SubnetConfig::id);
  } else {
    remarks.error(entry, "a subnet's id or prefix is wanted");
    return nullptr;
  }
  if (found == subnets.end()) remarks.error(entry, fmt::format("there is no subnet {}", entry.scalar.dump()));
  return found == subnets.end() ? nullptr : &*found;
}

void read_list(const Node& list, const Configuration& configuration, ReadRelationship& read, Remarks& remarks) {
  if (list.children.empty())
    remarks.error(list, "a relationship has subnets: list some, or leave the key out for all of them");
  for (const auto& entry : list.children) {
    const SubnetConfig* subnet = find_subnet(*entry, configuration.subnets, remarks);
    if (subnet == nullptr) continue;
    if (!read.listed.emplace(subnet->id, entry.get()).second)
      remarks.error(*entry, subnet_text(*subnet) + " is here twice");
    else
      read.settings.subnets.push_back(subnet->id);
  }
}

void read_subnets(const Configuration& configuration, ReadRelationship& read, Remarks& remarks) {
  const Node* value = read.node->find("subnets");
  if (value == nullptr) return;
  if (value->is_list())
    read_list(*value, configuration, read, remarks);
  else if (!value->is_string() || value->text() != "all")
    remarks.error(*value, "\"all\" is wanted, or a list of subnets' ids or prefixes");
}

ReadRelationship read_relationship(const Node& node, const Configuration& configuration, Remarks& remarks) {
  ReadRelationship read;
  read.node = &node;
  RelationshipSettings& settings = read.settings;
  settings.name = read_name(node, remarks);
  settings.role = read_role(node, remarks);
  read_endpoints(node, settings, remarks);
  read_times(node, settings, remarks);
  settings.start_partner_down = boolean_at(node, "start-partner-down").value_or(false);
  const auto unacked = integer_at(node, "max-unacked-bndupd", 1, kMostUnacked, remarks);
  settings.max_unacked = static_cast<uint32_t>(unacked.value_or(settings.max_unacked));
  const auto balance = integer_at(node, "pd-balance", 0, 100, remarks);
  settings.pd_balance = static_cast<uint32_t>(balance.value_or(settings.pd_balance));
  read_subnets(configuration, read, remarks);
  settings.tls = read_tls(node, remarks);
  return read;
}

// --- what must hold between relationships, subnets and classes

using Relationships = std::vector<ReadRelationship>;

/// Where it is said that the relationship has this subnet.
const Node& place_of(const ReadRelationship& read, uint32_t subnet_id) {
  if (const auto listed = read.listed.find(subnet_id); listed != read.listed.end()) return *listed->second;
  const Node* subnets = read.node->find("subnets");
  return subnets != nullptr ? *subnets : *read.node;
}

/// A list that has nothing right in it is not "all".
bool has(const ReadRelationship& read, uint32_t subnet_id) {
  const Node* subnets = read.node->find("subnets");
  if (subnets != nullptr && subnets->is_list()) return read.listed.contains(subnet_id);
  return true;
}

void check_names(const Relationships& all, Remarks& remarks) {
  std::map<std::string, const Node*> names;
  for (const ReadRelationship& read : all) {
    const Node* name = string_at(*read.node, "relationship");
    if (name == nullptr) continue;
    const auto [first, is_first] = names.emplace(name->text(), name);
    if (!is_first)
      remarks.error(*name, fmt::format("the name \"{}\" is already that of another relationship ({})", name->text(),
                                       remarks.line_of(*first->second)));
  }
}

/// RFC 7031 §7, requirement 2: a subnet is in one relationship at most. Each pair of relationships is named once.
void check_shared(const ReadRelationship& first, const ReadRelationship& second, const Configuration& configuration,
                  Remarks& remarks) {
  const SubnetConfig* shared = nullptr;
  size_t more = 0;
  for (const SubnetConfig& subnet : configuration.subnets) {
    if (!has(first, subnet.id) || !has(second, subnet.id)) continue;
    if (shared != nullptr)
      ++more;
    else
      shared = &subnet;
  }
  if (shared == nullptr) return;
  const std::string others = more == 0 ? "" : fmt::format(", with {} more,", more);
  remarks.error(
      place_of(second, shared->id),
      fmt::format("{}{} is in the relationship \"{}\" ({}) and in \"{}\": it can be in one only", subnet_text(*shared),
                  others, first.settings.name, remarks.line_of(*first.node), second.settings.name));
}

void check_overlaps(const Relationships& all, const Configuration& configuration, Remarks& remarks) {
  for (size_t second = 1; second < all.size(); ++second)
    for (size_t first = 0; first < second; ++first) check_shared(all[first], all[second], configuration, remarks);
}

const ReadRelationship* owner_of(const SubnetConfig& subnet, const Relationships& all) {
  const auto owner = std::ranges::find_if(all, [&](const ReadRelationship& read) { return has(read, subnet.id); });
  return owner == all.end() ? nullptr : &*owner;
}

/// Clients of a link move between its subnets, so all of them have the same partner.
void check_network(const NetworkConfig& network, const std::vector<const SubnetConfig*>& subnets,
                   const Relationships& all, Remarks& remarks) {
  const auto inside =
      std::ranges::find_if(subnets, [&](const SubnetConfig* subnet) { return owner_of(*subnet, all) != nullptr; });
  if (inside == subnets.end()) return;
  const ReadRelationship* owner = owner_of(**inside, all);
  const auto outside =
      std::ranges::find_if(subnets, [&](const SubnetConfig* subnet) { return owner_of(*subnet, all) != owner; });
  if (outside == subnets.end()) return;
  remarks.error(place_of(*owner, (*inside)->id),
                fmt::format("{} is in this relationship and {} is not, but both are in the shared network \"{}\": all "
                            "subnets of a shared network must be in the same relationship",
                            subnet_text(**inside), subnet_text(**outside), network.name));
}

void check_networks(const Relationships& all, const Configuration& configuration, Remarks& remarks) {
  std::vector<std::vector<const SubnetConfig*>> members(configuration.networks.size());
  for (const SubnetConfig& subnet : configuration.subnets)
    if (subnet.network) members[*subnet.network].push_back(&subnet);
  for (size_t i = 0; i < members.size(); ++i) check_network(configuration.networks[i], members[i], all, remarks);
}

Seconds shortest(const lease::LifetimeRange& range) { return std::min({range.min, range.usual, range.max}); }

/// RFC 8156 §1: "not intended for leases shorter than 30 seconds".
void check_lifetimes(const ReadRelationship& read, const Configuration& configuration, Remarks& remarks) {
  for (const SubnetConfig& subnet : configuration.subnets) {
    const Seconds valid = shortest(subnet.lifetimes.valid);
    if (!has(read, subnet.id) || valid >= failover::kShortestLease) continue;
    remarks.error(place_of(read, subnet.id),
                  fmt::format("{} has valid lifetimes of {} s: failover wants at least {} s (RFC 8156 §1)",
                              subnet_text(subnet), valid.count, failover::kShortestLease.count));
  }
}

void check_class_lifetimes(const Node& list, const Configuration& configuration, Remarks& remarks) {
  for (const lease::ClientClass& one : configuration.classes.classes()) {
    if (!one.valid || shortest(*one.valid) >= failover::kShortestLease) continue;
    remarks.error(list, fmt::format("the client class \"{}\" has valid lifetimes of {} s: failover wants at least {} s "
                                    "(RFC 8156 §1)",
                                    one.name, shortest(*one.valid).count, failover::kShortestLease.count));
  }
}

/// An MCLT beyond the lifetimes limits nothing, and everything that waits for it waits longer than any lease lasts.
void check_mclt(const ReadRelationship& read, const Configuration& configuration, Remarks& remarks) {
  const auto short_lived = std::ranges::find_if(configuration.subnets, [&](const SubnetConfig& subnet) {
    return has(read, subnet.id) && subnet.lifetimes.valid.usual < read.settings.mclt;
  });
  if (short_lived == configuration.subnets.end()) return;
  const Node* mclt = read.node->find("mclt");
  remarks.warning(
      mclt != nullptr ? *mclt : *read.node,
      fmt::format("the MCLT of {} s is longer than the valid lifetime {} s of {}: after a failure waits are "
                  "longer than they need to be",
                  read.settings.mclt.count, short_lived->lifetimes.valid.usual.count, subnet_text(*short_lived)));
}

/// §4.2: a unit is one server's or the other's, so of a single one there is no half.
void check_single_units(const ReadRelationship& read, const Configuration& configuration, Remarks& remarks) {
  std::vector<const PoolConfig*> single;
  const SubnetConfig* first = nullptr;
  for (const SubnetConfig& subnet : configuration.subnets) {
    if (!has(read, subnet.id)) continue;
    for (const PoolConfig& pool : subnet.pools) {
      if ((pool.last.number() - pool.first.number()) >> (128 - pool.unit_length) != 0) continue;
      single.push_back(&pool);
      if (first == nullptr) first = &subnet;
    }
  }
  if (single.empty()) return;
  const bool is_address = single.front()->type == lease::LeaseType::kAddress;
  const std::string others = single.size() == 1 ? "" : fmt::format(" ({} more like it)", single.size() - 1);
  remarks.warning(place_of(read, first->id),
                  fmt::format("the pool {} of {} has one {}{}: it cannot be shared, and one of the servers never gives "
                              "a new lease from it (RFC 8156 §4.2)",
                              single.front()->text, subnet_text(*first), is_address ? "address" : "prefix", others));
}

/// §4.4: what the partner has to know of cannot be for ever. A lease that was given in PARTNER-DOWN is, and nothing
/// ends it.
void check_infinite(const ReadRelationship& read, const Configuration& configuration, Remarks& remarks) {
  const auto infinite = std::ranges::find_if(configuration.subnets, [&](const SubnetConfig& subnet) {
    return has(read, subnet.id) && std::max(subnet.lifetimes.valid.usual, subnet.lifetimes.valid.max).infinite();
  });
  if (infinite == configuration.subnets.end()) return;
  remarks.warning(place_of(read, infinite->id),
                  fmt::format("{} has infinite valid lifetimes: in a relationship clients get the MCLT first and then "
                              "up to 34 years, and in PARTNER-DOWN leases that never end: set a finite one",
                              subnet_text(*infinite)));
}

/// Each of these makes this server serve on its own word that the partner does not.
void check_partner_down(const ReadRelationship& read, Remarks& remarks) {
  const RelationshipSettings& settings = read.settings;
  if (settings.start_partner_down && settings.role == FailoverRole::kSecondary)
    remarks.warning(*read.node->find("start-partner-down"),
                    "on a secondary: at its first start it would serve alone if it does not hear the primary, and give "
                    "away what the primary's clients hold: it is for the first primary of a new pair");
  if (settings.auto_partner_down && *settings.auto_partner_down < kCautiousPartnerDown)
    remarks.warning(*read.node->find("auto-partner-down"),
                    fmt::format("{} s are less than a restart takes: each restart of the partner, and each short "
                                "failure of the network, becomes PARTNER-DOWN",
                                settings.auto_partner_down->count));
}

/// Relationships may share a listening address, not half of one; and who connects is told by its address alone until
/// TLS is done.
void check_listeners(const ReadRelationship& first, const ReadRelationship& second, Remarks& remarks) {
  const RelationshipSettings& a = first.settings;
  const RelationshipSettings& b = second.settings;
  if (a.role != FailoverRole::kSecondary || b.role != FailoverRole::kSecondary || a.port != b.port) return;
  if (a.local != b.local) {
    if (!a.local.is_unspecified() && !b.local.is_unspecified()) return;
    remarks.error(*second.node, fmt::format("this and \"{}\" ({}) listen on port {}, one on every address and one on "
                                            "its own: give both a \"local\"",
                                            a.name, remarks.line_of(*first.node), b.port));
  } else if (a.partner == b.partner && a.tls != b.tls) {
    remarks.error(*second.node, fmt::format("\"{}\" ({}) is with the same partner over the same address: both need the "
                                            "same \"tls\"",
                                            a.name, remarks.line_of(*first.node)));
  }
}

void check_all(const Node& list, const Relationships& all, const Configuration& configuration, Remarks& remarks) {
  check_names(all, remarks);
  check_overlaps(all, configuration, remarks);
  check_networks(all, configuration, remarks);
  for (const ReadRelationship& read : all) {
    check_lifetimes(read, configuration, remarks);
    check_mclt(read, configuration, remarks);
    check_single_units(read, configuration, remarks);
    check_infinite(read, configuration, remarks);
    check_partner_down(read, remarks);
  }
  check_class_lifetimes(list, configuration, remarks);
  for (size_t second = 1; second < all.size(); ++second)
    for (size_t first = 0; first < second; ++first) check_listeners(all[first], all[second], remarks);
}

}  // namespace

std::vector<RelationshipSettings> read_failover(const Node& tandem6, const Configuration& configuration,
                                                Remarks& remarks) {
  std::vector<RelationshipSettings> settings;
  const auto nodes = objects_at(tandem6, "failover");
  if (nodes.empty()) return settings;
  const Node& list = *tandem6.find("failover");
  if (nodes.size() > kMaxRelationships) {
    remarks.error(list, fmt::format("{} relationships: there can be {}", nodes.size(), kMaxRelationships));
    return settings;
  }
  Relationships all;
  for (const Node* node : nodes) all.push_back(read_relationship(*node, configuration, remarks));
  check_all(list, all, configuration, remarks);
  for (ReadRelationship& read : all) settings.push_back(std::move(read.settings));
  return settings;
}

}  // namespace tandem6::control
