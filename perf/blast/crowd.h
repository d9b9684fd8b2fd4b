// All clients: a state machine that is told of moments, arrivals and timers, and says who sends what. It has no clock,
// no socket and allocates nothing after its construction. One thread.
#pragma once

#include <vector>

#include "perf/blast/answer.h"
#include "perf/blast/client.h"
#include "perf/blast/figures.h"
#include "perf/blast/ledger.h"
#include "perf/blast/population.h"
#include "perf/blast/request.h"
#include "perf/blast/server_table.h"
#include "perf/blast/split_mix.h"

namespace tandem6::blast {

/// What becomes of a question without answer.
struct Patience {
  bool retransmit = false;       ///< as RFC 8415 §15 has it; otherwise it is given up
  Nanoseconds timeout{kSecond};  ///< after this long
};

class Crowd {
 public:
  explicit Crowd(const Population& population);

  void set_patience(Patience patience) { patience_ = patience; }
  /// Exchanges that begin from now on are in figures(), or are not.
  void set_measured(bool measured) { measured_ = measured; }

  /// The client whose turn it is. Nothing when all are in an exchange.
  std::optional<uint32_t> next_idle();
  /// Its exchange was to begin at `intended`, which may be past, and does now: it sends its first question.
  void begin_with(uint32_t client, Task task, Nanoseconds intended, Nanoseconds now);
  /// The client begins by itself in the millisecond of `when`.
  void boot(uint32_t client, Task task, Nanoseconds when);

  /// An answer has come. The client that sends its next question now, if one does.
  std::optional<uint32_t> receive(const Arrival& arrival, Nanoseconds now);
  void note(Fault fault) { ++oddities_.faults[static_cast<size_t>(fault)]; }

  /// Timers that are due by now, at most `budget` of them: send(client) for each that sends (again).
  template <typename Send>
  unsigned tick(Nanoseconds now, unsigned budget, Send&& send);

  /// The datagram that a client sends now, as begin_with(), receive() or tick() said.
  void write(uint32_t client, Nanoseconds now, wire::Writer& out) const {
    write_request(population_, servers_, client, clients_[client], now, out);
  }

  /// Makes every exchange that is under way end without an answer.
  void give_up_all();

  const Client& client(uint32_t number) const { return clients_[number]; }
  std::span<const Client> clients() const { return clients_; }
  uint64_t in_flight() const { return in_flight_; }
  uint64_t bound() const { return bound_; }
  const ServerTable& servers() const { return servers_; }
  Figures& figures() { return figures_; }
  Oddities& oddities() { return oddities_; }
  /// The running second; whoever reads it clears it.
  struct Interval {
    uint64_t begun = 0;
    uint64_t completed = 0;
    uint64_t answers = 0;
    uint64_t unanswered = 0;
    uint64_t repeated = 0;
    Histogram latency;
  };
  Interval& interval() { return interval_; }

 private:
  struct Timers;  // gives the wheel access to the clients

  void ask(uint32_t number, Question question, Nanoseconds intended, Nanoseconds now);
  void start_timer(uint32_t number, Nanoseconds now);
  bool again(uint32_t number, Nanoseconds now);
  bool due(uint32_t number, Nanoseconds now);
  uint32_t first_wait(const Client& client);
  uint32_t next_wait(const Client& client);
  double spread();
  void unanswered(Client& client);
  std::optional<uint32_t> act_on(const Arrival& arrival, Client& client, const Given& given, Nanoseconds now);
  void check_server(Client& client, Bytes server, FaultSet& faults);
  bool is_current(const Arrival& arrival, const Client& client);
  void finish(Client& client, bool well, Nanoseconds now);
  void take(uint32_t number, const Given& given, Nanoseconds now);
  void enter(uint32_t number, Ledger::Kind kind, Nanoseconds now);
  void give_up_leases(uint32_t number);
  void offer(Client& client, const Given& given);
  static uint32_t milliseconds(Nanoseconds time) { return static_cast<uint32_t>(time / Milliseconds(1)); }

  const Population& population_;
  std::vector<Client> clients_;
  Ledger ledger_;
  lease::TimingWheel wheel_;
  ServerTable servers_;
  Random random_;
  Patience patience_;
  bool measured_ = true;
  uint32_t next_ = 0;
  uint64_t in_flight_ = 0;
  uint64_t bound_ = 0;
  Figures figures_;
  Oddities oddities_;
  Interval interval_;
};

/// The wheel counts ticks; here a tick is a millisecond since the run began.
struct Crowd::Timers {
  std::vector<Client>& clients;
  lease::WheelLinks& links(uint32_t index) const { return clients[index].timer; }
  AbsoluteTime deadline(uint32_t index) const { return {clients[index].deadline}; }
};

template <typename Send>
unsigned Crowd::tick(Nanoseconds now, unsigned budget, Send&& send) {
  return wheel_.advance(Timers{clients_}, AbsoluteTime{milliseconds(now)}, budget, [&](uint32_t number) {
    if (due(number, now)) send(number);
  });
}

}  // namespace tandem6::blast
