// Kea's lease files, read in the order in which Kea itself would read them: what the last row says of an address
// counts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "dataplane/wire/error.h"
#include "tools/tandem6-import/kea_lease.h"

namespace tandem6::import {

/// The files that make up the leases of `path`, those that are there, oldest first: PATH.completed, or else PATH.2 and
/// PATH.1, which Kea's clean-up (LFC) leaves while it works; then PATH.
std::vector<std::string> files_of(const std::string& path);

struct RefusedRow {
  std::string file;
  uint64_t line = 0;  ///< from 1
  std::string reason;
};

/// By address, as in Kea: there the length of a prefix does not tell leases apart.
struct AddressHash {
  size_t operator()(const Ipv6Address& address) const;
};
using LeasesByAddress = std::unordered_map<Ipv6Address, KeaLease, AddressHash>;

struct ReadFiles {
  LeasesByAddress leases;
  uint64_t rows = 0;
  uint64_t refused = 0;
};

/// Reads all files. `refuse` is called for each row that cannot be taken; the others are. A file that cannot be read,
/// or that is no lease file, is an error.
tl::expected<ReadFiles, Error> read_files(const std::vector<std::string>& files,
                                          const std::function<void(const RefusedRow&)>& refuse);

}  // namespace tandem6::import
