// RFC 5460 §5.1: messages in a TCP stream.
#include "dataplane/wire/stream.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "dataplane/wire/leasequery.h"
#include "tests/support/packet.h"

namespace tandem6::wire::stream_test {
namespace {

using namespace tandem6::testing;

/// What comes out of a stream that arrives in pieces of this size.
std::vector<std::string> messages_of(StreamDecoder& decoder, Bytes stream, size_t piece) {
  std::vector<std::string> messages;
  while (!stream.empty() && !decoder.is_broken()) {
    const MutableBytes space = decoder.space();
    REQUIRE_FALSE(space.empty());
    const size_t count = std::min({piece, space.size(), stream.size()});
    std::ranges::copy(stream.first(count), space.begin());
    decoder.filled(count);
    stream = stream.subspan(count);
    while (const auto message = decoder.next()) messages.push_back(to_hex(*message));
  }
  return messages;
}

TEST_CASE("RFC 5460 5.1: each message is found behind its size, however the stream is cut") {
  const Octets stream = hex("0004 0e000001") + hex("0005 0e000002 aa") + hex("0008 0e000003 00010000");
  for (size_t piece = 1; piece <= stream.size(); ++piece) {
    StreamDecoder decoder(16);
    CHECK(messages_of(decoder, stream, piece) ==
          std::vector<std::string>{"0e 00 00 01", "0e 00 00 02 aa", "0e 00 00 03 00 01 00 00"});
    CHECK_FALSE(decoder.is_within_message());
  }
  CHECK(to_hex(stream_head(0x1234)) == "12 34");
}

TEST_CASE("a stream that ends within a message says so") {
  StreamDecoder decoder(16);
  CHECK(messages_of(decoder, hex("0004 0e0000"), 100).empty());
  CHECK(decoder.is_within_message());
  CHECK_FALSE(decoder.is_broken());
}

TEST_CASE("a size that no message has breaks the stream for good") {
  for (const char* wrong : {"0000", "0003 0e0000", "0011 0e000001"}) {
    StreamDecoder decoder(16);
    CHECK(messages_of(decoder, hex("0004 0e000001") + hex(wrong) + hex("0004 0e000002"), 100).size() == 1);
    CHECK(decoder.is_broken());
    CHECK_FALSE(decoder.next());
  }
  StreamDecoder exact(16);
  CHECK(messages_of(exact, hex("0010") + hex("0e000001") + zeros(12), 3).size() == 1);
}

TEST_CASE("RFC 5007 4.1.2.1: OPTION_LQ_QUERY is type, link-address and options that fit") {
  const Octets query = u8(2) + address("2001:db8::1") + client_id(hex("000300010200000000aa"));
  const auto view = QueryView::parse(query);
  REQUIRE(view);
  CHECK(view->type == QueryType::kByClientId);
  CHECK(view->link_address == ip("2001:db8::1"));
  CHECK(view->options.size() == 14);
  for (size_t size = 0; size < query.size(); ++size) {
    if (size == 17) continue;  // no options
    CHECK_FALSE(QueryView::parse(Octets(std::span(query).first(size))));
  }
}

}  // namespace
}  // namespace tandem6::wire::stream_test
