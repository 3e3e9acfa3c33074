// memory.hpp of the race detectors' build: the C library's allocator, which they know.
#pragma once

#include <cstddef>
#include <cstdlib>

namespace weir {

inline void* allocate_bytes(std::size_t bytes, std::size_t alignment) noexcept {
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}
inline void release_bytes(void* block, std::size_t, std::size_t) noexcept { std::free(block); }

}  // namespace weir
