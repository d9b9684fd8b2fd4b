#include "tools/tandem6-import/kea_lease.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace tandem6::import {
namespace {

using lease::BindingStatus;
using lease::LeaseType;

constexpr std::string_view kHeader =
    "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,"
    "hwaddr,state,user_context";
constexpr std::array<std::string_view, 9> kRequired = {
    "address", "duid", "valid_lifetime", "expire", "subnet_id", "pref_lifetime", "lease_type", "iaid", "prefix_len"};

// Kea's numbers.
enum class KeaType : uint8_t { kAddress = 0, kTemporary = 1, kPrefix = 2 };
enum class KeaState : uint8_t { kDefault = 0, kDeclined = 1, kReclaimed = 2, kReleased = 3, kRegistered = 4 };

tl::unexpected<Error> refused(std::string text) { return tl::unexpected(Error{std::move(text)}); }

/// One row, its values by the names of their columns. The first value that is wrong is remembered.
class Row {
 public:
  Row(const Columns& columns, std::string_view line) : columns_(columns), values_(split_row(line)) {}

  bool has_too_many() const { return values_.size() > columns_.count(); }
  size_t size() const { return values_.size(); }
  /// Empty when the row or the file does not have it.
  std::string_view text(std::string_view column) const {
    const auto place = columns_.place_of(column);
    return place && *place < values_.size() ? values_[*place] : std::string_view{};
  }
  uint64_t number(std::string_view column, uint64_t most) {
    const std::string_view digits = text(column);
    uint64_t value = 0;
    const auto [stop, error] = std::from_chars(digits.begin(), digits.end(), value);
    if (error == std::errc{} && stop == digits.end() && value <= most) return value;
    complain(column, fmt::format("is no number from 0 to {}", most));
    return 0;
  }
  uint64_t number_or_zero(std::string_view column, uint64_t most) {
    return text(column).empty() ? 0 : number(column, most);
  }

  void complain(std::string_view column, std::string_view what) {
    if (wrong_.empty()) wrong_ = fmt::format("{}: '{}' {}", column, text(column), what);
  }
  const std::string& wrong() const { return wrong_; }

 private:
  const Columns& columns_;
  std::vector<std::string_view> values_;
  std::string wrong_;
};

lease::LeaseKey read_key(Row& row) {
  lease::LeaseKey key;
  if (const auto address = Ipv6Address::parse(row.text("address")))
    key.address = *address;
  else
    row.complain("address", "is no IPv6 address");
  const auto type = static_cast<KeaType>(row.number("lease_type", 2));
  if (type == KeaType::kTemporary) row.complain("lease_type", "is a temporary address: RFC 9915 made IA_TA obsolete");
  const uint64_t length = row.number("prefix_len", 128);
  if (type == KeaType::kAddress) {
    if (length != 128) row.complain("prefix_len", "is not 128, the length of an address");
    return key;
  }
  key.type = LeaseType::kPrefix;
  key.prefix_length = static_cast<uint8_t>(length);
  if (length == 0) row.complain("prefix_len", "is no length of a delegated prefix");
  const bool has_host_bits = length < 128 && (key.address.number() << length) != 0;
  if (has_host_bits) row.complain("address", fmt::format("has bits set beyond its prefix_len {}", length));
  return key;
}

/// Kea takes the DUID of a declined lease away: what is left is "00", by version.
void read_duid(Row& row, bool is_declined, lease::LeaseRecord& record) {
  const auto duid = Duid::parse(row.text("duid"));
  const bool is_nobody =
      !duid || std::ranges::all_of(duid->bytes(), [](std::byte octet) { return octet == std::byte{0}; });
  if (is_declined && is_nobody) return;
  if (duid)
    record.duid = *duid;
  else
    row.complain("duid", "is no DUID of 3 to 130 octets");
}

/// `expire` is the time of the last transaction and the valid lifetime, added up.
void read_times(Row& row, lease::LeaseRecord& record) {
  const uint64_t valid = row.number("valid_lifetime", Seconds::kInfinite);
  const uint64_t preferred = row.number("pref_lifetime", Seconds::kInfinite);
  const uint64_t expire = row.number("expire", std::numeric_limits<int64_t>::max());
  record.valid = Seconds{static_cast<uint32_t>(valid)};
  record.preferred = Seconds{static_cast<uint32_t>(std::min(preferred, valid))};
  const int64_t contact = static_cast<int64_t>(expire) - static_cast<int64_t>(valid);
  constexpr int64_t kFirst = AbsoluteTime::kUnixOffset;
  constexpr int64_t kLast = kFirst + std::numeric_limits<uint32_t>::max();
  if (contact < kFirst || contact > kLast) row.complain("expire", "does not fit its valid_lifetime");
  record.last_contact = AbsoluteTime::from_unix(contact);
}

RowKind kind_of(KeaState state, uint64_t valid) {
  if (state == KeaState::kRegistered) return RowKind::kRegistered;
  // A valid lifetime of 0 is how Kea's file says that a lease was deleted.
  const bool ended = state == KeaState::kReclaimed || state == KeaState::kReleased || valid == 0;
  return ended ? RowKind::kEnded : RowKind::kLease;
}

}  // namespace

