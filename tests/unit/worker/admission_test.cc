// Who is served when the disk falls behind (architecture.md §6).
#include "dataplane/worker/admission.h"

#include <doctest/doctest.h>

#include "dataplane/worker/parked_replies.h"

namespace tandem6::worker::admission_test {

using wire::MessageType;

TEST_CASE("a disk that keeps up: everybody is served") {
  for (MessageType type : {MessageType::kSolicit, MessageType::kRequest, MessageType::kRenew, MessageType::kRelease}) {
    CHECK(admits(urgency_of(type), {.used = 0, .capacity = 1024}));
  }
}

TEST_CASE("a disk that falls behind: SOLICIT is shed first, at half") {
  CHECK(admits(urgency_of(MessageType::kSolicit), {.used = 511, .capacity = 1024}));
  CHECK_FALSE(admits(urgency_of(MessageType::kSolicit), {.used = 512, .capacity = 1024}));
  CHECK(admits(urgency_of(MessageType::kRequest), {.used = 512, .capacity = 1024}));
}

TEST_CASE(
    "a disk that falls further behind: REQUEST is shed at three quarters, leases that exist are served to the end") {
  CHECK(admits(urgency_of(MessageType::kRequest), {.used = 767, .capacity = 1024}));
  CHECK_FALSE(admits(urgency_of(MessageType::kRequest), {.used = 768, .capacity = 1024}));
  for (MessageType type : {MessageType::kRenew, MessageType::kRebind, MessageType::kRelease, MessageType::kDecline}) {
    CHECK(admits(urgency_of(type), {.used = 1023, .capacity = 1024}));
  }
}

TEST_CASE("RFC 8415 18.3: who holds a lease goes before who asks for one, and that before who only looks") {
  for (MessageType type : {MessageType::kRenew, MessageType::kRebind, MessageType::kRelease, MessageType::kDecline,
                           MessageType::kConfirm}) {
    CHECK(urgency_of(type) == Urgency::kEstablished);
  }
  CHECK(urgency_of(MessageType::kRequest) == Urgency::kRequest);
  for (MessageType type : {MessageType::kSolicit, MessageType::kInformationRequest, static_cast<MessageType>(200)}) {
    CHECK(urgency_of(type) == Urgency::kNewClient);
  }
}

TEST_CASE("parked replies leave in the order in which they came, round the end of the ring") {
  ParkedReplies parked(4);
  uint64_t next_in = 0;
  uint64_t next_out = 0;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 3; ++i) parked.push({.buffer = nullptr, .sequence = next_in++, .made = 0, .port = 0});
    CHECK(parked.size() == 3);
    CHECK(parked.room() == 1);
    for (int i = 0; i < 3; ++i) {
      REQUIRE(parked.front().sequence == next_out++);
      parked.pop();
    }
    CHECK(parked.empty());
  }
}

}  // namespace tandem6::worker::admission_test
