#include "dataplane/worker/table_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <utility>

#include "dataplane/wire/require.h"

namespace tandem6::worker {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kAlignment = 64;  // of everything that is given out: a cache line
/// A small server, a test or a simulated one is not to hold a huge page for a handful of leases.
constexpr size_t kFirstBlock = size_t{64} << 10;

constexpr size_t kLargestBlock = size_t{32} << 20;

std::align_val_t alignment_of(size_t block) { return std::align_val_t{block < kHugePage ? kAlignment : kHugePage}; }

constexpr size_t rounded(size_t size, size_t unit) { return (size + unit - 1) / unit * unit; }

}  // namespace

TableMemory::~TableMemory() {
  for (const Block& block : blocks_) ::operator delete(block.begin, alignment_of(block.size));
}

// Twice the last block until they are large: what is not touched yet takes no memory.
void TableMemory::add_block(size_t at_least) {
  const size_t doubled = blocks_.empty() ? kFirstBlock : std::min(2 * blocks_.back().size, kLargestBlock);
  const size_t size = at_least < doubled ? doubled : rounded(at_least, kHugePage);
  auto* const begin = static_cast<std::byte*>(::operator new(size, alignment_of(size)));
  // Where the kernel does not back it with huge pages, nothing changes but speed.
  if (size >= kHugePage) madvise(begin, size, MADV_HUGEPAGE);
  blocks_.push_back({begin, size});
  next_ = begin;
  left_ = size;
}

void* TableMemory::do_allocate(size_t bytes, size_t alignment) {
  require(alignment <= kAlignment, "records are aligned to a cache line at most");
  const size_t size = rounded(bytes, kAlignment);
  const std::lock_guard lock(mutex_);
  if (const auto free = free_.find(size); free != free_.end() && !free->second.empty()) {
    void* const memory = free->second.back();
    free->second.pop_back();
    return memory;
  }
  if (left_ < size) add_block(size);
  left_ -= size;
  return std::exchange(next_, next_ + size);
}

void TableMemory::do_deallocate(void* memory, size_t bytes, size_t) {
  const std::lock_guard lock(mutex_);
  free_[rounded(bytes, kAlignment)].push_back(memory);
}

}  // namespace tandem6::worker
