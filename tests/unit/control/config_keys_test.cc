// Known and unknown keys, values of the wrong kind, what is refused and what is ignored.
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "config_fixtures.h"
#include "control/config/hooks.h"
#include "control/config/key_tables.h"

namespace tandem6::config_keys_test {

using namespace tandem6::control;

TEST_CASE("an unknown key is an error that names the nearest known one, at the key's place") {
  const std::string text =
      "{\n"
      "  \"Dhcp6\": {\n"
      "    \"interfaces-config\": { \"interfaces\": [ \"eth0\" ] },\n"
      "    \"prefered-lifetime\": 3000,\n"
      "    \"subnet6\": [ { \"id\": 1, \"subnet\": \"2001:db8::/64\", \"pool\": [] } ]\n"
      "  }\n"
      "}\n";
  const auto errors = errors_of(text);
  REQUIRE(errors.size() == 2);
  CHECK(line_of(errors[0]) == "4:5 error Dhcp6.prefered-lifetime: unknown key: did you mean \"preferred-lifetime\"?");
  CHECK(line_of(errors[1]) == "5:56 error Dhcp6.subnet6[0].pool: unknown key: did you mean \"pools\"?");
}

TEST_CASE("a key that resembles nothing has no suggestion") {
  check_one_error(with_keys(R"("quite-something-else-entirely": 1)"), "Dhcp6.quite-something-else-entirely",
                  "unknown key");
  CHECK(errors_of(with_keys(R"("quite-something-else-entirely": 1)"))[0].text == "unknown key");
}

TEST_CASE("all errors are found in one go, in order of the file") {
  const std::string text = with_keys(
      "\n\"valid-lifetime\": \"4000\","
      "\n\"renew-timer\": -1,"
      "\n\"rapid-commit\": true,"
      "\n\"subnet6\": [ 7, {\"id\": 0, \"subnet\": \"2001:db8::1/64\"} ]");
  const auto errors = errors_of(text);
  CAPTURE(all_lines(parse_configuration(text)));
  REQUIRE(errors.size() == 6);
  CHECK(line_of(errors[0]) == "2:19 error Dhcp6.valid-lifetime: a whole number is wanted, this is a string");
  CHECK(line_of(errors[1]) == "3:16 error Dhcp6.renew-timer: -1 is out of range: 0 to 4294967295");
  CHECK(errors[2].path == "Dhcp6.rapid-commit");
  CHECK(line_of(errors[3]) == "5:14 error Dhcp6.subnet6[0]: an object {…} is wanted, this is a whole number");
  CHECK(line_of(errors[4]) == "5:24 error Dhcp6.subnet6[1].id: 0 is out of range: 1 to 4294967294");
  CHECK(
      line_of(errors[5]) ==
      "5:37 error Dhcp6.subnet6[1].subnet: 2001:db8::1/64 has bits set after the first 64: 2001:db8::/64 is the prefix "
      "around it");
}

TEST_CASE("numbers out of range are errors and never wrap") {
  for (const char* number :
       {"4294967296", "-4294967295", "18446744073709551616", "1e3", "0.5", "99999999999999999999999999"})
    check_one_error(with_keys("\"renew-timer\": " + std::string(number)), "Dhcp6.renew-timer", "");
}

TEST_CASE("a lifetime that moments modulo 2^32 cannot tell from the past is an error; infinity is none") {
  check_one_error(with_keys(R"("valid-lifetime": 2147483648)"), "Dhcp6.valid-lifetime", "68 years");
  CHECK(errors_of(with_keys(R"("valid-lifetime": 2147483647)")).empty());
  CHECK(errors_of(with_keys(R"("valid-lifetime": 4294967295)")).empty());
}

TEST_CASE("what would change what clients get is refused with its reason") {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {R"("hosts-databases": [{"type": "mysql"}])", "hosts-databases"},
      {R"("hosts-database": {"type": "mysql"})", "hosts-database"},
      {R"("early-global-reservations-lookup": true)", "early-global-reservations-lookup"},
      {R"("ip-reservations-unique": false)", "ip-reservations-unique"},
      {R"("dhcp4o6-port": 786)", "dhcp4o6-port"},
      {R"("adaptive-lease-time-threshold": 0.8)", "adaptive-lease-time-threshold"},
      {R"("dhcp-ddns": {"enable-updates": true})", "dhcp-ddns.enable-updates"},
      {R"("config-control": {"config-databases": [{"type": "mysql"}]})", "config-control.config-databases"},
  };
  for (const auto& [keys, path] : refused) check_one_error(with_keys(keys), "Dhcp6." + path, "not supported");
}

