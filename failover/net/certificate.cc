#include "failover/net/certificate.h"

#include <array>

#include <fmt/format.h>
#include <mbedtls/error.h>
#include <mbedtls/oid.h>

namespace tandem6::failover {
namespace {

// mbedTLS keeps a SAN's raw tag and value: [2] is dNSName (RFC 5280 §4.2.1.6).
constexpr int kDnsNameTag = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2;

// It comes from somebody who is not trusted yet, and goes to logs and terminals.
std::string text_of(const mbedtls_asn1_buf& value) {
  std::string text(reinterpret_cast<const char*>(value.p), value.len);
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

std::string dns_names(const mbedtls_x509_crt& certificate) {
  std::string names;
  for (const auto* name = &certificate.subject_alt_names; name != nullptr; name = name->next) {
    if (name->buf.p == nullptr || name->buf.tag != kDnsNameTag) continue;
    if (!names.empty()) names += ", ";
    names += text_of(name->buf);
  }
  return names;
}

std::string common_name(const mbedtls_x509_crt& certificate) {
  for (const auto* name = &certificate.subject; name != nullptr; name = name->next) {
    if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &name->oid) == 0) return text_of(name->val);
  }
  return "nobody";
}

}  // namespace

std::string mbedtls_text(int error) {
  std::array<char, 160> text{};
  mbedtls_strerror(error, text.data(), text.size());
  return text.data();
}

std::string names_in(const mbedtls_x509_crt& certificate) {
  std::string names = dns_names(certificate);
  return names.empty() ? common_name(certificate) : names;
}

std::string issuer_of(const mbedtls_x509_crt& certificate) {
  std::array<char, 256> text{};
  if (mbedtls_x509_dn_gets(text.data(), text.size(), &certificate.issuer) < 0) return "somebody with a long name";
  return text.data();
}

std::string date_text(const mbedtls_x509_time& time) {
  return fmt::format("{:04}-{:02}-{:02}", time.year, time.mon, time.day);
}

// The first that applies is what must be repaired first.
std::string refusal_text(const RefusedCertificate& refused, std::string_view wanted_name, std::string_view ca_file,
                         std::string_view crl_file) {
  const auto has = [&](uint32_t flags) { return (refused.flags & flags) != 0; };
  if (has(MBEDTLS_X509_BADCERT_MISSING)) {
    return "the partner sent no certificate: give it one, RFC 7653 §9.1 wants both sides to authenticate";
  }
  if (has(MBEDTLS_X509_BADCERT_NOT_TRUSTED)) {
    return fmt::format("the partner's certificate (for {}, issued by {}) does not come from the CA in {}",
                       refused.names, refused.issuer, ca_file);
  }
  if (has(MBEDTLS_X509_BADCERT_REVOKED)) {
    return fmt::format("the partner's certificate (for {}) is revoked by {}: give the partner a new one", refused.names,
                       crl_file);
  }
  if (has(MBEDTLS_X509_BADCERT_EXPIRED)) {
    return fmt::format(
        "the partner's certificate (for {}), or one that it comes from, has expired; its own is valid "
        "until {}: renew it, or set the clock right",
        refused.names, refused.valid_to);
  }
  if (has(MBEDTLS_X509_BADCERT_FUTURE)) {
    return fmt::format("the partner's certificate (for {}) is not valid yet: set the clock right", refused.names);
  }
  if (has(MBEDTLS_X509_BADCERT_CN_MISMATCH)) {
    return fmt::format(
        "the partner's certificate is for {}, not for {}: the partner has another name, or somebody else "
        "is at its address",
        refused.names, wanted_name);
  }
  if (has(MBEDTLS_X509_BADCRL_EXPIRED)) return fmt::format("the CRL in {} has expired: fetch a new one", crl_file);
  if (has(MBEDTLS_X509_BADCRL_NOT_TRUSTED)) {
    return fmt::format("the CRL in {} is not signed by the CA in {}", crl_file, ca_file);
  }
  if (has(MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE)) {
    return fmt::format(
        "the partner's certificate (for {}) may not be used for this: it needs digitalSignature, and "
        "clientAuth at a primary, serverAuth at a secondary",
        refused.names);
  }
  std::array<char, 512> text{};
  mbedtls_x509_crt_verify_info(text.data(), text.size(), "", refused.flags);
  return fmt::format("the partner's certificate (for {}) is refused: {}", refused.names, text.data());
}

}  // namespace tandem6::failover
