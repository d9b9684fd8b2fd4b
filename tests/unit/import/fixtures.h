// What the importer's tests share: rows as Kea writes them, and a directory for files.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tools/tandem6-import/kea_lease.h"

namespace tandem6::import {

/// Kea 2.4's columns.
inline constexpr std::string_view kHeader =
    "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,"
    "hwaddr,state,user_context,hwtype,hwaddr_source,pool_id";

inline constexpr int64_t kContact = 1'800'000'000;

/// An address lease of 4000 seconds that began at kContact.
inline std::string row(std::string_view address, std::string_view duid = "00:03:00:01:02:00:00:00:0a:01") {
  return std::string(address) + "," + std::string(duid) + ",4000," + std::to_string(kContact + 4000) +
         ",1,3000,0,7,128,0,0,,,0,,,,0";
}

/// The same with the column of this name changed.
inline std::string with(const std::string& row, std::string_view column, std::string_view value) {
  const Columns columns(kHeader);
  const auto place = columns.place_of(column);
  REQUIRE(place);
  const auto values = split_row(row);
  std::string changed;
  for (size_t i = 0; i < values.size(); ++i)
    changed += (i == 0 ? "" : ",") + std::string(i == *place ? value : values[i]);
  return changed;
}

/// A fresh directory, gone with the object.
class Directory {
 public:
  Directory() : path_("/tmp/tandem6-import-XXXXXX") { REQUIRE(mkdtemp(path_.data()) != nullptr); }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  /// A lease file with these rows.
  void write(std::string_view name, const std::vector<std::string>& rows, std::string_view header = kHeader) const {
    std::ofstream file(*this / name);
    file << header << '\n';
    for (const std::string& line : rows) file << line << '\n';
  }

 private:
  std::string path_;
};

}  // namespace tandem6::import
