// From leases read out of Kea's files to leases in a database of tandem6, and back.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "control/config/configuration.h"
#include "dataplane/wire/time.h"
#include "storage/store.h"
#include "tools/tandem6-import/client_names.h"
#include "tools/tandem6-import/lease_files.h"

namespace tandem6::import {

/// What became of the leases.
struct Taken {
  uint64_t addresses = 0;   ///< written: ACTIVE ones
  uint64_t prefixes = 0;    ///< written
  uint64_t declined = 0;    ///< written
  uint64_t same = 0;        ///< the database has them already
  uint64_t newer = 0;       ///< the database has a later one: kept
  uint64_t ended = 0;       ///< given up, reclaimed, or over by now: not taken
  uint64_t registered = 0;  ///< not taken: no leases
  uint64_t names = 0;       ///< of clients: written, if the database does not have them
  uint64_t hostnames = 0;   ///< not taken: no domain names, or no client's
  uint64_t contexts = 0;    ///< not taken
  uint64_t hwaddrs = 0;     ///< not taken
};

/// The leases of a database by name.
struct LeaseKeyHash {
  size_t operator()(const lease::LeaseKey& key) const;
};
using Present = std::unordered_map<lease::LeaseKey, lease::LeaseRecord, LeaseKeyHash>;
tl::expected<Present, Error> leases_in(storage::Store& store);

/// What must be written.
struct Writes {
  std::vector<lease::LeaseRecord> leases;
  ClientNames names;  ///< also of clients whose leases the database has already
};

/// Decides for each lease, with the leases that the database has at hand. Adds what must be written to `write`.
Taken decide(const LeasesByAddress& leases, const Present& present, AbsoluteTime now, Writes& write);

/// Writes all of it; when this returns it is on the disk.
tl::expected<void, Error> write_all(storage::Store& store, const Writes& writes);

/// For people, a line for each subnet: leases whose subnet id the configuration does not have, and leases that lie in
/// none of its pools and reservations.
std::vector<std::string> misfits(const LeasesByAddress& leases, const control::Configuration& configuration,
                                 AbsoluteTime now);

/// Writes all leases that last beyond `now` as a kea-leases6.csv. How many there were.
tl::expected<uint64_t, Error> export_leases(storage::Store& store, AbsoluteTime now, std::ostream& out);

}  // namespace tandem6::import
