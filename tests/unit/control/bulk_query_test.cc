// RFC 5460: bulk queries, message by message, and the TCP connection around them.
#include <doctest/doctest.h>

#include <set>
#include <thread>

#include <asio/connect.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include "control/leasequery/bulk_query.h"
#include "control/leasequery/bulk_server.h"
#include "dataplane/wire/stream.h"
#include "tests/unit/control/leasequery_fixture.h"

namespace tandem6::control::bulk_query_test {
namespace {

constexpr const char* kDuid = "00:03:00:01:02:00:00:00:0a:01";
constexpr const char* kOther = "00:03:00:01:02:00:00:00:0b:02";
const Octets kRelay = hex("0003 0001 0200000000dd");
const Octets kRemote = hex("00000009 aabbcc");

std::vector<std::string> cut(Bytes stream) {
  std::vector<std::string> messages;
  while (!stream.empty()) {
    const size_t size = wire::load_be16(stream.data());
    messages.push_back(to_hex(stream.subspan(2, size)));
    stream = stream.subspan(2 + size);
  }
  return messages;
}

std::vector<std::string> ask(Server& server, const Octets& question) {
  BulkQuery query(server, question);
  REQUIRE_FALSE(query.is_discarded());
  std::vector<std::byte> out;
  while (query.step(out)) {
  }
  return cut(out);
}

void fill(FakeServer& server) {
  add_lease(server, address_lease("2001:db8:1::5", kDuid), 10);
  add_lease(server, address_lease("2001:db8:2::10", kDuid, 2), 10);
  add_lease(server, address_lease("2001:db8:1::6", kOther), 10);
  server.remember(kDuid, one_relay(option(53, kRelay) + option(37, kRemote)));
  server.remember(kOther, one_relay(option(37, kRemote)));
}

Octets first_on(const char* lease) { return client_data_option(kDuid, {ia_address(lease, 2990, 3990)}, 10); }
Octets data(const Octets& client) { return message(17, 0xabcdef, {client}); }
Octets done(const Octets& status_option = {}) { return message(16, 0xabcdef, {status_option}); }

TEST_CASE("RFC 5460 5.3.1: by relay-id, on all links or on one") {
  FakeServer server;
  fill(server);
  CHECK(ask(server, leasequery(query(3, "::", {option(53, kRelay)}))) ==
        std::vector<std::string>{to_hex(reply({first_on("2001:db8:2::10")})), to_hex(data(first_on("2001:db8:1::5"))),
                                 to_hex(done())});
  CHECK(ask(server, leasequery(query(3, "2001:db8:1::", {option(53, kRelay)}))) ==
        std::vector<std::string>{to_hex(reply({first_on("2001:db8:1::5")})), to_hex(done())});
  CHECK(ask(server, leasequery(query(3, "::", {option(53, kRequester)}))) ==
        std::vector<std::string>{to_hex(reply({}))});
  CHECK(ask(server, leasequery(query(3, "2001:db8:77::", {option(53, kRelay)}))) ==
        std::vector<std::string>{to_hex(reply({status(9, "no such link here")}))});
}

TEST_CASE("RFC 5460 5.3.2: by link-address") {
  FakeServer server;
  fill(server);
  CHECK(ask(server, leasequery(query(4, "2001:db8:2::1", {}))) ==
        std::vector<std::string>{to_hex(reply({first_on("2001:db8:2::10")})), to_hex(done())});
  CHECK(ask(server, leasequery(query(4, "2001:db8:1::1", {}))).size() == 3);
  CHECK(ask(server, leasequery(query(4, "::", {}))) ==
        std::vector<std::string>{to_hex(reply({status(8, "malformed query")}))});
}

TEST_CASE("RFC 5460 5.3.2: by link-address every client of many comes once, with all that it has there") {
  FakeServer server;
  std::set<std::string> clients;
  for (unsigned i = 0; i < 3000; ++i) {
    lease::LeaseRecord record = address_lease("2001:db8:1::5", kDuid);
    wire::store_be32(record.key.address.octets.data() + 12, 1000 + i);
    Octets duid = duid_octets(kDuid);
    wire::store_be32(duid.data() + 6, i / 2);
    record.iaid = i;
    record.duid = Duid::from_bytes(duid).value();
    add_lease(server, record);
    clients.insert(to_hex(duid));
  }
  const auto messages = ask(server, leasequery(query(4, "2001:db8:1::", {})));
  CHECK(messages.size() == 1501);
  std::set<std::string> seen;
  for (const std::string& text : messages) {
    const Octets octets = hex(text);
    wire::OptionWalker walker(Bytes(octets).subspan(4));
    while (const auto told = walker.next()) {
      if (!told->is(wire::OptionCode::kClientData)) continue;
      seen.insert(to_hex(wire::find_option(told->data, wire::OptionCode::kClientId)->data));
      unsigned leases = 0;
      wire::OptionWalker inside(told->data);
      while (const auto inner = inside.next()) leases += inner->is(wire::OptionCode::kIaAddress) ? 1 : 0;
      REQUIRE(leases == 2);
    }
  }
  CHECK(seen == clients);
}

TEST_CASE("RFC 5460 5.3.3: by remote-id") {
  FakeServer server;
  fill(server);
  CHECK(ask(server, leasequery(query(5, "2001:db8:1::", {option(37, kRemote)}))).size() == 3);
  CHECK(ask(server, leasequery(query(5, "::", {option(37, kRemote)}))).size() == 4);
  CHECK(ask(server, leasequery(query(5, "::", {option(37, hex("00000009 aabb"))}))) ==
        std::vector<std::string>{to_hex(reply({}))});
  CHECK(ask(server, leasequery(query(5, "::", {}))) ==
        std::vector<std::string>{to_hex(reply({status(8, "malformed query")}))});
}

TEST_CASE("RFC 5460 6.3: over TCP a client on several links is told of link by link, without OPTION_CLIENT_LINK") {
  FakeServer server;
  fill(server);
  CHECK(ask(server, leasequery(query(2, "::", {client_id(duid_octets(kDuid))}))) ==
        std::vector<std::string>{to_hex(reply({first_on("2001:db8:2::10")})), to_hex(data(first_on("2001:db8:1::5"))),
                                 to_hex(done())});
}

TEST_CASE("RFC 5460 7.2: an error at the beginning is the reply's status, later the done message's") {
  FakeServer server;
  fill(server);
  BulkQuery query_on(server, leasequery(query(3, "::", {option(53, kRelay)})));
  server.workers_run = false;
  std::vector<std::byte> out;
  while (query_on.step(out)) {
  }
  CHECK(cut(out) == std::vector<std::string>{to_hex(reply({status(11, "query terminated, ask again")}))});

  out.clear();
  server.workers_run = true;
  BulkQuery walking(server, leasequery(query(4, "2001:db8:1::", {})));
  while (out.empty()) REQUIRE(walking.step(out));
  server.workers_run = false;
  while (walking.step(out)) {
  }
  CHECK(cut(out).back() == to_hex(done(status(11, "query terminated, ask again"))));
}

TEST_CASE("what is no LEASEQUERY is discarded") {
  FakeServer server;
  CHECK(BulkQuery(server, message(1, 1, {client_id(kRequester)})).is_discarded());
  CHECK(BulkQuery(server, message(14, 1, {client_id(kRequester)})).is_discarded());
  CHECK(BulkQuery(server, hex("0c00")).is_discarded());
}

// --- the connection -------------------------------------------------------------------------------------------------

using asio::ip::tcp;

/// A server on a port of its choice, run in a thread of its own.
struct Serving {
  explicit Serving(unsigned connections = 10, unsigned timeout = 300, bool allowed = true) {
    server.config.lease_query = {.requesters = {},
                                 .bulk = true,
                                 .bulk_address = ip("::1"),
                                 .bulk_port = 0,
                                 .bulk_connections = connections,
                                 .bulk_timeout_seconds = timeout};
    if (allowed) server.allow_queries(Ipv6Prefix{ip("::1"), 128});
    fill(server);
    auto opened = BulkServer::open(io, server);
    REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().message));
    bulk = std::move(*opened);
    port = bulk->port();
    thread = std::thread([this] { io.run(); });
  }
  ~Serving() {
    io.stop();
    thread.join();
    bulk.reset();
  }
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;

