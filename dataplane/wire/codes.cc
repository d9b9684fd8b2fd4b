#include "dataplane/wire/codes.h"

namespace tandem6::wire {

std::string_view to_string(MessageType type) {
  switch (type) {
    case MessageType::kSolicit:
      return "SOLICIT";
    case MessageType::kAdvertise:
      return "ADVERTISE";
    case MessageType::kRequest:
      return "REQUEST";
    case MessageType::kConfirm:
      return "CONFIRM";
    case MessageType::kRenew:
      return "RENEW";
    case MessageType::kRebind:
      return "REBIND";
    case MessageType::kReply:
      return "REPLY";
    case MessageType::kRelease:
      return "RELEASE";
    case MessageType::kDecline:
      return "DECLINE";
    case MessageType::kReconfigure:
      return "RECONFIGURE";
    case MessageType::kInformationRequest:
      return "INFORMATION-REQUEST";
    case MessageType::kRelayForward:
      return "RELAY-FORW";
    case MessageType::kRelayReply:
      return "RELAY-REPL";
    case MessageType::kLeasequery:
      return "LEASEQUERY";
    case MessageType::kLeasequeryReply:
      return "LEASEQUERY-REPLY";
    case MessageType::kLeasequeryDone:
      return "LEASEQUERY-DONE";
    case MessageType::kLeasequeryData:
      return "LEASEQUERY-DATA";
    case MessageType::kStartTls:
      return "STARTTLS";
    case MessageType::kBndUpd:
      return "BNDUPD";
    case MessageType::kBndReply:
      return "BNDREPLY";
    case MessageType::kPoolReq:
      return "POOLREQ";
    case MessageType::kPoolResp:
      return "POOLRESP";
    case MessageType::kUpdReq:
      return "UPDREQ";
    case MessageType::kUpdReqAll:
      return "UPDREQALL";
    case MessageType::kUpdDone:
      return "UPDDONE";
    case MessageType::kConnect:
      return "CONNECT";
    case MessageType::kConnectReply:
      return "CONNECTREPLY";
    case MessageType::kDisconnect:
      return "DISCONNECT";
    case MessageType::kState:
      return "STATE";
    case MessageType::kContact:
      return "CONTACT";
  }
  return "unknown";
}

std::string_view to_string(StatusCode status) {
  switch (status) {
    case StatusCode::kSuccess:
      return "Success";
    case StatusCode::kUnspecFail:
      return "UnspecFail";
    case StatusCode::kNoAddrsAvail:
      return "NoAddrsAvail";
    case StatusCode::kNoBinding:
      return "NoBinding";
    case StatusCode::kNotOnLink:
      return "NotOnLink";
    case StatusCode::kUseMulticast:
      return "UseMulticast";
    case StatusCode::kNoPrefixAvail:
      return "NoPrefixAvail";
    case StatusCode::kUnknownQueryType:
      return "UnknownQueryType";
    case StatusCode::kMalformedQuery:
      return "MalformedQuery";
    case StatusCode::kNotConfigured:
      return "NotConfigured";
    case StatusCode::kNotAllowed:
      return "NotAllowed";
    case StatusCode::kQueryTerminated:
      return "QueryTerminated";
    case StatusCode::kNotSupported:
      return "NotSupported";
    case StatusCode::kTlsConnectionRefused:
      return "TLSConnectionRefused";
    case StatusCode::kAddressInUse:
      return "AddressInUse";
    case StatusCode::kConfigurationConflict:
      return "ConfigurationConflict";
    case StatusCode::kMissingBindingInformation:
      return "MissingBindingInformation";
    case StatusCode::kOutdatedBindingInformation:
      return "OutdatedBindingInformation";
    case StatusCode::kServerShuttingDown:
      return "ServerShuttingDown";
    case StatusCode::kDnsUpdateNotSupported:
      return "DNSUpdateNotSupported";
    case StatusCode::kExcessiveTimeSkew:
      return "ExcessiveTimeSkew";
  }
  return "unknown";
}

}  // namespace tandem6::wire
