// Fuzzes a server against a failover partner that may send anything at any time: the real relationship and lease
// engine, with clients, a disk and clocks that the input moves. The input is one octet that says what this server is,
// then steps: an octet whose lower three bits say what happens, and its upper five how.
#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "dataplane/wire/require.h"
#include "failover/relationship.h"
#include "tests/support/shared_server.h"

using namespace tandem6;
using namespace tandem6::failover;
using namespace tandem6::testing;
using lease::FailoverRole;
using wire::FailoverMessageView;
using wire::MessageType;

namespace {

enum Step : uint8_t {
  kMessage = 0,     ///< from the partner: two octets of length, and it. How: which message of ours it answers, 0 is the
                    ///< last; 30: no message follows, our oldest BNDUPD is accepted; 31: none
  kConnection = 1,  ///< primary: it stands; secondary: with a CONNECT, as above
  kTime = 2,        ///< passes: 100 ms, twice as much for each two
  kClient = 3,      ///< one of eight asks for leases, or gives them up
  kBroken = 4,      ///< the connection ends
  kDisk = 5,        ///< has what was to be stored of the relationship
  kOperator = 6,
  kTurn = 7,  ///< of the workers: one, or, 31, all from now on, at once
};
constexpr uint8_t kAccept = 30;
constexpr uint8_t kMost = 31;

/// One server with one worker. What its relationship asks of the workers waits for their turn.
class Subject : public Host {
 public:
  Subject(FailoverRole role, std::optional<Stable> stable) : shared_(role) {
    RelationshipSettings settings;
    settings.name = "pair";
    settings.role = role;
    settings.mclt = kMclt;
    settings.startup = Seconds{10};
    settings.max_unacked = 8;
    relationship_ = std::make_unique<Relationship>(settings, *shared_.scope, std::move(stable), *this, now());
  }

  // --- what happens ------------------------------------------------------------------------------------------------
  void accept_update() {
    if (updates_.empty()) return;
    const Octets update = std::move(updates_.front());
    updates_.pop_front();
    const auto view = FailoverMessageView::parse(update).value();
    std::array<std::byte, 65'535> space{};
    wire::Writer out(space);
    put_binding_reply(out, view.transaction_id, shared_.server.now, read_binding_update(view).update);
    relationship_->received({space.data(), out.size()}, now());
  }
  void hear(Octets message, uint8_t how) {
    adapt(message, how);
    relationship_->received(message, now());
  }
  void connect(Octets message) {
    if (relationship_->is_connected()) return;
    connected_ = true;
    updates_.clear();
    adapt(message, kMost);
    if (relationship_->settings().role == FailoverRole::kPrimary) return relationship_->connected(now());
    relationship_->connected_by(message, now());
  }
  void pass(uint64_t milliseconds) {
    milliseconds_ += milliseconds;
    shared_.server.now = {800'000'000 + static_cast<uint32_t>(milliseconds_ / 1000)};
    shared_.server.group.expire(shared_.server.now, shared_.server.snapshot(), 1000);
    relationship_->tick(now());
  }
  void client(uint8_t how) {
    const Octets duid = duid_of(how % 8);
    const Octets ias = join({ia_na(1), ia_pd(1)});
    std::vector<Octets> held;
    for (const auto& [key, record] : replayed_) {
      if (!wire::same_bytes(record.duid.bytes(), duid) || record.status != lease::BindingStatus::kActive) continue;
      const std::string text = record.key.address.to_string();
      held.push_back(record.key.type == lease::LeaseType::kAddress ? ia_na(record.iaid, {ia_address(text)})
                                                                   : ia_pd(record.iaid, {ia_prefix(text, 56)}));
    }
    const uint8_t type = how < 8 ? kRequest : how < 16 ? kRebind : how < 24 ? kRelease : kDecline;
    Octets options = type == kRequest ? ias : Octets{};
    if (type != kRequest) {
      for (const Octets& ia : held) options += ia;
    }
    shared_.server.send(from_client(type, {options}, duid));
  }
  void break_connection() {
    if (relationship_->is_connected()) relationship_->disconnected("cut", now());
    connected_ = false;
  }
  void sync_disk() {
    if (const auto saved = std::exchange(saved_, std::nullopt)) relationship_->persisted(*saved, now());
  }
  void command(uint8_t how) {
    (void)relationship_->command(how % 2 == 0 ? OperatorCommand::kPartnerDown : OperatorCommand::kResync, now());
  }
  void take_turn(uint8_t how) {
    waits_ = how != kMost;
    if (!turns_.empty()) take_one();
  }

