// One message being answered: what every message type's code works with, and what several of them do alike with the
// client's bindings. Internal to the engine.
#pragma once

#include <algorithm>
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
    Terms terms;
    const Subnet* subnet;
    const Pool* pool = nullptr;  ///< of the subnet, that has it; null: nobody has looked yet
  };
  FixedList<Granted, kMaxLeasesPerIa> granted;
  FixedList<LeaseKey, kMaxLeasesPerIa> withdrawn;  ///< was the client's, is no longer

  bool names(const LeaseKey& key) const;
};

/// Units that an Advertise has offered so far: it takes nothing, so no other IA may be offered the same.
using Offered = FixedList<LeaseKey, kMaxIasPerMessage>;
bool contains(const Offered& offered, const LeaseKey& key);

/// What the configuration makes of a client.
struct ClientPlace {
  const Link* link = nullptr;         ///< of the client (§13.1); null when we know nothing about it
  const Reservation* host = nullptr;  ///< the client's reservation, if it has one
  ClassSet classes;
  unsigned failed_expressions = 0;  ///< that could not be evaluated
};

/// Where a lease can go on.
struct Home {
  const Subnet* subnet = nullptr;  ///< null: nowhere
  const Pool* pool = nullptr;      ///< of the subnet, that has it; null for what is reserved
};

/// Lives as long as one call of answer().
class Exchange {
 public:
  Exchange(const Request& request, ShardGroup& group, const Snapshot& snapshot, AbsoluteTime now,
           const ClientMessage& message, const ClientPlace& place, Reply& reply);

  const Request& request;
  ShardGroup& group;
  const Snapshot& snapshot;
  const AbsoluteTime now;
  const ClientMessage& message;
  const Link* const link;
  const Reservation* const host;
  const ClassSet classes;
  /// What the link's failover relationship allows now; everything when there is none.
  const FailoverPolicy failover;
  Reply& reply;

  // --- looking
  // ---------------------------------------------------------------------------------------------------------
  /// The client in its shard; kNoIndex when it holds nothing.
  uint32_t client() const;
  /// A lease was taken or given up: the client may be another record now, or none. After every change but extend().
  void note_change() { client_.reset(); }
  /// The client's leases in this IA. Of several, those that it lists, if it lists any of them: of one that it does not
  /// know, which a failover partner may have promised and forgotten, it need not hear.
  HeldLeases held(const RequestedIa& ia);
  /// Does the client hold kMaxLeasesPerClient leases, with these that it is offered?
  bool at_limit(size_t offered = 0) const;
  /// Is this lease "appropriate for the link" that the client is on? Needs a link. An address is when it is in the
  /// prefix of one of its subnets; a prefix, which says nothing about the link it is routed to, when a pool of the link
  /// has it, or the client's reservation.
  bool on_link(const LeaseKey& key) const;
  /// The subnet of the client's link that this lease can go on in; null when it cannot: the client has moved, the pool
  /// is gone or closed to it, or the unit is reserved for another client.
  Home find_home(const LeaseKey& key) const;
  const Subnet* home_of(const LeaseKey& key) const { return find_home(key).subnet; }
  /// Nobody is known to hold it here, and it is of what a failover partner gives to clients, of which it tells us later
  /// (RFC 8156 §4.3).
  bool may_be_from_partner(const LeaseKey& key) const;
  /// May the client use this subnet of its link?
  bool admits(const Subnet& subnet) const { return link->admits(subnet, classes); }
  /// The first subnet of the link that the client may use; null when there is none.
  const Subnet* first_subnet() const;
  /// Which unit the client would like for this IA, among those that it may have. Needs a link.
  std::optional<LeaseKey> wanted(const RequestedIa& ia) const;
  /// The same as the search for units takes it.
  UnitWish wish_of(const RequestedIa& ia) const {
    return {.type = ia.type,
            .iaid = ia.iaid,
            .unit = wanted(ia),
            .classes = classes,
            .partner_prefixes = failover.partner_prefixes};
  }
  /// A lease of this IA that has ended, but of whose end the partner was told nothing: it can go on as though nothing
  /// had happened (RFC 8156 §4.2.2.1). Null when there is none, or it suits the link no more.
  Lease* revivable(const RequestedIa& ia) const;
  /// Calls `attempt(const Subnet&, const UnitWish&)` for the subnets of the link that the client may use, until one
  /// returns true. That of the wanted unit comes first: the others would find something in their own pools. The
  /// failover partner's prefixes are wished for when none of the subnets has any of ours (RFC 8156 §8.4.1). Needs a
  /// link.
  template <typename Attempt>
  bool any_subnet(const UnitWish& wish, Attempt&& attempt) const;
  /// The reserved unit that the IA should have and has not: free, and in no other IA of the client. Null also when the
  /// IA holds a reserved one already. Needs a link.
  const ReservedUnit* reserved_due(const RequestedIa& ia, const HeldLeases& held, const Offered& offered) const;
  bool is_reserved_for_client(const LeaseKey& key) const;
  /// The subnet that a reserved unit of this client is leased in; null when the unit does not suit the link.
  const Subnet* subnet_of_reserved(const LeaseKey& key) const;
  /// What is granted for this lease of the IA, which is `held` if the client has it already.
  Terms terms_for(const Subnet& subnet, const RequestedIa& ia, const LeaseKey& key, const Lease* held) const;

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
  /// Says about IA_TAs, and about the IAs behind the first kMaxIasPerMessage, that nothing was done for them.
  void refuse_excess_ias();
  /// The configuration options. The narrower scope wins: reservation, pool, subnet, shared network, classes, global.
  /// Then the client's FQDN and what it needs for Reconfigure.
  void write_options();
  /// What the client's name is by write_options(), if it sent a Client FQDN (RFC 4704); else nothing.
  const std::optional<wire::DomainName>& client_name() const { return client_name_; }

