// What load_tls_identity() says of files that will not do.
#include <unistd.h>

#include <fstream>

#include "tests/unit/failover_net/fixtures.h"

namespace tandem6::failover::identity_test {
namespace {

Certificates& all() { return Certificates::shared(); }

std::string error_of(const TlsSettings& settings) {
  const auto loaded = load_tls_identity(settings);
  return loaded ? "" : loaded.error().message;
}

std::string file_with(const std::string& name, const std::string& text) {
  const std::string path = all().directory.path() + "/" + name;
  std::ofstream(path) << text;
  return path;
}

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("TLS identity: a good one is loaded, with and without a CRL") {
  TlsSettings settings = all().primary();
  CHECK(error_of(settings).empty());
  settings.crl = all().ca.revoke("good", {});
  CHECK(error_of(settings).empty());
}

TEST_CASE("TLS identity: a file that is not there is named, and what it was to be") {
  const auto check = [](std::string TlsSettings::* file, const std::string& what) {
    TlsSettings settings = all().primary();
    settings.*file = "/nowhere/x.pem";
    CHECK(error_of(settings) == "failover TLS: cannot read " + what + " in /nowhere/x.pem: No such file or directory");
  };
  check(&TlsSettings::ca, "the CA");
  check(&TlsSettings::crl, "the CRL");
  check(&TlsSettings::certificate, "our certificate");
  check(&TlsSettings::key, "our key");
}

TEST_CASE("TLS identity: a file of something else is named") {
  const std::string garbage = file_with("garbage", "this is no PEM\n");
  const auto check = [&](std::string TlsSettings::* file, const std::string& what) {
    for (const std::string& wrong : {garbage, file_with("empty", ""), all().directory.path()}) {
      TlsSettings settings = all().primary();
      settings.*file = wrong;
      CHECK_MESSAGE(mentions(error_of(settings), wrong), error_of(settings));
      CHECK_MESSAGE(mentions(error_of(settings), what), error_of(settings));
    }
  };
  check(&TlsSettings::ca, "CA");
  check(&TlsSettings::crl, "CRL");
  check(&TlsSettings::certificate, "certificate");
  check(&TlsSettings::key, "key");
}

TEST_CASE("TLS identity: a key that belongs to another certificate is refused") {
  TlsSettings settings = all().primary();
  settings.key = all().b.key;
  CHECK(mentions(error_of(settings),
                 "the key in " + settings.key + " does not belong to the certificate in " + settings.certificate));
}

TEST_CASE("TLS identity: our certificate that has expired is refused, with its day") {
  const auto expired = all().ca.issue("expired", {.common_name = "a.example.net", .from_day = -10, .to_day = -1});
  const std::string error = error_of(all().settings(expired, "b.example.net"));
  CHECK_MESSAGE(mentions(error, "(for a.example.net) was valid until 20"), error);
  CHECK(mentions(error, "renew it"));
}

TEST_CASE("TLS identity: it is known when our certificate ends") {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  for (const int days : {1, 30, 9000}) {
    const auto issued = all().ca.issue("ends", {.common_name = "a.example.net", .to_day = days});
    const int64_t left = certificate_end(*identity(all().settings(issued, "b.example.net"))) - now.count();
    CHECK(left >= int64_t{days} * 86400 - 60);
    CHECK(left <= int64_t{days} * 86400 + 60);
  }
}

TEST_CASE("TLS identity: a CRL that has expired is refused, for it would refuse every partner") {
  TlsSettings settings = all().primary();
  settings.crl = all().ca.revoke("old", {}, -1);
  CHECK_MESSAGE(mentions(error_of(settings), "fetch a new one"), error_of(settings));
}

TEST_CASE("TLS identity: a partner without a name, or with one that is too long, is refused") {
  CHECK(mentions(error_of(all().settings(all().a, "")), "has 0 characters"));
  CHECK(mentions(error_of(all().settings(all().a, std::string(256, 'a'))), "has 256 characters"));
}

TEST_CASE("TLS identity: one bad certificate among the CA's is not passed over") {
  std::ifstream good(all().ca.certificate());
  const std::string text((std::istreambuf_iterator<char>(good)), std::istreambuf_iterator<char>());
  std::string broken = text;
  broken.replace(broken.find('\n') + 1, 8, "AAAAAAAA");
  TlsSettings settings = all().primary();
  settings.ca = file_with("half-good.pem", text + broken);
  CHECK_MESSAGE(mentions(error_of(settings), "1 of the certificates in"), error_of(settings));
}

}  // namespace
}  // namespace tandem6::failover::identity_test
