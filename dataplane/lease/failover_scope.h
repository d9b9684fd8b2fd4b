// A failover relationship as the workers see it: which side this server is, and what its endpoint allows at the moment
// (RFC 8156 §8.1).
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/time.h"

namespace tandem6::lease {

enum class FailoverRole : uint8_t { kPrimary, kSecondary };

/// To which messages a server answers (RFC 8156 §3).
enum class Responsiveness : uint8_t {
  kUnresponsive,
  kKnownRenewals,    ///< RENEW of leases that are known; nothing is allocated (§8.7.1)
  kRenewResponsive,  ///< what carries our Server Identifier
  kResponsive,
};

/// What an endpoint's state lets workers do. A value: taken once for each message.
struct FailoverPolicy {
  Responsiveness responsiveness = Responsiveness::kUnresponsive;
  bool limited = true;            ///< valid lifetimes end by max(acked-partner-lifetime, now) + mclt (§4.4)
  bool streaming = false;         ///< the partner takes updates now: changes are fed to it
  bool partner_prefixes = false;  ///< the partner's delegable prefixes may be used when our own are gone (§8.4.1)
  Seconds mclt{};
  friend bool operator==(const FailoverPolicy&, const FailoverPolicy&) = default;
};

/// One relationship. Made at the start and kept over reloads; shared by all snapshots and workers. Its endpoint stores
/// the policy, every worker may load it at any time.
class FailoverScope {
 public:
  FailoverScope(uint8_t number, std::string name, FailoverRole role)
      : number_(number), name_(std::move(name)), role_(role) {}

  /// Relationships of a process are numbered from 0.
  uint8_t number() const { return number_; }
  const std::string& name() const { return name_; }
  FailoverRole role() const { return role_; }
  /// RFC 8156 §4.2.1.1: the primary allocates addresses with bit 127 set, the secondary the others.
  bool is_ours(const Ipv6Address& address) const {
    const bool odd = (std::to_integer<unsigned>(address.octets[15]) & 1) != 0;
    return odd == (role_ == FailoverRole::kPrimary);
  }

  FailoverPolicy policy() const { return unpacked(policy_.load(std::memory_order_acquire)); }
  void set_policy(const FailoverPolicy& policy) { policy_.store(packed(policy), std::memory_order_release); }

 private:
  static constexpr uint64_t kLimited = 1U << 8, kStreaming = 1U << 9, kPartnerPrefixes = 1U << 10;
  static constexpr uint64_t packed(const FailoverPolicy& policy) {
    return static_cast<uint64_t>(policy.responsiveness) | (policy.limited ? kLimited : 0) |
           (policy.streaming ? kStreaming : 0) | (policy.partner_prefixes ? kPartnerPrefixes : 0) |
           uint64_t{policy.mclt.count} << 32;
  }
  static constexpr FailoverPolicy unpacked(uint64_t word) {
    return {.responsiveness = static_cast<Responsiveness>(word & 0xff),
            .limited = (word & kLimited) != 0,
            .streaming = (word & kStreaming) != 0,
            .partner_prefixes = (word & kPartnerPrefixes) != 0,
            .mclt = Seconds{static_cast<uint32_t>(word >> 32)}};
  }

  uint8_t number_;
  std::string name_;
  FailoverRole role_;
  std::atomic<uint64_t> policy_{packed(FailoverPolicy{})};
};

}  // namespace tandem6::lease
