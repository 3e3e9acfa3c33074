// memory.hpp: where weir's bytes come from, counted: platform allocation, arenas, per-worker heaps.
//
// Roles:    any thread, unless said otherwise at the class.
// Progress: an allocation may wait for the kernel; releasing never does. None of it belongs on a
//           hot path (phase.hpp).
// Errors:   allocate_bytes answers nullptr when there is no memory; PlatformAllocator and
//           Slab::make abort then.
// Memory:   mimalloc, or malloc in sanitizer builds (version.hpp). Counts are of the bytes asked
//           for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>

#include <weir/check.hpp>

namespace weir {

/// `bytes` (0 counts as 1) aligned to `alignment` (a power of two), or nullptr. Counted; noted by
/// the phase guard.
[[nodiscard]] void* allocate_bytes(std::size_t bytes, std::size_t alignment) noexcept;
/// Gives back what allocate_bytes gave for the same two numbers; any thread. nullptr is allowed.
void release_bytes(void* block, std::size_t bytes, std::size_t alignment) noexcept;

/// Bytes that allocate_bytes and the worker heaps have given and not got back, in the whole
/// process.
std::size_t allocated_bytes() noexcept;
/// Calls of allocate_bytes and WorkerHeap::allocate that gave a block, since the start of the
/// process.
std::uint64_t allocation_count() noexcept;

/// "mimalloc 2.0.9" or "malloc": what all this is made of.
const char* allocator_name() noexcept;

/// Resident set of this process now, and its highest so far, bytes; 0 when the kernel does not say.
std::size_t rss_bytes() noexcept;
std::size_t peak_rss_bytes() noexcept;

/// A std allocator over allocate_bytes, so that the runtime's containers are counted. Stateless.
template <class T>
class PlatformAllocator {
 public:
  using value_type = T;

  PlatformAllocator() noexcept = default;
  template <class U>
  PlatformAllocator(const PlatformAllocator<U>&) noexcept {}

  T* allocate(std::size_t count) {
    WEIR_CHECK(count <= std::numeric_limits<std::size_t>::max() / sizeof(T),
               "a container asked for too many bytes");
    void* block = allocate_bytes(count * sizeof(T), alignof(T));
    WEIR_CHECK(block != nullptr, "out of memory");
    return static_cast<T*>(block);
  }
  void deallocate(T* block, std::size_t count) noexcept {
    release_bytes(block, count * sizeof(T), alignof(T));
  }

  template <class U>
  bool operator==(const PlatformAllocator<U>&) const noexcept {
    return true;
  }
};

/// A bump arena: setup code takes from it, the owner destroys all at once, in reverse order.
/// Objects never move. Roles: one thread at a time. Memory: one block a chunk, header of 128 bytes
/// included; take() grows it until seal().
class Slab {
 public:
  /// Takes nothing yet; later chunks have at least `chunk_bytes`, and as much as all before up to 1 MiB.
  explicit Slab(std::size_t chunk_bytes = 64 * 1024) noexcept : chunk_bytes_(chunk_bytes) {}
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab() { clear(); }

  /// Makes sure that one chunk has room for `bytes` more (padding for alignment is the caller's to
  /// add), taken at once. False: no memory, or sealed.
  bool reserve(std::size_t bytes) noexcept;
  /// Uninitialised storage that lives until clear(). nullptr: no memory, or sealed and full.
  [[nodiscard]] void* take(std::size_t bytes, std::size_t alignment) noexcept;
  /// From here on the slab asks for no more chunks (the running phase).
  void seal() noexcept { sealed_ = true; }
  /// Destroys what make() and make_array() built, last first, gives all chunks back and unseals.
  void clear() noexcept;

  /// Bytes taken from platform allocation.
  std::size_t bytes() const noexcept { return bytes_; }
  /// Bytes handed out, padding for alignment included.
  std::size_t used() const noexcept { return used_; }

  /// Builds a T whose destructor clear() will run. Aborts when there is no memory.
  template <class T, class... A>
  T* make(A&&... arguments) {
    return &build<T>(1, std::forward<A>(arguments)...)[0];
  }
  /// Builds `count` value-initialised T, side by side. Aborts when there is no memory.
  template <class T>
  T* make_array(std::size_t count) {
    return build<T>(count);
  }

 private:
  struct Chunk;
  struct Owned {
    void (*destroy)(void*, std::size_t) noexcept;
    void* objects;
    std::size_t count;
    Owned* previous;
  };

  template <class T, class... A>
  T* build(std::size_t count, A&&... arguments) {
    static_assert(std::is_nothrow_destructible_v<T>,
                  "a slab destroys its objects where nothing may throw");
    Owned* owned = nullptr;
    if constexpr (!std::is_trivially_destructible_v<T>) {
      owned = static_cast<Owned*>(take(sizeof(Owned), alignof(Owned)));
      WEIR_CHECK(owned != nullptr, "out of memory, or a slab was used beyond its sealed size");
    }
    WEIR_CHECK(count <= std::numeric_limits<std::size_t>::max() / sizeof(T),
               "a slab was asked for too many bytes");
    T* objects = static_cast<T*>(take(count * sizeof(T), alignof(T)));
    WEIR_CHECK(objects != nullptr, "out of memory, or a slab was used beyond its sealed size");
    if constexpr (sizeof...(A) == 0) {
      for (std::size_t i = 0; i < count; ++i) ::new (static_cast<void*>(objects + i)) T();
    } else {
      ::new (static_cast<void*>(objects)) T(std::forward<A>(arguments)...);
    }
    if constexpr (!std::is_trivially_destructible_v<T>) {
      last_ = ::new (static_cast<void*>(owned)) Owned{&destroy_objects<T>, objects, count, last_};
    }
    return objects;
  }

  template <class T>
  static void destroy_objects(void* objects, std::size_t count) noexcept {
    while (count > 0) static_cast<T*>(objects)[--count].~T();
  }

  bool grow(std::size_t bytes) noexcept;

  Chunk* chunk_ = nullptr;  // newest first
  Owned* last_ = nullptr;
  std::size_t chunk_bytes_;
  std::size_t bytes_ = 0;
  std::size_t used_ = 0;
  bool sealed_ = false;
};

/// One worker's own heap. Roles: built, used for allocate() and destroyed on one thread; release()
/// from any thread. Errors: allocate answers nullptr when there is no memory. Blocks that still
/// live when the heap goes stay valid.
class WorkerHeap {
 public:
  WorkerHeap() noexcept;
  WorkerHeap(const WorkerHeap&) = delete;
  WorkerHeap& operator=(const WorkerHeap&) = delete;
  ~WorkerHeap();

  [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment) noexcept;
  static void release(void* block, std::size_t bytes, std::size_t alignment) noexcept;

 private:
  [[maybe_unused]] void* heap_;  // mi_heap_t, or null with malloc
  int owner_;                    // the thread that built it
};

}  // namespace weir
