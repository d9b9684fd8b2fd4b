// The control socket: a Unix stream socket that speaks Kea's protocol: one JSON command a connection, one JSON answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include <asio/io_context.hpp>
#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "dataplane/wire/error.h"

namespace tandem6::control {

/// What one client may cost.
struct ControlLimits {
  /// Of a command's bytes. A configuration of ten thousand subnets, for config-test, has some megabytes.
  size_t command_size = size_t{8} << 20;
  size_t connections = 32;  ///< at once; more wait their turn
  std::chrono::milliseconds time_to_ask{5'000};
  std::chrono::milliseconds time_to_take_answer{30'000};
};

/// Runs on the management thread's io_context. Limits: command size, connections at once, time for a command to arrive,
/// time for the answer to be taken. The socket file is mode 0660; a stale one of a dead server is replaced, a living
/// one's is not.
class ControlSocket {
 public:
  using Handler = std::function<nlohmann::json(const nlohmann::json& command)>;
  static tl::expected<std::unique_ptr<ControlSocket>, Error> open(asio::io_context& io, const std::string& path,
                                                                  Handler handler, ControlLimits limits = {});
  ~ControlSocket();  ///< removes the socket file

 private:
  struct Impl;
  explicit ControlSocket(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace tandem6::control
