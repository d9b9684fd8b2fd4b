// One Bulk Leasequery (RFC 5460 §7.2) while it is being answered, a piece at a time.
#pragma once

#include <optional>
#include <vector>

#include "control/leasequery/answer.h"
#include "control/leasequery/links.h"
#include "control/server.h"
#include "dataplane/lease/leasequery.h"

namespace tandem6::control {

/// Owned by its connection; management thread. Leases are found where leasequeries over UDP find them, clients of a
/// relay-id or remote-id among what the disk keeps of clients. What changes during the query may be told as it was, as
/// it is, or twice.
class BulkQuery {
 public:
  /// `message` is a LEASEQUERY. A copy is kept.
  BulkQuery(Server& server, Bytes message);

  /// Is it one that is to be discarded (RFC 5007 §4.2.1)?
  bool is_discarded() const { return dropped_ != lease::DropReason::kNone; }
  /// Works for a moment and appends the messages that came of it, framed for TCP, to `out`; none perhaps. False: that
  /// was the last of them.
  bool step(std::vector<std::byte>& out);

 private:
  using Found = std::vector<lease::LeaseRecord>;  // of one client

  /// The first look at the question. False: it is answered already.
  tl::expected<bool, Error> begin();
  /// Looks for the next clients. False: there are no more.
  tl::expected<bool, Error> search();
  tl::expected<bool, Error> search_leases();
  tl::expected<bool, Error> search_kept();
  bool is_asked_for(Bytes client_data) const;
  tl::expected<void, Error> tell(const Found& leases, std::vector<std::byte>& out);
  void append(std::vector<std::byte>& out, wire::MessageType type, const ToldClient* client);
  void finish(std::vector<std::byte>& out);

  Server& server_;
  std::vector<std::byte> message_;  // question_ points into it
  lease::DropReason dropped_;
  lease::Question question_;
  std::optional<LinkSubnets> link_;
  bool begun_ = false;
  bool replied_ = false;  // the LEASEQUERY-REPLY is out
  std::vector<Found> found_;

  // Where search_leases() and search_kept() go on.
  unsigned shard_ = 0;
  uint32_t place_ = 0;
  std::optional<Duid> after_;
};

}  // namespace tandem6::control
