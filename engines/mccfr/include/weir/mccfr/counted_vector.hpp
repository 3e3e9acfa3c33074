// counted_vector.hpp: vectors whose bytes are platform allocation, so that what a run announces is what is counted.
//
// Roles:  as std::vector. Errors: std::bad_alloc, where PlatformAllocator would end the process.
#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <vector>
#include <weir/memory.hpp>

namespace weir::mccfr {

template <class T>
struct CountedAllocator {
  using value_type = T;

  CountedAllocator() noexcept = default;
  template <class U>
  CountedAllocator(const CountedAllocator<U>&) noexcept {}

  T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_alloc();
    void* const block = allocate_bytes(count * sizeof(T), alignof(T));
    if (block == nullptr) throw std::bad_alloc();
    return static_cast<T*>(block);
  }
  void deallocate(T* block, std::size_t count) noexcept {
    release_bytes(block, count * sizeof(T), alignof(T));
  }
  template <class U>
  bool operator==(const CountedAllocator<U>&) const noexcept {
    return true;
  }
};

template <class T>
using CountedVector = std::vector<T, CountedAllocator<T>>;

}  // namespace weir::mccfr
