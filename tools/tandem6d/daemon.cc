#include "tools/tandem6d/daemon.h"

#include <fmt/format.h>
#include <rte_launch.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <ctime>
#include <iterator>
#include <thread>

#include "control/commands/commands.h"
#include "control/leasequery/answer.h"
#include "control/log.h"
#include "control/reconfigure/changed_clients.h"
#include "dataplane/nic/device.h"
#include "dataplane/nic/eal.h"
#include "tools/tandem6d/identity.h"

namespace tandem6::daemon {

using control::log;
using control::Severity;

namespace {

// Changes on their way to the disk, for each worker: a power of two.
constexpr size_t kLogCapacity = 16384;
// Changes that the failover reactor has yet to hear of, for each worker: a power of two.
constexpr size_t kFeedCapacity = 16384;
// Buffers that a worker holds back for the disk or works on, and those that lie in a queue's rings.
constexpr unsigned kBuffersPerWorker = 16384 + 4096;
constexpr unsigned kBuffersPerQueue = 4096;
// Large requests and answers that are rare: those that a worker has at a time.
constexpr unsigned kLargeBuffersPerWorker = 256;
constexpr auto kWatchInterval = std::chrono::microseconds(std::chrono::seconds(1));
// How long a leasequery waits at most before it is seen: a worker that has one wakes nobody.
constexpr auto kQueryInterval = std::chrono::microseconds(1000);
// How often clients are called that are to renew.
constexpr auto kCallInterval = std::chrono::microseconds(std::chrono::milliseconds(100));
constexpr auto kErrandPoll = std::chrono::microseconds(20);

uint64_t unix_now() { return static_cast<uint64_t>(std::time(nullptr)); }

std::vector<unsigned> cores_for(const control::DataplaneConfig& dataplane) {
  if (!dataplane.cores.empty()) return dataplane.cores;
  // The last: the first one is where kernels like to put interrupts.
  const std::vector<unsigned> usable = nic::usable_cores();
  return {usable.empty() ? 0 : usable.back()};
}

worker::SenderLimit limit_of(const control::RateLimitConfig& config) {
  return {.per_second = config.per_second, .burst = config.burst};
}

worker::View view(std::shared_ptr<const lease::Snapshot> snapshot, const control::Configuration& configuration,
                  std::vector<nic::PortAddresses> ports) {
  const control::LimitsConfig& limits = configuration.dataplane.limits;
  return {.snapshot = std::move(snapshot),
          .ports = std::move(ports),
          .client_limit = limit_of(limits.client),
          .relay_limit = limit_of(limits.relay)};
}

int run_worker(void* worker) {
  static_cast<worker::Worker*>(worker)->run();
  return 0;
}

}  // namespace

Daemon::Daemon(control::Configuration configuration, std::string configuration_path)
    : configuration_(std::move(configuration)),
      configuration_path_(std::move(configuration_path)),
      cores_(cores_for(configuration_.dataplane)),
      started_unix_(unix_now()),
      reloaded_unix_(started_unix_),
      continuity_(worker_count()),
      views_(worker_count()) {}

Daemon::~Daemon() {
  finish();
  // Buffers and rings lie in the EAL's memory: they go before it does.
  workers_.clear();
  exception_path_.reset();
  ports_.clear();
  handover_ = {};
  large_buffers_.reset();
  buffers_.reset();
  nic::stop_eal();
}

// --- start -----------------------------------------------------------------------------------------------------------

tl::expected<void, Error> Daemon::start() {
  using Step = tl::expected<void, Error> (Daemon::*)();
  for (Step step : {&Daemon::start_dpdk, &Daemon::open_ports, &Daemon::open_exception_path, &Daemon::open_store,
                    &Daemon::load_leases, &Daemon::open_failover, &Daemon::start_workers, &Daemon::open_bulk_server,
                    &Daemon::open_control_socket}) {
    if (auto done = (this->*step)(); !done) return done;
  }
  log(Severity::kInfo, "ready", "serving",
      {{"workers", std::to_string(worker_count())},
       {"ports", std::to_string(ports_.size())},
       {"subnets", std::to_string(configuration_.subnets.size())},
       {"server-id", server_duid_.to_string()}});
  return {};
}

tl::expected<void, Error> Daemon::check_plan() const {
  for (const control::PortConfig& port : configuration_.dataplane.ports) {
    if (port.queues == 0 || port.queues == worker_count()) continue;
    return tl::unexpected(
        Error{fmt::format("port {}: \"queues\" is {}, but each of the {} workers polls one queue: leave it out",
                          port.name, port.queues, worker_count())});
  }
  const std::vector<unsigned> usable = nic::usable_cores();
  for (unsigned core : cores_) {
    if (std::ranges::count(usable, core) == 0) {
      return tl::unexpected(Error{fmt::format("tandem6.dataplane.cores: core {} is not there or not for us; usable: {}",
                                              core, fmt::join(usable, ", "))});
    }
  }
  return {};
}

tl::expected<void, Error> Daemon::start_dpdk() {
  if (auto checked = check_plan(); !checked) return checked;
  nic::EalPlan plan;
  plan.worker_cores = cores_;
  for (const control::PortConfig& port : configuration_.dataplane.ports) {
    plan.ports.push_back({.name = port.name, .device = port.device, .queues = static_cast<uint16_t>(worker_count())});
  }
  const unsigned buffers =
      worker_count() * (kBuffersPerWorker + static_cast<unsigned>(plan.ports.size()) * kBuffersPerQueue);
  const uint64_t bytes =
      uint64_t{buffers} * (sizeof(rte_mbuf) + sizeof(worker::Packet) + RTE_MBUF_DEFAULT_BUF_SIZE + 128);
  const unsigned large = worker_count() * kLargeBuffersPerWorker;
  const uint64_t large_bytes = uint64_t{large} * (sizeof(worker::Packet) + worker::kLargeBufferSize + 256);
  plan.memory_megabytes = static_cast<unsigned>((bytes + large_bytes) >> 20) + 128;
  plan.log = [](std::string_view line) { log(Severity::kWarn, "dpdk", line); };
  if (auto started = nic::start_eal(plan); !started) return started;
  auto pool = worker::make_buffers(buffers);
  if (!pool) return tl::unexpected(pool.error());
  buffers_ = std::move(*pool);
  auto large_pool = worker::make_large_buffers(large);
  if (!large_pool) return tl::unexpected(large_pool.error());
  large_buffers_ = std::move(*large_pool);
  auto handover = worker::Handover::make(worker_count());
  if (!handover) return tl::unexpected(handover.error());
  handover_ = std::move(*handover);
  log(Severity::kInfo, "dpdk-started", nic::dpdk_version(),
      {{"hugepages", nic::uses_hugepages() ? "yes" : "no"},
       {"worker-cores", fmt::format("{}", fmt::join(cores_, ","))}});
  return {};
}

tl::expected<void, Error> Daemon::open_ports() {
  for (const control::PortConfig& config : configuration_.dataplane.ports) {
    const nic::PortSpec spec{
        .name = config.name, .device = config.device, .queues = static_cast<uint16_t>(worker_count())};
    auto port = nic::Port::open(spec, static_cast<uint16_t>(ports_.size()), buffers_.get());
    if (!port) return tl::unexpected(port.error());
    const bool up = (*port)->link_up();
    log(up ? Severity::kInfo : Severity::kWarn, "port-open", up ? "link is up" : "link is down",
        {{"port", spec.name},
         {"device", spec.device},
         {"driver", (*port)->driver()},
         {"steering", std::string(nic::to_string((*port)->steering()))},
         {"link-local", (*port)->addresses().link_local.to_string()}});
    link_was_up_.push_back(up);
    ports_.push_back(std::move(*port));
  }
  return {};
}

// Where the kernel does not own a port, it is on the link by a TAP device.
tl::expected<void, Error> Daemon::open_exception_path() {
  std::vector<nic::Tap*> taps;
  for (const auto& port : ports_) {
    taps.push_back(port->tap());
    if (port->tap() == nullptr) continue;
    log(Severity::kInfo, "exception-path", "what is not DHCPv6 goes to the kernel through a TAP device",
        {{"port", port->spec().name}, {"interface", port->tap()->name()}});
  }
  auto path = nic::ExceptionPath::make(std::move(taps), buffers_.get());
  if (!path) return tl::unexpected(path.error());
  exception_path_ = std::move(*path);
  return {};
}

tl::expected<void, Error> Daemon::open_store() {
  auto store = storage::Store::open(configuration_.storage.path);
  if (!store) return tl::unexpected(store.error());
  store_ = std::move(*store);
  auto duid = server_duid();
  if (!duid) return tl::unexpected(duid.error());
  server_duid_ = *duid;
  auto key = kept_search_key(*store_);
  if (!key) return tl::unexpected(key.error());
  search_key_ = *key;
  return {};
}

// RFC 8415 §11: a DUID is made once and kept, whatever happens to the hardware it was made from.
tl::expected<Duid, Error> Daemon::server_duid() {
  static const std::string kName = "server-duid";
  const control::ServerIdConfig& wanted = configuration_.server_id;
  if (wanted.complete) return *wanted.complete;
  auto kept = store_->get_meta(kName);
  if (!kept) return tl::unexpected(kept.error());
  if (kept->has_value()) {
    if (auto duid = Duid::from_bytes(wire::bytes_of(**kept))) return *duid;
    return tl::unexpected(
        Error{fmt::format("the database in {} holds a server DUID that is none; set Dhcp6.server-id to the "
                          "one that this server had",
                          configuration_.storage.path)});
  }
  if (ports_.empty()) return tl::unexpected(Error{"no port to make a server DUID from: set Dhcp6.server-id"});
  const MacAddress& mac = ports_.front()->mac();
  const Duid made = wanted.type == control::ServerIdConfig::Type::kLl ? Duid::make_ll(mac) : Duid::make_llt(mac, now());
  const Bytes bytes = made.bytes();
  if (auto put = store_->put_meta(kName, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
      !put) {
    return tl::unexpected(put.error());
  }
  return made;
}

tl::expected<void, Error> Daemon::load_leases() {
  for (unsigned worker = 0; worker < worker_count(); ++worker) {
    const size_t feed = configuration_.failover.empty() ? 0 : kFeedCapacity;
    table_memory_.push_back(std::make_unique<worker::TableMemory>());
    leases_.push_back(std::make_unique<lease::ShardGroup>(worker, worker_count(), random_key(), kLogCapacity, feed,
                                                          table_memory_.back().get()));
  }
  const std::shared_ptr<const lease::Snapshot> snapshot = build(configuration_);
  auto report = store_->load([&](const lease::LeaseRecord& record) {
    const unsigned shard = lease::shard_of(lease::duid_hash(record.duid.bytes()));
    leases_[lease::ShardGroup::owner_of(shard, worker_count())]->load(record, *snapshot);
  });
  if (!report) return tl::unexpected(report.error());
  const auto clients = store_->load_clients([&](Bytes duid, Bytes client_data) {
    const unsigned shard = lease::shard_of(lease::duid_hash(duid));
    leases_[lease::ShardGroup::owner_of(shard, worker_count())]->load_client(duid, client_data);
  });
  if (!clients) return tl::unexpected(clients.error());
  continuity_.settle();
  views_.publish(view(snapshot, configuration_, port_addresses()));
  log(Severity::kInfo, "leases-loaded", "the database is in memory",
      {{"leases", std::to_string(report->leases)}, {"seconds", fmt::format("{:.3f}", report->seconds)}});
  return {};
}

// Before the workers run: whose the delegable prefixes are is said first.
tl::expected<void, Error> Daemon::open_failover() {
  if (configuration_.failover.empty()) return {};
  FailoverReactor::Setup setup{.relationships = configuration_.failover,
                               .scopes = continuity_.scopes,
                               .workers = {},
                               .store = store_.get(),
                               .snapshot = views_.current().snapshot,
                               .management = &io_};
  for (const auto& group : leases_) {
    jobs_.push_back(std::make_unique<worker::JobRing>());
    setup.workers.push_back({.leases = group.get(), .jobs = jobs_.back().get()});
  }
  auto reactor = FailoverReactor::make(std::move(setup));
  if (!reactor) return tl::unexpected(reactor.error());
  failover_ = std::move(*reactor);
  return {};
}

tl::expected<void, Error> Daemon::start_workers() {
  std::vector<lease::ChangeLog*> logs;
  for (const auto& group : leases_) logs.push_back(&group->log());
  committer_ = std::make_unique<storage::Committer>(*store_, logs, configuration_.storage.durability);
  committer_->start();
  std::vector<worker::WorkerPort> ports;
  for (size_t i = 0; i < ports_.size(); ++i) {
    ports.push_back({.id = ports_[i]->id(),
                     .accept_partial_checksum = ports_[i]->has_partial_checksums(),
                     .kernel = exception_path_->rings(i)});
  }
  for (unsigned i = 0; i < worker_count(); ++i) {
    mailboxes_.push_back(std::make_unique<worker::Mailbox>());
    desks_.push_back(std::make_unique<worker::QueryDesk>());
    const worker::WorkerSetup setup{
        .index = i,
        .ports = ports,
        .idle = configuration_.dataplane.idle == control::Idle::kSpin ? worker::Idle::kSpin : worker::Idle::kSleep,
        .hold_replies = configuration_.storage.durability == storage::Durability::kSync,
        .views = &views_,
        .handover = &handover_,
        .mailbox = mailboxes_.back().get(),
        .desk = desks_.back().get(),
        .jobs = jobs_.empty() ? nullptr : jobs_[i].get(),
        .buffers = buffers_.get(),
        .large_buffers = large_buffers_.get(),
        .stop = &stop_workers_};
    auto reassembly = worker::Reassembly::make(large_buffers_.get());
    if (!reassembly) return tl::unexpected(reassembly.error());
    workers_.push_back(std::make_unique<worker::Worker>(setup, *leases_[i], std::move(*reassembly)));
  }
  for (unsigned i = 0; i < worker_count(); ++i) {
    if (int error = rte_eal_remote_launch(run_worker, workers_[i].get(), i + 1); error != 0) {
      return tl::unexpected(Error{fmt::format("worker {} does not start: error {}", i, error)});
    }
    workers_run_ = true;
  }
  if (failover_) failover_->start();
  return {};
}

tl::expected<void, Error> Daemon::open_control_socket() {
  auto socket = control::ControlSocket::open(io_, configuration_.control_socket, [this](const nlohmann::json& command) {
    return control::run_command(*this, command);
  });
  if (!socket) return tl::unexpected(socket.error());
  control_socket_ = std::move(*socket);
  return {};
}

tl::expected<void, Error> Daemon::open_bulk_server() {
  if (!configuration_.lease_query.bulk) return {};
  auto server = control::BulkServer::open(io_, *this);
  if (!server) return tl::unexpected(server.error());
  bulk_server_ = std::move(*server);
  return {};
}

// --- run -------------------------------------------------------------------------------------------------------------

bool Daemon::run() {
  watch_signals();
  watch_world();
  serve_queries();
  call_clients();
  io_.run();
  log(Severity::kInfo, "stopping", "finishing what is in flight");
  finish();
  const bool all_on_disk = committer_->stop();
  log(all_on_disk ? Severity::kInfo : Severity::kError, "stopped",
      all_on_disk ? "all leases are on disk" : "some changes did not reach the disk; no client was told of them");
  return all_on_disk;
}

void Daemon::watch_signals() {
  signals_.async_wait([this](const std::error_code& error, int signal) {
    if (error) return;
    if (signal != SIGHUP) return shut_down();
    if (auto reloaded = reload(control::LostLeases::kWarn); !reloaded)
      log(Severity::kError, "reload-refused", reloaded.error().message);
    watch_signals();
  });
}

void Daemon::watch_world() {
  report_disk();
  report_links();
  if (std::vector<nic::PortAddresses> addresses = port_addresses(); addresses != views_.current().ports) {
    views_.publish(view(views_.current().snapshot, configuration_, std::move(addresses)));
  }
  views_.reclaim();
  timer_.expires_after(kWatchInterval);
  timer_.async_wait([this](const std::error_code& error) {
    if (!error) watch_world();
  });
}

void Daemon::serve_queries() {
  for (const auto& desk : desks_) {
    desk->serve([this](rte_mbuf* question, MutableBytes out) {
      return control::answer_leasequery(*this, worker::packet_of(question).received.message, out);
    });
  }
  query_timer_.expires_after(configuration_.lease_query.requesters.empty() ? kWatchInterval : kQueryInterval);
  query_timer_.async_wait([this](const std::error_code& error) {
    if (!error) serve_queries();
  });
}

void Daemon::call_clients() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  reconfigurer_.tick(static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count()));
  reconfigure_timer_.expires_after(configuration_.reconfigure.enabled ? kCallInterval : kWatchInterval);
  reconfigure_timer_.async_wait([this](const std::error_code& error) {
    if (!error) call_clients();
  });
}

