// RFC 7653 §8.2, §9.1, RFC 9325: who is let in, who is not, and what both sides are told.
#include "failover/net/tls_identity.h"
#include "tests/unit/failover_net/fixtures.h"

namespace tandem6::failover::tls_test {
namespace {

Certificates& all() { return Certificates::shared(); }

/// A secondary and a primary, after the primary's first attempt.
struct Meeting {
  Meeting(std::shared_ptr<TlsIdentity> of_primary, std::shared_ptr<TlsIdentity> of_secondary)
      : secondary(io, std::move(of_secondary)), primary(io, secondary.listener->port(), std::move(of_primary)) {
    run_until(
        io, [&] { return !secondary.connects.empty() || (!primary.failures.empty() && !secondary.refusals.empty()); });
  }
  Meeting(const TlsSettings& of_primary, const TlsSettings& of_secondary)
      : Meeting(identity(of_primary), identity(of_secondary)) {}
  bool connected() const { return !secondary.connects.empty(); }

  asio::io_context io;
  Secondary secondary;
  Primary primary;
};

void check_refusal(const Meeting& meeting, std::string_view primary_reason, std::string_view secondary_reason) {
  CHECK(!meeting.connected());
  CHECK(meeting.primary.connected == 0);
  CHECK_MESSAGE(contains(meeting.primary.failures, primary_reason), joined(meeting.primary.failures));
  CHECK_MESSAGE(contains(meeting.secondary.refusals, secondary_reason), joined(meeting.secondary.refusals));
}

void check_refused(const TlsSettings& of_primary, const TlsSettings& of_secondary, std::string_view primary_reason,
                   std::string_view secondary_reason) {
  check_refusal(Meeting(of_primary, of_secondary), primary_reason, secondary_reason);
}

TEST_CASE("RFC 7653 9.1: a certificate of another CA is refused by either side, and both say why") {
  const auto foreign_a = all().other_ca.issue("foreign-a", {.common_name = "a.example.net"});
  check_refused(all().settings(foreign_a, "b.example.net"), all().secondary(),
                "the partner breaks TLS off: our certificate does not come from its CA",
                "(for a.example.net, issued by CN=other-ca) does not come from the CA in");
  const auto foreign_b = all().other_ca.issue("foreign-b", {.common_name = "b.example.net"});
  check_refused(all().primary(), all().settings(foreign_b, "a.example.net"),
                "(for b.example.net, issued by CN=other-ca) does not come from the CA in",
                "the partner breaks TLS off: our certificate does not come from its CA");
}

TEST_CASE("RFC 7653 9.1: a certificate for another name is refused by either side") {
  check_refused(all().primary(), all().settings(all().b, "c.example.net"), "bears another name than it expects",
                "the partner's certificate is for a.example.net, not for c.example.net");
  check_refused(all().settings(all().a, "c.example.net"), all().secondary(),
                "the partner's certificate is for x.example.net, b.example.net, not for c.example.net",
                "bears another name than it expects");
}

TEST_CASE("TLS: a common name counts where there are no DNS names, and only there") {
  const auto by_cn = all().ca.issue("by-cn", {.common_name = "a.example.net"});
  CHECK(Meeting(all().settings(by_cn, "b.example.net"), all().secondary()).connected());
  check_refused(all().primary(), all().settings(all().b, "primary"), "another name",
                "is for a.example.net, not for primary");
}

// One that load_tls_identity() would not load: its certificate ran out, or is too new, while the server runs.
std::shared_ptr<TlsIdentity> identity_out_of_date(const TlsSettings& good, const test::IssuedCertificate& bad) {
  auto made = identity(good);
  mbedtls_x509_crt_free(&made->certificate);
  mbedtls_pk_free(&made->key);
  REQUIRE(mbedtls_x509_crt_parse_file(&made->certificate, bad.certificate.c_str()) == 0);
  REQUIRE(mbedtls_pk_parse_keyfile(&made->key, bad.key.c_str(), nullptr) == 0);
  return made;
}

TEST_CASE("RFC 7653 9.1: a certificate that has expired, or is not valid yet, is refused by either side") {
  const auto old_a = all().ca.issue("old-a", {.common_name = "a.example.net", .from_day = -9, .to_day = -2});
  const auto old_b = all().ca.issue("old-b", {.common_name = "b.example.net", .from_day = -9, .to_day = -2});
  const auto new_a = all().ca.issue("new-a", {.common_name = "a.example.net", .from_day = 2});
  {
    const Meeting meeting(identity_out_of_date(all().primary(), old_a), identity(all().secondary()));
    check_refusal(meeting, "our certificate has expired, says its clock", "has expired; its own is valid until 20");
  }
  {
    const Meeting meeting(identity(all().primary()), identity_out_of_date(all().secondary(), old_b));
    check_refusal(meeting, "the partner's certificate (for b.example.net), or one that it comes from, has expired",
                  "our certificate has expired, says its clock");
  }
  {
    const Meeting meeting(identity_out_of_date(all().primary(), new_a), identity(all().secondary()));
    check_refusal(meeting, "the partner breaks TLS off", "(for a.example.net) is not valid yet");
  }
}

TEST_CASE("RFC 7653 9.1: a primary without a certificate is refused, and told so") {
  auto without = identity(all().primary());
  mbedtls_ssl_config_free(&without->as_client);
  mbedtls_ssl_config_init(&without->as_client);
  REQUIRE(mbedtls_ssl_config_defaults(&without->as_client, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                      MBEDTLS_SSL_PRESET_DEFAULT) == 0);
  mbedtls_ssl_conf_rng(&without->as_client, mbedtls_ctr_drbg_random, &without->random);
  mbedtls_ssl_conf_ca_chain(&without->as_client, &without->ca, nullptr);
  const Meeting meeting(without, identity(all().secondary()));
  check_refusal(meeting, "the partner breaks TLS off", "the partner sent no certificate");
}

TEST_CASE("RFC 9325: old versions and weak suites are not spoken") {
  auto weak = identity(all().primary());
  SUBCASE("TLS 1.1") {
    mbedtls_ssl_conf_min_version(&weak->as_client, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_2);
    mbedtls_ssl_conf_max_version(&weak->as_client, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_2);
    static const int kSuites[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, 0};
    mbedtls_ssl_conf_ciphersuites(&weak->as_client, kSuites);
  }
  SUBCASE("CBC") {
    static const int kSuites[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, 0};
    mbedtls_ssl_conf_ciphersuites(&weak->as_client, kSuites);
  }
  const Meeting meeting(weak, identity(all().secondary()));
  check_refusal(meeting, "the partner breaks TLS off", "TLS failed");
}

TEST_CASE("RFC 7653 9.1: a certificate that the CRL lists is refused by either side, others are not") {
  const auto crl = all().ca.revoke("a-and-b", {all().a.serial, all().b.serial});
  const auto empty = all().ca.revoke("nobody", {});
  TlsSettings of_primary = all().primary();
  TlsSettings of_secondary = all().secondary();
  of_primary.crl = of_secondary.crl = empty;
  CHECK(Meeting(of_primary, of_secondary).connected());
  of_secondary.crl = crl;
  check_refused(of_primary, of_secondary, "our certificate is revoked",
                "the partner's certificate (for a.example.net) is revoked by");
  std::swap(of_primary.crl, of_secondary.crl);
  check_refused(of_primary, of_secondary, "the partner's certificate (for x.example.net, b.example.net) is revoked by",
                "our certificate is revoked");
}

TEST_CASE("TLS: a CRL that the CA did not sign opens no door") {
  TlsSettings of_secondary = all().secondary();
  // The issuer's name is the CA's, the key is not.
  const TemporaryDirectory elsewhere;
  const test::CertificateAuthority impostor(elsewhere.path(), "ca");
  of_secondary.crl = impostor.revoke("impostor", {});
  check_refused(all().primary(), of_secondary, "the partner breaks TLS off", "is not signed by the CA in");
}

TEST_CASE("TLS: a certificate for the other role is refused") {
  const auto server_only = all().ca.issue("server-only", {.common_name = "a.example.net", .only_for = "serverAuth"});
  check_refused(all().settings(server_only, "b.example.net"), all().secondary(),
                "our certificate may not be used for this", "may not be used for this: it needs digitalSignature");
  const auto client_only = all().ca.issue("client-only", {.common_name = "a.example.net", .only_for = "clientAuth"});
  CHECK(Meeting(all().settings(client_only, "b.example.net"), all().secondary()).connected());
}

TEST_CASE("RFC 9325 4.2: RSA keys work as well") {
  const auto rsa = all().ca.issue("rsa", {.common_name = "a.example.net", .rsa = true});
  CHECK(Meeting(all().settings(rsa, "b.example.net"), all().secondary()).connected());
}

TEST_CASE("RFC 7653 8.2, 9.1: TLS at one side only is no connection, whichever side it is") {
  asio::io_context io;
  SUBCASE("the primary wants TLS") {
    Secondary secondary(io);
    Primary primary(io, secondary.listener->port(), identity(all().primary()));
    REQUIRE(run_until(io, [&] { return !primary.failures.empty() && !secondary.refusals.empty(); }));
    CHECK(contains(primary.failures, "the partner refuses TLS"));
    CHECK(contains(secondary.refusals, "it wants TLS, which is not configured here"));
    CHECK(secondary.connects.empty());
    CHECK(primary.connected == 0);
  }
  SUBCASE("the secondary wants TLS") {
    Secondary secondary(io, identity(all().secondary()));
    Primary primary(io, secondary.listener->port());
    REQUIRE(run_until(io, [&] { return !primary.end.closed.empty(); }));
    CHECK(contains(secondary.refusals, "it speaks without TLS"));
    CHECK(secondary.connects.empty());
  }
}

TEST_CASE("connector: a new identity is for the next connection") {
  asio::io_context io;
  Secondary secondary(io, identity(all().secondary()));
  Primary primary(io, secondary.listener->port(), identity(all().settings(all().a, "c.example.net")));
  REQUIRE(run_until(io, [&] { return !primary.failures.empty(); }));
  CHECK(primary.connected == 0);
  primary.connector->replace_identity(identity(all().primary()));
  REQUIRE(run_until(io, [&] { return secondary.connects.size() == 1; }));
  // The one in use keeps its own.
  primary.connector->replace_identity(nullptr);
  primary.end.send(message(MessageType::kState, "x"));
  REQUIRE(run_until(io, [&] { return secondary.end.messages.size() == 1; }));
  CHECK(primary.end.connection->is_secure());
}

TEST_CASE("listener: a new identity is for the next connection") {
  asio::io_context io;
  Secondary secondary(io, identity(all().settings(all().b, "c.example.net")));
  Primary primary(io, secondary.listener->port(), identity(all().primary()));
  REQUIRE(run_until(io, [&] { return !secondary.refusals.empty(); }));
  secondary.welcome = Listener::Welcome{identity(all().secondary())};
  CHECK(run_until(io, [&] { return secondary.connects.size() == 1; }));
}

TEST_CASE("TLS: nothing of a message is readable on the wire") {
  asio::io_context io;
  Secondary secondary(io, identity(all().secondary()));
  RawHost between(io);
  Primary primary(io, between.port(), identity(all().primary()));
  const auto from_primary = between.accept();
  RawPeer to_secondary(io, secondary.listener->port());
  size_t there = 0;
  size_t back = 0;
  const bool through = run_until(io, [&] {
    to_secondary.send(from_primary->heard().substr(there));
    there = from_primary->heard().size();
    from_primary->send(to_secondary.heard().substr(back));
    back = to_secondary.heard().size();
    return secondary.connects.size() == 1;
  });
  REQUIRE(through);
  CHECK(there > 100);
  CHECK(from_primary->heard().find("hello") == std::string::npos);
  // RFC 9325 §4.2: the suite that both like best, at its place in the ServerHello behind the REPLY of six octets.
  const std::string& hello = to_secondary.heard();
  const size_t session_id_size = static_cast<unsigned char>(hello[6 + 5 + 4 + 2 + 32]);
  CHECK(hello.substr(6 + 5 + 4 + 2 + 32 + 1 + session_id_size, 2) == "\xc0\x2b");
  SUBCASE("a record that somebody changed ends the connection") {
    primary.end.send(message(MessageType::kState, "x"));
    REQUIRE(run_until(io, [&] { return from_primary->heard().size() > there; }));
    std::string record = from_primary->heard().substr(there);
    record.back() = static_cast<char>(record.back() ^ 1);
    to_secondary.send(record);
    REQUIRE(run_until(io, [&] { return !secondary.end.closed.empty(); }));
    CHECK(secondary.end.messages.empty());
    CHECK(contains(secondary.end.closed, "TLS failed"));
  }
}

}  // namespace
}  // namespace tandem6::failover::tls_test
