// output_place.hpp: whether a file can be written where it is asked for, before work is done for it; private to the
// program.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <weir/file.hpp>
#include <weir/result.hpp>

namespace weir::mccfr {

/// Pure but for looks at the file system. Errors: those of place_of(), and of stat_file() for the folder; not_found
/// where that is none; unwritable. where: the path.
inline Result<Done> check_output_place(const std::string& path) {
  const auto file = place_of(path);
  if (!file) return file.error();
  std::string folder = std::filesystem::path(file.value()).parent_path().string();
  if (folder.empty()) folder = ".";
  const auto place = stat_file(folder);
  if (!place) return Error{place.error().code, "its folder: " + place.error().what, path};
  if (place.value().kind != FileKind::directory)
    return Error{"not_found", "there is no such folder", path};
  if (access(folder.c_str(), W_OK | X_OK) != 0)
    return Error{"unwritable", "its folder: " + std::string(std::strerror(errno)), path};
  return Done{};
}

}  // namespace weir::mccfr
