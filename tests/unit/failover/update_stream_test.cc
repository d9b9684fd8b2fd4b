// RFC 8156 §7.4, §7.7: the stream of BNDUPDs to the partner.
#include "failover/update_stream.h"

#include "tests/unit/failover/relationship_fixture.h"

namespace tandem6::failover::update_stream_test {
namespace {

using lease::BindingStatus;

constexpr Moment kNow{.wall = {800'000'000}, .milliseconds = 1000};

struct Stream : UpdateStream {
  Stream() : configuration(snapshot_of(scope)) { reset(100); }
  std::optional<BindingUpdate> send(uint32_t transaction) { return next(transaction, kNow, configuration); }

  std::shared_ptr<lease::FailoverScope> scope =
      std::make_shared<lease::FailoverScope>(uint8_t{0}, "pair", FailoverRole::kPrimary);
  lease::Snapshot configuration;
};

LeaseRecord lease(uint8_t number, uint32_t version = 1) { return lease_of(number, kNow.wall, version); }
/// Another lease of the same client.
LeaseRecord other_lease(uint8_t number, uint8_t of) {
  LeaseRecord record = lease(number);
  record.duid = client(of);
  return record;
}

TEST_CASE("a later change of a client's lease takes the place of one that waits, and only of that") {
  Stream stream;
  stream.add(lease(1, 1));
  stream.add(lease(2, 1));
  stream.add(lease(1, 2));
  CHECK(stream.pending() == 2);
  CHECK(stream.send(1)->client == client(1));
  stream.add(lease(1, 3));  // what is on its way is not changed
  CHECK(stream.pending() == 2);
  CHECK(stream.send(2)->client == client(2));
  const auto last = stream.send(3);
  REQUIRE(last);
  CHECK(last->client == client(1));
  CHECK_FALSE(stream.send(4));
  CHECK(stream.take_reply(1, *last, 1000).acks.at(0).version == 2);
  CHECK(stream.take_reply(3, *last, 1000).acks.at(0).version == 3);
}

TEST_CASE("RFC 8156 4.2.2: a block that changed hands is not told as it was") {
  Stream stream;
  stream.add_block(block(3), BindingStatus::kFreeBackup, kNow.wall);
  stream.add_block(block(4), BindingStatus::kFreeBackup, kNow.wall);
  stream.add(lease(1));
  const uint64_t mark = stream.mark();
  stream.forget_block(block(3));
  stream.add_block(block(3), BindingStatus::kFree, kNow.wall);
  const auto kept = stream.send(1);
  REQUIRE(kept);
  CHECK(kept->leases.at(0).key == block(4));
  const auto update = stream.send(2);
  REQUIRE(update);
  CHECK(update->client == client(1));
  stream.take_reply(1, *kept, 1000);
  stream.take_reply(2, *update, 1000);
  CHECK(stream.is_through(mark));
  const auto back = stream.send(3);
  REQUIRE(back);
  CHECK(back->leases.at(0).key == block(3));
  CHECK(back->leases.at(0).status == BindingStatus::kFree);
  CHECK_FALSE(stream.send(4));
}

TEST_CASE("RFC 8156 4.2.2: a block is told as it is now, once, and whether it is under way is known") {
  Stream stream;
  CHECK_FALSE(stream.has_block(block(3)));
  stream.add_block(block(3), BindingStatus::kFreeBackup, kNow.wall);
  stream.add(lease(1));
  stream.add_block(block(3), BindingStatus::kFree, kNow.wall);
  CHECK(stream.has_block(block(3)));
  CHECK_FALSE(stream.has_block(block(4)));
  CHECK(stream.send(1)->client == client(1));
  const auto told = stream.send(2);
  REQUIRE(told);
  CHECK(told->leases.at(0).status == BindingStatus::kFree);
  CHECK_FALSE(stream.send(3));
  CHECK(stream.has_block(block(3)));
  stream.take_reply(2, *told, 1000);
  CHECK_FALSE(stream.has_block(block(3)));
}

TEST_CASE("RFC 8156 7.5.5: a lease that the partner's own word has overtaken is not told as it was") {
  Stream stream;
  stream.add(other_lease(1, 9));
  stream.add(other_lease(2, 9));
  stream.add(other_lease(3, 9));
  stream.add(lease(4));
  const uint64_t mark = stream.mark();
  LeaseRecord gone = other_lease(2, 9);
  gone.status = BindingStatus::kFree;
  stream.forget(gone);
  LeaseRecord of_another = lease(4);
  of_another.duid = client(5);
  stream.forget(of_another);
  stream.forget(lease(6));        // never waited
  stream.add(other_lease(2, 9));  // it came back
  const auto first = stream.send(1);
  REQUIRE(first);
  CHECK(first->leases.size() == 2);
  CHECK(stream.send(2)->client == client(4));
  const auto back = stream.send(3);
  REQUIRE(back);
  CHECK(back->leases.at(0).key == lease(2).key);
  stream.forget(other_lease(2, 9));  // it is on its way
  CHECK(stream.take_reply(3, *back, 1000).acks.size() == 1);
  stream.take_reply(1, *first, 1000);
  stream.take_reply(2, *first, 1000);
  CHECK(stream.is_through(mark));
  CHECK(stream.pending() == 0);
}

TEST_CASE("RFC 8156 7.5.5: a stream of nothing but withdrawn leases is empty") {
  Stream stream;
  stream.add(lease(1));
  stream.add(lease(2));
  stream.forget(lease(1));
  stream.forget(lease(2));
  CHECK_FALSE(stream.send(1));
  CHECK(stream.pending() == 0);
}

TEST_CASE("the partner hears of both when a unit goes from one client to another, in their order") {
  Stream stream;
  LeaseRecord before = lease(1);
  before.status = BindingStatus::kReleased;
  LeaseRecord after = lease(1, 2);
  after.duid = client(2);
  LeaseRecord again = lease(1, 3);
  stream.add(before);
  stream.add(after);
  stream.add(again);
  CHECK(stream.pending() == 3);
  CHECK(stream.send(1)->client == client(1));
  after.iaid = 99;
  stream.add(after);  // behind the third: its first form has to be told, too
  CHECK(stream.send(2)->client == client(2));
  CHECK(stream.send(3)->client == client(1));
  CHECK(stream.send(4)->leases.at(0).iaid == 99);
  CHECK(stream.pending() == 0);
}

TEST_CASE("RFC 8156 7.4: a client's leases that wait one behind the other share an OPTION_CLIENT_DATA, eight at most") {
  Stream stream;
  for (uint8_t i = 1; i <= 9; ++i) stream.add(other_lease(i, 1));
  stream.add(lease(20));
  stream.add(other_lease(30, 1));
  CHECK(stream.send(1)->leases.size() == 8);
  CHECK(stream.send(2)->leases.size() == 1);
  CHECK(stream.send(3)->client == client(20));
  CHECK(stream.send(4)->leases.at(0).key == lease(30).key);
  CHECK(stream.in_flight() == 4);
}

TEST_CASE("RFC 8156 7.4: what ends by itself has the times marked with *, the rest has not") {
  Stream stream;
  struct Case {
    BindingStatus status;
    Seconds valid;
    bool ends;
  };
  for (const Case& one :
       {Case{BindingStatus::kActive, Seconds{4000}, true}, Case{BindingStatus::kActive, kInfinity, false},
        Case{BindingStatus::kAbandoned, Seconds{4000}, true}, Case{BindingStatus::kExpired, Seconds{4000}, false},
        Case{BindingStatus::kReleased, Seconds{4000}, false}, Case{BindingStatus::kReset, Seconds{4000}, false}}) {
    CAPTURE(to_string(one.status));
    LeaseRecord record = lease(1);
    record.status = one.status;
    record.valid = one.valid;
    record.partner->expiration_time = {812'000'000};
    stream.add(record);
    const LeaseUpdate told = stream.send(1)->leases.at(0);
    CHECK(told.status == one.status);
    CHECK(told.state_expiration.has_value() == one.ends);
    CHECK(told.partner_lifetime.has_value() == one.ends);
    CHECK(told.expiration.has_value() == one.ends);
    CHECK(told.client_contact == kNow.wall);
    stream.reset(100);
  }
}

TEST_CASE("RFC 8156 7.4: OPTION_CLT_TIME and the partner's are told only when the client has spoken") {
  Stream stream;
  LeaseRecord record = lease(1);
  record.partner->client_contact = {};
  stream.add(record);
  const LeaseUpdate told = stream.send(1)->leases.at(0);
  CHECK_FALSE(told.client_contact);
  CHECK_FALSE(told.partner_raw_contact);
  CHECK_FALSE(told.expiration);
}

TEST_CASE("RFC 8156 4.4: the partner is never told less than the client") {
  Stream stream;
  LeaseRecord record = lease(1);
  record.partner->partner_lifetime = kNow.wall + Seconds{10};
  stream.add(record);
  CHECK(stream.send(1)->leases.at(0).partner_lifetime == kNow.wall + Seconds{4000});
}

TEST_CASE("RFC 8156 7.4: a block is told alone, without a client") {
  Stream stream;
  stream.add(lease(1));
  stream.add_block(block(3), BindingStatus::kFreeBackup, {788'888'888});
  CHECK(stream.send(1)->client);
  const auto update = stream.send(2);
  REQUIRE(update);
  CHECK_FALSE(update->client);
  CHECK(update->base_time == kNow.wall);
  REQUIRE(update->leases.size() == 1);
  CHECK(update->leases[0].key == block(3));
  CHECK(update->leases[0].status == BindingStatus::kFreeBackup);
  CHECK(update->leases[0].start_of_state == AbsoluteTime{788'888'888});
  const auto reply = stream.take_reply(2, *update, 1500);
  CHECK(reply.expected);
  CHECK(reply.block == block(3));
  CHECK(reply.block_status == BindingStatus::kFreeBackup);
  CHECK(reply.block_accepted);
  CHECK(reply.milliseconds == 500);
}

TEST_CASE("RFC 8156 7.7: a block's reply that refuses it, or names another, is no acceptance") {
  Stream stream;
  for (uint8_t i = 1; i <= 3; ++i) stream.add_block(block(i), BindingStatus::kFree, kNow.wall);
  std::vector<BindingUpdate> updates;
  for (uint32_t i = 1; i <= 3; ++i) updates.push_back(*stream.send(i));
  updates[0].leases[0].verdict = StatusCode::kAddressInUse;
  updates[1].leases[0].key = block(4);
  updates[2].verdict = StatusCode::kConfigurationConflict;
  for (uint32_t i = 1; i <= 3; ++i) {
    const auto reply = stream.take_reply(i, updates[i - 1], 1000);
    CHECK_FALSE(reply.block_accepted);
    CHECK(reply.rejected == 1);
  }
}

TEST_CASE(
    "RFC 8156 7.7: each lease has its own verdict; what the reply refuses as a whole, or leaves out, is not acked") {
  Stream stream;
  const auto send = [&](uint32_t transaction) {
    for (uint8_t i = 1; i <= 3; ++i) stream.add(other_lease(i, 1));
    return *stream.send(transaction);
  };
  BindingUpdate mixed = send(1);
  mixed.leases[1].verdict = StatusCode::kOutdatedBindingInformation;
  const auto reply = stream.take_reply(1, mixed, 1000);
  REQUIRE(reply.acks.size() == 2);
  CHECK(reply.acks[0].key == mixed.leases[0].key);
  CHECK(reply.acks[1].key == mixed.leases[2].key);
  CHECK(reply.rejected == 1);
  CHECK(reply.first_rejection == StatusCode::kOutdatedBindingInformation);

  BindingUpdate whole = send(2);
  whole.verdict = StatusCode::kMissingBindingInformation;
  CHECK(stream.take_reply(2, whole, 1000).acks.empty());

  BindingUpdate partly = send(3);
  partly.leases.pop_back();
  const auto left_out = stream.take_reply(3, partly, 1000);
  CHECK(left_out.acks.size() == 2);
  CHECK(left_out.rejected == 1);

  CHECK_FALSE(stream.take_reply(3, partly, 1000).expected);
}

TEST_CASE("RFC 8156 5.3.7: a place in the stream is through when all before it is sent and replied to, in any order") {
  Stream stream;
  CHECK(stream.is_through(stream.mark()));
  stream.add(lease(1));
  stream.add(lease(2));
  const uint64_t mark = stream.mark();
  stream.add(lease(3));
  CHECK_FALSE(stream.is_through(mark));
  const auto first = *stream.send(1);
  CHECK_FALSE(stream.is_through(mark));
  const auto second = *stream.send(2);
  const auto third = *stream.send(3);
  CHECK_FALSE(stream.is_through(mark));
  stream.take_reply(2, second, 1000);
  stream.take_reply(3, third, 1000);
  CHECK_FALSE(stream.is_through(mark));
  stream.take_reply(1, first, 1000);
  CHECK(stream.is_through(mark));
}

TEST_CASE("RFC 8156 6.1.3: the window is kept, and how long its oldest waits is known") {
  Stream stream;
  stream.reset(2);
  for (uint8_t i = 1; i <= 3; ++i) stream.add(lease(i));
  CHECK(stream.oldest_wait(9000) == 0);
  const auto first = *stream.send(1);
  REQUIRE(stream.send(2));
  CHECK_FALSE(stream.send(3));
  CHECK(stream.oldest_wait(9000) == 8000);
  stream.take_reply(1, first, 2000);
  CHECK(stream.send(3));
  CHECK(stream.oldest_wait(9000) == 8000);
}

TEST_CASE("a new connection begins with an empty stream") {
  Stream stream;
  stream.add(lease(1));
  stream.add(lease(2));
  const auto first = *stream.send(1);
  stream.reset(5);
  CHECK(stream.pending() == 0);
  CHECK(stream.in_flight() == 0);
  CHECK_FALSE(stream.take_reply(1, first, 1000).expected);
  CHECK(stream.is_through(stream.mark()));
  stream.add(lease(2, 7));
  const auto again = stream.send(1);
  REQUIRE(again);
  CHECK(stream.take_reply(1, *again, 1000).acks.at(0).version == 7);
}

TEST_CASE("what finds no room is not taken, what waits can still be replaced") {
  Stream stream;
  LeaseRecord record = lease(1);
  for (uint32_t i = 0; i < UpdateStream::kMostPending; ++i) {
    wire::store_be32(&record.key.address.octets[8], i + 1);
    REQUIRE(stream.add(record));
  }
  CHECK(stream.room() == 0);
  CHECK_FALSE(stream.add(lease(2)));
  CHECK(stream.add(record));
  CHECK(stream.pending() == UpdateStream::kMostPending);
}

}  // namespace
}  // namespace tandem6::failover::update_stream_test
