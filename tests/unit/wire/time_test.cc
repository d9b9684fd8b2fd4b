#include "dataplane/wire/time.h"

#include <doctest/doctest.h>

namespace tandem6::time_test {

TEST_CASE("RFC 8156 3: AbsoluteTime counts from 2000-01-01 UTC") {
  CHECK(AbsoluteTime::from_unix(946684800) == AbsoluteTime{0});
  CHECK(AbsoluteTime::from_unix(946684801) == AbsoluteTime{1});
  CHECK(AbsoluteTime{0}.to_unix() == 946684800);
  CHECK(AbsoluteTime::from_unix(1785888000).to_unix() == 1785888000);
}

TEST_CASE("RFC 8156 3: AbsoluteTime wraps modulo 2^32") {
  CHECK(AbsoluteTime::from_unix(946684800 + 0x100000000) == AbsoluteTime{0});
  CHECK(AbsoluteTime::from_unix(946684799) == AbsoluteTime{0xffffffff});
  CHECK(AbsoluteTime{0xffffffff} + Seconds{1} == AbsoluteTime{0});
  CHECK(AbsoluteTime{0xfffffff0} + Seconds{0x20} == AbsoluteTime{0x10});
}

TEST_CASE("AbsoluteTime compares modulo 2^32: the later one is at most 68 years ahead") {
  constexpr AbsoluteTime kBeforeWrap{0xfffffff0};
  constexpr AbsoluteTime kAfterWrap{0x10};
  CHECK(kBeforeWrap < kAfterWrap);
  CHECK(kBeforeWrap <= kAfterWrap);
  CHECK(kAfterWrap > kBeforeWrap);
  CHECK(kAfterWrap >= kBeforeWrap);
  CHECK_FALSE(kAfterWrap < kBeforeWrap);
  CHECK_FALSE(kBeforeWrap >= kAfterWrap);

  CHECK(AbsoluteTime{0} < AbsoluteTime{0x7fffffff});
  CHECK(AbsoluteTime{0x80000001} < AbsoluteTime{0});
  CHECK(AbsoluteTime{5} <= AbsoluteTime{5});
  CHECK_FALSE(AbsoluteTime{5} < AbsoluteTime{5});
}

TEST_CASE("The difference of two moments never goes negative, and crosses the wrap") {
  CHECK(AbsoluteTime{0x10} - AbsoluteTime{0xfffffff0} == Seconds{0x20});
  CHECK(AbsoluteTime{0xfffffff0} - AbsoluteTime{0x10} == Seconds{0});
  CHECK(AbsoluteTime{7} - AbsoluteTime{7} == Seconds{0});
}

TEST_CASE("RFC 8415 7.7: 0xffffffff seconds are infinity, and nothing else is") {
  CHECK(kInfinity.infinite());
  CHECK(Seconds{0xffffffff} == kInfinity);
  CHECK_FALSE(Seconds{0xfffffffe}.infinite());
  CHECK(Seconds{0xfffffffe} < kInfinity);
}

}  // namespace tandem6::time_test
