#include "storage/info_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace tandem6::storage {
namespace {

/// LOG and LOG.old have this at most.
constexpr off_t kMaxSize = 2 << 20;

}  // namespace

InfoLog::InfoLog(const std::string& directory) : path_(directory + "/LOG") { open_file(); }

InfoLog::~InfoLog() {
  if (file_ >= 0) ::close(file_);
  closed_ = true;  // RocksDB's base class wants to know
}

void InfoLog::open_file() {
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  struct stat about{};
  size_ = file_ >= 0 && ::fstat(file_, &about) == 0 ? about.st_size : 0;
}

void InfoLog::Logv(const char* format, va_list arguments) {
  std::array<char, 1024> line;
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  size_t size = std::strftime(line.data(), line.size(), "%Y-%m-%dT%H:%M:%SZ ", &utc);
  const int text = std::vsnprintf(line.data() + size, line.size() - size - 1, format, arguments);
  if (text < 0) return;
  size = std::min(size + static_cast<size_t>(text), line.size() - 2);
  line[size++] = '\n';

  const std::lock_guard lock(mutex_);
  if (size_ > kMaxSize) {
    ::close(file_);
    std::rename(path_.c_str(), (path_ + ".old").c_str());
    open_file();
  }
  const ssize_t written = ::write(file_, line.data(), size);
  if (written > 0) size_ += written;
}

}  // namespace tandem6::storage
