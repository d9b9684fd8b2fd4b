#include "dataplane/worker/table_memory.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <vector>

namespace tandem6::worker::table_memory_test {
namespace {

TEST_CASE("TableMemory gives out pieces that do not overlap, aligned to a cache line, small ones and huge ones") {
  TableMemory memory;
  struct Piece {
    unsigned char* at;
    size_t size;
  };
  std::vector<Piece> pieces;
  for (const size_t size : {1UL, 64UL, 100UL, 16416UL, 300'000UL, 5'000'000UL, 40'000'000UL, 64UL}) {
    auto* const at = static_cast<unsigned char*>(memory.allocate(size, 64));
    CHECK(reinterpret_cast<uintptr_t>(at) % 64 == 0);
    std::memset(at, static_cast<int>(pieces.size()), size);
    pieces.push_back({at, size});
  }
  for (size_t i = 0; i < pieces.size(); ++i) {
    CHECK(pieces[i].at[0] == i);
    CHECK(pieces[i].at[pieces[i].size - 1] == i);
  }
  for (const Piece& piece : pieces) memory.deallocate(piece.at, piece.size, 64);
}

TEST_CASE("TableMemory gives a piece that came back to the next one who wants as much") {
  TableMemory memory;
  void* const first = memory.allocate(1000, 8);
  void* const second = memory.allocate(2000, 8);
  memory.deallocate(first, 1000, 8);
  CHECK(memory.allocate(2000, 8) != first);
  CHECK(memory.allocate(1000, 8) == first);
  CHECK(memory.allocate(1000, 8) != second);
}

}  // namespace
}  // namespace tandem6::worker::table_memory_test
