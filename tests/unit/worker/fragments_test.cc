// Fragments through librte_ip_frag, with real packet buffers: no hugepages, no devices, no privileges.
#include "dataplane/worker/fragments.h"

#include <doctest/doctest.h>
#include <rte_eal.h>

#include <algorithm>
#include <array>
#include <string>

#include "tests/support/packet.h"

namespace tandem6::worker::fragments_test {
namespace {

using namespace tandem6::testing;
using lease::DropReason;

constexpr unsigned kBuffers = 1024;
constexpr unsigned kLarge = 8;

void start_dpdk() {
  static const int started = [] {
    std::array<std::string, 8> arguments = {"test",        "--no-huge", "--no-pci", "--no-telemetry",
                                            "--no-shconf", "-m64",      "-l0",      "--log-level=*:error"};
    std::array<char*, 8> argv;
    std::ranges::transform(arguments, argv.begin(), [](std::string& argument) { return argument.data(); });
    return rte_eal_init(static_cast<int>(argv.size()), argv.data());
  }();
  REQUIRE(started >= 0);
}

const Ipv6Address kClient = ip("fe80::1");
const Ipv6Address kServers = ip("ff02::1:2");

/// A worker's reassembly and its pools; nothing may be left of them in the end.
struct Bench {
  Bench() : small(pool(make_buffers, kBuffers)), large(pool(make_large_buffers, kLarge)) {
    auto made = Reassembly::make(large.get());
    REQUIRE(made);
    reassembly = std::move(*made);
  }
  ~Bench() {
    reassembly = {};
    CHECK(rte_mempool_avail_count(small.get()) == kBuffers);
    CHECK(rte_mempool_avail_count(large.get()) == kLarge);
  }

  static BufferPool pool(tl::expected<BufferPool, Error> (*make)(unsigned), unsigned count) {
    start_dpdk();
    auto made = make(count);
    REQUIRE(made);
    return std::move(*made);
  }

  /// Bytes [from, to) of `datagram` as a fragment. What add() made of it.
  rte_mbuf* add(const Octets& datagram, size_t from, size_t to, uint16_t vlan = 0, uint16_t port = 0,
                std::string_view headers = "") {
    const bool more = to < datagram.size();
    Octets rest = hex(headers) + u8(17) + u8(0) + u16(static_cast<uint16_t>(from | (more ? 1U : 0U))) + u32(0xfeedbeef);
    rest += Octets(Bytes(datagram).subspan(from, to - from));
    const std::string type = vlan == 0 ? "86dd" : "8100 " + to_hex(u16(vlan)) + " 86dd";
    Octets frame = ethernet("33 33 00 01 00 02", "02 00 00 00 00 01", type,
                            ipv6(kClient, kServers, headers.empty() ? 44 : 60, rest));
    rte_mbuf* buffer = rte_pktmbuf_alloc(small.get());
    REQUIRE(buffer != nullptr);
    std::memcpy(rte_pktmbuf_append(buffer, static_cast<uint16_t>(frame.size())), frame.data(), frame.size());
    wire::ParsedFrame parsed;
    wire::parse_frame(frame, {}, {}, parsed);
    REQUIRE(parsed.fault == wire::FrameFault::kFragment);
    return reassembly.add(buffer, parsed, port, counters);
  }

  uint64_t dropped() const { return counters.dropped[static_cast<size_t>(DropReason::kFragment)].read(); }

