#include "failover/configuration_digest.h"

#include <algorithm>
#include <string_view>

#include "dataplane/lease/hash.h"
#include "dataplane/wire/option.h"

namespace tandem6::failover {
namespace {

using lease::ClassSet;
using lease::LifetimeRange;
using lease::OptionSet;
using lease::Pool;
using lease::Subnet;

/// The one reserved for documentation (RFC 5612), as the design has it.
constexpr uint32_t kEnterprise = 32473;
constexpr uint16_t kDigestOption = 1;
/// Of what is hashed, and how: digests of another version say nothing.
constexpr uint16_t kDigestVersion = 2;

/// Octets of one thing, to be hashed. What has no fixed length is written with its length.
class Octets {
 public:
  Octets& number(uint64_t value) {
    std::byte octets[8];
    wire::store_be64(octets, value);
    written_.insert(written_.end(), std::begin(octets), std::end(octets));
    return *this;
  }
  Octets& bytes(Bytes value) {
    number(value.size());
    written_.insert(written_.end(), value.begin(), value.end());
    return *this;
  }
  Octets& text(std::string_view value) { return bytes(wire::bytes_of(value)); }
  Octets& address(const Ipv6Address& value) { return bytes(value.octets); }
  Octets& prefix(const Ipv6Prefix& value) { return address(value.address).number(value.length); }
  Octets& seconds(const std::optional<Seconds>& value) { return number(value ? uint64_t{value->count} : ~uint64_t{0}); }
  Octets& range(const LifetimeRange& value) { return seconds(value.min).seconds(value.usual).seconds(value.max); }
  uint64_t hash() const { return lease::keyed_hash({}, written_); }

 private:
  std::vector<std::byte> written_;
};

/// Adds up what the parts are made of, in whatever order it comes.
class Digester {
 public:
  Digester(const lease::Snapshot& snapshot, const lease::FailoverScope& scope) : snapshot_(snapshot), scope_(scope) {}

  ConfigurationDigest run() {
    digest_.server_id = Octets().bytes(snapshot_.server_duid().bytes()).hash();
    for (const Subnet& subnet : snapshot_.subnets()) {
      if (is_ours(subnet)) add_subnet(subnet);
    }
    add_options(snapshot_.global_options(), Octets().text("global"));
    for (const auto& reservation : snapshot_.reservations().all()) add_reservation(reservation);
    for (const auto& each : snapshot_.classes().classes()) add_class(each);
    add(ConfigurationPart::kLifetimes, Octets().text("probation").seconds(snapshot_.decline_probation()));
    return digest_;
  }

 private:
  bool is_ours(const Subnet& subnet) const { return subnet.failover.get() == &scope_; }

  void add(ConfigurationPart part, const Octets& octets) { digest_.parts[static_cast<size_t>(part)] += octets.hash(); }

  // Numbers of classes are another configuration's own.
  uint64_t guard(const ClassSet& classes) const {
    uint64_t sum = 0;
    const auto& table = snapshot_.classes().classes();
    for (size_t id = 0; id < table.size(); ++id) {
      if (classes.contains(static_cast<lease::ClassId>(id))) sum += Octets().text(table[id].name).hash();
    }
    return sum;
  }

  void add_options(const OptionSet& options, const Octets& scope) {
    for (const OptionSet::Entry& entry : options.entries()) {
      const uint64_t flags = uint64_t{entry.always_send} | uint64_t{entry.never_send} << 1;
      add(ConfigurationPart::kOptions,
          Octets(scope).number(flags).number(guard(entry.guard)).bytes(options.encoded(entry)));
    }
  }

  void add_pool(const Subnet& subnet, const Pool& pool) {
    const bool is_prefix = pool.type == lease::LeaseType::kPrefix;
    Octets octets = Octets().prefix(subnet.prefix).address(pool.first).address(pool.last).number(pool.unit_length);
    add_options(pool.options, octets);
    octets.number(guard(pool.guard)).bytes(pool.pd_exclude);
    add(is_prefix ? ConfigurationPart::kPrefixPools : ConfigurationPart::kAddressPools, octets);
  }

  void add_subnet(const Subnet& subnet) {
    const Octets name = Octets().prefix(subnet.prefix);
    add(ConfigurationPart::kSubnets, Octets(name).number(guard(subnet.guard)));
    for (const auto* pools : {&subnet.address_pools, &subnet.prefix_pools}) {
      for (const Pool& pool : *pools) add_pool(subnet, pool);
    }
    add_options(subnet.options, name);
    if (subnet.network) {
      const lease::SharedNetwork& network = snapshot_.networks()[*subnet.network];
      add(ConfigurationPart::kSubnets, Octets(name).text(network.name).number(guard(network.guard)));
      add_options(network.options, Octets(name).text(network.name));
    }
    add_lifetimes(subnet, name);
    add_names(subnet.fqdn, name);
  }

