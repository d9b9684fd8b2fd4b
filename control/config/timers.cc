#include "control/config/timers.h"

#include <cmath>

#include <fmt/format.h>

#include "control/config/reader.h"

namespace tandem6::control {
namespace {

constexpr uint32_t kDefaultPreferred = 3600;
constexpr uint32_t kDefaultValid = 7200;

void read_seconds(const Node& scope, std::string_view key, uint32_t min, std::optional<Given<uint32_t>>& into,
                  Remarks& remarks) {
  const auto value = integer_at(scope, key, min, Seconds::kInfinite, remarks);
  if (!value) return;
  // Moments are compared modulo 2^32 (wire/time.h): what ends later than this would seem to have ended already.
  constexpr uint64_t kLongest = 0x7fffffff;
  const Node* node = scope.find(key);
  if (*value > kLongest && *value != Seconds::kInfinite)
    remarks.error(*node,
                  fmt::format("{} seconds are more than 68 years ({}); 4294967295 says infinite", *value, kLongest));
  into = {static_cast<uint32_t>(*value), node};
}

void read_share(const Node& scope, std::string_view key, Given<double>& into, Remarks& remarks) {
  const auto value = number_at(scope, key);
  if (!value) return;
  const Node* node = scope.find(key);
  if (*value > 0.0 && *value < 1.0)
    into = {*value, node};
  else
    remarks.error(*node, "a share between 0 and 1 is wanted, such as 0.5");
}

/// RFC 8415 §14.2: of an infinite lifetime there is no half.
uint32_t share_of(uint32_t lifetime, double share) {
  if (lifetime == Seconds::kInfinite) return Seconds::kInfinite;
  return static_cast<uint32_t>(std::llround(share * lifetime));
}

/// Of the nodes, the first that is written in `scope` itself; null when all come from further out.
template <typename... Nodes>
const Node* written_in(const Node& scope, Nodes... nodes) {
  for (const Node* node : {static_cast<const Node*>(nodes)...})
    if (node != nullptr && node->parent == &scope) return node;
  return nullptr;
}

template <typename Value>
const Node* node_of(const std::optional<Given<Value>>& given) {
  return given ? given->node : nullptr;
}

void check_t1_before_t2(const Node& scope, const TimerKeys& keys, lease::Lifetimes& lifetimes, Remarks& remarks) {
  if (lifetimes.t2.count == 0 || lifetimes.t1 <= lifetimes.t2) return;
  if (keys.t1 && keys.t2) {
    // RFC 8415 §21.4 and §21.21: a client discards such an IA.
    if (const Node* at = written_in(scope, keys.t2->node, keys.t1->node))
      remarks.error(*at, fmt::format("rebind-timer {} is shorter than renew-timer {}: clients discard such an answer",
                                     lifetimes.t2.count, lifetimes.t1.count));
    return;
  }
  // One of the two is calculated. Kea leaves T1 to the client then, and so do we.
  if (const Node* at = written_in(scope, node_of(keys.t1), node_of(keys.t2), node_of(keys.preferred)))
    remarks.warning(*at, fmt::format("T1 {} would be later than T2 {}: T1 is left to the client", lifetimes.t1.count,
                                     lifetimes.t2.count));
  lifetimes.t1 = {0};
}

}  // namespace

TimerKeys read_timers(const Node& scope, const TimerKeys& outer, Remarks& remarks) {
  TimerKeys keys = outer;
  read_seconds(scope, "preferred-lifetime", 1, keys.preferred, remarks);
  read_seconds(scope, "valid-lifetime", 1, keys.valid, remarks);
  read_seconds(scope, "renew-timer", 0, keys.t1, remarks);
  read_seconds(scope, "rebind-timer", 0, keys.t2, remarks);
  keys.calculate = boolean_at(scope, "calculate-tee-times").value_or(outer.calculate);
  read_share(scope, "t1-percent", keys.t1_percent, remarks);
  read_share(scope, "t2-percent", keys.t2_percent, remarks);
  return keys;
}

lease::Lifetimes resolve_timers(const Node& scope, const TimerKeys& keys, Remarks& remarks) {
  lease::Lifetimes lifetimes;
  lifetimes.valid = {keys.valid ? keys.valid->value : kDefaultValid};
  lifetimes.preferred = {keys.preferred ? keys.preferred->value : kDefaultPreferred};
  if (lifetimes.preferred > lifetimes.valid) {
    const Node* at = written_in(scope, node_of(keys.preferred), node_of(keys.valid));
    if (keys.preferred && at != nullptr)
      remarks.error(*at, fmt::format("preferred-lifetime {} is longer than valid-lifetime {}",
                                     lifetimes.preferred.count, lifetimes.valid.count));
    // What Kea makes of a preferred lifetime that nobody asked for.
    lifetimes.preferred = {share_of(lifetimes.valid.count, 0.625)};
  }
  const Node* shares = written_in(scope, keys.t1_percent.node, keys.t2_percent.node);
  if (shares != nullptr && keys.t1_percent.value >= keys.t2_percent.value)
    remarks.error(*shares, fmt::format("t1-percent {} is not smaller than t2-percent {}", keys.t1_percent.value,
                                       keys.t2_percent.value));
  const auto timer = [&](const std::optional<Given<uint32_t>>& given, double share) -> Seconds {
    if (given) return {given->value};
    return {keys.calculate ? share_of(lifetimes.preferred.count, share) : 0};
  };
  lifetimes.t1 = timer(keys.t1, keys.t1_percent.value);
  lifetimes.t2 = timer(keys.t2, keys.t2_percent.value);
  check_t1_before_t2(scope, keys, lifetimes, remarks);
  const Node* late = keys.t2 ? written_in(scope, keys.t2->node, node_of(keys.preferred)) : nullptr;
  if (late != nullptr && lifetimes.t2 > lifetimes.preferred)
    remarks.warning(
        *late, fmt::format("rebind-timer {} is longer than preferred-lifetime {}: when its server is gone, a client "
                           "stops using its addresses for new connections before it asks another",
                           lifetimes.t2.count, lifetimes.preferred.count));
  return lifetimes;
}

}  // namespace tandem6::control
