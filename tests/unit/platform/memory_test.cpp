#include <weir/detail/huge_pages.hpp>
#include <weir/memory.hpp>
#include <weir/thread.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace {
// Powers of two among them: allocators have short cuts for these.
constexpr std::size_t sizes[] = {0, 1, 100, 128, 256, 512, 1024, 2048, 4096, 100'000};
}  // namespace

TEST_CASE("memory: allocations are aligned, writable, and counted in bytes and calls") {
  const std::size_t bytes_before = weir::allocated_bytes();
  const std::uint64_t calls_before = weir::allocation_count();
  for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2) {
    for (const std::size_t bytes : sizes) {
      void* block = weir::allocate_bytes(bytes, alignment);
      REQUIRE(block != nullptr);
      CHECK(reinterpret_cast<std::uintptr_t>(block) % alignment == 0);
      std::memset(block, 0x5a, bytes);
      CHECK(weir::allocated_bytes() == bytes_before + bytes);
      weir::release_bytes(block, bytes, alignment);
      CHECK(weir::allocated_bytes() == bytes_before);
    }
  }
  CHECK(weir::allocation_count() == calls_before + 13 * std::size(sizes));
}

TEST_CASE("memory: large blocks lie on large pages where the kernel has them") {
  constexpr std::size_t bytes = std::size_t{8} << 20;
  char* const block = static_cast<char*>(weir::allocate_bytes(bytes, 64));
  REQUIRE(block != nullptr);
  weir::detail::ask_for_huge_pages(block, 100);
  weir::detail::ask_for_huge_pages(block, bytes);
  std::memset(block, 0x5a, bytes);
  CHECK(block[0] == 0x5a);
  CHECK(block[bytes - 1] == 0x5a);
  // What the kernel says of the mapping that the block's middle lies in.
  const auto middle = reinterpret_cast<std::uintptr_t>(block) + bytes / 2;
  std::ifstream maps("/proc/self/smaps");
  std::string line, flags;
  for (bool here = false; flags.empty() && std::getline(maps, line);) {
    std::uintptr_t begin = 0, end = 0;
    char dash = 0;
    std::istringstream head(line);
    if (head >> std::hex >> begin >> dash >> end && dash == '-') here = begin <= middle && middle < end;
    if (here && line.starts_with("VmFlags:")) flags = line + ' ';
  }
  const bool known = std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled").good();
  if (known && !flags.empty()) CHECK(flags.find(" hg ") != std::string::npos);
  weir::release_bytes(block, bytes, 64);
}

TEST_CASE("memory: what cannot be had is nullptr and not counted") {
  const std::size_t bytes_before = weir::allocated_bytes();
  const std::uint64_t calls_before = weir::allocation_count();
  volatile std::size_t bytes = std::size_t{1} << 62;
#if !defined(WEIR_SANITIZED)  // a sanitizer ends the program instead
  CHECK(weir::allocate_bytes(bytes, 64) == nullptr);
#endif
  weir::release_bytes(nullptr, bytes, 64);  // as release of nothing
  CHECK(weir::allocation_count() == calls_before);
  CHECK(weir::allocated_bytes() == bytes_before);
}

TEST_CASE("memory: a container with PlatformAllocator is counted") {
  const std::size_t before = weir::allocated_bytes();
  {
    std::vector<double, weir::PlatformAllocator<double>> values;
    values.reserve(1000);
    CHECK(weir::allocated_bytes() == before + 8000);
    CHECK(weir::PlatformAllocator<int>() == weir::PlatformAllocator<double>());
  }
  CHECK(weir::allocated_bytes() == before);
}

