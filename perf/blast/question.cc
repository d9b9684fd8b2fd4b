#include "perf/blast/question.h"

#include <array>

namespace tandem6::blast {
namespace {

using wire::MessageType;

struct Row {
  std::string_view name;
  MessageType message;
  MessageType answer;
  Retransmission again;
};

// By Question. SOL_TIMEOUT, REQ_TIMEOUT, … of RFC 8415 §7.6.
constexpr std::array<Row, kQuestions> kRows = {{
    {"SOLICIT-ADVERTISE", MessageType::kSolicit, MessageType::kAdvertise, {1, 3600, 0}},
    {"SOLICIT-REPLY", MessageType::kSolicit, MessageType::kReply, {1, 3600, 0}},
    {"REQUEST-REPLY", MessageType::kRequest, MessageType::kReply, {1, 30, 10}},
    {"RENEW-REPLY", MessageType::kRenew, MessageType::kReply, {10, 600, 0}},
    {"REBIND-REPLY", MessageType::kRebind, MessageType::kReply, {10, 600, 0}},
    {"RELEASE-REPLY", MessageType::kRelease, MessageType::kReply, {1, 0, 4}},
    {"INFORMATION-REQUEST-REPLY", MessageType::kInformationRequest, MessageType::kReply, {1, 3600, 0}},
}};

const Row& row(Question question) { return kRows[static_cast<size_t>(question)]; }

}  // namespace

MessageType message_of(Question question) { return row(question).message; }
MessageType answer_to(Question question) { return row(question).answer; }
std::string_view to_string(Question question) { return row(question).name; }
Retransmission retransmission_of(Question question) { return row(question).again; }

}  // namespace tandem6::blast
