// Fields of the server's answers: one that is missing is nothing.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace tandem6::ctl {

inline uint64_t number(const nlohmann::json& object, const char* name) { return object.value(name, uint64_t{0}); }
inline std::string text(const nlohmann::json& object, const char* name) { return object.value(name, std::string()); }

}  // namespace tandem6::ctl
