// Asking for memory before it is needed.
#pragma once

namespace tandem6::lease {

/// Starts fetching the cache line at `address`, which may be any: nothing is read.
inline void prefetch(const void* address) {
  __builtin_prefetch(address);
  // GCC 12 takes a function that does nothing but prefetch for one without effect, and leaves out the calls to it.
  asm volatile("" : : "r"(address));
}

}  // namespace tandem6::lease
