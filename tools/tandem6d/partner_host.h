// What one relationship asks of the world, in the running server: its connection, the disk, the workers.
#pragma once

#include <asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "failover/net/connection.h"
#include "failover/relationship.h"
#include "storage/store.h"
#include "tools/tandem6d/lease_desk.h"

namespace tandem6::daemon {

/// The reactor thread's, but for its making.
class PartnerHost : public failover::Host {
 public:
  struct World {
    asio::io_context* io = nullptr;          ///< the reactor's
    asio::io_context* management = nullptr;  ///< may wait for the disk
    storage::Store* store = nullptr;
    LeaseDesk* desk = nullptr;
    size_t workers = 1;
    std::function<void()> take_feeds = {};  ///< hands on all that is in the feeds and committed
  };

  /// Null without TLS.
  using Identity = tl::expected<std::shared_ptr<failover::TlsIdentity>, Error>;
  /// Reads the certificates when there is TLS. Any thread.
  static Identity load_identity(const failover::RelationshipSettings& settings);
  /// Reads what the disk has of the relationship, and the certificates.
  static tl::expected<std::unique_ptr<PartnerHost>, Error> make(const failover::RelationshipSettings& settings,
                                                                std::shared_ptr<lease::FailoverScope> scope,
                                                                std::shared_ptr<const lease::Snapshot> snapshot,
                                                                const World& world);

  failover::Relationship& relationship() { return *relationship_; }
  const failover::RelationshipSettings& settings() const { return settings_; }
  const std::shared_ptr<failover::TlsIdentity>& identity() const { return identity_; }
  /// Are there the certificates that TLS needs, or is there no TLS?
  bool can_speak() const { return identity_problem_.empty(); }
  /// Why not, for people.
  const std::string& identity_problem() const { return identity_problem_; }

  /// A primary begins to connect.
  void start();
  /// The partner has connected (we are its secondary).
  void accept(std::shared_ptr<failover::Connection> connection, Bytes connect);
  bool is_connected() const { return connection_ != nullptr; }
  /// A secondary's address was tried to listen on. Empty: with success.
  void listening(const std::string& problem);
  /// Somebody with the partner's address came, and got no connection.
  void refused(const std::string& reason);
  void shut_down();
  /// Of its connections, on either side.
  failover::Limits limits() const;
  void replace_snapshot(std::shared_ptr<const lease::Snapshot> snapshot);
  /// An error leaves the one that is in use.
  void replace_identity(const Identity& identity);
  /// At least every 100 ms.
  void tick(failover::Moment now);
  failover::RelationshipStatus status() const;

  static failover::Moment now();

  // failover::Host
  void send(Bytes message) override;
  void disconnect() override;
  void settled() override;
  void persist(std::vector<std::byte> stable, uint64_t token) override;
  void note(failover::Weight weight, std::string_view event, std::string_view text) override;
  const lease::Snapshot& snapshot() override { return *snapshot_; }
  void apply(failover::IncomingUpdate incoming) override;
  void acknowledge(const failover::LeaseAck& ack) override { world_.desk->acknowledge(ack); }
  void begin_scan(failover::ScanKind kind) override;
  void continue_scan(size_t limit) override;
  void free_overdue(AbsoluteTime partner_down_since, Seconds mclt) override;
  void check_blocks(std::vector<lease::LeaseKey> blocks) override;
  std::vector<std::byte> client_data(Bytes duid) override;

 private:
  /// A walk over the shards of all workers.
  struct Walk {
    std::vector<failover::WalkCursor> cursors;             // by worker
    std::vector<std::vector<failover::FoundLease>> found;  // by worker
    std::vector<std::vector<lease::LeaseKey>> unacked;     // by worker
    std::vector<uint64_t> sequences;                       // by worker: of its log, when it looked last
    failover::ScanKind kind = failover::ScanKind::kUnacked;
    bool is_finished() const;
  };

  PartnerHost(const failover::RelationshipSettings& settings, std::shared_ptr<lease::FailoverScope> scope,
              std::shared_ptr<const lease::Snapshot> snapshot, const World& world);
  void take_identity(const Identity& identity);
  void take(std::shared_ptr<failover::Connection> connection);
  std::string connect_failure() const;
  std::string nobody_text() const;
  void store_pending();
  void hand_over(const std::shared_ptr<Walk>& walk);
  void free_step(const std::shared_ptr<Walk>& walk, AbsoluteTime partner_down_since, Seconds mclt);
  void check_step(const std::shared_ptr<Walk>& walk, const std::vector<lease::LeaseKey>& blocks);
  std::shared_ptr<Walk> new_walk() const;

  failover::RelationshipSettings settings_;
  std::shared_ptr<lease::FailoverScope> scope_;
  std::shared_ptr<const lease::Snapshot> snapshot_;
  World world_;
  std::shared_ptr<failover::TlsIdentity> identity_;
  std::string identity_problem_;  ///< why there is none, when TLS needs one
  uint64_t identity_tried_ = now().milliseconds;
  std::unique_ptr<failover::Connector> connector_;
  std::shared_ptr<failover::Connection> connection_;
  failover::Moment alone_since_ = now();  ///< started, or the last connection ended; while there is none
  std::string listen_problem_;
  std::string last_failure_;  ///< to connect, since there was a connection
  std::string last_refusal_;  ///< likewise, of somebody who came
  std::shared_ptr<Walk> scan_;
  bool freeing_ = false;

  std::optional<std::pair<std::vector<std::byte>, uint64_t>> to_store_;
  bool storing_ = false;

  std::unique_ptr<failover::Relationship> relationship_;
};

}  // namespace tandem6::daemon
