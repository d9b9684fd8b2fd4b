// The header of messages between failover partners (RFC 8156 §5.2) and the names of their codes.
#include "dataplane/wire/failover_message.h"

#include <set>
#include <string>

#include "dataplane/wire/utf8.h"
#include "tests/unit/failover/wire_fixture.h"

namespace tandem6::failover::failover_message_test {
namespace {

using namespace tandem6::testing;
using wire::FailoverMessageView;
using wire::MessageType;
using wire::StatusCode;

TEST_CASE("RFC 8156 5.2: the header is type, transaction-id and sent-time") {
  const Octets bytes = hex("23 123456 2faf0801  0082 0001 61");
  const auto view = FailoverMessageView::parse(bytes);
  REQUIRE(view);
  CHECK(view->type == MessageType::kContact);
  CHECK(view->transaction_id == 0x123456);
  CHECK(view->sent_time == AbsoluteTime{0x2faf0801});
  CHECK(to_hex(view->options) == "00 82 00 01 61");
  const Octets header =
      written([](wire::Writer& out) { put_failover_header(out, MessageType::kContact, kTransaction, kSent); });
  CHECK(to_hex(header) == "23 12 34 56 2f af 08 01");
  CHECK(wire::load_be32(&header[wire::kSentTimeAt]) == kSent.since_2000);
}

TEST_CASE("RFC 8156 5.2: what is shorter than a header, or has an option that does not fit, is no message") {
  const Octets bytes = hex("22 000001 00000000  0084 0001 02  0083 0001 01");
  for (size_t size = 0; size < bytes.size(); ++size) {
    const bool at_option = size == 8 || size == 13;
    CHECK(FailoverMessageView::parse(Bytes(bytes).first(size)).has_value() == at_option);
  }
  CHECK(FailoverMessageView::parse(bytes));
}

TEST_CASE("RFC 8156 5.3: the transaction-id has 24 bits, whatever it is given") {
  CHECK(to_hex(written([](wire::Writer& out) {
          put_failover_header(out, MessageType::kState, 0xff000001, AbsoluteTime{0});
        })) == "22 00 00 01 00 00 00 00");
}

TEST_CASE("RFC 8156 5.3: message types have the RFC's numbers and names") {
  const std::pair<uint8_t, std::string_view> types[] = {
      {23, "STARTTLS"},   {24, "BNDUPD"},    {25, "BNDREPLY"}, {26, "POOLREQ"}, {27, "POOLRESP"},
      {28, "UPDREQ"},     {29, "UPDREQALL"}, {30, "UPDDONE"},  {31, "CONNECT"}, {32, "CONNECTREPLY"},
      {33, "DISCONNECT"}, {34, "STATE"},     {35, "CONTACT"},
  };
  for (const auto& [number, name] : types) CHECK(to_string(MessageType{number}) == name);
  CHECK(to_string(MessageType{36}) == "unknown");
}

TEST_CASE("RFC 8156 5.6: status codes have the RFC's numbers and names") {
  const std::pair<uint16_t, std::string_view> codes[] = {
      {16, "AddressInUse"},
      {17, "ConfigurationConflict"},
      {18, "MissingBindingInformation"},
      {19, "OutdatedBindingInformation"},
      {20, "ServerShuttingDown"},
      {21, "DNSUpdateNotSupported"},
      {22, "ExcessiveTimeSkew"},
  };
  for (const auto& [number, name] : codes) CHECK(to_string(StatusCode{number}) == name);
  CHECK(to_string(StatusCode{14}) == "NotSupported");
  CHECK(to_string(StatusCode{15}) == "TLSConnectionRefused");
  CHECK(to_string(StatusCode{999}) == "unknown");
  std::set<std::string_view> names;
  for (uint16_t number = 0; number <= 22; ++number) names.insert(to_string(StatusCode{number}));
  CHECK(names.size() == 22);  // 12 and 13 are not known here
}

TEST_CASE("RFC 3629: what is UTF-8, and how much of a text is") {
  const auto prefix = [](std::string_view text) { return wire::utf8_prefix(text); };
  CHECK(prefix("") == 0);
  CHECK(prefix("north") == 5);
  CHECK(prefix("Zürich–東京 \U0001F30D") == std::string_view("Zürich–東京 \U0001F30D").size());
  CHECK(prefix("\u007f\u0080\u07ff\u0800\uffff\U00010000\U0010ffff") == 1 + 2 + 2 + 3 + 3 + 4 + 4);
  CHECK(prefix(std::string_view("a\0b", 3)) == 1);
  for (const std::string_view bad : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
                                     "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3",
                                     "\xe2\x82", "\xe2\x82\x28", "\xf0\x9f\x8c", "\xf0\x9f\x8c\x28", "\xc3\x28"}) {
    CHECK(prefix("x" + std::string(bad)) == 1);
  }
}

}  // namespace
}  // namespace tandem6::failover::failover_message_test
