#include "control/log.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <thread>

#include "tests/unit/control/fixtures.h"

namespace tandem6::control::log_test {
namespace {

// Sends the log to a file, and back to stderr at the end.
class LogFile {
 public:
  explicit LogFile(Severity from) { set_log_outputs({{from, path_}}); }
  ~LogFile() { set_log_outputs({}); }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  std::string text() const {
    std::ifstream stream(path_);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  const std::string& path() const { return path_; }

 private:
  TemporaryDirectory directory_;
  std::string path_ = directory_ / "log";
};

TEST_CASE("log: a line is time in UTC, severity, event, text and fields; only odd values are quoted") {
  const LogFile file(Severity::kDebug);
  log(Severity::kWarn, "disk-slow", "it takes long", {{"ms", "12"}, {"path", "/a b"}, {"empty", ""}, {"q", "a\"b\\"}});
  const std::regex line(
      R"re(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARN disk-slow text="it takes long" ms=12 path="/a b" empty="" q="a\\"b\\\\"\n)re");
  CHECK_MESSAGE(std::regex_match(file.text(), line), file.text());
}

TEST_CASE("log: an event stays one line whatever is in its values") {
  const LogFile file(Severity::kInfo);
  log(Severity::kInfo, "e", "two\nlines", {{"v", "x\n2026 FATAL forged\x1b[31m"}});
  const std::string text = file.text();
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
  CHECK(has(text, R"(text="two\nlines" v="x\n2026 FATAL forged\x1b[31m")"));
}

TEST_CASE("log: lines below the severity of an output are left out") {
  const LogFile file(Severity::kWarn);
  log(Severity::kInfo, "quiet", "not shown");
  log(Severity::kError, "loud", "shown");
  log(Severity::kNone, "none", "never");
  CHECK(!has(file.text(), "quiet"));
  CHECK(has(file.text(), "ERROR loud"));
  CHECK(!has(file.text(), "never"));
}

TEST_CASE("log: files are appended to, and opened again by each set_log_outputs() as logrotate needs it") {
  const LogFile file(Severity::kInfo);
  std::ofstream(file.path()) << "kept\n";
  log(Severity::kInfo, "first", "");
  std::filesystem::rename(file.path(), file.path() + ".1");
  set_log_outputs({{Severity::kInfo, file.path()}});
  log(Severity::kInfo, "second", "");
  CHECK(!has(file.text(), "first"));
  CHECK(has(file.text(), "second"));
  std::ifstream rotated(file.path() + ".1");
  const std::string old{std::istreambuf_iterator<char>(rotated), {}};
  CHECK(has(old, "kept\n"));
  CHECK(has(old, "INFO first"));
}

TEST_CASE("log: an output that cannot be opened does not silence the others") {
  const LogFile file(Severity::kInfo);
  set_log_outputs({{Severity::kFatal, "/nonexistent/dir/log"}, {Severity::kInfo, file.path()}});
  log(Severity::kInfo, "still", "here");
  CHECK(has(file.text(), "INFO still"));
}

TEST_CASE("log: lines of several threads do not mix") {
  const LogFile file(Severity::kInfo);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 200; ++i) log(Severity::kInfo, "event", std::string(100, 'x'));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::ifstream lines(file.path());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) CHECK(line.size() == 24 + 6 + 6 + 6 + 101);
  CHECK(count == 800);
}

}  // namespace
}  // namespace tandem6::control::log_test
