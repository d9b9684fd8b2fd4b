// A client's message as the engine reads it: its options scanned once, into fixed space. Internal to the engine.
// Views into the packet: valid while it is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "dataplane/lease/engine.h"
#include "dataplane/lease/fixed_list.h"
#include "dataplane/lease/lifetimes.h"
#include "dataplane/lease/record.h"
#include "dataplane/wire/option.h"

namespace tandem6::lease {

/// An IA_NA or IA_PD that the client sent. Its T1 and T2 mean nothing to a server (RFC 8415 §21.4).
struct RequestedIa {
  LeaseType type;
  uint32_t iaid;
  Bytes options;
};

/// The address or prefix of an IAADDR or IAPREFIX option inside an IA of this type. Nothing for other options.
/// A prefix's bits beyond its length are cleared, so that it compares equal to what a pool holds.
struct ListedLease {
  bool malformed = false;
  std::optional<LeaseKey> key;
  Terms wish;  ///< the lifetimes that the client would like
};
ListedLease listed_lease(LeaseType type, const wire::OptionView& option);

/// Calls `see(const LeaseKey&)` for every address or prefix that the IA lists, in order. An unspecified address is
/// passed on too: as IAPREFIX it asks for a length only (RFC 8168 §3.1). False when an option in the IA is malformed.
template <typename See>
bool each_listed(LeaseType type, Bytes ia_options, See&& see) {
  wire::OptionWalker walker(ia_options);
  while (const auto option = walker.next()) {
    const ListedLease listed = listed_lease(type, *option);
    if (listed.malformed) return false;
    if (listed.key) see(*listed.key);
  }
  return !walker.malformed();
}
template <typename See>
bool each_listed(const RequestedIa& ia, See&& see) {
  return each_listed(ia.type, ia.options, see);
}

/// The Client Identifier is not here: Request has it.
struct ClientMessage {
  std::optional<Bytes> server_id;
  std::optional<wire::OptionRequestView> requested;
  std::optional<wire::ClientFqdnView> fqdn;  ///< a malformed one is as none: a client is not refused for its name
  bool rapid_commit = false;
  bool reconfigure_accept = false;
  size_t excess_ias = 0;     ///< behind the first kMaxIasPerMessage
  size_t temporary_ias = 0;  ///< IA_TAs; none behind the first kMaxIasPerMessage is counted

  /// Those that are worked on. An IAID that comes again in the same kind of IA is left out: it must be unique (§21.4).
  FixedList<RequestedIa, kMaxIasPerMessage> ias;

  bool lists(LeaseType type, uint32_t iaid) const {
    return std::ranges::any_of(ias, [&](const RequestedIa& ia) { return ia.type == type && ia.iaid == iaid; });
  }

  /// Fills this from the options of a message. False when an option that the engine reads is malformed. A
  /// malformed IA_TA is passed over: RFC 9915 has done away with it.
  bool scan(Bytes options);

 private:
  bool add_ia(LeaseType type, Bytes data);
};

}  // namespace tandem6::lease
