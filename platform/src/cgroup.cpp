// cgroup.cpp: finds the control groups of this process and reads small files in them.
#include "cgroup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <weir/file.hpp>

namespace weir::detail {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return parts;
}

bool contains(std::string_view list, std::string_view word) {
  for (const std::string_view part : split(list, ',')) {
    if (part == word) return true;
  }
  return false;
}

/// Mountinfo writes blank, tab, line end and backslash as three octal digits.
std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int code = 0;
    if (text[i] == '\\' && i + 3 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 4, code, 8).ec == std::errc()) {
      result += static_cast<char>(code);
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

struct Mount {
  std::string root;  // the directory of the group tree that stands at `point`
  std::string point;
  bool version2, cpu, cpuset;
};

/// "36 35 98:0 ROOT POINT OPTIONS [FIELDS]... - TYPE SOURCE SUPER_OPTIONS"
std::vector<Mount> group_mounts(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  for (const std::string_view line : split(mountinfo, '\n')) {
    const std::vector<std::string_view> fields = split(line, ' ');
    std::size_t dash = 6;
    while (dash < fields.size() && fields[dash] != "-") ++dash;
    if (dash + 3 >= fields.size()) continue;
    const std::string_view type = fields[dash + 1];
    const bool version2 = type == "cgroup2";
    if (!version2 && type != "cgroup") continue;
    const bool cpu = version2 || contains(fields[dash + 3], "cpu");
    const bool cpuset = version2 || contains(fields[dash + 3], "cpuset");
    if (cpu || cpuset)
      mounts.push_back({unescaped(fields[3]), unescaped(fields[4]), version2, cpu, cpuset});
  }
  return mounts;
}

/// The group's directory below the mount point ("" or "/a/b"); the mount point itself when the
/// group lies elsewhere, as in a container that sees the host's names.
std::string below_mount(const Mount& mount, const std::string& group) {
  if (group.find("/..") != std::string::npos) return {};
  if (mount.root == "/") return group == "/" ? std::string() : group;
  if (group.compare(0, mount.root.size(), mount.root) != 0) return {};
  const std::string rest = group.substr(mount.root.size());
  return rest.empty() || rest.front() == '/' ? rest : std::string();
}

/// What one directory grants, CPUs; 0: no quota of its own.
double quota_of(std::string_view folder, bool version2, SmallFile& file) noexcept {
  static_cast<void>(file.read(folder, version2 ? "/cpu.max" : "/cpu.cfs_quota_us"));
  const double limit = leading_number(file.text());  // "max 100000": -1
  double period = 0;
  if (version2) {
    const std::size_t blank = file.text().find(' ');
    if (blank != std::string_view::npos) period = leading_number(file.text().substr(blank + 1));
  } else if (limit > 0 && file.read(folder, "/cpu.cfs_period_us")) {
    period = leading_number(file.text());
  }
  return limit > 0 && period > 0 ? limit / period : 0;
}

}  // namespace

double leading_number(std::string_view text) noexcept {
  long long value = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() ? static_cast<double>(value) : -1;
}

std::vector<CgroupDirectory> cgroup_directories(const std::string& base, std::string_view groups) {
  constexpr std::size_t bytes_max = 8 * 1024 * 1024;
  Buffer mountinfo;
  if (!read_file(base + "/proc/self/mountinfo", mountinfo, bytes_max).ok()) return {};
  const std::vector<Mount> mounts = group_mounts(mountinfo.view());
  std::vector<CgroupDirectory> directories;
  // "ID:CONTROLLERS:GROUP", version 2: "0::GROUP"
  for (const std::string_view line : split(groups, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const bool version2 = controllers.empty();
    const bool cpu = version2 || contains(controllers, "cpu");
    const bool cpuset = version2 || contains(controllers, "cpuset");
    std::string group(line.substr(second + 1));
    if (group.empty() || group.front() != '/') group.insert(group.begin(), '/');
    for (const Mount& mount : mounts) {
      if (mount.version2 != version2 || (!(mount.cpu && cpu) && !(mount.cpuset && cpuset)))
        continue;
      const std::string top = base + mount.point;
      directories.push_back({top + below_mount(mount, group), top.size(), version2,
                             mount.cpu && cpu, mount.cpuset && cpuset});
    }
  }
  return directories;
}

bool SmallFile::read(std::string_view folder, std::string_view name) noexcept {
  size_ = 0;
  if (folder.size() + name.size() >= sizeof(path_)) return false;
  std::memcpy(path_, folder.data(), folder.size());
  std::memcpy(path_ + folder.size(), name.data(), name.size());
  path_[folder.size() + name.size()] = 0;
  const int file = ::open(path_, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  ssize_t got = 0;
  do {
    got = ::read(file, text_ + size_, sizeof(text_) - size_);
    if (got > 0) size_ += static_cast<std::size_t>(got);
  } while ((got > 0 && size_ < sizeof(text_)) || (got < 0 && errno == EINTR));
  ::close(file);
  if (got < 0) size_ = 0;
  return got >= 0;
}

std::string LeastQuota::source(const std::string& base) const {
  if (cpus == 0) return {};
  return std::string(folder.substr(base.size())) + (version2 ? "/cpu.max" : "/cpu.cfs_quota_us");
}

LeastQuota least_quota(const std::vector<CgroupDirectory>& directories, SmallFile& file) noexcept {
  LeastQuota least;
  for (const CgroupDirectory& directory : directories) {
    if (!directory.cpu) continue;
    each_level(directory, [&](std::string_view folder) {
      const double cpus = quota_of(folder, directory.version2, file);
      if (cpus > 0 && (least.cpus == 0 || cpus < least.cpus))
        least = {cpus, folder, directory.version2};
      return true;
    });
  }
  return least;
}

}  // namespace weir::detail
