// The options that Kea knows by name, in every space, and how the text of their data is written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem6::control {

enum class OptionField : uint8_t {
  kBinary,
  kBoolean,
  kUint8,
  kUint16,
  kUint32,
  kInt8,
  kInt16,
  kInt32,
  kIpv4Address,
  kIpv6Address,
  kIpv6Prefix,  ///< its length in one octet, and as many of its octets as that needs
  kPsid,        ///< RFC 7598 §4.5: PSID-len and PSID
  kString,
  kFqdn,   ///< RFC 8415 §10
  kTuple,  ///< a string after its 16-bit length
  kDnr,    ///< RFC 9463 §4.1: all of the option's data
};

/// Who may set the option.
enum class OptionOwner : uint8_t {
  kConfiguration,
  kServer,  ///< the server makes it itself: configuring it is an error
  kNobody,  ///< never taken from the configuration, which a Kea user may still have it in: a warning
};

struct OptionDefinition {
  std::string name;
  uint16_t code = 0;
  std::vector<OptionField> fields = {};  ///< in order; none: the option has no data of its own
  bool array = false;                    ///< the last field may be there any number of times, at least once
  OptionOwner owner = OptionOwner::kConfiguration;
  std::string space = "dhcp6";
  std::string holds = {};  ///< the space of the options inside it; empty: none
  std::string note = {};   ///< of kNobody: why
};

/// Those of Kea 2.2 to 3.0.
const std::vector<OptionDefinition>& standard_options();

}  // namespace tandem6::control
