// RFC 8156 §6.1, RFC 7653 §8.2: how the primary reaches its partner.
#include "tests/unit/failover_net/fixtures.h"

namespace tandem6::failover::connector_test {
namespace {

std::chrono::milliseconds since(std::chrono::steady_clock::time_point before) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - before);
}

TEST_CASE("RFC 8156 6.1: while nobody listens it tries again, less and less often") {
  asio::io_context io;
  const auto before = std::chrono::steady_clock::now();
  Primary primary(io, free_port(io));
  // Pauses: 20, 40, 80, 160, 160.
  REQUIRE(run_until(io, [&] { return primary.failures.size() == 6; }));
  CHECK(since(before) >= 460ms);
  CHECK(contains(primary.failures, "cannot connect to the partner at [::1]:"));
  CHECK(contains(primary.failures, "refused; it does not run, or not as this relationship's secondary"));
  CHECK(primary.connected == 0);
}

TEST_CASE("connector: a host that does not answer TCP at all hits the limit, and is tried again") {
  asio::io_context io;
  asio::ip::tcp::acceptor full(io, asio::ip::tcp::v6());
  full.bind({asio::ip::address_v6::loopback(), 0});
  full.listen(0);
  // Linux drops what comes once the queue of those that nobody accepts is full.
  std::vector<asio::ip::tcp::socket> queued;
  for (int i = 0; i < 4; ++i) {
    queued.emplace_back(io, asio::ip::tcp::v6()).async_connect(full.local_endpoint(), [](const asio::error_code&) {});
  }
  Primary primary(io, full.local_endpoint().port(), nullptr, impatient_limits());
  REQUIRE(run_until(io, [&] { return primary.failures.size() == 2; }));
  CHECK(contains(primary.failures, "does not answer at all within 200 ms"));
  CHECK(primary.connected == 0);
}

TEST_CASE("RFC 8156 6.1: the pause has a longest") {
  asio::io_context io;
  Limits limits = short_limits();
  limits.retry_longest = 40ms;
  const auto before = std::chrono::steady_clock::now();
  Primary primary(io, free_port(io), nullptr, limits);
  // Without it: more than five seconds.
  REQUIRE(run_until(io, [&] { return primary.failures.size() == 9; }));
  CHECK(since(before) >= 300ms);
  CHECK(since(before) < 2s);
}

TEST_CASE("RFC 8156 6.1: a partner that comes later is found") {
  asio::io_context io;
  const uint16_t port = free_port(io);
  Primary primary(io, port);
  REQUIRE(run_until(io, [&] { return primary.failures.size() == 2; }));
  asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v6::loopback(), port});
  CHECK(run_until(io, [&] { return primary.connected == 1; }));
}

TEST_CASE("RFC 8156 6.1: the pause after a connection grows until the relationship has settled") {
  asio::io_context io;
  Secondary secondary(io);
  Primary primary(io, secondary.listener->port());
  REQUIRE(run_until(io, [&] { return primary.connected == 1; }));
  const auto pause = [&] {
    const auto before = std::chrono::steady_clock::now();
    const unsigned connected = primary.connected;
    for (int i = 0; i < 5; ++i) primary.connector->retry();  // counts once
    REQUIRE(run_until(io, [&] { return primary.connected > connected; }));
    return since(before);
  };
  CHECK(pause() >= 20ms);
  CHECK(pause() >= 40ms);
  CHECK(pause() >= 80ms);
  primary.connector->settled();
  const auto shortest = pause();
  CHECK(shortest >= 20ms);
  CHECK(shortest < 160ms);
}

TEST_CASE("connector: without retry() a connection that is over is not replaced") {
  Pair pair(false);
  pair.secondary.end.connection->close();
  REQUIRE(pair.run([&] { return !pair.primary.end.closed.empty(); }));
  run_for(pair.io, 100ms);
  CHECK(pair.primary.connected == 1);
}

TEST_CASE("connector: it comes from the local address, and says so when it cannot") {
  asio::io_context io;
  Secondary secondary(io);
  Primary good(io, secondary.listener->port(), nullptr, short_limits(), loopback());
  CHECK(run_until(io, [&] { return good.connected == 1; }));
  Primary bad(io, secondary.listener->port(), nullptr, short_limits(), Ipv6Address::parse("2001:db8::1").value());
  REQUIRE(run_until(io, [&] { return bad.failures.size() == 2; }));
  CHECK(contains(bad.failures, "cannot connect from 2001:db8::1"));
}

