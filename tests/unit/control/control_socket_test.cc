#include "control/control_socket.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "tests/unit/control/fixtures.h"
#include "tests/unit/control/socket_fixture.h"

namespace tandem6::control::control_socket_test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

json echo(const json& command) { return {{"result", 0}, {"arguments", command}}; }

template <typename Change>
ControlLimits limits(Change change) {
  ControlLimits changed;
  change(changed);
  return changed;
}

json answer_to(const RawClient& client) {
  json answer = json::parse(client.receive(), nullptr, false);
  REQUIRE(answer.is_object());
  return answer;
}

mode_t mode_of(const std::string& path) {
  struct stat found{};
  REQUIRE(::lstat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

TEST_CASE("control socket: a client that keeps its side open is answered as soon as the command is complete") {
  const TemporaryDirectory directory;
  const ServedSocket served(directory / "sock", echo);
  const RawClient client(directory / "sock");
  REQUIRE(client.send(R"( {"command": "a", "arguments": {"b": [1, "}]\"", {}]}} )"));
  CHECK(answer_to(client)["arguments"]["command"] == "a");
}

TEST_CASE("control socket: a command that comes byte by byte is put together") {
  const TemporaryDirectory directory;
  const ServedSocket served(directory / "sock", echo);
  const RawClient client(directory / "sock");
  const std::string command = R"({"command": "a\"}b", "arguments": {"c": "{["}})";
  for (const char c : command) {
    REQUIRE(client.send({&c, 1}));
    std::this_thread::sleep_for(1ms);
  }
  CHECK(answer_to(client)["arguments"] == json::parse(command));
}

TEST_CASE(
    "control socket: of two commands in one go the first is answered, once, and the connection ends in good order") {
  const TemporaryDirectory directory;
  std::atomic<int> commands = 0;
  const ServedSocket served(directory / "sock", [&](const json& command) {
    ++commands;
    return echo(command);
  });
  const RawClient client(directory / "sock");
  REQUIRE(client.send(R"({"command": "first"}{"command": "second"})"));
  CHECK(answer_to(client)["arguments"]["command"] == "first");
  CHECK(commands == 1);
}

TEST_CASE("control socket: garbage is refused at once") {
  const TemporaryDirectory directory;
  const ServedSocket served(directory / "sock", echo);
  for (const char* garbage :
       {"GET / HTTP/1.1\r\n\r\n", "[1, 2]", "\"text\"", "{\"command\": nonsense}", "{]", "{\"a\" 1}"}) {
    CAPTURE(garbage);
    const RawClient client(directory / "sock");
    REQUIRE(client.send(garbage));
    const json answer = answer_to(client);
    CHECK(answer["result"] == 1);
    CHECK(has(answer["text"], "JSON"));
  }
}

