#include "control/replace_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

namespace tandem6::control {
namespace {

/// A file beside its target that goes away unless it is renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& target) : path_(target + ".XXXXXX") {
    file_ = ::mkostemp(path_.data(), O_CLOEXEC);
  }
  ~TemporaryFile() {
    if (file_ < 0) return;
    ::close(file_);
    if (!renamed_) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  bool is_open() const { return file_ >= 0; }
  /// Each of these: false, and errno says why.
  bool take_owner_and_mode(const std::string& target) const {
    struct stat before;
    if (::stat(target.c_str(), &before) != 0) return errno == ENOENT && ::fchmod(file_, 0640) == 0;
    if (::fchown(file_, before.st_uid, before.st_gid) != 0) return false;
    return ::fchmod(file_, before.st_mode & 07777) == 0;
  }
  bool write(std::string_view content) const {
    while (!content.empty()) {
      const ssize_t written = ::write(file_, content.data(), content.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      content.remove_prefix(static_cast<size_t>(written));
    }
    return ::fsync(file_) == 0;
  }
  bool rename(const std::string& target) {
    renamed_ = ::rename(path_.c_str(), target.c_str()) == 0;
    return renamed_;
  }

 private:
  std::string path_;
  int file_ = -1;
  bool renamed_ = false;
};

/// The name of a file is in its directory, which is synced by itself.
bool sync_directory_of(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const int directory = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return false;
  const bool synced = ::fsync(directory) == 0;
  const int why = errno;
  ::close(directory);
  errno = why;
  return synced;
}

}  // namespace

tl::expected<void, Error> replace_file(const std::string& path, std::string_view content) {
  std::error_code no_link;
  const std::string linked = std::filesystem::canonical(path, no_link).string();
  const std::string target = no_link ? path : linked;
  TemporaryFile file(target);
  const bool done = file.is_open() && file.take_owner_and_mode(target) && file.write(content) && file.rename(target) &&
                    sync_directory_of(target);
  if (done) return {};
  return tl::unexpected(Error{fmt::format("cannot write '{}': {}", path, std::strerror(errno))});
}

}  // namespace tandem6::control
