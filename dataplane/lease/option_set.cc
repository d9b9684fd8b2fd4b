#include "dataplane/lease/option_set.h"

#include <algorithm>
#include <tuple>

#include "dataplane/lease/option_choice.h"
#include "dataplane/wire/require.h"

namespace tandem6::lease {
namespace {

bool goes_before(const OptionSet::Entry& a, const OptionSet::Entry& b) {
  return std::tie(a.space, a.code, a.enterprise) < std::tie(b.space, b.code, b.enterprise);
}

bool is_vendor_space(OptionSpace space) { return static_cast<uint64_t>(space) >> 32 == 1; }

/// RFC 8415 §21.16, §21.17: an enterprise number comes first.
bool starts_with_enterprise(OptionSpace space, uint16_t code) {
  using wire::OptionCode;
  return space == OptionSpace::kDhcp6 && (code == static_cast<uint16_t>(OptionCode::kVendorClass) ||
                                          code == static_cast<uint16_t>(OptionCode::kVendorOptions));
}

uint32_t enterprise_of(const ConfiguredOption& option) {
  if (!starts_with_enterprise(option.space, option.code)) return 0;
  const auto vendor = wire::VendorView::parse(option.data);
  return vendor ? vendor->enterprise : 0;
}

}  // namespace

void OptionSet::add(const ConfiguredOption& option) {
  require(option.data.size() <= 0xffff, "an option is no longer than its length can say");
  std::vector<std::byte> encoded(kHeader);
  wire::store_be16(encoded.data(), option.code);
  wire::store_be16(encoded.data() + 2, static_cast<uint16_t>(option.data.size()));
  encoded.insert(encoded.end(), option.data.begin(), option.data.end());
  insert({.space = option.space,
          .enterprise = enterprise_of(option),
          .code = option.code,
          .always_send = option.always_send,
          .never_send = option.never_send,
          .repeats = option.repeats,
          .one_inside = option.one_inside,
          .guarded = !option.guard.empty(),
          .holds = option.holds,
          .guard = option.guard,
          .at = 0,
          .size = 0},
         encoded);
}

void OptionSet::insert(Entry entry, Bytes encoded) {
  entry.at = static_cast<uint32_t>(bytes_.size());
  entry.size = static_cast<uint32_t>(encoded.size());
  bytes_.insert(bytes_.end(), encoded.begin(), encoded.end());
  has_guards_ = has_guards_ || entry.guarded;
  if (entry.space == OptionSpace::kDhcp6) has_flags_ = has_flags_ || entry.always_send || entry.never_send;

  const bool is_vendor_option = entry.code == static_cast<uint16_t>(wire::OptionCode::kVendorOptions);
  std::optional<uint32_t> enterprise;
  if (is_vendor_space(entry.space)) enterprise = static_cast<uint32_t>(entry.space);
  if (entry.space == OptionSpace::kDhcp6 && is_vendor_option) enterprise = entry.enterprise;
  if (enterprise && !std::ranges::binary_search(enterprises_, *enterprise))
    enterprises_.insert(std::ranges::upper_bound(enterprises_, *enterprise), *enterprise);

  entries_.insert(std::upper_bound(entries_.begin(), entries_.end(), entry, goes_before), entry);
  count_dhcp6();
}

void OptionSet::count_dhcp6() { dhcp6_count_ = search(OptionSpace::kDhcp6).size(); }

void OptionSet::set(uint16_t code, Bytes data, bool always_send) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.space == OptionSpace::kDhcp6 && entry.code == code; });
  count_dhcp6();
  ConfiguredOption option;
  option.code = code;
  option.data.assign(data.begin(), data.end());
  option.always_send = always_send;
  add(option);
}

OptionSet::Entries OptionSet::search(OptionSpace space) const {
  const auto found = std::ranges::equal_range(entries_, space, {}, &Entry::space);
  return {found.begin(), found.end()};
}

OptionSet::Entries OptionSet::like(const Entry& wanted) const {
  const auto [first, last] = std::equal_range(entries_.begin(), entries_.end(), wanted, goes_before);
  return {first, last};
}

void OptionSet::write(wire::Writer& out, const std::optional<wire::OptionRequestView>& requested) const {
  const OptionSet* const chain[] = {this};
  write_options(out, {.requested = requested, .classes = {}, .options = {}}, chain);
}

}  // namespace tandem6::lease
