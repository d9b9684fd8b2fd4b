// RFC 8156 §6.1, RFC 7653 §9.1: whom the secondary listens to.
#include "dataplane/wire/message.h"
#include "dataplane/wire/option.h"
#include "tests/unit/failover_net/fixtures.h"

namespace tandem6::failover::listener_test {
namespace {

std::string start_tls_message() { return std::string(1, static_cast<char>(MessageType::kStartTls)) + "\1\2\3"; }

TEST_CASE("RFC 8156 6.1: who is no partner is dropped at once, and named") {
  asio::io_context io;
  Secondary secondary(io);
  secondary.welcome = tl::unexpected(Error{"a stranger"});
  RawPeer peer(io, secondary.listener->port());
  CHECK(peer.sees_end());
  CHECK(secondary.refusals == std::vector<std::string>{"a stranger"});
}

TEST_CASE("RFC 8156 6.1: a first message that is not CONNECT is refused, and the next connection is served") {
  asio::io_context io;
  Secondary secondary(io);
  RawPeer peer(io, secondary.listener->port());
  peer.send(framed(message(MessageType::kState, "x")) + framed(connect_message()));
  CHECK(peer.sees_end());
  CHECK(contains(secondary.refusals, "type 34, not CONNECT"));
  CHECK(secondary.connects.empty());
  Primary primary(io, secondary.listener->port());
  CHECK(run_until(io, [&] { return secondary.connects.size() == 1; }));
}

TEST_CASE("listener: garbage before CONNECT costs its connection") {
  asio::io_context io;
  Secondary secondary(io);
  RawPeer peer(io, secondary.listener->port());
  peer.send(std::string(3, '\0'));
  CHECK(peer.sees_end());
  CHECK(contains(secondary.refusals, "no DHCPv6 message"));
}

TEST_CASE("RFC 7653 9.1: without TLS a STARTTLS is answered by TLSConnectionRefused, and the connection goes on") {
  asio::io_context io;
  Secondary secondary(io);
  RawPeer peer(io, secondary.listener->port());
  peer.send(framed(start_tls_message()));
  REQUIRE(peer.hears(2));
  const std::string reply = peer.heard().substr(2);
  CHECK(peer.heard() == framed(reply));
  const auto view = wire::MessageView::parse(wire::bytes_of(reply));
  REQUIRE(view);
  CHECK(view->type == MessageType::kReply);
  CHECK(view->transaction_id == 0x010203);
  const auto option = wire::find_option(view->options, wire::OptionCode::kStatusCode);
  REQUIRE(option);
  CHECK(wire::StatusView::parse(option->data)->code == wire::StatusCode::kTlsConnectionRefused);
  SUBCASE("a requestor that can do without says CONNECT") {
    peer.send(framed(connect_message()));
    CHECK(run_until(io, [&] { return secondary.connects.size() == 1; }));
    CHECK(!secondary.end.connection->is_secure());
  }
  SUBCASE("one that asks again does not know what it wants") {
    peer.send(framed(start_tls_message()));
    CHECK(peer.sees_end());
    CHECK(contains(secondary.refusals, "type 23, not CONNECT"));
  }
  SUBCASE("one that closes is named with the reason") {
    peer.socket().close();
    REQUIRE(run_until(io, [&] { return secondary.refusals.size() == 1; }));
    CHECK(contains(secondary.refusals, "it wants TLS, which is not configured here"));
  }
}

TEST_CASE("listener: who is refused is sent what was meant for it") {
  asio::io_context io;
  Secondary secondary(io);
  RawPeer peer(io, secondary.listener->port());
  peer.send(framed(start_tls_message()) + framed(start_tls_message()) + std::string(100'000, 'x'));
  CHECK(peer.sees_end());
  CHECK(peer.heard().substr(2, 4) == "\7\1\2\3");
  CHECK(contains(secondary.refusals, "type 23, not CONNECT"));
}

TEST_CASE("RFC 7653 9.1: with TLS a STARTTLS is answered by a REPLY without options") {
  asio::io_context io;
  Secondary secondary(io, identity(Certificates::shared().secondary()), impatient_limits());
  RawPeer peer(io, secondary.listener->port());
  peer.send(framed(start_tls_message()));
  REQUIRE(peer.hears(6));
  CHECK(peer.heard() == framed("\7\1\2\3"));
  CHECK(!peer.is_closed());
  SUBCASE("a handshake that does not begin has a limit") {
    CHECK(peer.sees_end());
    CHECK(contains(secondary.refusals, "the TLS handshake did not end within 200 ms"));
  }
  SUBCASE("what is no TLS ends it") {
    peer.send(framed(connect_message()));
    CHECK(peer.sees_end());
    CHECK(contains(secondary.refusals, "TLS failed"));
    CHECK(secondary.connects.empty());
  }
}

TEST_CASE("RFC 7653 9.1: with TLS, a connection without it is closed") {
  asio::io_context io;
  Secondary secondary(io, identity(Certificates::shared().secondary()));
  RawPeer peer(io, secondary.listener->port());
  peer.send(framed(connect_message()));
  CHECK(peer.sees_end());
  CHECK(peer.heard().empty());
  CHECK(contains(secondary.refusals, "it speaks without TLS"));
  CHECK(secondary.connects.empty());
}

TEST_CASE("RFC 7653 8.2: a CONNECT slipped in behind STARTTLS is not taken for one inside TLS") {
  asio::io_context io;
  Secondary secondary(io, identity(Certificates::shared().secondary()));
  RawPeer peer(io, secondary.listener->port());
  peer.send(framed(start_tls_message()) + framed(connect_message()));
  CHECK(peer.sees_end());
  CHECK(contains(secondary.refusals, "something follows STARTTLS"));
  CHECK(secondary.connects.empty());
}

TEST_CASE("RFC 8156 10: a peer that says nothing, or half of something, hits the limit") {
  asio::io_context io;
  Secondary secondary(io, nullptr, impatient_limits());
  RawPeer silent(io, secondary.listener->port());
  RawPeer halting(io, secondary.listener->port());
  halting.send(framed(connect_message()).substr(0, 5));
  CHECK(silent.sees_end());
  CHECK(halting.sees_end());
  CHECK(secondary.refusals == std::vector<std::string>(2, "no CONNECT came within 200 ms"));
}

TEST_CASE("RFC 8156 10: of too many connections without CONNECT the oldest is dropped, and the newest is served") {
  asio::io_context io;
  const Limits limits = short_limits();
  Secondary secondary(io, nullptr, limits);
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (unsigned i = 0; i < limits.waiting_connections; ++i) {
    peers.push_back(std::make_unique<RawPeer>(io, secondary.listener->port()));
    run_for(io, 10ms);
  }
  CHECK(secondary.refusals.empty());
  peers.push_back(std::make_unique<RawPeer>(io, secondary.listener->port()));
  CHECK(peers.front()->sees_end());
  CHECK(secondary.refusals.size() == 1);
  CHECK(contains(secondary.refusals, "oldest of 3 connections without a CONNECT"));
  CHECK(!peers[1]->is_closed());
  peers.back()->send(framed(connect_message()));
  CHECK(run_until(io, [&] { return secondary.connects.size() == 1; }));
  // One that said CONNECT does not count any more.
  peers.push_back(std::make_unique<RawPeer>(io, secondary.listener->port()));
  run_for(io, 20ms);
  CHECK(secondary.refusals.size() == 1);
}

TEST_CASE("listener: a second connection of a partner is handed out as the first was") {
  asio::io_context io;
  Secondary secondary(io);
  Primary first(io, secondary.listener->port());
  REQUIRE(run_until(io, [&] { return secondary.connects.size() == 1; }));
  const std::shared_ptr<Connection> kept = secondary.end.connection;
  Primary second(io, secondary.listener->port());
  REQUIRE(run_until(io, [&] { return secondary.connects.size() == 2; }));
  run_for(io, 20ms);
  CHECK(first.end.closed.empty());
  CHECK(second.end.closed.empty());
}

TEST_CASE("listener: when it goes, those that wait are closed, and what it handed out lives on") {
  asio::io_context io;
  Secondary secondary(io);
  Primary primary(io, secondary.listener->port());
  REQUIRE(run_until(io, [&] { return secondary.connects.size() == 1; }));
  RawPeer waiting(io, secondary.listener->port());
  run_for(io, 20ms);
  secondary.listener.reset();
  CHECK(waiting.sees_end());
  primary.end.send(message(MessageType::kState, "still here"));
  CHECK(run_until(io, [&] { return secondary.end.messages.size() == 1; }));
  CHECK(secondary.refusals.empty());
}

TEST_CASE("listener: a port that is taken is named, and listened on when it is free, tried less and less often") {
  asio::io_context io;
  auto other =
      std::make_unique<asio::ip::tcp::acceptor>(io, asio::ip::tcp::endpoint(asio::ip::address_v6::loopback(), 0));
  const uint16_t port = other->local_endpoint().port();
  Secondary secondary(io, nullptr, short_limits(), port);
  const auto before = std::chrono::steady_clock::now();
  // Pauses: 20, 40, 80.
  REQUIRE(run_until(io, [&] { return secondary.attempts.size() == 4; }));
  CHECK(std::chrono::steady_clock::now() - before >= 140ms);
  CHECK(contains(secondary.attempts, "cannot listen on [::1]:" + std::to_string(port) + ": Address already in use"));
  other.reset();
  REQUIRE(run_until(io, [&] { return secondary.attempts.back().empty(); }));
  Primary primary(io, port);
  CHECK(run_until(io, [&] { return secondary.connects.size() == 1; }));
  CHECK(secondary.attempts.size() == 5);
}

TEST_CASE("listener: it can go while it waits to try again") {
  asio::io_context io;
  const asio::ip::tcp::acceptor other(io, asio::ip::tcp::endpoint(asio::ip::address_v6::loopback(), 0));
  Secondary secondary(io, nullptr, short_limits(), other.local_endpoint().port());
  secondary.listener.reset();
  run_for(io, 60ms);
  CHECK(secondary.attempts.size() == 1);
}

}  // namespace
}  // namespace tandem6::failover::listener_test
