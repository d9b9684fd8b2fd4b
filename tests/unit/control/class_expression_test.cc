// Class expressions, from text to what they say about messages. Kea's manual, "Using Expressions in Classification".
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "control/config/class_expression_text.h"
#include "tests/support/packet.h"

namespace tandem6::class_expression_test {

using namespace tandem6::testing;
using control::parse_class_condition;
using control::parse_class_value;

namespace {

constexpr lease::ClassId kFoo = 7;
constexpr lease::ClassId kKnown = 9;

tl::expected<lease::ClassId, std::string> member(std::string_view name) {
  if (name == "foo") return kFoo;
  if (name == "KNOWN") return kKnown;
  return tl::unexpected("no class " + std::string(name));
}

/// The standard options, and some of a configuration's own.
const control::OptionDefinitions& options() {
  using enum control::OptionField;
  static const control::OptionDefinitions all = [] {
    control::OptionDefinitions made;
    made.add({.name = "line", .code = 4242, .fields = {kString}});
    made.add({.name = "modem", .code = 1234, .fields = {kBinary}, .space = "vendor-4491"});
    made.add({.name = "box", .code = 4300, .fields = {kUint16, kIpv6Address}, .holds = "box-space"});
    made.add({.name = "lid", .code = 1, .fields = {kString}, .space = "box-space"});
    made.add({.name = "loose", .code = 4301, .fields = {kString}, .holds = "box-space"});
    return made;
  }();
  return all;
}

/// A Solicit of a cable modem through two relays.
class Message {
 public:
  explicit Message(const Octets& datagram) : datagram_(datagram) {
    REQUIRE(received_.parse(datagram_) == wire::MessageFault::kNone);
    request_.received = &received_;
    request_.port = 1;
    request_.source = ip("fe80::5");
    request_.destination = ip("ff02::1:2");
  }

  std::string holds(std::string_view text) const {
    const auto expression = parse_class_condition(text, member, options());
    if (!expression) return expression.error().message;
    const auto result = expression->holds(context());
    if (!result) return "failed";
    return *result ? "true" : "false";
  }
  std::string value(std::string_view text) const {
    const auto expression = parse_class_value(text, member, options());
    if (!expression) return expression.error().message;
    lease::ExpressionScratch scratch;
    const auto result = expression->value(context(), scratch);
    if (!result) return "failed";
    std::string out;
    for (const std::byte octet : *result) out += static_cast<char>(octet);
    return out;
  }
  lease::ClassSet classes;

 private:
  lease::ClassContext context() const { return {request_, classes, ports_}; }

