// Builders: messages and options written in place into the caller's bytes. They never allocate; what does not fit is
// reported once, at the end, by overflow().
#pragma once

#include <array>
#include <cstring>
#include <span>
#include <string_view>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/codes.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/message.h"
#include "dataplane/wire/time.h"

namespace tandem6::wire {

/// Appends to a span. After an overflow every further write is a no-op and size() stays where it was.
class Writer {
 public:
  explicit Writer(MutableBytes out) : out_(out) {}

  void u8(uint8_t value) {
    if (std::byte* at = claim(1)) *at = std::byte{value};
  }
  void u16(uint16_t value) {
    if (std::byte* at = claim(2)) store_be16(at, value);
  }
  void u32(uint32_t value) {
    if (std::byte* at = claim(4)) store_be32(at, value);
  }
  void u64(uint64_t value) {
    if (std::byte* at = claim(8)) store_be64(at, value);
  }
  void bytes(Bytes data) {
    if (data.empty()) return;
    if (std::byte* at = claim(data.size())) std::memcpy(at, data.data(), data.size());
  }
  void address(const Ipv6Address& value) {
    if (std::byte* at = claim(value.octets.size())) std::memcpy(at, value.octets.data(), value.octets.size());
  }
  /// The place of the next `count` bytes, which the caller fills; null when they do not fit. One check for a structure
  /// of fixed size, in place of one for each of its fields.
  std::byte* claim(size_t count) {
    if (overflow_ || out_.size() - size_ < count) [[unlikely]] {
      overflow_ = true;
      return nullptr;
    }
    std::byte* at = out_.data() + size_;
    size_ += count;
    return at;
  }

  /// An option that is still open: what is written until end() is inside it. Options nest.
  struct OpenOption {
    size_t length_at;
  };
  [[nodiscard]] OpenOption begin(OptionCode code) {
    if (std::byte* at = claim(4)) store_be32(at, static_cast<uint32_t>(code) << 16);
    return OpenOption{size_ - 2};
  }
  /// Writes the option's length. An option longer than 65,535 bytes is an overflow.
  void end(OpenOption open) {
    if (overflow_) return;
    const size_t length = size_ - open.length_at - 2;
    if (length > 0xffff) {
      overflow_ = true;
      return;
    }
    store_be16(out_.data() + open.length_at, static_cast<uint16_t>(length));
  }

  /// A whole option at once.
  void option(OptionCode code, Bytes data) { option(static_cast<uint16_t>(code), data); }
  void option(uint16_t code, Bytes data) {
    constexpr size_t kHeader = 4;
    if (data.size() > 0xffff) [[unlikely]] {
      overflow_ = true;
      return;
    }
    std::byte* const at = claim(kHeader + data.size());
    if (at == nullptr) return;
    store_be32(at, static_cast<uint32_t>(code) << 16 | static_cast<uint32_t>(data.size()));
    if (!data.empty()) std::memcpy(at + kHeader, data.data(), data.size());
  }

  /// The header of a client/server message (§8).
  void message_header(MessageType type, uint32_t transaction_id) {
    u32(static_cast<uint32_t>(type) << 24 | (transaction_id & 0xffffff));
  }

  /// Replaces four bytes that were written before.
  void overwrite_u32(size_t at, uint32_t value) {
    if (!overflow_) store_be32(out_.data() + at, value);
  }

  /// Forgets what was written since size() was `size`. Does not undo an overflow.
  void truncate(size_t size) {
    if (size < size_) size_ = size;
  }

  bool overflow() const { return overflow_; }
  size_t size() const { return size_; }
  Bytes written() const { return out_.first(size_); }

 private:
  MutableBytes out_;
  size_t size_ = 0;
  bool overflow_ = false;
};

/// IA_NA or IA_PD, left open for what it holds (§21.4, §21.21).
[[nodiscard]] inline Writer::OpenOption begin_ia(Writer& out, OptionCode code, uint32_t iaid, Seconds t1, Seconds t2) {
  std::byte* const at = out.claim(16);
  if (at == nullptr) return {out.size()};
  store_be32(at, static_cast<uint32_t>(code) << 16);
  store_be32(at + 4, iaid);
  store_be32(at + 8, t1.count);
  store_be32(at + 12, t2.count);
  return {out.size() - 14};
}
/// IAADDR (§21.6), left open for its options.
[[nodiscard]] inline Writer::OpenOption begin_ia_address(Writer& out, const Ipv6Address& address, Seconds preferred,
                                                         Seconds valid) {
  constexpr uint32_t kSize = 24;
  std::byte* const at = out.claim(4 + kSize);
  if (at == nullptr) return {out.size()};
  store_be32(at, static_cast<uint32_t>(OptionCode::kIaAddress) << 16 | kSize);
  std::memcpy(at + 4, address.octets.data(), 16);
  store_be32(at + 20, preferred.count);
  store_be32(at + 24, valid.count);
  return {out.size() - kSize - 2};
}
/// IAADDR without options of its own.
inline void put_ia_address(Writer& out, const Ipv6Address& address, Seconds preferred, Seconds valid) {
  (void)begin_ia_address(out, address, preferred, valid);  // its length is right as long as nothing is put into it
}
/// IAPREFIX (§21.22), left open for its options.
[[nodiscard]] inline Writer::OpenOption begin_ia_prefix(Writer& out, const Ipv6Prefix& prefix, Seconds preferred,
                                                        Seconds valid) {
  constexpr uint32_t kSize = 25;
  std::byte* const at = out.claim(4 + kSize);
  if (at == nullptr) return {out.size()};
  store_be32(at, static_cast<uint32_t>(OptionCode::kIaPrefix) << 16 | kSize);
  store_be32(at + 4, preferred.count);
  store_be32(at + 8, valid.count);
  at[12] = std::byte{prefix.length};
  std::memcpy(at + 13, prefix.address.octets.data(), 16);
  return {out.size() - kSize - 2};
}
/// IAPREFIX without options of its own.
inline void put_ia_prefix(Writer& out, const Ipv6Prefix& prefix, Seconds preferred, Seconds valid) {
  (void)begin_ia_prefix(out, prefix, preferred, valid);  // its length is right as long as nothing is put into it
}
/// Client FQDN (RFC 4704 §4).
void put_client_fqdn(Writer& out, const ClientFqdnView& fqdn);
/// Status Code (§21.13).
void put_status(Writer& out, StatusCode code, std::string_view message);

/// The Relay-reply messages around an answer (§19.3): one for each Relay-forward, in the same order, with its
/// hop-count, link-address, peer-address, Interface-Id, Relay Source Port (RFC 8357 §5.2) and the options that its Echo
/// Request lists (RFC 4994 §5), and the Relay Message option left open for what is inside.
class RelayReplies {
 public:
  /// Opens them. With no relays nothing is written.
  RelayReplies(Writer& out, std::span<const RelayView> relays);
  /// Closes them, innermost first. Call once, after the answer was written.
  void close(Writer& out);

 private:
  std::array<Writer::OpenOption, ReceivedMessage::kMaxRelays> open_{};
  size_t count_ = 0;
};

}  // namespace tandem6::wire
