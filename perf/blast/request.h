// Writes what a client sends, relay headers included.
#pragma once

#include "dataplane/wire/builder.h"
#include "perf/blast/client.h"
#include "perf/blast/population.h"
#include "perf/blast/server_table.h"

namespace tandem6::blast {

/// The DHCPv6 datagram of client number `number` for its present question, at `now`. `out` overflows when it is too
/// small: 512 bytes are enough for anything but a long list of requested options.
void write_request(const Population& population, const ServerTable& servers, uint32_t number, const Client& client,
                   Nanoseconds now, wire::Writer& out);

}  // namespace tandem6::blast
