// The failover reactor: the thread with every relationship, its connection and its timers (architecture.md §1).
#pragma once

#include <asio/io_context.hpp>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "failover/net/connection.h"
#include "failover/settings.h"
#include "failover/status.h"
#include "storage/store.h"
#include "tools/tandem6d/lease_desk.h"

namespace tandem6::daemon {

class PartnerHost;

/// Made, started and stopped by the management thread, which may call everything but what its own thread runs. A slow
/// disk does not hold it up: what must be stored is stored by the management thread, and leases by the committer.
class FailoverReactor {
 public:
  struct Setup {
    std::vector<failover::RelationshipSettings> relationships;
    std::vector<std::shared_ptr<lease::FailoverScope>> scopes;  ///< likewise
    std::vector<LeaseDesk::WorkerEnd> workers;
    storage::Store* store = nullptr;
    std::shared_ptr<const lease::Snapshot> snapshot;
    asio::io_context* management = nullptr;  ///< what is posted here may wait for the disk
  };

  /// Reads what the disk has of the relationships, and the certificates, and opens the ports that partners connect to;
  /// certificates and ports that will not do keep no client without service, and are tried again. Before the workers
  /// run, after the leases are loaded.
  static tl::expected<std::unique_ptr<FailoverReactor>, Error> make(Setup setup);
  ~FailoverReactor();
  FailoverReactor(const FailoverReactor&) = delete;
  FailoverReactor& operator=(const FailoverReactor&) = delete;

  void start();
  /// Says good-bye to the partners and ends the thread. The workers still run.
  void stop();

  /// Another configuration is in force; certificates are read again. Returns what is wrong with them, for people: then
  /// those that are in use stay.
  std::vector<std::string> reconfigured(std::shared_ptr<const lease::Snapshot> snapshot);
  std::vector<failover::RelationshipStatus> status();
  tl::expected<void, Error> command(const std::string& relationship, failover::OperatorCommand command);

 private:
  explicit FailoverReactor(Setup setup);
  tl::expected<void, Error> open();
  void open_listeners();
  void listening(const Ipv6Address& local, uint16_t port, const std::string& problem);
  void run();
  unsigned poll();
  void take_feeds(size_t limit);
  void tick();
  tl::expected<failover::Listener::Welcome, Error> welcome(const Ipv6Address& address) const;
  void accepted(std::shared_ptr<failover::Connection> connection, Bytes connect);
  void refused(const Ipv6Address& address, const std::string& reason);
  void turned_away(const Ipv6Address& stranger, const std::string& reason);
  void add_stranger(failover::RelationshipStatus& status) const;
  /// Runs it in the reactor's thread and returns what it returns.
  template <typename Result>
  Result ask(std::function<Result()> question);

  Setup setup_;
  asio::io_context io_;
  LeaseDesk desk_;
  std::vector<std::unique_ptr<PartnerHost>> hosts_;
  std::vector<std::unique_ptr<failover::Listener>> listeners_;
  struct Stranger {
    Ipv6Address address;
    AbsoluteTime when;
  };
  std::optional<Stranger> last_stranger_;
  std::set<Ipv6Address> strangers_;  // whom the log has
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  uint64_t last_tick_ = 0;
};

}  // namespace tandem6::daemon
