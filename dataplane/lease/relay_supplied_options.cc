#include "dataplane/lease/relay_supplied_options.h"

#include <algorithm>

namespace tandem6::lease {
namespace {

constexpr uint16_t kErpLocalDomainName = 65;                        // RFC 6440 §3
constexpr auto kRelaySupplied = static_cast<wire::OptionCode>(66);  // RFC 6422 §3

}  // namespace

RelaySuppliableCodes::RelaySuppliableCodes(std::vector<uint16_t> more) : codes_(std::move(more)) {
  codes_.push_back(kErpLocalDomainName);
  std::ranges::sort(codes_);
  codes_.erase(std::ranges::unique(codes_).begin(), codes_.end());
}

bool RelaySuppliableCodes::contains(uint16_t code) const { return std::ranges::binary_search(codes_, code); }

void write_relay_supplied_options(wire::Writer& out, size_t options_at, std::span<const wire::RelayView> relays,
                                  const RelaySuppliableCodes& codes) {
  // The innermost relay is the last one.
  for (size_t i = relays.size(); i-- != 0;) {
    const auto supplied = wire::find_option(relays[i].options, kRelaySupplied);
    if (!supplied) continue;
    wire::OptionWalker walker(supplied->data);
    while (const auto option = walker.next()) {
      if (!codes.contains(option->code)) continue;
      const Bytes answer = out.written().subspan(options_at);
      if (!wire::find_option(answer, static_cast<wire::OptionCode>(option->code)))
        out.option(option->code, option->data);
    }
  }
}

}  // namespace tandem6::lease