tl::expected<void, Error> check_columns(const Columns& columns) {
  for (const std::string_view name : kRequired) {
    if (!columns.has(name))
      return refused(fmt::format("its first line names no column '{}': is this a kea-leases6.csv?", name));
  }
  return {};
}

tl::expected<KeaLease, Error> read_lease(const Columns& columns, std::string_view line) {
  Row row(columns, line);
  if (row.has_too_many())
    return refused(fmt::format("{} values in {} columns: was it written whole?", row.size(), columns.count()));
  KeaLease read;
  read.record.key = read_key(row);
  const auto state = static_cast<KeaState>(row.number_or_zero("state", 4));
  read.kind = kind_of(state, row.number("valid_lifetime", Seconds::kInfinite));
  if (read.kind == RowKind::kLease) {
    const bool is_declined = state == KeaState::kDeclined;
    if (is_declined && read.record.key.type == LeaseType::kPrefix)
      row.complain("state", "is declined, which a prefix cannot be (RFC 8415 §18.2.8)");
    read.record.status = is_declined ? BindingStatus::kAbandoned : BindingStatus::kActive;
    read_duid(row, is_declined, read.record);
    read_times(row, read.record);
    read.record.subnet_id = static_cast<uint32_t>(row.number("subnet_id", std::numeric_limits<uint32_t>::max()));
    read.record.iaid = static_cast<uint32_t>(row.number("iaid", std::numeric_limits<uint32_t>::max()));
    read.forward = row.number_or_zero("fqdn_fwd", 1) == 1;
    read.reverse = row.number_or_zero("fqdn_rev", 1) == 1;
    read.hostname = unescape(row.text("hostname"));
    read.has_hwaddr = !row.text("hwaddr").empty();
    read.has_user_context = !row.text("user_context").empty();
  }
  if (!row.wrong().empty()) return refused(row.wrong());
  return read;
}

std::string_view written_header() { return kHeader; }

std::string write_lease(const KeaLease& lease) {
  const lease::LeaseRecord& record = lease.record;
  const bool is_declined = record.status == BindingStatus::kAbandoned;
  const auto type = record.key.type == LeaseType::kPrefix ? KeaType::kPrefix : KeaType::kAddress;
  const auto state = is_declined ? KeaState::kDeclined : KeaState::kDefault;
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},,{},", record.key.address.to_string(),
                     record.duid.empty() ? "00" : record.duid.to_string(), record.valid.count,
                     record.last_contact.to_unix() + record.valid.count, record.subnet_id, record.preferred.count,
                     static_cast<int>(type), record.iaid, record.key.prefix_length, lease.forward ? 1 : 0,
                     lease.reverse ? 1 : 0, escape(lease.hostname), static_cast<int>(state));
}

}  // namespace tandem6::import
