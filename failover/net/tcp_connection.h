// The one Connection there is: a socket, TLS when it was agreed on, and messages cut out of the stream. Connector and
// Listener bring it through STARTTLS with handlers of their own, then hold it and hand it over.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include "dataplane/wire/stream.h"
#include "failover/net/connection.h"
#include "failover/net/out_buffer.h"
#include "failover/net/tls.h"

namespace tandem6::failover {

/// The kernel is asked whether the socket is ready, and then read and written at once; so no operation holds our
/// memory, and who drops the last pointer closes the connection on the spot.
class TcpConnection final : public Connection, public std::enable_shared_from_this<TcpConnection> {
 public:
  /// Of a connected socket.
  explicit TcpConnection(asio::ip::tcp::socket socket);

  void start(Handlers handlers) override;
  void send(Bytes message) override;
  void close() override;
  bool is_secure() const override { return secure_; }
  Ipv6Address partner() const override { return partner_; }
  size_t unsent() const override { return plain_.size() + wire_.size(); }

  /// From here on nothing but TLS: the handshake first. `secured` once it is done; an error goes to `closed`.
  void begin_tls(TlsSide side, std::shared_ptr<TlsIdentity> identity, std::function<void()> secured);
  /// Nobody listens until start() is called again; meanwhile nothing is read.
  void hold() { handlers_.reset(); }
  /// Closes without a farewell. Handlers are not called any more.
  void abort();
  bool is_gone() const { return phase_ == Phase::kGone; }

 private:
  enum class Phase : uint8_t { kOpen, kLeaving, kGone };
  using Step = void (TcpConnection::*)();
  // Shared, so that one that is running outlives its replacement.
  using SharedHandlers = std::shared_ptr<const Handlers>;

  /// Octets that came; 0: none are here now; an error: none will come.
  using Came = tl::expected<size_t, Error>;

  /// A handler that takes `step`, unless this is gone by then.
  auto later(Step step);
  void wait_readable();
  void readable();
  void read_turn();
  Came take_more();
  Came take_plain();
  Came take_decrypted();
  Came take_encrypted();
  Came shake_hands();
  Came read_socket(MutableBytes space);
  /// Returns who heard the last message; null: there was none.
  SharedHandlers deliver();
  void end_batch(const SharedHandlers& heard_by);

  void schedule_flush();
  void flush();
  bool gather();
  void encrypt();
  void writable();
  void write_failed(const std::string& reason);

  void fail(const std::string& reason);
  void leave();
  void say_bye();
  void drain();
  bool is_listened_to() const { return phase_ == Phase::kOpen && handlers_; }

  asio::ip::tcp::socket socket_;
  asio::steady_timer farewell_;
  Ipv6Address partner_;
  Phase phase_ = Phase::kOpen;
  SharedHandlers handlers_;
  wire::StreamDecoder decoder_;
  OutBuffer plain_;  // messages that are to be encrypted
  OutBuffer wire_;   // what the kernel is to take
  std::unique_ptr<TlsSession> tls_;
  std::function<void()> secured_;  // while the handshake lasts
  bool secure_ = false;
  bool waiting_readable_ = false;
  bool waiting_writable_ = false;
  bool flush_scheduled_ = false;
  bool heard_ = false;         // anything at all
  bool drained_ = false;       // the last read took all that the kernel had
  bool said_bye_ = false;      // when leaving: nothing is queued any more
  bool partner_done_ = false;  // nothing will come
};

}  // namespace tandem6::failover