void Daemon::report_disk() {
  const storage::CommitterStatus disk = committer_->status();
  if (disk.failing == disk_was_failing_) return;
  disk_was_failing_ = disk.failing;
  if (disk.failing) {
    log(Severity::kError, "disk-failing", "leases cannot be written: no REPLY leaves until they can",
        {{"error", disk.error}});
  } else {
    log(Severity::kInfo, "disk-recovered", "leases are written again", {{"failures", std::to_string(disk.failures)}});
  }
}

void Daemon::report_links() {
  for (size_t i = 0; i < ports_.size(); ++i) {
    const bool up = ports_[i]->link_up();
    if (up == link_was_up_[i]) continue;
    link_was_up_[i] = up;
    log(up ? Severity::kInfo : Severity::kWarn, "link", up ? "link is up" : "link is down",
        {{"port", ports_[i]->spec().name}});
  }
}

// Workers end while the committer still works: what they hold back leaves before they go.
void Daemon::finish() {
  if (failover_) failover_->stop();
  if (!workers_run_) return;
  workers_run_ = false;
  stop_workers_.store(true);
  rte_eal_mp_wait_lcore();
}

// --- reload ----------------------------------------------------------------------------------------------------------

tl::expected<std::vector<std::string>, Error> Daemon::reload(control::LostLeases lost) {
  return apply(control::load_configuration(configuration_path_), configuration_path_, lost);
}

