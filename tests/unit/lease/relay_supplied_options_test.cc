#include "dataplane/lease/relay_supplied_options.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "dataplane/wire/option.h"

namespace tandem6::lease::relay_supplied_options_test {
namespace {

using List = std::vector<std::pair<uint16_t, std::string>>;

std::vector<std::byte> encoded(const List& options) {
  std::vector<std::byte> buffer(1024);
  wire::Writer out(buffer);
  for (const auto& [code, data] : options) out.option(code, wire::bytes_of(data));
  buffer.resize(out.size());
  return buffer;
}

/// The options of a relay that supplies these.
std::vector<std::byte> supplying(const List& options) {
  const std::vector<std::byte> inner = encoded(options);
  std::vector<std::byte> buffer(1024);
  wire::Writer out(buffer);
  out.option(uint16_t{18}, wire::bytes_of("eth0"));
  out.option(uint16_t{66}, inner);
  buffer.resize(out.size());
  return buffer;
}

/// What is added to an answer with the options `own`; `relays` from the outermost.
List added(const std::vector<std::vector<std::byte>>& relays, const RelaySuppliableCodes& codes, const List& own = {}) {
  std::vector<wire::RelayView> views;
  for (const auto& options : relays) {
    wire::RelayView view{};
    view.options = options;
    views.push_back(view);
  }
  std::array<std::byte, 1024> buffer{};
  wire::Writer out(buffer);
  out.u32(0x07123456);
  const size_t options_at = out.size();
  for (const auto& [code, data] : own) out.option(code, wire::bytes_of(data));
  const size_t own_end = out.size();
  write_relay_supplied_options(out, options_at, views, codes);
  List result;
  wire::OptionWalker walker(out.written().subspan(own_end));
  while (const auto option = walker.next()) {
    std::string data;
    for (const std::byte octet : option->data) data.push_back(static_cast<char>(octet));
    result.emplace_back(option->code, data);
  }
  return result;
}

}  // namespace

TEST_CASE("RFC 6422 6: only options that relays may supply are passed on; 65 is one without being listed") {
  CHECK(added({supplying({{65, "erp"}, {23, "dns"}, {1, "id"}})}, {}) == List{{65, "erp"}});
  CHECK(added({supplying({{65, "erp"}, {23, "dns"}})}, RelaySuppliableCodes({300, 23, 23})) ==
        List{{65, "erp"}, {23, "dns"}});
  CHECK(added({encoded({{18, "eth0"}})}, {}).empty());
  CHECK(added({}, {}).empty());
}

TEST_CASE("RFC 6422 6: what the server sends itself goes before what a relay supplies") {
  CHECK(added({supplying({{65, "relay"}, {23, "relay"}})}, RelaySuppliableCodes({23}), {{2, "s"}, {65, "server"}}) ==
        List{{23, "relay"}});
}

TEST_CASE("RFC 6422 6: of conflicting values the relay nearest to the client has the say, and one is passed on") {
  const auto outer = supplying({{65, "outer"}, {23, "outer"}});
  const auto inner = supplying({{65, "inner"}, {65, "again"}});
  CHECK(added({outer, inner}, RelaySuppliableCodes({23})) == List{{65, "inner"}, {23, "outer"}});
}

TEST_CASE("RFC 6422 3: a supplied option that does not fit is not passed on") {
  std::vector<std::byte> relay = encoded({{66, std::string("\0\x41\0\3erp\0\x17\0\x9"
                                                           "cut",
                                                           14)}});
  CHECK(added({relay}, RelaySuppliableCodes({23})) == List{{65, "erp"}});
}

}  // namespace tandem6::lease::relay_supplied_options_test
