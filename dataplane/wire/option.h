// Options as they lie in a packet (RFC 8415 §21): views that point into it and are valid while it is.
// A view exists only when every length in it was checked.
#pragma once

#include <optional>
#include <string_view>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/codes.h"
#include "dataplane/wire/domain_name.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/time.h"

namespace tandem6::wire {

/// One option (§21.1), known or not.
struct OptionView {
  uint16_t code;
  Bytes data;
  bool is(OptionCode known) const { return code == static_cast<uint16_t>(known); }
};

/// Walks the options of `area` in order. Stops at the first that does not fit and says so; never reads outside.
class OptionWalker {
 public:
  explicit OptionWalker(Bytes area) : rest_(area) {}
  /// The next option; nothing at the end or on malformed input (then malformed() is true).
  std::optional<OptionView> next() {
    if (rest_.size() < 4) {
      malformed_ = malformed_ || !rest_.empty();
      return std::nullopt;
    }
    const size_t length = load_be16(rest_.data() + 2);
    if (rest_.size() - 4 < length) {
      malformed_ = true;
      return std::nullopt;
    }
    OptionView option{load_be16(rest_.data()), rest_.subspan(4, length)};
    rest_ = rest_.subspan(4 + length);
    return option;
  }
  bool malformed() const { return malformed_; }

 private:
  Bytes rest_;
  bool malformed_ = false;
};

/// Every option of the area fits in it (the options inside options are not looked at).
bool well_formed(Bytes area);
/// The first option with this code.
std::optional<OptionView> find_option(Bytes area, OptionCode code);

/// IA_NA (§21.4) and IA_PD (§21.21).
struct IaView {
  uint32_t iaid;
  Seconds t1;
  Seconds t2;
  Bytes options;
  static std::optional<IaView> parse(Bytes data);
};

/// IA_TA (§21.5).
struct IaTaView {
  uint32_t iaid;
  Bytes options;
  static std::optional<IaTaView> parse(Bytes data);
};

/// IAADDR (§21.6).
struct IaAddressView {
  Ipv6Address address;
  Seconds preferred;
  Seconds valid;
  Bytes options;
  static std::optional<IaAddressView> parse(Bytes data);
};

/// IAPREFIX (§21.22). A prefix-length over 128 is malformed. Bits beyond the length are as the client sent them.
struct IaPrefixView {
  Seconds preferred;
  Seconds valid;
  uint8_t length;
  Ipv6Address prefix;
  Bytes options;
  static std::optional<IaPrefixView> parse(Bytes data);
};

/// Option Request (§21.7).
class OptionRequestView {
 public:
  static std::optional<OptionRequestView> parse(Bytes data);
  size_t size() const { return data_.size() / 2; }
  uint16_t operator[](size_t index) const { return load_be16(data_.data() + 2 * index); }
  bool contains(OptionCode code) const;

 private:
  explicit OptionRequestView(Bytes data) : data_(data) {}
  Bytes data_;
};

/// Status Code (§21.13). The message is UTF-8 without a terminator.
struct StatusView {
  StatusCode code;
  std::string_view message;
  static std::optional<StatusView> parse(Bytes data);
};

/// Authentication (§21.11).
struct AuthenticationView {
  uint8_t protocol;
  uint8_t algorithm;
  uint8_t replay_detection_method;
  uint64_t replay_detection;
  Bytes information;
  static std::optional<AuthenticationView> parse(Bytes data);
};

/// Vendor Class (§21.16) and Vendor-specific Information (§21.17): an enterprise number and what follows it.
struct VendorView {
  uint32_t enterprise;
  Bytes data;
  static std::optional<VendorView> parse(Bytes data);
};

/// Client Link-Layer Address (RFC 6939 §4): of hardware type `hardware_type`, at least one octet.
struct LinkLayerAddressView {
  uint16_t hardware_type;
  Bytes address;
  static std::optional<LinkLayerAddressView> parse(Bytes data);
};

/// Relay Agent Remote-ID (RFC 4649 §3): at least one octet behind the enterprise number.
std::optional<VendorView> parse_remote_id(Bytes data);

/// Client FQDN (RFC 4704 §4).
struct ClientFqdnView {
  bool server_updates;  ///< "S": the server does AAAA updates
  bool overridden;      ///< "O": S is not as the client wants it
  bool no_updates;      ///< "N": the server does no DNS updates at all
  DomainName name;      ///< may be incomplete, or empty: the server is to provide one
  static std::optional<ClientFqdnView> parse(Bytes data);
};

/// Walks the length-prefixed items of User Class (§21.15) and of a Vendor Class's data (§21.16).
class ClassDataWalker {
 public:
  explicit ClassDataWalker(Bytes area) : rest_(area) {}
  std::optional<Bytes> next();
  bool malformed() const { return malformed_; }

 private:
  Bytes rest_;
  bool malformed_ = false;
};

/// Preference (§21.8), Reconfigure Message (§21.19): one octet.
std::optional<uint8_t> parse_octet(Bytes data);
/// Elapsed Time (§21.9): hundredths of a second.
std::optional<uint16_t> parse_elapsed_time(Bytes data);
/// Relay Source Port (RFC 8357 §4.2): the port that the next relay towards the client uses; 0: the usual one.
std::optional<uint16_t> parse_port(Bytes data);
/// Server Unicast (§21.12), and one address in general.
std::optional<Ipv6Address> parse_address(Bytes data);
/// Information Refresh Time (§21.23), SOL_MAX_RT (§21.24), INF_MAX_RT (§21.25).
std::optional<Seconds> parse_seconds(Bytes data);

}  // namespace tandem6::wire
