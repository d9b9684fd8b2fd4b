// Bulk Leasequery's TCP side (RFC 5460 §5.6, §7): connections of the kernel's, as control's are.
#pragma once

#include <memory>

#include <asio/io_context.hpp>
#include <tl/expected.hpp>

#include "control/server.h"

namespace tandem6::control {

/// Runs on the management thread's io_context. Who is no requester is not listened to: the connection is closed at once
/// (§7.1). One question of a connection is answered after the other, in pieces, so that control goes on meanwhile.
/// Limits: connections, time for a question to arrive and for a piece to be taken, size of a question.
class BulkServer {
 public:
  /// Listens as server.configuration().lease_query says.
  static tl::expected<std::unique_ptr<BulkServer>, Error> open(asio::io_context& io, Server& server);
  ~BulkServer();

  /// The port it listens on.
  uint16_t port() const;

 private:
  struct Impl;
  explicit BulkServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace tandem6::control
