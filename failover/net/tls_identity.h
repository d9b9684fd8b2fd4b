// Certificates, key and the rules that TLS between partners follows (RFC 9325). Filled by load_tls_identity(), which
// any thread may call; from then on one thread uses it, the failover reactor's: mbedTLS has no locks in it.
#pragma once

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>

#include "failover/settings.h"

namespace tandem6::failover {

class TlsIdentity {
 public:
  TlsIdentity();
  ~TlsIdentity();
  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;

  TlsSettings settings;
  mbedtls_x509_crt ca;
  mbedtls_x509_crl crl;
  mbedtls_x509_crt certificate;  ///< ours, and what lies between it and the CA
  mbedtls_pk_context key;
  mbedtls_entropy_context entropy;
  mbedtls_ctr_drbg_context random;
  mbedtls_ssl_config as_client;
  mbedtls_ssl_config as_server;
};

}  // namespace tandem6::failover
