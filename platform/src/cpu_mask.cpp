// cpu_mask.cpp: sched_getaffinity and sched_setaffinity on words, and the kernel's lists of CPUs.
#include <sched.h>

#include <charconv>
#include <weir/detail/cpu_mask.hpp>

namespace weir::detail {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Reads a number and moves past it.
bool take_number(const char*& at, const char* end, int& number) noexcept {
  const auto parsed = std::from_chars(at, end, number);
  at = parsed.ptr;
  return parsed.ec == std::errc() && number >= 0 && number < CpuMask::cpus_max;
}

}  // namespace

std::string CpuMask::text() const {
  std::string list;
  for (int cpu = 0; cpu < cpus_max; ++cpu) {
    if (!has(cpu)) continue;
    int last = cpu;
    while (has(last + 1)) ++last;
    list += (list.empty() ? "" : ",") + std::to_string(cpu);
    if (last > cpu) list += "-" + std::to_string(last);
    cpu = last;
  }
  return list;
}

bool parse_cpu_list(std::string_view text, CpuMask& mask) noexcept {
  const std::string_view list = trimmed(text);
  const char* at = list.data();
  const char* const end = at + list.size();
  CpuMask read;
  while (at != end) {
    int first = 0;
    if (!take_number(at, end, first)) return false;
    int last = first;
    if (at != end && *at == '-' && !take_number(++at, end, last)) return false;
    for (int cpu = first; cpu <= last; ++cpu) read.add(cpu);
    if (last < first || (at != end && *at++ != ',')) return false;
  }
  if (read.empty() || list.ends_with(',')) return false;
  mask = read;
  return true;
}

bool read_affinity(int thread, CpuMask& mask) noexcept {
  CpuMask read;  // the kernel writes as many words as it has CPUs
  if (::sched_getaffinity(thread, sizeof(read.word_), reinterpret_cast<cpu_set_t*>(read.word_)) !=
      0) {
    return false;
  }
  mask = read;
  return true;
}

bool write_affinity(int thread, const CpuMask& mask) noexcept {
  return ::sched_setaffinity(thread, sizeof(mask.word_),
                             reinterpret_cast<const cpu_set_t*>(mask.word_)) == 0;
}

}  // namespace weir::detail
