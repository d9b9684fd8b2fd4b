// A small server in memory for tests of the lease engine: configuration, shards and log, one call to send it a datagram
// and a reader of what it answers. The reader knows nothing of dataplane/wire: what that writes is judged here.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/lease/engine.h"
#include "tests/support/packet.h"

namespace tandem6::testing {

// --- configuration ---

inline const Octets kServerDuid = hex("0003 0001 020000000001");
inline const Octets kOtherServerDuid = hex("0003 0001 020000000002");
inline const Octets kClientDuid = hex("0003 0001 020000000a01");
inline const Octets kOtherClientDuid = hex("0003 0001 020000000b02");

/// Makes the pools of a configuration; pools with the same bounds share their taken units, also across configurations.
class Pools {
 public:
  lease::Pool addresses(std::string_view first, std::string_view last) {
    lease::Pool pool;
    pool.first = ip(first);
    pool.last = ip(last);
    const U128 count = pool.last.number() - pool.first.number() + 1;
    if (count <= lease::DensePool::kMaxUnits) {
      pool.space = book_.dense(lease::LeaseType::kAddress, pool.first, 128, static_cast<uint32_t>(count));
    } else {
      pool.space = book_.sparse(pool.first, pool.last);
    }
    return pool;
  }
  lease::Pool prefixes(std::string_view prefix, uint8_t delegated_length) {
    const Ipv6Prefix whole = Ipv6Prefix::parse(prefix).value();
    lease::Pool pool;
    pool.type = lease::LeaseType::kPrefix;
    pool.unit_length = delegated_length;
    pool.first = whole.address;
    pool.last = whole.last();
    pool.space = book_.dense(pool.type, pool.first, delegated_length, uint32_t{1} << (delegated_length - whole.length));
    return pool;
  }

 private:
  lease::PoolBook book_;
};

inline constexpr lease::Lifetimes kLifetimes{
    .preferred = Seconds{3000}, .valid = Seconds{4000}, .t1 = Seconds{1000}, .t2 = Seconds{2000}};

/// A subnet without pools. `port`: of its direct clients.
inline lease::Subnet subnet(uint32_t id, std::string_view prefix, std::optional<uint16_t> port = std::nullopt) {
  lease::Subnet subnet;
  subnet.id = id;
  subnet.prefix = Ipv6Prefix::parse(prefix).value();
  subnet.lifetimes = kLifetimes;
  subnet.port = port;
  subnet.counters = std::make_shared<lease::SubnetCounters>(1);
  return subnet;
}

// --- reading an answer (RFC 8415 §8, §9, §21) ---

struct ReadOption {
  uint16_t code;
  Octets data;
};
using ReadOptions = std::vector<ReadOption>;

inline uint32_t read_number(std::span<const std::byte> bytes) {
  uint32_t value = 0;
  for (const std::byte octet : bytes) value = value << 8 | static_cast<uint32_t>(octet);
  return value;
}
/// Throws on anything that does not fit exactly.
inline ReadOptions read_options(std::span<const std::byte> area) {
  ReadOptions options;
  while (!area.empty()) {
    if (area.size() < 4) throw std::runtime_error("half an option header");
    const size_t length = read_number(area.subspan(2, 2));
    if (area.size() - 4 < length) throw std::runtime_error("option longer than its area");
    options.push_back({static_cast<uint16_t>(read_number(area.first(2))), Octets(area.subspan(4, length))});
    area = area.subspan(4 + length);
  }
  return options;
}

struct ReadLease {
  Ipv6Address address;
  unsigned length = 128;
  uint32_t preferred = 0;
  uint32_t valid = 0;
};

struct ReadIa {
  uint16_t code = 0;  ///< 3 or 25
  uint32_t iaid = 0;
  uint32_t t1 = 0;
  uint32_t t2 = 0;
  std::vector<ReadLease> leases;
  std::optional<uint32_t> status;
};

inline ReadIa read_ia(const ReadOption& option) {
  const std::span<const std::byte> data = option.data;
  if (data.size() < 12) throw std::runtime_error("IA too short");
  ReadIa ia{
      option.code, read_number(data.first(4)), read_number(data.subspan(4, 4)), read_number(data.subspan(8, 4)), {},
      {}};
  for (const ReadOption& inner : read_options(data.subspan(12))) {
    const std::span<const std::byte> at = inner.data;
    if (inner.code == 5 && at.size() >= 24) {
      ia.leases.push_back(
          {Ipv6Address::load(at.data()), 128, read_number(at.subspan(16, 4)), read_number(at.subspan(20, 4))});
    } else if (inner.code == 26 && at.size() >= 25) {
      ia.leases.push_back({Ipv6Address::load(at.data() + 9), static_cast<unsigned>(at[8]), read_number(at.first(4)),
                           read_number(at.subspan(4, 4))});
    } else if (inner.code == 13 && at.size() >= 2) {
      ia.status = read_number(at.first(2));
    } else {
      throw std::runtime_error("an IA holds what it must not");
    }
  }
  return ia;
}

/// What the server did with one datagram.
struct Response {
  lease::Answer answer;
  Octets bytes;  ///< of the datagram

  bool answered() const { return answer.dropped == lease::DropReason::kNone; }
  std::string_view dropped() const { return to_string(answer.dropped); }

