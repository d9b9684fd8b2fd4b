#include "tests/support/certificates.h"

#include <array>
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <utility>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/oid.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/sha256.h>
#include <mbedtls/x509_crt.h>

namespace tandem6::test {
namespace {

namespace fs = std::filesystem;

constexpr char kSequence = 0x30;
constexpr char kUtcTime = 0x17;
constexpr char kInteger = 0x02;
constexpr char kObjectId = 0x06;
constexpr char kBitString = 0x03;
constexpr char kDnsName = static_cast<char>(0x82);

void must(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string("test certificates: ") + what + ": " + std::to_string(result));
}

// DER: a value behind its tag and length. The values here are shorter than 64 KiB.
std::string der(char tag, const std::string& value) {
  const auto octet = [](size_t number) { return static_cast<char>(number & 0xff); };
  const size_t size = value.size();
  std::string length;
  if (size >= 128) length += size < 256 ? octet(0x81) : octet(0x82);
  if (size >= 256) length += octet(size >> 8);
  length += octet(size);
  return tag + length + value;
}

std::string time_text(int days_from_now, const char* format) {
  const std::time_t time = std::time(nullptr) + std::time_t{days_from_now} * 86'400;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  if (std::strftime(text.data(), text.size(), format, &parts) == 0) throw std::runtime_error("test certificates: time");
  return text.data();
}

std::string utc_time(int days_from_now) { return der(kUtcTime, time_text(days_from_now, "%y%m%d%H%M%SZ")); }

void write_file(const fs::path& path, const char* text) {
  std::ofstream file(path);
  file << text;
  if (!file.flush()) throw std::runtime_error("test certificates: cannot write " + path.string());
}

const unsigned char* octets(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

struct Random {
  Random() {
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&drbg);
    must(mbedtls_ctr_drbg_seed(&drbg, mbedtls_entropy_func, &entropy, nullptr, 0), "random");
  }
  ~Random() {
    mbedtls_ctr_drbg_free(&drbg);
    mbedtls_entropy_free(&entropy);
  }
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;
  mbedtls_entropy_context entropy{};
  mbedtls_ctr_drbg_context drbg{};
};

struct Key {
  Key(Random& random, bool rsa) {
    mbedtls_pk_init(&pk);
    must(mbedtls_pk_setup(&pk, mbedtls_pk_info_from_type(rsa ? MBEDTLS_PK_RSA : MBEDTLS_PK_ECKEY)), "key");
    must(rsa ? mbedtls_rsa_gen_key(mbedtls_pk_rsa(pk), mbedtls_ctr_drbg_random, &random.drbg, 2048, 65'537)
             : mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(pk), mbedtls_ctr_drbg_random, &random.drbg),
         "key");
  }
  ~Key() { mbedtls_pk_free(&pk); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  void write(const fs::path& path) {
    std::array<unsigned char, 4096> text{};
    must(mbedtls_pk_write_key_pem(&pk, text.data(), text.size()), "key file");
    write_file(path, reinterpret_cast<const char*>(text.data()));
  }
  mbedtls_pk_context pk{};
};

struct Writing {
  Writing() { mbedtls_x509write_crt_init(&certificate); }
  ~Writing() { mbedtls_x509write_crt_free(&certificate); }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

  void extension(const char* oid, size_t oid_size, const std::string& value) {
    must(mbedtls_x509write_crt_set_extension(&certificate, oid, oid_size, 0, octets(value), value.size()), "extension");
  }
  void write(const fs::path& path, Random& random) {
    std::array<unsigned char, 8192> text{};
    must(mbedtls_x509write_crt_pem(&certificate, text.data(), text.size(), mbedtls_ctr_drbg_random, &random.drbg),
         "certificate file");
    write_file(path, reinterpret_cast<const char*>(text.data()));
  }
  mbedtls_x509write_cert certificate{};
};

void fill(mbedtls_x509write_cert& certificate, const std::string& subject, const std::string& issuer, int serial,
          int from_day, int to_day) {
  mbedtls_mpi number;
  mbedtls_mpi_init(&number);
  must(mbedtls_mpi_lset(&number, serial), "serial");
  must(mbedtls_x509write_crt_set_serial(&certificate, &number), "serial");
  mbedtls_mpi_free(&number);
  must(mbedtls_x509write_crt_set_subject_name(&certificate, subject.c_str()), "subject");
  must(mbedtls_x509write_crt_set_issuer_name(&certificate, issuer.c_str()), "issuer");
  must(mbedtls_x509write_crt_set_validity(&certificate, time_text(from_day, "%Y%m%d%H%M%S").c_str(),
                                          time_text(to_day, "%Y%m%d%H%M%S").c_str()),
       "validity");
  mbedtls_x509write_crt_set_version(&certificate, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(&certificate, MBEDTLS_MD_SHA256);
}

}  // namespace

struct CertificateAuthority::Impl {
  Impl(fs::path where, const std::string& own_name)
      : directory(std::move(where)),
        name("CN=" + own_name),
        key(random, false),
        file(directory / (own_name + ".pem")) {}

