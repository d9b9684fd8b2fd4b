// What survives a crash of a server: the bytes that it has synced.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/lease/change_log.h"
#include "dataplane/wire/bytes.h"
#include "storage/client_codec.h"

namespace tandem6::sim {

/// Changes that are written as one: all of them or none.
class Batch {
 public:
  void add(const lease::LeaseChange& change);
  bool empty() const { return writes_.empty(); }

 private:
  friend class Disk;
  struct Write {
    bool is_client = false;
    std::string key;
    std::optional<std::string> value;  // nothing: deleted
  };
  std::vector<Write> writes_;
};

class Disk {
 public:
  void apply(const Batch& batch);
  /// Nothing when there is none.
  std::optional<lease::LeaseRecord> find(const lease::LeaseKey& key) const;
  /// All of it. Nothing when something does not decode.
  std::optional<std::vector<lease::LeaseRecord>> leases() const;
  /// Calls `see(Bytes duid, Bytes client_data)` for each client of whom something is kept; what does not decode is
  /// passed over.
  template <typename See>
  void each_client(See&& see) const {
    for (const auto& [key, value] : clients_) {
      if (const auto entry = storage::decode_client(key, value)) see(entry->duid, entry->data);
    }
  }
  /// What is kept of a client; empty: nothing.
  std::vector<std::byte> client(Bytes duid) const;
  void lose() { *this = {}; }

  std::optional<std::vector<std::byte>> stable;  ///< the relationship's

 private:
  std::map<std::string, std::string> leases_;
  std::map<std::string, std::string> clients_;
};

}  // namespace tandem6::sim
