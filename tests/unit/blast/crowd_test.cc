// The clients' state machine: what they send next, when they ask again, and who has what.
#include "perf/blast/crowd.h"

#include <doctest/doctest.h>

#include "tests/unit/blast/fixtures.h"

namespace tandem6::crowd_test {

using namespace tandem6::blast;

using test::Server;
using test::World;
using wire::MessageType;
using wire::OptionCode;

TEST_CASE("a four-way exchange: SOLICIT, REQUEST of what was offered, bound") {
  World world;
  REQUIRE(world.crowd.next_idle() == 0U);
  world.crowd.begin_with(0, Task::kFourWay, Nanoseconds(0), Nanoseconds(0));
  const wire::MessageView solicit = world.sent(0);
  CHECK(solicit.type == MessageType::kSolicit);
  CHECK(wire::find_option(solicit.options, OptionCode::kIaNa));
  CHECK(wire::find_option(solicit.options, OptionCode::kIaPd));
  CHECK_FALSE(wire::find_option(solicit.options, OptionCode::kServerId));
  const uint32_t first_id = solicit.transaction_id;

  CHECK(world.answer(0));  // it sends REQUEST
  const wire::MessageView request = world.sent(0);
  CHECK(request.type == MessageType::kRequest);
  CHECK(request.transaction_id != first_id);  // RFC 8415 §16.1
  CHECK(wire::find_option(request.options, OptionCode::kServerId));
  const auto ia = wire::IaView::parse(wire::find_option(request.options, OptionCode::kIaNa)->data);
  const auto asked = wire::IaAddressView::parse(wire::find_option(ia->options, OptionCode::kIaAddress)->data);
  CHECK(asked->address == Server::address_of(0));

  CHECK_FALSE(world.answer(0));
  CHECK(world.crowd.client(0).bound);
  CHECK(world.crowd.client(0).idle());
  CHECK(world.crowd.bound() == 1);
  CHECK(world.crowd.in_flight() == 0);
  CHECK(world.crowd.figures().completed == 1);
}

TEST_CASE("RFC 8415 18.2: which message names its server and what it has") {
  World world;
  world.four_way(0);
  const auto sent = [&](Task task) {
    world.crowd.begin_with(0, task, Nanoseconds(0), Nanoseconds(0));
    const wire::MessageView message = world.sent(0);
    world.answer(0);
    return message;
  };
  const auto has = [](const wire::MessageView& message, OptionCode code) {
    return wire::find_option(message.options, code).has_value();
  };
  const auto names_address = [](const wire::MessageView& message) {
    const auto ia = wire::IaView::parse(wire::find_option(message.options, OptionCode::kIaNa)->data);
    return wire::find_option(ia->options, OptionCode::kIaAddress).has_value();
  };
  const wire::MessageView renew = sent(Task::kRenew);
  CHECK(renew.type == MessageType::kRenew);
  CHECK(has(renew, OptionCode::kServerId));
  CHECK(names_address(renew));
  const wire::MessageView rebind = sent(Task::kRebind);
  CHECK(rebind.type == MessageType::kRebind);
  CHECK_FALSE(has(rebind, OptionCode::kServerId));
  CHECK(names_address(rebind));
  const wire::MessageView release = sent(Task::kRelease);
  CHECK(release.type == MessageType::kRelease);
  CHECK(has(release, OptionCode::kServerId));
  CHECK(names_address(release));
  CHECK_FALSE(has(release, OptionCode::kOptionRequest));
  CHECK(world.crowd.bound() == 0);
  const wire::MessageView rapid = sent(Task::kRapidCommit);
  CHECK(has(rapid, OptionCode::kRapidCommit));
}

TEST_CASE("what is not answered in time is unanswered, and its answer is late") {
  World world;
  world.crowd.set_patience({.retransmit = false, .timeout = Milliseconds(100)});
  world.crowd.begin_with(0, Task::kFourWay, Nanoseconds(0), Nanoseconds(0));
  CHECK(world.tick(Milliseconds(99)).empty());
  CHECK(world.crowd.in_flight() == 1);
  CHECK(world.tick(Milliseconds(102)).empty());
  CHECK(world.crowd.in_flight() == 0);
  CHECK(world.crowd.figures().of(Question::kSolicit).unanswered == 1);
  CHECK(world.crowd.figures().failed == 1);
  world.answer(0, {}, Milliseconds(150));
  CHECK(world.crowd.oddities().late == 1);
  CHECK(world.crowd.figures().of(Question::kSolicit).answered == 0);
}

TEST_CASE("a second server's ADVERTISE is no fault: the client has asked the first") {
  World world;
  world.crowd.begin_with(0, Task::kFourWay, Nanoseconds(0), Nanoseconds(0));
  const Client before = world.crowd.client(0);
  world.answer(0);
  Arrival arrival;
  read_arrival(world.population, world.server.answer(0, before, {.server = "00:03:00:01:02:00:00:00:00:02"}), arrival);
  CHECK_FALSE(world.crowd.receive(arrival, Nanoseconds(0)));
  CHECK(world.crowd.oddities().further == 1);
  CHECK(world.crowd.oddities().faulty() == 0);
  world.answer(0);
  CHECK(world.crowd.client(0).bound);
}

TEST_CASE("latency counts from the intended moment, not from when a late generator sent") {
  World world;
  world.crowd.begin_with(0, Task::kSolicitOnly, Milliseconds(10), Milliseconds(500));
  world.answer(0, {}, Milliseconds(510));
  CHECK(world.crowd.figures().of(Question::kSolicit).latency.max() == Milliseconds(500));
}

TEST_CASE("exchanges that began before the measured part are in no figure") {
  World world;
  world.crowd.set_measured(false);
  world.four_way(0);
  CHECK(world.crowd.figures().begun == 0);
  CHECK(world.crowd.figures().of(Question::kRequest).answered == 0);
  CHECK(world.crowd.client(0).bound);
}

TEST_CASE("RFC 8415 15, 18.2.1: SOLICIT again after more than a second, then about twice as long each time") {
  World world;
  world.crowd.set_patience({.retransmit = true});
  world.crowd.begin_with(0, Task::kFourWay, Nanoseconds(0), Nanoseconds(0));
  const uint32_t id = world.sent(0).transaction_id;
  std::vector<int64_t> moments;
  for (int64_t now = 0; now < 10'000; ++now) {
    if (!world.tick(Milliseconds(now)).empty()) moments.push_back(now);
  }
  REQUIRE(moments.size() == 3);
  CHECK(moments[0] > 1000);
  CHECK(moments[0] <= 1102);
  for (size_t i = 1; i < moments.size(); ++i) {
    const int64_t before = i == 1 ? 0 : moments[i - 2];
    const double ratio =
        static_cast<double>(moments[i] - moments[i - 1]) / static_cast<double>(moments[i - 1] - before);
    CHECK(ratio > 1.88);
    CHECK(ratio < 2.12);
  }
  const wire::MessageView again = world.sent(0, Milliseconds(10'000));
  CHECK(again.transaction_id == id);
  const auto elapsed = wire::parse_elapsed_time(wire::find_option(again.options, OptionCode::kElapsedTime)->data);
  CHECK(elapsed == 1000);  // hundredths of a second
  CHECK(world.crowd.figures().of(Question::kSolicit).repeated == 3);
}

TEST_CASE("RFC 8415 18.2.2: REQUEST is given up after ten tries, and the client begins anew") {
  World world;
  world.crowd.set_patience({.retransmit = true});
  world.crowd.begin_with(0, Task::kFourWay, Nanoseconds(0), Nanoseconds(0));
  world.answer(0);
  REQUIRE(world.crowd.client(0).question == Question::kRequest);
  int sent = 1;
  int64_t now = 0;
  while (world.crowd.client(0).question == Question::kRequest) {
    sent += static_cast<int>(world.tick(Milliseconds(now)).size());
    REQUIRE(++now < 400'000);
  }
  CHECK(sent == 11);  // ten REQUESTs and the new SOLICIT
  CHECK(world.sent(0).type == MessageType::kSolicit);
  CHECK(world.crowd.figures().of(Question::kRequest).unanswered == 1);
}

TEST_CASE("two clients with one address, or one prefix, are found") {
  World world;
  world.four_way(0);
  world.four_way(1, {.address = Server::address_of(0)});
  CHECK(world.faults(Fault::kSharedLease) == 1);
  world.four_way(2, {.prefix = Server::prefix_of(0)});
  CHECK(world.faults(Fault::kSharedLease) == 2);
  world.four_way(3);
  CHECK(world.faults(Fault::kSharedLease) == 2);
}

TEST_CASE("what was released, or has ended, may be another client's") {
  World world;
  world.four_way(0);
  world.crowd.begin_with(0, Task::kRelease, Nanoseconds(0), Nanoseconds(0));
  world.four_way(1, {.address = Server::address_of(0)});
  CHECK(world.faults(Fault::kSharedLease) == 0);

  world.four_way(2, {.preferred = {5}, .valid = {5}});
  world.crowd.begin_with(3, Task::kFourWay, 10 * kSecond, 10 * kSecond);
  world.answer(3, {.address = Server::address_of(2)}, 10 * kSecond);
  world.answer(3, {.address = Server::address_of(2)}, 10 * kSecond);
  CHECK(world.crowd.client(3).bound);
  CHECK(world.faults(Fault::kSharedLease) == 0);
}

TEST_CASE("an offer shared by two clients is no fault: RFC 8415 18.3.9 reserves nothing") {
  World world;
  for (const uint32_t number : {0U, 1U}) {
    world.crowd.begin_with(number, Task::kSolicitOnly, Nanoseconds(0), Nanoseconds(0));
    world.answer(number, {.address = Server::address_of(0)});
  }
  CHECK(world.crowd.oddities().faulty() == 0);
  CHECK(world.crowd.bound() == 0);
}

TEST_CASE("a faulty answer ends its exchange as failed and leaves the client free") {
  World world;
  world.crowd.begin_with(0, Task::kFourWay, Nanoseconds(0), Nanoseconds(0));
  world.answer(0, {.address_ia = false});
  CHECK(world.crowd.client(0).idle());
  CHECK(world.crowd.figures().failed == 1);
  CHECK(world.crowd.in_flight() == 0);
}

TEST_CASE("clients that boot begin by themselves, each at its moment") {
  World world;
  world.crowd.set_patience({.retransmit = true});
  world.crowd.boot(0, Task::kFourWay, Milliseconds(300));
  world.crowd.boot(1, Task::kFourWay, Milliseconds(700));
  CHECK(world.crowd.in_flight() == 2);
  CHECK(world.tick(Milliseconds(299)).empty());
  CHECK(world.tick(Milliseconds(300)) == std::vector<uint32_t>{0});
  CHECK(world.tick(Milliseconds(800)) == std::vector<uint32_t>{1});
  CHECK(world.crowd.in_flight() == 2);
  world.answer(1, {}, Milliseconds(800));
  world.answer(1, {}, Milliseconds(801));
  CHECK(world.crowd.figures().exchange_latency.max() == Milliseconds(101));  // from its own moment
}

TEST_CASE("the next client is one that is in no exchange; when all are, there is none") {
  World world;
  for (uint32_t i = 0; i < 4; ++i) {
    REQUIRE(world.crowd.next_idle() == i);
    world.crowd.begin_with(i, Task::kFourWay, Nanoseconds(0), Nanoseconds(0));
  }
  CHECK_FALSE(world.crowd.next_idle());
  CHECK(world.crowd.oddities().no_client == 1);
  world.answer(2);
  world.answer(2);
  CHECK(world.crowd.next_idle() == 2U);
  world.crowd.give_up_all();
  CHECK(world.crowd.in_flight() == 0);
}

TEST_CASE("behind a relay: hop count 0, the client's link-local address, its Interface-Id and Remote-ID") {
  Profile profile = test::relayed_profile();
  profile.remote_id = true;
  World world(profile);
  world.crowd.begin_with(3, Task::kFourWay, Nanoseconds(0), Nanoseconds(0));
  world.sent(3);
  const auto relay = wire::RelayView::parse(Bytes(world.bytes).first(world.size));
  REQUIRE(relay);
  CHECK(relay->type == MessageType::kRelayForward);
  CHECK(relay->hop_count == 0);
  CHECK(relay->link_address == world.population.link_address(3));
  CHECK(relay->peer_address == world.population.link_local(3));
  CHECK(wire::same_bytes(*relay->interface_id, world.population.interface_id(3)));
  const auto remote = wire::parse_remote_id(wire::find_option(relay->options, OptionCode::kRemoteId)->data);
  REQUIRE(remote);
  CHECK(remote->enterprise == 32473);
}

}  // namespace tandem6::crowd_test
