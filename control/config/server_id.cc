#include "control/config/server_id.h"

#include <fmt/format.h>

#include "control/config/option_text.h"
#include "control/config/reader.h"

namespace tandem6::control {
namespace {

using Type = ServerIdConfig::Type;

constexpr uint32_t kIscEnterprise = 2495;  // what Kea puts into a DUID-EN that names no enterprise
constexpr uint16_t kEthernet = 1;

struct Numbers {
  uint16_t hardware_type = kEthernet;
  uint32_t time = 0;  // 0: not given
};

void append_be(std::vector<std::byte>& out, uint64_t number, int octets) {
  for (int i = octets - 1; i >= 0; --i) out.push_back(static_cast<std::byte>(number >> (8 * i)));
}

/// RFC 8415 §11.2 to §11.4. Nothing when a part is left to be made.
std::optional<std::vector<std::byte>> complete_octets(const ServerIdConfig& config, const Numbers& numbers) {
  if (config.identifier.empty() || (config.type == Type::kLlt && numbers.time == 0)) return std::nullopt;
  std::vector<std::byte> octets;
  switch (config.type) {
    case Type::kLlt:
      append_be(octets, 1, 2);
      append_be(octets, numbers.hardware_type, 2);
      append_be(octets, numbers.time, 4);
      break;
    case Type::kEn:
      append_be(octets, 2, 2);
      append_be(octets, config.enterprise, 4);
      break;
    case Type::kLl:
      append_be(octets, 3, 2);
      append_be(octets, numbers.hardware_type, 2);
      break;
  }
  octets.insert(octets.end(), config.identifier.begin(), config.identifier.end());
  return octets;
}

void warn_of_foreign_keys(const Node& server_id, Type type, Remarks& remarks) {
  const auto warn = [&](const char* key, bool belongs, const char* to) {
    const Node* node = server_id.find(key);
    if (node != nullptr && !belongs)
      remarks.warning_at_key(*node, fmt::format("ignored: it belongs to a DUID of type {}", to));
  };
  warn("time", type == Type::kLlt, "LLT");
  warn("htype", type != Type::kEn, "LLT or LL");
  warn("enterprise-id", type == Type::kEn, "EN");
}

void read_identifier(const Node& server_id, ServerIdConfig& config, Remarks& remarks) {
  const Node* identifier = string_at(server_id, "identifier");
  if (identifier == nullptr) return;
  if (auto octets = parse_octets(identifier->text()))
    config.identifier = std::move(*octets);
  else
    remarks.error(*identifier, "hexadecimal digits are wanted, such as \"12C4D5AF870C\"");
}

/// A DUID that is made at the first start is made for Ethernet.
void check_parts(const Node& server_id, const ServerIdConfig& config, const Numbers& numbers, Remarks& remarks) {
  if (config.type == Type::kEn) return;
  if (numbers.hardware_type != kEthernet)
    remarks.error(*server_id.find("htype"),
                  "only 1 (Ethernet) goes with a DUID whose \"identifier\" or \"time\" is left out");
  if (!config.identifier.empty() && config.identifier.size() != std::tuple_size_v<MacAddress>)
    remarks.error(*server_id.find("identifier"), "a MAC address of 6 octets is wanted when \"time\" is left out");
}

}  // namespace

ServerIdConfig read_server_id(const Node& dhcp6, Remarks& remarks) {
  ServerIdConfig config;
  const Node* server_id = object_at(dhcp6, "server-id");
  if (server_id == nullptr) return config;
  require_key(*server_id, "type", remarks);
  const Node* type = string_at(*server_id, "type");
  const auto choice = type == nullptr ? std::nullopt : choice_of(*type, {"LLT", "LL", "EN"}, remarks);
  if (!choice) return config;
  config.type = static_cast<Type>(*choice);
  warn_of_foreign_keys(*server_id, config.type, remarks);

  Numbers numbers;
  numbers.time = static_cast<uint32_t>(integer_at(*server_id, "time", 0, 0xffffffff, remarks).value_or(0));
  const auto hardware_type = integer_at(*server_id, "htype", 0, 0xffff, remarks).value_or(0);
  if (hardware_type != 0) numbers.hardware_type = static_cast<uint16_t>(hardware_type);
  const auto enterprise = integer_at(*server_id, "enterprise-id", 0, 0xffffffff, remarks).value_or(0);
  if (config.type == Type::kEn)
    config.enterprise = enterprise == 0 ? kIscEnterprise : static_cast<uint32_t>(enterprise);
  read_identifier(*server_id, config, remarks);

  const auto octets = complete_octets(config, numbers);
  if (!octets) {
    check_parts(*server_id, config, numbers, remarks);
    return config;
  }
  config.complete = Duid::from_bytes(*octets);
  if (!config.complete)
    remarks.error(*server_id,
                  fmt::format("a DUID of {} octets: it can have {} (RFC 8415 §11.1)", octets->size(), Duid::kMaxSize));
  return config;
}

}  // namespace tandem6::control
