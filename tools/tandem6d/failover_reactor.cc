#include "tools/tandem6d/failover_reactor.h"

#include <fmt/format.h>
#include <pthread.h>

#include <array>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <chrono>
#include <future>
#include <set>
#include <utility>

#include "control/local_time.h"
#include "control/log.h"
#include "failover/messages.h"
#include "tools/tandem6d/partner_host.h"

namespace tandem6::daemon {

using control::log;
using control::Severity;

namespace {

constexpr uint64_t kTickMilliseconds = 20;
/// Changes of one worker that are taken at a time, so that the connection is served in between.
constexpr size_t kChangesAtATime = 4096;
/// How long the reactor sleeps at most when nothing comes: what workers have to say wakes nobody.
constexpr std::chrono::microseconds kNap{500};
constexpr std::chrono::milliseconds kFarewell{200};
constexpr size_t kMostStrangers = 64;

}  // namespace

FailoverReactor::FailoverReactor(Setup setup) : setup_(std::move(setup)), desk_(setup_.workers) {}

tl::expected<std::unique_ptr<FailoverReactor>, Error> FailoverReactor::make(Setup setup) {
  std::unique_ptr<FailoverReactor> reactor(new FailoverReactor(std::move(setup)));
  if (auto opened = reactor->open(); !opened) return tl::unexpected(opened.error());
  return reactor;
}

FailoverReactor::~FailoverReactor() { stop(); }

tl::expected<void, Error> FailoverReactor::open() {
  const PartnerHost::World world{.io = &io_,
                                 .management = setup_.management,
                                 .store = setup_.store,
                                 .desk = &desk_,
                                 .workers = setup_.workers.size(),
                                 .take_feeds = [this] { take_feeds(SIZE_MAX); }};
  for (size_t i = 0; i < setup_.relationships.size(); ++i) {
    auto host = PartnerHost::make(setup_.relationships[i], setup_.scopes[i], setup_.snapshot, world);
    if (!host) return tl::unexpected(host.error());
    if (!setup_.relationships[i].tls) {
      log(Severity::kWarn, "failover-plain", "leases travel to the partner unencrypted, and nobody proves who they are",
          {{"relationship", setup_.relationships[i].name}});
    }
    hosts_.push_back(std::move(*host));
  }
  open_listeners();
  return {};
}

void FailoverReactor::open_listeners() {
  std::set<std::pair<Ipv6Address, uint16_t>> places;
  for (const auto& host : hosts_) {
    const Ipv6Address local = host->settings().local;
    const uint16_t port = host->settings().port;
    if (host->settings().role != lease::FailoverRole::kSecondary || !places.emplace(local, port).second) continue;
    listeners_.push_back(failover::Listener::open(
        io_, local, port, host->limits(),
        {.is_partner = [this](const Ipv6Address& address) { return welcome(address); },
         .connected = [this](std::shared_ptr<failover::Connection> connection,
                             Bytes connect) { accepted(std::move(connection), connect); },
         .refused = [this](const Ipv6Address& address, const std::string& reason) { refused(address, reason); },
         .listening = [this, local, port](const std::string& problem) { listening(local, port, problem); }}));
  }
}

void FailoverReactor::listening(const Ipv6Address& local, uint16_t port, const std::string& problem) {
  for (const auto& host : hosts_) {
    const failover::RelationshipSettings& settings = host->settings();
    const bool is_it = settings.role == lease::FailoverRole::kSecondary && settings.local == local;
    if (is_it && settings.port == port) host->listening(problem);
  }
}

void FailoverReactor::start() {
  thread_ = std::thread([this] { run(); });
}

void FailoverReactor::stop() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] {
    for (const auto& host : hosts_) host->shut_down();
  });
  stopping_.store(true);
  thread_.join();
}

void FailoverReactor::run() {
  pthread_setname_np(pthread_self(), "failover");
  const auto guard = asio::make_work_guard(io_);
  for (const auto& host : hosts_) host->start();
  while (!stopping_.load(std::memory_order_relaxed)) {
    const size_t handled = io_.poll();
    if (poll() + handled == 0) io_.run_one_for(kNap);
  }
  // What says good-bye still leaves.
  listeners_.clear();
  io_.run_for(kFarewell);
}

unsigned FailoverReactor::poll() {
  const unsigned work = desk_.poll();
  take_feeds(kChangesAtATime);
  tick();
  return work;
}

void FailoverReactor::take_feeds(size_t limit) {
  const failover::Moment now = PartnerHost::now();
  bool any = false;
  for (const LeaseDesk::WorkerEnd& worker : setup_.workers) {
    lease::UpdateFeed& feed = worker.leases->feed();
    const size_t taken = feed.take(worker.leases->log().committed(), limit, [&](const auto& entry) {
      hosts_[entry.scope]->relationship().changed(entry.record, entry.sequence);
    });
    any = any || taken != 0;
    if (!feed.take_overflow()) continue;
    for (const auto& host : hosts_) host->relationship().feed_overflowed();
  }
  if (!any) return;
  for (const auto& host : hosts_) host->relationship().flush(now);
}

void FailoverReactor::tick() {
  const failover::Moment now = PartnerHost::now();
  if (now.milliseconds - last_tick_ < kTickMilliseconds) return;
  last_tick_ = now.milliseconds;
  for (const auto& host : hosts_) host->tick(now);
}

// --- partners that connect -------------------------------------------------------------------------------------------

