// What mbedTLS says of certificates, for people.
#pragma once

#include <string>
#include <string_view>

#include <mbedtls/x509_crt.h>

namespace tandem6::failover {

/// "-0x2700: X509 - Certificate verification failed", without the number where there is a text.
std::string mbedtls_text(int error);
/// The names that a partner is known by: DNS names, or where there are none, the common name. "a.example, b.example".
std::string names_in(const mbedtls_x509_crt& certificate);
/// "CN=our CA, O=us"
std::string issuer_of(const mbedtls_x509_crt& certificate);
/// "2026-11-25"
std::string date_text(const mbedtls_x509_time& time);

/// What is looked at when a certificate was refused.
struct RefusedCertificate {
  uint32_t flags = 0;    ///< MBEDTLS_X509_BADCERT_… and BADCRL_…
  std::string names;     ///< of the partner's certificate
  std::string issuer;    ///< of the same
  std::string valid_to;  ///< of the same
};
/// "the partner's certificate is for b.example, not for a.example: …"
std::string refusal_text(const RefusedCertificate& refused, std::string_view wanted_name, std::string_view ca_file,
                         std::string_view crl_file);

}  // namespace tandem6::failover
