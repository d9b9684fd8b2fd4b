#include "tools/tandem6d/certificates.h"

#include <fmt/format.h>

#include "failover/net/connection.h"

namespace tandem6::daemon {

std::vector<control::Remark> certificate_remarks(const control::Configuration& configuration) {
  std::vector<control::Remark> remarks;
  for (size_t i = 0; i < configuration.failover.size(); ++i) {
    const auto& tls = configuration.failover[i].tls;
    if (!tls) continue;
    if (const auto loaded = failover::load_tls_identity(*tls); !loaded) {
      remarks.push_back(
          {.is_error = false, .path = fmt::format("tandem6.failover[{}].tls", i), .text = loaded.error().message});
    }
  }
  return remarks;
}

}  // namespace tandem6::daemon