TEST_CASE("RFC 7653 8.2: STARTTLS is the first message, without options") {
  asio::io_context io;
  RawHost host(io);
  Primary primary(io, host.port(), identity(Certificates::shared().primary()), impatient_limits());
  const auto peer = host.accept();
  REQUIRE(peer->hears(6));
  CHECK(peer->heard().size() == 6);
  CHECK(peer->heard().substr(0, 3) == std::string("\0\4\27", 3));
  const std::string transaction_id = peer->heard().substr(3);
  SUBCASE("no answer: it gives up") {
    CHECK(peer->sees_end());
    CHECK(contains(primary.failures, "does not answer STARTTLS and the TLS handshake within 200 ms"));
  }
  SUBCASE("a closed connection: it gives up, and says the same of a reset") {
    SUBCASE("FIN") {}
    SUBCASE("reset") { peer->socket().set_option(asio::socket_base::linger(true, 0)); }
    peer->socket().close();
    CHECK(run_until(io, [&] {
      return contains(primary.failures, "the partner closed the connection, before it answered STARTTLS: its log");
    }));
  }
  SUBCASE("a REPLY with a status: it closes") {
    peer->send(framed("\7" + transaction_id + std::string("\0\15\0\5\0\17abc", 9)));
    CHECK(peer->sees_end());
    CHECK(contains(primary.failures, "the partner refuses TLS (\"abc\")"));
  }
  SUBCASE("a REPLY to something else: it closes") {
    peer->send(framed(std::string("\7") + "zzz"));
    CHECK(peer->sees_end());
    CHECK(contains(primary.failures, "not to our STARTTLS"));
  }
  SUBCASE("another message: it closes") {
    peer->send(framed("\40" + transaction_id));
    CHECK(peer->sees_end());
    CHECK(contains(primary.failures, "a message of type 32, not with REPLY"));
  }
  SUBCASE("a REPLY that is cut off: it closes") {
    peer->send(framed("\7" + transaction_id + std::string("\0\15\0\5", 4)));
    CHECK(peer->sees_end());
    CHECK(contains(primary.failures, "malformed"));
  }
  SUBCASE("a message slipped in behind the REPLY is not taken for one inside TLS") {
    peer->send(framed("\7" + transaction_id) + framed(message(MessageType::kConnectReply, "")));
    CHECK(peer->sees_end());
    CHECK(contains(primary.failures, "something follows STARTTLS"));
  }
  SUBCASE("TLS that is none: it closes") {
    peer->send(framed("\7" + transaction_id));
    REQUIRE(peer->hears(7));
    CHECK(peer->heard()[6] == '\26');  // a record of the handshake
    peer->send("SSH-2.0-OpenSSH");
    CHECK(peer->sees_end());
    CHECK(contains(primary.failures, "TLS failed"));
  }
  CHECK(primary.connected == 0);
}

TEST_CASE("connector: it can go at any moment") {
  asio::io_context io;
  RawHost host(io);
  SUBCASE("at once") { Primary(io, host.port()); }
  SUBCASE("while TCP connects, or just has") {
    Primary primary(io, host.port());
    io.run_one();
  }
  SUBCASE("while it waits for the REPLY") {
    Primary primary(io, host.port(), identity(Certificates::shared().primary()));
    REQUIRE(host.accept()->hears(6));
  }
  SUBCASE("while it pauses") {
    Primary primary(io, free_port(io));
    REQUIRE(run_until(io, [&] { return primary.failures.size() == 1; }));
  }
  SUBCASE("from within failed()") {
    std::unique_ptr<Connector> connector;
    connector = Connector::open(
        io, {{}, loopback(), free_port(io)}, nullptr, short_limits(), [](const std::shared_ptr<Connection>&) {},
        [&](const std::string&) { connector.reset(); });
    CHECK(run_until(io, [&] { return !connector; }));
  }
  SUBCASE("from within connected()") {
    std::unique_ptr<Connector> connector;
    connector = Connector::open(
        io, {{}, loopback(), host.port()}, nullptr, short_limits(),
        [&](const std::shared_ptr<Connection>&) { connector.reset(); }, [](const std::string&) {});
    CHECK(run_until(io, [&] { return !connector; }));
  }
  // Nothing is left that would keep the io_context busy, for longer than a farewell takes.
  io.restart();
  const auto before = std::chrono::steady_clock::now();
  io.run_for(3s);
  CHECK(since(before) < 1500ms);
}

}  // namespace
}  // namespace tandem6::failover::connector_test
