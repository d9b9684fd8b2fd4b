#include <fmt/format.h>

#include "control/commands/command_table.h"

namespace tandem6::control {
namespace {

template <typename T>
tl::expected<T, Error> required(tl::expected<std::optional<T>, Error> found, std::string_view name) {
  if (!found) return tl::unexpected(found.error());
  if (!*found) return tl::unexpected(Error{fmt::format("'{}' parameter not specified", name)});
  return **found;
}

}  // namespace

tl::expected<std::optional<std::string>, Error> optional_text(const nlohmann::json& arguments, std::string_view name) {
  const auto found = arguments.find(name);
  if (found == arguments.end()) return std::nullopt;
  if (!found->is_string()) return tl::unexpected(Error{fmt::format("'{}' parameter must be a string", name)});
  return found->get<std::string>();
}

tl::expected<std::optional<uint64_t>, Error> optional_number(const nlohmann::json& arguments, std::string_view name,
                                                             uint64_t least, uint64_t most) {
  const auto found = arguments.find(name);
  if (found == arguments.end()) return std::nullopt;
  const bool whole = found->is_number_unsigned() || (found->is_number_integer() && found->get<int64_t>() >= 0);
  const bool fits = whole && found->get<uint64_t>() >= least && found->get<uint64_t>() <= most;
  if (!fits) {
    return tl::unexpected(Error{fmt::format("'{}' parameter must be a whole number from {} to {}", name, least, most)});
  }
  return found->get<uint64_t>();
}

tl::expected<std::optional<bool>, Error> optional_boolean(const nlohmann::json& arguments, std::string_view name) {
  const auto found = arguments.find(name);
  if (found == arguments.end()) return std::nullopt;
  if (!found->is_boolean()) return tl::unexpected(Error{fmt::format("'{}' parameter must be true or false", name)});
  return found->get<bool>();
}

tl::expected<std::string, Error> required_text(const nlohmann::json& arguments, std::string_view name) {
  return required(optional_text(arguments, name), name);
}

tl::expected<uint64_t, Error> required_number(const nlohmann::json& arguments, std::string_view name, uint64_t least,
                                              uint64_t most) {
  return required(optional_number(arguments, name, least, most), name);
}

}  // namespace tandem6::control
