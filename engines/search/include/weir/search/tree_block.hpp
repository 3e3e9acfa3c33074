// tree_block.hpp: the one block of memory that a tree lives in.
//
// Roles:  one thread at a time.
// Memory: counted platform memory on large pages; or the program's heap, which a worker may take while the runtime
//         runs.
// Errors: no memory ends the program.
#pragma once

#include <cstddef>
#include <new>
#include <weir/atomic.hpp>
#include <weir/check.hpp>
#include <weir/memory.hpp>

namespace weir::search::games {

class TreeBlock {
 public:
  static constexpr std::size_t line = contended_bytes;

  /// Room for pieces of `bytes` together, each rounded up to whole lines.
  TreeBlock(std::size_t bytes, bool heap) {
    if (!heap) {
      WEIR_CHECK(slab_.reserve(bytes), "out of memory");
      return;
    }
    heap_ = static_cast<char*>(::operator new (bytes, std::align_val_t{line}));
    heap_bytes_ = bytes;
  }
  TreeBlock(const TreeBlock&) = delete;
  TreeBlock& operator=(const TreeBlock&) = delete;
  ~TreeBlock() {
    if (heap_ != nullptr) ::operator delete (heap_, std::align_val_t{line});
  }

  void* take(std::size_t bytes) noexcept {
    if (heap_ == nullptr) return slab_.take(bytes, line);
    char* const piece = heap_ + taken_;
    taken_ += (bytes + line - 1) / line * line;
    WEIR_CHECK(taken_ <= heap_bytes_, "a block holds what was asked for");
    return piece;
  }
  std::size_t bytes() const noexcept { return heap_ == nullptr ? slab_.bytes() : heap_bytes_; }

 private:
  Slab slab_;
  char* heap_ = nullptr;
  std::size_t heap_bytes_ = 0;
  std::size_t taken_ = 0;
};

}  // namespace weir::search::games
