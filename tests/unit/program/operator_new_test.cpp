// operator_new_test.cpp: what a program's `new` does when there is no memory for it (platform/src/program).
#include <doctest/doctest.h>

#include <weir/weir.hpp>

#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

namespace {

using weir::Runtime;
using weir::Status;

constexpr std::size_t far_too_much = std::size_t{1} << 47;  // no process has so much address space
struct alignas(256) Wide {
  char bytes[256];
};

/// Kept from the optimiser, which may leave out a new and its delete.
volatile std::size_t wanted = far_too_much;

}  // namespace

TEST_CASE("program: a new without memory throws std::bad_alloc") {
  CHECK_THROWS_AS(static_cast<void>(::operator new(wanted)), std::bad_alloc);
  CHECK_THROWS_AS(static_cast<void>(::operator new[](wanted)), std::bad_alloc);
  CHECK_THROWS_AS(static_cast<void>(::operator new(wanted, std::align_val_t{256})), std::bad_alloc);
  CHECK_THROWS_AS(static_cast<void>(::operator new[](wanted, std::align_val_t{256})), std::bad_alloc);
  CHECK_THROWS_AS(static_cast<void>(::operator new(SIZE_MAX, std::align_val_t{256})), std::bad_alloc);
  CHECK_THROWS_AS(std::vector<char>(wanted, 'a'), std::bad_alloc);
  CHECK(::operator new(wanted, std::nothrow) == nullptr);
}

TEST_CASE("program: a body that finds no memory fails like one that throws") {
  auto runtime = Runtime::start({.workers = 1}).value();
  weir::Error error;
  CHECK(runtime->run([] { std::vector<char> much(wanted); }, &error) == Status::failed);
  CHECK(error.what == "std::bad_alloc");
}

TEST_CASE("program: a new_handler is asked, as the standard says") {
  static int asked = 0;
  const std::new_handler before = std::set_new_handler([] {
    if (++asked == 3) std::set_new_handler(nullptr);
  });
  CHECK_THROWS_AS(static_cast<void>(::operator new(wanted)), std::bad_alloc);
  std::set_new_handler(before);
  CHECK(asked == 3);
}

TEST_CASE("program: blocks of all forms, down to none, are there and can be given back") {
  void* const none = ::operator new(0);
  CHECK(none != nullptr);
  ::operator delete(none);
  delete[] new std::string[3];
  auto* const one = new Wide;
  auto* const many = new Wide[3];
  CHECK(reinterpret_cast<std::uintptr_t>(one) % alignof(Wide) == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(many) % alignof(Wide) == 0);
  delete one;
  delete[] many;
  void* const odd = ::operator new(300, std::align_val_t{256});
  CHECK(reinterpret_cast<std::uintptr_t>(odd) % 256 == 0);
  ::operator delete(odd, std::align_val_t{256});
}
