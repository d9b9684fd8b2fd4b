// What the tests of the transport share: both partners on one io_context, over ::1, and certificates for them.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/write.hpp>

#include "dataplane/wire/codes.h"
#include "dataplane/wire/stream.h"
#include "failover/net/connection.h"
#include "tests/support/certificates.h"

namespace tandem6::failover {

using namespace std::chrono_literals;
using wire::MessageType;

inline Ipv6Address loopback() { return Ipv6Address::parse("::1").value(); }

inline std::string message(MessageType type, std::string_view text) {
  return std::string(1, static_cast<char>(type)) + std::string(3, '\0') + std::string(text);
}
inline std::string connect_message() { return message(MessageType::kConnect, "hello"); }
/// As it goes over the wire (RFC 5460 §5.1).
inline std::string framed(std::string_view text) {
  const auto head = wire::stream_head(text.size());
  return std::string(wire::text_of(head)) + std::string(text);
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_("/tmp/tandem6-failover-net-XXXXXX") { REQUIRE(mkdtemp(path_.data()) != nullptr); }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// An authority, and a primary a.example.net and a secondary b.example.net that it certifies.
struct Certificates {
  TemporaryDirectory directory;
  test::CertificateAuthority ca{directory.path(), "ca"};
  test::CertificateAuthority other_ca{directory.path(), "other-ca"};
  test::IssuedCertificate a = ca.issue("a", {.common_name = "primary", .dns_names = {"a.example.net"}});
  test::IssuedCertificate b =
      ca.issue("b", {.common_name = "secondary", .dns_names = {"x.example.net", "b.example.net"}});

  static Certificates& shared() {
    static Certificates certificates;
    return certificates;
  }
  TlsSettings settings(const test::IssuedCertificate& own, std::string partner_name) const {
    return {ca.certificate(), "", own.certificate, own.key, std::move(partner_name)};
  }
  TlsSettings primary() const { return settings(a, "b.example.net"); }
  TlsSettings secondary() const { return settings(b, "a.example.net"); }
};

inline std::shared_ptr<TlsIdentity> identity(const TlsSettings& settings) {
  auto loaded = load_tls_identity(settings);
  REQUIRE_MESSAGE(loaded, (loaded ? "" : loaded.error().message));
  return *loaded;
}

/// Runs what is ready until `done`, or for too long: then false.
inline bool run_until(asio::io_context& io, const std::function<bool()>& done, std::chrono::milliseconds limit = 5s) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    io.restart();
    io.run_one_for(5ms);
  }
  return true;
}
inline void run_for(asio::io_context& io, std::chrono::milliseconds time) {
  run_until(io, [] { return false; }, time);
}

/// One end of a connection, and what it heard.
struct End {
  std::shared_ptr<Connection> connection;
  std::vector<std::string> messages;
  unsigned batches = 0;
  std::vector<std::string> closed;

  Connection::Handlers handlers() {
    return {
        .received = [this](Bytes bytes) { messages.emplace_back(wire::text_of(bytes)); },
        .batch_ended = [this] { ++batches; },
        .closed = [this](const std::string& reason) { closed.push_back(reason); },
    };
  }
  void start() { connection->start(handlers()); }
  void send(std::string_view text) const { connection->send(wire::bytes_of(text)); }
};

/// Pauses that a test can wait for.
inline Limits short_limits() {
  return {.handshake = 5s, .retry_first = 20ms, .retry_longest = 160ms, .waiting_connections = 3};
}
/// And a handshake that a test can wait for the end of.
inline Limits impatient_limits() {
  Limits limits = short_limits();
  limits.handshake = 200ms;
  return limits;
}

struct Secondary {
  explicit Secondary(asio::io_context& io, std::shared_ptr<TlsIdentity> tls = nullptr,
                     const Limits& limits = short_limits(), uint16_t port = 0)
      : welcome(Listener::Welcome{std::move(tls)}),
        listener(Listener::open(io, loopback(), port, limits,
                                {
                                    .is_partner = [this](const Ipv6Address&) { return welcome; },
                                    .connected =
                                        [this](std::shared_ptr<Connection> connection, Bytes connect) {
                                          connects.emplace_back(wire::text_of(connect));
                                          end.connection = std::move(connection);
                                          if (starts) end.start();
                                        },
                                    .refused =
                                        [this](const Ipv6Address& address, const std::string& reason) {
                                          CHECK(address == loopback());
                                          refusals.push_back(reason);
                                        },
                                    .listening = [this](const std::string& problem) { attempts.push_back(problem); },
                                })) {}