  /// After each step: what is logged is on the disk, the feed is read, and what is true of every server is.
  void settle() {
    for (unsigned i = 0; !waits_ && !turns_.empty(); ++i) {
      require(i < 10'000, "the relationship comes to rest");
      take_one();
    }
    commit();
    if (!relationship_->is_connected()) connected_ = false;
    check();
  }

  // --- Host --------------------------------------------------------------------------------------------------------
  void send(Bytes message) override {
    const auto view = FailoverMessageView::parse(message);
    require(view.has_value(), "what is sent is a message");
    require(connected_, "nothing is sent without a connection");
    if (sent_.size() == kAccept) sent_.pop_front();
    sent_.push_back(view->transaction_id);
    if (view->type == MessageType::kBndUpd) updates_.emplace_back(message);
  }
  void disconnect() override {}
  void settled() override {}
  void persist(std::vector<std::byte> stable, uint64_t token) override {
    require(decode_stable(stable).has_value(), "what is stored can be read again");
    saved_ = token;
  }
  void note(Weight, std::string_view, std::string_view) override {}
  const lease::Snapshot& snapshot() override { return shared_.server.snapshot(); }
  void apply(IncomingUpdate incoming) override {
    turns_.emplace_back([this, incoming = std::move(incoming)]() mutable {
      for (;;) {
        const Applied applied = failover::apply(place(), *shared_.scope, incoming);
        if (applied == Applied::kDone) break;
        if (applied == Applied::kNoRoom) commit();
        if (applied == Applied::kHeldElsewhere) incoming.next_is_unheld = true;  // there is no other worker
      }
      commit();
      relationship_->applied(incoming, now());
    });
  }
  void acknowledge(const LeaseAck& ack) override {
    turns_.emplace_back([this, ack] { require(failover::acknowledge(place(), ack), "there is room in the log"); });
  }
  void begin_scan(ScanKind kind) override {
    scan_ = kind;
    cursor_ = {};
  }
  void continue_scan(size_t limit) override {
    turns_.emplace_back([this, limit] {
      std::vector<FoundLease> found;
      failover::scan(place(), *shared_.scope, scan_, cursor_, limit, found);
      commit();
      relationship_->scanned(found, cursor_.finished, now());
    });
  }
  void free_overdue(AbsoluteTime since, Seconds mclt) override {
    turns_.emplace_back([this, since, mclt] {
      for (WalkCursor cursor; !cursor.finished;)
        failover::free_overdue(place(), *shared_.scope, since, mclt, cursor, 4096);
    });
  }
  void check_blocks(std::vector<lease::LeaseKey> blocks) override {
    turns_.emplace_back([this, blocks = std::move(blocks)] {
      std::vector<lease::LeaseKey> unacked;
      for (WalkCursor cursor; !cursor.finished;)
        find_unacked_blocks(place(), *shared_.scope, blocks, cursor, 4096, unacked);
      relationship_->blocks_checked(blocks, unacked, now());
    });
  }
  std::vector<std::byte> client_data(Bytes) override { return {}; }

 private:
  Moment now() const { return {shared_.server.now, milliseconds_}; }
  lease::ErrandPlace place() { return {shared_.server.group, shared_.server.snapshot(), shared_.server.now}; }

  /// By a clock that agrees with ours, and perhaps as an answer.
  void adapt(Octets& message, uint8_t how) const {
    if (message.size() < 8) return;
    wire::store_be32(message.data() + 4, shared_.server.now.since_2000);
    if (how >= sent_.size()) return;
    const uint32_t transaction = sent_[sent_.size() - 1 - how];
    for (size_t i = 0; i < 3; ++i) message[1 + i] = static_cast<std::byte>(transaction >> (16 - 8 * i));
  }

  void take_one() {
    const auto turn = std::move(turns_.front());
    turns_.pop_front();
    turn();
  }

  void commit() {
    for (const lease::LeaseChange& change : shared_.server.changes()) {
      if (change.kind == lease::LeaseChange::Kind::kPut) replayed_[change.record.key] = change.record;
      if (change.kind == lease::LeaseChange::Kind::kDelete) replayed_.erase(change.record.key);
    }
    shared_.server.group.feed().take(
        shared_.server.group.log().committed(), SIZE_MAX,
        [&](const lease::UpdateFeed::Entry& entry) { relationship_->changed(entry.record, entry.sequence); });
    if (shared_.server.group.feed().take_overflow()) relationship_->feed_overflowed();
    relationship_->flush(now());
  }

  /// No unit is leased twice, and the disk has what the memory has.
  void check() {
    std::unordered_set<lease::LeaseKey, LeaseKeyHash> seen;
    uint64_t waiting = 0;
    for (unsigned number = 0; number < lease::kShardCount; ++number) {
      lease::Shard& shard = shared_.server.group.shard(number);
      if (shard.lease_count() == 0) continue;
      shard.walk(0, ~uint32_t{0}, [&](const lease::Lease& lease) {
        require(seen.insert(lease.key).second, "a unit is leased once");
        const auto stored = replayed_.find(lease.key);
        require(stored != replayed_.end(), "what is in memory is on the disk");
        const lease::LeaseRecord record = shard.record_of(lease);
        waiting += record.partner && record.partner->unacked;
        require(stored->second.duid == record.duid && stored->second.status == record.status &&
                    stored->second.expires() == record.expires(),
                "and is the same there");
      });
    }
    require(seen.size() == replayed_.size(), "the disk has no more");
    const RelationshipStatus status = relationship_->status();
    require(to_string(status.state) != "unknown", "a state has a name");
    require(status.backlog == waiting, "what the partner does not know is counted");
  }

  SharedServer shared_;
  uint64_t milliseconds_ = 0;
  bool connected_ = false;
  bool waits_ = false;
  std::deque<uint32_t> sent_;   // transactions of the last messages
  std::deque<Octets> updates_;  // BNDUPDs that were not accepted yet
  std::optional<uint64_t> saved_;
  std::deque<std::function<void()>> turns_;
  ScanKind scan_ = ScanKind::kUnacked;
  WalkCursor cursor_;
  std::unordered_map<lease::LeaseKey, lease::LeaseRecord, LeaseKeyHash> replayed_;
  std::unique_ptr<Relationship> relationship_;
};

/// The state of before; STARTUP of a server that never ran otherwise.
std::optional<Stable> stable_of(uint8_t what) {
  const State state{static_cast<uint8_t>(what >> 4)};
  if (state < State::kNormal || state > State::kConflictDone) return std::nullopt;
  Stable stable;
  stable.state.state = state;
  stable.state.since = stable.state.last_operating = stable.state.last_heard = {799'999'000};
  stable.state.partner = State{static_cast<uint8_t>(what >> 1 & 7)};
  stable.state.mclt = kMclt;
  return stable;
}

Octets take_message(Bytes& rest) {
  if (rest.size() < 2) return {};
  const size_t length = std::min<size_t>(wire::load_be16(rest.data()), rest.size() - 2);
  Octets message(rest.subspan(2, length));
  rest = rest.subspan(2 + length);
  return message;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes rest = std::as_bytes(std::span(data, size));
  if (rest.empty()) return 0;
  const auto what = static_cast<uint8_t>(rest[0]);
  rest = rest.subspan(1);
  Subject subject(what % 2 == 0 ? FailoverRole::kPrimary : FailoverRole::kSecondary, stable_of(what));
  while (!rest.empty()) {
    const auto step = static_cast<uint8_t>(rest[0]);
    const uint8_t how = step >> 3;
    rest = rest.subspan(1);
    switch (Step{static_cast<uint8_t>(step & 7)}) {
      case kMessage:
        how == kAccept ? subject.accept_update() : subject.hear(take_message(rest), how);
        break;
      case kConnection:
        subject.connect(take_message(rest));
        break;
      case kTime:
        subject.pass(uint64_t{100} << how / 2);
        break;
      case kClient:
        subject.client(how);
        break;
      case kBroken:
        subject.break_connection();
        break;
      case kDisk:
        subject.sync_disk();
        break;
      case kOperator:
        subject.command(how);
        break;
      case kTurn:
        subject.take_turn(how);
        break;
    }
    subject.settle();
  }
  return 0;
}
