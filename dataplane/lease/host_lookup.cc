#include "dataplane/lease/host_lookup.h"

#include <optional>

#include "dataplane/lease/snapshot.h"

namespace tandem6::lease {
namespace {

/// Identifiers of one client, each found out at most once.
class Identifiers {
 public:
  Identifiers(const ClassContext& client, const HostLookup& lookup) : client_(client), lookup_(lookup) {}
  /// Empty when the client has no such identifier.
  Bytes get(HostIdentifier kind) {
    switch (kind) {
      case HostIdentifier::kDuid:
        return client_.request.client_duid;
      case HostIdentifier::kHardwareAddress:
        return hardware_address();
      case HostIdentifier::kFlexId:
        return flex_id();
    }
    return {};
  }
  bool failed() const { return failed_; }

 private:
  Bytes flex_id() {
    if (!evaluated_ && lookup_.flex_id) {
      const auto value = lookup_.flex_id->value(client_, scratch_);
      failed_ = !value;
      flex_id_ = value.value_or(Bytes{});
    }
    evaluated_ = true;
    return flex_id_;
  }
  Bytes hardware_address() {
    if (!searched_) found_ = link_layer_address(client_.request, lookup_.mac_sources);
    searched_ = true;
    return found_ ? found_->bytes() : Bytes{};
  }

  const ClassContext& client_;
  const HostLookup& lookup_;
  bool evaluated_ = false;
  bool failed_ = false;
  Bytes flex_id_;  // into the packet, the expression or scratch_
  ExpressionScratch scratch_;
  bool searched_ = false;
  std::optional<LinkLayerAddress> found_;
};

const Reservation* find_by(Identifiers& identifiers, const Link& link, const Snapshot& snapshot) {
  const Reservations& reservations = snapshot.reservations();
  const auto in_scope = [&](uint32_t scope) -> const Reservation* {
    for (const HostIdentifier kind : snapshot.host_lookup().order) {
      if (!reservations.any_by(kind)) continue;
      const Bytes value = identifiers.get(kind);
      if (value.empty()) continue;
      if (const Reservation* found = reservations.find(scope, kind, value)) return found;
    }
    return nullptr;
  };
  bool global = false;
  for (const Subnet* subnet : link.subnets) {
    global = global || subnet->reservations_global;
    if (!subnet->reservations_in_subnet) continue;
    if (const Reservation* found = in_scope(subnet->id)) return found;
  }
  return global ? in_scope(kGlobalScope) : nullptr;
}

}  // namespace

const Reservation* find_host(const ClassContext& client, const Link* link, const Snapshot& snapshot,
                             unsigned& failed_expressions) {
  const Reservations& reservations = snapshot.reservations();
  if (reservations.empty() || link == nullptr) return nullptr;
  Identifiers identifiers(client, snapshot.host_lookup());
  const Reservation* host = find_by(identifiers, *link, snapshot);
  failed_expressions += identifiers.failed() ? 1 : 0;
  return host;
}

}  // namespace tandem6::lease
