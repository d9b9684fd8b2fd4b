// A server's life: its threads' turns, clients' datagrams, the disk.
#include "tests/sim/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tests/sim/world.h"
#include "tests/support/server_fixture.h"

namespace tandem6::sim {

namespace {

constexpr uint32_t kEpoch = 800'000'000;
constexpr size_t kLogCapacity = 512;
constexpr size_t kFeedCapacity = 16;  // so that it overflows
constexpr unsigned kExpireBudget = 64;
constexpr uint64_t kDiskCheck = 5000;
constexpr uint64_t kStale = 2000;    // of a REPLY that waits for the disk: as in dataplane/worker
constexpr uint64_t kTryAgain = 300;  // milliseconds

}  // namespace

Server::Server(World& world, unsigned side, Random random) : world_(world), side_(side), random_(random) {
  skew_ = world.scenario().skew[side];
  disk_delay_ = world.scenario().disk_delay;
}

// --- clocks and threads ----------------------------------------------------------------------------------------------

AbsoluteTime Server::wall() const {
  const int64_t milliseconds = static_cast<int64_t>(world_.events().now()) + skew_ + 100'000;
  return {kEpoch + static_cast<uint32_t>(milliseconds / 1000)};
}

failover::Moment Server::moment() const { return {wall(), world_.events().now()}; }

void Server::later(uint64_t delay, std::function<void()> action) {
  world_.events().after(delay, [this, number = number_, action = std::move(action)] {
    if (life_ && number_ == number && !world_.journal().failed()) action();
  });
}

// Each thread does one thing after the other, each in a turn of its own.
void Server::in_worker(unsigned worker, std::function<void()> errand) {
  uint64_t& busy = life_->workers[worker].busy_until;
  busy = std::max(busy, world_.events().now() + random_.below(4));
  later(busy - world_.events().now(), [this, errand = std::move(errand)] {
    errand();
    write();
  });
}

void Server::in_reactor(std::function<void()> action) {
  uint64_t& busy = life_->reactor_busy_until;
  busy = std::max(busy, world_.events().now() + random_.below(4));
  later(busy - world_.events().now(), std::move(action));
}

void Server::tick() {
  life_->relationship->tick(moment());
  later(100, [this] { tick(); });
}

void Server::expire() {
  if (world_.events().now() >= life_->disk_checked + kDiskCheck) check_disk();
  for (Worker& worker : life_->workers) worker.leases->expire(wall(), *life_->snapshot, kExpireBudget);
  write();
  later(1000, [this] { expire(); });
}

// --- start and end ---------------------------------------------------------------------------------------------------

testing::Octets Server::duid() const {
  return testing::hex(side_ == 0 ? "0003 0001 020000000001" : "0003 0001 020000000002");
}

lease::Pool Server::dense_pool(lease::LeaseType type, std::string_view first, uint8_t unit_length, uint32_t count) {
  lease::Pool pool;
  pool.type = type;
  pool.unit_length = unit_length;
  pool.first = testing::ip(first);
  const auto space = life_->book.dense(type, pool.first, unit_length, count, life_->scope.get());
  pool.last = Ipv6Prefix{space->address_of(count - 1), unit_length}.last();
  pool.space = space;
  pool.text = first;
  return pool;
}

lease::Subnet Server::subnet(uint32_t id, std::string_view prefix, uint16_t port, unsigned workers) {
  const Scenario& scenario = world_.scenario();
  lease::Subnet subnet;
  subnet.id = id;
  subnet.prefix = Ipv6Prefix::parse(prefix).value();
  subnet.lifetimes = {.preferred = Seconds{scenario.valid * 3 / 4}, .valid = Seconds{scenario.valid}};
  subnet.port = port;
  subnet.counters = std::make_shared<lease::SubnetCounters>(workers);
  subnet.failover = life_->scope;
  if (scenario.lowest_first) subnet.address_allocator = subnet.prefix_allocator = lease::Allocator::kIterative;
  return subnet;
}

void Server::configure(unsigned workers) {
  const Scenario& scenario = world_.scenario();
  const auto role = side_ == 0 ? lease::FailoverRole::kPrimary : lease::FailoverRole::kSecondary;
  life_->scope = std::make_shared<lease::FailoverScope>(uint8_t{0}, "pair", role);
  life_->scope->set_policy({.mclt = Seconds{world_.scenario().mclt}});
  lease::Snapshot::Content content;
  content.server_duid = Duid::from_bytes(duid()).value();
  content.search_key = {0x1234 + side_, 0x5678};
  content.decline_probation = Seconds{scenario.decline_probation};
  lease::Subnet dense = subnet(1, "2001:db8:1::/64", 0, workers);
  dense.address_pools.push_back(
      dense_pool(lease::LeaseType::kAddress, "2001:db8:1::100", 128, scenario.dense_addresses));
  dense.prefix_pools.push_back(dense_pool(lease::LeaseType::kPrefix, "2001:db8:1000::", 56,
                                          uint32_t{1} << (56 - scenario.pd_pool_length + doublings_)));
  lease::Subnet sparse = subnet(2, "2001:db8:2::/64", 1, workers);
  lease::Pool pool;
  pool.first = sparse.prefix.address;
  pool.last = sparse.prefix.last();
  pool.space = life_->book.sparse(pool.first, pool.last);
  pool.text = "2001:db8:2::/64";
  sparse.address_pools.push_back(pool);
  sparse.prefix_pools.push_back(dense_pool(lease::LeaseType::kPrefix, "2001:db8:2000::", 56, 32));
  content.subnets = {dense, sparse};
  life_->snapshot = std::make_unique<lease::Snapshot>(std::move(content));
}

failover::RelationshipSettings Server::settings() const {
  const Scenario& scenario = world_.scenario();
  failover::RelationshipSettings settings;
  settings.name = "pair";
  settings.role = side_ == 0 ? lease::FailoverRole::kPrimary : lease::FailoverRole::kSecondary;
  settings.mclt = Seconds{scenario.mclt};
  settings.keepalive = Seconds{scenario.keepalive};
  settings.startup = Seconds{scenario.startup};
  settings.scan_interval = Seconds{scenario.scan_interval};
  settings.max_unacked = scenario.max_unacked;
  if (scenario.auto_partner_down != 0) settings.auto_partner_down = Seconds{scenario.auto_partner_down};
  // "A first primary of a new pair": whoever leaves it in the configuration lets a server that lost its disk give away
  // what its partner gave.
  settings.start_partner_down = scenario.start_partner_down && side_ == 0 && number_ == 1;
  return settings;
}

void Server::load() {
  const auto records = disk_.leases();
  if (!records) return world_.journal().violation("I6", "a record on the disk of " + name() + " does not decode");
  for (const lease::LeaseRecord& record : *records) {
    lease::ShardGroup& group = *life_->workers[owner_of(record.duid.bytes())].leases;
    if (!group.load(record, *life_->snapshot)) {
      world_.journal().violation("I6", fmt::format("{}: {} is there twice", name(), record.key.address.to_string()));
    }
  }
  disk_.each_client(
      [&](Bytes duid, Bytes client_data) { life_->workers[owner_of(duid)].leases->load_client(duid, client_data); });
}

void Server::start(unsigned workers) {
  ++number_;
  life_ = std::make_unique<Life>();
  configure(workers);
  for (unsigned worker = 0; worker < workers; ++worker) {
    life_->workers.emplace_back().leases =
        std::make_unique<lease::ShardGroup>(worker, workers, lease::HashKey{1, 2}, kLogCapacity, kFeedCapacity);
  }
  load();
  std::optional<failover::Stable> stable;
  if (disk_.stable) stable = failover::decode_stable(*disk_.stable);
  life_->had_record = stable.has_value();
  life_->never_ran = !world_.ever_met() || !has_served_;
  life_->last_state = stable ? after_restart(stable->state.state) : failover::State::kRecover;
  world_.journal().note(name(), fmt::format("starts with {} workers, {} leases, {}", workers, leases().size(),
                                            failover::to_string(life_->last_state)));
  life_->relationship =
      std::make_unique<failover::Relationship>(settings(), *life_->scope, std::move(stable), *this, moment());
  tick();
  expire();
  if (side_ == 0) world_.channel().begin_connecting();
}

void Server::crash(bool with_machine) {
  world_.journal().note(name(), with_machine ? "crashes with its machine" : "crashes");
  if (life_->writing && !disk_full_ && random_.chance(500)) disk_.apply(*life_->writing);
  if (life_->stable_writing && !disk_full_ && random_.chance(500)) disk_.stable = life_->stable_writing->bytes;
  if (may_serve()) died_at_ = operated_at_;
  life_.reset();
  world_.channel().died(side_, with_machine);
}

void Server::stop() {
  if (disk_full_) return crash(false);  // it has no place to leave what is not written yet
  world_.journal().note(name(), "stops");
  life_->relationship->shut_down(moment());
  if (life_->writing) disk_.apply(*life_->writing);
  Batch rest;
  for (Worker& worker : life_->workers) {
    worker.leases->log().drain(SIZE_MAX, [&](const lease::LeaseChange& change) { rest.add(change); });
  }
  disk_.apply(rest);
  if (life_->stable_writing) disk_.stable = life_->stable_writing->bytes;
  if (life_->stable_next) disk_.stable = life_->stable_next->bytes;
  if (may_serve()) died_at_ = world_.events().now();
  life_.reset();
  world_.channel().died(side_, false);
}

void Server::lose_disk() {
  world_.journal().note(name(), "loses its disk");
  disk_.lose();
  ++disk_losses_;
}

bool Server::command(failover::OperatorCommand command) {
  const bool is_down = command == failover::OperatorCommand::kPartnerDown;
  life_->told = is_down;
  const auto done = life_->relationship->command(command, moment());
  if (life_) life_->told = false;
  world_.journal().note(name(), fmt::format("operator: {}: {}", is_down ? "partner-down" : "resync",
                                            done ? "done" : done.error().message));
  return done.has_value();
}

// --- clients ---------------------------------------------------------------------------------------------------------

unsigned Server::owner_of(Bytes duid) const {
  return lease::ShardGroup::owner_of(lease::shard_of(lease::duid_hash(duid)),
                                     static_cast<unsigned>(life_->workers.size()));
}

void Server::datagram(unsigned client, uint16_t port, const testing::Octets& bytes) {
  wire::ReceivedMessage received;
  lease::Request request;
  request.received = &received;
  request.port = port;
  request.source = testing::ip("fe80::a");
  if (received.parse(bytes) != wire::MessageFault::kNone || !request.identify_client()) return;
  // Workers settle with each turn, that is all the time.
  for (Worker& each : life_->workers) each.leases->settle(*life_->snapshot);
  Worker& worker = life_->workers[owner_of(request.client_duid)];
  lease::ShardGroup& group = *worker.leases;
  const bool changes = lease::may_change_leases(received.message.type);
  if (changes && group.log().room() < lease::kMaxChangesPerMessage) {
    return world_.journal().note(name(), "is overloaded");
  }
  testing::Octets out(1500);
  const lease::Answer answer = lease::answer(request, group, *life_->snapshot, wall(), out);
  if (answer.dropped == lease::DropReason::kNone) {
    out.resize(answer.size);
    std::vector<Promise> promises = promises_of(answer, out);
    check_answer(promises, request.client_duid);
    if (answer.after_commit) {
      worker.parked.push_back({group.log().written(), client, out, std::move(promises),
                               Duid::from_bytes(request.client_duid).value(), world_.events().now()});
      release(worker);
    } else {
      world_.to_client(side_, client, out);
    }
  }
  write();
}

void Server::release(Worker& worker) {
  const uint64_t committed = worker.leases->log().committed();
  worker.leases->settle(*life_->snapshot);
  size_t released = 0;
  for (; released < worker.parked.size() && worker.parked[released].sequence <= committed; ++released) {
    const Parked& reply = worker.parked[released];
    if (world_.events().now() - reply.made > kStale) continue;
    check_stored(reply);
    operated_at_ = world_.events().now();
    world_.to_client(side_, reply.client, reply.bytes);
  }
  worker.parked.erase(worker.parked.begin(), worker.parked.begin() + static_cast<std::ptrdiff_t>(released));
}

// --- the disk --------------------------------------------------------------------------------------------------------

// As storage's committer: all workers' changes in one batch, one batch at a time.
void Server::write() {
  if (!life_ || life_->writing) return;
  Batch batch;
  std::vector<uint64_t> ends;
  for (Worker& worker : life_->workers) {
    ends.push_back(worker.leases->log().drain(random_.between(1, 64),
                                              [&](const lease::LeaseChange& change) { batch.add(change); }));
  }
  if (batch.empty()) return;
  life_->writing = std::move(batch);
  later(draw_disk_delay(), [this, ends = std::move(ends)] { written(ends); });
}

void Server::written(const std::vector<uint64_t>& committed) {
  if (disk_full_) return later(kTryAgain, [this, committed] { written(committed); });
  disk_.apply(*life_->writing);
  life_->writing.reset();
  for (size_t at = 0; at < committed.size(); ++at) {
    Worker& worker = life_->workers[at];
    worker.leases->log().publish_committed(committed[at]);
    release(worker);
    std::vector<std::function<void()>> due;
    std::erase_if(worker.waiting, [&](Waiting& waiting) {
      if (waiting.sequence > committed[at]) return false;
      due.push_back(std::move(waiting.then));
      return true;
    });
    for (const auto& then : due) then();
  }
  in_reactor([this] { take_feed(); });
  write();
}

void Server::when_committed(unsigned worker, uint64_t sequence, std::function<void()> then) {
  Worker& at = life_->workers[worker];
  if (sequence <= at.leases->log().committed()) return then();
  at.waiting.push_back({sequence, std::move(then)});
}

void Server::take_feed() {
  failover::Relationship& relationship = *life_->relationship;
  for (Worker& worker : life_->workers) {
    lease::ShardGroup& group = *worker.leases;
    group.feed().take(group.log().committed(), SIZE_MAX, [&](const lease::UpdateFeed::Entry& entry) {
      relationship.changed(entry.record, entry.sequence);
    });
    if (group.feed().take_overflow()) {
      world_.journal().note(name(), "feed overflowed");
      relationship.feed_overflowed();
    }
  }
  relationship.flush(moment());
}

void Server::persist(std::vector<std::byte> stable, uint64_t token) {
  const auto decoded = failover::decode_stable(stable);
  if (!decoded) return world_.journal().violation("I6", name() + ": what it stores of itself does not decode");
  check_transition(decoded->state);
  life_->stable_next = StableWrite{std::move(stable), token};
  if (!life_->stable_writing) write_stable();
}

void Server::write_stable() {
  life_->stable_writing = std::exchange(life_->stable_next, std::nullopt);
  if (life_->stable_writing) later(draw_disk_delay(), [this] { stable_written(); });
}

void Server::stable_written() {
  if (disk_full_) return later(kTryAgain, [this] { stable_written(); });
  disk_.stable = life_->stable_writing->bytes;
  operated_at_ = world_.events().now();
  in_reactor([this, token = life_->stable_writing->token] { life_->relationship->persisted(token, moment()); });
  write_stable();
}

// --- what can be seen ------------------------------------------------------------------------------------------------

failover::State Server::state() const { return life_->relationship->state(); }
bool Server::is_communicating() const { return life_->relationship->status().communicating; }
lease::FailoverPolicy Server::policy() const { return life_->scope->policy(); }

void Server::sort_by_key(std::vector<lease::LeaseRecord>& leases) {
  std::ranges::sort(leases, [](const lease::LeaseRecord& a, const lease::LeaseRecord& b) {
    return std::pair(a.key.address, a.key.prefix_length) < std::pair(b.key.address, b.key.prefix_length);
  });
}

std::vector<lease::LeaseRecord> Server::leases() const {
  std::vector<lease::LeaseRecord> all;
  for (const Worker& worker : life_->workers) {
    for (unsigned number = 0; number < lease::kShardCount; ++number) {
      if (!worker.leases->owns(number)) continue;
      const lease::Shard& shard = worker.leases->shard(number);
      shard.walk(0, UINT32_MAX, [&](const lease::Lease& lease) { all.push_back(shard.record_of(lease)); });
    }
  }
  sort_by_key(all);
  return all;
}

std::optional<lease::LeaseRecord> Server::find(const lease::LeaseKey& key) const {
  for (const Worker& worker : life_->workers) {
    if (const lease::Lease* lease = worker.leases->find_anywhere(key)) {
      return worker.leases->shard(lease->shard).record_of(*lease);
    }
  }
  return std::nullopt;
}

bool Server::knows(const lease::LeaseKey& key, Bytes duid) const {
  const auto record = find(key);
  return record && record->status == lease::BindingStatus::kActive && wire::same_bytes(record->duid.bytes(), duid);
}

bool Server::may_withdraw(const lease::LeaseKey& key, Bytes duid) const {
  const auto record = is_alive() ? find(key) : std::nullopt;
  if (!record) return false;
  if (record->status == lease::BindingStatus::kAbandoned) return true;
  return lease::has_ended(record->status) && !wire::same_bytes(record->duid.bytes(), duid);
}

bool Server::all_is_written() const {
  return !life_->writing &&
         std::ranges::all_of(life_->workers, [](const Worker& worker) { return worker.leases->log().pending() == 0; });
}

std::string Server::unrest() const {
  if (!all_is_written() || life_->stable_writing) return name() + " writes";
  for (const Worker& worker : life_->workers) {
    if (!worker.waiting.empty() || !worker.parked.empty()) return name() + " waits for its disk";
  }
  const failover::RelationshipStatus status = life_->relationship->status();
  if (status.unacked == 0 && status.backlog == 0 && !status.resynchronizing) return "";
  return fmt::format("{} has {} unacked, backlog {}{}", name(), status.unacked, status.backlog,
                     status.resynchronizing ? ", resynchronizing" : "");
}

}  // namespace tandem6::sim
