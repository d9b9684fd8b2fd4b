// Sends Reconfigure messages (RFC 8415 §18.3.11, RFC 6644) and repeats them until their clients answer.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "control/server.h"
#include "dataplane/wire/codes.h"

namespace tandem6::control {

/// Which of the clients with leases are called.
struct ReconfigureCall {
  wire::MessageType answer_with = wire::MessageType::kRenew;    ///< Renew, Rebind or Information-request
  std::shared_ptr<const std::set<uint32_t>> subnets = nullptr;  ///< with a lease in one of these; null: in any
};

struct ReconfigureStatus {
  uint64_t called = 0;       ///< clients that were sent one, since the start
  uint64_t sent = 0;         ///< messages, repeated ones among them
  uint64_t answered = 0;     ///< clients that did as they were told
  uint64_t gave_up = 0;      ///< clients that did not after REC_MAX_RC messages
  uint64_t unreachable = 0;  ///< clients that accept Reconfigure, but this server does not know the way to them
  uint64_t not_sent = 0;     ///< messages for which there was no buffer or no port; they are tried again
  size_t under_way = 0;      ///< clients that have yet to answer
  size_t calls_waiting = 0;  ///< calls on several clients that have not reached all of them
};

/// The management thread's. Time comes in by tick(); messages leave by errands on the workers. What is under way is
/// forgotten when the server ends: clients renew by themselves.
class Reconfigurer {
 public:
  explicit Reconfigurer(Server& server) : server_(server) {}

  /// One client, at the next tick. The error says why it cannot be sent one.
  tl::expected<void, Error> call(const Duid& client, wire::MessageType answer_with);
  /// Several, from the next tick on, as fast as the configuration allows.
  tl::expected<void, Error> call(ReconfigureCall call);
  /// Nothing more is sent to anybody that was called so far. Returns how many clients had yet to answer.
  size_t cancel();
  ReconfigureStatus status() const;

  bool is_idle() const { return waiting_.empty() && calls_.empty(); }
  /// Sends what is due. `milliseconds`: of a clock that never goes back. Every hundred or so while not idle.
  void tick(uint64_t milliseconds);

 private:
  struct Client {
    Duid duid;
    ReconfigureCall call;
    unsigned sent = 0;  // messages
  };
  struct Attempt;
  /// A call on several clients: how far it is.
  struct Walk {
    ReconfigureCall call;
    std::optional<Duid> after = {};    // clients up to this one were looked at
    std::vector<Duid> accepting = {};  // of those, who are yet to be called
    bool ended = false;                // there are no more to look at
  };

  void earn(uint64_t milliseconds);
  std::vector<Client> take_due(uint64_t milliseconds, size_t limit);
  std::vector<Client> take_called(size_t limit);
  void look_further(Walk& walk);
  Attempt prepare(Client client);
  bool run(std::vector<Client> clients, uint64_t milliseconds);
  void take_result(Attempt& attempt, uint64_t milliseconds);
  void wait(Client client, uint64_t until);
  void forget(const Duid& client);
  uint64_t next_replay();

  Server& server_;
  std::multimap<uint64_t, Client> waiting_;  // by when, in milliseconds
  std::set<std::string> under_way_;          // DUIDs of waiting_, and of those that are being sent to
  std::deque<Walk> calls_;
  std::optional<uint64_t> last_tick_;
  double allowance_ = 0;  // messages
  uint64_t last_replay_ = 0;
  ReconfigureStatus status_;
};

/// What a client's kept data says: the way to it, or why it cannot be sent a Reconfigure.
tl::expected<lease::ReturnPath, std::string> reconfigure_way(Bytes client_data);

}  // namespace tandem6::control
