#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "dataplane/lease/option_set.h"

namespace tandem6::lease::option_set_test {
namespace {

Bytes text(std::string_view bytes) { return wire::bytes_of(bytes); }

/// What the set writes for a client that asks for `codes`, as (code, data) pairs.
std::vector<std::pair<uint16_t, std::string>> written(const OptionSet& set,
                                                      std::optional<std::vector<uint16_t>> codes) {
  std::vector<std::byte> request;
  if (codes) {
    for (const uint16_t code : *codes) {
      request.push_back(static_cast<std::byte>(code >> 8));
      request.push_back(static_cast<std::byte>(code & 0xff));
    }
  }
  std::array<std::byte, 512> out;
  wire::Writer writer(out);
  set.write(writer, codes ? wire::OptionRequestView::parse(request) : std::nullopt);
  std::vector<std::pair<uint16_t, std::string>> options;
  wire::OptionWalker walker(writer.written());
  while (const auto option = walker.next()) {
    std::string data;
    for (const std::byte each : option->data) data.push_back(static_cast<char>(each));
    options.emplace_back(option->code, data);
  }
  REQUIRE_FALSE(walker.malformed());
  return options;
}
using List = std::vector<std::pair<uint16_t, std::string>>;

TEST_CASE("RFC 8415 21.7: options go to clients that ask for them, in order of code") {
  OptionSet set;
  set.set(24, text("search"), false);
  set.set(23, text("dns"), false);
  set.set(400, text("late"), false);
  CHECK(written(set, std::nullopt) == List{});
  CHECK(written(set, std::vector<uint16_t>{24, 99, 23, 23}) == List{{23, "dns"}, {24, "search"}});
  CHECK(written(set, std::vector<uint16_t>{400}) == List{{400, "late"}});
  CHECK(written(set, std::vector<uint16_t>{400 - 256, 401}) == List{});
}

TEST_CASE("always-send options go to everybody, once") {
  OptionSet set;
  set.set(23, text("dns"), true);
  set.set(24, text("search"), false);
  CHECK(written(set, std::nullopt) == List{{23, "dns"}});
  CHECK(written(set, std::vector<uint16_t>{23}) == List{{23, "dns"}});
}

TEST_CASE("the same code again replaces") {
  OptionSet set;
  set.set(23, text("old"), true);
  set.set(23, text("new"), false);
  CHECK(written(set, std::vector<uint16_t>{23}) == List{{23, "new"}});
}

}  // namespace
}  // namespace tandem6::lease::option_set_test