TEST_CASE("control socket: nesting that would exhaust the stack is refused") {
  const TemporaryDirectory directory;
  const ServedSocket served(directory / "sock", echo);
  const RawClient client(directory / "sock");
  client.send(R"({"command": )" + std::string(100'000, '['));
  CHECK(has(answer_to(client)["text"], "nests deeper"));
}

TEST_CASE("control socket: a command cut short by the client's end of file gets an answer that says so") {
  const TemporaryDirectory directory;
  const ServedSocket served(directory / "sock", echo);
  const RawClient client(directory / "sock");
  REQUIRE(client.send(R"({"command": "a")"));
  client.end_sending();
  CHECK(answer_to(client)["result"] == 1);
}

TEST_CASE("control socket: a client that only looks whether we live costs nothing") {
  const TemporaryDirectory directory;
  const ServedSocket served(directory / "sock", echo);
  const RawClient client(directory / "sock");
  client.end_sending();
  CHECK(client.receive().empty());
}

TEST_CASE("control socket: a command beyond the limit is refused") {
  const TemporaryDirectory directory;
  const ServedSocket served(directory / "sock", echo, limits([](ControlLimits& l) { l.command_size = 100'000; }));
  const RawClient client(directory / "sock");
  client.send(R"({"command": ")" + std::string(150'000, 'x'));
  CHECK(has(answer_to(client)["text"], "longer than 100000 bytes"));
}

TEST_CASE("control socket: a client that does not finish its command is told so and loses its connection") {
  const TemporaryDirectory directory;
  const ServedSocket served(directory / "sock", echo, limits([](ControlLimits& l) { l.time_to_ask = 100ms; }));
  const RawClient client(directory / "sock");
  REQUIRE(client.send(R"({"command": )"));
  CHECK(has(answer_to(client)["text"], "no complete command within 100 ms"));
}

TEST_CASE("control socket: a large answer goes to a slow reader whole") {
  const TemporaryDirectory directory;
  const std::string large(4 << 20, 'x');
  const ServedSocket served(directory / "sock", [&](const json&) { return json{{"text", large}}; });
  const RawClient client(directory / "sock");
  REQUIRE(client.send(R"({"command": "a"})"));
  std::this_thread::sleep_for(50ms);
  CHECK(answer_to(client)["text"] == large);
}

TEST_CASE("control socket: a client that never reads its answer loses the connection") {
  const TemporaryDirectory directory;
  const std::string large(4 << 20, 'x');
  const ServedSocket served(
      directory / "sock", [&](const json&) { return json{{"text", large}}; },
      limits([](ControlLimits& l) { l.time_to_take_answer = 100ms; }));
  const RawClient client(directory / "sock");
  REQUIRE(client.send(R"({"command": "a"})"));
  REQUIRE(client.hung_up_on());
  CHECK(client.receive().size() < large.size());
}

TEST_CASE("control socket: clients beyond the limit wait until there is room") {
  const TemporaryDirectory directory;
  const ServedSocket served(directory / "sock", echo, limits([](ControlLimits& l) {
                              l.connections = 2;
                              l.time_to_ask = 300ms;
                            }));
  const auto begin = std::chrono::steady_clock::now();
  const RawClient idle1(directory / "sock");
  const RawClient idle2(directory / "sock");
  const RawClient third(directory / "sock");
  REQUIRE(third.send(R"({"command": "a"})"));
  CHECK(answer_to(third)["result"] == 0);
  CHECK(std::chrono::steady_clock::now() - begin >= 300ms);
}

TEST_CASE("control socket: a handler that throws is an answer, not the end of the server") {
  const TemporaryDirectory directory;
  const ServedSocket served(directory / "sock", [](const json&) -> json { throw std::runtime_error("broken"); });
  for (int i = 0; i < 2; ++i) {
    const RawClient client(directory / "sock");
    REQUIRE(client.send(R"({"command": "a"})"));
    CHECK(has(answer_to(client)["text"], "broken"));
  }
}

TEST_CASE("control socket: its missing directory is made, for the group; the file is 0660 and goes with the server") {
  const TemporaryDirectory directory;
  const std::string path = directory / "run/tandem6/control.sock";
  {
    const ServedSocket served(path, echo);
    CHECK(mode_of(directory / "run/tandem6") == 0750);
    CHECK(mode_of(path) == 0660);
  }
  CHECK(!std::filesystem::exists(path));
}

TEST_CASE("control socket: the socket file of a dead server is replaced") {
  const TemporaryDirectory directory;
  const std::string path = directory / "sock";
  const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(dead, 1) == 0);
  ::close(dead);
  const ServedSocket served(path, echo);
  const RawClient client(path);
  REQUIRE(client.send(R"({"command": "a"})"));
  CHECK(answer_to(client)["result"] == 0);
}

TEST_CASE("control socket: that of a living server is left to it, and so is a file that is no socket") {
  const TemporaryDirectory directory;
  asio::io_context io;
  {
    const ServedSocket served(directory / "sock", echo);
    const auto second = ControlSocket::open(io, directory / "sock", echo);
    REQUIRE(!second);
    CHECK(has(second.error().message, directory / "sock"));
    CHECK(has(second.error().message, "another server answers"));
    const RawClient client(directory / "sock");
    REQUIRE(client.send(R"({"command": "a"})"));
    CHECK(answer_to(client)["result"] == 0);
  }
  std::ofstream(directory / "file") << "precious";
  const auto on_file = ControlSocket::open(io, directory / "file", echo);
  REQUIRE(!on_file);
  CHECK(has(on_file.error().message, "is no socket"));
  CHECK(std::filesystem::file_size(directory / "file") == 8);
}

TEST_CASE("control socket: a path too long for the system is an error that says so") {
  asio::io_context io;
  const auto opened = ControlSocket::open(io, "/tmp/" + std::string(200, 'x'), echo);
  REQUIRE(!opened);
  CHECK(has(opened.error().message, "205 bytes"));
}

TEST_CASE("control socket: ends while clients are connected") {
  const TemporaryDirectory directory;
  std::vector<std::unique_ptr<RawClient>> clients;
  {
    const ServedSocket served(directory / "sock", echo);
    for (int i = 0; i < 5; ++i) clients.push_back(std::make_unique<RawClient>(directory / "sock"));
    for (const auto& client : clients) REQUIRE(client->send("{"));
  }
  for (const auto& client : clients) CHECK(client->ended());
}

}  // namespace
}  // namespace tandem6::control::control_socket_test
