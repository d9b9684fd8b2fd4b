#include "dataplane/wire/leasequery.h"

#include "dataplane/wire/option.h"

namespace tandem6::wire {

std::optional<QueryView> QueryView::parse(Bytes data) {
  constexpr size_t kFixed = 17;
  if (data.size() < kFixed || !well_formed(data.subspan(kFixed))) return std::nullopt;
  return QueryView{.type = static_cast<QueryType>(data[0]),
                   .link_address = Ipv6Address::load(data.data() + 1),
                   .options = data.subspan(kFixed)};
}

}  // namespace tandem6::wire
