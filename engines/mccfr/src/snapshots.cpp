#include "snapshots.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

namespace weir::mccfr {

std::string checkpoint_name(std::uint64_t iterations) {
  return fmt::format("checkpoint-{:015}.weir", iterations);
}

std::string snapshot_name(std::uint64_t iterations, double seconds) {
  return fmt::format("snapshot_iter{:015}_t{:.0f}s.weir", iterations, seconds);
}

Result<Done> publish(const std::string& folder, const std::string& name, std::string_view prefix,
                     std::uint64_t kept) {
  std::error_code error;
  const std::string temporary = folder + "/.latest." + std::to_string(::getpid()) + ".weir-tmp";
  std::filesystem::remove(temporary, error);
  std::filesystem::create_symlink(name, temporary, error);
  if (!error) std::filesystem::rename(temporary, folder + "/latest", error);
  if (error) return Error{"unwritable", error.message(), folder + "/latest"};
  if (kept == 0) return Done{};
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string each = entry.path().filename().string();
    if (each.starts_with(prefix) && each.ends_with(".weir")) names.push_back(each);
  }
  std::sort(names.begin(), names.end());
  for (std::size_t k = 0; k + kept < names.size(); ++k)
    if (names[k] != name) std::filesystem::remove(folder + "/" + names[k], error);
  return Done{};
}

}  // namespace weir::mccfr
