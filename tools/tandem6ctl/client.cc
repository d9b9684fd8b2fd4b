#include "tools/tandem6ctl/client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace tandem6::ctl {
namespace {

// A reload of a large configuration takes seconds, and commands wait for each other.
constexpr int kPatienceSeconds = 60;

class Connection {
 public:
  Connection() : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  ~Connection() {
    if (fd_ >= 0) ::close(fd_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // 0, or why not.
  int connect(const std::string& path) const {
    sockaddr_un address{};
    if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    return ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  }

  // A server that refuses early hangs up while we still send; its answer says why.
  void send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return;
      text.remove_prefix(static_cast<size_t>(sent));
    }
  }

  // All until the server hangs up; `why` is 0 when it did so in good order.
  std::string receive(int& why) const {
    std::string text;
    std::array<char, 65536> buffer;
    for (;;) {
      const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (size < 0 && errno == EINTR) continue;
      why = size < 0 ? errno : 0;
      if (size <= 0) return text;
      text.append(buffer.data(), static_cast<size_t>(size));
    }
  }

 private:
  int fd_;
};

std::string advice(int why, const std::string& path) {
  switch (why) {
    case ENOENT:
    case ECONNREFUSED:
      return fmt::format(
          "is tandem6d running (systemctl status tandem6d), and is '{}' the Dhcp6.control-socket of its "
          "configuration? --socket names another one",
          path);
    case EACCES:
    case EPERM:
      return fmt::format("you may not: become root or a member of the group that owns it (ls -l {})", path);
    default:
      return "--socket names another one";
  }
}

}  // namespace

const nlohmann::json& Answer::arguments() const {
  static const nlohmann::json kNone = nlohmann::json::object();
  const auto found = json.find("arguments");
  return found == json.end() ? kNone : *found;
}

ExitCode Answer::exit_code() const {
  switch (result()) {
    case 0:
      return ExitCode::kSuccess;
    case 3:
      return ExitCode::kEmpty;
    default:
      return ExitCode::kRefused;
  }
}

tl::expected<Answer, Error> ask(const std::string& socket_path, const std::string& command,
                                const nlohmann::json& arguments) {
  nlohmann::json request = {{"command", command}};
  if (!arguments.is_null()) request["arguments"] = arguments;
  const Connection connection;
  if (const int why = connection.connect(socket_path); why != 0) {
    return tl::unexpected(Error{fmt::format("cannot reach the server on '{}': {}; {}", socket_path, std::strerror(why),
                                            advice(why, socket_path))});
  }
  connection.send(request.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  int why = 0;
  Answer answer;
  answer.text = connection.receive(why);
  answer.json = nlohmann::json::parse(answer.text, nullptr, false);
  if (!answer.json.is_object()) {
    return tl::unexpected(
        Error{fmt::format("no usable answer from the server on '{}': {}; look into the log of tandem6d", socket_path,
                          why == 0 ? "it hung up" : std::strerror(why))});
  }
  return answer;
}

}  // namespace tandem6::ctl