  fs::path directory;
  std::string name;
  Random random;
  Key key;
  fs::path file;
  int next_serial = 2;
};

CertificateAuthority::CertificateAuthority(fs::path directory, const std::string& name)
    : impl_(std::make_unique<Impl>(std::move(directory), name)) {
  Writing writing;
  fill(writing.certificate, impl_->name, impl_->name, 1, -400, 3650);
  mbedtls_x509write_crt_set_subject_key(&writing.certificate, &impl_->key.pk);
  mbedtls_x509write_crt_set_issuer_key(&writing.certificate, &impl_->key.pk);
  must(mbedtls_x509write_crt_set_basic_constraints(&writing.certificate, 1, -1), "CA");
  must(mbedtls_x509write_crt_set_key_usage(&writing.certificate,
                                           MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN),
       "CA");
  writing.write(impl_->file, impl_->random);
}

CertificateAuthority::~CertificateAuthority() = default;

const fs::path& CertificateAuthority::certificate() const { return impl_->file; }

IssuedCertificate CertificateAuthority::issue(const std::string& file, const CertificateWish& wish) {
  IssuedCertificate issued{impl_->directory / (file + ".pem"), impl_->directory / (file + ".key"),
                           impl_->next_serial++};
  Key key(impl_->random, wish.rsa);
  Writing writing;
  fill(writing.certificate, "CN=" + wish.common_name, impl_->name, issued.serial, wish.from_day, wish.to_day);
  mbedtls_x509write_crt_set_subject_key(&writing.certificate, &key.pk);
  mbedtls_x509write_crt_set_issuer_key(&writing.certificate, &impl_->key.pk);
  std::string names;
  for (const std::string& name : wish.dns_names) names += der(kDnsName, name);
  if (!names.empty()) {
    writing.extension(MBEDTLS_OID_SUBJECT_ALT_NAME, MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME),
                      der(kSequence, names));
  }
  if (!wish.only_for.empty()) {
    const char* use = wish.only_for == "serverAuth" ? MBEDTLS_OID_SERVER_AUTH : MBEDTLS_OID_CLIENT_AUTH;
    writing.extension(MBEDTLS_OID_EXTENDED_KEY_USAGE, MBEDTLS_OID_SIZE(MBEDTLS_OID_EXTENDED_KEY_USAGE),
                      der(kSequence, der(kObjectId, use)));
  }
  writing.write(issued.certificate, impl_->random);
  key.write(issued.key);
  return issued;
}

// RFC 5280 §5.1, of version 1: without extensions.
fs::path CertificateAuthority::revoke(const std::string& file, const std::vector<int>& serials, int to_day) const {
  std::string revoked;
  for (const int serial : serials) {
    revoked += der(kSequence, der(kInteger, std::string(1, static_cast<char>(serial))) + utc_time(-1));
  }
  const std::string algorithm = der(kSequence, der(kObjectId, MBEDTLS_OID_ECDSA_SHA256));
  mbedtls_x509_crt issuer;
  mbedtls_x509_crt_init(&issuer);
  must(mbedtls_x509_crt_parse_file(&issuer, impl_->file.c_str()), "CRL");
  const std::string name(reinterpret_cast<const char*>(issuer.subject_raw.p), issuer.subject_raw.len);
  mbedtls_x509_crt_free(&issuer);
  const std::string list = der(kSequence, algorithm + name + utc_time(-300) + utc_time(to_day) +
                                              (revoked.empty() ? "" : der(kSequence, revoked)));
  std::array<unsigned char, 32> hash{};
  must(mbedtls_sha256_ret(octets(list), list.size(), hash.data(), 0), "CRL");
  std::array<unsigned char, MBEDTLS_PK_SIGNATURE_MAX_SIZE> signature{};
  size_t size = 0;
  must(mbedtls_pk_sign(&impl_->key.pk, MBEDTLS_MD_SHA256, hash.data(), hash.size(), signature.data(), &size,
                       mbedtls_ctr_drbg_random, &impl_->random.drbg),
       "CRL");
  const std::string signed_list = der(
      kSequence,
      list + algorithm +
          der(kBitString, std::string(1, '\0') +
                              std::string(signature.begin(), signature.begin() + static_cast<std::ptrdiff_t>(size))));
  std::array<unsigned char, 8192> text{};
  must(mbedtls_pem_write_buffer("-----BEGIN X509 CRL-----\n", "-----END X509 CRL-----\n", octets(signed_list),
                                signed_list.size(), text.data(), text.size(), &size),
       "CRL");
  const fs::path path = impl_->directory / (file + ".crl");
  write_file(path, reinterpret_cast<const char*>(text.data()));
  return path;
}

}  // namespace tandem6::test
