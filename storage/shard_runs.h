// Records on their way from the database into the shards, put together by shard: the tables of ten million leases lie
// in no cache, those of one shard do. Private to storage/.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "dataplane/lease/hash.h"
#include "storage/record_codec.h"

namespace tandem6::storage {

/// Keys and values as they came, in 256 heaps. One thread's while it fills; several may read.
class ShardRuns {
 public:
  /// A record whose client cannot be made out, as it is damaged, goes to shard 0: whoever decodes it there finds out.
  void add(std::string_view key, std::string_view value) {
    std::string& run = runs_[lease::shard_of(lease::duid_hash(peek_duid(value)))];
    put(run, key);
    put(run, value);
  }

  /// Calls `see(key, value)` for the shard's records, in the order in which they came, until it returns false.
  template <typename See>
  void each(unsigned shard, See&& see) const {
    for (std::string_view rest = runs_[shard]; !rest.empty();) {
      const std::string_view key = take(rest);
      const std::string_view value = take(rest);
      if (!see(key, value)) return;
    }
  }
  /// Gives the memory of the shard's records back.
  void forget(unsigned shard) { std::string().swap(runs_[shard]); }

 private:
  using Size = uint32_t;
  static void put(std::string& run, std::string_view part) {
    const auto size = static_cast<Size>(part.size());
    run.append(reinterpret_cast<const char*>(&size), sizeof size).append(part);
  }
  static std::string_view take(std::string_view& rest) {
    Size size = 0;
    rest.copy(reinterpret_cast<char*>(&size), sizeof size);
    const std::string_view part = rest.substr(sizeof size, size);
    rest.remove_prefix(sizeof size + size);
    return part;
  }

  std::array<std::string, lease::kShardCount> runs_;
};

}  // namespace tandem6::storage
