// How a lease lies in the database: a key that sorts by type and address, and a versioned value with a checksum.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "dataplane/lease/record.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/error.h"

namespace tandem6::storage {

/// Version of the value's encoding. Another version is upgraded or refused by name, never guessed at.
inline constexpr uint8_t kRecordVersion = 2;

/// type (1), address (16), prefix length (1).
inline constexpr size_t kKeySize = 18;
using EncodedKey = std::array<char, kKeySize>;
EncodedKey encode_key(const lease::LeaseKey& key);

/// Longest value: fixed part, longest DUID, checksum.
inline constexpr size_t kMaxValueSize = 224;
/// Writes the value into `out` and returns its size. The checksum covers key and value, so a value under another key is
/// found out too.
size_t encode_value(const lease::LeaseRecord& record, std::array<char, kMaxValueSize>& out);

/// The client's DUID where it lies in a value, with nothing checked: for sorting records before they are decoded. Empty
/// when there is none, or none to be made out.
Bytes peek_duid(std::string_view value);

/// Reads a record back. The error names the lease (by its key) and what is wrong with it.
tl::expected<lease::LeaseRecord, Error> decode(std::string_view key, std::string_view value);

}  // namespace tandem6::storage
