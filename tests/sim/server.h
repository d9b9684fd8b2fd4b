// One of the two servers: everything of it is real but clock, network and disk. Stands for the workers, the committer
// and the failover reactor of tandem6d, each of which does its things at its own time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/lease/engine.h"
#include "failover/relationship.h"
#include "tests/sim/disk.h"
#include "tests/sim/figure6.h"
#include "tests/sim/random.h"
#include "tests/support/packet.h"

namespace tandem6::sim {

class World;

/// A lease as a REPLY tells its client of it.
struct Promise {
  lease::LeaseKey key;
  AbsoluteTime until;
};

class Server final : public failover::Host {
 public:
  Server(World& world, unsigned side, Random random);

  // --- what befalls it ---
  void start(unsigned workers);
  /// Loses what is not synced; what is on its way to the disk gets there, or not. `with_machine`: the kernel goes too.
  void crash(bool with_machine);
  /// SIGTERM.
  void stop();
  void lose_disk();
  /// From the next start on, the pd-pool of link 0 is so many times twice as large as in the scenario.
  void set_doublings(unsigned doublings) { doublings_ = doublings; }
  unsigned doublings() const { return doublings_; }
  void set_skew(int64_t milliseconds) { skew_ = milliseconds; }
  void set_disk_delay(uint64_t most) { disk_delay_ = most; }
  void set_disk_full(bool full) { disk_full_ = full; }
  bool command(failover::OperatorCommand command);
  void datagram(unsigned client, uint16_t port, const testing::Octets& bytes);

  // --- the channel ---
  void connected();
  void connected_by(const std::vector<std::byte>& message);
  void received(const std::vector<std::byte>& message);
  void disconnected(std::string_view why);

  // --- what can be seen of it ---
  unsigned side() const { return side_; }
  bool is_alive() const { return life_ != nullptr; }
  int64_t skew() const { return skew_; }
  failover::State state() const;
  bool is_communicating() const;
  /// Does its state let it answer any client at all?
  bool may_serve() const { return life_->scope->policy().responsiveness != lease::Responsiveness::kUnresponsive; }
  lease::FailoverPolicy policy() const;
  failover::RelationshipStatus status() const { return life_->relationship->status(); }
  /// All leases, ordered by key.
  std::vector<lease::LeaseRecord> leases() const;
  const Disk& disk() const { return disk_; }
  bool is_disk_full() const { return disk_full_; }
  /// Does it hold this lease for this client, ACTIVE?
  bool knows(const lease::LeaseKey& key, Bytes duid) const;
  /// Is it right to take this lease from the client? An address in quarantine, which somebody found in use. And of one
  /// case it cannot know: it holds it as another client's that has ended, which the partner has acked, and given this
  /// one the unit, and neither was heard here.
  bool may_withdraw(const lease::LeaseKey& key, Bytes duid) const;
  testing::Octets duid() const;
  AbsoluteTime wall() const;
  uint64_t disk_losses() const { return disk_losses_; }
  /// What waits to be written, answered or sent; empty: nothing.
  std::string unrest() const;
  bool is_idle() const { return unrest().empty(); }

  // --- failover::Host ---
  void send(Bytes message) override;
  void disconnect() override;
  void settled() override;
  void persist(std::vector<std::byte> stable, uint64_t token) override;
  void note(failover::Weight weight, std::string_view event, std::string_view text) override;
  const lease::Snapshot& snapshot() override { return *life_->snapshot; }
  void apply(failover::IncomingUpdate incoming) override;
  void acknowledge(const failover::LeaseAck& ack) override;
  void begin_scan(failover::ScanKind kind) override;
  void continue_scan(size_t limit) override;
  void free_overdue(AbsoluteTime partner_down_since, Seconds mclt) override;
  void check_blocks(std::vector<lease::LeaseKey> blocks) override;
  std::vector<std::byte> client_data(Bytes duid) override;

