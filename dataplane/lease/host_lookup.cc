#include "dataplane/lease/host_lookup.h"

#include <optional>

#include "dataplane/lease/snapshot.h"

namespace tandem6::lease {
namespace {

/// Identifiers of one client, each found out at most once.
class Identifiers {
 public:
  Identifiers(const Request& request, const HostLookup& lookup) : request_(request), lookup_(lookup) {}
  /// Empty when the client has no such identifier.
  Bytes get(HostIdentifier kind) {
    switch (kind) {
      case HostIdentifier::kDuid:
        return request_.client_duid;
      case HostIdentifier::kHardwareAddress:
        return hardware_address();
      case HostIdentifier::kFlexId:
        return {};
    }
    return {};
  }

 private:
  Bytes hardware_address() {
    if (!searched_) found_ = link_layer_address(request_, lookup_.mac_sources);
    searched_ = true;
    return found_ ? found_->bytes() : Bytes{};
  }

  const Request& request_;
  const HostLookup& lookup_;
  bool searched_ = false;
  std::optional<LinkLayerAddress> found_;
};

}  // namespace

const Reservation* find_host(const Request& request, const Link* link, const Snapshot& snapshot) {
  const Reservations& reservations = snapshot.reservations();
  if (reservations.empty() || link == nullptr) return nullptr;
  Identifiers identifiers(request, snapshot.host_lookup());
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
  for (const Subnet* subnet : link->subnets) {
    global = global || subnet->reservations_global;
    if (!subnet->reservations_in_subnet) continue;
    if (const Reservation* found = in_scope(subnet->id)) return found;
  }
  return global ? in_scope(kGlobalScope) : nullptr;
}

}  // namespace tandem6::lease
