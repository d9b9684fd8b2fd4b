// What can be wrong with an answer, by name.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tandem6::blast {

enum class Fault : uint8_t {
  kMalformed,          ///< no message that can be read, or a wrong checksum
  kWrongType,          ///< not the answer that this question has
  kWrongTransaction,   ///< a transaction id that its client never used
  kNoClientId,         ///< no Client Identifier, or none of ours
  kNoServerId,         ///< no Server Identifier
  kServerIdChanged,    ///< the REPLY is from another server than the one that was asked
  kRelayMismatch,      ///< link-address, peer-address or Interface-Id are not those of the Relay-forward
  kWrongDestination,   ///< sent to another address than the question came from
  kStatusFailed,       ///< a status at the top that is not Success
  kNoAddrsAvail,       ///< an IA_NA refused with it
  kNoPrefixAvail,      ///< an IA_PD refused with it
  kNoBinding,          ///< an IA refused with it
  kIaRefused,          ///< an IA with another status that is not Success
  kIaMissing,          ///< an IA that was asked for is not there
  kIaUnexpected,       ///< an IA that was not asked for is there
  kLeaseMissing,       ///< an IA without address or prefix
  kLeaseChanged,       ///< the REPLY to RENEW or REBIND does not extend what the client has
  kBadLifetimes,       ///< valid lifetime zero, preferred above valid, or T1 above T2
  kSharedLease,        ///< an address or prefix that another client has
  kOverlappingLeases,  ///< at the end: a prefix that lies inside another client's, or an address inside one
  kOptionMissing,      ///< an option that was requested is not there
};
inline constexpr size_t kFaults = static_cast<size_t>(Fault::kOptionMissing) + 1;

/// "malformed", "shared-lease", …, as reports and --tolerate write it.
std::string_view to_string(Fault fault);

/// Several at once.
class FaultSet {
 public:
  void add(Fault fault) { bits_ |= bit(fault); }
  bool has(Fault fault) const { return (bits_ & bit(fault)) != 0; }
  bool empty() const { return bits_ == 0; }

 private:
  static uint32_t bit(Fault fault) { return uint32_t{1} << static_cast<unsigned>(fault); }
  uint32_t bits_ = 0;
};

}  // namespace tandem6::blast
