// RFC 8156 §4.2.2: delegable prefixes change hands between partners.
#include "tests/unit/failover/relationship_fixture.h"

namespace tandem6::failover::relationship_blocks_test {
namespace {

using lease::BindingStatus;

lease::DensePool& pool_of(Endpoint& endpoint) {
  return *std::get<std::shared_ptr<lease::DensePool>>(endpoint.host.configuration.subnets()[0].prefix_pools[0].space);
}
bool may_allocate(Endpoint& endpoint, uint8_t number) { return !pool_of(endpoint).taken(number); }

struct Told {
  uint32_t transaction;
  LeaseKey key;
  BindingStatus status;
  BindingUpdate update;
};
/// The BNDUPDs about blocks that were sent.
std::vector<Told> told(Endpoint& endpoint) {
  std::vector<Told> found;
  for (const Octets& message : endpoint.take_sent()) {
    const auto view = view_of(message);
    if (view.type != MessageType::kBndUpd) continue;
    const ReadUpdate read = read_binding_update(view);
    REQUIRE(read.fault == StatusCode::kSuccess);
    REQUIRE_FALSE(read.update.client);
    found.push_back({view.transaction_id, read.update.leases.at(0).key, read.update.leases.at(0).status, read.update});
  }
  return found;
}
void refuse(Endpoint& endpoint, const Told& block, StatusCode why) {
  BindingUpdate update = block.update;
  update.leases[0].verdict = update.verdict = why;
  endpoint.reply(block.transaction, update);
}

BindingUpdate block_update(const LeaseKey& key, BindingStatus status, AbsoluteTime now) {
  BindingUpdate update{.base_time = now};
  LeaseUpdate lease;
  lease.key = key;
  lease.status = status;
  lease.start_of_state = now;
  update.leases = {lease};
  return update;
}
std::optional<StatusCode> verdict_sent(Endpoint& endpoint) {
  const auto message = endpoint.last(MessageType::kBndReply);
  if (!message) return std::nullopt;
  const auto reply = read_binding_reply(view_of(*message));
  REQUIRE(reply);
  return reply->leases.empty() || reply->verdict != StatusCode::kSuccess ? reply->verdict : reply->leases[0].verdict;
}

/// A primary in NORMAL with a partner that takes many updates at once, before its first look at the balance.
std::unique_ptr<Endpoint> primary() {
  auto endpoint = std::make_unique<Endpoint>(Endpoint::settings_of(FailoverRole::kPrimary), stable_in(State::kNormal));
  Connect terms = endpoint->terms();
  terms.max_unacked = 100;
  endpoint->connect(terms);
  endpoint->disk();
  endpoint->hear_state(State::kNormal);
  endpoint->disk();
  endpoint->scan_finds({});
  REQUIRE(endpoint->it.state() == State::kNormal);
  endpoint->take_sent();
  return endpoint;
}
/// The connection breaks, and there is another one: both are on their way to NORMAL.
void meet_again(Endpoint& endpoint) {
  endpoint.it.disconnected("cut", endpoint.now);
  endpoint.disk();
  endpoint.connect(endpoint.terms());
  endpoint.disk();
  endpoint.hear_state(State::kCommunicationsInterrupted);
  endpoint.disk();
}
/// What the primary gave in its first look at the balance: half of the pool.
std::vector<LeaseKey> give(Endpoint& endpoint) {
  endpoint.it.tick(endpoint.now);
  REQUIRE(endpoint.host.checks.size() == 1);
  const std::vector<LeaseKey> given = std::exchange(endpoint.host.checks, {}).front();
  endpoint.it.blocks_checked(given, {}, endpoint.now);
  endpoint.disk();
  for (const Told& block : told(endpoint)) endpoint.reply(block.transaction, block.update);
  return given;
}

TEST_CASE("RFC 8156 4.2.2: POOLREQ: POOLRESP at once, and a look at the balance") {
  auto endpoint = primary();
  endpoint->hear_bare(MessageType::kPoolReq, 0x55);
  const auto response = endpoint->last(MessageType::kPoolResp);
  REQUIRE(response);
  CHECK(view_of(*response).transaction_id == 0x55);
  endpoint->it.tick(endpoint->now);
  REQUIRE(endpoint->host.checks.size() == 1);
  CHECK(endpoint->host.checks[0].size() == 8);
}

TEST_CASE("RFC 8156 4.2.2: a block is given: closed, checked, on the disk, told") {
  auto endpoint = primary();
  endpoint->it.tick(endpoint->now);
  REQUIRE(endpoint->host.checks.size() == 1);
  const std::vector<LeaseKey> given = endpoint->host.checks[0];
  REQUIRE(given.size() == 8);
  for (const LeaseKey& key : given)
    CHECK_FALSE(may_allocate(*endpoint, std::to_integer<uint8_t>(key.address.octets[6])));
  CHECK(told(*endpoint).empty());
  // One of them has a lease that the partner does not know: it stays here.
  endpoint->it.blocks_checked(given, {given[3]}, endpoint->now);
  CHECK(may_allocate(*endpoint, std::to_integer<uint8_t>(given[3].address.octets[6])));
  endpoint->it.flush(endpoint->now);
  CHECK(told(*endpoint).empty());
  endpoint->disk();
  CHECK(endpoint->stored().backups.size() == 7);
  const auto blocks = told(*endpoint);
  REQUIRE(blocks.size() == 7);
  for (const Told& block : blocks) {
    CHECK(block.status == BindingStatus::kFreeBackup);
    CHECK(block.key != given[3]);
  }
  CHECK(endpoint->it.status().prefixes.at(0).ours == 9);
  CHECK(endpoint->it.status().prefixes.at(0).partners == 7);
  CHECK(endpoint->it.status().prefixes.at(0).pool == "2001:db8:8000::/52");
}

TEST_CASE("RFC 8156 4.2.2: a block that the secondary refuses comes back, when the disk knows") {
  auto endpoint = primary();
  endpoint->it.tick(endpoint->now);
  const std::vector<LeaseKey> given = endpoint->host.checks.at(0);
  endpoint->it.blocks_checked(given, {}, endpoint->now);
  endpoint->disk();
  const auto blocks = told(*endpoint);
  REQUIRE(blocks.size() == 8);
  const uint8_t number = std::to_integer<uint8_t>(blocks[0].key.address.octets[6]);
  refuse(*endpoint, blocks[0], StatusCode::kConfigurationConflict);
  CHECK_FALSE(may_allocate(*endpoint, number));
  endpoint->disk();
  CHECK(may_allocate(*endpoint, number));
  CHECK(endpoint->stored().backups.size() == 7);
  CHECK(endpoint->host.notes_of("failover-block-refused") == 1);
  // One that is accepted stays with the secondary.
  endpoint->reply(blocks[1].transaction, blocks[1].update);
  endpoint->disk();
  CHECK_FALSE(may_allocate(*endpoint, std::to_integer<uint8_t>(blocks[1].key.address.octets[6])));
}

TEST_CASE("RFC 8156 4.2.2: what was found for another connection says nothing: the block was open since") {
  auto endpoint = primary();
  endpoint->it.tick(endpoint->now);
  const std::vector<LeaseKey> given = endpoint->host.checks.at(0);
  meet_again(*endpoint);
  endpoint->scan_finds({});
  endpoint->hear_bare(MessageType::kPoolReq, 0x55);
  endpoint->it.tick(endpoint->now);
  REQUIRE(endpoint->host.checks.size() == 2);
  REQUIRE(endpoint->host.checks[1] == given);
  endpoint->it.blocks_checked(given, {}, endpoint->now);
  endpoint->disk();
  CHECK(told(*endpoint).empty());
  endpoint->it.blocks_checked(given, given, endpoint->now);
  endpoint->disk();
  CHECK(told(*endpoint).empty());
  for (const LeaseKey& key : given) CHECK(may_allocate(*endpoint, std::to_integer<uint8_t>(key.address.octets[6])));
}

// Simulator seed 1795703432736: the disk's answer opened it while it was given away again, and a client got it.
TEST_CASE("RFC 8156 4.2.2: a block that comes back is not given away again before the disk knows") {
  auto endpoint = primary();
  endpoint->it.tick(endpoint->now);
  endpoint->it.blocks_checked(endpoint->host.checks.at(0), {}, endpoint->now);
  endpoint->disk();
  for (const Told& block : told(*endpoint)) refuse(*endpoint, block, StatusCode::kConfigurationConflict);
  endpoint->host.checks.clear();
  endpoint->hear_bare(MessageType::kPoolReq, 0x55);
  endpoint->it.tick(endpoint->now);
  CHECK(endpoint->host.checks.empty());
  endpoint->disk();
  endpoint->it.tick(endpoint->now);
  REQUIRE(endpoint->host.checks.size() == 1);
  endpoint->disk();
  for (const LeaseKey& key : endpoint->host.checks[0])
    CHECK_FALSE(may_allocate(*endpoint, std::to_integer<uint8_t>(key.address.octets[6])));
}

TEST_CASE("RFC 8156 4.2.2: a block of the secondary's that it does not know any more does not come back") {
  auto endpoint = primary();
  give(*endpoint);
  meet_again(*endpoint);
  endpoint->scan_finds({});
  const auto blocks = told(*endpoint);
  REQUIRE(!blocks.empty());
  refuse(*endpoint, blocks[0], StatusCode::kConfigurationConflict);
  endpoint->disk();
  CHECK_FALSE(may_allocate(*endpoint, std::to_integer<uint8_t>(blocks[0].key.address.octets[6])));
  CHECK(endpoint->stored().backups.size() == 8);
}

TEST_CASE("RFC 8156 4.2.2: what is being given when the connection breaks stays with the primary") {
  auto endpoint = primary();
  endpoint->it.tick(endpoint->now);
  const std::vector<LeaseKey> given = endpoint->host.checks.at(0);
  endpoint->it.disconnected("cut", endpoint->now);
  for (uint8_t number = 0; number < 16; ++number) CHECK(may_allocate(*endpoint, number));
  endpoint->it.blocks_checked(given, {}, endpoint->now);
  endpoint->disk();
  for (uint8_t number = 0; number < 16; ++number) CHECK(may_allocate(*endpoint, number));
  CHECK(endpoint->stored().backups.empty());
}

TEST_CASE("RFC 8156 4.2.2: the secondary's blocks are told again whenever the partners are back in NORMAL") {
  auto endpoint = primary();
  give(*endpoint);
  meet_again(*endpoint);
  CHECK(told(*endpoint).empty());  // a lease in a block goes before the block
  endpoint->scan_finds({});
  CHECK(told(*endpoint).size() == 3);  // the window
}

TEST_CASE("RFC 8156 8.2: the secondary's blocks are known after a restart") {
  auto before = primary();
  const std::vector<LeaseKey> given = give(*before);
  Endpoint again(Endpoint::settings_of(FailoverRole::kPrimary), before->stored(), before->now);
  for (uint8_t number = 0; number < 16; ++number) {
    const bool is_given = std::ranges::find(given, block(number)) != given.end();
    CHECK(may_allocate(again, number) != is_given);
  }
}

TEST_CASE(
    "RFC 8156 4.2.2: the primary asks back what is too much, and has it when the secondary agrees and the disk knows") {
  auto endpoint = primary();
  give(*endpoint);
  // Most of our own are leased now.
  for (uint32_t unit = 0; unit < 16; ++unit) {
    if (unit % 16 != 15) pool_of(*endpoint).claim(unit);
  }
  endpoint->hear_bare(MessageType::kPoolReq);
  endpoint->it.tick(endpoint->now);
  const auto asked = told(*endpoint);
  REQUIRE(asked.size() >= 2);
  for (const Told& block : asked) CHECK(block.status == BindingStatus::kFree);
  // It is not asked a second time before the answer.
  endpoint->hear_bare(MessageType::kPoolReq);
  endpoint->it.tick(endpoint->now);
  CHECK(told(*endpoint).empty());
  const auto number = [&](size_t i) { return std::to_integer<uint8_t>(asked[i].key.address.octets[6]); };
  refuse(*endpoint, asked[0], StatusCode::kAddressInUse);
  endpoint->reply(asked[1].transaction, asked[1].update);
  CHECK_FALSE(may_allocate(*endpoint, number(1)));
  endpoint->disk();
  CHECK(may_allocate(*endpoint, number(1)));
  CHECK_FALSE(may_allocate(*endpoint, number(0)));
}

TEST_CASE("RFC 8156 4.2.2: a reload does not open blocks that change hands") {
  auto endpoint = primary();
  endpoint->it.tick(endpoint->now);
  const std::vector<LeaseKey> given = endpoint->host.checks.at(0);
  const auto all_are_closed = [&] {
    endpoint->it.reconfigured();
    return std::ranges::none_of(given, [&](const LeaseKey& key) {
      return may_allocate(*endpoint, std::to_integer<uint8_t>(key.address.octets[6]));
    });
  };
  CHECK(all_are_closed());  // being checked
  endpoint->it.blocks_checked(given, {}, endpoint->now);
  endpoint->disk();
  for (const Told& block : told(*endpoint)) refuse(*endpoint, block, StatusCode::kConfigurationConflict);
  CHECK(all_are_closed());  // back, when the disk knows
  endpoint->disk();
  CHECK_FALSE(all_are_closed());
}

// --- the secondary ---

TEST_CASE(
    "RFC 8156 4.2.2: a secondary allocates from a block that it is given, when the disk knows, and replies then") {
  auto endpoint = in_normal(FailoverRole::kSecondary);
  for (uint8_t number = 0; number < 16; ++number) CHECK_FALSE(may_allocate(*endpoint, number));
  endpoint->hear_update(9, block_update(block(4), BindingStatus::kFreeBackup, endpoint->now.wall));
  CHECK_FALSE(may_allocate(*endpoint, 4));
  CHECK(endpoint->sent().empty());
  endpoint->disk();
  CHECK(may_allocate(*endpoint, 4));
  CHECK(verdict_sent(*endpoint) == StatusCode::kSuccess);
  REQUIRE(endpoint->stored().backups.size() == 1);
  CHECK(endpoint->stored().backups[0].first == block(4));
  // Told again: nothing to do.
  endpoint->hear_update(10, block_update(block(4), BindingStatus::kFreeBackup, endpoint->now.wall));
  CHECK(verdict_sent(*endpoint) == StatusCode::kSuccess);
}

TEST_CASE(
    "RFC 8156 4.2.2: a secondary gives a block back when no lease of it is unknown to the primary, else it refuses") {
  auto endpoint = in_normal(FailoverRole::kSecondary);
  for (const uint8_t number : {4, 5}) {
    endpoint->hear_update(number, block_update(block(number), BindingStatus::kFreeBackup, endpoint->now.wall));
  }
  endpoint->disk();
  endpoint->take_sent();
  endpoint->hear_update(20, block_update(block(4), BindingStatus::kFree, endpoint->now.wall));
  endpoint->hear_update(21, block_update(block(5), BindingStatus::kFree, endpoint->now.wall));
  CHECK_FALSE(may_allocate(*endpoint, 4));
  REQUIRE(endpoint->host.checks.size() == 2);
  CHECK(endpoint->sent().empty());
  endpoint->it.blocks_checked({block(5)}, {block(5)}, endpoint->now);
  CHECK(verdict_sent(*endpoint) == StatusCode::kAddressInUse);
  CHECK(may_allocate(*endpoint, 5));
  endpoint->it.blocks_checked({block(4)}, {}, endpoint->now);
  CHECK(endpoint->sent().empty());
  endpoint->disk();
  CHECK(verdict_sent(*endpoint) == StatusCode::kSuccess);
  CHECK_FALSE(may_allocate(*endpoint, 4));
  REQUIRE(endpoint->stored().backups.size() == 1);
  CHECK(endpoint->stored().backups[0].first == block(5));
}

TEST_CASE(
    "RFC 8156 4.2.2: a block that is asked back before the disk knows that it was given is not opened meanwhile") {
  for (const bool clean : {true, false}) {
    auto endpoint = in_normal(FailoverRole::kSecondary);
    endpoint->hear_update(4, block_update(block(4), BindingStatus::kFreeBackup, endpoint->now.wall));
    endpoint->hear_update(20, block_update(block(4), BindingStatus::kFree, endpoint->now.wall));
    REQUIRE(endpoint->host.checks.size() == 1);
    SUBCASE("the disk is first") {
      endpoint->disk();
      CHECK_FALSE(may_allocate(*endpoint, 4));
      endpoint->it.blocks_checked({block(4)}, clean ? std::vector<LeaseKey>{} : std::vector{block(4)}, endpoint->now);
    }
    SUBCASE("the look at the leases is first") {
      endpoint->it.blocks_checked({block(4)}, clean ? std::vector<LeaseKey>{} : std::vector{block(4)}, endpoint->now);
      CHECK_FALSE(may_allocate(*endpoint, 4));
    }
    endpoint->disk();
    CHECK(may_allocate(*endpoint, 4) != clean);
  }
}

TEST_CASE("RFC 8156 4.2.2: a block that is asked back when the connection breaks stays with the secondary") {
  auto endpoint = in_normal(FailoverRole::kSecondary);
  endpoint->hear_update(4, block_update(block(4), BindingStatus::kFreeBackup, endpoint->now.wall));
  endpoint->disk();
  endpoint->hear_update(20, block_update(block(4), BindingStatus::kFree, endpoint->now.wall));
  endpoint->it.disconnected("cut", endpoint->now);
  CHECK(may_allocate(*endpoint, 4));
  endpoint->it.blocks_checked({block(4)}, {}, endpoint->now);
  endpoint->disk();
  CHECK(may_allocate(*endpoint, 4));
  CHECK(endpoint->stored().backups.size() == 1);
}

TEST_CASE(
    "RFC 8156 4.2.2: a reload of the secondary does not open what the disk has yet to know, or what is asked back") {
  auto endpoint = in_normal(FailoverRole::kSecondary);
  endpoint->hear_update(4, block_update(block(4), BindingStatus::kFreeBackup, endpoint->now.wall));
  endpoint->it.reconfigured();
  CHECK_FALSE(may_allocate(*endpoint, 4));
  endpoint->disk();
  CHECK(may_allocate(*endpoint, 4));
  endpoint->hear_update(20, block_update(block(4), BindingStatus::kFree, endpoint->now.wall));
  endpoint->it.reconfigured();
  CHECK_FALSE(may_allocate(*endpoint, 4));
}

TEST_CASE("RFC 8156 4.2.2: a block that the secondary has given back stays the primary's when the connection breaks") {
  auto endpoint = in_normal(FailoverRole::kSecondary);
  // The answer was lost with the connection before: it is asked back once more.
  endpoint->hear_update(20, block_update(block(4), BindingStatus::kFree, endpoint->now.wall));
  REQUIRE(endpoint->host.checks.size() == 1);
  endpoint->it.disconnected("cut", endpoint->now);
  endpoint->disk();
  CHECK_FALSE(may_allocate(*endpoint, 4));
}

TEST_CASE("RFC 8156 7.5.4: what is no block of this relationship, or has a status that no block has, is refused") {
  for (const FailoverRole role : {FailoverRole::kPrimary, FailoverRole::kSecondary}) {
    auto endpoint = in_normal(role);
    LeaseKey other = block(4);
    other.prefix_length = 60;
    endpoint->hear_update(1, block_update(other, BindingStatus::kFreeBackup, endpoint->now.wall));
    CHECK(verdict_sent(*endpoint) == StatusCode::kConfigurationConflict);
    endpoint->hear_update(2, block_update(block(200), BindingStatus::kFree, endpoint->now.wall));
    CHECK(verdict_sent(*endpoint) == StatusCode::kConfigurationConflict);
    for (const BindingStatus status : {BindingStatus::kReset, BindingStatus::kExpired}) {
      endpoint->hear_update(3, block_update(block(4), status, endpoint->now.wall));
      CHECK(verdict_sent(*endpoint) == StatusCode::kConfigurationConflict);
    }
    CHECK(endpoint->host.saves.empty());
  }
}

TEST_CASE(
    "RFC 8156 4.2.2: a primary that serves does not let the secondary say which blocks it has; one that recovers "
    "learns") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->hear_update(1, block_update(block(4), BindingStatus::kFreeBackup, endpoint->now.wall));
  CHECK(verdict_sent(*endpoint) == StatusCode::kOutdatedBindingInformation);
  CHECK(may_allocate(*endpoint, 4));

