#include "control/config/mac_sources.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "control/config/reader.h"

namespace tandem6::control {
namespace {

struct Name {
  std::string_view text;
  std::optional<lease::MacSource> source;  ///< nothing: Kea knows the name, and never finds anything there
};
constexpr std::array kSourceNames = {
    Name{"any", std::nullopt},
    Name{"raw", std::nullopt},
    Name{"duid", lease::MacSource::kDuid},
    Name{"ipv6-link-local", lease::MacSource::kLinkLocal},
    Name{"client-link-addr-option", lease::MacSource::kClientLinkLayerOption},
    Name{"rfc6939", lease::MacSource::kClientLinkLayerOption},
    Name{"remote-id", lease::MacSource::kRemoteId},
    Name{"rfc4649", lease::MacSource::kRemoteId},
    Name{"subscriber-id", std::nullopt},
    Name{"rfc4580", std::nullopt},
    Name{"docsis-cmts", lease::MacSource::kDocsisCmts},
    Name{"docsis-modem", lease::MacSource::kDocsisModem},
};

std::vector<std::string_view> all_names() {
  std::vector<std::string_view> names;
  for (const Name& name : kSourceNames) names.push_back(name.text);
  return names;
}

void add(lease::MacSources& sources, lease::MacSource source) {
  if (std::ranges::find(sources, source) == sources.end()) sources.push(source);
}

}  // namespace

lease::MacSources read_mac_sources(const Node& dhcp6, Remarks& remarks) {
  const Node* list = dhcp6.find("mac-sources");
  if (list == nullptr || !list->is_list()) return lease::all_mac_sources();
  lease::MacSources sources;
  for (const Node* text : strings_at(dhcp6, "mac-sources")) {
    const auto choice = choice_of(*text, all_names(), remarks);
    if (!choice) continue;
    const Name& name = kSourceNames[*choice];
    if (name.source) {
      add(sources, *name.source);
    } else if (name.text == "any") {
      for (const lease::MacSource source : lease::all_mac_sources()) add(sources, source);
    } else {
      remarks.warning(*text, fmt::format("\"{}\" gives no link-layer address, as in Kea", name.text));
    }
  }
  if (list->children.empty()) remarks.error(*list, "a source is wanted: without the key it is [ \"any\" ]");
  return sources;
}

}  // namespace tandem6::control
