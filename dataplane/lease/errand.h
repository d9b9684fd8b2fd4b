// Something that another thread wants done on shards: it is run by the worker that owns them, between two bursts.
#pragma once

#include <functional>

#include "dataplane/lease/return_path.h"
#include "dataplane/lease/shard_group.h"
#include "dataplane/lease/snapshot.h"

namespace tandem6::lease {

/// A datagram that the server sends of its own accord.
struct Outgoing {
  ReturnPath way;
  Bytes datagram;
};
/// False when it was not sent: there is no such port, or no buffer.
using Send = std::function<bool(const Outgoing&)>;

/// Where an errand is run.
struct ErrandPlace {
  ShardGroup& leases;
  const Snapshot& snapshot;
  AbsoluteTime now;
  const Send* send = nullptr;  ///< null: nothing can be sent from here
};

/// Packets wait meanwhile: it takes some hundred microseconds at most, does not wait, and does not throw. What it
/// changes goes to the log like everything else, so it asks for room first. What it gathers is for the one who sent it,
/// who waits for its end and may look at it then.
using Errand = std::function<void(const ErrandPlace&)>;

}  // namespace tandem6::lease
