// What a relationship has in stable storage, as it lies there.
#include "failover/checksum.h"
#include "failover/relationship.h"

namespace tandem6::failover {
namespace {

// size of the state (2), the state, for each block prefix (16), length (1), since (4); checksum of all that (4).
constexpr size_t kBlockSize = 16 + 1 + 4;
constexpr size_t kChecksumSize = 4;

}  // namespace

std::vector<std::byte> encode(const Stable& stable) {
  const std::vector<std::byte> state = encode(stable.state);
  std::vector<std::byte> stored(2 + state.size() + stable.backups.size() * kBlockSize + kChecksumSize);
  wire::Writer out(stored);
  out.u16(static_cast<uint16_t>(state.size()));
  out.bytes(state);
  for (const auto& [block, since] : stable.backups) {
    out.address(block.address);
    out.u8(block.prefix_length);
    out.u32(since.since_2000);
  }
  out.u32(checksum(out.written()));
  return stored;
}

std::optional<Stable> decode_stable(Bytes all) {
  if (all.size() < 2 + kChecksumSize) return std::nullopt;
  const Bytes stored = all.first(all.size() - kChecksumSize);
  if (wire::load_be32(all.last(kChecksumSize).data()) != checksum(stored)) return std::nullopt;
  const size_t size = wire::load_be16(stored.data());
  if (stored.size() - 2 < size || (stored.size() - 2 - size) % kBlockSize != 0) return std::nullopt;
  const auto state = decode_stable_state(stored.subspan(2, size));
  if (!state) return std::nullopt;
  Stable stable{.state = *state, .backups = {}};
  for (Bytes rest = stored.subspan(2 + size); !rest.empty(); rest = rest.subspan(kBlockSize)) {
    const uint8_t length = std::to_integer<uint8_t>(rest[16]);
    if (length > 128) return std::nullopt;
    stable.backups.emplace_back(
        lease::LeaseKey{
            .type = lease::LeaseType::kPrefix, .prefix_length = length, .address = Ipv6Address::load(rest.data())},
        AbsoluteTime{wire::load_be32(rest.data() + 17)});
  }
  return stable;
}

}  // namespace tandem6::failover
