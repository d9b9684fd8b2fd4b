// Where a worker leaves the questions that it does not answer itself, as their answers lie on the disk or with other
// workers (LEASEQUERY, RFC 5007), and where it finds the answers to send.
#pragma once

#include <array>
#include <cstddef>

#include "dataplane/lease/engine.h"
#include "dataplane/worker/spsc_ring.h"

struct rte_mbuf;

namespace tandem6::worker {

/// One for each worker, between it and the management thread. A question's packet is whoever's who has it: the worker's
/// again with the answer.
class QueryDesk {
 public:
  static constexpr size_t kCapacity = 64;
  static constexpr size_t kMaxAnswer = 4096;

  // --- the worker --------------------------------------------------------------------------------------------------
  /// False when the desk is full: the packet stays the worker's.
  bool ask(rte_mbuf* question) {
    rte_mbuf** const place = questions_.to_fill();
    if (place == nullptr) return false;
    *place = question;
    questions_.push();
    return true;
  }
  /// Calls `take(rte_mbuf* question, const lease::Answer&, Bytes answer)` for every answer. Returns how many there
  /// were.
  template <typename Take>
  unsigned take_answers(Take&& take) {
    unsigned count = 0;
    for (Answered* answered = answers_.front(); answered != nullptr; answered = answers_.front(), ++count) {
      take(answered->question, answered->answer, Bytes(answered->bytes).first(answered->answer.size));
      answers_.pop();
    }
    return count;
  }

  // --- management thread -------------------------------------------------------------------------------------------
  /// Calls `reply(rte_mbuf* question, MutableBytes out)`, which returns a lease::Answer, for the questions that have
  /// come.
  template <typename Reply>
  void serve(Reply&& reply) {
    for (rte_mbuf** question = questions_.front(); question != nullptr; question = questions_.front()) {
      Answered* const answered = answers_.to_fill();
      if (answered == nullptr) return;  // the worker is behind: later
      answered->question = *question;
      answered->answer = reply(*question, MutableBytes(answered->bytes));
      answers_.push();
      questions_.pop();
    }
  }

 private:
  struct Answered {
    rte_mbuf* question;
    lease::Answer answer;
    std::array<std::byte, kMaxAnswer> bytes;
  };
  SpscRing<rte_mbuf*, kCapacity> questions_;
  SpscRing<Answered, kCapacity> answers_;
};

}  // namespace tandem6::worker
