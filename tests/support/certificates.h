// Certificates for tests: an authority that issues and revokes, into PEM files. Made on the spot, so that none of them
// expires in the repository.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tandem6::test {

struct CertificateWish {
  std::string common_name;
  std::vector<std::string> dns_names{};  ///< Subject Alternative Names; none: the common name is what counts
  int from_day = -1;                     ///< valid from, in days from now
  int to_day = 30;
  bool rsa = false;  ///< a key of RSA, not of an elliptic curve
  /// "serverAuth", "clientAuth" or "": may be used for both.
  std::string only_for{};
};

struct IssuedCertificate {
  std::filesystem::path certificate;
  std::filesystem::path key;
  int serial = 0;
};

class CertificateAuthority {
 public:
  /// Writes `directory`/`name`.pem. The directory is there.
  CertificateAuthority(std::filesystem::path directory, const std::string& name);
  ~CertificateAuthority();
  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;

  const std::filesystem::path& certificate() const;
  /// Writes `file`.pem and `file`.key.
  IssuedCertificate issue(const std::string& file, const CertificateWish& wish);
  /// Writes `file`.crl, a list of these serial numbers that is valid until that day.
  std::filesystem::path revoke(const std::string& file, const std::vector<int>& serials, int to_day = 30) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem6::test
