// Reads and checks what came back: pure functions of the bytes and of what their client had asked.
#pragma once

#include <optional>

#include "dataplane/wire/message.h"
#include "perf/blast/client.h"
#include "perf/blast/fault.h"
#include "perf/blast/population.h"

namespace tandem6::blast {

/// An answer and the client that it is for.
struct Arrival {
  wire::MessageView message{};
  uint32_t client = 0;
  bool relay_mismatch = false;
};

/// Unwraps a datagram that came to one of our stations. A fault when nobody can be told to be meant.
std::optional<Fault> read_arrival(const Population& population, Bytes datagram, Arrival& out);

/// What a good answer gives its client.
struct Given {
  Ipv6Address address;
  Ipv6Address prefix;
  uint8_t prefix_length = 0;
  bool has_address = false;
  bool has_prefix = false;
  uint32_t valid = 0;  ///< seconds: the shorter of the two lifetimes
  Bytes server;        ///< the Server Identifier
};

/// Everything about the answer but who else has the leases and which server it is from.
FaultSet check_answer(const Population& population, const Arrival& arrival, const Client& client, Given& given);

}  // namespace tandem6::blast
