// Certificates for the end-to-end tests: what the unit tests use, as files.
//   make_certificates DIRECTORY NAME[:expired|:revoked]...
// writes ca.pem, ca.crl (which lists the revoked), and NAME.pem and NAME.key for each name.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/certificates.h"

namespace {

void make(const std::filesystem::path& directory, const std::vector<std::string>& wishes) {
  std::filesystem::create_directories(directory);
  tandem6::test::CertificateAuthority authority(directory, "ca");
  std::vector<int> revoked;
  for (const std::string& wish : wishes) {
    const size_t colon = wish.find(':');
    const std::string name = wish.substr(0, colon);
    const std::string kind = colon == std::string::npos ? "" : wish.substr(colon + 1);
    const int to_day = kind == "expired" ? -1 : 30;
    const auto issued =
        authority.issue(name, {.common_name = name, .dns_names = {name}, .from_day = -100, .to_day = to_day});
    if (kind == "revoked") revoked.push_back(issued.serial);
  }
  authority.revoke("ca", revoked);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: make_certificates DIRECTORY NAME[:expired|:revoked]...\n");
    return 2;
  }
  try {
    make(argv[1], {argv + 2, argv + argc});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_certificates: %s\n", error.what());
    return 1;
  }
}
