#include "dataplane/lease/option_choice.h"

#include <algorithm>
#include <array>

namespace tandem6::lease {
namespace {

using Entry = OptionSet::Entry;
using Entries = OptionSet::Entries;

constexpr uint16_t kVendorClass = static_cast<uint16_t>(wire::OptionCode::kVendorClass);
constexpr uint16_t kVendorOptions = static_cast<uint16_t>(wire::OptionCode::kVendorOptions);
constexpr uint16_t kPreference = static_cast<uint16_t>(wire::OptionCode::kPreference);
constexpr uint16_t kRefreshTime = static_cast<uint16_t>(wire::OptionCode::kInformationRefreshTime);
constexpr uint32_t kCableLabs = 4491;
constexpr auto kCableLabsRequest = static_cast<wire::OptionCode>(1);

/// A set of the codes that matter most, which are low. Clients list dozens of codes, and could list thousands: each is
/// looked at once.
class LowCodes {
 public:
  static constexpr uint16_t kLimit = 256;
  void add(uint16_t code) { words_[code / 64] |= uint64_t{1} << code % 64; }
  bool contains(uint16_t code) const { return (words_[code / 64] >> code % 64 & 1) != 0; }

 private:
  std::array<uint64_t, kLimit / 64> words_{};
};

/// What the client says about one vendor's options.
struct ClientVendor {
  bool named = false;
  std::optional<wire::OptionRequestView> requested;  ///< those that it wants, when it lists them
};

ClientVendor client_vendor(Bytes options, uint32_t enterprise) {
  ClientVendor client;
  wire::OptionWalker walker(options);
  while (const auto option = walker.next()) {
    if (option->code != kVendorClass && option->code != kVendorOptions) continue;
    const auto vendor = wire::VendorView::parse(option->data);
    if (!vendor || vendor->enterprise != enterprise) continue;
    client.named = true;
    // What option 1 means is the vendor's business; of the cable modems' we know.
    if (option->code != kVendorOptions || enterprise != kCableLabs) continue;
    if (const auto list = wire::find_option(vendor->data, kCableLabsRequest))
      client.requested = wire::OptionRequestView::parse(list->data);
  }
  return client;
}

/// The entries behind `from` that are the same option as it, and it.
Entries run_from(Entries entries, size_t from) {
  size_t end = from + 1;
  while (end < entries.size() && entries[end].same_option(entries[from])) ++end;
  return entries.subspan(from, end - from);
}

/// One answer's options being written.
class Choice {
 public:
  Choice(wire::Writer& out, const OptionWish& wish, std::span<const OptionSet* const> chain)
      : out_(out), wish_(wish), chain_(chain) {}

  void write() {
    note_requested();
    for (const OptionSet* set : chain_)
      if (set->has_flags()) note_flags(*set);
    if (wish_.kind) note_kind(*wish_.kind);
    for (size_t scope = 0; scope < chain_.size(); ++scope) write_scope(scope);
    for (size_t scope = 0; scope < chain_.size(); ++scope) write_vendors(scope);
  }

 private:
  void note_requested() {
    if (!wish_.requested) return;
    for (size_t i = 0; i < wish_.requested->size(); ++i) {
      const uint16_t code = (*wish_.requested)[i];
      if (code < LowCodes::kLimit) requested_.add(code);
    }
  }
  void note_flags(const OptionSet& set) {
    for (const Entry& entry : set.in(OptionSpace::kDhcp6)) {
      if (entry.code >= LowCodes::kLimit) break;
      if (!admits(entry)) continue;
      if (entry.always_send) always_.add(entry.code);
      if (entry.never_send) never_.add(entry.code);
    }
  }

  void note_kind(const AnswerKind& kind) {
    (kind.answer == wire::MessageType::kAdvertise ? always_ : never_).add(kPreference);
    if (kind.asked != wire::MessageType::kInformationRequest) never_.add(kRefreshTime);
  }

  bool admits(const Entry& entry) const { return entry.admits(wish_.classes); }
  bool requested(uint16_t code) const {
    if (code < LowCodes::kLimit) return requested_.contains(code);
    return wish_.requested && wish_.requested->contains(static_cast<wire::OptionCode>(code));
  }
  /// Has any scope this option, for this client, with the flag?
  bool flagged(const Entry& option, bool Entry::* flag) const {
    return std::ranges::any_of(chain_, [&](const OptionSet* set) {
      return std::ranges::any_of(set->like(option), [&](const Entry& each) { return each.*flag && admits(each); });
    });
  }
  bool wanted(const Entry& option) const {
    if (option.code < LowCodes::kLimit && option.code != kVendorClass) {
      return (requested_.contains(option.code) || always_.contains(option.code)) && !never_.contains(option.code);
    }
    return (requested(option.code) || flagged(option, &Entry::always_send)) && !flagged(option, &Entry::never_send);
  }
  /// Has a scope before this one the option for this client?
  bool settled_before(size_t scope, const Entry& option) const {
    return std::ranges::any_of(chain_.first(scope), [&](const OptionSet* set) {
      return std::ranges::any_of(set->like(option), [&](const Entry& each) { return admits(each); });
    });
  }