  Endpoint recovering(FailoverRole::kPrimary);
  recovering.meet(State::kPartnerDown);
  REQUIRE(recovering.it.state() == State::kRecover);
  recovering.take_sent();
  recovering.hear_update(1, block_update(block(4), BindingStatus::kFreeBackup, recovering.now.wall));
  CHECK_FALSE(may_allocate(recovering, 4));
  recovering.disk();
  CHECK(verdict_sent(recovering) == StatusCode::kSuccess);
  CHECK(recovering.stored().backups.size() == 1);
  CHECK_FALSE(may_allocate(recovering, 4));
}

TEST_CASE("RFC 8156 5.3.5: an UPDREQ is answered with the secondary's blocks as well, by either role") {
  auto endpoint = in_normal(FailoverRole::kSecondary);
  endpoint->hear_update(4, block_update(block(4), BindingStatus::kFreeBackup, endpoint->now.wall));
  endpoint->disk();
  endpoint->take_sent();
  endpoint->hear_bare(MessageType::kUpdReq, 0x99);
  endpoint->it.flush(endpoint->now);
  endpoint->scan_finds({});
  const auto blocks = told(*endpoint);
  REQUIRE(blocks.size() == 1);
  CHECK(blocks[0].key == block(4));
  CHECK(blocks[0].status == BindingStatus::kFreeBackup);
  // Refused by a primary that has it: the secondary does without.
  refuse(*endpoint, blocks[0], StatusCode::kOutdatedBindingInformation);
  CHECK_FALSE(may_allocate(*endpoint, 4));
  CHECK(endpoint->sent() == "UPDDONE");
  endpoint->disk();
  CHECK(endpoint->stored().backups.empty());
}

}  // namespace
}  // namespace tandem6::failover::relationship_blocks_test
