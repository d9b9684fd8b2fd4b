// Options that relay agents supply for the client (RFC 6422).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/wire/builder.h"
#include "dataplane/wire/message.h"

namespace tandem6::lease {

/// Which options a relay agent may supply: the "RSOO-enabled" ones (RFC 6422 §4). Immutable.
class RelaySuppliableCodes {
 public:
  /// The ERP Local Domain Name alone, as at IANA.
  RelaySuppliableCodes() : RelaySuppliableCodes(std::vector<uint16_t>{}) {}
  /// Those and `more`.
  explicit RelaySuppliableCodes(std::vector<uint16_t> more);
  bool contains(uint16_t code) const;

 private:
  std::vector<uint16_t> codes_;  // in order
};

/// RFC 6422 §6: adds what the relays supply, of the codes that they may, and of which the answer has none yet. The
/// relay nearest to the client wins. Call it when the rest of the answer is written, whose options are the bytes of
/// `out` from `options_at`. Allocates nothing.
void write_relay_supplied_options(wire::Writer& out, size_t options_at, std::span<const wire::RelayView> relays,
                                  const RelaySuppliableCodes& codes);

}  // namespace tandem6::lease
