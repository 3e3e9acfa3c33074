#include <doctest/doctest.h>

#include <initializer_list>
#include <weir/detail/cpu_mask.hpp>
#include <weir/thread.hpp>

#include "child.hpp"

using weir::detail::CpuMask;
using weir::detail::parse_cpu_list;
using weir::detail::read_affinity;
using weir::detail::write_affinity;

namespace {

CpuMask mask_of(std::initializer_list<int> cpus) {
  CpuMask mask;
  for (const int cpu : cpus) mask.add(cpu);
  return mask;
}

}  // namespace

TEST_CASE("cpu mask: a set, from the first CPU to the last that a kernel can have") {
  CpuMask mask = mask_of({0, 63, 64, 8191});
  CHECK(mask.count() == 4);
  CHECK(mask.has(8191));
  CHECK_FALSE(mask.has(1));
  mask.add(-1);
  mask.add(CpuMask::cpus_max);
  CHECK(mask.count() == 4);
  CHECK_FALSE(mask.has(-1));
  CHECK_FALSE(mask.has(CpuMask::cpus_max));
  mask.remove(63);
  mask.remove(63);
  mask.remove(-1);
  CHECK(mask == mask_of({0, 64, 8191}));
  CHECK((mask & mask_of({1, 64})) == CpuMask::of(64));
  CHECK((mask & CpuMask::all()) == mask);
  CHECK(CpuMask().empty());
  CHECK(CpuMask::all().count() == CpuMask::cpus_max);
}

TEST_CASE("cpu mask: the kernel's lists, read and written") {
  const auto read = [](const char* text) {
    CpuMask mask;
    REQUIRE(parse_cpu_list(text, mask));
    return mask;
  };
  CHECK(read("0\n") == CpuMask::of(0));
  CHECK(read("0-3,8\n") == mask_of({0, 1, 2, 3, 8}));
  CHECK(read(" 5-5,7 ") == mask_of({5, 7}));
  CHECK(read("8191") == CpuMask::of(8191));
  for (const char* text : {"0", "0-3,8", "5,7", "0-8191", "62-65,8190-8191"})
    CHECK(read(text).text() == text);
  CHECK(CpuMask().text().empty());
}

TEST_CASE("cpu mask: what is no list leaves the mask alone") {
  for (const char* text : {"", "\n", "x", "0-", "-1", "3-1", "0,,1", "0,", ",0", "0 1", "8192",
                           "0-8192", "99999999999", "0-3x", "1-2-3"}) {
    CAPTURE(text);
    CpuMask mask = CpuMask::of(4);
    CHECK_FALSE(parse_cpu_list(text, mask));
    CHECK(mask == CpuMask::of(4));
  }
}

TEST_CASE("cpu mask: affinity is read and written by a thread's number") {
  CpuMask own;
  REQUIRE(read_affinity(0, own));
  CHECK(own.count() >= 1);
  const weir::test::Child child = weir::test::in_child([&own] {
    int last = 0;
    for (int cpu = 0; cpu < CpuMask::cpus_max; ++cpu) last = own.has(cpu) ? cpu : last;
    CpuMask now;
    return write_affinity(weir::thread_id(), CpuMask::of(last)) && read_affinity(0, now) &&
           now == CpuMask::of(last) && !write_affinity(0, CpuMask()) && read_affinity(0, now) &&
           now == CpuMask::of(last);
  });
  CHECK(child.code == 0);
  CpuMask kept = CpuMask::of(4);
  CHECK_FALSE(read_affinity(0x3fffffff, kept));  // above any thread's number
  CHECK(kept == CpuMask::of(4));
  CHECK_FALSE(write_affinity(0x3fffffff, own));
}
