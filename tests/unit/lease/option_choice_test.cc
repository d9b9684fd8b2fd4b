#include "dataplane/lease/option_choice.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace tandem6::lease::option_choice_test {
namespace {

constexpr uint16_t kVendorOptions = 17;

struct OptionSpec {
  uint16_t code = 0;
  std::string data = {};
  bool always = false;
  bool never = false;
  std::vector<ClassId> classes = {};
  OptionSpace space = OptionSpace::kDhcp6;
  std::optional<OptionSpace> holds = {};
  bool repeats = false;
  bool one_inside = false;
};

OptionSet set_of(const std::vector<OptionSpec>& specs) {
  OptionSet set;
  for (const OptionSpec& spec : specs) {
    ConfiguredOption option{.space = spec.space,
                            .code = spec.code,
                            .data = {},
                            .always_send = spec.always,
                            .never_send = spec.never,
                            .repeats = spec.repeats || spec.space != OptionSpace::kDhcp6,
                            .one_inside = spec.one_inside,
                            .holds = spec.holds,
                            .guard = {}};
    const Bytes data = wire::bytes_of(spec.data);
    option.data.assign(data.begin(), data.end());
    for (const ClassId id : spec.classes) option.guard.add(id);
    set.add(option);
  }
  return set;
}

std::string text_of(Bytes bytes) {
  std::string text;
  for (const std::byte octet : bytes) text.push_back(static_cast<char>(octet));
  return text;
}

std::vector<std::byte> octets_of(const std::vector<uint16_t>& codes) {
  std::vector<std::byte> octets;
  for (const uint16_t code : codes) {
    octets.push_back(static_cast<std::byte>(code >> 8));
    octets.push_back(static_cast<std::byte>(code & 0xff));
  }
  return octets;
}

std::string number(uint32_t value) {
  std::array<std::byte, 4> octets{};
  wire::store_be32(octets.data(), value);
  return text_of(octets);
}

using List = std::vector<std::pair<uint16_t, std::string>>;

List options_in(Bytes area) {
  List options;
  wire::OptionWalker walker(area);
  while (const auto option = walker.next()) options.emplace_back(option->code, text_of(option->data));
  CHECK_FALSE(walker.malformed());
  return options;
}

/// A client's message, as far as options depend on it.
struct Client {
  std::vector<uint16_t> asks_for;
  std::vector<ClassId> classes = {};
  List says = {};  ///< options of its message
};

List sent(const std::vector<const OptionSet*>& chain, const Client& client) {
  const std::vector<std::byte> codes = octets_of(client.asks_for);
  std::array<std::byte, 512> message{};
  wire::Writer said(message);
  for (const auto& [code, data] : client.says) said.option(code, wire::bytes_of(data));
  OptionWish wish{.requested = wire::OptionRequestView::parse(codes), .classes = {}, .options = said.written()};
  for (const ClassId id : client.classes) wish.classes.add(id);
  std::array<std::byte, 4096> buffer{};
  wire::Writer out(buffer);
  write_options(out, wish, chain);
  REQUIRE_FALSE(out.overflow());
  return options_in(out.written());
}

std::string suboption(uint16_t code, const std::string& data) {
  std::array<std::byte, 64> buffer{};
  wire::Writer out(buffer);
  out.option(code, wire::bytes_of(data));
  return text_of(out.written());
}

}  // namespace

TEST_CASE("Kea's precedence: the first scope of the chain that has an option gives its value") {
  const OptionSet host = set_of({{.code = 23, .data = "host"}});
  const OptionSet subnet = set_of({{.code = 23, .data = "subnet"}, {.code = 24, .data = "subnet"}});
  const OptionSet global = set_of({{.code = 24, .data = "global"}, {.code = 400, .data = "global"}});
  CHECK(sent({&host, &subnet, &global}, {{23, 24, 400}}) == List{{23, "host"}, {24, "subnet"}, {400, "global"}});
  CHECK(sent({&global, &subnet, &host}, {{23, 24}}) == List{{24, "global"}, {23, "subnet"}});
  CHECK(sent({&host, &subnet, &global}, {{}}).empty());
  CHECK(sent({}, {{23}}).empty());
}

TEST_CASE("Kea: always-send and never-send of any scope count, whichever scope has the value") {
  const OptionSet plain = set_of({{.code = 23, .data = "in"}, {.code = 500, .data = "in"}});
  const OptionSet always =
      set_of({{.code = 23, .data = "out", .always = true}, {.code = 500, .data = "out", .always = true}});
  CHECK(sent({&plain, &always}, {{}}) == List{{23, "in"}, {500, "in"}});
  const OptionSet never = set_of({{.code = 23, .never = true}, {.code = 500, .never = true}});
  CHECK(sent({&never, &plain, &always}, {{23, 500}}).empty());
  CHECK(sent({&plain, &always, &never}, {{23, 500}}).empty());
}

