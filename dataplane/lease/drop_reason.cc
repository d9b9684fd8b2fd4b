#include "dataplane/lease/drop_reason.h"

namespace tandem6::lease {

std::string_view to_string(DropReason reason) {
  switch (reason) {
    case DropReason::kNone:
      return "none";
    case DropReason::kNotDhcp:
      return "not-dhcp";
    case DropReason::kTruncated:
      return "truncated";
    case DropReason::kFragment:
      return "fragment";
    case DropReason::kBadChecksum:
      return "bad-checksum";
    case DropReason::kNotForUs:
      return "not-for-us";
    case DropReason::kMalformed:
      return "malformed";
    case DropReason::kTooManyRelays:
      return "too-many-relays";
    case DropReason::kBadDuid:
      return "bad-duid";
    case DropReason::kUnknownType:
      return "unknown-type";
    case DropReason::kNoClientId:
      return "no-client-id";
    case DropReason::kNoServerId:
      return "no-server-id";
    case DropReason::kUnexpectedServerId:
      return "unexpected-server-id";
    case DropReason::kOtherServer:
      return "other-server";
    case DropReason::kUnexpectedOption:
      return "unexpected-option";
    case DropReason::kNothingAsked:
      return "nothing-asked";
    case DropReason::kClassDrop:
      return "class-drop";
    case DropReason::kNotResponsive:
      return "not-responsive";
    case DropReason::kNoSubnet:
      return "no-subnet";
    case DropReason::kNoBinding:
      return "no-binding";
    case DropReason::kReplyTooBig:
      return "reply-too-big";
    case DropReason::kLogFull:
      return "log-full";
    case DropReason::kStale:
      return "stale";
    case DropReason::kShed:
      return "shed";
    case DropReason::kRateLimited:
      return "rate-limited";
    case DropReason::kRingFull:
      return "ring-full";
    case DropReason::kNoBuffer:
      return "no-buffer";
    case DropReason::kKernelBusy:
      return "kernel-busy";
    case DropReason::kCount:
      break;
  }
  return "unknown";
}

}  // namespace tandem6::lease
