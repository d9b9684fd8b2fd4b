// Options whose data is one integer, as most of RFC 8156 §5.5 are, and what all readers of options do.
#pragma once

#include <optional>

#include "dataplane/wire/builder.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/codes.h"
#include "dataplane/wire/option.h"
#include "dataplane/wire/time.h"

namespace tandem6::failover {

inline void put_u8(wire::Writer& out, wire::OptionCode code, uint8_t value) {
  const auto open = out.begin(code);
  out.u8(value);
  out.end(open);
}
inline void put_u16(wire::Writer& out, wire::OptionCode code, uint16_t value) {
  const auto open = out.begin(code);
  out.u16(value);
  out.end(open);
}
inline void put_u32(wire::Writer& out, wire::OptionCode code, uint32_t value) {
  const auto open = out.begin(code);
  out.u32(value);
  out.end(open);
}
inline void put_time(wire::Writer& out, wire::OptionCode code, AbsoluteTime time) {
  put_u32(out, code, time.since_2000);
}
/// Nothing is written of a time that is not there.
inline void put_time(wire::Writer& out, wire::OptionCode code, const std::optional<AbsoluteTime>& time) {
  if (time) put_time(out, code, *time);
}

inline std::optional<uint16_t> parse_u16(Bytes data) {
  if (data.size() != 2) return std::nullopt;
  return wire::load_be16(data.data());
}
inline std::optional<uint32_t> parse_u32(Bytes data) {
  if (data.size() != 4) return std::nullopt;
  return wire::load_be32(data.data());
}
inline std::optional<AbsoluteTime> parse_time(Bytes data) {
  const auto value = parse_u32(data);
  if (!value) return std::nullopt;
  return AbsoluteTime{*value};
}

/// Options are singletons (RFC 8415 §21): of two, the first counts. False when `value`, as it was read, is none.
template <typename T>
bool take_first(std::optional<T>& first, const std::optional<T>& value) {
  if (!first) first = value;
  return value.has_value();
}

}  // namespace tandem6::failover
