// BNDUPD and BNDREPLY (RFC 8156 §7.4 to §7.7), octet by octet from the figures of RFC 8156 §5.5, RFC 8415 §21,
// RFC 5007 §4.1.2, RFC 7653 §6.3.1 and RFC 4704 §4.
#include "failover/binding_update.h"

#include <functional>
#include <string>
#include <vector>

#include "dataplane/lease/client_data.h"
#include "tests/unit/failover/wire_fixture.h"

namespace tandem6::failover::binding_update_test {
namespace {

using namespace tandem6::testing;
using lease::BindingStatus;
using lease::LeaseType;
using wire::StatusCode;

const Octets kDuid = hex("0003 0001 02005e102030");
// Of the client
const Octets kClientId = hex("0001 000a") + kDuid;
const Octets kBaseTime = hex("0064 0004 2faf0800");
const Octets kReconfigure = hex("0081 0008 2faf0000 a1b2c3d4");  // §5.5.13
const Octets kRelayData =
    hex("002f 0037 20010db8000b00000000000000000001"
        "  0c 00 20010db8000100000000000000000001 fe80000000000000000000000000000c  0012 0001 70");
// Of one lease
const Octets kActive = hex("0072 0001 01");                 // §5.5.1
const Octets kStart = hex("0085 0004 2faf0700");            // §5.5.17
const Octets kStateExpiration = hex("0086 0004 2faf1700");  // §5.5.18
const Octets kAge = hex("002e 0004 00000064");              // 100 seconds before the base time
const Octets kPartnerLifetime = hex("007b 0004 2faf2700");  // §5.5.7
const Octets kRawContact = hex("007e 0004 2faf0600");       // §5.5.10
const Octets kExpiration = hex("0078 0004 2faf1800");       // §5.5.4
const Octets kFqdn = hex("0027 000b 01 04 686f7374 03 6f7267 00");
const Octets kRemoval =
    hex("0074 001d  0075 000a 04 686f7374 03 6f7267 00"  // §5.5.3, §5.5.3.1
        "           0076 0005 03 6f7267 00"              // §5.5.3.2
        "           0077 0002 000b");                    // §5.5.3.3
const Octets kLifetimeSent = hex("007c 0004 2faf2700");  // §5.5.8

const Octets kWholeUpdate =
    hex("18 123456 2faf0801  002d 00ee") + kClientId + kBaseTime + kReconfigure + kRelayData +
    hex("0003 008d 00000007 000003e8 000007d0  0005 007d 20010db8000100000000000000000103 00000bb8 00000fa0") +
    kActive + kStart + kStateExpiration + kAge + kPartnerLifetime + kRawContact + kExpiration + kFqdn + kRemoval;

/// What is kept of the client of kWholeUpdate.
Octets kept_data() {
  const Octets relayed = relay_forward(0, "2001:db8:1::1", "fe80::c", {interface_id(text("p"))});
  wire::RelayView relay{};
  relay.link_address = ip("2001:db8:1::1");
  relay.peer_address = ip("fe80::c");
  relay.options = Bytes(relayed).subspan(34);
  lease::ClientDataBuilder data;
  data.relays({&relay, 1}, ip("2001:db8:b::1"));
  data.reconfigure_data(Bytes(kReconfigure).subspan(4));
  data.hostname({.forward = true, .reverse = true, .name = "host.org."});
  data.dns_removal_info(Bytes(kRemoval).subspan(4));
  return Octets(data.bytes());
}

LeaseUpdate address_lease() {
  return {.key = {LeaseType::kAddress, 128, ip("2001:db8:1::103")},
          .iaid = 7,
          .t1 = {1000},
          .t2 = {2000},
          .preferred = {3000},
          .valid = {4000},
          .status = BindingStatus::kActive,
          .start_of_state = {0x2faf0700},
          .state_expiration = AbsoluteTime{0x2faf1700},
          .client_contact = AbsoluteTime{0x2faf0800 - 100},
          .partner_lifetime = AbsoluteTime{0x2faf2700},
          .partner_raw_contact = AbsoluteTime{0x2faf0600},
          .expiration = AbsoluteTime{0x2faf1800}};
}
BindingUpdate whole_update() {
  const Octets data = kept_data();
  return {.client = Duid::from_bytes(kDuid),
          .base_time = {0x2faf0800},
          .leases = {address_lease()},
          .client_data = {data.begin(), data.end()}};
}

Octets written_update(const BindingUpdate& update) {
  return written([&](wire::Writer& out) { put_binding_update(out, kTransaction, kSent, update); });
}
Octets written_reply(const BindingUpdate& update) {
  return written([&](wire::Writer& out) { put_binding_reply(out, kTransaction, kSent, update); });
}
ReadUpdate update_in(const Octets& message) { return read_binding_update(view_of(message)); }
std::optional<BindingUpdate> reply_in(const Octets& message) { return read_binding_reply(view_of(message)); }
Octets client_data(std::initializer_list<Octets> options) { return option(45, join(options)); }
Octets update_of(std::initializer_list<Octets> options) { return failover_message(24, {client_data(options)}); }
Octets reply_of(std::initializer_list<Octets> options) { return failover_message(25, {client_data(options)}); }
Octets lease_of(std::initializer_list<Octets> options) {
  return ia_na(7, {ia_address("2001:db8:1::103", 3000, 4000, options)}, 1000, 2000);
}
/// The fault of an update about one address whose options are these.
StatusCode fault_of_lease(std::initializer_list<Octets> options) {
  return update_in(update_of({kClientId, kBaseTime, lease_of(options)})).fault;
}
StatusCode fault_of(std::initializer_list<Octets> options) { return update_in(update_of(options)).fault; }
const Octets kLease = lease_of({kActive, kStart, kStateExpiration, kPartnerLifetime});
const Octets kAckedLease = lease_of({kActive, kStateExpiration, kLifetimeSent});
constexpr auto kMissing = StatusCode::kMissingBindingInformation;
constexpr auto kConflict = StatusCode::kConfigurationConflict;

// --- BNDUPD ---

TEST_CASE("RFC 8156 7.4: BNDUPD about a client, octet by octet, written") {
  CHECK(to_hex(written_update(whole_update())) == to_hex(kWholeUpdate));
}

TEST_CASE("RFC 8156 7.4: BNDUPD about a client, octet by octet, read") {
  const ReadUpdate read = update_in(kWholeUpdate);
  CHECK(read.fault == StatusCode::kSuccess);
  CHECK(to_hex(read.update.client_data) == to_hex(kept_data()));
  CHECK(read.update == whole_update());
}

// §5.3.1: "Information about delegable prefixes not currently allocated to a particular client".
const Octets kFreePrefix =
    hex("18 123456 2faf0801  001a 002e 00000000 00000000 38 20010db8010002000000000000000000"
        "  0064 0004 2faf0800  0072 0001 06  0085 0004 2faf0700");
BindingUpdate free_prefix() {
  return {.base_time = {0x2faf0800},
          .leases = {{.key = {LeaseType::kPrefix, 56, ip("2001:db8:100:200::")},
                      .status = BindingStatus::kFreeBackup,
                      .start_of_state = {0x2faf0700}}}};
}

TEST_CASE("RFC 8156 7.4: BNDUPD about a prefix of no client, octet by octet, written and read") {
  CHECK(to_hex(written_update(free_prefix())) == to_hex(kFreePrefix));
  const ReadUpdate read = update_in(kFreePrefix);
  CHECK(read.fault == StatusCode::kSuccess);
  CHECK(read.update == free_prefix());
}

TEST_CASE("RFC 8156 7.4: a prefix of no client whose status ends has its times") {
  BindingUpdate update = free_prefix();
  update.leases[0].status = BindingStatus::kAbandoned;
  update.leases[0].state_expiration = AbsoluteTime{0x2faf1700};
  update.leases[0].partner_lifetime = AbsoluteTime{0x2faf2700};
  update.leases[0].expiration = AbsoluteTime{0x2faf1800};
  const Octets message = failover_message(
      24, {ia_prefix("2001:db8:100:200::", 56, 0, 0,
                     {kBaseTime, hex("0072 0001 07"), kStart, kStateExpiration, kPartnerLifetime, kExpiration})});
  CHECK(to_hex(written_update(update)) == to_hex(message));
  CHECK(update_in(message).update == update);
}

TEST_CASE("RFC 8156 7.4: leases of one IA are in one option, and IAIDs of IA_NA and IA_PD are apart") {
  BindingUpdate update = whole_update();
  update.client_data.clear();
  LeaseUpdate lease{.iaid = 7, .status = BindingStatus::kReleased, .start_of_state = {0x2faf0700}};
  const auto add = [&](LeaseType type, uint8_t length, std::string_view address, uint32_t iaid, uint32_t t1) {
    lease.key = {type, length, ip(address)};
    lease.iaid = iaid;
    lease.t1 = {t1};
    update.leases.push_back(lease);
  };
  update.leases.clear();
  add(LeaseType::kAddress, 128, "2001:db8:1::1", 7, 10);
  add(LeaseType::kPrefix, 56, "2001:db8:100::", 7, 20);
  add(LeaseType::kAddress, 128, "2001:db8:1::3", 8, 30);
  add(LeaseType::kAddress, 128, "2001:db8:1::5", 7, 10);
  const Octets released = hex("0072 0001 03") + kStart;
  const Octets message = update_of(
      {kClientId, kBaseTime,
       ia_na(7, {ia_address("2001:db8:1::1", 0, 0, {released}), ia_address("2001:db8:1::5", 0, 0, {released})}, 10),
       ia_pd(7, {ia_prefix("2001:db8:100::", 56, 0, 0, {released})}, 20),
       ia_na(8, {ia_address("2001:db8:1::3", 0, 0, {released})}, 30)});
  CHECK(to_hex(written_update(update)) == to_hex(message));
  std::swap(update.leases[1], update.leases[3]);
  std::swap(update.leases[2], update.leases[3]);
  const ReadUpdate read = update_in(message);
  CHECK(read.fault == StatusCode::kSuccess);
  CHECK(read.update == update);
}

TEST_CASE("RFC 8156 7.4: what is marked (*) appears only with a status that has a timeout") {
  BindingUpdate update = whole_update();
  update.client_data.clear();
  LeaseUpdate& lease = update.leases[0];
  lease.valid = kInfinity;
  lease.state_expiration.reset();  // but it has a partner-lifetime and an expiration-time
  lease.client_contact.reset();
  lease.partner_raw_contact.reset();
  const Octets message =
      update_of({kClientId, kBaseTime,
                 ia_na(7, {ia_address("2001:db8:1::103", 3000, 0xffffffff, {kActive, kStart})}, 1000, 2000)});
  CHECK(to_hex(written_update(update)) == to_hex(message));
  lease.partner_lifetime.reset();
  lease.expiration.reset();
  const ReadUpdate read = update_in(message);
  CHECK(read.fault == StatusCode::kSuccess);
  CHECK(read.update == update);
}

TEST_CASE("RFC 8156 7.4: an ACTIVE lease that ends says when, and which lifetime the partner is to believe") {
  CHECK(fault_of_lease({kActive, kStart, kStateExpiration, kPartnerLifetime}) == StatusCode::kSuccess);
  CHECK(fault_of_lease({kActive, kStart, kPartnerLifetime}) == kMissing);
  CHECK(fault_of_lease({kActive, kStart, kStateExpiration}) == kMissing);
  CHECK(fault_of_lease({kActive, kStart}) == kMissing);
  for (const char* status : {"0072 0001 02", "0072 0001 03", "0072 0001 05", "0072 0001 08"}) {
    CHECK(fault_of_lease({hex(status), kStart}) == StatusCode::kSuccess);
  }
}

TEST_CASE("RFC 8156 7.5.3: what lacks anything that must be there misses binding information") {
  REQUIRE(fault_of({kClientId, kBaseTime, kLease}) == StatusCode::kSuccess);
  CHECK(fault_of({kBaseTime, kLease}) == kMissing);
  CHECK(fault_of({kClientId, kLease}) == kMissing);
  CHECK(fault_of({kClientId, kBaseTime}) == kMissing);
  CHECK(fault_of({kClientId, kBaseTime, kLease, ia_pd(7)}) == kMissing);
  CHECK(fault_of({kClientId, kBaseTime, ia_pd(7, {ia_address("2001:db8::1")})}) == kMissing);
  CHECK(fault_of_lease({kStart, kStateExpiration, kPartnerLifetime}) == kMissing);
  CHECK(fault_of_lease({kActive, kStateExpiration, kPartnerLifetime}) == kMissing);
  CHECK(update_in(failover_message(24, {})).fault == kMissing);
  CHECK(update_in(failover_message(24, {hex("002d 0000")})).fault == kMissing);
  const auto fault_of_prefix = [](std::initializer_list<Octets> options) {
    return update_in(failover_message(24, {ia_prefix("2001:db8:100::", 56, 0, 0, options)})).fault;
  };
  const Octets free = hex("0072 0001 05");
  REQUIRE(fault_of_prefix({kBaseTime, free, kStart}) == StatusCode::kSuccess);
  CHECK(fault_of_prefix({free, kStart}) == kMissing);
  CHECK(fault_of_prefix({kBaseTime, kStart}) == kMissing);
  CHECK(fault_of_prefix({kBaseTime, free}) == kMissing);
}

TEST_CASE("RFC 8156 7.2: of an ACTIVE prefix the client must be told") {
  const Octets message = failover_message(
      24, {ia_prefix("2001:db8:100::", 56, 0, 0, {kBaseTime, kActive, kStart, kStateExpiration, kPartnerLifetime})});
  CHECK(update_in(message).fault == kMissing);
}

TEST_CASE("RFC 8156 7.5.3: a BNDUPD has a single OPTION_CLIENT_DATA or a single OPTION_IAPREFIX") {
  const Octets client = client_data({kClientId, kBaseTime, kLease});
  const Octets prefix = ia_prefix("2001:db8:100::", 56, 0, 0, {kBaseTime, hex("0072 0001 05"), kStart});
  REQUIRE(update_in(failover_message(24, {client})).fault == StatusCode::kSuccess);
  REQUIRE(update_in(failover_message(24, {prefix})).fault == StatusCode::kSuccess);
  CHECK(update_in(failover_message(24, {client, client})).fault == kMissing);
  CHECK(update_in(failover_message(24, {prefix, prefix})).fault == kMissing);
  CHECK(update_in(failover_message(24, {client, prefix})).fault == kMissing);
  const ReadUpdate read = update_in(failover_message(24, {prefix, client}));
  CHECK(read.fault == kMissing);
  CHECK(read.update.leases.size() == 1);  // the first
  CHECK_FALSE(read.update.client);
}

TEST_CASE("RFC 8156 7.4: nothing that was cut is in order: the message, its option, or one inside of it") {
  const size_t header = 8;
  for (size_t size = 0; size < kWholeUpdate.size(); ++size) {
    const auto view = wire::FailoverMessageView::parse(Bytes(kWholeUpdate).first(size));
    CHECK(view.has_value() == (size == header));
    if (view) CHECK(read_binding_update(*view).fault == kMissing);
  }
  const Octets content(Bytes(kWholeUpdate).subspan(header + 4));
  // Where an option of the client's ends, the rest may be left out, were the IA not last.
  for (size_t size = 0; size < content.size(); ++size) {
    const Octets cut(Bytes(content).first(size));
    CHECK(update_in(failover_message(24, {option(45, cut)})).fault == kMissing);
  }
}

TEST_CASE("RFC 8156 5.5: what follows the last IA of a client must be options as well") {
  for (const char* rest : {"00", "fffe 0001", "fffe 0002 00"}) {
    CHECK(fault_of({kClientId, kBaseTime, kLease, hex(rest)}) == kMissing);
    CHECK_FALSE(reply_in(reply_of({kClientId, kAckedLease, hex(rest)})));
  }
}

TEST_CASE("RFC 8156 5.5: an option of a lease whose length is another misses binding information") {
  for (const Octets& whole : {kActive, kStart, kStateExpiration, kAge, kPartnerLifetime, kRawContact, kExpiration}) {
    const uint16_t code = wire::load_be16(whole.data());
    const Octets data(Bytes(whole).subspan(4));
    const auto fault_with = [&](const Octets& other) {
      // The odd one comes first, and would count.
      return fault_of_lease({option(code, other), kActive, kStart, kStateExpiration, kPartnerLifetime});
    };
    CHECK(fault_with(data) == StatusCode::kSuccess);
    CHECK(fault_with(Octets(Bytes(data).first(data.size() - 1))) == kMissing);
    CHECK(fault_with(data + u8(0)) == kMissing);
  }
}

TEST_CASE("RFC 8156 7.4: an option of the client whose insides do not fit misses binding information") {
  const auto fault_with = [](const Octets& of_client, const Octets& of_lease) {
    return fault_of(
        {of_client, kClientId, kBaseTime, lease_of({kActive, kStart, kStateExpiration, kPartnerLifetime, of_lease})});
  };
  CHECK(fault_with(kReconfigure, kFqdn) == StatusCode::kSuccess);
  CHECK(fault_with(hex("0081 0004 2faf0000"), kRemoval) == StatusCode::kSuccess);
  CHECK(fault_with(hex("0081 0003 af0000"), {}) == kMissing);
  CHECK(fault_with(hex("0001 0002 0003"), {}) == kMissing);
  CHECK(fault_with(hex("0064 0003 af0800"), {}) == kMissing);
  CHECK(fault_with(hex("002f 0000"), {}) == kMissing);
  CHECK(fault_with(option(47, address("::1")), {}) == kMissing);
  CHECK(fault_with({}, hex("0027 0000")) == kMissing);
  CHECK(fault_with({}, hex("0027 0003 01 05 61")) == kMissing);
  CHECK(fault_with({}, hex("0074 0003 007500")) == kMissing);
  CHECK(fault_with(hex("0003 0004 00000007"), {}) == kMissing);
}

TEST_CASE("RFC 8156 5.5.1: binding statuses are 1 to 8") {
  for (unsigned status = 0; status <= 255; ++status) {
    const Octets message = update_of(
        {kClientId, kBaseTime,
         lease_of({option(114, u8(static_cast<uint8_t>(status))), kStart, kStateExpiration, kPartnerLifetime})});
    const ReadUpdate read = update_in(message);
    CHECK((read.fault == StatusCode::kSuccess) == (status >= 1 && status <= 8));
    if (read.fault == StatusCode::kSuccess) CHECK(static_cast<unsigned>(read.update.leases[0].status) == status);
  }
}

TEST_CASE("RFC 8415 21.22: a prefix with bits beyond its length names none") {
  const auto fault_with = [](const Octets& prefix) { return fault_of({kClientId, kBaseTime, ia_pd(7, {prefix})}); };
  const Octets released = hex("0072 0001 03") + kStart;
  CHECK(fault_with(ia_prefix("2001:db8:0:100::", 56, 0, 0, {released})) == StatusCode::kSuccess);
  CHECK(fault_with(ia_prefix("2001:db8:0:180::", 56, 0, 0, {released})) == kMissing);
  CHECK(fault_with(ia_prefix("2001:db8::1", 128, 0, 0, {released})) == StatusCode::kSuccess);
  CHECK(fault_with(ia_prefix("::", 0, 0, 0, {released})) == StatusCode::kSuccess);
  CHECK(fault_with(ia_prefix("::1", 0, 0, 0, {released})) == kMissing);
  CHECK(fault_with(ia_prefix("::", 129, 0, 0, {released})) == kMissing);
}

TEST_CASE("RFC 5007 4.1.2.3: OPTION_CLT_TIME is an age at the base time, wherever that stands") {
  const Octets message =
      update_of({lease_of({kActive, kStart, kStateExpiration, hex("002e 0004 00000000"), kPartnerLifetime}), kBaseTime,
                 kClientId});
  CHECK(update_in(message).update.leases[0].client_contact == AbsoluteTime{0x2faf0800});
  CHECK(fault_of_lease({kActive, kStart, kStateExpiration, kPartnerLifetime, hex("002e 0004 7fffffff")}) ==
        StatusCode::kSuccess);
  CHECK(fault_of_lease({kActive, kStart, kStateExpiration, kPartnerLifetime, hex("002e 0004 80000000")}) == kMissing);
}

TEST_CASE("RFC 5007 4.1.2.3: a contact that is not before the base time has no age") {
  BindingUpdate update = whole_update();
  update.leases[0].client_contact = AbsoluteTime{0x2faf0802};
  const Octets message = written_update(update);
  CHECK(update_in(message).update.leases[0].client_contact == update.base_time);
}

TEST_CASE("RFC 8156 7.5.3: what was refused still names what could be read, and its reply has the same form") {
  const Octets good = ia_address("2001:db8:1::103", 0, 0, {kActive, kStart, kStateExpiration, kPartnerLifetime});
  const Octets bad = ia_address("2001:db8:1::105");
  ReadUpdate read = update_in(update_of({kClientId, kBaseTime, ia_na(7, {good, bad})}));
  CHECK(read.fault == kMissing);
  REQUIRE(read.update.leases.size() == 2);
  CHECK(read.update.leases[1].key.address == ip("2001:db8:1::105"));
  read.update.verdict = read.fault;
  const Octets reply = written_reply(read.update);
  CHECK(reply_in(reply)->verdict == kMissing);
  CHECK(reply_in(reply)->leases.size() == 2);

  read = update_in(update_of({kBaseTime, ia_pd(7, {ia_prefix("2001:db8:100::", 56, 0, 0, {kActive, kStart})})}));
  CHECK(read.fault == kMissing);
  CHECK(read.update.client == Duid());
  read.update.verdict = read.fault;
  CHECK(to_hex(written_reply(read.update)) ==
        to_hex(reply_of(
            {status(18, "MissingBindingInformation"), ia_pd(7, {ia_prefix("2001:db8:100::", 56, 0, 0, {kActive})})})));
}

TEST_CASE("RFC 8156 7.5.4: what is in a VPN is in conflict with our configuration; the reply has its OPTION_VSS") {
  const Octets vss = hex("0044 0008 01 00000000000009");
  CHECK(fault_of({kClientId, kBaseTime, kLease, hex("0044 0001 ff")}) == kConflict);
  CHECK(fault_of({vss}) == kConflict);  // whatever else is wrong
  ReadUpdate read = update_in(update_of({kClientId, vss, kBaseTime, kLease}));
  CHECK(read.fault == kConflict);
  read.update.verdict = read.fault;
  const Octets reply = reply_of(
      {kClientId, vss, status(17, "ConfigurationConflict"), lease_of({kActive, kStateExpiration, kLifetimeSent})});
  CHECK(to_hex(written_reply(read.update)) == to_hex(reply));
  CHECK(to_hex(reply_in(reply)->vss) == to_hex(read.update.vss));

  read = update_in(
      failover_message(24, {ia_prefix("2001:db8:100::", 56, 0, 0, {vss, kBaseTime, hex("0072 0001 05"), kStart})}));
  CHECK(read.fault == kConflict);
  read.update.verdict = read.fault;
  CHECK(to_hex(written_reply(read.update)) ==
        to_hex(failover_message(25, {ia_prefix("2001:db8:100::", 56, 0, 0,
                                               {vss, status(17, "ConfigurationConflict"), hex("0072 0001 05")})})));
}

TEST_CASE("we serve no IA_TA: it is passed over, and alone it is nothing") {
  const Octets temporary = ia_ta(7, {ia_address("2001:db8:1::9", 0, 0, {kActive, kStart})});
  const ReadUpdate read = update_in(update_of({kClientId, kBaseTime, temporary, kLease}));
  CHECK(read.fault == StatusCode::kSuccess);
  CHECK(read.update.leases.size() == 1);
  CHECK(fault_of({kClientId, kBaseTime, temporary}) == kMissing);
}

TEST_CASE("RFC 8156: options that are not known are passed over at every level, and of two the first counts") {
  const Octets odd = hex("fffe 0003 aabbcc  0000 0000");
  const Octets message = failover_message(
      24, {odd,
           client_data({odd, kClientId, kBaseTime, odd,
                        ia_na(7,
                              {odd, ia_address("2001:db8:1::103", 3000, 4000,
                                               {odd, kActive, kStart, kStateExpiration, kPartnerLifetime, odd,
                                                hex("0085 0004 00000001"), hex("0072 0001 07")})},
                              1000, 2000),
                        hex("0064 0004 00000001"), odd}),
           odd});
  const ReadUpdate read = update_in(message);
  CHECK(read.fault == StatusCode::kSuccess);
  CHECK(read.update == update_in(update_of({kClientId, kBaseTime, kLease})).update);
}

TEST_CASE("RFC 8156 5.3: another message is no BNDUPD") {
  CHECK(update_in(failover_message(25, {client_data({kClientId, kBaseTime, kLease})})).fault == kMissing);
}

// --- client data ---

/// The client data of an update with these options in its only lease.
Octets client_data_of(std::initializer_list<Octets> lease_options) {
  const ReadUpdate read = update_in(update_of(
      {kClientId, kBaseTime, lease_of({kActive, kStart, kStateExpiration, kPartnerLifetime, join(lease_options)})}));
  CHECK(read.fault == StatusCode::kSuccess);
  return Octets(read.update.client_data);
}
Octets fqdn(const char* flags, const char* name) { return option(39, hex(flags) + hex(name)); }

TEST_CASE("RFC 4704 4.1: S is forward DNS, and without N the server does the reverse") {
  const auto kept = [](const char* flags) {
    const Octets data = client_data_of({fqdn(flags, "01 61 00")});
    const auto hostname = lease::ClientDataView::parse(data)->hostname();
    CHECK(hostname->name == "a.");
    return std::pair(hostname->forward, hostname->reverse);
  };
  CHECK(kept("00") == std::pair(false, true));
  CHECK(kept("01") == std::pair(true, true));
  CHECK(kept("02") == std::pair(false, true));
  CHECK(kept("04") == std::pair(false, false));
  CHECK(kept("05") == std::pair(false, false));  // N and S exclude each other
  CHECK(kept("fb") == std::pair(true, true));    // the rest must be ignored

  const auto flags = [](bool forward, bool reverse) {
    lease::ClientDataBuilder data;
    data.hostname({.forward = forward, .reverse = reverse, .name = "a."});
    BindingUpdate update = whole_update();
    update.client_data.assign(data.bytes().begin(), data.bytes().end());
    const Octets message = written_update(update);
    return std::to_integer<unsigned>(message[message.size() - 4]);
  };
  CHECK(flags(false, false) == 4);
  CHECK(flags(false, true) == 0);
  CHECK(flags(true, true) == 1);
  CHECK(flags(true, false) == 1);
}

TEST_CASE("RFC 4704 4.2: a name comes back as it was: partial ones, and octets that no text has") {
  for (const char* name : {"01 61", "04 686f7374 03 6f7267 00", "03 612e62 00", "03 ff0020 01 5c 00"}) {
    const Octets message = update_of(
        {kClientId, kBaseTime, lease_of({kActive, kStart, kStateExpiration, kPartnerLifetime, fqdn("01", name)})});
    CHECK(to_hex(written_update(update_in(message).update)) == to_hex(message));
  }
  CHECK(client_data_of({hex("0027 0001 01")}).empty());
  CHECK(client_data_of({hex("0027 0002 01 00")}).empty());
}

TEST_CASE("RFC 8156 7.4: the name and its removal are told with every lease, and the first that is told counts") {
  BindingUpdate update = whole_update();
  update.leases.push_back(update.leases[0]);
  update.leases[1].key.address = ip("2001:db8:1::105");
  const Octets message = written_update(update);
  size_t names = 0;
  const std::string text = to_hex(message), name = to_hex(kFqdn + kRemoval);
  for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) ++names;
  CHECK(names == 2);
  CHECK(update_in(message).update == update);
  CHECK(to_hex(client_data_of({fqdn("01", "01 61 00"), fqdn("01", "01 62 00")})) ==
        to_hex(client_data_of({fqdn("01", "01 61 00")})));
}

TEST_CASE("RFC 5007 4.1.2.4: relays come in each other, without the client's message") {
  const auto relays_of = [](const Octets& relayed) -> std::optional<size_t> {
    const ReadUpdate read =
        update_in(update_of({kClientId, kBaseTime, kLease, option(47, address("2001:db8:b::1") + relayed)}));
    if (read.fault != StatusCode::kSuccess) return std::nullopt;
    const auto kept = lease::ClientDataView::parse(read.update.client_data);
    CHECK(kept->relay_source() == ip("2001:db8:b::1"));
    // What is told on is what was told.
    CHECK(update_in(written_update(read.update)).update == read.update);
    return kept->relays().size();
  };
  Octets nested = relay_forward(0, "2001:db8::1", "fe80::1", {interface_id(text("p"))});
  for (uint8_t hops = 1; hops < 9; ++hops) {
    nested = relay_forward(hops, "2001:db8::1", "fe80::1", {option(37, hex("00000009aa")), relay_message(nested)});
  }
  CHECK(relays_of(nested) == 9);
  CHECK_FALSE(relays_of(relay_forward(9, "2001:db8::1", "fe80::1", {relay_message(nested)})));
  const Octets solicit = message(1, 0xabcdef, {client_id(kDuid)});
  CHECK(relays_of(relay_forward(0, "2001:db8::1", "fe80::1", {relay_message(solicit)})) == 1);
  CHECK(relays_of(relay_forward(0, "2001:db8::1", "fe80::1", {relay_message({})})) == 1);
  CHECK_FALSE(relays_of(relay_forward(0, "2001:db8::1", "fe80::1", {hex("0012 0002 61")})));
  CHECK_FALSE(relays_of(relay_forward(0, "2001:db8::1", "fe80::1", {relay_message(hex("0c 00"))})));
  CHECK_FALSE(relays_of(relay_reply(0, "2001:db8::1", "fe80::1", {})));
  CHECK_FALSE(relays_of(solicit));
}

TEST_CASE("what a client's data has no room for is left out, and the update goes on") {
  const Octets huge = option(129, u32(1) + Octets(2000, std::byte{1}));
  const ReadUpdate read = update_in(update_of({kClientId, kBaseTime, huge, kRelayData, kLease}));
  CHECK(read.fault == StatusCode::kSuccess);
  const auto kept = lease::ClientDataView::parse(read.update.client_data);
  CHECK(kept->relays().size() == 1);
  CHECK_FALSE(kept->find(lease::ClientTag::kReconfigureData));
}

TEST_CASE("client data that is damaged, or of a later version, is not told") {
  BindingUpdate update = whole_update();
  update.client_data = hex("02 02 0002 01 61");
  CHECK(update_in(written_update(update)).update.client_data.empty());
}

// --- BNDREPLY ---

BindingUpdate acked() {
  return {.client = Duid::from_bytes(kDuid),
          .leases = {{.key = {LeaseType::kAddress, 128, ip("2001:db8:1::103")},
                      .iaid = 7,
                      .t1 = {1000},
                      .t2 = {2000},
                      .preferred = {3000},
                      .valid = {4000},
                      .status = BindingStatus::kActive,
                      .state_expiration = AbsoluteTime{0x2faf1700},
                      .partner_lifetime = AbsoluteTime{0x2faf2700}}}};
}

TEST_CASE("RFC 8156 7.6: BNDREPLY that accepts, octet by octet, written and read") {
  const Octets bytes =
      hex("19 123456 2faf0801  002d 004f") + kClientId +
      hex("0003 003d 00000007 000003e8 000007d0  0005 002d 20010db8000100000000000000000103 00000bb8 00000fa0"
          "  0072 0001 01  0086 0004 2faf1700  007c 0004 2faf2700");
  CHECK(to_hex(written_reply(whole_update())) == to_hex(bytes));
  CHECK(reply_in(bytes) == acked());
}

TEST_CASE("RFC 8156 7.6: BNDREPLY about a prefix of no client, accepted and rejected, octet by octet") {
  BindingUpdate update = free_prefix();
  const Octets accepted =
      hex("19 123456 2faf0801  001a 001e 00000000 00000000 38 20010db8010002000000000000000000  0072 0001 06");
  CHECK(to_hex(written_reply(update)) == to_hex(accepted));
  BindingUpdate expected = free_prefix();
  expected.base_time = {};
  expected.leases[0].start_of_state = {};
  CHECK(reply_in(accepted) == expected);

  const Octets rejected = failover_message(
      25, {ia_prefix("2001:db8:100:200::", 56, 0, 0, {status(19, "OutdatedBindingInformation"), hex("0072 0001 06")})});
  update.leases[0].verdict = StatusCode::kOutdatedBindingInformation;
  CHECK(to_hex(written_reply(update)) == to_hex(rejected));
  update.leases[0].verdict = StatusCode::kSuccess;
  update.verdict = StatusCode::kOutdatedBindingInformation;
  CHECK(to_hex(written_reply(update)) == to_hex(rejected));
  expected.verdict = expected.leases[0].verdict = StatusCode::kOutdatedBindingInformation;
  CHECK(reply_in(rejected) == expected);
}

TEST_CASE("RFC 8156 7.6: a single address is rejected in its own option") {
  BindingUpdate update = whole_update();
  update.leases.push_back(update.leases[0]);
  update.leases[1].key.address = ip("2001:db8:1::105");
  update.leases[1].verdict = StatusCode::kAddressInUse;
  const Octets repeated = kActive + kStateExpiration + kLifetimeSent;
  const Octets bytes =
      reply_of({kClientId, ia_na(7,
                                 {ia_address("2001:db8:1::103", 3000, 4000, {repeated}),
                                  ia_address("2001:db8:1::105", 3000, 4000, {status(16, "AddressInUse"), repeated})},
                                 1000, 2000)});
  CHECK(to_hex(written_reply(update)) == to_hex(bytes));
  const auto read = reply_in(bytes);
  REQUIRE(read);
  CHECK(read->verdict == StatusCode::kSuccess);
  CHECK(read->leases[0].verdict == StatusCode::kSuccess);
  CHECK(read->leases[1].verdict == StatusCode::kAddressInUse);
}

TEST_CASE("RFC 8156 7.7: a rejection of an IA is one of each of its leases, and of no other's") {
  const auto in_ia = [](uint32_t iaid, const Octets& verdict) {
    return ia_na(iaid, {ia_address("2001:db8:1::1", 0, 0, {kActive}),
                        ia_address("2001:db8:1::3", 0, 0, {kActive, status(16, "")}), verdict});
  };
  const auto read = reply_in(reply_of({kClientId, in_ia(7, status(17, "no such link")), in_ia(8, {})}));
  REQUIRE(read);
  REQUIRE(read->leases.size() == 4);
  CHECK(read->verdict == StatusCode::kSuccess);
  CHECK(read->leases[0].verdict == StatusCode::kConfigurationConflict);
  CHECK(read->leases[1].verdict == StatusCode::kAddressInUse);
  CHECK(read->leases[2].verdict == StatusCode::kSuccess);
  CHECK(read->leases[3].verdict == StatusCode::kAddressInUse);
}

TEST_CASE("RFC 8156 7.7: a status of success has no bearing at any level") {
  const Octets success = status(0, "well");
  const Octets lease = ia_na(
      7, {success, ia_address("2001:db8:1::103", 3000, 4000, {success, kActive, kStateExpiration, kLifetimeSent})},
      1000, 2000);
  CHECK(reply_in(reply_of({success, kClientId, lease})) == acked());
}

TEST_CASE("RFC 8156 7.6: all of it is rejected in the outermost option; then nothing else need be there") {
  auto read = reply_in(reply_of({kClientId, status(19, ""), kAckedLease}));
  REQUIRE(read);
  CHECK(read->verdict == StatusCode::kOutdatedBindingInformation);
  CHECK(read->leases[0].verdict == StatusCode::kSuccess);
  read = reply_in(reply_of({status(18, "")}));
  REQUIRE(read);
  CHECK(read->verdict == kMissing);
  CHECK(read->client == Duid());
  // Outside of any option is no place for it, but it is no ack.
  CHECK(reply_in(failover_message(25, {client_data({kClientId, kAckedLease}), status(19, "")}))->verdict ==
        StatusCode::kOutdatedBindingInformation);
}

TEST_CASE("RFC 8156 7.6: what accepts must name what it accepts, with its status") {
  REQUIRE(reply_in(reply_of({kClientId, kAckedLease})) == acked());
  CHECK_FALSE(reply_in(reply_of({kAckedLease})));
  CHECK_FALSE(reply_in(reply_of({kClientId})));
  CHECK_FALSE(reply_in(reply_of({kClientId, lease_of({kStateExpiration, kLifetimeSent})})));
  CHECK(reply_in(reply_of({kClientId, lease_of({status(16, "")})})));
  CHECK_FALSE(reply_in(failover_message(25, {ia_prefix("2001:db8:100::", 56)})));
  CHECK_FALSE(reply_in(failover_message(25, {})));
  CHECK_FALSE(reply_in(failover_message(25, {client_data({kClientId, kAckedLease}), ia_prefix("2001:db8::", 56)})));
  CHECK_FALSE(reply_in(failover_message(24, {client_data({kClientId, kAckedLease})})));
}

TEST_CASE(
    "RFC 8156 7.6: a BNDREPLY that was cut anywhere is malformed, or acknowledges nothing that it does not name") {
  const Octets whole = reply_of({kClientId, kAckedLease});
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto view = wire::FailoverMessageView::parse(Bytes(whole).first(size));
    CHECK_FALSE((view && read_binding_reply(*view)));
  }
  const Octets content = kClientId + kAckedLease;
  for (size_t size = 0; size < content.size(); ++size) {
    CHECK_FALSE(reply_in(failover_message(25, {option(45, Octets(Bytes(content).first(size)))})));
  }
  for (const Octets& bad :
       {hex("000d 0001 00"), hex("0072 0002 0001"), hex("0086 0003 000001"), hex("007c 0005 0000000100")}) {
    CHECK_FALSE(reply_in(reply_of({kClientId, lease_of({bad, kActive})})));
  }
  CHECK_FALSE(reply_in(reply_of({kClientId, hex("000d 0001 00"), kAckedLease})));
  CHECK_FALSE(reply_in(reply_of({kClientId, ia_na(7, {hex("000d 0001 00"), ia_address("::1", 0, 0, {kActive})})})));
}

TEST_CASE("RFC 8156: a BNDREPLY's options that are not known are passed over") {
  const Octets odd = hex("fffe 0003 aabbcc");
  const Octets lease = ia_na(
      7, {odd, ia_address("2001:db8:1::103", 3000, 4000, {odd, kActive, kStateExpiration, kLifetimeSent, kExpiration})},
      1000, 2000);
  CHECK(reply_in(failover_message(25, {odd, client_data({odd, kClientId, kBaseTime, lease, odd})})) == acked());
}

}  // namespace
}  // namespace tandem6::failover::binding_update_test
