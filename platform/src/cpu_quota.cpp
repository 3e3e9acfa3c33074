// cpu_quota.cpp: the CPU quota of the cgroups this process is in: version 2, version 1, both
// (hybrid) or none.
//
// /proc/self/cgroup says which group, /proc/self/mountinfo where its tree is mounted and which of
// its directories is the mount's root. Every directory from the group up to the mount point may
// hold a quota; the least one holds.
#include <weir/file.hpp>
#include <weir/topology.hpp>

#include <charconv>
#include <vector>

namespace weir {
namespace {

std::string content(const std::string& path) {
  constexpr std::size_t bytes_max = 8 * 1024 * 1024;
  Buffer buffer;
  const Result<std::size_t> read = read_file(path, buffer, bytes_max);
  return read.ok() ? std::string(buffer.view()) : std::string();
}

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

/// The number at the start of the text, -1 when there is none.
double number(std::string_view text) {
  long long value = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() ? static_cast<double>(value) : -1;
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
  bool version2;
};

/// "36 35 98:0 ROOT POINT OPTIONS [FIELDS]... - TYPE SOURCE SUPER_OPTIONS"
std::vector<Mount> cpu_mounts(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  for (const std::string_view line : split(mountinfo, '\n')) {
    const std::vector<std::string_view> fields = split(line, ' ');
    std::size_t dash = 6;
    while (dash < fields.size() && fields[dash] != "-") ++dash;
    if (dash + 3 >= fields.size()) continue;
    const std::string_view type = fields[dash + 1];
    const bool version2 = type == "cgroup2";
    if (!version2 && !(type == "cgroup" && contains(fields[dash + 3], "cpu"))) continue;
    mounts.push_back({unescaped(fields[3]), unescaped(fields[4]), version2});
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
CpuQuota quota_of(const std::string& directory, bool version2) {
  CpuQuota quota;
  quota.source = directory + (version2 ? "/cpu.max" : "/cpu.cfs_quota_us");
  const std::string text = content(quota.source);
  double limit = number(text);
  double period = 0;
  if (version2) {
    const std::size_t blank = text.find(' ');  // "max 100000": number() answers -1
    period = blank == std::string::npos ? 0 : number(std::string_view(text).substr(blank + 1));
  } else {
    period = number(content(directory + "/cpu.cfs_period_us"));
  }
  if (limit > 0 && period > 0) quota.cpus = limit / period;
  return quota;
}

void take_least(const std::string& root, const Mount& mount, const std::string& group,
                CpuQuota& least) {
  std::string below = below_mount(mount, group);
  for (;;) {
    CpuQuota quota = quota_of(root + mount.point + below, mount.version2);
    if (quota.cpus > 0 && (least.cpus == 0 || quota.cpus < least.cpus)) {
      quota.source.erase(0, root.size());
      least = quota;
    }
    if (below.empty()) return;
    below.erase(below.rfind('/'));
  }
}

}  // namespace

CpuQuota read_cpu_quota(const std::string& root) {
  const std::string base = root.ends_with('/') ? root.substr(0, root.size() - 1) : root;
  const std::vector<Mount> mounts = cpu_mounts(content(base + "/proc/self/mountinfo"));
  const std::string groups = content(base + "/proc/self/cgroup");
  CpuQuota least;
  // "ID:CONTROLLERS:GROUP", version 2: "0::GROUP"
  for (const std::string_view line : split(groups, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const bool version2 = controllers.empty();
    if (!version2 && !contains(controllers, "cpu")) continue;
    std::string group(line.substr(second + 1));
    if (group.empty() || group.front() != '/') group.insert(group.begin(), '/');
    for (const Mount& mount : mounts) {
      if (mount.version2 == version2) take_least(base, mount, group, least);
    }
  }
  return least;
}

}  // namespace weir