TEST_CASE("an option's guard: who is not in its classes gets the next one, or that of the next scope") {
  const OptionSet inner =
      set_of({{.code = 23, .data = "gold", .classes = {1}}, {.code = 23, .data = "blue", .classes = {2, 3}}});
  const OptionSet outer = set_of({{.code = 23, .data = "all"}});
  CHECK(sent({&inner, &outer}, {{23}, {1}}) == List{{23, "gold"}});
  CHECK(sent({&inner, &outer}, {{23}, {3}}) == List{{23, "blue"}});
  CHECK(sent({&inner, &outer}, {{23}, {1, 2}}) == List{{23, "gold"}});
  CHECK(sent({&inner, &outer}, {{23}, {9}}) == List{{23, "all"}});
}

TEST_CASE("a flag counts for those only who may have its option") {
  const OptionSet set = set_of({{.code = 23, .data = "a", .always = true, .classes = {1}},
                                {.code = 300, .data = "b", .always = true, .classes = {1}},
                                {.code = 24, .data = "c"},
                                {.code = 24, .never = true, .classes = {1}}});
  CHECK(sent({&set}, {{24}, {1}}) == List{{23, "a"}, {300, "b"}});
  CHECK(sent({&set}, {{24}, {2}}) == List{{24, "c"}});
}

TEST_CASE("options that repeat are all sent, of one scope") {
  const OptionSet inner =
      set_of({{.code = 144, .data = "a", .repeats = true}, {.code = 144, .data = "b", .repeats = true}});
  const OptionSet outer = set_of({{.code = 144, .data = "c", .repeats = true}});
  CHECK(sent({&inner, &outer}, {{144}}) == List{{144, "a"}, {144, "b"}});
}

TEST_CASE("a container holds its space's options of all scopes, guards included, and is sent when asked for") {
  const OptionSpace space = own_space(5);
  const OptionSpace deeper = own_space(6);
  const OptionSet host = set_of({{.code = 1, .data = "host", .space = space}});
  const OptionSet global = set_of({{.code = 94, .data = "!", .holds = space},
                                   {.code = 1, .data = "global", .space = space},
                                   {.code = 2, .data = "gold", .classes = {1}, .space = space},
                                   {.code = 3, .data = "", .space = space, .holds = deeper},
                                   {.code = 7, .data = "deep", .space = deeper}});
  const std::string nested = suboption(3, suboption(7, "deep"));
  CHECK(sent({&host, &global}, {{94}}) == List{{94, "!" + suboption(1, "host") + nested}});
  CHECK(sent({&global}, {{94}, {1}}) == List{{94, "!" + suboption(1, "global") + suboption(2, "gold") + nested}});
  CHECK(sent({&host, &global}, {{1, 2, 3}}).empty());
}

TEST_CASE("RFC 8415 21.17: an enterprise's options go to who names it, and asks for option 17 or always gets them") {
  const OptionSpace space = vendor_space(9);
  const OptionSet set =
      set_of({{.code = 1, .data = "a", .space = space}, {.code = 2, .data = "b", .always = true, .space = space}});
  const List vendor_class = {{16, number(9) + std::string("\0\1x", 3)}};
  const std::string all = number(9) + suboption(1, "a") + suboption(2, "b");
  CHECK(sent({&set}, {{kVendorOptions}, {}, vendor_class}) == List{{kVendorOptions, all}});
  CHECK(sent({&set}, {{}, {}, vendor_class}) == List{{kVendorOptions, number(9) + suboption(2, "b")}});
  CHECK(sent({&set}, {{}, {}, {{kVendorOptions, number(9)}}}) == List{{kVendorOptions, number(9) + suboption(2, "b")}});
  CHECK(sent({&set}, {{kVendorOptions}, {}, {{16, number(10)}}}).empty());
  CHECK(sent({&set}, {{kVendorOptions}}).empty());
  CHECK(sent({&set}, {{kVendorOptions}, {}, {{16, "no"}}}).empty());
}

TEST_CASE("a configured vendor-opts goes to everybody who asks for option 17, with all options of its enterprise") {
  const OptionSet outer = set_of({{.code = kVendorOptions, .data = number(9)},
                                  {.code = kVendorOptions, .data = number(10), .always = true},
                                  {.code = 1, .data = "out", .space = vendor_space(9)},
                                  {.code = 2, .data = "no", .never = true, .space = vendor_space(9)}});
  const OptionSet inner = set_of(
      {{.code = 1, .data = "in", .space = vendor_space(9)}, {.code = 2, .data = "no", .space = vendor_space(9)}});
  CHECK(sent({&inner, &outer}, {{kVendorOptions}}) ==
        List{{kVendorOptions, number(9) + suboption(1, "in")}, {kVendorOptions, number(10)}});
  CHECK(sent({&inner, &outer}, {{}}) == List{{kVendorOptions, number(10)}});
  const OptionSet never = set_of({{.code = kVendorOptions, .data = number(9), .never = true}});
  CHECK(sent({&never, &inner, &outer}, {{kVendorOptions}, {}, {{16, number(9)}}}) ==
        List{{kVendorOptions, number(10)}});
}

