#include <doctest/doctest.h>

#include "dataplane/lease/pool.h"
#include "tests/unit/lease/structures_fixture.h"

namespace tandem6::lease::pool_test {
namespace {

using testing::address;

TEST_CASE("a dense pool knows who took a unit and gives it back") {
  PoolBook book;
  const Pool pool = testing::address_pool(book, "2001:db8::10", "2001:db8::1f");
  CHECK_FALSE(pool.is_taken(address("2001:db8::12")));
  CHECK(pool.mark_taken(address("2001:db8::12"), 0));
  CHECK_FALSE(pool.mark_taken(address("2001:db8::12"), 1));
  CHECK(pool.is_taken(address("2001:db8::12")));
  pool.release(address("2001:db8::12"));
  CHECK_FALSE(pool.is_taken(address("2001:db8::12")));
  CHECK(pool.is_taken(address("2001:db8::99")));  // none of its units: not to be had
}

TEST_CASE("a sparse pool marks only what is not of the shard that its bits name") {
  PoolBook book;
  const Pool pool = testing::address_pool(book, "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff");
  CHECK(pool.mark_taken(address("2001:db8::2"), 1));  // its own shard's
  CHECK_FALSE(pool.is_taken(address("2001:db8::2")));
  CHECK(pool.mark_taken(address("2001:db8::2"), 5));
  CHECK_FALSE(pool.mark_taken(address("2001:db8::2"), 5));
  CHECK(pool.is_taken(address("2001:db8::2")));
  pool.release(address("2001:db8::2"));
  CHECK(pool.is_taken(address("2001:db8::2")));  // it only rests
}

TEST_CASE("PoolBook: a pool that stays the same keeps its units, another one is fresh") {
  PoolBook book;
  CHECK_FALSE(book.has_fresh());
  {
    const Pool before = testing::address_pool(book, "2001:db8::10", "2001:db8::1f");
    CHECK(book.has_fresh());
    before.mark_taken(address("2001:db8::12"), 0);
    book.settle();
    CHECK_FALSE(book.has_fresh());

    const Pool same = testing::address_pool(book, "2001:db8::10", "2001:db8::1f");
    CHECK_FALSE(book.has_fresh());
    CHECK(same.is_taken(address("2001:db8::12")));
    const Pool longer = testing::address_pool(book, "2001:db8::10", "2001:db8::2f");
    CHECK(book.has_fresh());
    CHECK_FALSE(longer.is_taken(address("2001:db8::12")));
  }
  book.settle();
  const Pool later = testing::address_pool(book, "2001:db8::10", "2001:db8::1f");
  CHECK(book.has_fresh());
  CHECK_FALSE(later.is_taken(address("2001:db8::12")));
}

}  // namespace
}  // namespace tandem6::lease::pool_test
