// memory.cpp: the only file that knows mimalloc.
//
// Debian's libmimalloc.so also carries malloc and operator new, so a program linked with it uses
// mimalloc throughout; that is the package's doing, weir itself replaces nothing.
#include <weir/atomic.hpp>
#include <weir/detail/huge_pages.hpp>
#include <weir/detail/memory_peak.hpp>
#include <weir/memory.hpp>
#include <weir/phase.hpp>
#include <weir/version.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#if WEIR_USES_MIMALLOC
#include <mimalloc.h>
#endif

namespace weir {
namespace {

// relaxed, all of them: sums for reports; nothing is read through them
atomic<std::size_t> live_bytes{0};
atomic<std::size_t> most_bytes{0};
atomic<std::uint64_t> calls{0};

void* counted(void* block, std::size_t bytes) noexcept {
  if (block != nullptr) {
    const std::size_t live = live_bytes.fetch_add(bytes, relaxed) + bytes;  // relaxed: a sum
    std::size_t most = most_bytes.load(relaxed);                            // relaxed: for reports
    while (live > most &&
           !most_bytes.compare_exchange_weak(most, live, relaxed)) {  // relaxed: for reports
    }
    calls.fetch_add(1, relaxed);  // relaxed: a count
  }
  return block;
}

[[maybe_unused]] void* aligned_malloc(std::size_t bytes, std::size_t alignment) noexcept {
  if (alignment <= alignof(std::max_align_t)) return std::malloc(bytes);
  void* block = nullptr;
  return ::posix_memalign(&block, alignment, bytes) == 0 ? block : nullptr;
}

#if WEIR_USES_MIMALLOC
// The form with an offset: the one without has a short cut for powers of two up to 1 KiB that keeps no alignment
// above 128 (2.0.9).
constexpr std::size_t no_offset = 0;
#endif

void give_back(void* block, std::size_t bytes) noexcept {
  if (block == nullptr) return;
  live_bytes.fetch_sub(bytes, relaxed);  // relaxed: a sum
#if WEIR_USES_MIMALLOC
  mi_free(block);
#else
  std::free(block);
#endif
}

}  // namespace

void* allocate_bytes(std::size_t bytes, std::size_t alignment) noexcept {
  note_allocation();
  const std::size_t size = bytes == 0 ? 1 : bytes;
#if WEIR_USES_MIMALLOC
  return counted(mi_malloc_aligned_at(size, alignment, no_offset), bytes);
#else
  return counted(aligned_malloc(size, alignment), bytes);
#endif
}

void release_bytes(void* block, std::size_t bytes, std::size_t) noexcept {
  give_back(block, bytes);
}

std::size_t allocated_bytes() noexcept {
  return live_bytes.load(relaxed);  // relaxed: a sum
}
std::size_t detail::allocated_bytes_peak() noexcept {
  return most_bytes.load(relaxed);  // relaxed: for reports
}
std::uint64_t allocation_count() noexcept {
  return calls.load(relaxed);  // relaxed: a count
}

const char* allocator_name() noexcept {
#if WEIR_USES_MIMALLOC
  struct Name {
    char text[32];
    Name() noexcept {
      const int number = mi_version();  // 209 is 2.0.9
      std::snprintf(text, sizeof(text), "mimalloc %d.%d.%d", number / 100, number / 10 % 10,
                    number % 10);
    }
  };
  static const Name name;
  return name.text;
#else
  return "malloc";
#endif
}

std::size_t rss_bytes() noexcept {
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[128];
  const ssize_t size = ::read(file, text, sizeof(text) - 1);
  ::close(file);
  if (size <= 0) return 0;
  text[size] = 0;
  unsigned long total_pages = 0;
  unsigned long resident_pages = 0;
  if (std::sscanf(text, "%lu %lu", &total_pages, &resident_pages) != 2) return 0;
  return resident_pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t peak_rss_bytes() noexcept {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;  // Linux counts in KiB
}

void detail::ask_for_huge_pages(void* block, std::size_t bytes) noexcept {
  constexpr std::uintptr_t page = std::uintptr_t{2} << 20;
  const std::uintptr_t begin = (reinterpret_cast<std::uintptr_t>(block) + page - 1) / page * page;
  const std::uintptr_t end = (reinterpret_cast<std::uintptr_t>(block) + bytes) / page * page;
  if (end <= begin) return;
  static_cast<void>(
      ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE));  // or not
}

// Slab

// 128 bytes, so that the first object of a chunk is as aligned as the chunk.
struct alignas(contended_bytes) Slab::Chunk {
  Chunk* previous;
  std::size_t bytes;  // with this header
  std::size_t next;   // offset of the first free byte
};

namespace {
constexpr std::size_t chunk_bytes_max = std::size_t{1} << 20;  // of a chunk that nobody asked for whole
}  // namespace

bool Slab::grow(std::size_t bytes) noexcept {
  if (sealed_ || bytes > std::numeric_limits<std::size_t>::max() - 2 * sizeof(Chunk)) return false;
  // As large as all before it, so that many small objects lie in few pieces.
  const std::size_t least = std::max(chunk_bytes_, std::min(bytes_, chunk_bytes_max));
  std::size_t size = sizeof(Chunk) + std::max(bytes, least);
  size = (size + 63) / 64 * 64;
  void* block = allocate_bytes(size, alignof(Chunk));
  if (block == nullptr) return false;
  detail::ask_for_huge_pages(block, size);  // their owners walk through them
  chunk_ = ::new (block) Chunk{chunk_, size, sizeof(Chunk)};
  bytes_ += size;
  return true;
}

bool Slab::reserve(std::size_t bytes) noexcept {
  if (chunk_ != nullptr && chunk_->bytes - chunk_->next >= bytes) return true;
  return grow(bytes);
}

void* Slab::take(std::size_t bytes, std::size_t alignment) noexcept {
  if (bytes > std::numeric_limits<std::size_t>::max() - 2 * alignment) return nullptr;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (chunk_ != nullptr) {
      const auto base = reinterpret_cast<std::uintptr_t>(chunk_);
      const std::size_t first = ((base + chunk_->next + alignment - 1) & ~(alignment - 1)) - base;
      if (first <= chunk_->bytes && bytes <= chunk_->bytes - first) {
        used_ += first + bytes - chunk_->next;
        chunk_->next = first + bytes;
        return reinterpret_cast<void*>(base + first);
      }
    }
    if (attempt == 0 && !grow(alignment > alignof(Chunk) ? bytes + alignment : bytes))
      return nullptr;
  }
  return nullptr;
}

