#include "dataplane/wire/fragment.h"

#include <algorithm>
#include <cassert>

#include "dataplane/wire/builder.h"
#include "dataplane/wire/frame.h"

namespace tandem6::wire {

namespace {

constexpr size_t kNextHeaderAt = 6;
constexpr size_t kFragmentHeaderSize = 8;
constexpr size_t kFragmentUnit = 8;  // offsets are counted in it

}  // namespace

Fragmentation::Fragmentation(Bytes frame, size_t ethernet, size_t mtu, uint32_t identification)
    : ethernet_(frame.first(ethernet)),
      ipv6_(frame.subspan(ethernet, kIpv6Size)),
      payload_(frame.subspan(ethernet + kIpv6Size)),
      room_((mtu - kIpv6Size - kFragmentHeaderSize) / kFragmentUnit * kFragmentUnit),
      identification_(identification) {
  assert(mtu >= kMinMtu);
}

size_t Fragmentation::largest() const {
  return ethernet_.size() + kIpv6Size + kFragmentHeaderSize + std::min(room_, payload_.size());
}

size_t Fragmentation::next(MutableBytes out) {
  const Bytes piece = payload_.subspan(offset_, std::min(room_, payload_.size() - offset_));
  const size_t size = ethernet_.size() + kIpv6Size + kFragmentHeaderSize + piece.size();
  if (out.size() < size) return 0;
  const bool more = offset_ + piece.size() < payload_.size();
  Writer writer(out.first(size));
  writer.bytes(ethernet_);
  writer.bytes(ipv6_.first(4));  // version, traffic class, flow label
  writer.u16(static_cast<uint16_t>(kFragmentHeaderSize + piece.size()));
  writer.u8(kFragmentHeader);
  writer.bytes(ipv6_.subspan(kNextHeaderAt + 1));  // hop limit and addresses
  writer.bytes(ipv6_.subspan(kNextHeaderAt, 1));
  writer.u8(0);
  writer.u16(
      static_cast<uint16_t>(offset_ | (more ? 1U : 0U)));  // the offset's low three bits are zero: it is in place
  writer.u32(identification_);
  writer.bytes(piece);
  offset_ += piece.size();
  return size;
}

}  // namespace tandem6::wire
