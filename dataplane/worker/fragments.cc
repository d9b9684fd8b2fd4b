// rte_ip_frag_table_del_expired_entries() has been there since DPDK 18.05 and is still marked as experimental.
#define ALLOW_EXPERIMENTAL_API

#include "dataplane/worker/fragments.h"

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_random.h>

#include <cstring>

#include "dataplane/wire/fragment.h"

namespace tandem6::worker {

using lease::DropReason;

namespace {

// Datagrams in the making, for each worker. With eight fragments each they hold 512 buffers at most.
constexpr unsigned kDatagrams = 64;
constexpr unsigned kBucketEntries = 8;
// RFC 8200 §4.5 allows a minute. DHCPv6 clients and relays send again after one second.
constexpr uint64_t kPatienceSeconds = 2;

size_t size_of(const rte_mbuf* chain) {
  size_t size = 0;
  for (const rte_mbuf* part = chain; part != nullptr; part = part->next) size += part->data_len;
  return size;
}

// librte_ip_frag tells datagrams apart by source, destination and identification, and only reads the headers that it is
// handed. Ours is a copy whose destination, which is one of our few addresses, gives half of its bits to port and
// VLANs: who is in one VLAN shall not be able to add to a datagram of another.
struct Headers {
  rte_ipv6_hdr ip;
  rte_ipv6_fragment_ext fragment;
};

Headers headers_of(rte_mbuf* buffer, const wire::ParsedFrame& frame, uint16_t port) {
  Headers headers;
  std::memcpy(&headers, rte_pktmbuf_mtod_offset(buffer, const std::byte*, frame.ipv6_offset), sizeof headers);
  std::array<uint16_t, 4> place{port, frame.header.vlan.count, 0, 0};
  for (size_t i = 0; i < frame.header.vlan.count; ++i) {
    constexpr uint16_t kVlanId = 0x0fff;
    place[2 + i] = frame.header.vlan.tags[i].control & kVlanId;
  }
  std::memcpy(&headers.ip.dst_addr, place.data(), sizeof place);
  return headers;
}

// A fragment that no datagram we accept can have: refused before it takes a place.
bool acceptable(const rte_mbuf* buffer, const wire::ParsedFrame& frame) {
  if (buffer->nb_segs != 1) return false;
  // Extension headers in front of the Fragment header: the library would not take them out again.
  if (frame.fragment_offset != frame.ipv6_offset + sizeof(rte_ipv6_hdr)) return false;
  const auto* header = rte_pktmbuf_mtod_offset(buffer, const rte_ipv6_fragment_ext*, frame.fragment_offset);
  const auto* ip = rte_pktmbuf_mtod_offset(buffer, const rte_ipv6_hdr*, frame.ipv6_offset);
  const uint16_t place = rte_be_to_cpu_16(header->frag_data);
  const size_t length = rte_be_to_cpu_16(ip->payload_len) - sizeof *header;
  const bool more = RTE_IPV6_GET_MF(place) != 0;
  // All but the last are a multiple of eight (RFC 8200 §4.5).
  if (length == 0 || (more && length % 8 != 0)) return false;
  const size_t offset = place & RTE_IPV6_EHDR_FO_MASK;
  return offset + length <= kMaxDatagram;
}

}  // namespace

tl::expected<Reassembly, Error> Reassembly::make(rte_mempool* large) {
  Reassembly reassembly;
  reassembly.large_ = large;
  reassembly.dead_ = std::make_unique<rte_ip_frag_death_row>();
  reassembly.table_.reset(rte_ip_frag_table_create(
      kDatagrams, kBucketEntries, kDatagrams, kPatienceSeconds * rte_get_tsc_hz(), static_cast<int>(rte_socket_id())));
  if (!reassembly.table_) {
    return tl::unexpected(Error{fmt::format("no memory for the table of fragments: {}", rte_strerror(rte_errno))});
  }
  return reassembly;
}

rte_mbuf* Reassembly::add(rte_mbuf* fragment, const wire::ParsedFrame& frame, uint16_t port,
                          lease::Counters& counters) {
  counters.fragments_received.add();
  if (!acceptable(fragment, frame)) {
    counters.dropped[static_cast<size_t>(DropReason::kFragment)].add();
    rte_pktmbuf_free(fragment);
    return nullptr;
  }
  fragment->l2_len = frame.ipv6_offset;
  fragment->l3_len = sizeof(Headers);
  Headers headers = headers_of(fragment, frame, port);
  rte_mbuf* chain =
      rte_ipv6_frag_reassemble_packet(table_.get(), dead_.get(), fragment, rte_rdtsc(), &headers.ip, &headers.fragment);
  bury(counters);
  return chain == nullptr ? nullptr : in_one_buffer(chain, counters);
}

void Reassembly::expire(lease::Counters& counters) {
  rte_ip_frag_table_del_expired_entries(table_.get(), dead_.get(), rte_rdtsc());
  bury(counters);
}

void Reassembly::bury(lease::Counters& counters) {
  if (dead_->cnt == 0) return;
  counters.dropped[static_cast<size_t>(DropReason::kFragment)].add(dead_->cnt);
  rte_ip_frag_free_death_row(dead_.get(), 0);
}

rte_mbuf* Reassembly::in_one_buffer(rte_mbuf* chain, lease::Counters& counters) {
  rte_mbuf* whole = rte_pktmbuf_alloc(large_);
  const size_t size = size_of(chain);
  if (whole == nullptr || rte_pktmbuf_tailroom(whole) < size) {
    counters.dropped[static_cast<size_t>(DropReason::kNoBuffer)].add();
    rte_pktmbuf_free(whole);
    rte_pktmbuf_free(chain);
    return nullptr;
  }
  for (const rte_mbuf* part = chain; part != nullptr; part = part->next) {
    std::memcpy(rte_pktmbuf_append(whole, part->data_len), rte_pktmbuf_mtod(part, const std::byte*), part->data_len);
  }
  // The tags that the NIC took out. What it says of checksums was about the fragment.
  whole->ol_flags = chain->ol_flags & (RTE_MBUF_F_RX_VLAN_STRIPPED | RTE_MBUF_F_RX_QINQ_STRIPPED);
  whole->vlan_tci = chain->vlan_tci;
  whole->vlan_tci_outer = chain->vlan_tci_outer;
  rte_pktmbuf_free(chain);
  counters.reassembled.add();
  return whole;
}

size_t fragment(rte_mbuf* whole, uint16_t mtu, rte_mempool* pool, std::span<rte_mbuf*, kMaxFragments> out) {
  const Bytes frame(rte_pktmbuf_mtod(whole, const std::byte*), rte_pktmbuf_data_len(whole));
  // librte_ip_frag's own rte_ipv6_fragment_packet() gives every packet the identification 0.
  wire::Fragmentation pieces(frame, whole->l2_len, mtu, static_cast<uint32_t>(rte_rand()));
  const size_t count = pieces.count();
  if (count > out.size() || rte_pktmbuf_alloc_bulk(pool, out.data(), static_cast<unsigned>(count)) != 0) {
    rte_pktmbuf_free(whole);
    return 0;
  }
  for (rte_mbuf* piece : out.first(count)) {
    const size_t size = pieces.next({rte_pktmbuf_mtod(piece, std::byte*), rte_pktmbuf_tailroom(piece)});
    piece->data_len = static_cast<uint16_t>(size);
    piece->pkt_len = static_cast<uint32_t>(size);
  }
  rte_pktmbuf_free(whole);
  return count;
}

}  // namespace tandem6::worker
