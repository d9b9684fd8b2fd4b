#include "control/control_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <asio/buffer.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>

#include "control/answer_text.h"
#include "control/command_scanner.h"
#include "control/failed_accept.h"

namespace tandem6::control {
namespace {

using Protocol = asio::local::stream_protocol;

constexpr int kMaxDrains = 64;
constexpr mode_t kSocketMode = 0660;
constexpr mode_t kDirectoryMode = 0750;

nlohmann::json refusal(std::string text) { return {{"result", 1}, {"text", std::move(text)}}; }

Error system_error(std::string_view doing, const std::string& path, int why, std::string_view advice = {}) {
  return Error{fmt::format("control socket: cannot {} '{}': {}{}{}", doing, path, std::strerror(why),
                           advice.empty() ? "" : "; ", advice)};
}

tl::expected<sockaddr_un, Error> address_of(const std::string& path) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return tl::unexpected(
        Error{fmt::format("control socket: the path '{}' has {} bytes, the system allows 1 to {}; choose "
                          "another Dhcp6.control-socket.socket-name",
                          path, path.size(), sizeof address.sun_path - 1)});
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// Owns a file descriptor until release().
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

tl::expected<void, Error> make_directory_for(const std::string& path) {
  std::filesystem::path missing;
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  for (const auto& part : parent) {
    missing /= part;
    if (::mkdir(missing.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
      return tl::unexpected(system_error("make the directory", missing.string(), errno));
    }
  }
  return {};
}

// Takes the socket file of a server that is gone out of the way. Nothing else is ever removed.
tl::expected<void, Error> remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return tl::unexpected(system_error("look at", path, errno));
  }
  if (!S_ISSOCK(found.st_mode)) {
    return tl::unexpected(
        Error{fmt::format("control socket: '{}' exists and is no socket; move it away or choose another path", path)});
  }
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (probe.get() < 0) return tl::unexpected(system_error("make a socket for", path, errno));
  // EAGAIN: somebody listens there whose backlog is full.
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN) {
    return tl::unexpected(Error{fmt::format(
        "control socket: another server answers on '{}'; stop it, or choose another Dhcp6.control-socket.socket-name",
        path)});
  }
  if (errno != ECONNREFUSED) return tl::unexpected(system_error("find out who listens on", path, errno));
  if (::unlink(path.c_str()) != 0) return tl::unexpected(system_error("remove the stale socket", path, errno));
  return {};
}

tl::expected<int, Error> listen_on(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(address.error());
  if (auto made = make_directory_for(path); !made) return tl::unexpected(made.error());
  if (auto clear = remove_stale(path, *address); !clear) return tl::unexpected(clear.error());
  Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (listener.get() < 0) return tl::unexpected(system_error("make a socket for", path, errno));
  // Before bind, so that the file never has wider permissions than these; after it, in case the umask took some away.
  ::fchmod(listener.get(), kSocketMode);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return tl::unexpected(system_error("make", path, errno, "is the directory writable for this user?"));
  }
  if (::chmod(path.c_str(), kSocketMode) != 0 || ::listen(listener.get(), SOMAXCONN) != 0) {
    return tl::unexpected(system_error("listen on", path, errno));
  }
  return listener.release();
}

}  // namespace

struct ControlSocket::Impl : std::enable_shared_from_this<Impl> {
  class Connection;

  Impl(asio::io_context& context, std::string socket_path, Handler run, ControlLimits bounds)
      : io(context),
        acceptor(context),
        pause(context),
        path(std::move(socket_path)),
        handler(std::move(run)),
        limits(bounds) {}

  void accept_next();
  void forget(const std::shared_ptr<Connection>& connection);
  void close();
  nlohmann::json answer_to(const std::string& text) const;

  asio::io_context& io;
  Protocol::acceptor acceptor;
  asio::steady_timer pause;
  std::string path;
  Handler handler;
  ControlLimits limits;
  struct stat file{};  // of the socket when we made it
  bool accepting = false;
  bool closed = false;
  std::set<std::shared_ptr<Connection>> connections;
};

