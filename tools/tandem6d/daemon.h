// The running server: everything that tandem6d owns, and what the control plane may ask of it.
#pragma once

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "control/config/build.h"
#include "control/control_socket.h"
#include "control/leasequery/bulk_server.h"
#include "control/reconfigure/reconfigurer.h"
#include "control/server.h"
#include "dataplane/nic/exception_path.h"
#include "dataplane/nic/port.h"
#include "dataplane/worker/table_memory.h"
#include "dataplane/worker/worker.h"
#include "storage/committer.h"
#include "storage/store.h"
#include "tools/tandem6d/certificates.h"
#include "tools/tandem6d/failover_reactor.h"

namespace tandem6::daemon {

/// Made, run and ended by the main thread, which is the management thread. The members stand in the order in which
/// they need each other: what is below ends first.
class Daemon : public control::Server {
 public:
  Daemon(control::Configuration configuration, std::string configuration_path);
  ~Daemon() override;

  /// Starts DPDK, opens ports and database, loads the leases, starts committer and workers, opens the control socket.
  /// After an error the object can only be destroyed.
  tl::expected<void, Error> start();
  /// Serves until SIGTERM, SIGINT or the shutdown command; then finishes what is in flight. False when some leases
  /// could not be brought to the disk.
  bool run();

  // control::Server
  const control::Configuration& configuration() const override { return configuration_; }
  std::string configuration_path() const override { return configuration_path_; }
  std::vector<control::Remark> missing_here(const control::Configuration& configuration) const override {
    return certificate_remarks(configuration);
  }
  tl::expected<std::vector<std::string>, Error> apply(control::ConfigResult read, const std::string& name,
                                                      control::LostLeases lost) override;
  tl::expected<std::vector<std::string>, Error> reload(control::LostLeases lost) override;
  const lease::Snapshot& snapshot() const override { return *views_.current().snapshot; }
  std::vector<control::PortStatus> ports() const override;
  std::vector<control::WorkerStatus> workers() const override;
  storage::CommitterStatus committer() const override { return committer_->status(); }
  storage::Store& store() override { return *store_; }
  bool run_at_owner(unsigned shard, const lease::Errand& errand) override;
  bool run_at_all_workers(const lease::Errand& errand) override;
  std::vector<failover::RelationshipStatus> failover() const override;
  tl::expected<void, Error> failover_command(const std::string& relationship,
                                             failover::OperatorCommand command) override;
  control::Reconfigurer& reconfigurer() override { return reconfigurer_; }
  uint64_t started_unix() const override { return started_unix_; }
  uint64_t reloaded_unix() const override { return reloaded_unix_; }
  AbsoluteTime now() const override;
  void shut_down() override { io_.stop(); }

 private:
  unsigned worker_count() const { return static_cast<unsigned>(cores_.size()); }

  // start
  /// What the configuration says of this machine: cores that are there, a queue for each worker.
  tl::expected<void, Error> check_plan() const;
  tl::expected<void, Error> start_dpdk();
  tl::expected<void, Error> open_ports();
  tl::expected<void, Error> open_exception_path();
  tl::expected<void, Error> open_store();
  tl::expected<Duid, Error> server_duid();
  tl::expected<void, Error> load_leases();
  tl::expected<void, Error> open_failover();
  tl::expected<void, Error> start_workers();
  tl::expected<void, Error> open_control_socket();
  tl::expected<void, Error> open_bulk_server();

  // run
  void watch_signals();
  void watch_world();
  void serve_queries();
  void call_clients();
  void report_disk();
  void report_links();
  void finish();

  // reload
  tl::expected<std::vector<std::string>, Error> weigh_losses(const control::Configuration& next,
                                                             control::LostLeases lost);
  /// Returns warnings.
  std::vector<std::string> put_in_force(control::Configuration next);
  std::shared_ptr<lease::Snapshot> build(const control::Configuration& configuration);
  void fill_new_pools(const std::shared_ptr<const lease::Snapshot>& next);
  void publish(std::shared_ptr<const lease::Snapshot> snapshot, const control::Configuration& configuration);
  std::vector<nic::PortAddresses> port_addresses();
  template <typename Done>
  void wait_for_workers(Done&& done);

  control::Configuration configuration_;
  std::string configuration_path_;
  std::vector<unsigned> cores_;  ///< one worker on each
  uint64_t started_unix_;
  uint64_t reloaded_unix_;
  Duid server_duid_;
  lease::HashKey search_key_;

  asio::io_context io_;
  asio::signal_set signals_{io_, SIGTERM, SIGINT, SIGHUP};
  asio::steady_timer timer_{io_};
  asio::steady_timer query_timer_{io_};
  asio::steady_timer reconfigure_timer_{io_};

  std::unique_ptr<storage::Store> store_;
  control::Continuity continuity_;
  worker::ViewBoard views_;
  worker::BufferPool buffers_;
  worker::BufferPool large_buffers_;
  std::vector<std::unique_ptr<nic::Port>> ports_;
  std::unique_ptr<nic::ExceptionPath> exception_path_;
  worker::Handover handover_;
  std::vector<std::unique_ptr<worker::TableMemory>> table_memory_;  ///< by worker; outlives leases_
  std::vector<std::unique_ptr<lease::ShardGroup>> leases_;          ///< by worker
  std::unique_ptr<storage::Committer> committer_;
  std::atomic<bool> stop_workers_{false};
  std::vector<std::unique_ptr<worker::Mailbox>> mailboxes_;  ///< by worker
  std::vector<std::unique_ptr<worker::QueryDesk>> desks_;    ///< by worker
  std::vector<std::unique_ptr<worker::JobRing>> jobs_;       ///< by worker; none without failover
  std::vector<std::unique_ptr<worker::Worker>> workers_;
  bool workers_run_ = false;
  std::unique_ptr<FailoverReactor> failover_;  ///< null: this server has no partner
  std::unique_ptr<control::ControlSocket> control_socket_;
  std::unique_ptr<control::BulkServer> bulk_server_;

  control::Reconfigurer reconfigurer_{*this};
  bool disk_was_failing_ = false;
  std::vector<bool> link_was_up_;
};

}  // namespace tandem6::daemon
