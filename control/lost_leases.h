// What a change of the configuration would cost: leases that lie in no pool any more, so that their clients get
// lifetimes 0 at their next renew (RFC 8415 §18.3.4). Management thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "control/config/configuration.h"
#include "dataplane/wire/time.h"
#include "storage/store.h"

namespace tandem6::control {

/// What to do with a configuration that would lose leases.
enum class LostLeases : uint8_t {
  kWarn,    ///< it is put in force, and the warnings say what it costs
  kRefuse,  ///< it is not put in force
};

struct LeaseLoss {
  std::map<uint32_t, uint64_t> by_subnet;  ///< leases, by the subnet id that they have now
  bool complete = true;                    ///< false: counting ended at kMaxRead, there may be more
};

/// Leases that counting may look at: a second or two.
inline constexpr uint64_t kMaxRead = 1'000'000;

/// Counts, as the disk has them, the leases in use of those pools and reservations of `now` that `next` does not have.
tl::expected<LeaseLoss, Error> count_lost_leases(storage::Store& store, const Configuration& now,
                                                 const Configuration& next, AbsoluteTime time);

/// A sentence for each subnet.
std::vector<std::string> describe(const LeaseLoss& loss);

}  // namespace tandem6::control