tl::expected<std::vector<std::string>, Error> Daemon::apply(control::ConfigResult read, const std::string& name,
                                                            control::LostLeases lost) {
  std::vector<std::string> remarks;
  for (const control::Remark& remark : read.remarks) remarks.push_back(remark.to_string(name));
  if (!read.configuration) {
    return tl::unexpected(Error{fmt::format("nothing was changed: {}", fmt::join(remarks, "; "))});
  }
  if (const auto fixed = control::needs_restart(configuration_, *read.configuration); !fixed.empty()) {
    return tl::unexpected(Error{fmt::format("nothing was changed, this needs a restart: {}", fmt::join(fixed, "; "))});
  }
  const auto losses = weigh_losses(*read.configuration, lost);
  if (!losses) return tl::unexpected(losses.error());
  const auto call = read.configuration->reconfigure.on_reload
                        ? control::call_for_changes(configuration_, *read.configuration)
                        : std::nullopt;
  const std::vector<std::string> warnings = put_in_force(std::move(*read.configuration));
  log(Severity::kInfo, "reloaded", "the configuration is in force", {{"file", name}});
  if (call && reconfigurer_.call(*call)) {
    log(Severity::kInfo, "reconfigure", "clients that the change takes something from are told to renew",
        {{"subnets", std::to_string(call->subnets->size())}});
  }
  for (const std::string& loss : *losses) log(Severity::kWarn, "leases-lost", loss);
  remarks.insert(remarks.end(), losses->begin(), losses->end());
  remarks.insert(remarks.end(), warnings.begin(), warnings.end());
  return remarks;
}

