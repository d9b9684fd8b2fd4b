// RFC 8156 §7.5.4: Figure 4, cell by cell, and the times that it compares.
#include "failover/conflict.h"

#include <doctest/doctest.h>

#include <array>

#include "dataplane/lease/shard.h"

namespace tandem6::failover::conflict_test {
namespace {

using lease::BindingStatus;
using lease::FailoverRole;
using wire::StatusCode;

constexpr AbsoluteTime kT{800'000'000};
AbsoluteTime at(int64_t seconds) { return {static_cast<uint32_t>(kT.since_2000 + seconds)}; }

Duid duid(uint8_t number) {
  MacAddress mac{};
  mac[5] = std::byte{number};
  return Duid::make_ll(mac);
}
const Duid kClient = duid(1);
const Duid kOther = duid(2);

/// A binding whose client spoke to this server at kT, whose state began at `start`, and which ends at kT + 1000.
lease::LeaseRecord binding(BindingStatus status, AbsoluteTime start = kT) {
  return {.key = {},
          .status = status,
          .iaid = 1,
          .subnet_id = 1,
          .preferred = {500},
          .valid = {1000},
          .last_contact = kT,
          .duid = kClient,
          .partner = lease::PartnerTimes{.client_contact = kT, .start_of_state = start}};
}

/// An update whose OPTION_CLT_TIME is kT + `contact`, and whose state began long before.
LeaseUpdate update(BindingStatus status, int64_t contact) {
  LeaseUpdate made;
  made.status = status;
  made.client_contact = at(contact);
  made.start_of_state = at(-100'000);
  return made;
}

enum class Cell : uint8_t { kAccept, kTime1, kTime2, kAccept3, kLeft, kBothOver };
struct Row {
  BindingStatus ours;
  std::array<Cell, 8> cells;  // for ACTIVE, EXPIRED, RELEASED, FREE, FREE-BACKUP, RESET, ABANDONED, PENDING-FREE
};
constexpr std::array kReceived = {BindingStatus::kActive,    BindingStatus::kExpired,    BindingStatus::kReleased,
                                  BindingStatus::kFree,      BindingStatus::kFreeBackup, BindingStatus::kReset,
                                  BindingStatus::kAbandoned, BindingStatus::kPendingFree};
constexpr Cell A = Cell::kAccept, T1 = Cell::kTime1, T2 = Cell::kTime2, A3 = Cell::kAccept3;
// Where we read "accept" more narrowly, or more widely: see docs/failover.md.
constexpr Cell L = Cell::kLeft, B = Cell::kBothOver;
constexpr std::array kFigure4 = {
    Row{BindingStatus::kActive, {A3, T1, L, T1, T1, L, L, T1}}, Row{BindingStatus::kExpired, {A, B, B, B, B, B, A, A}},
    Row{BindingStatus::kReleased, {A, B, B, B, B, B, A, A}},    Row{BindingStatus::kFree, {A, A, A, A, A, A, A, A}},
    Row{BindingStatus::kFreeBackup, {A, A, A, A, A, A, A, A}},  Row{BindingStatus::kReset, {T2, B, B, B, B, B, A, A}},
    Row{BindingStatus::kAbandoned, {A, A, A, A, A, A, A, A}},
};

/// What the figure and the text above it want.
StatusCode wanted(Cell cell, int64_t contact, bool over, bool same_client, FailoverRole role) {
  const auto outdated_unless = [](bool accepted) {
    return accepted ? StatusCode::kSuccess : StatusCode::kOutdatedBindingInformation;
  };
  switch (cell) {
    case Cell::kAccept:
      return outdated_unless(contact >= -5);
    case Cell::kLeft:
      return outdated_unless(contact > 5);  // the client spoke to us at kT
    case Cell::kBothOver:
      return StatusCode::kSuccess;
    case Cell::kTime1:
      return outdated_unless(over);
    case Cell::kTime2:
      return outdated_unless(contact >= -5);  // the client declined it at kT
    case Cell::kAccept3:
      if (same_client || contact > 5) return StatusCode::kSuccess;
      return role == FailoverRole::kPrimary ? StatusCode::kAddressInUse : outdated_unless(contact >= -5);
  }
  return StatusCode::kUnspecFail;
}

TEST_CASE("RFC 8156 7.5.4 Figure 4: each cell, with the partner's time before, the same and after, for both roles") {
  for (const Row& row : kFigure4) {
    for (size_t column = 0; column < kReceived.size(); ++column) {
      for (const int64_t contact : {-100, -6, -5, -1, 0, 1, 5, 6, 100}) {
        for (const bool over : {false, true}) {
          for (const bool same_client : {false, true}) {
            for (const FailoverRole role : {FailoverRole::kPrimary, FailoverRole::kSecondary}) {
              const auto ours = binding(row.ours);
              const auto theirs = update(kReceived[column], contact);
              const AbsoluteTime now = at(over ? 1001 : 999);
              const StatusCode verdict = judge(&ours, theirs, same_client ? kClient : kOther, role, now);
              INFO("ours ", to_string(row.ours), ", received ", to_string(kReceived[column]), ", contact ", contact,
                   ", over ", over, ", same client ", same_client, ", secondary ", role == FailoverRole::kSecondary);
              CHECK(verdict == wanted(row.cells[column], contact, over, same_client, role));
            }
          }
        }
      }
    }
  }
}

TEST_CASE("RFC 8156 7.5.4: what is not here is FREE, and accepts everything") {
  for (const BindingStatus status : kReceived) {
    for (const FailoverRole role : {FailoverRole::kPrimary, FailoverRole::kSecondary}) {
      CHECK(judge(nullptr, update(status, -100), kClient, role, kT) == StatusCode::kSuccess);
    }
  }
}

TEST_CASE("RFC 8156 7.5.4 time(1): a lease that never ends is not over, whatever the clock says") {
  auto ours = binding(BindingStatus::kActive);
  ours.valid = kInfinity;
  for (const int64_t now : {0, 2000, 100'000'000}) {
    CHECK(judge(&ours, update(BindingStatus::kExpired, 100), kClient, FailoverRole::kPrimary, at(now)) ==
          StatusCode::kOutdatedBindingInformation);
  }
}

TEST_CASE("RFC 8156 7.5.4 time(2) and accept(3): without an OPTION_CLT_TIME nothing says that it is later") {
  auto theirs = update(BindingStatus::kActive, 0);
  theirs.client_contact.reset();
  theirs.start_of_state = at(100);
  const auto reset = binding(BindingStatus::kReset);
  CHECK(judge(&reset, theirs, kClient, FailoverRole::kPrimary, kT) == StatusCode::kOutdatedBindingInformation);
  const auto active = binding(BindingStatus::kActive);
  CHECK(judge(&active, theirs, kOther, FailoverRole::kPrimary, kT) == StatusCode::kAddressInUse);
  CHECK(judge(&active, theirs, kOther, FailoverRole::kSecondary, kT) == StatusCode::kSuccess);
}

TEST_CASE("RFC 8156 7.5.4 time(2): later than the start of our state; the client's own word counts when we know it") {
  auto reset = binding(BindingStatus::kReset, at(50));
  const auto judged = [&](int64_t contact) {
    return judge(&reset, update(BindingStatus::kActive, contact), kClient, FailoverRole::kPrimary, kT);
  };
  // It declined the lease here at kT, and has it from the partner since (simulator seed 1795715287593).
  CHECK(judged(40) == StatusCode::kSuccess);
  CHECK(judged(-6) == StatusCode::kOutdatedBindingInformation);
  // It declined it there.
  reset.partner->client_contact = {};
  reset.partner->partner_raw_contact = at(20);
  CHECK(judged(40) == StatusCode::kSuccess);
  CHECK(judged(14) == StatusCode::kOutdatedBindingInformation);
  reset.partner->partner_raw_contact = {};
  CHECK(judged(40) == StatusCode::kOutdatedBindingInformation);
  CHECK(judged(56) == StatusCode::kSuccess);
}

// Simulator seed 1795716861249: a client that both served alone had a long lease of one, then a short one of the other.
TEST_CASE("RFC 8156 7.5.4: our lease has run out, the partner's lasts: exactly one gives way, whoever spoke last") {
  const auto expired = binding(BindingStatus::kExpired, at(100));
  auto active = binding(BindingStatus::kActive);
  for (const int64_t contact : {-300, 300}) {
    for (const int64_t now : {700, 999, 1001}) {
      CAPTURE(contact);
      CAPTURE(now);
      active.partner->client_contact = at(contact);
      auto told = update(BindingStatus::kActive, contact);
      told.state_expiration = at(1000);
      const bool expired_gives_way =
          judge(&expired, told, kOther, FailoverRole::kPrimary, at(now)) == StatusCode::kSuccess;
      const bool active_gives_way = judge(&active, update(BindingStatus::kExpired, 0), kOther, FailoverRole::kSecondary,
                                          at(now)) == StatusCode::kSuccess;
      CHECK(expired_gives_way == (now < 1000 || contact > 0));
      CHECK(active_gives_way == (now > 1000));
    }
  }
  auto endless = update(BindingStatus::kActive, -300);
  endless.valid = kInfinity;
  CHECK(judge(&expired, endless, kClient, FailoverRole::kPrimary, at(10'000)) == StatusCode::kSuccess);
}

TEST_CASE("RFC 8156 7.5.4: of a client's ACTIVE and the RESET of a lease that it declined exactly one gives way") {
  for (const int64_t contact : {-100, -6, -5, 0, 5, 6, 100}) {
    CAPTURE(contact);
    auto active = binding(BindingStatus::kActive);
    active.partner->client_contact = at(contact);
    const auto reset = binding(BindingStatus::kReset, at(500));
    const bool reset_gives_way = judge(&reset, update(BindingStatus::kActive, contact), kClient, FailoverRole::kPrimary,
                                       at(600)) == StatusCode::kSuccess;
    const bool active_gives_way = judge(&active, update(BindingStatus::kReset, 0), kClient, FailoverRole::kSecondary,
                                        at(600)) == StatusCode::kSuccess;
    CHECK(reset_gives_way != active_gives_way);
  }
}

TEST_CASE("RFC 8156 7.5.4: that our timer ended a lease is no word of its client, who spoke to the partner alone") {
  auto ours = binding(BindingStatus::kExpired, at(100));
  ours.partner->client_contact = {};
  ours.partner->partner_raw_contact = at(-300);
  const auto judged = [&](int64_t contact) {
    return judge(&ours, update(BindingStatus::kActive, contact), kClient, FailoverRole::kSecondary, at(200));
  };
  // Renewed there before our timer ran out, which we did not hear.
  CHECK(judged(50) == StatusCode::kSuccess);
  CHECK(judged(-306) == StatusCode::kOutdatedBindingInformation);
  ours.partner->partner_raw_contact = {};
  CHECK(judged(50) == StatusCode::kOutdatedBindingInformation);
}

TEST_CASE(
    "RFC 8156 7.5.4: the time of an ACTIVE, EXPIRED or RELEASED update is the OPTION_CLT_TIME when there is one") {
  const auto ours = binding(BindingStatus::kAbandoned);
  for (const BindingStatus status : {BindingStatus::kActive, BindingStatus::kExpired, BindingStatus::kReleased}) {
    CAPTURE(to_string(status));
    auto theirs = update(status, -100);
    theirs.start_of_state = at(100);
    CHECK(judge(&ours, theirs, kClient, FailoverRole::kPrimary, kT) == StatusCode::kOutdatedBindingInformation);
    theirs.client_contact.reset();
    CHECK(judge(&ours, theirs, kClient, FailoverRole::kPrimary, kT) == StatusCode::kSuccess);
    theirs.start_of_state = at(-6);
    CHECK(judge(&ours, theirs, kClient, FailoverRole::kPrimary, kT) == StatusCode::kOutdatedBindingInformation);
  }
}

TEST_CASE("RFC 8156 7.5.4: the time of any other update is the later of OPTION_CLT_TIME and the start of its state") {
  const auto ours = binding(BindingStatus::kAbandoned);
  for (const BindingStatus status :
       {BindingStatus::kFree, BindingStatus::kFreeBackup, BindingStatus::kReset, BindingStatus::kAbandoned}) {
    CAPTURE(to_string(status));
    auto theirs = update(status, -100);
    CHECK(judge(&ours, theirs, kClient, FailoverRole::kPrimary, kT) == StatusCode::kOutdatedBindingInformation);
    theirs.start_of_state = at(0);
    CHECK(judge(&ours, theirs, kClient, FailoverRole::kPrimary, kT) == StatusCode::kSuccess);
    theirs.start_of_state = at(-100);
    theirs.client_contact = at(0);
    CHECK(judge(&ours, theirs, kClient, FailoverRole::kPrimary, kT) == StatusCode::kSuccess);
  }
}

TEST_CASE("RFC 8156 7.5.4: our time is when the client last spoke to us, else the start of our state") {
  auto ours = binding(BindingStatus::kExpired, at(100));
  CHECK(judge(&ours, update(BindingStatus::kActive, 0), kClient, FailoverRole::kPrimary, kT) == StatusCode::kSuccess);
  ours.partner->client_contact = {};
  CHECK(judge(&ours, update(BindingStatus::kActive, 0), kClient, FailoverRole::kPrimary, kT) ==
        StatusCode::kOutdatedBindingInformation);
  CHECK(judge(&ours, update(BindingStatus::kActive, 95), kClient, FailoverRole::kPrimary, kT) == StatusCode::kSuccess);
}

TEST_CASE("RFC 8156 7.5.1: five seconds are the same, six are not, also across the wrap of 2^32") {
  CHECK_FALSE(is_clearly_before(kT, kT));
  CHECK_FALSE(is_clearly_before(kT, at(5)));
  CHECK(is_clearly_before(kT, at(6)));
  CHECK_FALSE(is_clearly_before(at(6), kT));
  CHECK(is_clearly_before({0xffffffff}, {5}));
  CHECK_FALSE(is_clearly_before({0xffffffff}, {4}));
}

}  // namespace
}  // namespace tandem6::failover::conflict_test
