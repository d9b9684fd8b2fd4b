#include "tools/tandem6-import/lease_files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

namespace tandem6::import {
namespace {

bool is_there(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

/// A line without its end, which a file that came through Windows writes as "\r\n".
std::string_view without_end(const std::string& line) {
  std::string_view text = line;
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

tl::unexpected<Error> unreadable(const std::string& file, std::string_view why) {
  return tl::unexpected(Error{fmt::format("{}: {}", file, why)});
}

tl::expected<void, Error> read_rows(const std::string& file, std::ifstream& stream, ReadFiles& read,
                                    const std::function<void(const RefusedRow&)>& refuse) {
  std::string line;
  if (!std::getline(stream, line)) return {};  // Kea has made it and not written to it yet
  const Columns columns(without_end(line));
  if (auto checked = check_columns(columns); !checked) return unreadable(file, checked.error().message);
  for (uint64_t number = 2; std::getline(stream, line); ++number) {
    const std::string_view text = without_end(line);
    if (text.empty()) continue;
    ++read.rows;
    auto lease = read_lease(columns, text);
    if (lease) {
      const Ipv6Address address = lease->record.key.address;
      read.leases.insert_or_assign(address, std::move(*lease));
    } else {
      ++read.refused;
      refuse({file, number, lease.error().message});
    }
  }
  if (stream.bad()) return unreadable(file, std::strerror(errno));
  return {};
}

}  // namespace

size_t AddressHash::operator()(const Ipv6Address& address) const {
  const U128 number = address.number();
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  const uint64_t mixed = (static_cast<uint64_t>(number >> 64) ^ (static_cast<uint64_t>(number) * kOdd)) * kOdd;
  return mixed ^ mixed >> 32;
}

std::vector<std::string> files_of(const std::string& path) {
  std::vector<std::string> files;
  if (is_there(path + ".completed")) {
    files.push_back(path + ".completed");
  } else {
    for (const char* suffix : {".2", ".1"})
      if (is_there(path + suffix)) files.push_back(path + suffix);
  }
  if (is_there(path)) files.push_back(path);
  return files;
}

tl::expected<ReadFiles, Error> read_files(const std::vector<std::string>& files,
                                          const std::function<void(const RefusedRow&)>& refuse) {
  ReadFiles read;
  for (const std::string& file : files) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream || std::filesystem::is_directory(file))
      return unreadable(file, stream ? "it is a directory" : std::strerror(errno));
    if (auto done = read_rows(file, stream, read, refuse); !done) return tl::unexpected(done.error());
  }
  return read;
}

}  // namespace tandem6::import
