// What class expressions read out of a message that came in. Views into the packet. Internal to the engine.
#pragma once

#include <optional>

#include "dataplane/lease/class_expression.h"
#include "dataplane/wire/option.h"

namespace tandem6::lease {

class PacketParts {
 public:
  explicit PacketParts(const ClassContext& context) : received_(*context.request.received) {}

  std::optional<Bytes> option(const term::OptionPath& path) const;
  /// The first Vendor Class or Vendor-specific Information option (RFC 8415 §21.16, §21.17) of this enterprise.
  std::optional<wire::VendorView> vendor(wire::OptionCode option, uint32_t enterprise) const;
  /// The vendor-class-data with this number, from 0; empty when there is none.
  Bytes vendor_class_data(uint32_t enterprise, uint32_t index) const;
  /// Empty when there is no such relay.
  Bytes relay_address(const term::RelayAddress& address) const;
  /// As the datagram came in, with its relay messages.
  size_t datagram_size() const;

 private:
  const wire::RelayView* relay(int8_t number) const;

  const wire::ReceivedMessage& received_;
};

}  // namespace tandem6::lease
