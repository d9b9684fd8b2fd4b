// Client FQDN (RFC 4704 §6).
#include "dataplane/lease/exchange.h"

namespace tandem6::lease {

// The messages that may have one (§5).
bool Exchange::may_be_named() const {
  switch (request.received->message.type) {
    case wire::MessageType::kSolicit:
    case wire::MessageType::kRequest:
    case wire::MessageType::kRenew:
    case wire::MessageType::kRebind:
      return message.fqdn.has_value();
    default:
      return false;
  }
}

// There are no DNS updates yet, and the flags must not promise any: N says so, and O that the client's wish for them
// (S) was not granted (§4.1). The client may then do its own. Only a client that asks for it back gets it.
void Exchange::write_client_fqdn() {
  if (!may_be_named()) return;
  const Subnet* subnet = served_by_ != nullptr ? served_by_ : first_subnet();
  const FqdnPolicy& policy = subnet != nullptr ? subnet->fqdn : snapshot.fqdn();
  const std::string_view reserved = host != nullptr ? std::string_view(host->hostname) : std::string_view();
  client_name_ = policy.name_for(message.fqdn->name, reserved, first_address_);
  if (!message.requested || !message.requested->contains(wire::OptionCode::kClientFqdn)) return;
  reply.client_fqdn({.server_updates = false,
                     .overridden = message.fqdn->server_updates,
                     .no_updates = true,
                     .name = client_name_.value_or(message.fqdn->name)});
}

}  // namespace tandem6::lease
