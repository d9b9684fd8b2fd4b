#include "perf/blast/crowd.h"

#include <algorithm>

namespace tandem6::blast {
namespace {

Question first_question(Task task) {
  switch (task) {
    case Task::kRapidCommit:
      return Question::kRapidSolicit;
    case Task::kRenew:
      return Question::kRenew;
    case Task::kRebind:
      return Question::kRebind;
    case Task::kRelease:
      return Question::kRelease;
    case Task::kInformationRequest:
      return Question::kInformationRequest;
    default:
      return Question::kSolicit;
  }
}

// A client that begins one of these has forgotten what it had.
bool begins_anew(Task task) {
  return task == Task::kFourWay || task == Task::kRapidCommit || task == Task::kSolicitOnly;
}

}  // namespace

Crowd::Crowd(const Population& population)
    : population_(population), clients_(population.size()), ledger_(clients_), random_(mix(population.profile().seed)) {
  wheel_.start({0});
}

// --- beginning -------------------------------------------------------------------------------------------------------

std::optional<uint32_t> Crowd::next_idle() {
  // Exchanges take about the same time, so that the next client is nearly always the one that has waited longest.
  constexpr unsigned kTries = 64;
  for (unsigned i = 0; i < kTries; ++i) {
    const uint32_t number = next_;
    next_ = next_ + 1 == clients_.size() ? 0 : next_ + 1;
    if (clients_[number].idle()) return number;
  }
  ++oddities_.no_client;
  return std::nullopt;
}

void Crowd::begin_with(uint32_t client, Task task, Nanoseconds intended, Nanoseconds now) {
  Client& one = clients_[client];
  if (begins_anew(task) || task == Task::kRelease) {
    // RFC 8415 §18.2.7: a client stops using what it releases before it says so. Its record keeps it for the message.
    give_up_leases(client);
    if (task != Task::kRelease) one.has_address = one.has_prefix = false;
  }
  one.task = task;
  one.began = intended;
  one.measured = measured_;
  ++in_flight_;
  ++interval_.begun;
  if (one.measured) ++figures_.begun;
  ask(client, first_question(task), intended, now);
}

void Crowd::boot(uint32_t client, Task task, Nanoseconds when) {
  Client& one = clients_[client];
  one.task = task;
  one.booting = true;
  one.deadline = milliseconds(when);
  one.began = Milliseconds(one.deadline);  // as exact as the timers are
  ++in_flight_;
  wheel_.schedule(Timers{clients_}, client);
}

void Crowd::ask(uint32_t number, Question question, Nanoseconds intended, Nanoseconds now) {
  Client& client = clients_[number];
  client.question = question;
  client.asked = intended;
  client.tries = 1;
  ++client.sequence;
  client.wait = first_wait(client);
  start_timer(number, now);
  if (client.measured) ++figures_.of(question).asked;
}

// --- timers ----------------------------------------------------------------------------------------------------------

void Crowd::start_timer(uint32_t number, Nanoseconds now) {
  wheel_.cancel(Timers{clients_}, number);
  clients_[number].deadline = milliseconds(now) + clients_[number].wait;
  wheel_.schedule(Timers{clients_}, number);
}

// RAND of RFC 8415 §15.
double Crowd::spread() { return random_.unit() * 0.2 - 0.1; }

uint32_t Crowd::first_wait(const Client& client) {
  // One more, since the clock's millisecond has begun already.
  if (!patience_.retransmit) return milliseconds(patience_.timeout) + 1;
  const double first = retransmission_of(client.question).first * 1000.0;
  // §18.2.1: the first RT of a SOLICIT is more than IRT.
  const bool solicit = message_of(client.question) == wire::MessageType::kSolicit;
  return static_cast<uint32_t>(first + (solicit ? std::abs(spread()) : spread()) * first) + 1;
}

uint32_t Crowd::next_wait(const Client& client) {
  const double longest = retransmission_of(client.question).longest * 1000.0;
  const double doubled = client.wait * (2.0 + spread());
  if (longest == 0 || doubled <= longest) return static_cast<uint32_t>(doubled);
  return static_cast<uint32_t>(longest + spread() * longest);
}

bool Crowd::due(uint32_t number, Nanoseconds now) {
  Client& client = clients_[number];
  if (client.booting) {
    client.booting = false;
    --in_flight_;  // begin_with() counts it
    begin_with(number, client.task, client.began, now);
    return true;
  }
  const uint8_t attempts = retransmission_of(client.question).attempts;
  if (patience_.retransmit && (attempts == 0 || client.tries < attempts)) return again(number, now);
  unanswered(client);
  // §18.2.2: a client whose REQUEST is not answered begins anew.
  if (patience_.retransmit && client.question == Question::kRequest) {
    client.has_address = client.has_prefix = false;
    ask(number, first_question(client.task), now, now);
    return true;
  }
  finish(client, false, now);
  return false;
}

bool Crowd::again(uint32_t number, Nanoseconds now) {
  Client& client = clients_[number];
  if (client.tries < 0xff) ++client.tries;
  client.wait = next_wait(client);
  start_timer(number, now);
  ++interval_.repeated;
  if (client.measured) ++figures_.of(client.question).repeated;
  return true;
}

void Crowd::unanswered(Client& client) {
  ++interval_.unanswered;
  if (client.measured) ++figures_.of(client.question).unanswered;
}

void Crowd::give_up_all() {
  for (uint32_t number = 0; number < clients_.size(); ++number) {
    Client& client = clients_[number];
    if (client.idle()) continue;
    wheel_.cancel(Timers{clients_}, number);
    client.booting = false;
    unanswered(client);
    finish(client, false, Nanoseconds(0));
  }
}

// --- answers ---------------------------------------------------------------------------------------------------------

// Transaction ids count up: one behind the present one was used before.
bool Crowd::is_current(const Arrival& arrival, const Client& client) {
  const uint32_t present = population_.transaction_id(arrival.client, client.sequence);
  const uint32_t behind = (present - arrival.message.transaction_id) & 0xffffff;
  if (behind == 0 && !client.idle() && !client.booting) return true;
  if (behind >= client.sequence) {
    note(Fault::kWrongTransaction);
  } else {
    // An idle client's present question was either answered (this is a further answer) or given up.
    ++(client.tries == 0 || !client.idle() ? oddities_.further : oddities_.late);
  }
  return false;
}

std::optional<uint32_t> Crowd::receive(const Arrival& arrival, Nanoseconds now) {
  Client& client = clients_[arrival.client];
  if (!is_current(arrival, client)) return std::nullopt;
  const wire::MessageType expected = answer_to(client.question);
  if (arrival.message.type != expected) {
    // Among these an ADVERTISE to a SOLICIT with Rapid Commit: a client would go on with REQUEST, but the server does
    // not do what is measured.
    wheel_.cancel(Timers{clients_}, arrival.client);
    note(Fault::kWrongType);
    finish(client, false, now);
    return std::nullopt;
  }
  Given given;
  FaultSet faults = check_answer(population_, arrival, client, given);
  check_server(client, given.server, faults);
  const Nanoseconds latency = now - client.asked;
  ++interval_.answers;
  interval_.latency.add(latency);
  if (client.measured) {
    QuestionFigures& figures = figures_.of(client.question);
    ++figures.answered;
    figures.latency.add(latency);
  }
  wheel_.cancel(Timers{clients_}, arrival.client);
  if (!faults.empty()) {
    for (size_t i = 0; i < kFaults; ++i) {
      if (faults.has(static_cast<Fault>(i))) note(static_cast<Fault>(i));
    }
    // A client that waits and asks again (§18.2.10) would hide the fault behind its patience: the exchange ends here.
    finish(client, false, now);
    return std::nullopt;
  }
  return act_on(arrival, client, given, now);
}

void Crowd::check_server(Client& client, Bytes server, FaultSet& faults) {
  if (server.empty()) return;
  const auto number = servers_.number(server);
  if (!number) return faults.add(Fault::kMalformed);
  const bool addressed = client.question == Question::kRequest || client.question == Question::kRenew ||
                         client.question == Question::kRelease;
  if (addressed && *number != client.server) faults.add(Fault::kServerIdChanged);
  client.server = *number;
}

std::optional<uint32_t> Crowd::act_on(const Arrival& arrival, Client& client, const Given& given, Nanoseconds now) {
  switch (client.question) {
    case Question::kSolicit:
      if (client.task == Task::kSolicitOnly) break;
      offer(client, given);
      ask(arrival.client, Question::kRequest, now, now);
      return arrival.client;
    case Question::kRapidSolicit:
    case Question::kRequest:
    case Question::kRenew:
    case Question::kRebind:
      take(arrival.client, given, now);
      break;
    case Question::kRelease:
      client.has_address = client.has_prefix = false;
      break;
    case Question::kInformationRequest:
      break;
  }
  finish(client, true, now);
  return std::nullopt;
}

void Crowd::finish(Client& client, bool well, Nanoseconds now) {
  if (client.measured) {
    ++(well ? figures_.completed : figures_.failed);
    if (well) figures_.exchange_latency.add(now - client.began);
  }
  if (well) ++interval_.completed;
  client.task = Task::kNone;
  if (well) client.tries = 0;
  --in_flight_;
}

// --- leases ----------------------------------------------------------------------------------------------------------

void Crowd::offer(Client& client, const Given& given) {
  client.address = given.address;
  client.prefix = given.prefix;
  client.prefix_length = given.prefix_length;
  client.has_address = given.has_address;
  client.has_prefix = given.has_prefix;
}

void Crowd::take(uint32_t number, const Given& given, Nanoseconds now) {
  Client& client = clients_[number];
  give_up_leases(number);
  offer(client, given);
  // Infinity, and whatever is later than any run's end.
  constexpr uint32_t kForever = 1U << 30;
  client.ends = static_cast<uint32_t>(now / kSecond) + std::min(given.valid, kForever);
  client.bound = true;
  ++bound_;
  if (client.has_address) enter(number, Ledger::Kind::kAddress, now);
  if (client.has_prefix) enter(number, Ledger::Kind::kPrefix, now);
}

void Crowd::enter(uint32_t number, Ledger::Kind kind, Nanoseconds now) {
  const auto other = ledger_.enter(number, kind);
  if (other && std::chrono::seconds(clients_[*other].ends) > now) note(Fault::kSharedLease);
}

void Crowd::give_up_leases(uint32_t number) {
  Client& client = clients_[number];
  if (!client.bound) return;
  if (client.has_address) ledger_.remove(number, Ledger::Kind::kAddress);
  if (client.has_prefix) ledger_.remove(number, Ledger::Kind::kPrefix);
  client.bound = false;
  --bound_;
}

}  // namespace tandem6::blast