// What the change costs clients, in sentences. An error when it is more than `lost` allows.
tl::expected<std::vector<std::string>, Error> Daemon::weigh_losses(const control::Configuration& next,
                                                                   control::LostLeases lost) {
  const auto loss = control::count_lost_leases(*store_, configuration_, next, now());
  std::vector<std::string> lines =
      loss ? control::describe(*loss)
           : std::vector{"leases that lie in no pool any more could not be counted: " + loss.error().message};
  if (lost == control::LostLeases::kWarn || lines.empty()) return lines;
  return tl::unexpected(Error{fmt::format("nothing was changed, leases would be lost: {}", fmt::join(lines, "; "))});
}

std::vector<std::string> Daemon::put_in_force(control::Configuration configuration) {
  std::vector<std::string> warnings;
  const std::shared_ptr<const lease::Snapshot> next = build(configuration);
  const std::shared_ptr<const lease::Snapshot> before = views_.current().snapshot;
  if (continuity_.has_fresh()) fill_new_pools(next);
  if (failover_) warnings = failover_->reconfigured(next);
  for (const std::string& warning : warnings) log(Severity::kError, "failover-certificates", warning);
  publish(next, configuration);
  next->give_back_reserved(*before);
  continuity_.settle();
  configuration_ = std::move(configuration);
  reloaded_unix_ = unix_now();
  control::set_log_outputs(configuration_.loggers);
  return warnings;
}

