// What stands under "tandem6".
#pragma once

#include "control/config/configuration.h"
#include "control/config/json_text.h"
#include "control/config/remarks.h"

namespace tandem6::control {

DataplaneConfig read_dataplane(const Node& tandem6, Remarks& remarks);
StorageConfig read_storage(const Node& tandem6, Remarks& remarks);

}  // namespace tandem6::control
