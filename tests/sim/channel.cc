#include "tests/sim/channel.h"

#include <algorithm>
#include <utility>

#include "tests/sim/world.h"

namespace tandem6::sim {

void Channel::begin_connecting() {
  pause_ = kFirstPause;
  connect_later();
}

void Channel::connect_later() {
  const uint64_t attempt = ++attempt_;
  world_.events().after(random_.between(pause_ / 2, pause_), [this, attempt] { try_to_connect(attempt); });
  pause_ = std::min(pause_ * 2, world_.scenario().most_reconnect_pause);
}

void Channel::try_to_connect(uint64_t attempt) {
  if (attempt != attempt_ || !world_.server(0).is_alive() || held_[0] != 0) return;
  if (blocked_[0] || blocked_[1] || !world_.server(1).is_alive()) return connect_later();
  held_[0] = ++connection_;
  for (Flow& flow : flows_) flow = {};
  world_.server(0).connected();
}

void Channel::send(unsigned side, Bytes message) {
  if (held_[side] == 0 || held_[side] != connection_) return;
  std::vector<std::byte> sent(message.begin(), message.end());
  if (newer_[side]) {
    const testing::Octets unknown = testing::option(65001, testing::hex("0102 0304"));
    sent.insert(sent.end(), unknown.begin(), unknown.end());
  }
  push(side, std::move(sent));
}

void Channel::push(unsigned side, std::vector<std::byte> message) {
  Flow& flow = flows_[side];
  flow.last = std::max(flow.last, world_.events().now() + random_.between(1, world_.scenario().net_delay));
  flow.queue.push_back({flow.last, std::move(message)});
  const uint64_t connection = connection_;
  world_.events().at(flow.last, [this, side, connection] { pump(side, connection); });
}

void Channel::pump(unsigned side, uint64_t connection) {
  Flow& flow = flows_[side];
  if (connection != connection_ || flow.queue.empty()) return;
  if (blocked_[side]) {  // retransmission
    world_.events().after(200, [this, side, connection] { pump(side, connection); });
    return;
  }
  while (connection == connection_ && !flow.queue.empty() && flow.queue.front().when <= world_.events().now()) {
    std::vector<std::byte> message = std::move(flow.queue.front().message);
    flow.queue.pop_front();
    arrive(1 - side, message, connection);
  }
}

void Channel::arrive(unsigned side, const std::vector<std::byte>& message, uint64_t connection) {
  Server& server = world_.server(side);
  const bool is_new = side == 1 && accepted_ < connection;
  const bool is_end = message.empty();
  if (!server.is_alive()) return;
  if (is_new && !is_end) {
    accepted_ = held_[1] = connection;
    return server.connected_by(message);
  }
  if (held_[side] != connection) {
    // Whoever speaks to a process that knows nothing of it gets a reset.
    if (held_[1 - side] == connection && !is_end) lose(1 - side, "connection reset by peer");
    return;
  }
  if (is_end) return lose(side, "closed by the partner");
  server.received(message);
}

void Channel::lose(unsigned side, const char* why) {
  if (std::exchange(held_[side], 0) == 0) return;
  if (!world_.server(side).is_alive()) return;
  world_.server(side).disconnected(why);
  if (side == 0) connect_later();
}

void Channel::close(unsigned side) {
  if (held_[side] == connection_ && held_[side] != 0) push(side, {});
  held_[side] = 0;
  if (side == 0) connect_later();
}

void Channel::died(unsigned side, bool with_machine) {
  if (held_[side] == connection_ && held_[side] != 0) {
    if (with_machine) {
      flows_[side].queue.clear();
    } else {
      push(side, {});
    }
  }
  held_[side] = 0;
}

void Channel::cut() {
  for (Flow& flow : flows_) flow.queue.clear();
  for (const unsigned side : {0U, 1U}) {
    const uint64_t connection = held_[side];
    if (connection == 0) continue;
    world_.events().after(random_.between(1, 3000), [this, side, connection] {
      if (held_[side] == connection) lose(side, "connection reset");
    });
  }
}

}  // namespace tandem6::sim
