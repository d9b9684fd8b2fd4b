#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <mbedtls/platform_util.h>

#include "failover/net/certificate.h"
#include "failover/net/connection.h"
#include "failover/net/tls_identity.h"

namespace tandem6::failover {
namespace {

// RFC 9325 §4.1, §4.2: forward secrecy and AEAD, nothing else. The first that both have is taken; AES has instructions
// of its own on our machines.
constexpr std::array kCipherSuites{
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    0,
};
// RFC 9325 §4.4: of 224 bits at least.
constexpr std::array kCurves{
    MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP384R1,
    MBEDTLS_ECP_DP_SECP521R1, MBEDTLS_ECP_DP_NONE,
};
// RFC 9325 §4.5: SHA-256 or stronger.
constexpr std::array<int, 4> kHashes{MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512, MBEDTLS_MD_NONE};

using Outcome = tl::expected<void, Error>;

template <typename... Arguments>
auto failure(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  return tl::unexpected(Error{fmt::format(format, std::forward<Arguments>(arguments)...)});
}

/// A PEM file, with the terminator that mbedTLS wants. Forgotten without a trace: it may be a key.
class PemText {
 public:
  ~PemText() { mbedtls_platform_zeroize(octets_.data(), octets_.size()); }

  Outcome read(std::string_view what, const std::string& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
    if (!file) return failure("failover TLS: cannot read {} in {}: {}", what, path, std::strerror(errno));
    octets_.resize(kLongest + 1);
    const size_t size = std::fread(octets_.data(), 1, kLongest, file.get());
    if (std::ferror(file.get()) != 0) {
      return failure("failover TLS: cannot read {} in {}: {}", what, path, std::strerror(errno));
    }
    if (size == kLongest) return failure("failover TLS: {} is too long for {}", path, what);
    size_ = size + 1;
    return {};
  }
  const unsigned char* data() const { return octets_.data(); }
  size_t size() const { return size_; }

 private:
  static constexpr size_t kLongest = 4 << 20;

