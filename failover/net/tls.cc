#include "failover/net/tls.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace tandem6::failover {
namespace {

// Four records of the longest kind: fewer calls of the kernel in a burst.
constexpr size_t kInSize = 65'536;

const char* alert_text(unsigned char description) {
  switch (description) {
    case MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE:
      return "nothing in common (versions, cipher suites, or a certificate that it misses)";
    case MBEDTLS_SSL_ALERT_MSG_NO_CERT:
    case 116:  // certificate_required (RFC 8446 §6)
      return "it wants a certificate of us";
    case MBEDTLS_SSL_ALERT_MSG_BAD_CERT:
      return "our certificate bears another name than it expects, or cannot be read";
    case MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT:
      return "our certificate may not be used for this";
    case MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED:
      return "our certificate is revoked";
    case MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED:
      return "our certificate has expired, says its clock";
    case MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN:
      return "it does not accept our certificate";
    case MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA:
      return "our certificate does not come from its CA";
    case MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED:
      return "access denied";
    default:
      return "see its log";
  }
}

}  // namespace

TlsSession::TlsSession(std::shared_ptr<TlsIdentity> identity, OutBuffer& wire)
    : identity_(std::move(identity)), wire_(wire), in_(kInSize) {
  mbedtls_ssl_init(&ssl_);
}

TlsSession::~TlsSession() { mbedtls_ssl_free(&ssl_); }

tl::expected<std::unique_ptr<TlsSession>, Error> TlsSession::open(std::shared_ptr<TlsIdentity> identity, TlsSide side,
                                                                  OutBuffer& wire) {
  std::unique_ptr<TlsSession> session(new TlsSession(std::move(identity), wire));
  if (auto ready = session->set_up(side); !ready) return tl::unexpected(ready.error());
  return session;
}

tl::expected<void, Error> TlsSession::set_up(TlsSide side) {
  int result = mbedtls_ssl_setup(&ssl_, side == TlsSide::kClient ? &identity_->as_client : &identity_->as_server);
  // The name is looked for in the partner's certificate on both sides: mbedTLS's server compares as its client does.
  if (result == 0) result = mbedtls_ssl_set_hostname(&ssl_, identity_->settings.partner_name.c_str());
  if (result != 0) return tl::unexpected(Error{fmt::format("TLS cannot begin: {}", mbedtls_text(result))});
  mbedtls_ssl_set_verify(&ssl_, look_at, this);
  mbedtls_ssl_set_bio(&ssl_, this, put_out, take_in, nullptr);
  return {};
}

MutableBytes TlsSession::space() {
  std::copy(in_.begin() + static_cast<std::ptrdiff_t>(begin_), in_.begin() + static_cast<std::ptrdiff_t>(end_),
            in_.begin());
  end_ -= begin_;
  begin_ = 0;
  return MutableBytes(in_).subspan(end_);
}

tl::expected<bool, Error> TlsSession::handshake() {
  const int result = mbedtls_ssl_handshake(&ssl_);
  if (result == 0) return true;
  if (result == MBEDTLS_ERR_SSL_WANT_READ) return false;
  // The one case that mbedTLS keeps to itself (RFC 5246 §7.4.6).
  if (result == MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE) {
    (void)mbedtls_ssl_send_alert_message(&ssl_, MBEDTLS_SSL_ALERT_LEVEL_FATAL, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
  }
  return tl::unexpected(Error{reason(result)});
}

tl::expected<size_t, Error> TlsSession::read(MutableBytes into) {
  const int result = mbedtls_ssl_read(&ssl_, reinterpret_cast<unsigned char*>(into.data()), into.size());
  if (result > 0) return static_cast<size_t>(result);
  if (result == MBEDTLS_ERR_SSL_WANT_READ) return 0;
  return tl::unexpected(Error{reason(result)});
}

tl::expected<size_t, Error> TlsSession::write(Bytes from) {
  const int result = mbedtls_ssl_write(&ssl_, reinterpret_cast<const unsigned char*>(from.data()), from.size());
  if (result > 0) return static_cast<size_t>(result);
  return tl::unexpected(Error{reason(result)});
}

void TlsSession::close_notify() {
  // It cannot fail but for a handshake that is not done, which has nothing to end.
  (void)mbedtls_ssl_close_notify(&ssl_);
}

std::string TlsSession::reason(int error) const {
  RefusedCertificate refused = partner_;
  const uint32_t result = mbedtls_ssl_get_verify_result(&ssl_);
  // All bits set: there is no result yet.
  if (result != ~uint32_t{0}) refused.flags |= result;
  const TlsSettings& settings = identity_->settings;
  switch (error) {
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
      return "the partner closed the connection";
    case MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE:
    case MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED:
      refused.flags = MBEDTLS_X509_BADCERT_MISSING;
      return refusal_text(refused, settings.partner_name, settings.ca, settings.crl);
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
    case MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE:
      if (refused.flags == 0) break;
      return refusal_text(refused, settings.partner_name, settings.ca, settings.crl);
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
      // The alert's level and description are what was received last (RFC 5246 §7.2).
      return fmt::format("the partner breaks TLS off: {} (alert {})", alert_text(ssl_.in_msg[1]), ssl_.in_msg[1]);
    default:
      break;
  }
  return fmt::format("TLS failed: {}", mbedtls_text(error));
}

int TlsSession::take_in(void* context, unsigned char* into, size_t room) {
  auto& session = *static_cast<TlsSession*>(context);
  const size_t size = std::min(room, session.end_ - session.begin_);
  if (size == 0) return MBEDTLS_ERR_SSL_WANT_READ;
  std::memcpy(into, &session.in_[session.begin_], size);
  session.begin_ += size;
  return static_cast<int>(size);
}

int TlsSession::put_out(void* context, const unsigned char* from, size_t size) {
  auto& session = *static_cast<TlsSession*>(context);
  session.wire_.append(std::as_bytes(std::span(from, size)));
  return static_cast<int>(size);
}

// Called for each certificate of the chain, the partner's own last. Only remembers: mbedTLS's judgement stands.
int TlsSession::look_at(void* context, mbedtls_x509_crt* certificate, int depth, uint32_t* flags) {
  RefusedCertificate& partner = static_cast<TlsSession*>(context)->partner_;
  partner.flags |= *flags;
  if (depth != 0) return 0;
  partner.names = names_in(*certificate);
  partner.issuer = issuer_of(*certificate);
  partner.valid_to = date_text(certificate->valid_to);
  return 0;
}

}  // namespace tandem6::failover
