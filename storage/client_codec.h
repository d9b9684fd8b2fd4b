// How what is kept of a client (lease/client_data.h) lies in the database: a key that sorts by shard, and the data with
// a checksum.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/error.h"

namespace tandem6::storage {

/// shard (1), DUID. The shard first, so that at the start several threads can read, each whole shards.
std::string encode_client_key(Bytes duid);

/// The data, and a checksum over key and data.
std::string encode_client_value(std::string_view key, Bytes client_data);

/// One client's entry; views into key and value.
struct ClientEntry {
  Bytes duid;
  Bytes data;
};
/// The error names the client and what is wrong with its entry.
tl::expected<ClientEntry, Error> decode_client(std::string_view key, std::string_view value);

}  // namespace tandem6::storage