void Slab::clear() noexcept {
  for (Owned* owned = last_; owned != nullptr; owned = owned->previous)
    owned->destroy(owned->objects, owned->count);
  last_ = nullptr;
  while (chunk_ != nullptr) {
    Chunk* const chunk = chunk_;
    chunk_ = chunk->previous;
    release_bytes(chunk, chunk->bytes, alignof(Chunk));
  }
  bytes_ = 0;
  used_ = 0;
  sealed_ = false;
}

// WorkerHeap

#if WEIR_USES_MIMALLOC
WorkerHeap::WorkerHeap() noexcept : heap_(mi_heap_new()), owner_(::gettid()) {
  WEIR_CHECK(heap_ != nullptr, "out of memory");
}
WorkerHeap::~WorkerHeap() {
  WEIR_CHECK(owner_ == ::gettid(), "a worker's heap is destroyed on the thread that built it");
  // Blocks that live on move to the thread's default heap.
  mi_heap_delete(static_cast<mi_heap_t*>(heap_));
}
#else
WorkerHeap::WorkerHeap() noexcept : heap_(nullptr), owner_(::gettid()) {}
WorkerHeap::~WorkerHeap() {
  WEIR_CHECK(owner_ == ::gettid(), "a worker's heap is destroyed on the thread that built it");
}
#endif

void* WorkerHeap::allocate(std::size_t bytes, std::size_t alignment) noexcept {
  WEIR_ASSERT(owner_ == ::gettid(), "a worker's heap is used on the thread that built it");
  note_allocation();
  const std::size_t size = bytes == 0 ? 1 : bytes;
#if WEIR_USES_MIMALLOC
  auto* const heap = static_cast<mi_heap_t*>(heap_);
  return counted(mi_heap_malloc_aligned_at(heap, size, alignment, no_offset), bytes);
#else
  return counted(aligned_malloc(size, alignment), bytes);
#endif
}

void WorkerHeap::release(void* block, std::size_t bytes, std::size_t) noexcept {
  give_back(block, bytes);
}

}  // namespace weir
