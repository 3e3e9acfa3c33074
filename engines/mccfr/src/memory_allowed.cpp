#include "memory_allowed.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace weir::mccfr {
namespace {

constexpr double memory_share = 0.75;

/// The number at the front of a file; 0: there is none.
double number_in(const char* path) {
  std::FILE* const file = std::fopen(path, "r");
  double number = 0;
  if (file == nullptr || std::fscanf(file, "%lf", &number) != 1) number = 0;
  if (file != nullptr) std::fclose(file);
  return number;
}

}  // namespace

std::uint64_t memory_allowed() {
  double bytes =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  for (const char* limit :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"})
    if (const double most = number_in(limit); most > 0) bytes = std::min(bytes, most);
  return static_cast<std::uint64_t>(bytes * memory_share);
}

}  // namespace weir::mccfr