TEST_CASE("memory: resident size is known and below its peak") {
  const std::size_t now = weir::rss_bytes();
  CHECK(now > 100'000);
  CHECK(weir::peak_rss_bytes() > 100'000);
}

namespace {

struct Logged {
  std::string* log;
  char name;
  ~Logged() { *log += name; }
};

struct alignas(256) Wide {
  int value = 3;
};

}  // namespace

TEST_CASE("slab: objects are destroyed in reverse order, chunks given back") {
  const std::size_t before = weir::allocated_bytes();
  std::string log;
  {
    weir::Slab slab(256);
    for (char name = 'a'; name <= 'z'; ++name) CHECK(slab.make<Logged>(&log, name)->name == name);
    CHECK(weir::allocated_bytes() == before + slab.bytes());
    CHECK(slab.used() < slab.bytes());
  }
  CHECK(log == "zyxwvutsrqponmlkjihgfedcba");
  CHECK(weir::allocated_bytes() == before);
}

TEST_CASE("slab: arrays are value-initialised, alignment is kept") {
  weir::Slab slab(64);
  int* const numbers = slab.make_array<int>(1000);
  for (int i = 0; i < 1000; ++i) REQUIRE(numbers[i] == 0);
  Wide* const wide = slab.make_array<Wide>(3);
  CHECK(reinterpret_cast<std::uintptr_t>(wide) % 256 == 0);
  CHECK(wide[2].value == 3);
  CHECK(slab.take(1, 4096) != nullptr);
  std::string* const text = slab.make<std::string>(std::size_t{100}, 'x');
  CHECK(text->size() == 100);
}

TEST_CASE("slab: reserved room is taken at once and suffices") {
  weir::Slab slab(64);
  REQUIRE(slab.reserve(10'000));
  const std::size_t bytes = slab.bytes();
  slab.seal();
  void* first = slab.take(5'000, 8);
  void* second = slab.take(5'000, 8);
  CHECK(first != nullptr);
  CHECK(second != nullptr);
  CHECK(slab.bytes() == bytes);
}

TEST_CASE("slab: a sealed slab that is full answers nullptr and stays usable") {
  weir::Slab slab(256);
  REQUIRE(slab.reserve(256));
  slab.seal();
  CHECK_FALSE(slab.reserve(100'000));
  CHECK(slab.take(100'000, 8) == nullptr);
  CHECK(slab.take(16, 8) != nullptr);
  slab.clear();
  CHECK(slab.bytes() == 0);
  CHECK(slab.take(100'000, 8) != nullptr);
}

namespace {

struct HeapUser {
  void* block = nullptr;
  std::size_t seen = 0;
};

void use_heap(void* argument) {
  HeapUser& user = *static_cast<HeapUser*>(argument);
  weir::WorkerHeap heap;
  user.block = heap.allocate(1000, 128);
  std::memset(user.block, 1, 1000);
  void* other = heap.allocate(24, 8);
  user.seen = weir::allocated_bytes();
  weir::WorkerHeap::release(other, 24, 8);
}

}  // namespace

TEST_CASE("worker heap: counted, and its blocks outlive it and its thread") {
  const std::size_t before = weir::allocated_bytes();
  HeapUser user;
  weir::Thread thread = weir::Thread::start({.name = "heap"}, &use_heap, &user).value();
  thread.join();
  CHECK(user.seen == before + 1024);
  CHECK(reinterpret_cast<std::uintptr_t>(user.block) % 128 == 0);
  CHECK(static_cast<char*>(user.block)[999] == 1);
  CHECK(weir::allocated_bytes() == before + 1000);
  weir::WorkerHeap::release(user.block, 1000, 128);
  CHECK(weir::allocated_bytes() == before);
}

TEST_CASE("worker heap: blocks are aligned") {
  weir::WorkerHeap heap;
  for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2) {
    for (const std::size_t bytes : sizes) {
      void* block = heap.allocate(bytes, alignment);
      REQUIRE(block != nullptr);
      CHECK(reinterpret_cast<std::uintptr_t>(block) % alignment == 0);
      weir::WorkerHeap::release(block, bytes, alignment);
    }
  }
}

TEST_CASE("memory: the allocator has a name") {
#if defined(WEIR_SANITIZED)
  CHECK(std::string(weir::allocator_name()) == "malloc");
#else
  CHECK(std::string(weir::allocator_name()).rfind("mimalloc 2.", 0) == 0);
#endif
}
