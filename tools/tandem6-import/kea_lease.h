// A lease as Kea's memfile has it: one row of kea-leases6.csv.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "dataplane/lease/record.h"
#include "dataplane/wire/error.h"
#include "tools/tandem6-import/csv_row.h"

namespace tandem6::import {

/// What a row says of its address or prefix.
enum class RowKind : uint8_t {
  kLease,       ///< it is leased, or declined: `record` is the lease
  kEnded,       ///< it is free: released, reclaimed, or deleted. Only record.key means something.
  kRegistered,  ///< a client told that it uses the address (RFC 9686): no lease. Only record.key means something.
};

struct KeaLease {
  RowKind kind = RowKind::kLease;
  lease::LeaseRecord record;
  std::string hostname;
  bool forward = false;  ///< `fqdn_fwd`
  bool reverse = false;  ///< `fqdn_rev`
  bool has_hwaddr = false;
  bool has_user_context = false;
};

/// Why a file with these columns cannot be read; nothing wrong when it has all that a lease needs.
tl::expected<void, Error> check_columns(const Columns& columns);

/// Reads one row of a file that check_columns() accepts. Columns at the end that an older Kea did not write have their
/// defaults. The error says which column holds what it must not.
tl::expected<KeaLease, Error> read_lease(const Columns& columns, std::string_view line);

/// The first line of what write_lease() makes; Kea 1.4 and later read it.
std::string_view written_header();
/// The row of an ACTIVE or ABANDONED lease, without the end of the line.
std::string write_lease(const KeaLease& lease);

}  // namespace tandem6::import
