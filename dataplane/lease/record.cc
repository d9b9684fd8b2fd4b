#include "dataplane/lease/record.h"

namespace tandem6::lease {

std::string_view to_string(BindingStatus status) {
  switch (status) {
    case BindingStatus::kActive:
      return "ACTIVE";
    case BindingStatus::kExpired:
      return "EXPIRED";
    case BindingStatus::kReleased:
      return "RELEASED";
    case BindingStatus::kPendingFree:
      return "PENDING-FREE";
    case BindingStatus::kFree:
      return "FREE";
    case BindingStatus::kFreeBackup:
      return "FREE-BACKUP";
    case BindingStatus::kAbandoned:
      return "ABANDONED";
    case BindingStatus::kReset:
      return "RESET";
  }
  return "unknown";
}

}  // namespace tandem6::lease
