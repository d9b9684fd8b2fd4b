// The options that Kea knows by name, and how the text of their data is written.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tandem6::control {

enum class OptionField : uint8_t {
  kBinary,
  kUint8,
  kUint16,
  kUint32,
  kIpv6Address,
  kString,
  kFqdn,   ///< RFC 8415 §10
  kTuple,  ///< a string after its 16-bit length
};

/// Who may set the option.
enum class OptionOwner : uint8_t {
  kConfiguration,
  kServer,    ///< the server makes it itself
  kObsolete,  ///< no server may send it any more
  kNoText,    ///< only as hexadecimal: what Kea reads as text is not supported yet
};

struct OptionDefinition {
  std::string_view name;
  uint16_t code = 0;
  std::vector<OptionField> fields = {};  ///< in order; none: the option has no data
  bool array = false;                    ///< the last field may be there any number of times, at least once
  OptionOwner owner = OptionOwner::kConfiguration;
};

/// Null when there is none.
const OptionDefinition* option_by_name(std::string_view name);
const OptionDefinition* option_by_code(uint16_t code);
std::vector<std::string_view> option_names();

}  // namespace tandem6::control
