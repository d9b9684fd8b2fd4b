// What a client can ask, as it is counted and measured.
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/wire/codes.h"

namespace tandem6::blast {

enum class Question : uint8_t {
  kSolicit,
  kRapidSolicit,  ///< SOLICIT with Rapid Commit
  kRequest,
  kRenew,
  kRebind,
  kRelease,
  kInformationRequest,
};
inline constexpr size_t kQuestions = 7;

wire::MessageType message_of(Question question);
/// The type of its answer.
wire::MessageType answer_to(Question question);
/// "SOLICIT-ADVERTISE", "RENEW-REPLY", …
std::string_view to_string(Question question);

/// The retransmission parameters of RFC 8415 §7.6, in seconds and attempts; 0: no limit.
struct Retransmission {
  uint32_t first;
  uint32_t longest;
  uint8_t attempts;
};
Retransmission retransmission_of(Question question);

}  // namespace tandem6::blast
