// The secondary's side (RFC 8156 §6.1, RFC 7653 §9.1).
#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <asio/ip/v6_only.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include "failover/net/connection.h"
#include "failover/net/endpoint.h"
#include "failover/net/start_tls.h"
#include "failover/net/tcp_connection.h"

namespace tandem6::failover {
namespace {

using asio::ip::tcp;

constexpr std::chrono::milliseconds kPauseAfterFailedAccept{100};

class Guest;

// Accepts, and lets guests in that say CONNECT. Handlers of the io_context keep it alive; when its Listener is gone,
// they find it closed.
class Entrance : public std::enable_shared_from_this<Entrance> {
 public:
  Entrance(asio::io_context& io, const tcp::endpoint& place, const Limits& limits, Listener::Handlers handlers)
      : io_(io),
        place_(place),
        limits_(limits),
        handlers_(std::move(handlers)),
        acceptor_(io),
        pause_(io),
        next_pause_(limits.retry_first) {}

  void listen();
  void close();
  uint16_t port() const;

  // A guest's news:
  void let_in(const std::shared_ptr<Guest>& guest, Bytes connect);
  void turn_away(const std::shared_ptr<Guest>& guest, const std::string& reason);

  asio::io_context& io() { return io_; }
  const Limits& limits() const { return limits_; }

 private:
  asio::error_code open_acceptor();
  void listen_later();
  void accept_next();
  void welcome(tcp::socket socket);
  void make_room(const Ipv6Address& newcomer);
  void see_off(const std::shared_ptr<TcpConnection>& connection);
  void forget(const std::shared_ptr<Guest>& guest);

  asio::io_context& io_;
  const tcp::endpoint place_;
  const Limits limits_;
  const Listener::Handlers handlers_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::chrono::milliseconds next_pause_;
  std::deque<std::shared_ptr<Guest>> waiting_;        // oldest first
  std::deque<std::weak_ptr<TcpConnection>> leaving_;  // refused, and being told so
  bool closed_ = false;
};

// Somebody at a partner's address who did not say CONNECT yet. Kept by the Entrance until it does, or is turned away.
class Guest : public std::enable_shared_from_this<Guest> {
 public:
  Guest(Entrance& entrance, tcp::socket socket, Listener::Welcome welcome)
      : entrance_(entrance),
        connection_(std::make_shared<TcpConnection>(std::move(socket))),
        identity_(std::move(welcome.tls)),
        limit_(entrance.io()) {}

  void begin();
  void end() { limit_.cancel(); }
  Ipv6Address address() const { return connection_->partner(); }
  const std::shared_ptr<TcpConnection>& connection() const { return connection_; }

 private:
  enum class Awaited : uint8_t { kAnything, kTls, kConnect };

  void limit();
  void take(Bytes message);
  void take_first(Bytes message);
  void take_start_tls(Bytes message);
  void take_connect(Bytes message);
  void ended(const std::string& reason);