std::shared_ptr<lease::Snapshot> Daemon::build(const control::Configuration& configuration) {
  return control::build_snapshot(configuration, server_duid_, search_key_, continuity_);
}

// A pool that is new or has other bounds does not know which of its units are leased. The workers, which do, mark them
// while they still allocate by the old configuration; from then on the new one can be used.
void Daemon::fill_new_pools(const std::shared_ptr<const lease::Snapshot>& next) {
  std::shared_ptr<lease::Snapshot> transition = build(configuration_);
  auto incoming = std::make_unique<lease::IncomingSpaces>();
  incoming->reservations = {next, &next->reservations()};
  for (const lease::Subnet& subnet : next->subnets()) {
    for (lease::LeaseType type : {lease::LeaseType::kAddress, lease::LeaseType::kPrefix}) {
      std::ranges::copy_if(subnet.pools(type), std::back_inserter(incoming->pools),
                           [&](const lease::Pool& pool) { return continuity_.pools.is_fresh(pool); });
    }
  }
  transition->incoming = std::move(incoming);
  const uint64_t number = views_.publish(view(std::move(transition), configuration_, views_.current().ports));
  wait_for_workers([&] { return views_.all_indexed(number); });
}

void Daemon::publish(std::shared_ptr<const lease::Snapshot> snapshot, const control::Configuration& configuration) {
  const uint64_t number = views_.publish(view(std::move(snapshot), configuration, views_.current().ports));
  wait_for_workers([&] { return views_.all_took(number); });
  views_.reclaim();
}