  /// The message inside the Relay-replies.
  Octets inner() const {
    std::span<const std::byte> bytes_left = bytes;
    while (!bytes_left.empty() && bytes_left[0] == std::byte{13}) {
      std::span<const std::byte> relayed;
      auto area = bytes_left.subspan(34);
      while (!area.empty()) {
        const size_t length = read_number(area.subspan(2, 2));
        if (read_number(area.first(2)) == 9) relayed = area.subspan(4, length);
        area = area.subspan(4 + length);
      }
      bytes_left = relayed;
    }
    if (bytes_left.size() < 4) throw std::runtime_error("no answer: " + std::string(dropped()));
    return Octets(bytes_left);
  }
  unsigned type() const { return static_cast<unsigned>(inner().at(0)); }
  uint32_t transaction_id() const { return read_number(std::span<const std::byte>(inner()).subspan(1, 3)); }
  ReadOptions options() const { return read_options(std::span<const std::byte>(inner()).subspan(4)); }
  /// The data of the only option with this code.
  std::optional<Octets> option(uint16_t code) const {
    std::optional<Octets> found;
    for (const ReadOption& option : options()) {
      if (option.code != code) continue;
      if (found) throw std::runtime_error("an option is there twice");
      found = option.data;
    }
    return found;
  }
  /// At message level.
  std::optional<uint32_t> status() const {
    const auto data = option(13);
    if (!data) return std::nullopt;
    return read_number(std::span<const std::byte>(*data).first(2));
  }
  std::vector<ReadIa> ias() const {
    std::vector<ReadIa> ias;
    for (const ReadOption& option : options()) {
      if (option.code == 3 || option.code == 25) ias.push_back(read_ia(option));
    }
    return ias;
  }
  /// The only IA.
  ReadIa ia() const {
    const auto all = ias();
    if (all.size() != 1) throw std::runtime_error("not exactly one IA");
    return all[0];
  }
  /// The only lease of the only IA.
  ReadLease lease() const {
    const ReadIa only = ia();
    if (only.leases.size() != 1) throw std::runtime_error("not exactly one lease");
    return only.leases[0];
  }
  std::string address() const { return lease().address.to_string(); }
};

// --- the server ---

class Server {
 public:
  explicit Server(std::vector<lease::Subnet> subnets, lease::OptionSet global_options = {}) {
    configure(std::move(subnets), std::move(global_options));
  }
  explicit Server(lease::Snapshot::Content content) { adopt(std::move(content)); }

  /// Another configuration. The leases stay.
  void configure(std::vector<lease::Subnet> subnets, lease::OptionSet global_options = {}) {
    lease::Snapshot::Content content;
    content.subnets = std::move(subnets);
    content.options = std::move(global_options);
    adopt(std::move(content));
  }
  /// The server's DUID and key are those of all tests.
  void adopt(lease::Snapshot::Content content) {
    content.server_duid = Duid::from_bytes(kServerDuid).value();
    content.search_key = {0x1234, 0x5678};
    snapshot_ = std::make_unique<lease::Snapshot>(std::move(content));
    snapshot_->set_aside_reserved();
  }

  /// Sends a datagram to the server, into whose answer fit `room` bytes.
  Response send(const Octets& datagram, size_t room = 4096) {
    wire::ReceivedMessage received;
    if (received.parse(datagram) != wire::MessageFault::kNone) {
      return {{.dropped = lease::DropReason::kMalformed, .size = 0, .type = {}, .after_commit = false}, {}};
    }
    lease::Request request;
    request.received = &received;
    request.port = port;
    request.source = ip("fe80::a");
    request.frame = &frame;
    if (!request.identify_client()) {
      return {{.dropped = lease::DropReason::kBadDuid, .size = 0, .type = {}, .after_commit = false}, {}};
    }
    Octets out(room, std::byte{0xee});
    const lease::Answer answer = lease::answer(request, group, *snapshot_, now, out);
    out.resize(answer.size);
    return {answer, std::move(out)};
  }

  /// The changes since the last call. They are on disk now.
  std::vector<lease::LeaseChange> changes() {
    std::vector<lease::LeaseChange> changes;
    const uint64_t last =
        group.log().drain(SIZE_MAX, [&](const lease::LeaseChange& change) { changes.push_back(change); });
    group.log().publish_committed(last);
    group.settle(*snapshot_);
    return changes;
  }

  const lease::Snapshot& snapshot() const { return *snapshot_; }

  uint16_t port = 0;  ///< that direct datagrams come in by
  wire::FrameHeader frame = frame_from({std::byte{2}, {}, {}, {}, {}, std::byte{0xa}});  ///< that datagrams come in
  AbsoluteTime now{800'000'000};
  lease::ShardGroup group{0, 1, lease::HashKey{1, 2}, 4096, 64};

 private:
  static wire::FrameHeader frame_from(const MacAddress& mac) {
    wire::FrameHeader header;
    header.source_mac = mac;
    header.source_port = 546;
    return header;
  }

  std::unique_ptr<lease::Snapshot> snapshot_;
};

// --- messages of kClientDuid to this server ---

enum : uint8_t {
  kSolicit = 1,
  kAdvertise = 2,
  kRequest = 3,
  kConfirm = 4,
  kRenew = 5,
  kRebind = 6,
  kReply = 7,
  kRelease = 8,
  kDecline = 9,
  kInformationRequest = 11
};
inline constexpr uint32_t kTransaction = 0xabcdef;

/// With the Server Identifier where the type must have it (RFC 8415 §16).
inline Octets from_client(uint8_t type, std::initializer_list<Octets> options, const Octets& duid = kClientDuid) {
  const bool to_us = type == kRequest || type == kRenew || type == kRelease || type == kDecline;
  return message(type, kTransaction, {client_id(duid), to_us ? server_id(kServerDuid) : Octets{}, join(options)});
}

}  // namespace tandem6::testing
