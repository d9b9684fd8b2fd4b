#include "control/config/scope_keys.h"

#include <array>

#include <fmt/format.h>

#include "control/config/name_policy.h"
#include "control/config/reader.h"

namespace tandem6::control {
namespace {

void read_cache(const Node& scope, lease::LeaseCache& cache, Remarks& remarks) {
  if (const auto threshold = number_at(scope, "cache-threshold")) {
    if (*threshold >= 0.0 && *threshold < 1.0)
      cache.threshold = static_cast<float>(*threshold);
    else
      remarks.error(*scope.find("cache-threshold"), "a share from 0 to below 1 is wanted, such as 0.25");
  }
  const auto age = integer_at(scope, "cache-max-age", 0, 0x7fffffff, remarks);
  if (age) cache.max_age = {static_cast<uint32_t>(*age)};
}

void read_allocator(const Node& scope, const char* key, lease::Allocator& allocator, Remarks& remarks) {
  const Node* value = string_at(scope, key);
  if (value == nullptr) return;
  const auto choice = choice_of(*value, {"hashed", "iterative", "random", "flq"}, remarks);
  if (!choice) return;
  allocator = *choice == 1 ? lease::Allocator::kIterative : lease::Allocator::kHashed;
}

/// Kea's old key for the three newer ones.
void read_reservation_mode(const Node& scope, ScopeKeys& keys, Remarks& remarks) {
  const Node* value = string_at(scope, "reservation-mode");
  if (value == nullptr) return;
  const auto mode = choice_of(*value, {"disabled", "off", "out-of-pool", "global", "all"}, remarks);
  if (!mode) return;
  keys.reservations_global = *mode == 3;
  keys.reservations_in_subnet = *mode == 2 || *mode == 4;
}

}  // namespace

ScopeKeys read_scope(const Node& scope, const ScopeKeys& outer, Remarks& remarks) {
  ScopeKeys keys = outer;
  keys.timers = read_timers(scope, outer.timers, remarks);
  read_cache(scope, keys.cache, remarks);
  read_allocator(scope, "allocator", keys.address_allocator, remarks);
  read_allocator(scope, "pd-allocator", keys.prefix_allocator, remarks);
  keys.rapid_commit = boolean_at(scope, "rapid-commit").value_or(outer.rapid_commit);
  keys.keep_relays = boolean_at(scope, "store-extended-info").value_or(outer.keep_relays);
  keys.names = read_name_policy(scope, outer.names, remarks);
  read_reservation_mode(scope, keys, remarks);
  keys.reservations_global = boolean_at(scope, "reservations-global").value_or(keys.reservations_global);
  keys.reservations_in_subnet = boolean_at(scope, "reservations-in-subnet").value_or(keys.reservations_in_subnet);
  return keys;
}

}  // namespace tandem6::control