  Octets datagram_;
  wire::ReceivedMessage received_;
  lease::Request request_;
  std::vector<std::string> ports_ = {"eth0", "eth1"};
};

Octets solicit() {
  return message(
      1, 0x123456,
      {client_id(hex("0003 0001 0200000000ab")), option(15, hex("0004") + text("iPXE")),
       option(16, u32(4491) + u16(9) + text("docsis3.0") + u16(3) + text("two")),
       option(17, u32(9) + option(1, text("nine"))), option(17, u32(4491) + option(1, text("modem")) + option(2, {})),
       ia_na(1, {ia_address("2001:db8::9", 10, 20)}), option(41, text("EST5")), option(14, {}),
       option(4242, text("seven")), option(4300, u16(7) + address("2001:db8::7") + option(1, text("red")))});
}

Octets relayed() {
  const Octets inner =
      relay_forward(0, "2001:db8:1::1", "fe80::1",
                    {option(18, text("port7")), option(37, u32(9) + text("rid")), relay_message(solicit())});
  return relay_forward(1, "::", "2001:db8:2::2", {relay_message(inner), option(18, text("agg"))});
}

struct Case {
  std::string_view text;
  std::string_view wanted;
};

const Case kConditions[] = {
    {"'foo' == 'foo'", "true"},
    {"'foo' == 'bar'", "false"},
    {"0x666f6f == 'foo'", "true"},
    {"0xabc == 0x0abc", "true"},
    {"1 == 0x00000001", "true"},
    {"-1 == 0xffffffff", "true"},
    {"4294967295 == 0xffffffff", "true"},
    {"10.0.0.1 == 0x0a000001", "true"},
    {"2001:db8::1 == 0x20010db8000000000000000000000001", "true"},
    {"::ffff:1.2.3.4 == 0x00000000000000000000ffff01020304", "true"},
    {"not 'a' == 'b'", "true"},
    {"not ('a' == 'a')", "false"},
    {"'a' == 'a' and 'b' == 'c'", "false"},
    {"'a' == 'a' or 'b' == 'c' and 'c' == 'd'", "true"},
    {"('a' == 'a' or 'b' == 'c') and 'c' == 'd'", "false"},
    {"member('foo')", "true"},
    {"known", "false"},
    {"unknown", "true"},
    {"option[15].exists", "true"},
    {"option[99].exists", "false"},
    {"option[user-class].exists", "true"},
    {"option[rapid-commit].exists", "true"},
    {"option[14].hex == ''", "true"},
    {"substring(option[15].hex, 2, 4) == 'iPXE'", "true"},
    {"option[1].hex == 0x000300010200000000ab", "true"},
    {"option[new-posix-timezone].text == 'EST5'", "true"},
    {"option[3].option[5].exists", "true"},
    {"option[ia-na].option[iaaddr].exists", "true"},
    {"substring(option[3].option[5].hex, 0, 16) == 2001:db8::9", "true"},
    {"option[3].option[26].exists", "false"},
    {"option[25].option[26].exists", "false"},
    {"option[17].option[1].hex == 'nine'", "true"},
    // By names of the configuration's own, in the space that each is in.
    {"option[line].text == 'seven'", "true"},
    {"option[4242].text == 'seven'", "true"},
    {"vendor[4491].option[modem].exists", "false"},
    {"vendor[4491].option[1].hex == 'modem'", "true"},
    {"option[box].option[lid].text == 'red'", "true"},
    {"option[4300].option[1].text == 'red'", "true"},
    {"option[box].option[2].exists", "false"},
    {"relay6[0].peeraddr == 2001:db8:2::2", "true"},
    {"relay6[0].linkaddr == ::", "true"},
    {"relay6[1].peeraddr == fe80::1", "true"},
    {"relay6[-1].linkaddr == 2001:db8:1::1", "true"},
    {"relay6[-2].linkaddr == ::", "true"},
    {"relay6[2].peeraddr == ''", "true"},
    {"relay6[-3].peeraddr == ''", "true"},
    {"relay6[0].option[18].hex == 'agg'", "true"},
    {"relay6[-1].option[18].hex == 'port7'", "true"},
    {"relay6[1].option[37].exists", "true"},
    {"relay6[0].option[37].exists", "false"},
    {"relay6[5].option[37].exists", "false"},
    {"pkt6.msgtype == 1", "true"},
    {"pkt6.transid == 0x00123456", "true"},
    {"pkt.iface == 'eth1'", "true"},
    {"pkt.src == fe80::5", "true"},
    {"pkt.dst == ff02::1:2", "true"},
    {"vendor[*].exists", "true"},
    {"vendor[0].exists", "true"},
    {"vendor[4491].exists", "true"},
    {"vendor[7].exists", "false"},
    {"vendor.enterprise == 9", "true"},
    {"vendor[4491].option[1].hex == 'modem'", "true"},
    {"vendor[*].option[1].hex == 'nine'", "true"},
    {"vendor[4491].option[2].exists", "true"},
    {"vendor[4491].option[3].exists", "false"},
    {"vendor-class.enterprise == 4491", "true"},
    {"vendor-class[4491].exists", "true"},
    {"vendor-class[9].exists", "false"},
    {"vendor-class[*].data == 'docsis3.0'", "true"},
    {"vendor-class[4491].data[1] == 'two'", "true"},
    {"vendor-class[4491].data[2] == ''", "true"},
    {"int8totext(option[15].hex) == ''", "failed"},
    {"'a' == 'a' or int8totext(option[15].hex) == ''", "true"},
    {"not int8totext(option[15].hex) == ''", "failed"},
};

const Case kValues[] = {
    {"substring('foobar', 0, 6)", "foobar"},
    {"substring('foobar', 3, 3)", "bar"},
    {"substring('foobar', 3, all)", "bar"},
    {"substring('foobar', 1, 4)", "ooba"},
    {"substring('foobar', -5, 4)", "ooba"},
    {"substring('foobar', -1, -3)", "oba"},
    {"substring('foobar', 4, -2)", "ob"},
    {"substring('foobar', 10, 2)", ""},
    {"substring('foobar', -7, 2)", ""},
    {"substring('foobar', 2, -9)", "fo"},
    {"substring('foobar', 4, 9)", "ar"},
    {"concat('foo', 'bar')", "foobar"},
    {"'abc' + 'def' + 'ghi' + '...'", "abcdefghi..."},
    {"'1'+'2'+'3'+'4'+'5'+'6'+'7'+'8'+'9'+'a'+'b'+'c'+'d'+'e'+'f'+'g'+'h'+'i'", "123456789abcdefghi"},
    {"concat(lcase('AB'), ucase('cd') + hexstring(0x01, ''))", "abCD01"},
    {"ifelse(option[230].exists, option[230].hex, 'none')", "none"},
    {"ifelse(option[41].exists, option[41].hex, 'none')", "EST5"},
    {"hexstring('foo', '-')", "66-6f-6f"},
    {"hexstring(0x0a, ':')", "0a"},
    {"hexstring(0xab01, '')", "ab01"},
    {"hexstring('', ':')", ""},
    {"lcase('LoWeR1')", "lower1"},
    {"ucase('uPpEr1')", "UPPER1"},
    {"split('one.two..four', '.', 1)", "one"},
    {"split('one.two..four', '.', 2)", "two"},
    {"split('one.two..four', '.', 3)", ""},
    {"split('one.two..four', '.', 4)", "four"},
    {"split('one.two..four', '.', 5)", ""},
    {"split('one.two..four', '.', 0)", ""},
    {"split('one.two', '', 1)", "one.two"},
    {"split('a.b-c', '.-', 3)", "c"},
    {"split('', '.', 1)", ""},
    {"addrtotext(192.10.0.1)", "192.10.0.1"},
    {"addrtotext(2003:db8::)", "2003:db8::"},
    {"addrtotext('')", ""},
    {"addrtotext('abc')", "failed"},
    {"int8totext(-1)", "-1"},
    {"int8totext(0xff)", "-1"},
    {"int16totext(0xfffe)", "-2"},
    {"int32totext(-3)", "-3"},
    {"uint8totext(255)", "255"},
    {"uint16totext(65535)", "65535"},
    {"uint32totext(4294967295)", "4294967295"},
    {"uint32totext(pkt6.msgtype)", "1"},
    {"uint8totext(0x0102)", "failed"},
    {"('a' + 'b')", "ab"},
};

/// What is wrong, with its column.
const Case kErrors[] = {
    {"", "column 1: a value or a condition is wanted, here is the end"},
    {"'a'", "column 1: a condition is wanted here, this is a value: compare it with =="},
    {"'a' == ", "column 8: a value or a condition is wanted, here is the end"},
    {"'a == 'b'", "column 8: an operator (==, +, and, or) or the end is wanted, here is \"b\""},
    {"'a' == 'b", "column 8: this text has no closing quote"},
    {"'a' = 'b'", "column 5: values are compared with =="},
    {"'a' == 'b' 'c'", "column 12: an operator (==, +, and, or) or the end is wanted, here is \"c\""},
    {"option[1].exists == 'true'", "column 1: a value is wanted here, this is a condition"},
    {"option[1].hex and option[2].exists", "column 1: a condition is wanted here, this is a value: compare it with =="},
    {"not option[1].hex", "column 5: a condition is wanted here, this is a value: compare it with =="},
    {"option[usr-class].exists", "column 8: there is no option \"usr-class\": did you mean \"user-class\"?"},
    {"option[1].hexx == ''", "column 11: hex or text or exists is wanted, here is \"hexx\""},
    {"option[70000].exists", "column 8: an option's code or name is wanted (0 to 65535), here is \"70000\""},
    {"option[1].option[2].exists", "column 11: option 1 has no options inside"},
    {"option[lin].exists", "column 8: there is no option \"lin\": did you mean \"line\"?"},
    {"option[lid].exists", "column 8: there is no option \"lid\": did you mean \"nii\"?"},
    {"option[box].option[line].exists",
     "column 20: there is no option \"line\" in the space \"box-space\": did you mean \"lid\"?"},
    {"vendor[9].option[modem].exists", "column 18: there is no option \"modem\" in the space \"vendor-9\""},
    {"vendor[*].option[modem].exists", "column 18: an option's code is wanted (0 to 65535), here is \"modem\""},
    {"option[loose].option[1].exists",
     "column 15: not supported: what is in front of the options inside option 4301 is now longer, now shorter"},
    {"relay6[32].peeraddr == ''", "column 8: a relay's number is wanted (-32 to 31), here is \"32\""},
    {"member('bar')", "column 8: no class bar"},
    {"member(foo)", "column 8: a class's name in single quotes is wanted, here is \"foo\""},
    {"substrng('a', 0, 1) == ''", "column 1: \"substrng\" is unknown: did you mean \"substring\"?"},
    {"substring('a', 0) == ''", "column 17: \",\" is wanted, here is \")\""},
    {"(option[1].exists", "column 18: \")\" is wanted, here is the end"},
    {"0x == ''", "column 1: hexadecimal digits are wanted after 0x"},
    {"1.2.3 == ''", "column 1: \"1.2.3\" is no address"},
    {"4294967296 == ''", "column 1: 4294967296 does not fit into 32 bits"},
    {"int8totext(128) == ''", "column 12: a number is wanted (-128 to 127), here is \"128\""},
    {"'a' == \"b\"", "column 8: this character has no meaning here"},
};

}  // namespace

TEST_CASE("Kea's manual, classification values and predicates: each says of a relayed Solicit what it should") {
  Message message(relayed());
  message.classes.add(kFoo);
  for (const Case& one : kConditions) {
    CAPTURE(one.text);
    CHECK(message.holds(one.text) == one.wanted);
  }
}

TEST_CASE("Kea's manual, classification expressions: each makes the text that it should") {
  const Message message(relayed());
  for (const Case& one : kValues) {
    CAPTURE(one.text);
    CHECK(message.value(one.text) == one.wanted);
  }
}

TEST_CASE("a wrong class expression is refused with the column and what was expected") {
  const Message message(relayed());
  for (const Case& one : kErrors) {
    CAPTURE(one.text);
    CHECK(message.holds(one.text) == one.wanted);
  }
}

TEST_CASE("operators that cannot be supported are refused by name") {
  const Message message(solicit());
  CHECK(message.holds("match('foo.*', 'foobar')").find("not supported: match()") != std::string::npos);
  CHECK(message.holds("pkt4.msgtype == 1").find("DHCPv4") != std::string::npos);
  CHECK(message.holds("relay4[1].exists").find("DHCPv4") != std::string::npos);
  CHECK(message.holds("option[3].text == ''").find("use .hex") != std::string::npos);
  CHECK(message.holds("vendor[9].option[1].text == ''").find("use .hex") != std::string::npos);
}

TEST_CASE("pkt.len is the datagram's length, with its relay messages") {
  CHECK(Message(solicit()).value("uint32totext(pkt.len)") == std::to_string(solicit().size()));
  CHECK(Message(relayed()).value("uint32totext(pkt.len)") == std::to_string(relayed().size()));
}

TEST_CASE("a direct message has no relays, and a port without a name has none") {
  const Message message(solicit());
  CHECK(message.holds("relay6[0].peeraddr == ''") == "true");
  CHECK(message.holds("relay6[-1].option[18].exists") == "false");
}

TEST_CASE("a text that is longer than the room for it makes the expression fail, not the server") {
  const std::string big(3000, 'x');
  const Message message(solicit());
  CHECK(message.value("'" + big + "' + 'y'") == big + "y");
  CHECK(message.value("'" + big + "' + '" + big + "'") == "failed");
  CHECK(message.holds("hexstring('" + big + "', '') == 'a'") == "failed");
}

TEST_CASE("an expression that is nested or long without bounds is refused") {
  const Message message(solicit());
  CHECK(message.holds(std::string(5000, '(')).find("nested too deep") != std::string::npos);
  std::string negations;
  for (int i = 0; i < 5000; ++i) negations += "not ";
  CHECK(message.holds(negations).find("nested too deep") != std::string::npos);
  std::string alternatives = "known";
  for (int i = 0; i < 500; ++i) alternatives += " or known";
  CHECK(message.holds(alternatives) == "false");
  for (int i = 0; i < 500; ++i) alternatives += " or known";
  CHECK(message.holds(alternatives).find("too long") != std::string::npos);
}

}  // namespace tandem6::class_expression_test
