// Answers to leasequeries over UDP (RFC 5007).
#pragma once

#include "control/leasequery/links.h"
#include "control/server.h"
#include "dataplane/lease/leasequery.h"

namespace tandem6::control {

/// Answers a LEASEQUERY of somebody who may ask, into `out`. Management thread.
lease::Answer answer_leasequery(Server& server, const wire::MessageView& message, MutableBytes out);

/// The leases of the client that a query by address or by client-id is about, by link. Sets question.status when the
/// link that it names is not configured.
tl::expected<std::vector<LinkLeases>, Error> find_links(Server& server, lease::Question& question);

/// What is told about these leases' client on one link: with what is kept of it, as far as the question wants that.
struct ToldClient {
  std::vector<lease::LeaseRecord> leases;
  std::vector<std::byte> client_data;
  lease::ClientBindings bindings() const { return {leases, client_data}; }
};
tl::expected<ToldClient, Error> told_client(Server& server, const lease::Question& question,
                                            std::vector<lease::LeaseRecord> leases);

}  // namespace tandem6::control
