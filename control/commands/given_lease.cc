#include "control/commands/given_lease.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "control/commands/lease_fields.h"
#include "dataplane/wire/domain_name.h"

namespace tandem6::control {
namespace {

using lease::BindingStatus;
using lease::LeaseKey;
using lease::LeaseRecord;
using lease::LeaseType;
using nlohmann::json;

template <typename... Arguments>
tl::unexpected<Error> refused(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  return tl::unexpected(Error{fmt::format(text, std::forward<Arguments>(arguments)...)});
}

tl::expected<LeaseKey, Error> key_in(const json& arguments) {
  const auto unit = named_unit(arguments);
  if (!unit) return tl::unexpected(unit.error());
  if (unit->type == LeaseType::kAddress) return LeaseKey{LeaseType::kAddress, 128, unit->address};
  if (!unit->prefix_length) return refused("'prefix-len' parameter not specified");
  const uint8_t length = *unit->prefix_length;
  if (length < 128 && (unit->address.number() << length) != 0)
    return refused("{} has bits set beyond its prefix-len {}", unit->address.to_string(), length);
  return LeaseKey{LeaseType::kPrefix, length, unit->address};
}

/// A lease of another length than the pool's units would lie over several of them, or share one with others.
const lease::Pool* pool_shared_by(const lease::Snapshot& snapshot, const LeaseKey& key) {
  for (const lease::Subnet& subnet : snapshot.subnets()) {
    for (const lease::Pool& pool : subnet.prefix_pools) {
      if (pool.overlaps_misfit(key)) return &pool;
    }
  }
  return nullptr;
}

tl::expected<const lease::Subnet*, Error> subnet_in(const Server& server, const json& arguments, const LeaseKey& key) {
  const auto id = optional_number(arguments, "subnet-id", 0, kMax32);
  if (!id) return tl::unexpected(id.error());
  const bool is_address = key.type == LeaseType::kAddress;
  if (id->value_or(0) == 0) {
    if (!is_address)
      return refused("Subnet-id is 0 or not specified. This is allowed for address leases only, not prefix leases.");
    const lease::Subnet* around = server.snapshot().subnet_around(key);
    if (around != nullptr) return around;
    return refused("subnet-id not specified and failed to find a subnet for address {}", text_of(key));
  }
  const lease::Subnet* subnet = server.snapshot().by_id(static_cast<uint32_t>(**id));
  if (subnet == nullptr)
    return refused("Invalid subnet-id: No IPv6 subnet with subnet-id={} currently configured.", **id);
  if (is_address && !subnet->prefix.contains(key.address))
    return refused("The address {} does not belong to subnet {}, subnet-id={}", text_of(key),
                   subnet->prefix.to_string(), subnet->id);
  return subnet;
}

tl::expected<void, Error> read_lifetimes(const json& arguments, const lease::Subnet& subnet, LeaseRecord& record) {
  const lease::Terms usual = subnet.lifetimes.granted({});
  const auto valid = optional_number(arguments, "valid-lft", 1, kMax32);
  if (!valid) return tl::unexpected(valid.error());
  const auto preferred = optional_number(arguments, "preferred-lft", 0, kMax32);
  if (!preferred) return tl::unexpected(preferred.error());
  record.valid = Seconds{static_cast<uint32_t>(valid->value_or(usual.valid.count))};
  record.preferred =
      Seconds{static_cast<uint32_t>(preferred->value_or(std::min(usual.preferred.count, record.valid.count)))};
  if (record.preferred > record.valid) return refused("'preferred-lft' is longer than the valid lifetime");
  return {};
}

/// `expire` is when the lease ends: the time of the client's last message and the valid lifetime, added up.
tl::expected<void, Error> read_times(const Server& server, const json& arguments, LeaseRecord& record) {
  record.last_contact = server.now();
  const auto end = optional_number(arguments, "expire", 1, std::numeric_limits<int64_t>::max());
  if (!end) return tl::unexpected(end.error());
  if (!*end) return {};
  const auto expire = static_cast<int64_t>(**end);
  const int64_t now = server.now().to_unix();
  const int64_t contact = expire - int64_t{record.valid.count};
  if (expire <= now) return refused("'expire' parameter: {} is over: it is {}", expire, now);
  if (contact > now || contact < AbsoluteTime::kUnixOffset)
    return refused("'expire' parameter: {} does not fit a valid lifetime of {} s", expire, record.valid.count);
  record.last_contact = AbsoluteTime::from_unix(contact);
  return {};
}

tl::expected<BindingStatus, Error> status_in(const json& arguments, LeaseType type) {
  const auto state = optional_number(arguments, "state", 0, 255);
  if (!state) return tl::unexpected(state.error());
  switch (state->value_or(0)) {
    case 0:
      return BindingStatus::kActive;
    case 1:
      if (type == LeaseType::kAddress) return BindingStatus::kAbandoned;
      return refused("'state' parameter: a prefix cannot be declined (RFC 8415 §18.2.8)");
    default:
      return refused("Invalid state value: {}, supported values are: 0 (default) and 1 (declined)", **state);
  }
}

tl::expected<std::optional<GivenName>, Error> name_in(const json& arguments) {
  const auto text = optional_text(arguments, "hostname");
  if (!text) return tl::unexpected(text.error());
  const auto forward = optional_boolean(arguments, "fqdn-fwd");
  if (!forward) return tl::unexpected(forward.error());
  const auto reverse = optional_boolean(arguments, "fqdn-rev");
  if (!reverse) return tl::unexpected(reverse.error());
  const bool updated = forward->value_or(false) || reverse->value_or(false);
  if (text->value_or("").empty()) {
    if (updated) return refused("No hostname specified and either forward or reverse fqdn was set to true.");
    return *text ? std::optional(GivenName{}) : std::nullopt;
  }
  const auto name = wire::DomainName::parse_escaped(**text);
  if (!name) return refused("'hostname' parameter: '{}' is no domain name", **text);
  return GivenName{name->to_string(), forward->value_or(false), reverse->value_or(false)};
}

/// What Kea would keep with the lease, and nothing here does.
tl::expected<void, Error> check_contexts(const json& arguments) {
  for (const char* name : {"user-context", "comment"}) {
    if (arguments.contains(name)) return refused("'{}' parameter is not supported: it would not be kept", name);
  }
  return {};
}

}  // namespace

tl::expected<GivenLease, Error> given_lease(const Server& server, const json& arguments) {
  GivenLease given;
  LeaseRecord& record = given.record;
  if (auto good = check_contexts(arguments); !good) return tl::unexpected(good.error());
  const auto key = key_in(arguments);
  if (!key) return tl::unexpected(key.error());
  record.key = *key;
  if (const lease::Pool* pool = pool_shared_by(server.snapshot(), *key))
    return refused("{} shares space with pool {}, whose prefixes have length {}", text_of(*key), pool->text,
                   pool->unit_length);
  const auto subnet = subnet_in(server, arguments, *key);
  if (!subnet) return tl::unexpected(subnet.error());
  record.subnet_id = (*subnet)->id;
  const auto duid = duid_in(arguments, "duid");
  if (!duid) return tl::unexpected(duid.error());
  record.duid = *duid;
  const auto iaid = required_number(arguments, "iaid", 0, kMax32);
  if (!iaid) return tl::unexpected(iaid.error());
  record.iaid = static_cast<uint32_t>(*iaid);
  if (auto good = read_lifetimes(arguments, **subnet, record); !good) return tl::unexpected(good.error());
  if (auto good = read_times(server, arguments, record); !good) return tl::unexpected(good.error());
  const auto status = status_in(arguments, key->type);
  if (!status) return tl::unexpected(status.error());
  record.status = *status;
  auto name = name_in(arguments);
  if (!name) return tl::unexpected(name.error());
  given.name = std::move(*name);
  return given;
}

}  // namespace tandem6::control
