// file_place.cpp: where a file goes that is asked for by a name with links behind it.
#include "file_place.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <memory>
#include <weir/file.hpp>

#include "file_error.hpp"

namespace weir {
namespace {

constexpr int links_max = 40;  // as many as the kernel follows

using RealPath = std::unique_ptr<char, decltype(&std::free)>;

RealPath real_path(const std::string& path) {
  return {::realpath(path.c_str(), nullptr), &std::free};
}

/// The name's folder with its slash; empty: the current one.
std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

/// Whether a link of /proc whose text is no path leads from `path` to a pipe, socket or the like.
bool leads_to_no_name(const std::string& path, const std::string& text) {
  struct stat raw {};
  if (::stat(path.c_str(), &raw) != 0 || S_ISREG(raw.st_mode) || S_ISDIR(raw.st_mode)) return false;
  return ::stat(text.c_str(), &raw) != 0;
}

}  // namespace

int named_descriptor(const std::string& path) {
  const std::string folder = folder_of(path);
  const char* const first = path.data() + folder.size();
  const char* const last = path.data() + path.size();
  int number = -1;
  const auto parsed = std::from_chars(first, last, number);
  if (folder.empty() || parsed.ec != std::errc() || parsed.ptr != last || number < 0) return -1;
  const RealPath real = real_path(folder);
  for (const char* own : {"/proc/self/fd", "/proc/thread-self/fd"}) {
    const RealPath named = real_path(own);
    if (real != nullptr && named != nullptr && std::string(real.get()) == named.get())
      return number;
  }
  return -1;
}

Result<std::string> place_of(const std::string& path) {
  std::string place = path;
  for (int links = 0; links <= links_max; ++links) {
    // Its link tells the name of an open file: to replace that would take it from who opened it.
    if (named_descriptor(place) >= 0) return place;
    std::array<char, PATH_MAX> text;
    const ssize_t size = ::readlink(place.c_str(), text.data(), text.size());
    if (size < 0) return place;  // no link; what else is wrong with it its use will say
    if (static_cast<std::size_t>(size) == text.size())
      return file_error(ENAMETOOLONG, path, "follow its links", "unwritable");
    std::string next(text.data(), static_cast<std::size_t>(size));
    if (!next.starts_with('/')) next.insert(0, folder_of(place));
    if (leads_to_no_name(place, next)) return place;
    place = std::move(next);
  }
  return file_error(ELOOP, path, "follow its links", "unwritable");
}

}  // namespace weir
