// RocksDB's own log, LOG in the database's directory: for a bug report. Private to storage/.
#pragma once

#include <rocksdb/env.h>

#include <cstdarg>
#include <mutex>
#include <string>

namespace tandem6::storage {

/// Keeps the last few megabytes, and loses lines rather than ever failing. RocksDB's own logger cannot do without: its
/// file writer (7.8, as Debian builds it) ends the process at the second line that a full disk does not take. Any
/// thread.
class InfoLog : public rocksdb::Logger {
 public:
  explicit InfoLog(const std::string& directory);
  ~InfoLog() override;
  InfoLog(const InfoLog&) = delete;
  InfoLog& operator=(const InfoLog&) = delete;

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override;

 private:
  void open_file();

  std::string path_;
  std::mutex mutex_;
  int file_ = -1;
  off_t size_ = 0;
};

}  // namespace tandem6::storage