 private:
  struct Parked {
    uint64_t sequence;
    unsigned client;
    testing::Octets bytes;
    std::vector<Promise> promises;
    Duid duid;
    uint64_t made;
  };
  struct Waiting {
    uint64_t sequence;
    std::function<void()> then;
  };
  struct Worker {
    std::unique_ptr<lease::ShardGroup> leases;
    std::vector<Parked> parked;
    std::vector<Waiting> waiting;  // for their sequence to be committed
    uint64_t busy_until = 0;
  };
  struct Scan {
    failover::ScanKind kind = failover::ScanKind::kUnacked;
    uint64_t number = 0;
    std::vector<failover::WalkCursor> cursors;
  };
  struct StableWrite {
    std::vector<std::byte> bytes;
    uint64_t token;
  };
  struct AskedForAll {
    AbsoluteTime when;
    std::vector<lease::LeaseKey> heard_since;  // leases that the partner has told, of itself
  };
  /// From a start to the crash.
  struct Life {
    lease::PoolBook book;
    std::shared_ptr<lease::FailoverScope> scope;
    std::unique_ptr<lease::Snapshot> snapshot;
    std::vector<Worker> workers;
    std::unique_ptr<failover::Relationship> relationship;
    uint64_t reactor_busy_until = 0;
    std::optional<Batch> writing;
    std::optional<StableWrite> stable_writing;
    std::optional<StableWrite> stable_next;
    Scan scan;
    // for I7
    failover::State last_state = failover::State::kNone;
    uint64_t disk_checked = 0;
    bool startup_over = false;
    bool had_record = false;
    bool never_ran = false;
    bool partner_is_starting = false;
    bool update_done = false;
    std::optional<AskedForAll> asked_for_all;
    bool told = false;
  };

  void configure(unsigned workers);
  lease::Pool dense_pool(lease::LeaseType type, std::string_view first, uint8_t unit_length, uint32_t count);
  lease::Subnet subnet(uint32_t id, std::string_view prefix, uint16_t port, unsigned workers);
  void load();
  failover::RelationshipSettings settings() const;

  failover::Moment moment() const;
  std::string name() const { return side_ == 0 ? "A" : "B"; }
  uint64_t draw_disk_delay() { return random_.between(1, disk_delay_); }
  /// In this life only.
  void later(uint64_t delay, std::function<void()> action);
  void in_worker(unsigned worker, std::function<void()> errand);
  void in_reactor(std::function<void()> action);
  void tick();
  void expire();
  lease::ErrandPlace place(unsigned worker) { return {*life_->workers[worker].leases, *life_->snapshot, wall()}; }
  unsigned owner_of(Bytes duid) const;

  void write();
  void written(const std::vector<uint64_t>& committed);
  void release(Worker& worker);
  void take_feed();
  void write_stable();
  void stable_written();
  void when_committed(unsigned worker, uint64_t sequence, std::function<void()> then);

  void run_apply(const std::shared_ptr<failover::IncomingUpdate>& incoming);
  void run_displace(const std::shared_ptr<failover::IncomingUpdate>& incoming, unsigned worker);

  static void sort_by_key(std::vector<lease::LeaseRecord>& leases);
  /// The disk has every change of every lease.
  bool all_is_written() const;
  std::vector<Promise> promises_of(const lease::Answer& answer, const testing::Octets& bytes) const;
  void check_answer(const std::vector<Promise>& promises, Bytes duid);
  void note_update(const failover::BindingUpdate& update);
  void check_stored(const Parked& reply);
  void check_disk();
  void check_message(Bytes message);
  void check_done();
  void check_told(const failover::BindingUpdate& update, bool is_reply);
  void check_hands(const failover::LeaseUpdate& block, lease::BindingStatus status);
  void check_transition(const failover::StableState& stable);
  std::optional<lease::LeaseRecord> find(const lease::LeaseKey& key) const;

  World& world_;
  unsigned side_;
  Random random_;
  Disk disk_;
  int64_t skew_ = 0;
  uint64_t disk_delay_ = 5;
  bool disk_full_ = false;
  uint64_t number_ = 0;       // of the life
  uint64_t operated_at_ = 0;  // a REPLY left, or the disk took the relationship's state: it promises nothing without
  uint64_t died_at_ = 0;      // when it last may have served
  unsigned doublings_ = 0;
  bool has_served_ = false;  // in any life
  uint64_t disk_losses_ = 0;
  std::unique_ptr<Life> life_;
};

}  // namespace tandem6::sim
