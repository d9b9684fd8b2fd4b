// Message types, option codes and status codes by the names of their RFCs.
#pragma once

#include <cstdint>
#include <string_view>

namespace tandem6::wire {

/// RFC 8415 §7.3.
enum class MessageType : uint8_t {
  kSolicit = 1,
  kAdvertise = 2,
  kRequest = 3,
  kConfirm = 4,
  kRenew = 5,
  kRebind = 6,
  kReply = 7,
  kRelease = 8,
  kDecline = 9,
  kReconfigure = 10,
  kInformationRequest = 11,
  kRelayForward = 12,
  kRelayReply = 13,
  kLeasequery = 14,       // RFC 5007
  kLeasequeryReply = 15,  // RFC 5007
  kLeasequeryDone = 16,   // RFC 5460
  kLeasequeryData = 17,   // RFC 5460
  kStartTls = 23,         // RFC 7653
  // between failover partners: RFC 8156 §5.3
  kBndUpd = 24,
  kBndReply = 25,
  kPoolReq = 26,
  kPoolResp = 27,
  kUpdReq = 28,
  kUpdReqAll = 29,
  kUpdDone = 30,
  kConnect = 31,
  kConnectReply = 32,
  kDisconnect = 33,
  kState = 34,
  kContact = 35,
};
/// "SOLICIT", "RELAY-FORW", …; "unknown" for others.
std::string_view to_string(MessageType type);

/// RFC 8415 §21 and the RFC named beside those of later ones.
enum class OptionCode : uint16_t {
  kClientId = 1,
  kServerId = 2,
  kIaNa = 3,
  kIaTa = 4,  // obsolete since RFC 9915: refused by status
  kIaAddress = 5,
  kOptionRequest = 6,
  kPreference = 7,
  kElapsedTime = 8,
  kRelayMessage = 9,
  kAuthentication = 11,
  kUnicast = 12,  // obsolete since RFC 9915
  kStatusCode = 13,
  kRapidCommit = 14,
  kUserClass = 15,
  kVendorClass = 16,
  kVendorOptions = 17,
  kInterfaceId = 18,
  kReconfigureMessage = 19,
  kReconfigureAccept = 20,
  kDnsServers = 23,    // RFC 3646
  kDomainSearch = 24,  // RFC 3646
  kIaPd = 25,
  kIaPrefix = 26,
  kInformationRefreshTime = 32,
  kRemoteId = 37,                // RFC 4649
  kSubscriberId = 38,            // RFC 4580
  kClientFqdn = 39,              // RFC 4704
  kEchoRequest = 43,             // RFC 4994
  kLqQuery = 44,                 // RFC 5007
  kClientData = 45,              // RFC 5007
  kClientTime = 46,              // RFC 5007: OPTION_CLT_TIME
  kLqRelayData = 47,             // RFC 5007
  kLqClientLink = 48,            // RFC 5007
  kRelayId = 53,                 // RFC 5460 §5.4.1
  kPdExclude = 67,               // RFC 6603
  kVss = 68,                     // RFC 6607
  kClientLinkLayerAddress = 79,  // RFC 6939
  kSolMaxRt = 82,
  kInfMaxRt = 83,
  kLqBaseTime = 100,  // RFC 7653
  // between failover partners: RFC 8156 §5.5
  kBindingStatus = 114,
  kConnectFlags = 115,
  kDnsRemovalInfo = 116,
  kDnsHostName = 117,
  kDnsZoneName = 118,
  kDnsFlags = 119,
  kExpirationTime = 120,
  kMaxUnackedBndUpd = 121,
  kMclt = 122,
  kPartnerLifetime = 123,
  kPartnerLifetimeSent = 124,
  kPartnerDownTime = 125,
  kPartnerRawCltTime = 126,
  kProtocolVersion = 127,
  kKeepaliveTime = 128,
  kReconfigureData = 129,
  kRelationshipName = 130,
  kServerFlags = 131,
  kServerState = 132,
  kStartTimeOfState = 133,
  kStateExpirationTime = 134,
  kRelaySourcePort = 135,  // RFC 8357
};

/// RFC 8415 §21.13.
enum class StatusCode : uint16_t {
  kSuccess = 0,
  kUnspecFail = 1,
  kNoAddrsAvail = 2,
  kNoBinding = 3,
  kNotOnLink = 4,
  kUseMulticast = 5,  // obsolete since RFC 9915
  kNoPrefixAvail = 6,
  kUnknownQueryType = 7,       // RFC 5007
  kMalformedQuery = 8,         // RFC 5007
  kNotConfigured = 9,          // RFC 5007
  kNotAllowed = 10,            // RFC 5007
  kQueryTerminated = 11,       // RFC 5460
  kNotSupported = 14,          // RFC 7653
  kTlsConnectionRefused = 15,  // RFC 7653
  // between failover partners: RFC 8156 §5.6
  kAddressInUse = 16,
  kConfigurationConflict = 17,
  kMissingBindingInformation = 18,
  kOutdatedBindingInformation = 19,
  kServerShuttingDown = 20,
  kDnsUpdateNotSupported = 21,
  kExcessiveTimeSkew = 22,
};
/// "NoAddrsAvail", "OutdatedBindingInformation", …, as the RFCs write them; "unknown" for others.
std::string_view to_string(StatusCode status);

/// RFC 8415 §7.2 and §7.6.
inline constexpr uint16_t kClientPort = 546;
inline constexpr uint16_t kServerPort = 547;
inline constexpr uint8_t kHopCountLimit = 8;

}  // namespace tandem6::wire