  BufferPool small;
  BufferPool large;
  Reassembly reassembly;
  lease::Counters counters;
};

Octets datagram_of(size_t size) {
  Octets payload;
  for (size_t i = 0; i < size - 8; ++i) payload += u8(static_cast<uint8_t>(i * 11));
  return udp(kClient, kServers, 546, 547, payload);
}

void check_whole(rte_mbuf* whole, const Octets& datagram) {
  REQUIRE(whole != nullptr);
  CHECK(whole->nb_segs == 1);
  const Bytes frame(rte_pktmbuf_mtod(whole, const std::byte*), rte_pktmbuf_data_len(whole));
  wire::ParsedFrame parsed;
  wire::parse_frame(frame, {}, {}, parsed);
  CHECK(parsed.fault == wire::FrameFault::kNone);
  CHECK(wire::same_bytes(frame.subspan(parsed.payload_offset, parsed.payload_size), Bytes(datagram).subspan(8)));
  rte_pktmbuf_free(whole);
}

}  // namespace

TEST_CASE("RFC 8200 4.5: fragments in any order become the datagram") {
  const Octets datagram = datagram_of(3000);
  std::array<std::pair<size_t, size_t>, 3> places = {{{0, 1232}, {1232, 2464}, {2464, 3000}}};
  do {
    Bench bench;
    CHECK(bench.add(datagram, places[0].first, places[0].second) == nullptr);
    CHECK(bench.add(datagram, places[1].first, places[1].second) == nullptr);
    check_whole(bench.add(datagram, places[2].first, places[2].second), datagram);
    CHECK(bench.counters.reassembled.read() == 1);
    CHECK(bench.dropped() == 0);
  } while (std::ranges::next_permutation(places).found);
}

TEST_CASE("RFC 8200 4.5: behind a VLAN tag too, and the tag stays") {
  Bench bench;
  const Octets datagram = datagram_of(2000);
  bench.add(datagram, 0, 1232, 42);
  rte_mbuf* whole = bench.add(datagram, 1232, 2000, 42);
  REQUIRE(whole != nullptr);
  CHECK(to_hex(Bytes(rte_pktmbuf_mtod(whole, const std::byte*), 18).subspan(12)) == to_hex(hex("8100 002a 86dd")));
  check_whole(whole, datagram);
}

TEST_CASE("fragments of different VLANs, or different ports, are never one datagram") {
  Bench bench;
  const Octets datagram = datagram_of(2000);
  CHECK(bench.add(datagram, 0, 1232, 42, 0) == nullptr);
  CHECK(bench.add(datagram, 1232, 2000, 43, 0) == nullptr);
  CHECK(bench.add(datagram, 1232, 2000, 42, 1) == nullptr);
  CHECK(bench.add(datagram, 1232, 2000, 0, 0) == nullptr);
  check_whole(bench.add(datagram, 1232, 2000, 42, 0), datagram);
}

TEST_CASE("RFC 5722: a datagram with overlapping fragments is discarded, all of it") {
  const Octets datagram = datagram_of(2048);
  for (const auto& [from, to] : {std::pair<size_t, size_t>{0, 512}, {512, 1024}, {504, 1032}, {1016, 1536}}) {
    CAPTURE(from);
    Bench bench;
    rte_mbuf* whole = nullptr;
    for (const auto& [start, end] :
         {std::pair<size_t, size_t>{0, 512}, {from, to}, {512, 1024}, {1024, 1536}, {1536, 2048}}) {
      if (rte_mbuf* made = bench.add(datagram, start, end)) whole = made;
    }
    CHECK(whole == nullptr);
    CHECK(bench.dropped() != 0);
  }
}

TEST_CASE("RFC 8200 4.5: fragments that no datagram can have are dropped and counted") {
  Bench bench;
  const Octets datagram = datagram_of(2000);
  CHECK(bench.add(datagram, 0, 1001) == nullptr);  // no multiple of eight, and more to come
  CHECK(bench.add(datagram, 8, 8) == nullptr);     // nothing in it
  CHECK(bench.add(datagram_of(kMaxDatagram + 8), 16000, kMaxDatagram + 8) == nullptr);  // too large
  CHECK(bench.add(datagram, 0, 1232, 0, 0, "2c 00 00 00 00 00 00 00") ==
        nullptr);  // headers before the Fragment header
  CHECK(bench.dropped() == 4);
}

TEST_CASE("a flood of first fragments holds a bounded number of buffers, and is forgotten after two seconds") {
  Bench bench;
  const Octets datagram = datagram_of(2000);
  for (uint16_t vlan = 1; vlan <= 1000; ++vlan) CHECK(bench.add(datagram, 0, 1232, vlan) == nullptr);
  const unsigned held = kBuffers - rte_mempool_avail_count(bench.small.get());
  CHECK(held <= 64);
  CHECK(bench.dropped() == 1000 - held);
  rte_delay_us_sleep(2'200'000);
  bench.reassembly.expire(bench.counters);
  CHECK(bench.dropped() == 1000);
  bench.add(datagram, 0, 1232);
  check_whole(bench.add(datagram, 1232, 2000), datagram);
}

TEST_CASE("without a large buffer the datagram is dropped and counted") {
  Bench bench;
  std::array<rte_mbuf*, kLarge> taken;
  REQUIRE(rte_pktmbuf_alloc_bulk(bench.large.get(), taken.data(), kLarge) == 0);
  const Octets datagram = datagram_of(2000);
  bench.add(datagram, 0, 1232);
  CHECK(bench.add(datagram, 1232, 2000) == nullptr);
  CHECK(bench.counters.dropped[static_cast<size_t>(DropReason::kNoBuffer)].read() == 1);
  rte_pktmbuf_free_bulk(taken.data(), kLarge);
}

TEST_CASE("what fragment() cuts, Reassembly puts together; without buffers nothing leaks") {
  Bench bench;
  const Octets datagram = datagram_of(kMaxDatagram / 2);
  Octets frame = ethernet("02 00 00 00 00 01", "02 00 00 00 00 02", "86dd", ipv6(kServers, kClient, 17, datagram));
  const auto whole = [&] {
    rte_mbuf* buffer = rte_pktmbuf_alloc(bench.large.get());
    std::memcpy(rte_pktmbuf_append(buffer, static_cast<uint16_t>(frame.size())), frame.data(), frame.size());
    buffer->l2_len = 14;
    return buffer;
  };
  std::array<rte_mbuf*, kMaxFragments> pieces;
  const size_t count = fragment(whole(), 1500, bench.small.get(), pieces);
  REQUIRE(count == 6);
  rte_mbuf* again = nullptr;
  for (rte_mbuf* piece : std::span(pieces).first(count)) {
    wire::ParsedFrame parsed;
    wire::parse_frame({rte_pktmbuf_mtod(piece, const std::byte*), rte_pktmbuf_data_len(piece)}, {}, {}, parsed);
    again = bench.reassembly.add(piece, parsed, 0, bench.counters);
  }
  REQUIRE(again != nullptr);
  CHECK(wire::same_bytes({rte_pktmbuf_mtod(again, const std::byte*), rte_pktmbuf_data_len(again)}, frame));
  rte_pktmbuf_free(again);

  std::vector<rte_mbuf*> taken(kBuffers);
  REQUIRE(rte_pktmbuf_alloc_bulk(bench.small.get(), taken.data(), kBuffers) == 0);
  CHECK(fragment(whole(), 1500, bench.small.get(), pieces) == 0);
  rte_pktmbuf_free_bulk(taken.data(), kBuffers);
}

}  // namespace tandem6::worker::fragments_test
