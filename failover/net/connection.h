// The connection between two partners (RFC 8156 §6.1): TCP, secured as RFC 7653 §8.2 and §9.1 say, cut into messages.
// Everything here runs on one io_context, the failover reactor's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <asio/io_context.hpp>
#include <tl/expected.hpp>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/error.h"
#include "dataplane/wire/ipv6.h"
#include "failover/settings.h"

namespace tandem6::failover {

/// One connection that is ready for CONNECT: TLS, if wanted, is done. Messages are framed by RFC 5460 §5.1.
/// Who drops the last pointer to it closes it on the spot, with what is queued lost: close() is the orderly way.
/// All of it may be called from within the handlers.
class Connection {
 public:
  struct Handlers {
    std::function<void(Bytes message)> received;            ///< a whole message, valid during the call
    std::function<void()> batch_ended;                      ///< after the messages of one read; may be empty
    std::function<void(const std::string& reason)> closed;  ///< once; not after close() of ours
  };
  virtual ~Connection() = default;
  /// Takes over; messages that came before are delivered first, in a later turn of the io_context. Until then nothing
  /// is read, and nobody hears of an end.
  virtual void start(Handlers handlers) = 0;
  /// Queues a message of up to 65,535 octets. What is queued in one turn of the io_context leaves together.
  virtual void send(Bytes message) = 0;
  /// Sends what is queued, for a second at most, and closes. Handlers are not called any more.
  virtual void close() = 0;
  virtual bool is_secure() const = 0;
  virtual Ipv6Address partner() const = 0;
  /// Octets queued that the kernel did not take yet: a partner that does not read.
  virtual size_t unsent() const = 0;
};

/// Certificates and keys, read and checked at once. A relationship's connections share one; a new one can be loaded at
/// any time for those that come, by any thread; those who use it run on one.
class TlsIdentity;
tl::expected<std::shared_ptr<TlsIdentity>, Error> load_tls_identity(const TlsSettings& settings);
/// When our certificate in it ends, in Unix time.
int64_t certificate_end(const TlsIdentity& identity);

struct Limits {
  std::chrono::milliseconds handshake{5000};  ///< for TCP, STARTTLS and TLS together; and for CONNECT to come
  std::chrono::milliseconds retry_first{1000};
  std::chrono::milliseconds retry_longest{30000};
  /// Accepted, and without a CONNECT yet. Of more, the oldest goes, of the newcomer's address if there is one: a
  /// partner says CONNECT as soon as it can, and must not be kept out by those that say nothing.
  unsigned waiting_connections = 8;
};

/// The primary's side: keeps trying to reach its partner (§6.1). One for each relationship.
class Connector {
 public:
  struct Target {
    Ipv6Address local;  ///< unspecified: any
    Ipv6Address partner;
    uint16_t port;
  };
  using Connected = std::function<void(std::shared_ptr<Connection>)>;
  using Failed = std::function<void(const std::string& reason)>;
  /// Begins at once. `tls` null: plain TCP.
  static std::unique_ptr<Connector> open(asio::io_context& io, const Target& target, std::shared_ptr<TlsIdentity> tls,
                                         const Limits& limits, Connected connected, Failed failed);
  virtual ~Connector() = default;
  /// The connection it gave is over: begins again after a pause, which grows with each call that no settled() is
  /// between (§6.1: less often after a rejection).
  virtual void retry() = 0;
  /// The relationship works: the next pause is the shortest again.
  virtual void settled() = 0;
  virtual void replace_identity(std::shared_ptr<TlsIdentity> tls) = 0;
};

/// The secondary's side: one for each address and port that relationships share. While it cannot listen there (an
/// interface that comes late, an address that is checked for duplicates, a port that is taken) it keeps trying.
class Listener {
 public:
  /// How a partner at this address is to be spoken to.
  struct Welcome {
    std::shared_ptr<TlsIdentity> tls;  ///< null: plain TCP
  };
  /// An error: why nobody at this address is listened to.
  using IsPartner = std::function<tl::expected<Welcome, Error>(const Ipv6Address& address)>;
  /// A connection, and its first message, which is a CONNECT by its type.
  using Connected = std::function<void(std::shared_ptr<Connection>, Bytes connect)>;
  using Refused = std::function<void(const Ipv6Address& address, const std::string& reason)>;
  /// The outcome of an attempt to listen. Empty: it listens; otherwise why it cannot, and it tries again after a pause.
  using Listening = std::function<void(const std::string& problem)>;
  struct Handlers {
    IsPartner is_partner;
    Connected connected;
    Refused refused;
    Listening listening;
  };
  /// Tries for the first time at once, within the call.
  static std::unique_ptr<Listener> open(asio::io_context& io, const Ipv6Address& local, uint16_t port,
                                        const Limits& limits, Handlers handlers);
  virtual ~Listener() = default;
  virtual uint16_t port() const = 0;
};

}  // namespace tandem6::failover