template <typename Done>
void Daemon::wait_for_workers(Done&& done) {
  while (!done()) std::this_thread::sleep_for(std::chrono::microseconds(200));
}

// --- errands ---------------------------------------------------------------------------------------------------------

std::vector<failover::RelationshipStatus> Daemon::failover() const {
  return failover_ ? failover_->status() : std::vector<failover::RelationshipStatus>{};
}

tl::expected<void, Error> Daemon::failover_command(const std::string& relationship, failover::OperatorCommand command) {
  if (!failover_) return tl::unexpected(Error{"no failover relationship is configured"});
  return failover_->command(relationship, command);
}

bool Daemon::run_at_owner(unsigned shard, const lease::Errand& errand) {
  worker::Mailbox& mailbox = *mailboxes_[lease::ShardGroup::owner_of(shard, worker_count())];
  if (!mailbox.post(errand)) return false;
  while (mailbox.is_busy()) std::this_thread::sleep_for(kErrandPoll);
  return true;
}

bool Daemon::run_at_all_workers(const lease::Errand& errand) {
  bool all = true;
  for (const auto& mailbox : mailboxes_) all = mailbox->post(errand) && all;
  for (const auto& mailbox : mailboxes_) {
    while (mailbox->is_busy()) std::this_thread::sleep_for(kErrandPoll);
  }
  return all;
}

// --- what control asks -----------------------------------------------------------------------------------------------

std::vector<nic::PortAddresses> Daemon::port_addresses() {
  std::vector<nic::PortAddresses> addresses;
  for (const auto& port : ports_) addresses.push_back(port->addresses());
  return addresses;
}

std::vector<control::PortStatus> Daemon::ports() const {
  std::vector<control::PortStatus> status;
  for (size_t i = 0; i < ports_.size(); ++i) {
    const auto& port = ports_[i];
    std::string mac;
    for (std::byte octet : port->mac())
      mac += fmt::format("{}{:02x}", mac.empty() ? "" : ":", std::to_integer<unsigned>(octet));
    status.push_back({.name = port->spec().name,
                      .device = port->spec().device,
                      .mac = mac,
                      .driver = port->driver(),
                      .link_up = port->link_up(),
                      .missed = port->missed(),
                      .mtu = port->mtu(),
                      .steering = std::string(nic::to_string(port->steering())),
                      .kernel_side = port->tap() != nullptr ? port->tap()->name() : port->spec().device,
                      .exception_drops = exception_path_->dropped(i)});
  }
  return status;
}

std::vector<control::WorkerStatus> Daemon::workers() const {
  std::vector<control::WorkerStatus> status;
  for (unsigned i = 0; i < worker_count(); ++i) {
    const worker::WorkerGauges& gauges = workers_[i]->gauges();
    status.push_back({.core = cores_[i],
                      .leases = gauges.leases.load(std::memory_order_relaxed),
                      .clients = gauges.clients.load(std::memory_order_relaxed),
                      .memory = gauges.memory.load(std::memory_order_relaxed),
                      .waiting_replies = gauges.parked.load(std::memory_order_relaxed),
                      .counters = &leases_[i]->counters()});
  }
  return status;
}

AbsoluteTime Daemon::now() const { return AbsoluteTime::from_unix(std::time(nullptr)); }

}  // namespace tandem6::daemon