  FakeServer server;
  asio::io_context io;
  std::unique_ptr<BulkServer> bulk;
  uint16_t port = 0;
  std::thread thread;
};

struct Client {
  explicit Client(uint16_t port) : socket(io) { socket.connect({asio::ip::address_v6::loopback(), port}); }
  void send(const Octets& octets) { asio::write(socket, asio::buffer(octets.data(), octets.size())); }
  void ask(const Octets& question) { send(u16(static_cast<uint16_t>(question.size())) + question); }
  /// The next message; empty when the server closed.
  std::string next() {
    Octets head(2);
    asio::error_code error;
    asio::read(socket, asio::buffer(head.data(), head.size()), error);
    if (error) return "";
    Octets body(wire::load_be16(head.data()));
    asio::read(socket, asio::buffer(body.data(), body.size()), error);
    return error ? "" : to_hex(body);
  }
  asio::io_context io;
  tcp::socket socket;
};

TEST_CASE("RFC 5460 6.5: several queries over one connection, in pieces, at once") {
  Serving serving;
  Client client(serving.port);
  const Octets first = leasequery(query(4, "2001:db8:2::", {}), 1);
  const Octets second = leasequery(query(3, "::", {option(53, kRequester)}), 2);
  const Octets both =
      u16(static_cast<uint16_t>(first.size())) + first + u16(static_cast<uint16_t>(second.size())) + second;
  for (const std::byte octet : both) client.send(Octets{octet});
  CHECK(client.next() == to_hex(reply({first_on("2001:db8:2::10")}, 1)));
  CHECK(client.next() == to_hex(message(16, 1, {})));
  CHECK(client.next() == to_hex(reply({}, 2)));
  client.ask(first);
  CHECK_FALSE(client.next().empty());
}

TEST_CASE("RFC 5460 7.1: who may not ask is hung up on") {
  Serving serving(10, 300, false);
  Client client(serving.port);
  CHECK(client.next().empty());
}

TEST_CASE("a stream of something else is hung up on") {
  Serving serving;
  for (const Octets& wrong : {hex("ffff 0e000001"), hex("0000"), u16(18) + message(1, 1, {client_id(kRequester)})}) {
    Client client(serving.port);
    client.send(wrong);
    CHECK(client.next().empty());
  }
}

TEST_CASE("RFC 5460 5.6: a connection that asks nothing ends; those beyond the limit wait for their turn") {
  Serving serving(1, 1);
  Client idle(serving.port);
  Client waiting(serving.port);
  waiting.ask(leasequery(query(4, "2001:db8:2::", {}), 1));
  CHECK_FALSE(waiting.next().empty());
  CHECK(idle.next().empty());
}

TEST_CASE("an address that is not ours cannot be listened on, and the message says so") {
  FakeServer server;
  server.config.lease_query.bulk_address = ip("2001:db8:dead::1");
  asio::io_context io;
  const auto opened = BulkServer::open(io, server);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find("2001:db8:dead::1") != std::string::npos);
}

}  // namespace
}  // namespace tandem6::control::bulk_query_test
