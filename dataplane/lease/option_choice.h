// Which of the configured options a client gets, and writing them into its answer.
#pragma once

#include <optional>
#include <span>

#include "dataplane/lease/class_set.h"
#include "dataplane/lease/option_set.h"
#include "dataplane/wire/builder.h"
#include "dataplane/wire/option.h"

namespace tandem6::lease {

/// An answer, and what it is to: some options belong into one kind of answer only.
struct AnswerKind {
  wire::MessageType answer;
  wire::MessageType asked;
};

/// What the choice depends on. Views into the client's message: valid while it is.
struct OptionWish {
  std::optional<wire::OptionRequestView> requested;  ///< its Option Request (RFC 8415 §21.7)
  ClassSet classes;                                  ///< that the client is in
  Bytes options;  ///< all of the message: a client says in its vendor options whose options it understands
  std::optional<AnswerKind> kind = {};  ///< without it every option may be sent
};

/// Writes the options of a client whose scopes are `chain`, the narrowest first: host reservation, pools, subnet,
/// shared network, classes, global. As in Kea:
/// - An option is sent when the client asks for it or a scope always sends it, and no scope never sends it.
/// - Its value is of the first scope that has one for the client's classes; so each option is sent once, except those
///   that say that they repeat.
/// - Preference is part of every Advertise and of nothing else (RFC 8415 §21.8); Information Refresh Time is for the
///   answer to an Information-request (§21.23).
/// - A container is sent by the same rules, and holds the options of its space from all scopes, by the same precedence.
/// - Vendor-specific Information of an enterprise is sent when the client asks for option 17 or a scope always sends
/// it,
///   or when the client names the enterprise and there is one of its options that it asks for or that is always sent.
///   A cable modem's list of wanted options is obeyed (CableLabs: option 1 in its Vendor-specific Information).
/// Allocates nothing. An overflow is the writer's.
void write_options(wire::Writer& out, const OptionWish& wish, std::span<const OptionSet* const> chain);

}  // namespace tandem6::lease
