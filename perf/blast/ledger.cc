#include "perf/blast/ledger.h"

#include <algorithm>
#include <bit>

#include "perf/blast/split_mix.h"

namespace tandem6::blast {

Ledger::Ledger(std::span<const Client> clients)
    : clients_(clients), slots_(std::bit_ceil(clients.size() * 4), kEmpty), mask_(slots_.size() - 1) {}

size_t Ledger::home_of(uint32_t entry) const {
  const Client& client = clients_[client_of(entry)];
  const bool prefix = kind_of(entry) == Kind::kPrefix;
  const U128 number = (prefix ? client.prefix : client.address).number();
  const uint64_t length = prefix ? client.prefix_length : 128;
  return mix(static_cast<uint64_t>(number >> 64) ^ mix(static_cast<uint64_t>(number) + length)) & mask_;
}

bool Ledger::same(uint32_t a, uint32_t b) const {
  if (kind_of(a) != kind_of(b)) return false;
  const Client& one = clients_[client_of(a)];
  const Client& other = clients_[client_of(b)];
  if (kind_of(a) == Kind::kAddress) return one.address == other.address;
  return one.prefix == other.prefix && one.prefix_length == other.prefix_length;
}

std::optional<uint32_t> Ledger::enter(uint32_t client, Kind kind) {
  const uint32_t mine = entry(client, kind);
  for (size_t slot = home_of(mine);; slot = (slot + 1) & mask_) {
    uint32_t& there = slots_[slot];
    if (there == mine) return std::nullopt;
    if (there != kEmpty && !same(there, mine)) continue;
    const uint32_t other = there;
    there = mine;
    if (other == kEmpty) return std::nullopt;
    return client_of(other);
  }
}

void Ledger::remove(uint32_t client, Kind kind) {
  const uint32_t mine = entry(client, kind);
  size_t slot = home_of(mine);
  while (slots_[slot] != mine) {
    if (slots_[slot] == kEmpty) return;
    slot = (slot + 1) & mask_;
  }
  // Closes the gap: whoever was pushed beyond it by collisions moves back.
  for (size_t next = (slot + 1) & mask_; slots_[next] != kEmpty; next = (next + 1) & mask_) {
    const size_t home = home_of(slots_[next]);
    if (((next - home) & mask_) >= ((next - slot) & mask_)) {
      slots_[slot] = slots_[next];
      slot = next;
    }
  }
  slots_[slot] = kEmpty;
}

uint64_t count_overlaps(std::span<const Client> clients, Nanoseconds now) {
  struct Range {
    U128 first;
    U128 last;
    uint32_t client;
  };
  std::vector<Range> ranges;
  for (uint32_t i = 0; i < clients.size(); ++i) {
    const Client& client = clients[i];
    if (!client.bound || std::chrono::seconds(client.ends) <= now) continue;
    if (client.has_address) ranges.push_back({client.address.number(), client.address.number(), i});
    if (client.has_prefix) {
      const Ipv6Prefix prefix{client.prefix, client.prefix_length};
      ranges.push_back({client.prefix.number(), prefix.last().number(), i});
    }
  }
  // Of those that start together, the wider first.
  std::ranges::sort(
      ranges, [](const Range& a, const Range& b) { return a.first != b.first ? a.first < b.first : a.last > b.last; });
  uint64_t overlaps = 0;
  size_t widest = 0;  // the range that reaches furthest
  for (size_t i = 1; i < ranges.size(); ++i) {
    const bool inside = ranges[i].first <= ranges[widest].last;
    const bool equal = ranges[i].first == ranges[widest].first && ranges[i].last == ranges[widest].last;
    if (inside && !equal && ranges[i].client != ranges[widest].client) ++overlaps;
    if (!inside || ranges[i].last > ranges[widest].last) widest = i;
  }
  return overlaps;
}

}  // namespace tandem6::blast