 private:
  template <typename Wanted>
  HeldLeases held_if(const RequestedIa& ia, Wanted&& wanted);
  void note_renewal(const IaResult::Granted& lease);
  void refuse_temporary_ias();
  Bytes pd_exclude_of(const IaResult::Granted& lease) const;
  void write_reconfigure();
  bool may_be_named() const;
  void write_client_fqdn();
  ClassSet with_additional_classes(const Subnet* subnet) const;
  Terms terms_in(const Subnet& subnet, const Lifetimes& lifetimes, const RequestedIa& ia, const LeaseKey& key,
                 const Lease* held) const;
  Terms beside_partner(const Lifetimes& lifetimes, const Terms& desired, const Lease* held) const;
  IaResult::Granted extend(Lease& lease, const Home& home, const RequestedIa& ia);
  const Lease* take(const RequestedIa& ia, const ReservedUnit* reserved);
  const Lease* take_from_pools(const RequestedIa& ia);

  mutable std::optional<uint32_t> client_;  // client(), once it was looked up
  const Subnet* renewed_in_ = nullptr;      // the reply knows when these want to be renewed
  Seconds renewed_preferred_;
  const Subnet* served_by_ = nullptr;  // of the first lease granted
  const Pool* served_from_ = nullptr;
  std::optional<Ipv6Address> first_address_;  // granted
  std::optional<wire::DomainName> client_name_;
};

template <typename Attempt>
bool Exchange::any_subnet(const UnitWish& wish, Attempt&& attempt) const {
  const Subnet* preferred = wish.unit ? home_of(*wish.unit) : nullptr;
  const auto any = [&](const UnitWish& each) {
    if (preferred != nullptr && attempt(*preferred, each)) return true;
    return std::ranges::any_of(link->subnets, [&](const Subnet* subnet) {
      return subnet != preferred && admits(*subnet) && attempt(*subnet, each);
    });
  };
  if (!wish.partner_prefixes) return any(wish);
  UnitWish ours = wish;
  ours.partner_prefixes = false;
  return any(ours) || any(wish);
}

}  // namespace tandem6::lease
