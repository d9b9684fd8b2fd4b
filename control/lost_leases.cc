#include "control/lost_leases.h"

#include <algorithm>
#include <compare>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace tandem6::control {
namespace {

using lease::LeaseKey;
using lease::LeaseRecord;
using lease::LeaseType;

constexpr size_t kPage = 10'000;

/// Addresses first..last out of which units of one length are leased.
struct Space {
  LeaseType type;
  uint8_t unit_length;
  Ipv6Address first;
  Ipv6Address last;

  bool same_kind(const Space& other) const { return type == other.type && unit_length == other.unit_length; }
  friend auto operator<=>(const Space&, const Space&) = default;
};

const Ipv6Address kHighest = Ipv6Address::from_number(~U128{0});

/// Sorted; those of one kind that overlap made one.
std::vector<Space> merged(std::vector<Space> spaces) {
  std::ranges::sort(spaces);
  std::vector<Space> result;
  for (const Space& space : spaces) {
    if (!result.empty() && result.back().same_kind(space) && space.first <= result.back().last)
      result.back().last = std::max(result.back().last, space.last);
    else
      result.push_back(space);
  }
  return result;
}

/// All that can be leased.
std::vector<Space> spaces_of(const Configuration& configuration) {
  std::vector<Space> all;
  for (const SubnetConfig& subnet : configuration.subnets)
    for (const PoolConfig& pool : subnet.pools) all.push_back({pool.type, pool.unit_length, pool.first, pool.last});
  for (const lease::Reservation& reservation : configuration.reservations)
    for (const LeaseKey& key : reservation.units) all.push_back({key.type, key.prefix_length, key.address, key.last()});
  return merged(std::move(all));
}

using Place = std::vector<Space>::const_iterator;

/// The first space of this kind that ends at or after `address`; else the end or one of another kind.
Place first_from(const std::vector<Space>& spaces, LeaseType type, uint8_t unit_length, const Ipv6Address& address) {
  const Place after = std::ranges::upper_bound(spaces, Space{type, unit_length, address, kHighest});
  if (after == spaces.begin()) return after;
  const Place before = std::prev(after);
  const bool reaches = before->type == type && before->unit_length == unit_length && address <= before->last;
  return reaches ? before : after;
}

/// What of `space` is in none of `kept`.
void append_rest(Space space, const std::vector<Space>& kept, std::vector<Space>& left) {
  for (Place place = first_from(kept, space.type, space.unit_length, space.first);
       place != kept.end() && place->same_kind(space) && place->first <= space.last; ++place) {
    if (space.first < place->first)
      left.push_back({space.type, space.unit_length, space.first, Ipv6Address::from_number(place->first.number() - 1)});
    if (space.last <= place->last) return;
    space.first = Ipv6Address::from_number(place->last.number() + 1);
  }
  left.push_back(space);
}

/// Walks the leases in `lost`, jumping over what lies between as far as whole pages of it do.
class Count {
 public:
  Count(storage::Store& store, const std::vector<Space>& lost, AbsoluteTime time)
      : store_(store), lost_(lost), time_(time) {}

  tl::expected<LeaseLoss, Error> run() {
    std::vector<Space> regions = lost_;
    for (Space& region : regions) region.unit_length = 0;
    for (const Space& region : merged(std::move(regions)))
      if (auto done = walk(region); !done) return tl::unexpected(done.error());
    return std::move(loss_);
  }

 private:
  static bool before(const LeaseKey& a, LeaseType type, const Ipv6Address& address) {
    return a.type != type ? a.type < type : a.address < address;
  }

  tl::expected<void, Error> walk(const Space& region) {
    if (!after_ || before(*after_, region.type, region.first)) after_ = LeaseKey{region.type, 0, region.first};
    while (!at_end_ && loss_.complete && !before({region.type, 0, region.last}, after_->type, after_->address)) {
      const auto page = store_.page(after_, kPage);
      if (!page) return tl::unexpected(page.error());
      for (const LeaseRecord& record : *page) look_at(record);
      at_end_ = page->size() < kPage;
      if (!page->empty()) after_ = page->back().key;
      read_ += page->size();
      loss_.complete = at_end_ || read_ < kMaxRead;
    }
    return {};
  }

  void look_at(const LeaseRecord& record) {
    const bool in_use =
        record.status == lease::BindingStatus::kActive && (record.valid.infinite() || record.expires() > time_);
    const LeaseKey& key = record.key;
    const Place place = first_from(lost_, key.type, key.prefix_length, key.address);
    const bool is_lost = place != lost_.end() && place->type == key.type && place->unit_length == key.prefix_length &&
                         place->first <= key.address;
    if (in_use && is_lost) ++loss_.by_subnet[record.subnet_id];
  }

  storage::Store& store_;
  const std::vector<Space>& lost_;
  AbsoluteTime time_;
  std::optional<LeaseKey> after_;
  bool at_end_ = false;
  uint64_t read_ = 0;
  LeaseLoss loss_;
};

}  // namespace

tl::expected<LeaseLoss, Error> count_lost_leases(storage::Store& store, const Configuration& now,
                                                 const Configuration& next, AbsoluteTime time) {
  const std::vector<Space> kept = spaces_of(next);
  std::vector<Space> lost;
  for (const Space& space : spaces_of(now)) append_rest(space, kept, lost);
  return Count(store, lost, time).run();
}

std::vector<std::string> describe(const LeaseLoss& loss) {
  std::vector<std::string> lines;
  for (const auto& [subnet, count] : loss.by_subnet)
    lines.push_back(fmt::format("subnet {}: {}{} lease{} in no pool any more: {} get{} lifetimes 0 at the next renew",
                                subnet, loss.complete ? "" : "at least ", count, count == 1 ? " is" : "s are",
                                count == 1 ? "its client" : "their clients", count == 1 ? "s" : ""));
  return lines;
}

}  // namespace tandem6::control
