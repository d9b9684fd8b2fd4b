// What is kept of a client besides its leases (lease/client_data.h), as the options of a BNDUPD that tell it
// (RFC 8156 §7.4), both ways.
#pragma once

#include <optional>
#include <vector>

#include "dataplane/lease/client_data.h"
#include "dataplane/lease/relay_data.h"
#include "dataplane/wire/builder.h"
#include "dataplane/wire/option.h"

namespace tandem6::failover {

/// Those in OPTION_CLIENT_DATA itself: OPTION_F_RECONFIGURE_DATA and OPTION_LQ_RELAY_DATA.
void put_client_options(wire::Writer& out, const lease::ClientDataView& client);
/// Those in each of its leases: OPTION_CLIENT_FQDN and OPTION_F_DNS_REMOVAL_INFO. A client has one name: all of its
/// leases have the same here. Its forward DNS is S and its reverse DNS is not N (RFC 4704 §4.1), by which a name with
/// only forward DNS cannot be told from one with both.
void put_lease_options(wire::Writer& out, const lease::ClientDataView& client);

/// The same options, read. Views into the message. Of several of a kind the first counts.
class ClientOptions {
 public:
  /// An option of OPTION_CLIENT_DATA, or of one of its leases. False when it is malformed. Others are passed over.
  bool take_from_client(const wire::OptionView& option);
  bool take_from_lease(const wire::OptionView& option);

  /// As it is stored. What does not fit there is left out, the least important first. Empty: nothing was told.
  std::vector<std::byte> client_data() const;

 private:
  std::optional<lease::RelayDataView> relay_data_;
  std::optional<Bytes> reconfigure_data_;
  std::optional<wire::ClientFqdnView> fqdn_;
  std::optional<Bytes> dns_removal_info_;
};

}  // namespace tandem6::failover
