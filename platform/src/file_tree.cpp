// file_tree.cpp: the calls of file.hpp that are about directories.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <optional>
#include <utility>
#include <vector>
#include <weir/file.hpp>

#include "file_error.hpp"

namespace weir {
namespace {

struct Entry {
  std::string name;
  bool directory;
};

struct Directory {
  std::string prefix;  // ends with a slash
  std::vector<Entry> entries;
  std::size_t next = 0;
};

enum class Kind { file, directory, link_to_directory, special, broken };

Kind kind_of(int directory, const dirent& entry) noexcept {
  unsigned char type = entry.d_type;
  struct stat raw {};
  if (type == DT_UNKNOWN) {  // file systems that do not say
    if (::fstatat(directory, entry.d_name, &raw, AT_SYMLINK_NOFOLLOW) != 0) return Kind::broken;
    type = S_ISDIR(raw.st_mode)   ? DT_DIR
           : S_ISLNK(raw.st_mode) ? DT_LNK
           : S_ISREG(raw.st_mode) ? DT_REG
                                  : DT_SOCK;
  }
  if (type == DT_REG) return Kind::file;
  if (type == DT_DIR) return Kind::directory;
  if (type != DT_LNK) return Kind::special;
  if (::fstatat(directory, entry.d_name, &raw, 0) != 0) return Kind::broken;
  return S_ISREG(raw.st_mode)   ? Kind::file
         : S_ISDIR(raw.st_mode) ? Kind::link_to_directory
                                : Kind::special;
}

bool dots(const char* name) noexcept {
  return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

/// Reads and sorts one directory. Broken links and special files go to `errors`.
Result<Directory> read_directory(std::string path, bool follow, std::vector<Error>& errors) {
  const int file =
      ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
  if (file < 0) return file_error(errno, path, "open the directory", "unreadable");
  DIR* const stream = ::fdopendir(file);
  if (stream == nullptr) {
    const int code = errno;
    ::close(file);
    return file_error(code, path, "open the directory", "unreadable");
  }
  Directory directory;
  directory.prefix = path.back() == '/' ? path : path + "/";
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    if (!dots(entry->d_name)) {
      const Kind kind = kind_of(file, *entry);
      if (kind == Kind::broken) {
        errors.push_back(file_error(errno, directory.prefix + entry->d_name, "follow it", ""));
        errors.back().code = "broken_link";
      } else if (kind == Kind::special) {
        errors.push_back({"not_a_file", "is not a regular file", directory.prefix + entry->d_name});
      } else if (kind != Kind::link_to_directory) {
        directory.entries.push_back({entry->d_name, kind == Kind::directory});
      }
    }
    errno = 0;
  }
  const int code = errno;
  ::closedir(stream);
  if (code != 0) return file_error(code, path, "read the directory", "unreadable");
  std::sort(directory.entries.begin(), directory.entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return directory;
}

}  // namespace

struct FileWalk::State {
  std::vector<Directory> open;  // from the root down
  std::vector<Error> errors;    // to be reported before the walk goes on
};

FileWalk::FileWalk(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
FileWalk::FileWalk(FileWalk&&) noexcept = default;
FileWalk& FileWalk::operator=(FileWalk&&) noexcept = default;
FileWalk::~FileWalk() = default;

Result<FileWalk> FileWalk::open(const std::string& root) {
  auto state = std::make_unique<State>();
  Result<Directory> directory = read_directory(root.empty() ? "." : root, true, state->errors);
  if (!directory) return directory.error();
  state->open.push_back(std::move(directory).value());
  return FileWalk(std::move(state));
}

FileWalk::Step FileWalk::next(std::string& path, Error& error) {
  State& state = *state_;
  for (;;) {
    if (!state.errors.empty()) {
      error = std::move(state.errors.back());
      state.errors.pop_back();
      return Step::error;
    }
    if (state.open.empty()) return Step::end;
    Directory& top = state.open.back();
    if (top.next == top.entries.size()) {
      state.open.pop_back();
      continue;
    }
    const Entry& entry = top.entries[top.next++];
    path = top.prefix + entry.name;
    if (!entry.directory) return Step::file;
    Result<Directory> below = read_directory(path, false, state.errors);
    if (below) {
      state.open.push_back(std::move(below).value());
    } else {
      state.errors.push_back(below.error());
    }
  }
}

namespace {

/// One directory in one that is there; it may be there already.
std::optional<Error> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return std::nullopt;
  int code = errno;
  struct stat raw {};
  // EROFS and EACCES are also answered for directories that are there.
  if (::stat(path.c_str(), &raw) == 0) {
    if (S_ISDIR(raw.st_mode)) return std::nullopt;
    if (code == EEXIST) code = ENOTDIR;
  } else if (code == EEXIST) {  // a link that leads nowhere, or what is there cannot be looked at
    code = errno == ENOENT ? ENOTDIR : errno;
  }
  Error error = file_error(code, path, "create the directory", "unwritable");
  if (error.code == "not_found") error.code = "unwritable";  // a file stands in the way
  return error;
}

}  // namespace

Result<Done> make_directories(const std::string& path) {
  // From the end: nearly always all but the last are there. Then forward again, so that an error
  // names the first that could not be made.
  std::size_t end = path.size();
  while (end != 0 && make_directory(path.substr(0, end))) {
    const std::size_t slash = path.rfind('/', end - 1);
    end = slash == std::string::npos ? 0 : slash;
  }
  while (end < path.size()) {
    end = std::min(path.find('/', end + 1), path.size());
    if (auto error = make_directory(path.substr(0, end))) return *error;
  }
  return Done{};
}

Result<Done> write_file_into(const std::string& directory, const std::string& name,
                             std::string_view bytes, Sync sync) {
  const std::string path = directory + "/" + name;
  if (::mkdir(directory.c_str(), 0777) != 0) {
    if (auto made = make_directories(directory); !made) return made;
    return write_file_atomically(path, bytes, sync);
  }
  Result<AtomicFile> file = AtomicFile::create_new(path);
  if (!file) return file.error();
  const Result<Done> written = file.value().write(bytes);
  if (!written) return written;
  return file.value().commit(sync);
}

namespace {

/// ".NAME.PID-N.weir-tmp"; the PID, or 0 when it is not such a name.
int temporary_owner(std::string_view name) noexcept {
  constexpr std::string_view ending = ".weir-tmp";
  if (name.size() <= ending.size() || name.front() != '.' || !name.ends_with(ending)) return 0;
  name.remove_suffix(ending.size());
  const std::size_t dash = name.rfind('-');
  const std::size_t dot = name.rfind('.');
  if (dash == std::string_view::npos || dot == std::string_view::npos || dot == 0 || dash < dot)
    return 0;
  int process = 0;
  const char* const last = name.data() + dash;
  const auto parsed = std::from_chars(name.data() + dot + 1, last, process);
  return parsed.ec == std::errc() && parsed.ptr == last && process > 0 ? process : 0;
}

/// Whether no living writer holds it; where the file system has no locks, whether its process is
/// gone.
bool stale(int file, int process) noexcept {
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return process != ::getpid() && ::kill(process, 0) != 0 && errno == ESRCH;
}

/// Whether it was one that a dead process left, and is removed.
bool removed_temporary(const std::string& path) {
  const int process = temporary_owner(std::string_view(path).substr(path.rfind('/') + 1));
  if (process == 0) return false;
  const int file = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return false;  // not ours to judge
  const bool removed = stale(file, process) && ::unlink(path.c_str()) == 0;
  ::close(file);
  return removed;
}

}  // namespace

Result<std::size_t> remove_temporaries(const std::string& root) {
  std::size_t removed = 0;
  const Result<std::size_t> walked = walk_files(
      root, [&removed](const std::string& path) { removed += removed_temporary(path) ? 1 : 0; },
      [](const Error&) {});
  if (!walked && walked.error().code != "not_found") return walked.error();
  return removed;
}

Result<std::size_t> remove_temporaries_beside(const std::string& directory) {
  std::vector<Error> ignored;
  const Result<Directory> read = read_directory(directory, true, ignored);
  if (!read && read.error().code != "not_found") return read.error();
  std::size_t removed = 0;
  if (!read) return removed;
  for (const Entry& entry : read.value().entries)
    removed += !entry.directory && removed_temporary(read.value().prefix + entry.name) ? 1 : 0;
  return removed;
}

}  // namespace weir
