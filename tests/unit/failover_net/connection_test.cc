// RFC 8156 §6.1, RFC 5460 §5.1: messages over a connection between partners, plain and by TLS.
#include <algorithm>
#include <array>

#include "tests/unit/failover_net/fixtures.h"

namespace tandem6::failover::connection_test {
namespace {

std::string numbered(unsigned number) {
  return message(MessageType::kBndUpd, std::to_string(number) + std::string(number % 200, '.'));
}

TEST_CASE("RFC 8156 6.1: both partners say what they have to say, with and without TLS") {
  for (const bool secure : {false, true}) {
    CAPTURE(secure);
    Pair pair(secure);
    CHECK(pair.secondary.connects.front() == connect_message());
    for (const End* end : {&pair.primary.end, &pair.secondary.end}) {
      CHECK(end->connection->is_secure() == secure);
      CHECK(end->connection->partner() == loopback());
    }
    pair.secondary.end.send(message(MessageType::kConnectReply, "welcome"));
    REQUIRE(pair.run([&] { return pair.primary.end.messages.size() == 1; }));
    CHECK(pair.primary.end.messages.front() == message(MessageType::kConnectReply, "welcome"));
    pair.primary.end.send(message(MessageType::kState, "normal"));
    REQUIRE(pair.run([&] { return pair.secondary.end.messages.size() == 1; }));
    CHECK(pair.secondary.end.messages.front() == message(MessageType::kState, "normal"));
    CHECK(pair.secondary.end.batches == 1);
  }
}

TEST_CASE("connection: a burst of 100,000 messages in one turn arrives whole, in order, and in few batches") {
  constexpr unsigned kMessages = 100'000;
  for (const bool secure : {false, true}) {
    CAPTURE(secure);
    Pair pair(secure);
    for (unsigned i = 0; i < kMessages; ++i) pair.primary.end.send(numbered(i));
    for (unsigned i = 0; i < 1000; ++i) pair.secondary.end.send(numbered(i));
    CHECK(pair.primary.end.connection->unsent() > size_t{kMessages} * 100);
    REQUIRE(run_until(
        pair.io,
        [&] { return pair.secondary.end.messages.size() == kMessages && pair.primary.end.messages.size() == 1000; },
        20s));
    unsigned wrong = 0;
    for (unsigned i = 0; i < kMessages; ++i) wrong += pair.secondary.end.messages[i] != numbered(i) ? 1 : 0;
    CHECK(wrong == 0);
    CHECK(pair.secondary.end.batches < kMessages / 50);
    CHECK(pair.primary.end.connection->unsent() == 0);
  }
}

TEST_CASE("RFC 5460 5.1: a message of 65,535 octets goes through, with and without TLS") {
  for (const bool secure : {false, true}) {
    CAPTURE(secure);
    Pair pair(secure);
    const std::string longest = message(MessageType::kBndUpd, std::string(65'531, 'x'));
    for (int i = 0; i < 5; ++i) pair.primary.end.send(longest);
    REQUIRE(pair.run([&] { return pair.secondary.end.messages.size() == 5; }));
    CHECK(std::ranges::count(pair.secondary.end.messages, longest) == 5);
  }
}

TEST_CASE("connection: a message that comes octet by octet is put together") {
  asio::io_context io;
  Secondary secondary(io);
  RawPeer peer(io, secondary.listener->port());
  for (const char octet : framed(connect_message()) + framed(message(MessageType::kState, "x"))) {
    peer.send({&octet, 1});
    run_for(io, 1ms);
  }
  REQUIRE(run_until(io, [&] { return secondary.end.messages.size() == 1; }));
  CHECK(secondary.connects == std::vector{connect_message()});
  CHECK(secondary.end.messages.front() == message(MessageType::kState, "x"));
}

TEST_CASE("connection: what came together with CONNECT waits for start()") {
  asio::io_context io;
  Secondary secondary(io);
  secondary.starts = false;
  RawPeer peer(io, secondary.listener->port());
  peer.send(framed(connect_message()) + framed(message(MessageType::kState, "1")) +
            framed(message(MessageType::kState, "2")));
  REQUIRE(run_until(io, [&] { return secondary.connects.size() == 1; }));
  run_for(io, 20ms);
  secondary.end.start();
  CHECK(secondary.end.messages.empty());
  REQUIRE(run_until(io, [&] { return secondary.end.messages.size() == 2; }));
  CHECK(secondary.end.messages.back() == message(MessageType::kState, "2"));
  CHECK(secondary.connects.size() == 1);
}

TEST_CASE("connection: a size that no message has breaks the stream, with a reason") {
  asio::io_context io;
  Secondary secondary(io);
  RawPeer peer(io, secondary.listener->port());
  peer.send(framed(connect_message()) + framed(message(MessageType::kState, "last")) + std::string("\0\3abc", 5));
  REQUIRE(run_until(io, [&] { return !secondary.end.closed.empty(); }));
  CHECK(secondary.end.messages.size() == 1);
  CHECK(secondary.end.batches == 1);
  CHECK(contains(secondary.end.closed, "no DHCPv6 message"));
  CHECK(peer.sees_end());
}

TEST_CASE("connection: what the partner said before it closed is heard before closed(), which is called once") {
  for (const bool secure : {false, true}) {
    CAPTURE(secure);
    Pair pair(secure);
    pair.primary.end.send(message(MessageType::kDisconnect, "bye"));
    pair.primary.end.connection->close();
    pair.secondary.end.send(message(MessageType::kContact, "are you there"));
    REQUIRE(pair.run([&] { return !pair.secondary.end.closed.empty(); }));
    run_for(pair.io, 50ms);
    CHECK(pair.secondary.end.messages == std::vector{message(MessageType::kDisconnect, "bye")});
    CHECK(pair.secondary.end.batches == 1);
    CHECK(pair.secondary.end.closed == std::vector<std::string>{"the partner closed the connection"});
    CHECK(pair.primary.end.closed.empty());
    CHECK(pair.primary.end.messages.empty());
  }
}

TEST_CASE("connection: what the partner said before it vanished is heard, even if our own message finds that out") {
  asio::io_context io;
  Secondary secondary(io);
  RawPeer peer(io, secondary.listener->port());
  peer.send(framed(connect_message()));
  REQUIRE(run_until(io, [&] { return secondary.connects.size() == 1; }));
  run_for(io, 20ms);
  peer.send(framed(message(MessageType::kDisconnect, "bye")));
  peer.socket().set_option(asio::socket_base::linger(true, 0));  // a reset, not an orderly end
  peer.socket().close();
  secondary.end.send(message(MessageType::kState, "x"));
  REQUIRE(run_until(io, [&] { return !secondary.end.closed.empty(); }));
  CHECK(secondary.end.messages == std::vector{message(MessageType::kDisconnect, "bye")});
  CHECK(contains(secondary.end.closed, "the connection to the partner is lost"));
}

TEST_CASE("connection: close() sends what is queued, even to a partner that keeps sending itself") {
  for (const bool secure : {false, true}) {
    CAPTURE(secure);
    Pair pair(secure);
    constexpr unsigned kMessages = 20'000;
    for (unsigned i = 0; i < kMessages; ++i) pair.primary.end.send(numbered(i));
    for (unsigned i = 0; i < kMessages; ++i) pair.secondary.end.send(numbered(i));
    std::weak_ptr<Connection> weak = pair.primary.end.connection;
    pair.primary.end.connection->close();
    pair.primary.end.connection.reset();
    REQUIRE(pair.run([&] { return !pair.secondary.end.closed.empty(); }));
    CHECK(pair.secondary.end.messages.size() == kMessages);
    CHECK(pair.primary.end.messages.empty());
    CHECK(pair.run([&] { return weak.expired(); }));
  }
}

TEST_CASE("connection: close() waits a second, not longer, for a partner that does not read") {
  asio::io_context io;
  Secondary secondary(io);
  RawPeer peer(io, secondary.listener->port());
  peer.send(framed(connect_message()));
  REQUIRE(run_until(io, [&] { return secondary.connects.size() == 1; }));
  for (unsigned i = 0; i < 200'000; ++i) secondary.end.send(numbered(i));
  std::weak_ptr<Connection> weak = secondary.end.connection;
  const auto before = std::chrono::steady_clock::now();
  std::exchange(secondary.end.connection, nullptr)->close();
  CHECK(run_until(io, [&] { return weak.expired(); }));
  const auto took = std::chrono::steady_clock::now() - before;
  CHECK(took > 900ms);
  CHECK(took < 2s);
}

TEST_CASE("connection: a partner that does not read lets unsent() grow, and one that reads again empties it") {
  asio::io_context io;
  Secondary secondary(io);
  RawPeer peer(io, secondary.listener->port());
  peer.send(framed(connect_message()));
  REQUIRE(run_until(io, [&] { return secondary.connects.size() == 1; }));
  const auto send_ten_megabytes = [&] {
    for (unsigned i = 0; i < 10'000; ++i) secondary.end.send(message(MessageType::kBndUpd, std::string(1000, 'x')));
    run_for(io, 100ms);
  };
  send_ten_megabytes();
  const size_t first = secondary.end.connection->unsent();
  send_ten_megabytes();
  // What the kernel's buffers hold is taken once.
  CHECK(secondary.end.connection->unsent() > first + 9'000'000);
  CHECK(secondary.end.closed.empty());
  CHECK(peer.hears(size_t{20'000} * 1006));
  CHECK(secondary.end.connection->unsent() == 0);
}

TEST_CASE("connection: handlers may send and close from within received(), and hear nothing after close()") {
  for (const bool secure : {false, true}) {
    CAPTURE(secure);
    Pair pair(secure);
    std::vector<std::string> heard;
    End& end = pair.secondary.end;
    end.connection->start({
        .received =
            [&](Bytes bytes) {
              heard.emplace_back(wire::text_of(bytes));
              end.send(message(MessageType::kDisconnect, "enough"));
              end.connection->close();
              end.connection.reset();
            },
        .batch_ended = [&] { heard.emplace_back("batch"); },
        .closed = [&](const std::string& reason) { heard.push_back(reason); },
    });
    std::weak_ptr<Connection> weak = end.connection;
    for (unsigned i = 0; i < 100'000; ++i) pair.primary.end.send(message(MessageType::kState, std::string(100, 'x')));
    REQUIRE(pair.run([&] { return !pair.primary.end.closed.empty(); }));
    // What it does not want to hear any more is taken from the partner nevertheless, or the farewell would take long.
    CHECK(run_until(pair.io, [&] { return weak.expired(); }, 800ms));
    CHECK(heard == std::vector{message(MessageType::kState, std::string(100, 'x'))});
    CHECK(pair.primary.end.messages == std::vector{message(MessageType::kDisconnect, "enough")});
  }
}

TEST_CASE("connection: who drops it closes it, without a farewell") {
  Pair pair(true);
  pair.secondary.end.connection.reset();
  REQUIRE(pair.run([&] { return !pair.primary.end.closed.empty(); }));
  CHECK(contains(pair.primary.end.closed, "it ended without TLS's farewell"));
  pair.primary.end.send(message(MessageType::kState, "nobody hears this"));
  run_for(pair.io, 20ms);
  CHECK(pair.primary.end.closed.size() == 1);
}

}  // namespace
}  // namespace tandem6::failover::connection_test
