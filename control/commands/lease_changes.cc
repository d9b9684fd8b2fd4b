#include "control/commands/lease_changes.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/commands/lease_fields.h"
#include "dataplane/lease/client_data.h"
#include "dataplane/lease/engine.h"

namespace tandem6::control {
namespace {

using lease::BindingStatus;
using lease::ChangeLog;
using lease::ErrandPlace;
using lease::LeaseKey;
using lease::LeaseRecord;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::milliseconds kPoll{1};

/// So many leases one errand ends at most: packets wait for it.
constexpr size_t kEndedAtOnce = 256;

tl::unexpected<Error> refused(std::string text) { return tl::unexpected(Error{std::move(text)}); }

/// Where a worker's log stood after an errand.
struct LogPlace {
  const ChangeLog* log = nullptr;  ///< null: nothing was changed there
  uint64_t sequence = 0;

  bool is_committed() const { return log == nullptr || log->committed() >= sequence; }
};

tl::expected<void, Error> wait_for_disk(const Server& server, std::span<const LogPlace> places) {
  const Clock::time_point give_up = Clock::now() + kPatience;
  while (!std::ranges::all_of(places, &LogPlace::is_committed)) {
    const storage::CommitterStatus disk = server.committer();
    if (disk.failing) return refused(fmt::format("changed, but not on the disk yet: {}", disk.error));
    if (Clock::now() >= give_up)
      return refused(fmt::format("changed, but not on the disk yet: it takes longer than {} s", kPatience.count()));
    std::this_thread::sleep_for(kPoll);
  }
  return {};
}

Error log_full() { return {"the disk is too slow, nothing was changed: the log of changes is full, ask again"}; }

// --- assigning -------------------------------------------------------------------------------------------------------

/// Who has the unit now, in whichever shard.
tl::expected<std::optional<LeaseRecord>, Error> holder_of(Server& server, const LeaseKey& key) {
  std::vector<std::optional<LeaseRecord>> found(server.workers().size());
  const lease::Errand errand = [&](const ErrandPlace& place) {
    if (const lease::Lease* it = place.leases.find_anywhere(key))
      found[place.leases.worker()] = place.leases.shard(it->shard).record_of(*it);
  };
  if (!server.run_at_all_workers(errand)) return not_running();
  const auto holder = std::ranges::find_if(found, [](const auto& one) { return one.has_value(); });
  return holder == found.end() ? std::nullopt : *holder;
}

/// From now on the shard that the bits of an address of a sparse pool name gives it to nobody. True when that is news
/// to that shard, which may have given it away a moment ago.
bool mark_if_sparse(const lease::Snapshot& snapshot, const LeaseRecord& record) {
  const lease::Pool* pool = snapshot.pool_of(record.key, record.subnet_id);
  if (pool == nullptr || pool->is_dense()) return false;
  const unsigned own = lease::shard_of(lease::duid_hash(record.duid.bytes()));
  if (lease::shard_of_address(record.key.address) == own) return false;
  pool->mark_taken(record.key.address, own);
  return true;
}

tl::expected<void, Error> check_holder(const std::optional<LeaseRecord>& holder, const GivenLease& given,
                                       AssignMode mode) {
  const std::string unit = text_of(given.record.key);
  if (!holder) {
    if (mode != AssignMode::kUpdate) return {};
    return refused(fmt::format("failed to update the lease with address {} because it does not exist", unit));
  }
  if (lease::has_ended(holder->status))
    return refused(fmt::format("the lease of {} has ended, and the failover partner is yet to know: ask again", unit));
  if (holder->duid != given.record.duid)
    return refused(fmt::format("{} is leased to another client: {}", unit, holder->duid.to_string()));
  if (mode == AssignMode::kAdd) return refused("IPv6 lease already exists.");
  return {};
}

tl::expected<std::optional<LeaseRecord>, Error> checked_holder(Server& server, const GivenLease& given,
                                                               AssignMode mode) {
  auto holder = holder_of(server, given.record.key);
  if (!holder) return holder;
  if (auto good = check_holder(*holder, given, mode); !good) return tl::unexpected(good.error());
  return holder;
}

/// Why the shard could not have the unit although nobody has it.
std::string why_not(const lease::Snapshot& snapshot, const LeaseRecord& record) {
  const std::string unit = text_of(record.key);
  const lease::Pool* pool = snapshot.pool_of(record.key, record.subnet_id);
  const lease::Subnet* subnet = snapshot.by_id(record.subnet_id);
  const bool is_shared = subnet != nullptr && subnet->failover != nullptr && pool != nullptr;
  const bool sparse_of_partner = is_shared && !pool->is_dense() && !subnet->failover->is_ours(record.key.address);
  const bool dense_of_partner = is_shared && pool->partition() != nullptr && !pool->may_be_held(record.key.address, 0);
  if (sparse_of_partner || dense_of_partner)
    return fmt::format("{} is the failover partner's to lease: add it there", unit);
  return fmt::format("{} is not free yet: its last lease has ended a moment ago, or one of another length is over it",
                     unit);
}

/// What is to be kept of the client; nothing when that is to stay as it is.
tl::expected<std::optional<std::vector<std::byte>>, Error> client_data_for(Server& server, const GivenLease& given) {
  if (!given.name) return std::nullopt;
  const auto kept = server.store().find_client(given.record.duid.bytes());
  if (!kept) return tl::unexpected(kept.error());
  lease::ClientDataBuilder data;
  if (const auto before = lease::ClientDataView::parse(*kept)) data.all_but_hostname(*before);
  if (!given.name->text.empty()) {
    data.hostname({.forward = given.name->forward, .reverse = given.name->reverse, .name = given.name->text});
  }
  const Bytes bytes = data.bytes();
  return std::vector(bytes.begin(), bytes.end());
}

enum class ChangeOutcome : uint8_t { kDone, kLogFull, kTooMany, kNotToBeHad };

size_t leases_of_client(lease::Shard& shard, Bytes duid) {
  const uint32_t client = shard.find_client(duid);
  size_t count = 0;
  if (client == lease::kNoIndex) return 0;
  for (const lease::Lease* it = shard.first_of(client); it != nullptr; it = shard.next_of(*it)) ++count;
  return count;
}

ChangeOutcome assign_at(const ErrandPlace& place, const LeaseRecord& record,
                        const std::optional<std::vector<std::byte>>& client_data) {
  lease::ShardGroup& leases = place.leases;
  lease::Shard& shard = leases.shard(lease::shard_of(lease::duid_hash(record.duid.bytes())));
  if (leases.log().room() < 1 + ChangeLog::kRoomToRemember) return ChangeOutcome::kLogFull;
  const bool is_new = shard.find(record.key) == nullptr;
  if (is_new && leases_of_client(shard, record.duid.bytes()) >= lease::kMaxLeasesPerClient)
    return ChangeOutcome::kTooMany;
  if (leases.assign(record, place.snapshot, place.now) == nullptr) return ChangeOutcome::kNotToBeHad;
  if (client_data) leases.remember(record.duid.bytes(), *client_data);
  return ChangeOutcome::kDone;
}

// --- ending ----------------------------------------------------------------------------------------------------------

/// What one worker has done of a batch.
struct Ended {
  LogPlace at;
  uint64_t count = 0;
  bool log_was_full = false;
};

void end_at(const ErrandPlace& place, std::span<const LeaseRecord> leases, Ended& ended) {
  ended.log_was_full = false;
  for (const LeaseRecord& record : leases) {
    const unsigned number = lease::shard_of(lease::duid_hash(record.duid.bytes()));
    lease::Lease* it = place.leases.owns(number) ? place.leases.shard(number).find(record.key) : nullptr;
    if (it == nullptr || it->has_ended()) continue;
    ended.log_was_full = place.leases.log().room() == 0;
    if (ended.log_was_full) return;
    // RFC 8156 §7.2: RESET is what an operator's command makes available.
    place.leases.end(*it, BindingStatus::kReset, place.snapshot, place.now);
    ++ended.count;
    ended.at = {&place.leases.log(), place.leases.log().written()};
  }
}

/// All of the batch, however often the log has to make room first.
tl::expected<void, Error> end_batch(Server& server, std::span<const LeaseRecord> batch, std::vector<Ended>& ended) {
  const lease::Errand errand = [&](const ErrandPlace& place) { end_at(place, batch, ended[place.leases.worker()]); };
  const Clock::time_point give_up = Clock::now() + kPatience;
  for (;;) {
    if (!server.run_at_all_workers(errand)) return not_running();
    if (std::ranges::none_of(ended, &Ended::log_was_full)) return {};
    if (Clock::now() >= give_up) return refused("the disk is too slow: not all leases were ended, ask again");
    std::this_thread::sleep_for(kPoll);
  }
}

}  // namespace

tl::expected<Assigned, Error> assign_lease(Server& server, const GivenLease& given, AssignMode mode) {
  const LeaseRecord& record = given.record;
  const auto client_data = client_data_for(server, given);
  if (!client_data) return tl::unexpected(client_data.error());
  auto holder = checked_holder(server, given, mode);
  if (holder && !*holder && mark_if_sparse(server.snapshot(), record)) holder = checked_holder(server, given, mode);
  if (!holder) return tl::unexpected(holder.error());

  ChangeOutcome outcome = ChangeOutcome::kDone;
  LogPlace at;
  const lease::Errand errand = [&](const ErrandPlace& place) {
    outcome = assign_at(place, record, *client_data);
    at = {&place.leases.log(), place.leases.log().written()};
  };
  if (!server.run_at_owner(lease::shard_of(lease::duid_hash(record.duid.bytes())), errand)) return not_running();
  switch (outcome) {
    case ChangeOutcome::kDone:
      break;
    case ChangeOutcome::kLogFull:
      return tl::unexpected(log_full());
    case ChangeOutcome::kTooMany:
      return refused(fmt::format("the client has {} leases, and gets no more", lease::kMaxLeasesPerClient));
    case ChangeOutcome::kNotToBeHad:
      return refused(why_not(server.snapshot(), record));
  }
  if (auto done = wait_for_disk(server, std::span(&at, 1)); !done) return tl::unexpected(done.error());
  return *holder ? Assigned::kUpdated : Assigned::kAdded;
}

tl::expected<uint64_t, Error> end_leases(Server& server, std::span<const LeaseRecord> leases) {
  std::vector<Ended> ended(server.workers().size());
  while (!leases.empty()) {
    const auto batch = leases.first(std::min(leases.size(), kEndedAtOnce));
    if (auto done = end_batch(server, batch, ended); !done) return tl::unexpected(done.error());
    leases = leases.subspan(batch.size());
  }
  std::vector<LogPlace> places;
  uint64_t count = 0;
  for (const Ended& one : ended) {
    places.push_back(one.at);
    count += one.count;
  }
  if (auto done = wait_for_disk(server, places); !done) return tl::unexpected(done.error());
  return count;
}

}  // namespace tandem6::control