  void add_lifetimes(const Subnet& subnet, const Octets& name) {
    const lease::Lifetimes& times = subnet.lifetimes;
    const auto thousandths = [](float share) { return static_cast<uint64_t>(share * 1000); };
    add(ConfigurationPart::kLifetimes, Octets(name)
                                           .range(times.preferred)
                                           .range(times.valid)
                                           .seconds(times.t1)
                                           .seconds(times.t2)
                                           .number(thousandths(times.t1_share))
                                           .number(thousandths(times.t2_share))
                                           .number(thousandths(subnet.cache.threshold))
                                           .seconds(subnet.cache.max_age)
                                           .number(subnet.rapid_commit));
  }

  void add_names(const lease::FqdnPolicy& policy, const Octets& name) {
    add(ConfigurationPart::kNames, Octets(name)
                                       .number(policy.replaces_client_name)
                                       .text(policy.suffix.to_string())
                                       .text(policy.generated_prefix)
                                       .text(policy.invalid.to_string())
                                       .text(policy.replacement));
  }

  void add_reservation(const lease::Reservation& reservation) {
    Octets octets;
    if (reservation.scope != lease::kGlobalScope) {
      const Subnet* subnet = snapshot_.by_id(reservation.scope);
      if (subnet == nullptr || !is_ours(*subnet)) return;
      octets.prefix(subnet->prefix);
    }
    octets.number(static_cast<uint64_t>(reservation.identifier)).bytes(reservation.value).text(reservation.hostname);
    for (const lease::LeaseKey& unit : reservation.units) octets.address(unit.address).number(unit.prefix_length);
    for (const OptionSet::Entry& entry : reservation.options.entries())
      octets.bytes(reservation.options.encoded(entry));
    add(ConfigurationPart::kReservations, octets.number(guard(reservation.classes)));
  }

  void add_class(const lease::ClientClass& each) {
    if (!each.defined) return;
    Octets octets = Octets().text(each.name);
    add_options(each.options, octets);
    octets.number(static_cast<uint64_t>(each.membership)).text(each.expression_text).number(each.only_additional);
    for (const auto& range : {each.valid, each.preferred})
      octets.number(range.has_value()).range(range.value_or(Seconds{}));
    add(ConfigurationPart::kClasses, octets);
  }

  const lease::Snapshot& snapshot_;
  const lease::FailoverScope& scope_;
  ConfigurationDigest digest_;
};

std::string_view name_of(ConfigurationPart part) {
  switch (part) {
    case ConfigurationPart::kSubnets:
      return "subnets";
    case ConfigurationPart::kAddressPools:
      return "pools";
    case ConfigurationPart::kPrefixPools:
      return "pd-pools";
    case ConfigurationPart::kLifetimes:
      return "lifetimes";
    case ConfigurationPart::kOptions:
      return "options";
    case ConfigurationPart::kReservations:
      return "reservations";
    case ConfigurationPart::kClasses:
      return "client-classes";
    case ConfigurationPart::kNames:
      return "ddns settings";
  }
  return "";
}

constexpr size_t kDigestSize = 2 + 8 + 8 * kConfigurationParts;

std::optional<ConfigurationDigest> parse_digest(Bytes data) {
  if (data.size() != kDigestSize || wire::load_be16(data.data()) != kDigestVersion) return std::nullopt;
  ConfigurationDigest digest{.server_id = wire::load_be64(data.data() + 2)};
  for (size_t part = 0; part < kConfigurationParts; ++part) {
    digest.parts[part] = wire::load_be64(data.data() + 10 + 8 * part);
  }
  return digest;
}

}  // namespace

ConfigurationDigest digest_of(const lease::Snapshot& snapshot, const lease::FailoverScope& scope) {
  return Digester(snapshot, scope).run();
}

std::vector<std::string> differences(const ConfigurationDigest& ours, const ConfigurationDigest& theirs) {
  std::vector<std::string> found;
  for (size_t part = 0; part < kConfigurationParts; ++part) {
    if (ours.parts[part] != theirs.parts[part])
      found.emplace_back(name_of(ConfigurationPart{static_cast<uint8_t>(part)}));
  }
  if (ours.server_id == theirs.server_id) found.emplace_back("server-id: both have the same");
  return found;
}

void put_contact(wire::Writer& out, uint32_t transaction_id, AbsoluteTime sent_time,
                 const ConfigurationDigest& digest) {
  wire::put_failover_header(out, wire::MessageType::kContact, transaction_id, sent_time);
  const auto vendor = out.begin(wire::OptionCode::kVendorOptions);
  out.u32(kEnterprise);
  out.u16(kDigestOption);
  out.u16(kDigestSize);
  out.u16(kDigestVersion);
  out.u64(digest.server_id);
  for (const uint64_t part : digest.parts) out.u64(part);
  out.end(vendor);
}

std::optional<ConfigurationDigest> read_contact(const wire::FailoverMessageView& message) {
  wire::OptionWalker walker(message.options);
  while (const auto option = walker.next()) {
    if (option->code != static_cast<uint16_t>(wire::OptionCode::kVendorOptions)) continue;
    const auto vendor = wire::VendorView::parse(option->data);
    if (!vendor || vendor->enterprise != kEnterprise) continue;
    const auto digest = wire::find_option(vendor->data, wire::OptionCode{kDigestOption});
    if (digest) return parse_digest(digest->data);
  }
  return std::nullopt;
}

}  // namespace tandem6::failover
