#include "failover/net/tcp_connection.h"

#include <array>
#include <utility>

#include <fmt/format.h>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include "dataplane/wire/require.h"
#include "failover/net/endpoint.h"

namespace tandem6::failover {
namespace {

using asio::ip::tcp;

constexpr size_t kLongestMessage = 0xffff;
// What one connection may take before others have their turn.
constexpr size_t kReadPerTurn = 256 << 10;
constexpr size_t kWrittenPerTurn = 1 << 20;
// So much is encrypted ahead of the kernel.
constexpr size_t kEncryptedAhead = 256 << 10;
constexpr std::chrono::seconds kFarewell{1};

bool means_later(const asio::error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again || error == asio::error::interrupted;
}

}  // namespace

TcpConnection::TcpConnection(tcp::socket socket)
    : socket_(std::move(socket)), farewell_(socket_.get_executor()), decoder_(kLongestMessage) {
  asio::error_code error;
  const tcp::endpoint peer = socket_.remote_endpoint(error);
  if (!error) partner_ = address_of(peer);
  // What fails here fails because the partner is gone again; reading will tell.
  socket_.non_blocking(true, error);
  socket_.set_option(tcp::no_delay(true), error);
}

auto TcpConnection::later(Step step) {
  return [weak = weak_from_this(), step](auto&&...) {
    if (const auto self = weak.lock()) ((*self).*step)();
  };
}

void TcpConnection::start(Handlers handlers) {
  if (phase_ != Phase::kOpen) return;
  handlers_ = std::make_shared<const Handlers>(std::move(handlers));
  asio::post(socket_.get_executor(), later(&TcpConnection::read_turn));
}

void TcpConnection::begin_tls(TlsSide side, std::shared_ptr<TlsIdentity> identity, std::function<void()> secured) {
  // Whoever could slip messages in before TLS must not have them taken for messages inside it. RFC 7653 §8.2 leaves
  // no room for any: the requestor waits for the REPLY, and the server for the handshake.
  if (decoder_.is_within_message()) return fail("the partner does not wait for TLS: something follows STARTTLS");
  auto session = TlsSession::open(std::move(identity), side, wire_);
  if (!session) return fail(session.error().message);
  tls_ = std::move(*session);
  secured_ = std::move(secured);
  asio::post(socket_.get_executor(), later(&TcpConnection::read_turn));
}

// --- reading

void TcpConnection::wait_readable() {
  if (waiting_readable_) return;
  waiting_readable_ = true;
  socket_.async_wait(tcp::socket::wait_read, later(&TcpConnection::readable));
}

void TcpConnection::readable() {
  waiting_readable_ = false;
  if (phase_ == Phase::kLeaving) return drain();
  read_turn();
}

void TcpConnection::read_turn() {
  const auto self = shared_from_this();
  drained_ = false;
  size_t taken = 0;
  Came came = 0;
  auto heard_by = deliver();
  while (is_listened_to() && taken < kReadPerTurn && !decoder_.is_broken()) {
    came = take_more();
    if (!came || *came == 0) break;
    taken += *came;
    if (auto by = deliver()) heard_by = std::move(by);
  }
  if (heard_by) end_batch(heard_by);
  if (!is_listened_to()) return;
  if (decoder_.is_broken()) return fail("the partner sends what is no DHCPv6 message");
  if (!came) return fail(came.error().message);
  if (*came == 0) return wait_readable();
  asio::post(socket_.get_executor(), later(&TcpConnection::read_turn));
}

TcpConnection::SharedHandlers TcpConnection::deliver() {
  SharedHandlers last;
  while (is_listened_to()) {
    const auto message = decoder_.next();
    if (!message) break;
    last = handlers_;  // which stay while they run, whatever they do
    last->received(*message);
  }
  return last;
}

// Who took over within the batch heard nothing of it yet.
void TcpConnection::end_batch(const SharedHandlers& heard_by) {
  if (is_listened_to() && handlers_ == heard_by && heard_by->batch_ended) heard_by->batch_ended();
}

TcpConnection::Came TcpConnection::take_more() {
  if (secured_) return shake_hands();
  return tls_ ? take_decrypted() : take_plain();
}

TcpConnection::Came TcpConnection::take_plain() {
  Came came = read_socket(decoder_.space());
  if (came) decoder_.filled(*came);
  return came;
}

TcpConnection::Came TcpConnection::take_decrypted() {
  Came size = tls_->read(decoder_.space());
  if (size) decoder_.filled(*size);
  if (!size || *size != 0) return size;
  return take_encrypted();
}

TcpConnection::Came TcpConnection::take_encrypted() {
  Came came = read_socket(tls_->space());
  if (came) tls_->filled(*came);
  return came;
}

TcpConnection::Came TcpConnection::shake_hands() {
  const tl::expected<bool, Error> done = tls_->handshake();
  schedule_flush();
  if (!done) return tl::unexpected(done.error());
  if (*done) {
    secure_ = true;
    std::exchange(secured_, nullptr)();
    return 1;
  }
  return take_encrypted();
}

TcpConnection::Came TcpConnection::read_socket(MutableBytes space) {
  if (drained_) return 0;
  asio::error_code error;
  const size_t size = socket_.read_some(asio::buffer(space.data(), space.size()), error);
  drained_ = size < space.size();
  heard_ = heard_ || size != 0;
  if (!error) return size;
  if (means_later(error)) return 0;
  partner_done_ = true;
  // One that never said anything sends a FIN or a reset as the kernel happens to have something of ours unread.
  if (error == asio::error::eof || (error == asio::error::connection_reset && !heard_)) {
    // RFC 5246 §7.2.1: an end without close_notify is the network's, not the partner's; or its process is dead.
    return tl::unexpected(Error{secure_ ? "the connection to the partner was cut off: it ended without TLS's farewell"
                                        : "the partner closed the connection"});
  }
  return tl::unexpected(Error{fmt::format("the connection to the partner is lost: {}", error.message())});
}

// --- writing

void TcpConnection::send(Bytes message) {
  require(message.size() <= kLongestMessage, "a message to the partner fits its frame (RFC 5460 §5.1)");
  if (phase_ != Phase::kOpen) return;
  OutBuffer& out = tls_ ? plain_ : wire_;
  out.append(wire::stream_head(message.size()));
  out.append(message);
  schedule_flush();
}

void TcpConnection::schedule_flush() {
  if (flush_scheduled_ || waiting_writable_) return;
  flush_scheduled_ = true;
  asio::post(socket_.get_executor(), later(&TcpConnection::flush));
}

void TcpConnection::flush() {
  flush_scheduled_ = false;
  size_t written = 0;
  while (phase_ != Phase::kGone && gather()) {
    if (written >= kWrittenPerTurn) return schedule_flush();
    const Bytes waiting = wire_.waiting();
    asio::error_code error;
    const size_t size = socket_.write_some(asio::buffer(waiting.data(), waiting.size()), error);
    wire_.taken(size);
    written += size;
    if (!error) continue;
    if (!means_later(error)) return write_failed(error.message());
    waiting_writable_ = true;
    return socket_.async_wait(tcp::socket::wait_write, later(&TcpConnection::writable));
  }
  if (phase_ == Phase::kLeaving && said_bye_) say_bye();
}

// Is there something for the kernel? When leaving, TLS's farewell comes last.
bool TcpConnection::gather() {
  encrypt();
  if (!wire_.empty()) return true;
  if (phase_ != Phase::kLeaving || said_bye_) return false;
  said_bye_ = true;
  if (secure_) tls_->close_notify();
  return !wire_.empty();
}

void TcpConnection::encrypt() {
  while (secure_ && !plain_.empty() && wire_.size() < kEncryptedAhead) {
    const auto size = tls_->write(plain_.waiting());
    if (!size) {
      plain_.clear();
      return fail(size.error().message);
    }
    plain_.taken(*size);
  }
}

void TcpConnection::writable() {
  waiting_writable_ = false;
  flush();
}

void TcpConnection::write_failed(const std::string& reason) {
  if (phase_ == Phase::kLeaving) return abort();
  const auto self = shared_from_this();
  wire_.clear();
  plain_.clear();
  // What the partner said before it went, a DISCONNECT perhaps, is still to be read.
  read_turn();
  if (is_listened_to()) fail(fmt::format("the connection to the partner is lost: {}", reason));
}

// --- the end

void TcpConnection::fail(const std::string& reason) {
  const auto self = shared_from_this();
  const auto handlers = std::exchange(handlers_, nullptr);
  leave();
  if (handlers && handlers->closed) handlers->closed(reason);
}

void TcpConnection::close() {
  handlers_.reset();
  leave();
}

void TcpConnection::abort() {
  phase_ = Phase::kGone;
  handlers_.reset();
  secured_ = nullptr;
  farewell_.cancel();
  asio::error_code ignored;
  socket_.close(ignored);
}

void TcpConnection::leave() {
  if (phase_ != Phase::kOpen) return;
  phase_ = Phase::kLeaving;
  secured_ = nullptr;
  farewell_.expires_after(kFarewell);
  farewell_.async_wait([self = shared_from_this()](const asio::error_code& cancelled) {
    if (!cancelled) self->abort();
  });
  schedule_flush();
  // A socket that is closed with something unread resets the connection, and what is on its way to the partner may be
  // lost: so it is read, to the end.
  if (!partner_done_) wait_readable();
}

// All is with the kernel.
void TcpConnection::say_bye() {
  asio::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  if (partner_done_) abort();
}

void TcpConnection::drain() {
  std::array<std::byte, 16'384> unheard;
  drained_ = false;
  for (size_t taken = 0; taken < kReadPerTurn;) {
    const Came came = read_socket(unheard);
    if (!came) {
      if (said_bye_ && wire_.empty()) abort();
      return;  // what is still queued goes out first: the partner may have closed its own direction only
    }
    if (*came == 0) break;
    taken += *came;
  }
  wait_readable();
}

}  // namespace tandem6::failover
