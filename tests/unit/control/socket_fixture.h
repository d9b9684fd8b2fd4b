// A control socket served by a thread, and a client that sends bytes as it likes.
#pragma once

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include "control/control_socket.h"

namespace tandem6::control {

class ServedSocket {
 public:
  ServedSocket(const std::string& path, ControlSocket::Handler handler, ControlLimits limits = {}) {
    auto opened = ControlSocket::open(io_, path, std::move(handler), limits);
    REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().message));
    socket_ = std::move(*opened);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~ServedSocket() {
    asio::post(io_, [this] {
      socket_.reset();
      work_.reset();
    });
    thread_.join();
  }
  ServedSocket(const ServedSocket&) = delete;
  ServedSocket& operator=(const ServedSocket&) = delete;

 private:
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::unique_ptr<ControlSocket> socket_;
  std::thread thread_;
};

class RawClient {
 public:
  explicit RawClient(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { ::close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  /// False when the server hung up before all was sent.
  bool send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  void end_sending() const { ::shutdown(fd_, SHUT_WR); }
  /// All until the server closes in good order; anything else fails the test.
  std::string receive() const {
    std::string text;
    std::array<char, 65536> buffer;
    for (;;) {
      const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), 0);
      REQUIRE_MESSAGE(size >= 0, std::strerror(errno));
      if (size == 0) return text;
      text.append(buffer.data(), static_cast<size_t>(size));
    }
  }
  /// Waits until the server has closed the connection, without reading.
  bool hung_up_on() const {
    pollfd watched{.fd = fd_, .events = 0, .revents = 0};
    return ::poll(&watched, 1, 20'000) == 1 && (watched.revents & POLLHUP) != 0;
  }
  /// Waits until the server is gone, however it went.
  bool ended() const {
    char byte = 0;
    const ssize_t size = ::recv(fd_, &byte, 1, 0);
    return size == 0 || (size < 0 && errno == ECONNRESET);
  }

 private:
  int fd_;
  bool connected_ = false;
};

}  // namespace tandem6::control
