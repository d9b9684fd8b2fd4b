// One message being answered: what every message type's code works with, and what several of them do alike with the
// client's bindings. Internal to the engine.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/lease/client_message.h"
#include "dataplane/lease/fixed_list.h"
#include "dataplane/lease/reply.h"
#include "dataplane/lease/shard_group.h"
#include "dataplane/lease/snapshot.h"

namespace tandem6::lease {

/// We give one lease to an IA. One that was imported, or whose pool went away, may hold more for a while: so many are
/// worked on, each at most one change, and one new lease.
inline constexpr size_t kMaxLeasesPerIa = 3;
static_assert(kMaxIasPerMessage * (kMaxLeasesPerIa + 1) + ChangeLog::kRoomToRemember <= kMaxChangesPerMessage);

using HeldLeases = FixedList<Lease*, kMaxLeasesPerIa>;

/// What an answer says about one IA.
struct IaResult {
  struct Granted {
    LeaseKey key;
    Seconds preferred;
    Seconds valid;
  };
  FixedList<Granted, kMaxLeasesPerIa> granted;
  FixedList<LeaseKey, kMaxLeasesPerIa> withdrawn;  ///< was the client's, is no longer

  bool names(const LeaseKey& key) const;
};

/// Lives as long as one call of answer().
class Exchange {
 public:
  Exchange(const Request& request, ShardGroup& group, const Snapshot& snapshot, AbsoluteTime now,
           const ClientMessage& message, Reply& reply);

  const Request& request;
  ShardGroup& group;
  const Snapshot& snapshot;
  const AbsoluteTime now;
  const ClientMessage& message;
  const Subnet* const subnet;  ///< of the client's link (§13.1); null when we know nothing about that link
  Reply& reply;

  // --- looking
  // ---------------------------------------------------------------------------------------------------------
  /// The client's leases in this IA.
  HeldLeases held(const RequestedIa& ia);
  /// Does the client hold kMaxLeasesPerClient leases, with these that it is offered?
  bool at_limit(size_t offered = 0) const;
  /// Is this lease "appropriate for the link" that the client is on? Needs a subnet. An address is when it is in the
  /// subnet's prefix; a prefix, which says nothing about the link it is routed to, when a pool of the subnet has it.
  bool on_link(const LeaseKey& key) const;
  /// Can the lease go on? Not when the client has moved, or the pool is no longer configured.
  bool can_extend(const Lease& lease) const;
  /// Which unit the client would like for this IA, among those that it may have. Needs a subnet.
  std::optional<LeaseKey> wanted(const RequestedIa& ia) const;

  // --- changing (needs room in the log)
  // ---------------------------------------------------------------------------------
  /// Extends the leases that the IA holds; those that cannot go on are freed; if none is left, takes a new one.
  IaResult bind(const RequestedIa& ia, const HeldLeases& held);

  // --- answering
  // -------------------------------------------------------------------------------------------------------
  /// Writes the IA with its granted leases, without the withdrawn ones; NoAddrsAvail or NoPrefixAvail when there is
  /// none.
  void write_granted(const RequestedIa& ia, const IaResult& result);
  void write_leases(const IaResult& result);
  /// NoAddrsAvail or NoPrefixAvail in the IA.
  void write_nothing_available(LeaseType type, uint32_t iaid);
  /// Says about the IAs behind the first kMaxIasPerMessage that nothing was done for them.
  void refuse_excess_ias();
  /// The configuration options: of the first granted lease's pool, else of the subnet, else the global ones.
  void write_options();

 private:
  const OptionSet* options_;
  bool pool_options_ = false;
};

}  // namespace tandem6::lease