tl::expected<failover::Listener::Welcome, Error> FailoverReactor::welcome(const Ipv6Address& address) const {
  std::string why_not = "no failover relationship names this address as its primary";
  for (const auto& host : hosts_) {
    const failover::RelationshipSettings& settings = host->settings();
    if (settings.role != lease::FailoverRole::kSecondary || settings.partner != address) continue;
    if (host->can_speak()) return failover::Listener::Welcome{host->identity()};
    why_not = host->identity_problem();
  }
  return tl::unexpected(Error{why_not});
}

// RFC 8156 §6.2: "determined solely by the IPv6 address of the partner, the relationship name, and the role".
void FailoverReactor::accepted(std::shared_ptr<failover::Connection> connection, Bytes connect) {
  const auto message = wire::FailoverMessageView::parse(connect);
  const auto terms = message ? failover::read_connect(*message) : std::nullopt;
  std::vector<PartnerHost*> fitting;
  for (const auto& host : hosts_) {
    const failover::RelationshipSettings& settings = host->settings();
    if (settings.role != lease::FailoverRole::kSecondary || settings.partner != connection->partner()) continue;
    if (!terms || terms->relationship.empty() || terms->relationship == settings.name) fitting.push_back(host.get());
  }
  // A new connection replaces the old one: the partner knows best that it is lost. What cannot be read does not.
  if (fitting.size() == 1 && (terms || !fitting.front()->is_connected())) {
    return fitting.front()->accept(std::move(connection), connect);
  }
  const std::string why =
      terms ? fmt::format(
                  "the CONNECT is for relationship {:?}, which the secondary does not have with this primary: "
                  "the name must be the same on both",
                  terms->relationship)
            : "a CONNECT that cannot be read";
  refused(connection->partner(), why);
  // §6.1.2: "always be followed by a CONNECTREPLY message". Of §5.6's codes, 17 is the one for configurations that
  // contradict each other.
  if (message) {
    std::array<std::byte, 512> buffer;
    wire::Writer out(buffer);
    const auto status = terms ? wire::StatusCode::kConfigurationConflict : wire::StatusCode::kUnspecFail;
    failover::put_refusal(out, message->transaction_id, PartnerHost::now().wall, status, why);
    connection->send(out.written());
  }
  connection->close();
}

void FailoverReactor::refused(const Ipv6Address& address, const std::string& reason) {
  bool is_known = false;
  for (const auto& host : hosts_) {
    const failover::RelationshipSettings& settings = host->settings();
    if (settings.role != lease::FailoverRole::kSecondary || settings.partner != address) continue;
    is_known = true;
    host->refused(reason);
  }
  if (!is_known) turned_away(address, reason);
}

// Somebody may knock for days, or many may: each is in the log once, until there were a good many others.
void FailoverReactor::turned_away(const Ipv6Address& stranger, const std::string& reason) {
  last_stranger_ = Stranger{.address = stranger, .when = PartnerHost::now().wall};
  if (strangers_.size() >= kMostStrangers) strangers_.clear();
  if (!strangers_.insert(stranger).second) return;
  log(Severity::kWarn, "failover-refused", reason, {{"from", stranger.to_string()}});
}

// --- the management thread's -----------------------------------------------------------------------------------------

template <typename Result>
Result FailoverReactor::ask(std::function<Result()> question) {
  if (!thread_.joinable()) return question();
  std::promise<Result> promise;
  std::future<Result> answer = promise.get_future();
  asio::post(io_, [&] { promise.set_value(question()); });
  return answer.get();
}

std::vector<std::string> FailoverReactor::reconfigured(std::shared_ptr<const lease::Snapshot> snapshot) {
  std::vector<PartnerHost::Identity> identities;
  std::vector<std::string> problems;
  for (const auto& host : hosts_) {
    identities.push_back(PartnerHost::load_identity(host->settings()));
    if (identities.back()) continue;
    problems.push_back(fmt::format("failover relationship \"{}\" {}: {}", host->settings().name,
                                   host->can_speak() ? "keeps its certificates" : "still has no certificates",
                                   identities.back().error().message));
  }
  ask<bool>([&] {
    for (size_t i = 0; i < hosts_.size(); ++i) {
      hosts_[i]->replace_snapshot(snapshot);
      hosts_[i]->replace_identity(identities[i]);
    }
    return true;
  });
  return problems;
}

std::vector<failover::RelationshipStatus> FailoverReactor::status() {
  return ask<std::vector<failover::RelationshipStatus>>([this] {
    std::vector<failover::RelationshipStatus> all;
    for (const auto& host : hosts_) {
      all.push_back(host->status());
      if (!host->is_connected()) add_stranger(all.back());
    }
    return all;
  });
}

// A primary that comes from another address than the one that is configured is a stranger.
void FailoverReactor::add_stranger(failover::RelationshipStatus& status) const {
  if (!last_stranger_ || status.role != lease::FailoverRole::kSecondary) return;
  if (!status.connect_failure.empty()) status.connect_failure += "; ";
  status.connect_failure +=
      fmt::format("{}, which is not the partner of any relationship, tried to connect at {}",
                  last_stranger_->address.to_string(), control::local_time(last_stranger_->when.to_unix()));
}

tl::expected<void, Error> FailoverReactor::command(const std::string& relationship, failover::OperatorCommand command) {
  return ask<tl::expected<void, Error>>([&]() -> tl::expected<void, Error> {
    for (const auto& host : hosts_) {
      if (host->settings().name == relationship) return host->relationship().command(command, PartnerHost::now());
    }
    return tl::unexpected(Error{fmt::format("there is no failover relationship \"{}\"", relationship)});
  });
}

}  // namespace tandem6::daemon