  Entrance& entrance_;  // ends after the last of its guests
  std::shared_ptr<TcpConnection> connection_;
  std::shared_ptr<TlsIdentity> identity_;
  asio::steady_timer limit_;
  Awaited awaited_ = Awaited::kAnything;
  bool wanted_tls_in_vain_ = false;
};

// --- Guest

void Guest::begin() {
  limit();
  const std::weak_ptr<Guest> weak = weak_from_this();
  connection_->start({
      .received =
          [weak](Bytes message) {
            if (const auto self = weak.lock()) self->take(message);
          },
      .batch_ended = {},
      .closed =
          [weak](const std::string& reason) {
            if (const auto self = weak.lock()) self->ended(reason);
          },
  });
}

void Guest::limit() {
  limit_.expires_after(entrance_.limits().handshake);
  limit_.async_wait([weak = weak_from_this()](const asio::error_code& cancelled) {
    const auto self = weak.lock();
    if (cancelled || !self) return;
    const char* missing = self->awaited_ == Awaited::kTls ? "the TLS handshake did not end" : "no CONNECT came";
    self->entrance_.turn_away(self,
                              fmt::format("{} within {} ms", missing, self->entrance_.limits().handshake.count()));
  });
}

void Guest::take(Bytes message) {
  if (awaited_ == Awaited::kAnything) return take_first(message);
  take_connect(message);
}

void Guest::take_first(Bytes message) {
  if (type_of(message) == wire::MessageType::kStartTls) return take_start_tls(message);
  if (!identity_) return take_connect(message);
  // RFC 7653 §9.1: in secure mode a connection that is not secured with TLS MUST be closed.
  entrance_.turn_away(
      shared_from_this(),
      "it speaks without TLS, which is configured here: configure it there too, or at neither of the two");
}

void Guest::take_start_tls(Bytes message) {
  const uint32_t transaction_id = transaction_id_of(message);
  if (!identity_) {
    // §9.1. Whether to go on without is the requestor's decision: one that wants TLS closes (§8.2).
    connection_->send(start_tls_refused(transaction_id));
    wanted_tls_in_vain_ = true;
    awaited_ = Awaited::kConnect;
    return;
  }
  connection_->send(start_tls_accepted(transaction_id));
  awaited_ = Awaited::kTls;
  connection_->begin_tls(TlsSide::kServer, identity_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->awaited_ = Awaited::kConnect;
  });
}

void Guest::take_connect(Bytes message) {
  if (type_of(message) == wire::MessageType::kConnect) return entrance_.let_in(shared_from_this(), message);
  entrance_.turn_away(shared_from_this(), fmt::format("its first message is of type {}, not CONNECT",
                                                      static_cast<unsigned>(type_of(message))));
}

void Guest::ended(const std::string& reason) {
  if (!wanted_tls_in_vain_) return entrance_.turn_away(shared_from_this(), reason);
  entrance_.turn_away(shared_from_this(),
                      "it wants TLS, which is not configured here: configure it here too, or at neither of the two");
}

// --- Entrance

asio::error_code Entrance::open_acceptor() {
  asio::error_code error;
  acceptor_.open(tcp::v6(), error);
  if (!error) acceptor_.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(place_, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  return error;
}

void Entrance::listen() {
  if (closed_) return;
  const asio::error_code error = open_acceptor();
  if (error) {
    listen_later();
    return handlers_.listening(
        fmt::format("cannot listen on [{}]:{}: {}; it must be an address of the system's own interfaces, and the port "
                    "free",
                    address_of(place_).to_string(), place_.port(), error.message()));
  }
  accept_next();
  handlers_.listening({});
}

void Entrance::listen_later() {
  asio::error_code ignored;
  acceptor_.close(ignored);
  pause_.expires_after(next_pause_);
  next_pause_ = std::min(2 * next_pause_, limits_.retry_longest);
  pause_.async_wait([self = shared_from_this()](const asio::error_code& cancelled) {
    if (!cancelled) self->listen();
  });
}

uint16_t Entrance::port() const {
  asio::error_code ignored;
  return acceptor_.local_endpoint(ignored).port();
}

void Entrance::accept_next() {
  acceptor_.async_accept([self = shared_from_this()](const asio::error_code& error, tcp::socket socket) {
    if (self->closed_) return;
    if (!error) {
      self->welcome(std::move(socket));
      if (!self->closed_) self->accept_next();
      return;
    }
    self->pause_.expires_after(kPauseAfterFailedAccept);
    self->pause_.async_wait([self](const asio::error_code& cancelled) {
      if (!cancelled) self->accept_next();
    });
  });
}

void Entrance::welcome(tcp::socket socket) {
  asio::error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return;
  const Ipv6Address address = address_of(peer);
  tl::expected<Listener::Welcome, Error> welcome = handlers_.is_partner(address);
  if (!welcome) {
    // RFC 8156 §6.1: it MUST be dropped.
    socket.close(error);
    return handlers_.refused(address, welcome.error().message);
  }
  make_room(address);
  if (closed_) return;
  const auto guest = std::make_shared<Guest>(*this, std::move(socket), std::move(*welcome));
  waiting_.push_back(guest);
  guest->begin();
}

// The oldest goes: a partner says CONNECT as soon as it can, so who waits longest is least likely to be one, and could
// otherwise keep the partner out. Before that the newcomer's own: one address does not push out another's.
void Entrance::make_room(const Ipv6Address& newcomer) {
  if (waiting_.size() < std::max(1U, limits_.waiting_connections)) return;
  const auto same =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& guest) { return guest->address() == newcomer; });
  const auto guest = same != waiting_.end() ? *same : waiting_.front();
  guest->connection()->abort();
  turn_away(guest,
            fmt::format("it is the oldest of {} connections without a CONNECT, and another one came", waiting_.size()));
}

void Entrance::let_in(const std::shared_ptr<Guest>& guest, Bytes connect) {
  forget(guest);
  guest->connection()->hold();
  handlers_.connected(guest->connection(), connect);
}

void Entrance::turn_away(const std::shared_ptr<Guest>& guest, const std::string& reason) {
  const Ipv6Address address = guest->address();
  forget(guest);
  see_off(guest->connection());
  handlers_.refused(address, reason);
}

// It is told why, as far as TLS and REPLY can. Who does not want to hear it takes a second, so these are counted as
// well.
void Entrance::see_off(const std::shared_ptr<TcpConnection>& connection) {
  connection->close();
  std::erase_if(leaving_, [](const auto& weak) {
    const auto other = weak.lock();
    return !other || other->is_gone();
  });
  if (connection->is_gone()) return;
  leaving_.push_back(connection);
  if (leaving_.size() <= limits_.waiting_connections) return;
  if (const auto oldest = leaving_.front().lock()) oldest->abort();
}

void Entrance::forget(const std::shared_ptr<Guest>& guest) {
  guest->end();
  std::erase(waiting_, guest);
}

void Entrance::close() {
  closed_ = true;
  asio::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  for (const auto& guest : std::exchange(waiting_, {})) {
    guest->end();
    guest->connection()->abort();
  }
}

class TcpListener final : public Listener {
 public:
  explicit TcpListener(std::shared_ptr<Entrance> entrance) : entrance_(std::move(entrance)) {}
  ~TcpListener() override { entrance_->close(); }
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  uint16_t port() const override { return entrance_->port(); }

 private:
  std::shared_ptr<Entrance> entrance_;
};

}  // namespace

std::unique_ptr<Listener> Listener::open(asio::io_context& io, const Ipv6Address& local, uint16_t port,
                                         const Limits& limits, Handlers handlers) {
  auto entrance = std::make_shared<Entrance>(io, endpoint_of(local, port), limits, std::move(handlers));
  entrance->listen();
  return std::make_unique<TcpListener>(std::move(entrance));
}

}  // namespace tandem6::failover
