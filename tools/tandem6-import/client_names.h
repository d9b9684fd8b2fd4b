// Names of clients (RFC 4704): Kea has one with each lease, a database of tandem6 one with each client, in what it
// keeps of it besides its leases.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include <tl/expected.hpp>

#include "storage/store.h"
#include "tools/tandem6-import/kea_lease.h"

namespace tandem6::import {

/// Writes that go to the database at once.
inline constexpr size_t kBatch = 10'000;

/// The names of clients, as their latest leases have them.
class ClientNames {
 public:
  /// False, and nothing is taken: the lease has a name that is no domain name, or no client.
  bool take(const KeaLease& lease);
  size_t count() const { return names_.size(); }
  /// Writes those that the database does not have yet, without sync. What else it knows of the clients stays.
  tl::expected<void, Error> write(storage::Store& store) const;

 private:
  struct Name {
    AbsoluteTime contact;
    std::string text;
    bool forward;
    bool reverse;
  };
  std::unordered_map<std::string, Name> names_;  // by the octets of the DUID
};

/// Gives a lease that is to be exported the name of its client.
tl::expected<void, Error> put_name(storage::Store& store, KeaLease& lease);

}  // namespace tandem6::import
