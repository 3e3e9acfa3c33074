// check.cpp: the end of a program that broke a contract. write(2) only, so that it works in a
// signal handler, in a fork's child and with a broken heap.
#include <weir/atomic.hpp>
#include <weir/check.hpp>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

namespace weir::detail {
namespace {

atomic<CheckHook> check_hook{nullptr};

struct Line {
  char text[1024];
  std::size_t size = 0;

  void add(const char* part) noexcept {
    if (part == nullptr) return;
    const std::size_t room = sizeof(text) - 1 - size;  // one byte is kept for the line end
    std::size_t length = std::strlen(part);
    if (length > room) length = room;
    std::memcpy(text + size, part, length);
    size += length;
  }

  void add(int number) noexcept {
    char digits[12];
    std::size_t first = sizeof(digits) - 1;
    digits[first] = 0;
    unsigned rest = number < 0 ? 0U : static_cast<unsigned>(number);
    do {
      digits[--first] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    add(digits + first);
  }
};

}  // namespace

void check_failed(const char* file, int line, const char* expression,
                  const char* sentence) noexcept {
  Line out;
  out.add(file);
  out.add(":");
  out.add(line);
  out.add(": ");
  out.add(sentence);
  out.add(" (");
  out.add(expression);
  out.add(")");
  out.text[out.size++] = '\n';
  const char* next = out.text;
  while (out.size > 0) {
    const ssize_t written = ::write(STDERR_FILENO, next, out.size);
    if (written <= 0) break;  // stderr is gone: abort all the same
    next += written;
    out.size -= static_cast<std::size_t>(written);
  }
  // Taken out first: a check that fails in the hook ends the program.
  // (2) acquire pairs with (1): what the hook uses
  if (const CheckHook hook = check_hook.exchange(nullptr, acquire)) hook();
  std::abort();
}

CheckHook set_check_hook(CheckHook hook) noexcept {
  return check_hook.exchange(hook, release);  // (1) release pairs with (2): what the hook uses
}

}  // namespace weir::detail
