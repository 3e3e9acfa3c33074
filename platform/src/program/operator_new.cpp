// operator_new.cpp: a failing `new` of our programs throws std::bad_alloc, as the standard says.
//
// Debian's libmimalloc.so is compiled as C: its operator new ends the process without a word where memory is short
// and the program has no new_handler. So each program links these, and its errors and exit codes hold there too.
// Not part of libweir: a library replaces nothing.
#include <weir/version.hpp>

#if WEIR_USES_MIMALLOC

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

template <class Take>
void* take_or_throw(Take take) {
  for (;;) {
    if (void* const block = take()) return block;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

void* allocate(std::size_t bytes) {
  return take_or_throw([bytes] { return std::malloc(bytes == 0 ? 1 : bytes); });
}

void* allocate(std::size_t bytes, std::align_val_t alignment) {
  // mimalloc 2.0.9 has a short cut for powers of two up to 1 KiB that keeps no alignment above 128.
  const std::size_t unit = std::max(static_cast<std::size_t>(alignment), sizeof(void*));
  const bool cut_short = unit > 128 && (bytes & (bytes - 1)) == 0;
  return take_or_throw([unit, size = cut_short ? bytes + 1 : bytes] {
    void* block = nullptr;
    return ::posix_memalign(&block, unit, size) == 0 ? block : nullptr;
  });
}

}  // namespace

// The other forms of new and delete stay mimalloc's, whose blocks these are.
void* operator new(std::size_t bytes) { return allocate(bytes); }
void* operator new[](std::size_t bytes) { return allocate(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) { return allocate(bytes, alignment); }
void* operator new[](std::size_t bytes, std::align_val_t alignment) { return allocate(bytes, alignment); }

#endif
