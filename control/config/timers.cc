#include "control/config/timers.h"

#include <cmath>

#include <fmt/format.h>

#include "control/config/reader.h"

namespace tandem6::control {
namespace {

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

/// What Kea makes of a preferred lifetime that nobody asked for.
Seconds preferred_of(Seconds valid) {
  if (valid.infinite()) return kInfinity;
  return {static_cast<uint32_t>(std::llround(0.625 * valid.count))};
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

void check_t1_before_t2(const Node& scope, const TimerKeys& keys, const lease::Lifetimes& lifetimes, Remarks& remarks) {
  if (keys.t1 && keys.t2) {
    if (keys.t2->value == 0 || keys.t1->value <= keys.t2->value) return;
    // RFC 8415 §21.4 and §21.21: a client discards such an IA.
    if (const Node* at = written_in(scope, keys.t2->node, keys.t1->node))
      remarks.error(*at, fmt::format("rebind-timer {} is shorter than renew-timer {}: clients discard such an answer",
                                     keys.t2->value, keys.t1->value));
    return;
  }
  // One of the two is calculated. Kea leaves T1 to the client then, and so do we.
  const Seconds preferred = lifetimes.preferred.usual;
  const Seconds t2 = lifetimes.renew_times(preferred).t2;
  lease::Lifetimes without_t2 = lifetimes;
  without_t2.t2 = Seconds{0};
  const Seconds t1 = without_t2.renew_times(preferred).t1;
  if (t2.count == 0 || t1 <= t2) return;
  if (const Node* at = written_in(scope, node_of(keys.t1), node_of(keys.t2), node_of(keys.preferred)))
    remarks.warning(*at, fmt::format("T1 {} would be later than T2 {}: T1 is left to the client", t1.count, t2.count));
}

}  // namespace

std::optional<Given<lease::LifetimeRange>> read_lifetime(const Node& scope, const std::string& name, Remarks& remarks) {
  std::optional<Given<uint32_t>> usual;
  std::optional<Given<uint32_t>> min;
  std::optional<Given<uint32_t>> max;
  read_seconds(scope, name, 1, usual, remarks);
  read_seconds(scope, "min-" + name, 1, min, remarks);
  read_seconds(scope, "max-" + name, 1, max, remarks);
  if (!usual && min && max) {
    remarks.error(*min->node, fmt::format("min-{} and max-{} are there, but no {}", name, name, name));
    return std::nullopt;
  }
  if (!usual) usual = min ? min : max;
  if (!usual) return std::nullopt;
  const Seconds value{usual->value};
  const lease::LifetimeRange range{min ? Seconds{min->value} : value, value, max ? Seconds{max->value} : value};
  if (range.min > range.usual)
    remarks.error(*min->node, fmt::format("min-{} {} is longer than {} {}", name, range.min.count, name, value.count));
  if (range.max < range.usual)
    remarks.error(*max->node, fmt::format("max-{} {} is shorter than {} {}", name, range.max.count, name, value.count));
  return Given<lease::LifetimeRange>{range, usual->node};
}

TimerKeys read_timers(const Node& scope, const TimerKeys& outer, Remarks& remarks) {
  TimerKeys keys = outer;
  if (auto preferred = read_lifetime(scope, "preferred-lifetime", remarks)) keys.preferred = preferred;
  if (auto valid = read_lifetime(scope, "valid-lifetime", remarks)) keys.valid = valid;
  read_seconds(scope, "renew-timer", 0, keys.t1, remarks);
  read_seconds(scope, "rebind-timer", 0, keys.t2, remarks);
  keys.calculate = boolean_at(scope, "calculate-tee-times").value_or(outer.calculate);
  read_share(scope, "t1-percent", keys.t1_percent, remarks);
  read_share(scope, "t2-percent", keys.t2_percent, remarks);
  return keys;
}

lease::Lifetimes resolve_timers(const Node& scope, const TimerKeys& keys, Remarks& remarks) {
  lease::Lifetimes lifetimes;
  if (keys.valid) lifetimes.valid = keys.valid->value;
  if (keys.preferred) lifetimes.preferred = keys.preferred->value;
  if (lifetimes.preferred.usual > lifetimes.valid.usual) {
    const Node* at = written_in(scope, node_of(keys.preferred), node_of(keys.valid));
    if (keys.preferred && at != nullptr)
      remarks.error(*at, fmt::format("preferred-lifetime {} is longer than valid-lifetime {}",
                                     lifetimes.preferred.usual.count, lifetimes.valid.usual.count));
    lifetimes.preferred = preferred_of(lifetimes.valid.usual);
  }
  const Node* shares = written_in(scope, keys.t1_percent.node, keys.t2_percent.node);
  if (shares != nullptr && keys.t1_percent.value >= keys.t2_percent.value)
    remarks.error(*shares, fmt::format("t1-percent {} is not smaller than t2-percent {}", keys.t1_percent.value,
                                       keys.t2_percent.value));
  if (keys.t1) lifetimes.t1 = Seconds{keys.t1->value};
  if (keys.t2) lifetimes.t2 = Seconds{keys.t2->value};
  lifetimes.t1_share = keys.calculate ? static_cast<float>(keys.t1_percent.value) : 0;
  lifetimes.t2_share = keys.calculate ? static_cast<float>(keys.t2_percent.value) : 0;
  check_t1_before_t2(scope, keys, lifetimes, remarks);
  const Node* late = keys.t2 ? written_in(scope, keys.t2->node, node_of(keys.preferred)) : nullptr;
  if (late != nullptr && Seconds{keys.t2->value} > lifetimes.preferred.usual)
    remarks.warning(
        *late, fmt::format("rebind-timer {} is longer than preferred-lifetime {}: when its server is gone, a client "
                           "stops using its addresses for new connections before it asks another",
                           keys.t2->value, lifetimes.preferred.usual.count));
  return lifetimes;
}

}  // namespace tandem6::control
