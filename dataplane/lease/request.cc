#include "dataplane/lease/request.h"

#include "dataplane/wire/duid.h"

namespace tandem6::lease {

bool Request::identify_client() {
  client_duid = {};
  duid_hash = 0;
  table_hash = 0;
  const auto client_id = wire::find_option(received->message.options, wire::OptionCode::kClientId);
  if (!client_id) return true;
  if (!is_duid(client_id->data)) return false;
  client_duid = client_id->data;
  duid_hash = lease::duid_hash(client_duid);
  return true;
}

}  // namespace tandem6::lease
