#include "control/leasequery/bulk_server.h"

#include <chrono>
#include <cstring>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>

#include "control/failed_accept.h"
#include "control/leasequery/bulk_query.h"
#include "dataplane/wire/stream.h"

namespace tandem6::control {
namespace {

using asio::ip::tcp;

// A LEASEQUERY is identifiers and one query: this is far more than one needs.
constexpr size_t kMaxQuestion = 4096;
// What gathers before it is sent.
constexpr size_t kPiece = 65'536;

Ipv6Address address_of(const tcp::endpoint& endpoint) {
  if (!endpoint.address().is_v6()) return {};
  const auto octets = endpoint.address().to_v6().to_bytes();
  return Ipv6Address::load(std::as_bytes(std::span(octets)).data());
}

tcp::endpoint endpoint_of(const Ipv6Address& address, uint16_t port) {
  asio::ip::address_v6::bytes_type octets;
  std::memcpy(octets.data(), address.octets.data(), octets.size());
  return {asio::ip::address_v6(octets), port};
}

}  // namespace

struct BulkServer::Impl : std::enable_shared_from_this<Impl> {
  class Connection;

  Impl(asio::io_context& context, Server& whose) : io(context), server(whose), acceptor(context), pause(context) {}

  tl::expected<void, Error> listen();
  void accept_next();
  void welcome(tcp::socket socket);
  void forget(const std::shared_ptr<Connection>& connection);
  void close();

  asio::io_context& io;
  Server& server;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  bool accepting = false;
  bool closed = false;
  std::set<std::shared_ptr<Connection>> connections;
};

// One requester. Its handlers keep it alive.
class BulkServer::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Impl> owner, tcp::socket socket)
      : owner_(std::move(owner)), socket_(std::move(socket)), timer_(owner_->io), decoder_(kMaxQuestion) {}

  void read() {
    limit();
    const MutableBytes space = decoder_.space();
    socket_.async_read_some(asio::buffer(space.data(), space.size()),
                            [self = shared_from_this()](const asio::error_code& error, size_t size) {
                              if (error) return self->finish();
                              self->decoder_.filled(size);
                              self->take_question();
                            });
  }

  void close() {
    timer_.cancel();
    asio::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }

 private:
  // BULK_LQ_DATA_TIMEOUT, from now: for the next piece to be taken, or the next question to come (§5.6).
  void limit() {
    timer_.expires_after(std::chrono::seconds(owner_->server.configuration().lease_query.bulk_timeout_seconds));
    timer_.async_wait([self = shared_from_this()](const asio::error_code& cancelled) {
      if (!cancelled) self->finish();
    });
  }

  void take_question() {
    const auto message = decoder_.next();
    if (decoder_.is_broken()) return finish();
    if (!message) return read();
    query_ = std::make_unique<BulkQuery>(owner_->server, *message);
    // Over a connection nothing is lost: somebody who sends this speaks another protocol.
    if (query_->is_discarded()) return finish();
    work();
  }

  void work() {
    if (owner_->closed || !socket_.is_open()) return finish();
    const bool more = query_->step(out_);
    if (!more) query_.reset();
    if (more && out_.size() < kPiece) {
      asio::post(owner_->io, [self = shared_from_this()] { self->work(); });
      return;
    }
    limit();
    asio::async_write(socket_, asio::buffer(out_), [self = shared_from_this()](const asio::error_code& error, size_t) {
      if (error) return self->finish();
      self->out_.clear();
      if (self->query_) return self->work();
      self->take_question();
    });
  }

  void finish() {
    close();
    owner_->forget(shared_from_this());
  }

  std::shared_ptr<Impl> owner_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  wire::StreamDecoder decoder_;
  std::unique_ptr<BulkQuery> query_;  // null: none is being answered
  std::vector<std::byte> out_;
};

tl::expected<void, Error> BulkServer::Impl::listen() {
  const LeaseQueryConfig& config = server.configuration().lease_query;
  const tcp::endpoint endpoint = endpoint_of(config.bulk_address, config.bulk_port);
  asio::error_code error;
  acceptor.open(tcp::v6(), error);
  if (!error) acceptor.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return {};
  return tl::unexpected(
      Error{fmt::format("Bulk Leasequery: cannot listen on [{}]:{}: {}; \"lease-query-ip\" must be an address of the "
                        "system's own interfaces, and the port free",
                        config.bulk_address.to_string(), config.bulk_port, error.message())});
}

// Those beyond the limit wait in the kernel's backlog.
void BulkServer::Impl::accept_next() {
  if (closed || accepting || connections.size() >= server.configuration().lease_query.bulk_connections) return;
  accepting = true;
  acceptor.async_accept([self = shared_from_this()](const asio::error_code& error, tcp::socket socket) {
    self->accepting = false;
    if (self->closed) return;
    if (!error) {
      self->welcome(std::move(socket));
      return self->accept_next();
    }
    self->pause.expires_after(kPauseAfterFailedAccept);
    self->pause.async_wait([self](const asio::error_code& cancelled) {
      if (!cancelled) self->accept_next();
    });
  });
}

void BulkServer::Impl::welcome(tcp::socket socket) {
  asio::error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error || !server.snapshot().may_query(address_of(peer))) return;  // closed with the socket
  const auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket));
  connections.insert(connection);
  connection->read();
}

void BulkServer::Impl::forget(const std::shared_ptr<Connection>& connection) {
  connections.erase(connection);
  accept_next();
}

void BulkServer::Impl::close() {
  closed = true;
  asio::error_code ignored;
  acceptor.close(ignored);
  pause.cancel();
  for (const auto& connection : std::exchange(connections, {})) connection->close();
}

tl::expected<std::unique_ptr<BulkServer>, Error> BulkServer::open(asio::io_context& io, Server& server) {
  auto impl = std::make_shared<Impl>(io, server);
  if (auto listening = impl->listen(); !listening) return tl::unexpected(listening.error());
  impl->accept_next();
  return std::unique_ptr<BulkServer>(new BulkServer(std::move(impl)));
}

BulkServer::BulkServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

BulkServer::~BulkServer() { impl_->close(); }

uint16_t BulkServer::port() const {
  asio::error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

}  // namespace tandem6::control
