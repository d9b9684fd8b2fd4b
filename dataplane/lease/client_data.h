// What is kept of a client besides its leases: tagged values in one piece of bytes, as they lie in the database and in
// the change log. Written by the engine and of what a failover partner tells, read by control and failover (RFC 8156
// §7.4 lists what a partner wants to know).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/lease/fixed_list.h"
#include "dataplane/lease/return_path.h"
#include "dataplane/wire/builder.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/message.h"

namespace tandem6::lease {

/// The form: version (1), then items of tag (1), length (2), value. Stored on disk. Tags may be added in one version;
/// readers pass over those that they do not know.
inline constexpr uint8_t kClientDataVersion = 1;

/// What a value is. Stored on disk.
enum class ClientTag : uint8_t {
  kRelay = 1,  ///< one of the relays that its last message came through, outermost first: hop-count (1), link-address
               ///< (16), peer-address (16), options
  kHostname = 2,     ///< flags (1): 1 forward, 2 reverse DNS was updated; then the name as text
  kRelaySource = 3,  ///< where the datagram of the outermost relay came from: address (16)
  // As a failover partner sent them, and as they are sent again:
  kReconfigureData = 4,  ///< the data of OPTION_F_RECONFIGURE_DATA (RFC 8156 §5.5.13): time (4), key
  kDnsRemovalInfo = 5,   ///< the data of OPTION_F_DNS_REMOVAL_INFO (RFC 8156 §5.5.3): options
  kReturnPath = 6,  ///< the client accepts Reconfigure (RFC 8415 §21.20), and this is the way to it: port (2), UDP port
                    ///< (2), MAC address (6), IPv6 address (16), then each VLAN tag: protocol (2), control (2)
};

/// Bytes that the relays of one client may take; all items together may take kMaxClientData.
inline constexpr size_t kMaxRelayData = 1024;
inline constexpr size_t kMaxClientData = 1600;

struct KeptRelay {
  uint8_t hop_count;
  Ipv6Address link_address;
  Ipv6Address peer_address;
  Bytes options;  ///< without the Relay Message
};
using KeptRelays = FixedList<KeptRelay, wire::ReceivedMessage::kMaxRelays>;

struct KeptHostname {
  bool forward;
  bool reverse;
  std::string_view name;
};

/// Client data as it lies somewhere; valid while that is.
class ClientDataView {
 public:
  /// Nothing when the version is another one or something in it does not fit.
  static std::optional<ClientDataView> parse(Bytes data);

  KeptRelays relays() const;
  std::optional<Ipv6Address> relay_source() const;
  std::optional<KeptHostname> hostname() const;
  std::optional<ReturnPath> return_path() const;
  /// Did it say so to us or to a failover partner, who made a key for it then?
  bool accepts_reconfigure() const {
    return find(ClientTag::kReturnPath).has_value() || find(ClientTag::kReconfigureData).has_value();
  }
  /// The first value with this tag.
  std::optional<Bytes> find(ClientTag tag) const;

 private:
  friend class ClientDataBuilder;
  explicit ClientDataView(Bytes items) : items_(items) {}
  Bytes items_;
};

/// Puts client data together, in its own fixed space. What does not fit any more is left out, each item as a whole.
class ClientDataBuilder {
 public:
  ClientDataBuilder();

  /// The relays of a datagram from `source`. With all their options if that fits into kMaxRelayData; else with those
  /// that name the relay, the line or the subscriber (Relay-ID, Remote-ID, Interface-Id, Subscriber-ID); else with
  /// Relay-ID and Remote-ID, by which bulk leasequeries ask (RFC 5460 §5.3, §5.4); else with none.
  /// True when all their options fit: an answer needs more of them than those that name somebody.
  bool relays(std::span<const wire::RelayView> relays, const Ipv6Address& source);
  void hostname(const KeptHostname& hostname);
  void return_path(const ReturnPath& path);
  /// All that `before` has but the hostname.
  void all_but_hostname(const ClientDataView& before);
  /// The data of OPTION_F_RECONFIGURE_DATA: at least its time.
  void reconfigure_data(Bytes data) { item(ClientTag::kReconfigureData, data); }
  /// The data of OPTION_F_DNS_REMOVAL_INFO: options that fit.
  void dns_removal_info(Bytes data) { item(ClientTag::kDnsRemovalInfo, data); }

  /// Empty when there is nothing to keep.
  Bytes bytes() const;

 private:
  void item(ClientTag tag, Bytes value);

  std::array<std::byte, kMaxClientData> space_{};
  wire::Writer out_;
};

/// By which a shard knows whether a client's data is still what the disk has. 0 is for no data at all.
uint64_t digest_of(Bytes client_data);

}  // namespace tandem6::lease
