// `mac-sources`: where clients' link-layer addresses are taken from.
#pragma once

#include "control/config/json_text.h"
#include "control/config/remarks.h"
#include "dataplane/lease/link_layer_address.h"

namespace tandem6::control {

/// The sources in their order; all of them without the key, as with "any".
lease::MacSources read_mac_sources(const Node& dhcp6, Remarks& remarks);

}  // namespace tandem6::control