  void write_scope(size_t scope) {
    const OptionSet& set = *chain_[scope];
    const Entries entries = set.in(OptionSpace::kDhcp6);
    for (size_t at = 0; at < entries.size();) {
      const Entries run = run_from(entries, at);
      at += run.size();
      // Vendors' options come on their own.
      if (run[0].code != kVendorOptions && wanted(run[0]) && !settled_before(scope, run[0])) write_run(set, run);
    }
  }

  void write_run(const OptionSet& set, Entries run) {
    for (const Entry& entry : run) {
      if (!admits(entry)) continue;
      write_entry(set, entry);
      if (!entry.repeats) return;
    }
  }

  void write_entry(const OptionSet& set, const Entry& entry) {
    if (!entry.holds) {
      out_.bytes(set.encoded(entry));
      return;
    }
    if (out_.overflow()) return;  // containers in containers can be many
    if (entry.one_inside) {
      each_run(*entry.holds, [&](const OptionSet& inner_set, Entries run) {
        for (const Entry& inner : run) {
          if (!admits(inner)) continue;
          const auto open = begin(set, entry);
          write_entry(inner_set, inner);
          out_.end(open);
        }
      });
      return;
    }
    const auto open = begin(set, entry);
    each_run(*entry.holds, [&](const OptionSet& inner_set, Entries run) { write_run(inner_set, run); });
    out_.end(open);
  }

  wire::Writer::OpenOption begin(const OptionSet& set, const Entry& entry) {
    const auto open = out_.begin(static_cast<wire::OptionCode>(entry.code));
    out_.bytes(set.data(entry));
    return open;
  }

  /// Calls `see(set, run)` for each option of the space, with the scope that it is taken from.
  template <typename See>
  void each_run(OptionSpace space, See&& see) {
    for (size_t scope = 0; scope < chain_.size(); ++scope) {
      const Entries entries = chain_[scope]->in(space);
      for (size_t at = 0; at < entries.size();) {
        const Entries run = run_from(entries, at);
        at += run.size();
        if (!settled_before(scope, run[0])) see(*chain_[scope], run);
      }
    }
  }

  void write_vendors(size_t scope) {
    for (const uint32_t enterprise : chain_[scope]->enterprises()) {
      const auto has_it = [&](const OptionSet* set) {
        return std::ranges::binary_search(set->enterprises(), enterprise);
      };
      if (std::ranges::none_of(chain_.first(scope), has_it)) write_vendor(enterprise);
    }
  }

  void write_vendor(uint32_t enterprise) {
    Entry container{};
    container.code = kVendorOptions;
    container.enterprise = enterprise;
    if (flagged(container, &Entry::never_send)) return;
    const bool asked = requested(kVendorOptions);
    const bool always = flagged(container, &Entry::always_send);
    const ClientVendor client = client_vendor(wish_.options, enterprise);
    const auto data = vendor_data(container);
    std::optional<wire::Writer::OpenOption> open;
    if (data && (asked || always)) open = begin_vendor(enterprise, data);
    if (!open && !client.named) return;

    const bool all = (asked || always) && !client.requested;
    each_run(vendor_space(enterprise), [&](const OptionSet& set, Entries run) {
      const auto code = static_cast<wire::OptionCode>(run[0].code);
      const bool listed = client.requested && client.requested->contains(code);
      if (!all && !listed && !flagged(run[0], &Entry::always_send)) return;
      if (flagged(run[0], &Entry::never_send)) return;
      if (!open) open = begin_vendor(enterprise, data);
      write_run(set, run);
    });
    if (open) out_.end(*open);
  }

  /// What the configured option of this enterprise says itself: its number, as a rule.
  std::optional<Bytes> vendor_data(const Entry& container) const {
    for (const OptionSet* set : chain_)
      for (const Entry& entry : set->like(container))
        if (admits(entry)) return set->data(entry);
    return std::nullopt;
  }
  wire::Writer::OpenOption begin_vendor(uint32_t enterprise, const std::optional<Bytes>& data) {
    const auto open = out_.begin(wire::OptionCode::kVendorOptions);
    if (data)
      out_.bytes(*data);
    else
      out_.u32(enterprise);
    return open;
  }

  wire::Writer& out_;
  const OptionWish& wish_;
  const std::span<const OptionSet* const> chain_;
  LowCodes requested_;
  LowCodes always_;
  LowCodes never_;
};

}  // namespace

void write_options(wire::Writer& out, const OptionWish& wish, std::span<const OptionSet* const> chain) {
  if (std::ranges::all_of(chain, [](const OptionSet* set) { return set->empty(); })) return;
  Choice(out, wish, chain).write();
}

}  // namespace tandem6::lease
