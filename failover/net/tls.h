// One TLS session (RFC 9325), sans-I/O: octets of the network go in and out through memory. Whoever has the socket
// carries them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <mbedtls/ssl.h>
#include <tl/expected.hpp>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/error.h"
#include "failover/net/certificate.h"
#include "failover/net/out_buffer.h"
#include "failover/net/tls_identity.h"

namespace tandem6::failover {

enum class TlsSide : uint8_t { kClient, kServer };

class TlsSession {
 public:
  /// What it has for the partner is appended to `wire`, which outlives it.
  static tl::expected<std::unique_ptr<TlsSession>, Error> open(std::shared_ptr<TlsIdentity> identity, TlsSide side,
                                                               OutBuffer& wire);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Where octets of the network go. Empty only while octets given before are not read.
  MutableBytes space();
  void filled(size_t octets) { end_ += octets; }

  /// Goes on with the handshake. True: it is done, and the partner is who it should be. False: more octets are needed.
  /// After an error the reason is in `wire` for the partner, as an alert.
  tl::expected<bool, Error> handshake();
  /// What the partner said, up to the size of `into`, which is not empty. 0: more octets are needed.
  tl::expected<size_t, Error> read(MutableBytes into);
  /// Encrypts some of it: how much is returned, which is not 0.
  tl::expected<size_t, Error> write(Bytes from);
  /// Tells the partner that nothing more will come.
  void close_notify();

 private:
  TlsSession(std::shared_ptr<TlsIdentity> identity, OutBuffer& wire);
  tl::expected<void, Error> set_up(TlsSide side);
  std::string reason(int error) const;

  // mbedTLS calls these with the session as `context`.
  static int take_in(void* context, unsigned char* into, size_t room);
  static int put_out(void* context, const unsigned char* from, size_t size);
  static int look_at(void* context, mbedtls_x509_crt* certificate, int depth, uint32_t* flags);

  std::shared_ptr<TlsIdentity> identity_;
  OutBuffer& wire_;
  mbedtls_ssl_context ssl_;
  std::vector<std::byte> in_;  // [begin_, end_) came from the network and is not yet taken in
  size_t begin_ = 0;
  size_t end_ = 0;
  RefusedCertificate partner_;  // in case that it is refused
};

}  // namespace tandem6::failover
