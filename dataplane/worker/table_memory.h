// Memory for a worker's tables, which are read at random: in huge pages where the kernel has them to give, so that a
// read costs one cache miss and not a walk through page tables as well.
#pragma once

#include <cstddef>
#include <map>
#include <memory_resource>
#include <mutex>
#include <vector>

namespace tandem6::worker {

/// Takes blocks from the system and parts them. What is given back is kept for the next one who wants just as much: its
/// users want a few sizes only. The mutex is for start-up, when several threads load; a worker comes here when its
/// tables grow, and only then. Everything taken from it must be given back before it ends.
class TableMemory final : public std::pmr::memory_resource {
 public:
  TableMemory() = default;
  ~TableMemory() override;
  TableMemory(const TableMemory&) = delete;
  TableMemory& operator=(const TableMemory&) = delete;

 private:
  struct Block {
    std::byte* begin;
    size_t size;
  };

  void* do_allocate(size_t bytes, size_t alignment) override;
  void do_deallocate(void* memory, size_t bytes, size_t alignment) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
  void add_block(size_t at_least);

  std::mutex mutex_;
  std::vector<Block> blocks_;
  std::byte* next_ = nullptr;  // what is left of the last block
  size_t left_ = 0;
  std::map<size_t, std::vector<void*>> free_;  // by size
};

}  // namespace tandem6::worker