  tl::expected<Listener::Welcome, Error> welcome;
  bool starts = true;
  End end;
  std::vector<std::string> connects;
  std::vector<std::string> refusals;
  std::vector<std::string> attempts;  ///< to listen: what was wrong
  std::unique_ptr<Listener> listener;
};

struct Primary {
  Primary(asio::io_context& io, uint16_t port, std::shared_ptr<TlsIdentity> tls = nullptr,
          const Limits& limits = short_limits(), const Ipv6Address& local = {}) {
    connector = Connector::open(
        io, {local, loopback(), port}, std::move(tls), limits,
        [this](std::shared_ptr<Connection> connection) {
          ++connected;
          end.connection = std::move(connection);
          end.start();
          end.send(connect_message());
        },
        [this](const std::string& reason) { failures.push_back(reason); });
  }

  End end;
  unsigned connected = 0;
  std::vector<std::string> failures;
  std::unique_ptr<Connector> connector;
};

/// Both, once CONNECT is through.
struct Pair {
  explicit Pair(bool secure)
      : secondary(io, secure ? identity(Certificates::shared().secondary()) : nullptr),
        primary(io, secondary.listener->port(), secure ? identity(Certificates::shared().primary()) : nullptr) {
    REQUIRE(run([&] { return secondary.connects.size() == 1; }));
    CHECK(primary.failures.empty());
    CHECK(secondary.refusals.empty());
  }
  bool run(const std::function<bool()>& done) { return run_until(io, done); }

  asio::io_context io;
  Secondary secondary;
  Primary primary;
};

/// Somebody who speaks as the test likes.
class RawPeer {
 public:
  RawPeer(asio::io_context& io, uint16_t port) : io_(io), socket_(io) {
    socket_.connect({asio::ip::address_v6::loopback(), port});
    socket_.non_blocking(true);
  }
  RawPeer(asio::io_context& io, asio::ip::tcp::socket socket) : io_(io), socket_(std::move(socket)) {
    socket_.non_blocking(true);
  }

  void send(std::string_view octets) {
    asio::error_code error;
    asio::write(socket_, asio::buffer(octets), error);
    CHECK(!error);
  }
  /// What came; "closed" is set at the end of the stream, and after a reset.
  const std::string& heard() {
    std::array<char, 4096> piece{};
    asio::error_code error;
    while (!error) heard_.append(piece.data(), socket_.read_some(asio::buffer(piece), error));
    if (error != asio::error::would_block) closed_ = true;
    return heard_;
  }
  bool is_closed() {
    heard();
    return closed_;
  }
  bool hears(size_t octets) {
    return run_until(io_, [&] { return heard().size() >= octets; });
  }
  bool sees_end() {
    return run_until(io_, [&] { return is_closed(); });
  }
  asio::ip::tcp::socket& socket() { return socket_; }

 private:
  asio::io_context& io_;
  asio::ip::tcp::socket socket_;
  std::string heard_;
  bool closed_ = false;
};

/// A port of ::1 where somebody listens who speaks as the test likes.
class RawHost {
 public:
  explicit RawHost(asio::io_context& io) : io_(io), acceptor_(io, {asio::ip::address_v6::loopback(), 0}) {
    acceptor_.non_blocking(true);
  }
  uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::unique_ptr<RawPeer> accept() {
    std::unique_ptr<RawPeer> peer;
    const bool came = run_until(io_, [&] {
      asio::error_code error;
      asio::ip::tcp::socket socket(io_);
      acceptor_.accept(socket, error);
      if (!error) peer = std::make_unique<RawPeer>(io_, std::move(socket));
      return !error;
    });
    REQUIRE(came);
    return peer;
  }

 private:
  asio::io_context& io_;
  asio::ip::tcp::acceptor acceptor_;
};

/// A port of ::1 that nobody listens on.
inline uint16_t free_port(asio::io_context& io) {
  return asio::ip::tcp::acceptor(io, {asio::ip::address_v6::loopback(), 0}).local_endpoint().port();
}

inline bool contains(const std::vector<std::string>& texts, std::string_view part) {
  for (const std::string& text : texts) {
    if (text.find(part) != std::string::npos) return true;
  }
  return false;
}
inline std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + "\n";
  return all;
}

}  // namespace tandem6::failover
