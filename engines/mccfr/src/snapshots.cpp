#include "snapshots.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>
#include <weir/file.hpp>

namespace weir::mccfr {
namespace {

constexpr std::string_view snapshot_begin = "snapshot_iter", kept_end = ".weir";
constexpr std::string_view link_begin = ".latest.", link_end = ".weir-tmp";

/// Files of one kind, in no order.
std::vector<std::string> names_in(const std::string& folder, std::string_view prefix) {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string each = entry.path().filename().string();
    if (each.starts_with(prefix) && each.ends_with(kept_end)) names.push_back(each);
  }
  return names;
}

}  // namespace

std::string checkpoint_name(std::uint64_t iterations) {
  return fmt::format("checkpoint-{:015}.weir", iterations);
}

std::string snapshot_name(std::uint64_t iterations, double seconds) {
  return fmt::format("snapshot_iter{:015}_t{:.0f}s.weir", iterations, seconds);
}

std::vector<std::string> snapshots_in(const std::string& folder) {
  std::vector<std::string> names = names_in(folder, snapshot_begin);
  std::sort(names.begin(), names.end());
  return names;
}

Result<Done> clean(const std::string& folder) {
  if (auto cleaned = remove_temporaries_beside(folder); !cleaned) return cleaned.error();
  std::error_code error;
  std::vector<std::filesystem::path> links;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    std::error_code unknown;
    if (name.starts_with(link_begin) && name.ends_with(link_end) && entry.is_symlink(unknown))
      links.push_back(entry.path());
  }
  for (const std::filesystem::path& link : links) std::filesystem::remove(link, error);
  return Done{};
}

Result<Done> publish(const std::string& folder, const std::string& name, std::string_view prefix,
                     std::uint64_t kept) {
  std::error_code error;
  const std::string temporary = fmt::format("{}/{}{}{}", folder, link_begin, ::getpid(), link_end);
  std::filesystem::remove(temporary, error);
  std::filesystem::create_symlink(name, temporary, error);
  if (!error) std::filesystem::rename(temporary, folder + "/latest", error);
  if (error) return Error{"unwritable", error.message(), folder + "/latest"};
  if (kept == 0) return Done{};
  std::vector<std::string> names = names_in(folder, prefix);
  const auto age = [&name](const std::string& each) { return std::pair(each <= name, each); };
  std::sort(names.begin(), names.end(),
            [&age](const std::string& a, const std::string& b) { return age(a) < age(b); });
  for (std::size_t k = 0; k + kept < names.size(); ++k)
    if (names[k] != name) std::filesystem::remove(folder + "/" + names[k], error);
  return Done{};
}

}  // namespace weir::mccfr
