// What the storage tests share: a directory on a real disk, and short ways to use a Store in it.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "sample_leases.h"
#include "storage/store.h"

namespace tandem6::storage {

/// A fresh directory, gone with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    const char* base = getenv("TMPDIR");
    path_ = std::string(base != nullptr ? base : "/var/tmp") + "/tandem6-storage-XXXXXX";
    REQUIRE(mkdtemp(path_.data()) != nullptr);
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::unique_ptr<Store> open_store(const std::string& path) {
  auto store = Store::open(path);
  REQUIRE_MESSAGE(store, (store ? "" : store.error().message));
  return std::move(*store);
}

inline std::string refusal_of(const std::string& path) {
  const auto store = Store::open(path);
  REQUIRE_FALSE(store);
  return store.error().message;
}

inline tl::expected<void, Error> put(Store& store, const std::vector<lease::LeaseRecord>& records) {
  Store::Batch batch;
  for (const auto& record : records) batch.add({lease::LeaseChange::Kind::kPut, record});
  return store.write(batch, true);
}

inline void must_put(Store& store, const std::vector<lease::LeaseRecord>& records) {
  const auto written = put(store, records);
  REQUIRE_MESSAGE(written, (written ? "" : written.error().message));
}

inline lease::LeaseChange remembers(uint64_t client, Bytes data) {
  lease::LeaseChange change{.kind = lease::LeaseChange::Kind::kRemember, .record = {}, .client_data = data};
  change.record.duid = duid_of(client);
  return change;
}

inline void remember(Store& store, uint64_t client, const std::vector<std::byte>& data) {
  Store::Batch batch;
  batch.add(remembers(client, data));
  REQUIRE(store.write(batch, true));
}

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

/// The files of a directory with that extension, in order of name.
inline std::vector<std::filesystem::path> files_of(const std::string& path, const std::string& extension) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().extension() == extension) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

inline void flip_byte(const std::filesystem::path& file, std::streamoff at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(at);
  const int before = stream.get();
  REQUIRE(stream.good());
  stream.seekp(at);
  stream.put(static_cast<char>(before ^ 0x40));
}

}  // namespace tandem6::storage
