// Who the clients and relays are: every identifier of client n is made from n, and n can be read back from its DUID.
// Immutable during a run.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/wire/duid.h"
#include "dataplane/wire/ipv6.h"

namespace tandem6::blast {

/// What every client asks, and from where.
struct Profile {
  uint32_t clients = 10'000;
  uint32_t first_client = 0;  ///< numbers of clients start here: for several generators at one server
  uint64_t seed = 1;          ///< another seed, other clients

  bool addresses = true;                    ///< IA_NA
  bool prefixes = true;                     ///< IA_PD
  std::vector<uint16_t> requested_options;  ///< in the Option Request; each must be in the answer

  uint32_t relays = 0;                       ///< 0: the clients are on the server's link
  uint32_t link_locals = 1;                  ///< addresses that direct clients share
  std::optional<Ipv6Address> relay_source;   ///< of the first relay, the next has the next; else link-local ones
  Ipv6Address link_address;                  ///< of the first relay
  std::optional<uint8_t> link_address_step;  ///< the next relay is on the next prefix of this length; else all on one
  bool interface_id = true;
  bool remote_id = false;
};

/// A host on the wire, as the server sees it: a relay, or a link-local address that clients share.
struct Station {
  MacAddress mac;
  Ipv6Address address;
};

class Population {
 public:
  static constexpr size_t kDuidSize = 14;
  static constexpr size_t kInterfaceIdSize = 17;
  static constexpr size_t kRemoteIdSize = 12;

  explicit Population(Profile profile);

  const Profile& profile() const { return profile_; }
  uint32_t size() const { return profile_.clients; }
  bool relayed() const { return profile_.relays != 0; }
  const std::vector<Station>& stations() const { return stations_; }
  uint32_t station_of(uint32_t client) const { return client % static_cast<uint32_t>(stations_.size()); }
  /// Whose MAC address this is.
  std::optional<uint32_t> station_with(const MacAddress& mac) const;

  /// DUID-LLT (RFC 8415 §11.2) of a MAC address that holds the client's number.
  std::array<std::byte, kDuidSize> duid(uint32_t client) const;
  /// The client with this DUID; nothing when it is none of ours.
  std::optional<uint32_t> client_with(Bytes duid) const;
  uint32_t iaid(uint32_t client, bool prefix) const;
  /// The client's transaction id number `sequence`, in 24 bits: they count up from where its hash is.
  uint32_t transaction_id(uint32_t client, uint32_t sequence) const;

  // Behind a relay:
  Ipv6Address link_local(uint32_t client) const;
  Ipv6Address link_address(uint32_t client) const;
  std::array<std::byte, kInterfaceIdSize> interface_id(uint32_t client) const;
  /// Enterprise number and identifier of RFC 4649.
  std::array<std::byte, kRemoteIdSize> remote_id(uint32_t client) const;

 private:
  MacAddress mac_of(uint32_t client) const;

  Profile profile_;
  std::array<std::byte, 10> duid_start_;
  std::vector<Station> stations_;
};

}  // namespace tandem6::blast