// One client: reads a command, has it run, writes the answer, closes. Its handlers keep it alive.
class ControlSocket::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Impl> owner, Protocol::socket socket)
      : owner_(std::move(owner)), socket_(std::move(socket)), timer_(owner_->io) {}

  void start() {
    asio::error_code ignored;
    socket_.non_blocking(true, ignored);
    limit(owner_->limits.time_to_ask, [this] {
      answer(refusal(fmt::format("no complete command within {} ms", owner_->limits.time_to_ask.count())));
    });
    read();
  }

  void close() {
    if (!socket_.is_open()) return;
    timer_.cancel();
    asio::error_code ignored;
    // What the client sent too much would otherwise turn its end of the connection into an error. Not for ever, though.
    for (int i = 0; i < kMaxDrains && socket_.read_some(asio::buffer(buffer_), ignored) > 0 && !ignored; ++i) continue;
    socket_.shutdown(Protocol::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }

 private:
  template <typename Late>
  void limit(std::chrono::milliseconds time, Late late) {
    timer_.expires_after(time);
    timer_.async_wait([self = shared_from_this(), late](const asio::error_code& cancelled) {
      if (!cancelled && self->socket_.is_open()) late();
    });
  }

  void read() {
    socket_.async_read_some(asio::buffer(buffer_),
                            [self = shared_from_this()](const asio::error_code& error, size_t size) {
                              if (self->socket_.is_open() && !self->answering_) self->take(error, size);
                            });
  }

  void take(const asio::error_code& error, size_t size) {
    const CommandScanner::State state = scanner_.feed({buffer_.data(), size});
    command_.append(buffer_.data(), size);
    if (state == CommandScanner::State::kComplete)
      return answer(owner_->answer_to(command_.substr(0, scanner_.size())));
    if (state == CommandScanner::State::kNoCommand) return answer(refusal(scanner_.fault()));
    if (command_.size() > owner_->limits.command_size) {
      return answer(refusal(fmt::format("the command is longer than {} bytes", owner_->limits.command_size)));
    }
    // EOF before the end: the parser says best what is missing. Nothing at all is somebody who only looked if we live.
    if (error == asio::error::eof && !command_.empty()) return answer(owner_->answer_to(command_));
    if (error) return finish();
    read();
  }

  void answer(const nlohmann::json& value) {
    if (owner_->closed) return finish();
    answering_ = true;
    answer_ = answer_text(value);
    answer_ += '\n';
    limit(owner_->limits.time_to_take_answer, [this] { finish(); });
    // Right away as far as it goes: after `shutdown` the event loop may not turn again.
    asio::error_code error;
    const size_t written = socket_.write_some(asio::buffer(answer_), error);
    if (error && error != asio::error::would_block) return finish();
    if (written == answer_.size()) return finish();
    asio::async_write(socket_, asio::buffer(answer_) + written,
                      [self = shared_from_this()](const asio::error_code&, size_t) { self->finish(); });
  }

  void finish() {
    close();
    owner_->forget(shared_from_this());
  }

  std::shared_ptr<Impl> owner_;
  Protocol::socket socket_;
  asio::steady_timer timer_;
  std::array<char, 16384> buffer_;
  CommandScanner scanner_;
  std::string command_;
  std::string answer_;
  bool answering_ = false;
};

// Those beyond the limit wait in the kernel's backlog, not long, because every connection's time is limited.
void ControlSocket::Impl::accept_next() {
  if (closed || accepting || connections.size() >= limits.connections) return;
  accepting = true;
  acceptor.async_accept([self = shared_from_this()](const asio::error_code& error, Protocol::socket socket) {
    self->accepting = false;
    if (self->closed) return;
    if (!error) {
      const auto connection = std::make_shared<Connection>(self, std::move(socket));
      self->connections.insert(connection);
      connection->start();
      return self->accept_next();
    }
    self->pause.expires_after(kPauseAfterFailedAccept);
    self->pause.async_wait([self](const asio::error_code& cancelled) {
      if (!cancelled) self->accept_next();
    });
  });
}

void ControlSocket::Impl::forget(const std::shared_ptr<Connection>& connection) {
  connections.erase(connection);
  accept_next();
}

void ControlSocket::Impl::close() {
  closed = true;
  asio::error_code ignored;
  acceptor.close(ignored);
  pause.cancel();
  for (const auto& connection : std::exchange(connections, {})) connection->close();
  struct stat now{};
  // Not the file of a server that was started in our place.
  if (::lstat(path.c_str(), &now) == 0 && now.st_dev == file.st_dev && now.st_ino == file.st_ino)
    ::unlink(path.c_str());
}

nlohmann::json ControlSocket::Impl::answer_to(const std::string& text) const {
  try {
    const nlohmann::json command = nlohmann::json::parse(text, nullptr, true);
    return handler(command);
  } catch (const nlohmann::json::parse_error& error) {
    return refusal(fmt::format("the command is no JSON: {}", error.what()));
  } catch (const std::exception& error) {
    return refusal(fmt::format("the command failed by a fault of the server, please report it: {}", error.what()));
  }
}

tl::expected<std::unique_ptr<ControlSocket>, Error> ControlSocket::open(asio::io_context& io, const std::string& path,
                                                                        Handler handler, ControlLimits limits) {
  const auto listener = listen_on(path);
  if (!listener) return tl::unexpected(listener.error());
  auto impl = std::make_shared<Impl>(io, path, std::move(handler), limits);
  ::lstat(path.c_str(), &impl->file);
  asio::error_code error;
  impl->acceptor.assign(Protocol(), *listener, error);
  if (error) {
    ::close(*listener);
    return tl::unexpected(Error{fmt::format("control socket: cannot serve '{}': {}", path, error.message())});
  }
  impl->accept_next();
  return std::unique_ptr<ControlSocket>(new ControlSocket(std::move(impl)));
}

ControlSocket::ControlSocket(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

ControlSocket::~ControlSocket() { impl_->close(); }

}  // namespace tandem6::control
