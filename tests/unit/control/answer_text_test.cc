#include "control/answer_text.h"

#include <doctest/doctest.h>

#include <limits>

#include "control/local_time.h"

namespace tandem6::control::answer_text_test {
namespace {

using nlohmann::json;

TEST_CASE("answers: pools of 2^64 addresses and more are plain JSON integers, to the last digit") {
  CHECK(answer_text(json_integer(0)) == "0");
  CHECK(answer_text(json_integer(std::numeric_limits<uint64_t>::max())) == "18446744073709551615");
  CHECK(answer_text(json_integer(static_cast<U128>(1) << 64)) == "18446744073709551616");
  CHECK(answer_text(json_integer(~static_cast<U128>(0))) == "340282366920938463463374607431768211455");
}

TEST_CASE("answers: the text is what was put in, also inside lists and maps") {
  const json plain = json::parse(R"({"a": [1, -2, 2.5, null, true, {}, []], "b\"c": {"d": "\u00e4\n"}})");
  CHECK(json::parse(answer_text(plain)) == plain);
  const json nested = {{"total", json::array({json::array({json_integer(static_cast<U128>(1) << 70), "t"})})}};
  CHECK(answer_text(nested) == R"({"total":[[1180591620717411303424,"t"]]})");
}

TEST_CASE("answers: bytes that are no UTF-8, in names and values, do not stop an answer") {
  const std::string text = answer_text({{"name\xff", "value\xfe"}});
  CHECK(json::parse(text).is_object());
  CHECK(text.find("value\xef\xbf\xbd") != std::string::npos);
}

TEST_CASE("local time: ISO 8601 with the offset from UTC") {
  const char* before = getenv("TZ");
  const std::string kept = before == nullptr ? "" : before;
  setenv("TZ", "XYZ-5:30", 1);
  tzset();
  CHECK(local_time(946684800) == "2000-01-01T05:30:00+05:30");
  setenv("TZ", "XYZ+3:30", 1);
  tzset();
  CHECK(local_time(946684800) == "1999-12-31T20:30:00-03:30");
  before == nullptr ? unsetenv("TZ") : setenv("TZ", kept.c_str(), 1);
  tzset();
}

}  // namespace
}  // namespace tandem6::control::answer_text_test