TEST_CASE("CableLabs: a cable modem gets those of the options that it lists, and what is always sent") {
  const OptionSpace space = vendor_space(4491);
  const OptionSet set = set_of({{.code = 32, .data = "tftp", .space = space},
                                {.code = 33, .data = "file", .space = space},
                                {.code = 38, .data = "time", .always = true, .space = space}});
  const std::string list = text_of(octets_of({33, 99}));
  const Client modem{{kVendorOptions}, {}, {{kVendorOptions, number(4491) + suboption(1, list)}}};
  const std::string wanted = number(4491) + suboption(33, "file") + suboption(38, "time");
  CHECK(sent({&set}, modem) == List{{kVendorOptions, wanted}});
  CHECK(sent({&set}, {{}, {}, modem.says}) == List{{kVendorOptions, wanted}});
  // What option 1 is to another vendor we do not know.
  const OptionSet other = set_of({{.code = 32, .data = "tftp", .space = vendor_space(9)}});
  CHECK(sent({&other}, {{kVendorOptions}, {}, {{kVendorOptions, number(9) + suboption(1, list)}}}) ==
        List{{kVendorOptions, number(9) + suboption(32, "tftp")}});
}

TEST_CASE("an answer too small for its options overflows, and nothing is written behind it") {
  const OptionSet set = set_of({{.code = 94, .data = "", .always = true, .holds = own_space(1)},
                                {.code = 1, .data = "0123456789", .space = own_space(1)}});
  for (size_t size = 0; size < 18; ++size) {
    std::array<std::byte, 32> buffer{};
    wire::Writer out(MutableBytes(buffer).first(size));
    const OptionSet* const chain[] = {&set};
    write_options(out, {}, chain);
    CHECK(out.overflow());
    CHECK(buffer[size] == std::byte{0});
  }
}

namespace {

/// A scope with random options of few codes, so that scopes have the same ones.
OptionSet random_set(std::mt19937& random) {
  const auto chance = [&](unsigned of) { return random() % of == 0; };
  std::vector<OptionSpec> specs(random() % 6);
  for (OptionSpec& spec : specs) {
    constexpr uint16_t kCodes[] = {7, 16, kVendorOptions, 23, 255, 256, 65535};
    spec.code = kCodes[random() % std::size(kCodes)];
    spec.data = number(random() % 3) + "x";
    spec.always = chance(3);
    spec.never = chance(8);
    if (chance(3)) spec.classes.push_back(static_cast<ClassId>(random() % 2));
  }
  return set_of(specs);
}

/// An option, told apart by the enterprise where it has one.
std::pair<uint16_t, std::string> key_of(uint16_t code, const std::string& data) {
  return {code, code == 16 || code == kVendorOptions ? data.substr(0, 4) : ""};
}

/// The rules once more, as simply as they can be said.
std::map<std::pair<uint16_t, std::string>, std::string> expected(const std::vector<const OptionSet*>& chain,
                                                                 const Client& client) {
  ClassSet classes;
  for (const ClassId id : client.classes) classes.add(id);
  std::map<std::pair<uint16_t, std::string>, std::string> first;
  std::set<std::pair<uint16_t, std::string>> always;
  std::set<std::pair<uint16_t, std::string>> never;
  for (const OptionSet* set : chain) {
    for (const OptionSet::Entry& entry : set->entries()) {
      if (!entry.admits(classes)) continue;
      const std::string data = text_of(set->data(entry));
      const auto key = key_of(entry.code, data);
      first.emplace(key, data);
      if (entry.always_send) always.insert(key);
      if (entry.never_send) never.insert(key);
    }
  }
  std::erase_if(first, [&](const auto& option) {
    const bool asked = std::ranges::find(client.asks_for, option.first.first) != client.asks_for.end();
    return never.contains(option.first) || (!asked && !always.contains(option.first));
  });
  return first;
}

}  // namespace

TEST_CASE("whatever scopes and clients there are, no option is sent twice, and those of the rules are") {
  std::mt19937 random(20260422);  // the same inputs every time
  for (int round = 0; round < 20000; ++round) {
    std::vector<OptionSet> sets(random() % 5);
    std::vector<const OptionSet*> chain;
    for (OptionSet& set : sets) {
      set = random_set(random);
      chain.push_back(&set);
    }
    Client client;
    for (const uint16_t code : {7, 16, 17, 23, 255, 256, 65535, 9})
      if (random() % 2 == 0) client.asks_for.push_back(code);
    if (random() % 2 == 0) client.classes.push_back(static_cast<ClassId>(random() % 2));
    std::map<std::pair<uint16_t, std::string>, std::string> got;
    for (const auto& [code, data] : sent(chain, client)) CHECK(got.emplace(key_of(code, data), data).second);
    CAPTURE(round);
    REQUIRE(got == expected(chain, client));
  }
}

}  // namespace tandem6::lease::option_choice_test