  std::vector<unsigned char> octets_;
  size_t size_ = 0;
};

Outcome load_certificates(std::string_view what, const std::string& path, mbedtls_x509_crt& into) {
  PemText text;
  if (auto read = text.read(what, path); !read) return read;
  const int result = mbedtls_x509_crt_parse(&into, text.data(), text.size());
  if (result == 0) return {};
  // Positive: so many of them did not parse, and others did.
  if (result > 0) return failure("failover TLS: {} of the certificates in {} ({}) cannot be read", result, path, what);
  return failure("failover TLS: {} is no PEM certificate ({}): {}", path, what, mbedtls_text(result));
}

Outcome load_crl(TlsIdentity& identity) {
  const std::string& path = identity.settings.crl;
  if (path.empty()) return {};
  PemText text;
  if (auto read = text.read("the CRL", path); !read) return read;
  if (const int result = mbedtls_x509_crl_parse(&identity.crl, text.data(), text.size()); result != 0) {
    return failure("failover TLS: {} is no PEM CRL: {}", path, mbedtls_text(result));
  }
  for (const auto* crl = &identity.crl; crl != nullptr; crl = crl->next) {
    if (crl->raw.p == nullptr) return failure("failover TLS: there is no CRL in {}", path);
    if (mbedtls_x509_time_is_past(&crl->next_update) == 0) continue;
    return failure("failover TLS: the CRL in {} was valid until {}: fetch a new one, no partner would be accepted",
                   path, date_text(crl->next_update));
  }
  return {};
}

Outcome load_key(TlsIdentity& identity) {
  const std::string& path = identity.settings.key;
  PemText text;
  if (auto read = text.read("our key", path); !read) return read;
  const int result = mbedtls_pk_parse_key(&identity.key, text.data(), text.size(), nullptr, 0);
  if (result == MBEDTLS_ERR_PK_PASSWORD_REQUIRED) {
    return failure("failover TLS: the key in {} has a passphrase; nobody is there to type it: store it without", path);
  }
  if (result != 0) return failure("failover TLS: {} is no PEM key: {}", path, mbedtls_text(result));
  if (mbedtls_pk_check_pair(&identity.certificate.pk, &identity.key) == 0) return {};
  return failure("failover TLS: the key in {} does not belong to the certificate in {}", path,
                 identity.settings.certificate);
}

Outcome check_own_certificate(const TlsIdentity& identity) {
  const mbedtls_x509_crt& ours = identity.certificate;
  const std::string& path = identity.settings.certificate;
  if (mbedtls_x509_time_is_past(&ours.valid_to) != 0) {
    return failure("failover TLS: our certificate in {} (for {}) was valid until {}: renew it", path, names_in(ours),
                   date_text(ours.valid_to));
  }
  if (mbedtls_x509_time_is_future(&ours.valid_from) == 0) return {};
  return failure("failover TLS: our certificate in {} (for {}) is not valid before {}: is the clock right?", path,
                 names_in(ours), date_text(ours.valid_from));
}

Outcome check_partner_name(const TlsSettings& settings) {
  if (!settings.partner_name.empty() && settings.partner_name.size() <= MBEDTLS_SSL_MAX_HOST_NAME_LEN) return {};
  return failure(
      "failover TLS: the partner's name, which its certificate must bear, has {} characters; it needs 1 to {}",
      settings.partner_name.size(), MBEDTLS_SSL_MAX_HOST_NAME_LEN);
}

Outcome seed(TlsIdentity& identity) {
  constexpr std::string_view kUse = "tandem6 failover";
  const int result = mbedtls_ctr_drbg_seed(&identity.random, mbedtls_entropy_func, &identity.entropy,
                                           reinterpret_cast<const unsigned char*>(kUse.data()), kUse.size());
  if (result == 0) return {};
  return failure("failover TLS: the system gives no random numbers: {}", mbedtls_text(result));
}

Outcome configure(TlsIdentity& identity, mbedtls_ssl_config& config, int side) {
  int result = mbedtls_ssl_config_defaults(&config, side, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
  if (result == 0) result = mbedtls_ssl_conf_own_cert(&config, &identity.certificate, &identity.key);
  if (result != 0) return failure("failover TLS: cannot be set up: {}", mbedtls_text(result));
  mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &identity.random);
  mbedtls_ssl_conf_min_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);  // TLS 1.2
  mbedtls_ssl_conf_max_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
  mbedtls_ssl_conf_ciphersuites(&config, kCipherSuites.data());
  mbedtls_ssl_conf_curves(&config, kCurves.data());
  mbedtls_ssl_conf_sig_hashes(&config, kHashes.data());
  mbedtls_ssl_conf_cert_profile(&config, &mbedtls_x509_crt_profile_next);
  // RFC 7653 §9.1: both sides authenticate.
  mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_REQUIRED);
  mbedtls_ssl_conf_ca_chain(&config, &identity.ca, identity.settings.crl.empty() ? nullptr : &identity.crl);
  // So a connection has one key for its life. RFC 9325 §4.4 would have it replaced after some 2^24 records, which it
  // leaves to what the protocol can do: RFC 8156 can only connect anew.
  mbedtls_ssl_conf_renegotiation(&config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
  mbedtls_ssl_conf_legacy_renegotiation(&config, MBEDTLS_SSL_LEGACY_BREAK_HANDSHAKE);
  // A session is never resumed: every connection checks certificates and CRL again. A server without a ticket callback
  // gives none.
  if (side == MBEDTLS_SSL_IS_CLIENT) mbedtls_ssl_conf_session_tickets(&config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
  return {};
}

Outcome load(TlsIdentity& identity) {
  const TlsSettings& settings = identity.settings;
  return check_partner_name(settings)
      .and_then([&] { return load_certificates("the CA", settings.ca, identity.ca); })
      .and_then([&] { return load_crl(identity); })
      .and_then([&] { return load_certificates("our certificate", settings.certificate, identity.certificate); })
      .and_then([&] { return check_own_certificate(identity); })
      .and_then([&] { return load_key(identity); })
      .and_then([&] { return seed(identity); })
      .and_then([&] { return configure(identity, identity.as_client, MBEDTLS_SSL_IS_CLIENT); })
      .and_then([&] { return configure(identity, identity.as_server, MBEDTLS_SSL_IS_SERVER); });
}

}  // namespace

TlsIdentity::TlsIdentity() {
  mbedtls_x509_crt_init(&ca);
  mbedtls_x509_crl_init(&crl);
  mbedtls_x509_crt_init(&certificate);
  mbedtls_pk_init(&key);
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&random);
  mbedtls_ssl_config_init(&as_client);
  mbedtls_ssl_config_init(&as_server);
}

TlsIdentity::~TlsIdentity() {
  mbedtls_ssl_config_free(&as_server);
  mbedtls_ssl_config_free(&as_client);
  mbedtls_ctr_drbg_free(&random);
  mbedtls_entropy_free(&entropy);
  mbedtls_pk_free(&key);
  mbedtls_x509_crt_free(&certificate);
  mbedtls_x509_crl_free(&crl);
  mbedtls_x509_crt_free(&ca);
}

tl::expected<std::shared_ptr<TlsIdentity>, Error> load_tls_identity(const TlsSettings& settings) {
  auto identity = std::make_shared<TlsIdentity>();
  identity->settings = settings;
  if (auto loaded = load(*identity); !loaded) return tl::unexpected(loaded.error());
  return identity;
}

int64_t certificate_end(const TlsIdentity& identity) {
  using namespace std::chrono;
  const mbedtls_x509_time& end = identity.certificate.valid_to;  // UTC (RFC 5280 §4.1.2.5)
  const sys_days day =
      year(end.year) / month(static_cast<unsigned>(end.mon)) / std::chrono::day(static_cast<unsigned>(end.day));
  return (day.time_since_epoch() + hours(end.hour) + minutes(end.min) + seconds(end.sec)) / seconds(1);
}

}  // namespace tandem6::failover
