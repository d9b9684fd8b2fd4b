// IPv6 fragments of DHCPv6 datagrams, in and out (RFC 8200 §4.5).
#pragma once

#include <rte_ip_frag.h>
#include <rte_mbuf.h>

#include <cstdint>
#include <memory>
#include <span>

#include <tl/expected.hpp>

#include "dataplane/lease/counters.h"
#include "dataplane/wire/error.h"
#include "dataplane/wire/frame.h"
#include "dataplane/worker/packet.h"

namespace tandem6::worker {

/// Puts fragments together again, with librte_ip_frag. One worker's own. Whatever strangers send costs a counter:
/// datagrams in the making are few, each has at most eight fragments and is given up after two seconds, one whose
/// fragments overlap is discarded whole (RFC 5722), and nothing is allocated after start.
class Reassembly {
 public:
  /// The buffers of whole datagrams come out of `large`, a pool of make_large_buffers().
  static tl::expected<Reassembly, Error> make(rte_mempool* large);

  /// Takes a frame that parse_frame() called kFragment, received by port `port`. When it was the last one missing, the
  /// whole datagram's frame, in one buffer of its own. What is dropped is counted.
  rte_mbuf* add(rte_mbuf* fragment, const wire::ParsedFrame& frame, uint16_t port, lease::Counters& counters);
  /// Gives up what has waited too long. Now and then.
  void expire(lease::Counters& counters);

 private:
  struct FreeTable {
    void operator()(rte_ip_frag_tbl* table) const { rte_ip_frag_table_destroy(table); }
  };
  void bury(lease::Counters& counters);
  rte_mbuf* in_one_buffer(rte_mbuf* chain, lease::Counters& counters);

  std::unique_ptr<rte_ip_frag_tbl, FreeTable> table_;
  std::unique_ptr<rte_ip_frag_death_row> dead_;  // buffers that the library has done with
  rte_mempool* large_ = nullptr;
};

/// More fragments than the largest answer makes on the smallest link.
inline constexpr size_t kMaxFragments = 16;

/// Cuts the frame in `whole`, whose IPv6 header starts at l2_len, into buffers of `pool`, and frees it. How many of
/// `out` were filled; 0 when there were no buffers for it.
size_t fragment(rte_mbuf* whole, uint16_t mtu, rte_mempool* pool, std::span<rte_mbuf*, kMaxFragments> out);

}  // namespace tandem6::worker
