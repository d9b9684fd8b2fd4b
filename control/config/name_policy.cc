#include "control/config/name_policy.h"

#include <optional>
#include <regex>

#include <fmt/format.h>

#include "control/config/reader.h"
#include "dataplane/wire/domain_name.h"

namespace tandem6::control {
namespace {

using wire::DomainName;

/// The same keys have other names in `dhcp-ddns`, where Kea had them before 1.7.
struct Names {
  std::string_view replace;
  std::string_view prefix;
  std::string_view suffix;
};
constexpr Names kNames{"ddns-replace-client-name", "ddns-generated-prefix", "ddns-qualifying-suffix"};
constexpr Names kOldNames{"replace-client-name", "generated-prefix", "qualifying-suffix"};

/// Which single octets a regular expression names: that is all that there is time for when a packet is answered.
std::optional<std::bitset<256>> octets_of(const std::string& set) {
  std::bitset<256> octets;
  if (set.empty()) return octets;
  if (set.size() < 3 || set.front() != '[' || set.back() != ']') return std::nullopt;
  try {
    const std::regex expression(set, std::regex::extended);
    for (unsigned c = 0; c < octets.size(); ++c) {
      const char octet = static_cast<char>(c);
      octets.set(c, std::regex_match(&octet, &octet + 1, expression));
    }
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
  return octets;
}

void read_suffix(const Node& scope, std::string_view key, lease::FqdnPolicy& policy, Remarks& remarks) {
  const Node* text = string_at(scope, key);
  if (text == nullptr) return;
  auto name = DomainName::parse(text->text());
  if (!name) return remarks.error(*text, "a domain name is wanted, such as \"example.org.\"");
  // Without a dot at its end it is meant to be whole all the same.
  if (!name->empty() && !name->complete()) name->complete_with_root();
  policy.suffix = *name;
}

void read_generated_prefix(const Node& scope, std::string_view key, lease::FqdnPolicy& policy, Remarks& remarks) {
  const Node* text = string_at(scope, key);
  if (text == nullptr) return;
  // The longest address has 39 characters and stands, behind a '-', in the label that the prefix ends with.
  constexpr std::string_view kLongest = "-0000-0000-0000-0000-0000-0000-0000-0000";
  const auto name = DomainName::parse(text->text() + std::string(kLongest));
  if (!name || name->complete())
    return remarks.error(*text, "the beginning of a host name is wanted, such as \"myhost\"");
  policy.generated_prefix = text->text();
}

void read_replacing(const Node& scope, std::string_view key, lease::FqdnPolicy& policy, Remarks& remarks) {
  const Node* value = string_at(scope, key);
  if (value == nullptr) return;
  const auto choice = choice_of(*value, {"never", "always", "when-present", "when-not-present"}, remarks);
  if (choice) policy.replaces_client_name = *choice == 1 || *choice == 2;
}

void read_characters(const Node& scope, lease::FqdnPolicy& policy, Remarks& remarks) {
  if (const Node* set = string_at(scope, "hostname-char-set")) {
    if (const auto octets = octets_of(set->text()))
      policy.invalid = *octets;
    else
      remarks.error(*set, "a set of characters in brackets is wanted, such as \"[^A-Za-z0-9.-]\", or nothing");
  }
  if (const Node* text = string_at(scope, "hostname-char-replacement")) {
    if (text->text().size() <= DomainName::kMaxLabel)
      policy.replacement = text->text();
    else
      remarks.error(*text, fmt::format("at most {} characters fit into a label", DomainName::kMaxLabel));
  }
}

void read_keys(const Node& scope, const Names& names, lease::FqdnPolicy& policy, Remarks& remarks) {
  read_replacing(scope, names.replace, policy, remarks);
  read_generated_prefix(scope, names.prefix, policy, remarks);
  read_suffix(scope, names.suffix, policy, remarks);
  read_characters(scope, policy, remarks);
}

}  // namespace

lease::FqdnPolicy read_name_policy(const Node& scope, const lease::FqdnPolicy& outer, Remarks& remarks) {
  lease::FqdnPolicy policy = outer;
  if (const Node* old_place = object_at(scope, "dhcp-ddns")) read_keys(*old_place, kOldNames, policy, remarks);
  read_keys(scope, kNames, policy, remarks);
  return policy;
}

}  // namespace tandem6::control
