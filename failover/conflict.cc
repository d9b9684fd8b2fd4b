#include "failover/conflict.h"

#include <algorithm>

#include "dataplane/lease/shard.h"

namespace tandem6::failover {
namespace {

using lease::BindingStatus;
using wire::StatusCode;

/// What a cell of Figure 4 says.
enum class Rule : uint8_t {
  kAccept,         ///< "accept"
  kClientLeft,     ///< "accept", of what says that the client of our ACTIVE lease no longer has it
  kWhenOver,       ///< "time(1)"
  kAfterStart,     ///< "time(2)"
  kWhileItLasts,   ///< "accept", of an ACTIVE lease where ours has run out
  kClientDecides,  ///< "accept(3)"
};

enum class Column : uint8_t { kActive, kExpired, kReleased, kFree, kResetOrAbandoned };

Column column_of(BindingStatus received) {
  switch (received) {
    case BindingStatus::kActive:
      return Column::kActive;
    case BindingStatus::kExpired:
      return Column::kExpired;
    case BindingStatus::kReleased:
      return Column::kReleased;
    case BindingStatus::kPendingFree:  // never on the wire: on its way to FREE
    case BindingStatus::kFree:
    case BindingStatus::kFreeBackup:
      return Column::kFree;
    case BindingStatus::kReset:
    case BindingStatus::kAbandoned:
      break;
  }
  return Column::kResetOrAbandoned;
}

// Figure 4, row by row.
Rule rule_of(BindingStatus ours, Column received) {
  switch (ours) {
    case BindingStatus::kActive:
      switch (received) {
        case Column::kActive:
          return Rule::kClientDecides;
        case Column::kExpired:
        case Column::kFree:
          return Rule::kWhenOver;
        case Column::kReleased:
        case Column::kResetOrAbandoned:
          return Rule::kClientLeft;
      }
      break;
    case BindingStatus::kReset:
      return received == Column::kActive ? Rule::kAfterStart : Rule::kAccept;
    case BindingStatus::kExpired:
      return received == Column::kActive ? Rule::kWhileItLasts : Rule::kAccept;
    case BindingStatus::kReleased:
    case BindingStatus::kPendingFree:
    case BindingStatus::kFree:
    case BindingStatus::kFreeBackup:
    case BindingStatus::kAbandoned:
      break;
  }
  return Rule::kAccept;
}

// "The time for the BNDUPD message."
AbsoluteTime time_of(const LeaseUpdate& update) {
  const AbsoluteTime contact = update.client_contact.value_or(update.start_of_state);
  switch (update.status) {
    case BindingStatus::kActive:
    case BindingStatus::kExpired:
    case BindingStatus::kReleased:
      return contact;
    default:
      return std::max(contact, update.start_of_state);
  }
}

AbsoluteTime start_of(const lease::LeaseRecord& ours) {
  return ours.partner ? ours.partner->start_of_state : ours.last_contact;
}

bool has_spoken_to_us(const lease::LeaseRecord& ours) {
  return ours.partner && ours.partner->client_contact != AbsoluteTime{};
}

// "The time for the lease in the server's binding database." That our timer ended a lease is no word of its client's:
// of one who has spoken only to the partner, the partner's last word counts.
AbsoluteTime time_of(const lease::LeaseRecord& ours) {
  if (has_spoken_to_us(ours)) return ours.partner->client_contact;
  const bool is_hearsay = ours.partner && ours.partner->partner_raw_contact != AbsoluteTime{};
  return is_hearsay && ours.status == BindingStatus::kExpired ? ours.partner->partner_raw_contact : start_of(ours);
}

// §7.5.4: what is clearly earlier is rejected.
bool is_not_earlier(const LeaseUpdate& theirs, const lease::LeaseRecord& ours) {
  return !is_clearly_before(time_of(theirs), time_of(ours));
}

// time(2): an OPTION_CLT_TIME later than the start of our state; within 5 seconds it is the same time (§7.5.1).
bool began_after(const LeaseUpdate& theirs, const lease::LeaseRecord& ours) {
  return theirs.client_contact && is_clearly_before(start_of(ours), *theirs.client_contact);
}

// time(2) again: our RESET began when a timer ended the quarantine, which says nothing of a client that got the lease
// from the partner meanwhile. Whoever is not clearly earlier than the client that we know of is accepted: by
// left_after() the partner rejects our RESET just then, and one of the two has to give way.
bool came_back(const LeaseUpdate& theirs, const lease::LeaseRecord& ours) {
  if (!ours.partner || !theirs.client_contact) return false;
  const AbsoluteTime word = has_spoken_to_us(ours) ? ours.partner->client_contact : ours.partner->partner_raw_contact;
  return word != AbsoluteTime{} && !is_clearly_before(*theirs.client_contact, word);
}

// The client may have spoken to us after it had left the partner: then it holds the lease, and whoever frees it gives
// it to two. By clocks that differ by 5 seconds only what is clearly later is later. Of a RESET the client's own time
// counts as well: that the quarantine ended says nothing of a client that got the lease from us meanwhile. Who is
// rejected wrongly keeps the lease until it ends.
bool left_after(const LeaseUpdate& theirs, const lease::LeaseRecord& ours) {
  if (!has_spoken_to_us(ours)) return is_not_earlier(theirs, ours);
  return is_clearly_before(ours.partner->client_contact, theirs.client_contact.value_or(theirs.start_of_state));
}

// Our timer has ended the shorter one of two promises, whoever gave which: the partner keeps the longer one, and by
// time(1) it rejects our EXPIRED until that is over as well.
bool lasts(const LeaseUpdate& theirs, AbsoluteTime now) {
  return theirs.valid.infinite() || (theirs.state_expiration && *theirs.state_expiration > now);
}

// Both servers see a lease end, each by its own clock, and of its times only one may know the client's. They are of one
// mind: to reject by §7.5.4's comparison would cost an update more for each lease that ends.
bool both_over(BindingStatus ours, BindingStatus theirs) {
  const auto is_over = [](BindingStatus status) {
    return status == BindingStatus::kExpired || status == BindingStatus::kReleased || status == BindingStatus::kReset;
  };
  return is_over(ours) && (is_over(theirs) || theirs == BindingStatus::kFree || theirs == BindingStatus::kFreeBackup);
}

StatusCode outdated_unless(bool accepted) {
  return accepted ? StatusCode::kSuccess : StatusCode::kOutdatedBindingInformation;
}

}  // namespace

bool is_clearly_before(AbsoluteTime a, AbsoluteTime b) { return a + lease::kClockTolerance < b; }

// §7.5.4 first: what is clearly later is accepted, what is clearly earlier rejected, and Figure 4 is for what is the
// same within 5 seconds; its "accept" cells therefore accept what is not clearly earlier.
StatusCode judge(const lease::LeaseRecord* ours, const LeaseUpdate& theirs, const std::optional<Duid>& client,
                 lease::FailoverRole role, AbsoluteTime now) {
  if (ours == nullptr || both_over(ours->status, theirs.status)) return StatusCode::kSuccess;
  switch (rule_of(ours->status, column_of(theirs.status))) {
    case Rule::kAccept:
      return outdated_unless(is_not_earlier(theirs, *ours));
    case Rule::kWhileItLasts:
      return outdated_unless(lasts(theirs, now) || is_not_earlier(theirs, *ours));
    case Rule::kClientLeft:
      return outdated_unless(left_after(theirs, *ours));
    case Rule::kWhenOver:
      return outdated_unless(!ours->valid.infinite() && ours->expires() <= now);
    case Rule::kAfterStart:
      return outdated_unless(began_after(theirs, *ours) || came_back(theirs, *ours));
    case Rule::kClientDecides:
      if (client == ours->duid || began_after(theirs, *ours)) return StatusCode::kSuccess;
      if (role == lease::FailoverRole::kPrimary) return StatusCode::kAddressInUse;
      // What the primary had queued before it heard that its client had left must not take the unit from the next one.
      return outdated_unless(is_not_earlier(theirs, *ours));
  }
  return StatusCode::kOutdatedBindingInformation;
}

}  // namespace tandem6::failover
