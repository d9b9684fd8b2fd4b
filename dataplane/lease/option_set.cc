#include "dataplane/lease/option_set.h"

#include <algorithm>
#include <array>

namespace tandem6::lease {
namespace {

/// What an Option Request lists. Clients list dozens of codes, and could list thousands: each is looked at once.
class RequestedCodes {
 public:
  explicit RequestedCodes(const std::optional<wire::OptionRequestView>& requested) : requested_(requested) {
    if (!requested) return;
    for (size_t i = 0; i < requested->size(); ++i) {
      const uint16_t code = (*requested)[i];
      if (code < kLow) low_[code / 64] |= uint64_t{1} << code % 64;
    }
  }
  bool contains(uint16_t code) const {
    if (code < kLow) return (low_[code / 64] >> code % 64 & 1) != 0;
    return requested_ && requested_->contains(static_cast<wire::OptionCode>(code));
  }

 private:
  static constexpr uint16_t kLow = 256;
  const std::optional<wire::OptionRequestView>& requested_;
  std::array<uint64_t, kLow / 64> low_{};
};

}  // namespace

void OptionSet::set(uint16_t code, Bytes data, bool always_send) {
  Entry entry{code, always_send, {data.begin(), data.end()}};
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), code,
                                   [](const Entry& existing, uint16_t wanted) { return existing.code < wanted; });
  if (at != entries_.end() && at->code == code) {
    *at = std::move(entry);
  } else {
    entries_.insert(at, std::move(entry));
  }
}

void OptionSet::inherit(const OptionSet& outer) {
  for (const Entry& entry : outer.entries_) {
    const auto same_code = [&](const Entry& own) { return own.code == entry.code; };
    if (std::none_of(entries_.begin(), entries_.end(), same_code)) set(entry.code, entry.data, entry.always_send);
  }
}

void OptionSet::write(wire::Writer& out, const std::optional<wire::OptionRequestView>& requested) const {
  if (entries_.empty()) return;
  const RequestedCodes codes(requested);
  for (const Entry& entry : entries_) {
    if (entry.always_send || codes.contains(entry.code)) out.option(entry.code, entry.data);
  }
}

void OptionSet::write(wire::Writer& out, const std::optional<wire::OptionRequestView>& requested, const ClassSet&,
                      std::span<const OptionSet* const> chain) {
  OptionSet merged;
  for (const OptionSet* set : chain) merged.inherit(*set);
  merged.write(out, requested);
}

}  // namespace tandem6::lease
