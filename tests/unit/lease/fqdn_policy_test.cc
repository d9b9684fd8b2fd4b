// Which name a client gets, by Kea's keys.
#include "dataplane/lease/fqdn_policy.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/packet.h"

namespace tandem6::fqdn_policy_test {

using namespace tandem6::testing;
using tandem6::lease::FqdnPolicy;
using tandem6::wire::DomainName;

namespace {

FqdnPolicy policy(std::string_view suffix = "example.org.") {
  FqdnPolicy made;
  made.suffix = DomainName::parse(suffix).value();
  return made;
}
std::string named(const FqdnPolicy& rules, std::string_view client, std::string_view reserved = "",
                  std::optional<tandem6::Ipv6Address> address = ip("2001:db8::7")) {
  const auto name = rules.name_for(DomainName::parse(client).value(), reserved, address);
  return name ? name->to_string() : "none";
}

}  // namespace

TEST_CASE("RFC 4704 6: a partial name gets the suffix, a complete one stays as it is") {
  CHECK(named(policy(), "host") == "host.example.org.");
  CHECK(named(policy(), "host.lan.") == "host.lan.");
  CHECK(named(policy(), "host.example.org") == "host.example.org.");
  CHECK(named(policy(""), "host") == "host.");
}

TEST_CASE("ddns-generated-prefix: a client without a name, or whose name is replaced, is called by its address") {
  CHECK(named(policy(), "") == "myhost-2001-db8--7.example.org.");
  FqdnPolicy replacing = policy();
  replacing.replaces_client_name = true;
  replacing.generated_prefix = "dyn.cpe";
  CHECK(named(replacing, "host") == "dyn.cpe-2001-db8--7.example.org.");
  CHECK(named(replacing, "host", "", std::nullopt) == "none");
}

TEST_CASE("a reservation's hostname goes before everything") {
  FqdnPolicy replacing = policy();
  replacing.replaces_client_name = true;
  CHECK(named(replacing, "host", "reserved") == "reserved.example.org.");
  CHECK(named(policy(), "host", "reserved.lan.") == "reserved.lan.");
  CHECK(named(policy(), "host", "a..b") == "none");
}

TEST_CASE("hostname-char-set: characters that do not belong into a name are left out or replaced") {
  CHECK(named(policy(), "ho_st!") == "host.example.org.");
  CHECK(named(policy(), "!!.lan.") == "lan.");
  CHECK(named(policy(), "!!") == "myhost-2001-db8--7.example.org.");
  FqdnPolicy replacing = policy();
  replacing.replacement = "xx";
  CHECK(named(replacing, "ho_st") == "hoxxst.example.org.");
  CHECK(named(replacing, std::string(63, '_')) == "none");
}

TEST_CASE("RFC 1035 2.3.4: a name that gets too long is none") {
  const std::string label(63, 'a');
  CHECK(named(policy(std::string(63, 'b') + "."), label + "." + label + "." + label) == "none");
}

}  // namespace tandem6::fqdn_policy_test
