#include "control/config/reconfigure.h"

#include <fmt/format.h>

#include "control/config/reader.h"

namespace tandem6::control {
namespace {

using enum Treatment;
using enum ValueKind;

// As long as the key that it is for, which has 128 bits: a text has fewer than 8 in each octet.
constexpr size_t kLeastSecret = 16;
constexpr uint64_t kMostPerSecond = 100'000;

}  // namespace

const KeyTable& reconfigure_keys() {
  static const KeyTable keys{
      "tandem6.reconfigure",
      {
          {"secret", kString, kSupported,
           "at least 16 octets that clients' keys are made of, the same on both partners of a failover relationship; "
           "default: one that this server has made"},
          {"rate", kInteger, kSupported, "messages a second, default 100"},
          {"on-reload", kBoolean, kSupported,
           "when a reload takes pools or changes options of clients with leases, they are told to renew; default "
           "false"},
          {"user-context", kObject, kSupported, "kept, shown by `config-get`"},
          {"comment", kString, kSupported, "kept, shown by `config-get`"},
      }};
  return keys;
}

ReconfigureConfig read_reconfigure(const Node& tandem6, Remarks& remarks) {
  ReconfigureConfig config;
  const Node* value = tandem6.find("reconfigure");
  if (value == nullptr) return config;
  if (!value->is_object()) {
    if (!value->is_boolean()) remarks.error(*value, "true, false or an object {…} is wanted");
    config.enabled = boolean_at(tandem6, "reconfigure").value_or(false);
    return config;
  }
  config.enabled = true;
  if (const Node* secret = string_at(*value, "secret")) {
    config.secret = secret->text();
    if (config.secret->size() < kLeastSecret)
      remarks.error(*secret,
                    fmt::format("at least {} octets are wanted, this has {}", kLeastSecret, config.secret->size()));
  }
  const auto rate = integer_at(*value, "rate", 1, kMostPerSecond, remarks);
  config.per_second = static_cast<uint32_t>(rate.value_or(config.per_second));
  config.on_reload = boolean_at(*value, "on-reload").value_or(false);
  return config;
}

void check_reconfigure(const Node& tandem6, const Configuration& configuration, Remarks& remarks) {
  if (!configuration.reconfigure.enabled || configuration.failover.empty() || configuration.reconfigure.secret) return;
  remarks.error(
      *tandem6.find("reconfigure"),
      "with a failover partner this must be {\"secret\": …}, the same on both: a client that one of them gave "
      "its key to would not believe the other");
}

}  // namespace tandem6::control
