#include "tools/tandem6d/partner_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <ctime>
#include <utility>

#include "control/local_time.h"
#include "control/log.h"

namespace tandem6::daemon {

using control::log;
using control::Severity;

namespace {

/// Places of the shards that one job looks at: some hundred microseconds.
constexpr size_t kPlacesPerJob = 2048;
constexpr std::chrono::milliseconds kStoreAgain{1000};
constexpr uint64_t kTryCertificatesMilliseconds = 10'000;
/// A partner that lets so much lie does not read: §8.2's timers end the connection.
constexpr size_t kMostUnsent = size_t{64} << 20;

std::string meta_name(const std::string& relationship) { return "failover/" + relationship; }

}  // namespace

failover::Moment PartnerHost::now() {
  using namespace std::chrono;
  const auto steady = duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
  return {.wall = AbsoluteTime::from_unix(std::time(nullptr)), .milliseconds = static_cast<uint64_t>(steady)};
}

PartnerHost::PartnerHost(const failover::RelationshipSettings& settings, std::shared_ptr<lease::FailoverScope> scope,
                         std::shared_ptr<const lease::Snapshot> snapshot, const World& world)
    : settings_(settings), scope_(std::move(scope)), snapshot_(std::move(snapshot)), world_(world) {}

PartnerHost::Identity PartnerHost::load_identity(const failover::RelationshipSettings& settings) {
  return settings.tls ? failover::load_tls_identity(*settings.tls) : nullptr;
}

// A certificate that has expired overnight must not keep clients without service: we serve, and say it.
void PartnerHost::take_identity(const Identity& identity) {
  identity_ = identity.value_or(identity_);
  identity_problem_.clear();
  if (!identity && !identity_) identity_problem_ = "the partner cannot be spoken to: " + identity.error().message;
}

tl::expected<std::unique_ptr<PartnerHost>, Error> PartnerHost::make(const failover::RelationshipSettings& settings,
                                                                    std::shared_ptr<lease::FailoverScope> scope,
                                                                    std::shared_ptr<const lease::Snapshot> snapshot,
                                                                    const World& world) {
  std::unique_ptr<PartnerHost> host(new PartnerHost(settings, std::move(scope), std::move(snapshot), world));
  host->take_identity(load_identity(settings));
  if (!host->can_speak()) host->note(failover::Weight::kAlarm, "failover-certificates", host->identity_problem());
  const auto stored = world.store->get_meta(meta_name(settings.name));
  if (!stored) return tl::unexpected(stored.error());
  std::optional<failover::Stable> stable;
  if (stored->has_value()) {
    stable = failover::decode_stable(wire::bytes_of(**stored));
    if (!stable) {
      return tl::unexpected(
          Error{fmt::format("what the database keeps of failover relationship \"{}\" is damaged, or a "
                            "newer tandem6 wrote it",
                            settings.name)});
    }
  }
  host->relationship_ =
      std::make_unique<failover::Relationship>(settings, *host->scope_, std::move(stable), *host, now());
  return host;
}

// --- the connection --------------------------------------------------------------------------------------------------

void PartnerHost::start() {
  if (settings_.role != lease::FailoverRole::kPrimary || !can_speak()) return;
  connector_ = failover::Connector::open(
      *world_.io, {.local = settings_.local, .partner = settings_.partner, .port = settings_.port}, identity_, limits(),
      [this](std::shared_ptr<failover::Connection> connection) {
        take(std::move(connection));
        relationship_->connected(now());
      },
      [this](const std::string& reason) {
        if (reason != last_failure_) note(failover::Weight::kWarning, "failover-no-connection", reason);
        last_failure_ = reason;
      });
}

// A partner that has just started waits for us as long as its STARTUP lasts, not longer: it serves then, whatever state
// we are in. So the pauses between attempts, to connect or to listen, stay below that.
failover::Limits PartnerHost::limits() const {
  failover::Limits limits;
  const std::chrono::milliseconds half_of_startup{uint64_t{settings_.startup.count} * 500};
  limits.retry_longest = std::clamp(half_of_startup, limits.retry_first, limits.retry_longest);
  return limits;
}

void PartnerHost::take(std::shared_ptr<failover::Connection> connection) {
  if (connection_) connection_->close();
  last_failure_.clear();
  connection_ = std::move(connection);
  connection_->start({.received = [this](Bytes message) { relationship_->received(message, now()); },
                      .batch_ended = [this] { relationship_->flush(now()); },
                      .closed =
                          [this](const std::string& reason) {
                            connection_.reset();
                            alone_since_ = now();
                            relationship_->disconnected(reason, now());
                            if (connector_) connector_->retry();
                          }});
}

void PartnerHost::accept(std::shared_ptr<failover::Connection> connection, Bytes connect) {
  take(std::move(connection));
  relationship_->connected_by(connect, now());
}

void PartnerHost::listening(const std::string& problem) {
  if (problem == std::exchange(listen_problem_, problem)) return;
  if (problem.empty()) return note(failover::Weight::kInfo, "failover-listening", "the partner can connect now");
  note(failover::Weight::kAlarm, "failover-not-listening", problem);
}

// A partner that is refused comes again, for days if need be: the log has it when it is news.
void PartnerHost::refused(const std::string& reason) {
  if (!connection_) last_failure_ = reason;
  if (reason == std::exchange(last_refusal_, reason) || reason == identity_problem_) return;
  log(Severity::kWarn, "failover-refused", reason,
      {{"relationship", settings_.name}, {"from", settings_.partner.to_string()}});
}

void PartnerHost::send(Bytes message) {
  if (!connection_) return;
  if (connection_->unsent() < kMostUnsent) connection_->send(message);
}

void PartnerHost::disconnect() {
  if (!connection_) return;
  std::exchange(connection_, nullptr)->close();
  alone_since_ = now();
  if (connector_) connector_->retry();
}

void PartnerHost::settled() {
  last_refusal_.clear();
  if (connector_) connector_->settled();
}

void PartnerHost::shut_down() { relationship_->shut_down(now()); }

// --- the disk --------------------------------------------------------------------------------------------------------

void PartnerHost::persist(std::vector<std::byte> stable, uint64_t token) {
  to_store_ = {std::move(stable), token};
  if (!storing_) store_pending();
}

// One at a time, always the newest; the management thread waits for the disk.
void PartnerHost::store_pending() {
  storing_ = true;
  auto [state, number] = *std::exchange(to_store_, std::nullopt);
  asio::post(*world_.management, [this, stable = std::move(state), token = number] {
    const auto stored = world_.store->put_meta(meta_name(settings_.name), std::string(wire::text_of(stable)));
    asio::post(*world_.io, [this, stable, token, error = stored ? std::string() : stored.error().message] {
      if (error.empty()) {
        storing_ = false;
        relationship_->persisted(token, now());
      } else {
        note(failover::Weight::kAlarm, "failover-not-stored", error);
        if (!to_store_) to_store_ = {stable, token};
        const auto timer = std::make_shared<asio::steady_timer>(*world_.io, kStoreAgain);
        return timer->async_wait([this, timer](const asio::error_code&) { store_pending(); });
      }
      if (to_store_ && !storing_) store_pending();
    });
  });
}

std::vector<std::byte> PartnerHost::client_data(Bytes duid) {
  return world_.store->find_client(duid).value_or(std::vector<std::byte>{});
}

// --- people ----------------------------------------------------------------------------------------------------------

void PartnerHost::note(failover::Weight weight, std::string_view event, std::string_view text) {
  const Severity severity = weight == failover::Weight::kInfo      ? Severity::kInfo
                            : weight == failover::Weight::kWarning ? Severity::kWarn
                                                                   : Severity::kError;
  log(severity, event, text, {{"relationship", settings_.name}});
}

failover::RelationshipStatus PartnerHost::status() const {
  failover::RelationshipStatus status = relationship_->status();
  status.secure = connection_ && connection_->is_secure();
  status.connect_failure = connect_failure();
  if (identity_) status.certificate_until = failover::certificate_end(*identity_);
  return status;
}

// What is wrong here comes first: whatever the partner does, it does not help.
std::string PartnerHost::connect_failure() const {
  if (connection_) return {};
  if (!can_speak()) return identity_problem_;
  if (!listen_problem_.empty()) return listen_problem_;
  return last_failure_.empty() ? nobody_text() : last_failure_;
}

// A secondary waits: where both are one, nobody ever does anything wrong. A primary that runs tries oftener than this.
std::string PartnerHost::nobody_text() const {
  const auto quiet = static_cast<uint64_t>(2 * limits().retry_longest.count());
  if (settings_.role != lease::FailoverRole::kSecondary) return {};
  if (now().milliseconds - alone_since_.milliseconds < quiet) return {};
  return fmt::format("nobody has connected to [{}]:{} since {}: is the partner running, and configured as primary?",
                     settings_.local.to_string(), settings_.port, control::local_time(alone_since_.wall.to_unix()));
}

// --- configuration ---------------------------------------------------------------------------------------------------

void PartnerHost::replace_snapshot(std::shared_ptr<const lease::Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  relationship_->reconfigured();
}

void PartnerHost::replace_identity(const Identity& identity) {
  take_identity(identity);
  if (connector_) return connector_->replace_identity(identity_);
  start();
}

// Certificates that could not be used may be good without anybody's doing: those of a machine that boots before its
// clock is set are "not valid before" tomorrow.
void PartnerHost::tick(failover::Moment moment) {
  if (!can_speak() && moment.milliseconds - identity_tried_ >= kTryCertificatesMilliseconds) {
    identity_tried_ = moment.milliseconds;
    replace_identity(load_identity(settings_));
    if (can_speak()) note(failover::Weight::kInfo, "failover-certificates", "the certificates can be used now");
  }
  relationship_->tick(moment);
}

// --- leases ----------------------------------------------------------------------------------------------------------

void PartnerHost::apply(failover::IncomingUpdate incoming) {
  world_.desk->apply(scope_, std::move(incoming), [this](const failover::IncomingUpdate& done) {
    world_.take_feeds();
    relationship_->applied(done, now());
  });
}

bool PartnerHost::Walk::is_finished() const {
  return std::ranges::all_of(cursors, [](const failover::WalkCursor& cursor) { return cursor.finished; });
}

std::shared_ptr<PartnerHost::Walk> PartnerHost::new_walk() const {
  auto walk = std::make_shared<Walk>();
  walk->cursors.resize(world_.workers);
  walk->found.resize(world_.workers);
  walk->unacked.resize(world_.workers);
  walk->sequences.resize(world_.workers);
  return walk;
}

void PartnerHost::begin_scan(failover::ScanKind kind) {
  scan_ = new_walk();
  scan_->kind = kind;
}

void PartnerHost::continue_scan(size_t limit) {
  const auto walk = scan_;
  world_.desk->run_everywhere(
      [walk, scope = scope_, limit](unsigned worker, const lease::ErrandPlace& place) {
        if (walk->cursors[worker].finished) return;
        failover::scan(place, *scope, walk->kind, walk->cursors[worker], std::min(limit, kPlacesPerJob),
                       walk->found[worker]);
        walk->sequences[worker] = place.leases.log().written();
      },
      [this, walk] { world_.desk->when_committed(walk->sequences, [this, walk] { hand_over(walk); }); });
}

// What a scan found may be told: the disk has it.
void PartnerHost::hand_over(const std::shared_ptr<Walk>& walk) {
  world_.take_feeds();
  if (scan_ != walk) return;  // another one has begun
  std::vector<failover::FoundLease> found;
  for (auto& leases : walk->found) {
    found.insert(found.end(), leases.begin(), leases.end());
    leases.clear();
  }
  const bool finished = walk->is_finished();
  if (finished) scan_.reset();
  relationship_->scanned(found, finished, now());
}

void PartnerHost::free_overdue(AbsoluteTime partner_down_since, Seconds mclt) {
  if (std::exchange(freeing_, true)) return;
  free_step(new_walk(), partner_down_since, mclt);
}

void PartnerHost::free_step(const std::shared_ptr<Walk>& walk, AbsoluteTime partner_down_since, Seconds mclt) {
  world_.desk->run_everywhere(
      [walk, scope = scope_, partner_down_since, mclt](unsigned worker, const lease::ErrandPlace& place) {
        if (walk->cursors[worker].finished) return;
        failover::free_overdue(place, *scope, partner_down_since, mclt, walk->cursors[worker], kPlacesPerJob);
      },
      [this, walk, partner_down_since, mclt] {
        freeing_ = !walk->is_finished() && relationship_->state() == failover::State::kPartnerDown;
        if (freeing_) free_step(walk, partner_down_since, mclt);
      });
}

void PartnerHost::check_blocks(std::vector<lease::LeaseKey> blocks) { check_step(new_walk(), blocks); }

void PartnerHost::check_step(const std::shared_ptr<Walk>& walk, const std::vector<lease::LeaseKey>& blocks) {
  world_.desk->run_everywhere(
      [walk, scope = scope_, blocks](unsigned worker, const lease::ErrandPlace& place) {
        if (walk->cursors[worker].finished) return;
        failover::find_unacked_blocks(place, *scope, blocks, walk->cursors[worker], kPlacesPerJob,
                                      walk->unacked[worker]);
      },
      [this, walk, blocks] {
        if (!walk->is_finished()) return check_step(walk, blocks);
        std::vector<lease::LeaseKey> unacked;
        for (const auto& found : walk->unacked) unacked.insert(unacked.end(), found.begin(), found.end());
        relationship_->blocks_checked(blocks, unacked, now());
      });
}

}  // namespace tandem6::daemon
