// cgroup.hpp: where this process stands in the trees of control groups: version 2, version 1, both
// (hybrid) or none.
//
// /proc/self/cgroup says which group, /proc/self/mountinfo where its tree is mounted and which of
// its directories is the mount's root. All of it below a root folder, for tests.
// Memory: finding the directories allocates; reading files in them does not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::detail {

/// The group's directory in one tree. Its ancestors up to the mount point are groups too.
struct CgroupDirectory {
  std::string path;     // with the root folder before it
  std::size_t top = 0;  // length of the mount point's part
  bool version2 = false;
  bool cpu = false;  // holds files of that controller, where the group has it
  bool cpuset = false;
};

/// Directories of the controllers cpu and cpuset. `base`: the root folder without a '/' at its end;
/// `groups`: the content of /proc/self/cgroup.
std::vector<CgroupDirectory> cgroup_directories(const std::string& base, std::string_view groups);

/// Calls f(std::string_view folder) for the directory and all above it, the nearest first, until it
/// returns false.
template <class F>
void each_level(const CgroupDirectory& directory, F&& f) {
  const std::string_view path = directory.path;
  for (std::size_t length = path.size(); f(path.substr(0, length)) && length > directory.top;)
    length = path.rfind('/', length - 1);
}

/// A small file, read into a buffer that stays.
class SmallFile {
 public:
  /// False, and an empty text: it cannot be read. What is beyond the buffer is cut off.
  bool read(std::string_view folder, std::string_view name) noexcept;
  std::string_view text() const noexcept { return {text_, size_}; }

 private:
  char path_[4096];
  char text_[16 * 1024];
  std::size_t size_ = 0;
};

/// The number at the start of the text, -1 when there is none.
double leading_number(std::string_view text) noexcept;

/// The least quota over all directories and levels.
struct LeastQuota {
  double cpus = 0;          // 0: none
  std::string_view folder;  // into the directories
  bool version2 = false;

  /// The file that set it, without the root folder.
  std::string source(const std::string& base) const;
};
LeastQuota least_quota(const std::vector<CgroupDirectory>& directories, SmallFile& file) noexcept;

}  // namespace weir::detail
