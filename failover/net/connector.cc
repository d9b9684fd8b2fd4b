// The primary's side (RFC 8156 §6.1, RFC 7653 §8.2).
#include <algorithm>
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

// One attempt after the other; each ends in a connection that is handed out, or in failed() and a pause. Handlers of
// the io_context keep it alive; when its Connector is gone, they find it closed.
class Attempts : public std::enable_shared_from_this<Attempts> {
 public:
  Attempts(asio::io_context& io, const Connector::Target& target, std::shared_ptr<TlsIdentity> tls,
           const Limits& limits, Connector::Connected connected, Connector::Failed failed)
      : io_(io),
        target_(target),
        identity_(std::move(tls)),
        limits_(limits),
        connected_(std::move(connected)),
        failed_(std::move(failed)),
        socket_(io),
        limit_(io),
        pause_(io),
        next_pause_(limits.retry_first) {}

  void begin_soon() {
    under_way_ = true;
    asio::post(io_, [self = shared_from_this()] { self->attempt(); });
  }
  void retry() {
    if (closed_ || under_way_) return;
    under_way_ = true;
    pause();
  }
  void settled() { next_pause_ = limits_.retry_first; }
  void replace_identity(std::shared_ptr<TlsIdentity> tls) { identity_ = std::move(tls); }
  void close() {
    closed_ = true;
    end_attempt();
    pause_.cancel();
  }

 private:
  void pause();
  void attempt();
  bool open_socket();
  void limit();
  void connected();
  void ask_for_tls();
  void closed(const std::string& reason);
  void take_reply(Bytes message);
  void hand_over();
  void failed(const std::string& reason);
  void end_attempt();

  asio::io_context& io_;
  const Connector::Target target_;
  std::shared_ptr<TlsIdentity> identity_;
  const Limits limits_;
  const Connector::Connected connected_;
  const Connector::Failed failed_;
  tcp::socket socket_;
  asio::steady_timer limit_;
  asio::steady_timer pause_;
  std::chrono::milliseconds next_pause_;
  std::shared_ptr<TcpConnection> connection_;  // while TLS is agreed on
  std::shared_ptr<TlsIdentity> attempts_identity_;
  bool answered_ = false;  // has STARTTLS a REPLY?
  uint64_t number_ = 0;    // of the attempt, so that what is left of an earlier one is known
  bool under_way_ = false;
  bool closed_ = false;
};

void Attempts::pause() {
  pause_.expires_after(next_pause_);
  next_pause_ = std::min(2 * next_pause_, limits_.retry_longest);
  pause_.async_wait([self = shared_from_this()](const asio::error_code& cancelled) {
    if (!cancelled) self->attempt();
  });
}

void Attempts::attempt() {
  if (closed_) return;
  ++number_;
  attempts_identity_ = identity_;
  if (!open_socket()) return;
  limit();
  socket_.async_connect(endpoint_of(target_.partner, target_.port), [self = shared_from_this(),
                                                                     number = number_](const asio::error_code& error) {
    if (self->closed_ || number != self->number_ || !self->socket_.is_open()) return;
    if (!error) return self->connected();
    const char* hint =
        error == asio::error::connection_refused ? "; it does not run, or not as this relationship's secondary" : "";
    self->failed(fmt::format("cannot connect to the partner at [{}]:{}: {}{}", self->target_.partner.to_string(),
                             self->target_.port, error.message(), hint));
  });
}

bool Attempts::open_socket() {
  asio::error_code error;
  socket_.open(tcp::v6(), error);
  if (!error) socket_.set_option(asio::ip::v6_only(true), error);
  if (!error && !target_.local.is_unspecified()) socket_.bind(endpoint_of(target_.local, 0), error);
  if (!error) return true;
  failed(fmt::format("cannot connect from {}: {}; it must be an address of the system's own interfaces",
                     target_.local.to_string(), error.message()));
  return false;
}

void Attempts::limit() {
  limit_.expires_after(limits_.handshake);
  limit_.async_wait([self = shared_from_this(), number = number_](const asio::error_code& cancelled) {
    if (cancelled || self->closed_ || number != self->number_) return;
    self->failed(fmt::format(
        "the partner at [{}]:{} does not answer {} within {} ms", self->target_.partner.to_string(), self->target_.port,
        self->connection_ ? "STARTTLS and the TLS handshake" : "at all", self->limits_.handshake.count()));
  });
}

void Attempts::connected() {
  connection_ = std::make_shared<TcpConnection>(std::move(socket_));
  socket_ = tcp::socket(io_);
  if (!attempts_identity_) return hand_over();
  ask_for_tls();
}

void Attempts::ask_for_tls() {
  connection_->start({
      .received = [self = shared_from_this()](Bytes message) { self->take_reply(message); },
      .batch_ended = {},
      .closed = [self = shared_from_this()](const std::string& reason) { self->closed(reason); },
  });
  answered_ = false;
  connection_->send(start_tls(static_cast<uint32_t>(number_)));
}

// A secondary that does not want to hear this address at all cannot say so.
void Attempts::closed(const std::string& reason) {
  failed(answered_ ? reason : reason + ", before it answered STARTTLS: its log says why");
}

void Attempts::take_reply(Bytes message) {
  answered_ = true;
  if (const auto refusal = refusal_in(message, static_cast<uint32_t>(number_) & 0xffffff)) return failed(*refusal);
  connection_->begin_tls(TlsSide::kClient, attempts_identity_, [self = shared_from_this()] { self->hand_over(); });
}

void Attempts::hand_over() {
  limit_.cancel();
  under_way_ = false;
  connection_->hold();
  connected_(std::exchange(connection_, nullptr));
}

void Attempts::failed(const std::string& reason) {
  end_attempt();
  pause();
  failed_(reason);
}

void Attempts::end_attempt() {
  ++number_;
  limit_.cancel();
  asio::error_code ignored;
  socket_.close(ignored);
  if (const auto connection = std::exchange(connection_, nullptr)) connection->close();
}

class TcpConnector final : public Connector {
 public:
  explicit TcpConnector(std::shared_ptr<Attempts> attempts) : attempts_(std::move(attempts)) {}
  ~TcpConnector() override { attempts_->close(); }
  TcpConnector(const TcpConnector&) = delete;
  TcpConnector& operator=(const TcpConnector&) = delete;

  void retry() override { attempts_->retry(); }
  void settled() override { attempts_->settled(); }
  void replace_identity(std::shared_ptr<TlsIdentity> tls) override { attempts_->replace_identity(std::move(tls)); }

 private:
  std::shared_ptr<Attempts> attempts_;
};

}  // namespace

std::unique_ptr<Connector> Connector::open(asio::io_context& io, const Target& target, std::shared_ptr<TlsIdentity> tls,
                                           const Limits& limits, Connected connected, Failed failed) {
  auto attempts =
      std::make_shared<Attempts>(io, target, std::move(tls), limits, std::move(connected), std::move(failed));
  attempts->begin_soon();
  return std::make_unique<TcpConnector>(std::move(attempts));
}

}  // namespace tandem6::failover
