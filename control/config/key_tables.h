// Every key that a configuration can have, and what becomes of it. The tables are data: docs/kea-dialect.md shows them,
// and a test compares the two.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/json_text.h"

namespace tandem6::control {

enum class Treatment : uint8_t {
  kSupported,
  kMapped,   ///< to something of ours: whoever reads it says what
  kIgnored,  ///< with a warning: ignoring it does not change what clients get
  kRefused,  ///< an error: ignoring it would change what clients get
};
std::string_view to_string(Treatment treatment);

enum class ValueKind : uint8_t { kBoolean, kInteger, kNumber, kString, kStrings, kIntegers, kObject, kObjects, kAny };

struct KeyTable;

struct KeyRule {
  std::string_view name;
  ValueKind kind = ValueKind::kAny;
  Treatment treatment = Treatment::kSupported;
  std::string_view note =
      {};  ///< why it is refused or ignored; for the reader of the documentation when it is supported
  /// Is this value what happens without the key anyway? Then it is neither refused nor warned about.
  bool (*harmless)(const Node& value) = nullptr;
  /// The keys inside, for objects and lists of objects.
  const KeyTable& (*inside)() = nullptr;
};

struct KeyTable {
  std::string_view place;  ///< "Dhcp6.subnet6[]"
  std::vector<KeyRule> rules;
  const KeyRule* find(std::string_view key) const;
};

/// For KeyRule::harmless: what is switched off.
bool is_false(const Node& value);

/// The table of the whole file, from which all others hang.
const KeyTable& root_keys();

/// One line of the documentation: a key where it can stand, and what becomes of it there.
struct DocumentedKey {
  std::string place;
  std::string name;
  Treatment treatment;
  std::string note;
};
/// Everything that hangs from root_keys(), each table once.
std::vector<DocumentedKey> documented_keys();

}  // namespace tandem6::control