TEST_CASE("a refused key is accepted when it says what happens anyway") {
  check_clean(with_keys(R"("reservations": [], "client-classes": [], "shared-networks": [], "option-def": [],
      "hosts-databases": [], "relay-supplied-options": [], "dhcp4o6-port": 0, "adaptive-lease-time-threshold": 1.0,
      "dhcp-ddns": {"enable-updates": false}, "hooks-libraries": [], "subnet6": [], "option-data": [],
      "store-extended-info": false, "cache-threshold": 0.0, "ddns-send-updates": false)"));
}

TEST_CASE("what changes nothing for clients is ignored with a warning") {
  for (const char* key :
       {"\"server-tag\": \"a\"", "\"expired-leases-processing\": {\"hold-reclaimed-time\": 10}",
        "\"multi-threading\": {\"thread-pool-size\": 4}", "\"sanity-checks\": {\"lease-checks\": \"warn\"}",
        "\"ddns-send-updates\": true", "\"parked-packet-limit\": 256"}) {
    const std::string name(key + 1, std::string_view(key).find('"', 1) - 1);
    check_warning(with_keys(key), "Dhcp6." + name, "ignored: ");
  }
}

TEST_CASE("a misspelling inside something that is refused is found too") {
  const auto errors = errors_of(with_keys(R"("hosts-databases": [{"type": "mysql", "pasword": "a", "port": "b"}])"));
  REQUIRE(errors.size() == 3);
  CHECK(errors[0].path == "Dhcp6.hosts-databases");
  CHECK(errors[1].text == "unknown key: did you mean \"password\"?");
  CHECK(errors[2].text == "a whole number is wanted, this is a string");
}

TEST_CASE("a file without Dhcp6 says so, another server's file as well") {
  check_one_error("{}", "", "\"Dhcp6\" is missing");
  check_one_error("[]", "", "an object is wanted");
  const auto errors = errors_of(R"({"Dhcp4": {}})");
  REQUIRE(errors.size() == 2);
  CHECK(errors[1].text == "unknown key: did you mean \"Dhcp6\"?");
}

TEST_CASE("every key that a table knows is of exactly one treatment and says why it is not supported") {
  std::set<std::pair<std::string, std::string>> seen;
  for (const DocumentedKey& key : documented_keys()) {
    CAPTURE(key.place + "." + key.name);
    CHECK(seen.emplace(key.place, key.name).second);
    if (key.treatment == Treatment::kRefused || key.treatment == Treatment::kIgnored) CHECK_FALSE(key.note.empty());
  }
  CHECK(seen.size() > 250);
}

namespace {

/// The tables of docs/kea-dialect.md as the code has them.
std::string tables_as_text() {
  std::ostringstream text;
  std::string place = "?";
  for (const DocumentedKey& key : documented_keys()) {
    if (key.place != place) {
      place = key.place;
      text << "\n### " << (place.empty() ? "The file" : "`" + place + "`") << "\n\n| key | here | |\n|---|---|---|\n";
    }
    text << "| `" << key.name << "` | " << to_string(key.treatment) << " | " << key.note << " |\n";
  }
  text << "\n### Libraries of `hooks-libraries`\n\n| library | here | |\n|---|---|---|\n";
  for (const HookRule& rule : hook_rules())
    text << "| `" << rule.name << "` | " << to_string(rule.treatment) << " | " << rule.note << " |\n";
  return text.str();
}

}  // namespace

TEST_CASE("docs/kea-dialect.md says what the tables say") {
  const char* path = std::getenv("TANDEM6_DIALECT_PAGE");
  REQUIRE_MESSAGE(path != nullptr, "TANDEM6_DIALECT_PAGE names docs/kea-dialect.md; `meson test` sets it");
  std::ifstream file(path);
  REQUIRE_MESSAGE(file.good(), path);
  std::stringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  const size_t start = text.find("<!-- tables -->\n");
  REQUIRE(start != std::string::npos);
  const std::string expected = tables_as_text();
  const bool same = text.substr(start + 16) == expected;
  if (!same) std::ofstream("kea-dialect-tables.md") << expected;
  CHECK_MESSAGE(same, "put kea-dialect-tables.md, just written to the working directory, below the marker in the page");
}

}  // namespace tandem6::config_keys_test
