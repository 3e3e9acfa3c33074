// file.cpp: open, read, write, rename. No mmap: a file that shrinks under a mapping ends the
// process.
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>
#include <weir/atomic.hpp>
#include <weir/clock.hpp>
#include <weir/file.hpp>

#include "file_error.hpp"
#include "file_place.hpp"

namespace weir {
namespace {

/// The time in nanoseconds; one beyond what they reach, 1677 to 2262, is the nearest that they do.
std::int64_t nanoseconds(const timespec& time) noexcept {
  constexpr std::int64_t second = 1'000'000'000;
  constexpr std::int64_t whole_max = std::numeric_limits<std::int64_t>::max() / second;
  if (time.tv_sec >= whole_max) return std::numeric_limits<std::int64_t>::max();
  if (time.tv_sec < -whole_max) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(time.tv_sec) * second + time.tv_nsec;
}

FileStat converted(const struct stat& raw) noexcept {
  FileStat result;
  result.kind = S_ISREG(raw.st_mode)   ? FileKind::file
                : S_ISDIR(raw.st_mode) ? FileKind::directory
                                       : FileKind::other;
  result.size = raw.st_size < 0 ? 0 : static_cast<std::uint64_t>(raw.st_size);
  result.mtime_ns = nanoseconds(raw.st_mtim);
  return result;
}

int open_retried(const char* path, int flags, mode_t mode = 0) noexcept {
  int file = -1;
  do {
    file = ::open(path, flags | O_CLOEXEC, mode);
  } while (file < 0 && errno == EINTR);
  return file;
}

/// Writes all of it; on failure the count that was written, and errno. A descriptor that another
/// program made non-blocking is waited for.
std::size_t write_all(int file, std::string_view bytes) noexcept {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(file, bytes.data() + done, bytes.size() - done);
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (n < 0 && errno == EAGAIN) {
      pollfd ready{file, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (n == 0 || errno != EINTR) {
      if (n == 0) errno = ENOSPC;
      break;
    }
  }
  return done;
}

class Descriptor {
 public:
  explicit Descriptor(int file) noexcept : file_(file) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (file_ < 0) return;
    const int code = errno;  // of what failed before
    ::close(file_);
    errno = code;
  }
  int get() const noexcept { return file_; }
  int release() noexcept { return std::exchange(file_, -1); }

 private:
  int file_;
};

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Error file_error(int code, const std::string& path, const char* verb, const char* otherwise) {
  const char* word = otherwise;
  if (code == ENOENT || code == ENOTDIR) word = "not_found";
  if (code == ENOMEM) word = "no_memory";
  if (code == ENOSPC || code == EDQUOT) word = "no_space";
  if (code == EISDIR) word = "not_a_file";
  return {word, std::string("cannot ") + verb + ": " + std::strerror(code), path};
}

// Buffer

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

Buffer::~Buffer() { std::free(data_); }

bool Buffer::reserve(std::size_t bytes) noexcept {
  if (bytes <= capacity_) return true;
  void* const grown = std::realloc(data_, bytes);
  if (grown == nullptr) return false;
  data_ = static_cast<char*>(grown);
  capacity_ = bytes;
  return true;
}

bool Buffer::resize(std::size_t bytes) noexcept {
  if (!reserve(bytes)) return false;
  size_ = bytes;
  return true;
}

bool Buffer::append(std::string_view bytes) noexcept {
  if (bytes.size() > capacity_ - size_) {
    if (bytes.size() > no_size_limit / 2 - size_) return false;
    const std::size_t needed = size_ + bytes.size();
    if (!reserve(needed < 2 * capacity_ ? 2 * capacity_ : needed)) return false;
  }
  if (!bytes.empty()) std::memcpy(data_ + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
  return true;
}

// Reading

Result<FileStat> stat_file(const std::string& path) {
  struct stat raw {};
  if (::stat(path.c_str(), &raw) != 0) return file_error(errno, path, "look at it", "unreadable");
  return converted(raw);
}

namespace {

/// Reads to the end of the file, at most bytes_max. The size is a hint only: /proc says 0.
Result<std::size_t> read_to_end(int file, const std::string& path, std::uint64_t size,
                                Buffer& buffer, std::size_t bytes_max) {
  constexpr std::size_t step_bytes = 64 * 1024;
  const auto too_large = [&] {
    return Error{"too_large", "is larger than " + std::to_string(bytes_max) + " bytes", path};
  };
  const auto no_memory = [&] { return Error{"no_memory", "no memory for its content", path}; };
  if (size > bytes_max) return too_large();
  // One byte more than the file has, so that its end is seen without growing.
  if (!buffer.reserve(static_cast<std::size_t>(size) + 1)) return no_memory();
  for (;;) {
    if (buffer.size() == buffer.capacity() && !buffer.reserve(buffer.capacity() * 2 + step_bytes))
      return no_memory();
    const std::size_t wanted = buffer.capacity() - buffer.size();
    const ssize_t n = ::read(file, buffer.data() + buffer.size(), wanted);
    if (n == 0) return buffer.size();
    if (n < 0) {
      if (errno == EINTR) continue;
      return file_error(errno, path, "read it", "unreadable");
    }
    const std::size_t total = buffer.size() + static_cast<std::size_t>(n);
    if (total > bytes_max) return too_large();
    if (!buffer.resize(total)) return no_memory();
    // A read cut short where the file should end has met its end; it saves the call that says so.
    if (total == size && static_cast<std::size_t>(n) < wanted) return total;
  }
}

}  // namespace

Result<std::size_t> read_file(const std::string& path, Buffer& buffer, std::size_t bytes_max,
                              FileStat* stat) {
  buffer.clear();
  // O_NONBLOCK: the open of a FIFO must not wait for its writer.
  const Descriptor file(open_retried(path.c_str(), O_RDONLY | O_NONBLOCK));
  struct stat raw {};
  if (file.get() < 0 || ::fstat(file.get(), &raw) != 0)
    return file_error(errno, path, "open it", "unreadable");
  const FileStat before = converted(raw);
  if (before.kind != FileKind::file) return Error{"not_a_file", "is not a regular file", path};
  if (stat != nullptr) *stat = before;

  Result<std::size_t> read = read_to_end(file.get(), path, before.size, buffer, bytes_max);
  if (!read) {
    buffer.clear();
    return read;
  }
  if (::fstat(file.get(), &raw) != 0) return file_error(errno, path, "look at it", "unreadable");
  const FileStat after = converted(raw);
  const bool whole = before.size == 0 || read.value() == before.size;
  if (!whole || after.size != before.size || after.mtime_ns != before.mtime_ns) {
    buffer.clear();
    return Error{"changed_while_read", "was changed while it was read", path};
  }
  return read;
}

Result<std::size_t> read_file_from(const std::string& path, std::uint64_t from, Buffer& buffer) {
  buffer.clear();
  const Descriptor file(open_retried(path.c_str(), O_RDONLY | O_NONBLOCK));
  struct stat raw {};
  if (file.get() < 0 || ::fstat(file.get(), &raw) != 0)
    return file_error(errno, path, "open it", "unreadable");
  const FileStat there = converted(raw);
  if (there.kind != FileKind::file) return Error{"not_a_file", "is not a regular file", path};
  if (there.size <= from) return std::size_t{0};
  const std::uint64_t wanted = there.size - from;
  if (!buffer.resize(static_cast<std::size_t>(wanted)))
    return Error{"no_memory", "no memory for its content", path};
  std::size_t done = 0;
  while (done < wanted) {
    const ssize_t n = ::pread(file.get(), buffer.data() + done, buffer.size() - done,
                              static_cast<off_t>(from + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error(errno, path, "read it", "unreadable");
    if (n == 0) break;  // it has become shorter
    done += static_cast<std::size_t>(n);
  }
  (void)buffer.resize(done);
  return done;
}

// AtomicFile

namespace {

atomic<std::uint32_t> temporaries{0};

/// A name that remove_temporaries knows. The kernel takes 255 bytes: of a longer name the beginning
/// is kept.
std::string temporary_name(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::size_t first = slash == std::string::npos ? 0 : slash + 1;
  const std::uint32_t number = temporaries.fetch_add(1, relaxed);  // relaxed: only has to differ
  return path.substr(0, first) + "." + path.substr(first, 200) + "." + std::to_string(::getpid()) +
         "-" + std::to_string(number) + ".weir-tmp";
}

/// A descriptor that writes to what has no name to give: a device, a pipe. Without waiting: a pipe
/// that nobody reads is an error here.
int open_as_it_is(const std::string& path) noexcept {
  Descriptor file(open_retried(path.c_str(), O_WRONLY | O_NONBLOCK));
  if (file.get() < 0 || ::fcntl(file.get(), F_SETFL, O_WRONLY) != 0) return -1;
  return file.release();
}

/// The same for a descriptor of this process: its place in the file and its O_APPEND are shared.
int share(int descriptor) noexcept {
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY) errno = EBADF;
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) return -1;
  return ::fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/// Gives the new file the permissions of what it replaces; a file system without any has them
/// alike already.
bool take_permissions(int file, mode_t wanted) noexcept {
  struct stat raw {};
  if (::fstat(file, &raw) == 0 && (raw.st_mode & ACCESSPERMS) == wanted) return true;
  return ::fchmod(file, wanted) == 0;
}

/// True when the new file is ours: locked, and not taken for a stale one in the moment before.
bool lock_temporary(int file) noexcept {
  if (::flock(file, LOCK_EX | LOCK_NB) != 0)
    return errno != EWOULDBLOCK;  // a file system without locks
  struct stat raw {};
  // Where it cannot be looked at it is taken for ours: if it is not, the rename will say so.
  return ::fstat(file, &raw) != 0 || raw.st_nlink > 0;
}

/// A temporary file for `path`, and its name; -1 and errno: it cannot be created.
int open_temporary(const std::string& path, mode_t mode, std::string& name) {
  for (;;) {
    name = temporary_name(path);
    const int file = open_retried(name.c_str(), O_WRONLY | O_CREAT | O_EXCL, mode);
    if (file < 0 && errno == EEXIST) continue;
    if (file < 0 || lock_temporary(file)) return file;
    ::close(file);
  }
}

}  // namespace

AtomicFile::AtomicFile(int file, std::string path, std::string temporary) noexcept
    : file_(file), process_(::getpid()), path_(std::move(path)), temporary_(std::move(temporary)) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      process_(other.process_),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})) {}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty() && process_ == ::getpid()) ::unlink(temporary_.c_str());
  if (file_ >= 0) ::close(file_);
}

Result<AtomicFile> AtomicFile::create(const std::string& asked) {
  const Result<std::string> place = place_of(asked);
  if (!place) return place.error();
  const std::string& path = place.value();
  const int named = named_descriptor(path);
  struct stat there {};
  const bool is_there = ::stat(path.c_str(), &there) == 0;
  if (named >= 0 || (is_there && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode))) {
    const int file = named >= 0 ? share(named) : open_as_it_is(path);
    if (file < 0) return file_error(errno, path, "write to it", "unwritable");
    return AtomicFile(file, path, {});
  }
  if (!is_there || !S_ISREG(there.st_mode)) return create_new(path);
  std::string temporary;
  // What replaces a file is nobody else's to read before it has that file's permissions.
  const int file = open_temporary(path, S_IRUSR | S_IWUSR, temporary);
  if (file < 0) return file_error(errno, path, "create it", "unwritable");
  AtomicFile ours(file, path, std::move(temporary));
  if (!take_permissions(file, there.st_mode & ACCESSPERMS))
    return file_error(errno, path, "give it the permissions of what it replaces", "unwritable");
  return ours;
}

Result<AtomicFile> AtomicFile::create_new(const std::string& path) {
  std::string temporary;
  const int file = open_temporary(path, 0666, temporary);
  if (file < 0) return file_error(errno, path, "create it", "unwritable");
  return AtomicFile(file, path, std::move(temporary));
}

Result<Done> AtomicFile::write(std::string_view bytes) {
  if (write_all(file_, bytes) == bytes.size()) return Done{};
  return file_error(errno, path_, "write it", "unwritable");
}

Result<Done> AtomicFile::commit(Sync sync) {
  WEIR_CHECK(file_ >= 0, "an AtomicFile is committed once");
  if (temporary_.empty()) {  // a device, a pipe, a descriptor: there is no name to give
    // EINVAL, EROFS: of what cannot be synced.
    if (sync == Sync::file && ::fdatasync(file_) != 0 && errno != EINVAL && errno != EROFS)
      return file_error(errno, path_, "sync it", "unwritable");
    if (::close(std::exchange(file_, -1)) != 0 && errno != EINTR)
      return file_error(errno, path_, "close it", "unwritable");
    return Done{};
  }
  if (sync == Sync::file && ::fdatasync(file_) != 0)
    return file_error(errno, path_, "sync it", "unwritable");
  // The rename comes before the close: until it has its name the lock must say that it lives.
  if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    return file_error(errno, path_, "replace it", "unwritable");
  temporary_.clear();
  if (::close(std::exchange(file_, -1)) != 0 && errno != EINTR) {
    return file_error(errno, path_, "close it", "unwritable");
  }
  if (sync == Sync::file) {
    const Descriptor directory(open_retried(directory_of(path_).c_str(), O_RDONLY | O_DIRECTORY));
    if (directory.get() < 0 || ::fsync(directory.get()) != 0) {
      return file_error(errno, path_, "sync its directory", "unwritable");
    }
  }
  return Done{};
}

Result<Done> write_file_atomically(const std::string& path, std::string_view bytes, Sync sync) {
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file) return file.error();
  const Result<Done> written = file.value().write(bytes);
  if (!written) return written;
  return file.value().commit(sync);
}

// AppendFile

AppendFile::AppendFile(AppendFile&& other) noexcept
    : file_(std::exchange(other.file_, -1)), path_(std::move(other.path_)) {}

AppendFile::~AppendFile() {
  if (file_ >= 0) ::close(file_);
}

Result<AppendFile> AppendFile::open(const std::string& path) {
  const int file = open_retried(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (file < 0) return file_error(errno, path, "open it", "unwritable");
  return AppendFile(file, path);
}

Result<Done> AppendFile::append(std::string_view record) {
  const std::size_t written = write_all(file_, record);
  if (written == record.size()) return Done{};
  const int code = errno;
  if (written > 0) {
    // O_APPEND leaves the position behind what was written.
    const off_t end = ::lseek(file_, 0, SEEK_CUR);
    if (end >= 0 && ::ftruncate(file_, end - static_cast<off_t>(written)) != 0) {
      return file_error(code, path_, "append to it, nor take half a record back", "unwritable");
    }
  }
  return file_error(code, path_, "append to it", "unwritable");
}

Result<Done> AppendFile::sync() {
  if (::fdatasync(file_) == 0) return Done{};
  return file_error(errno, path_, "sync it", "unwritable");
}

Result<std::uint64_t> AppendFile::size() const {
  struct stat raw {};
  if (::fstat(file_, &raw) != 0) return file_error(errno, path_, "look at it", "unreadable");
  return converted(raw).size;
}

Result<Done> AppendFile::lock_until(Deadline deadline) {
  while (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) break;  // a file system without locks
    if (now_ns() >= deadline) return Error{"in_use", "another process is writing to it", path_};
    const timespec pause{0, 200'000};
    ::nanosleep(&pause, nullptr);
  }
  return Done{};
}

void AppendFile::unlock() noexcept { ::flock(file_, LOCK_UN); }

// DirectoryLock

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : file_(std::exchange(other.file_, -1)), path_(std::move(other.path_)) {}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) ::close(file_);
}

Result<DirectoryLock> DirectoryLock::take(const std::string& path) {
  DirectoryLock lock(open_retried(path.c_str(), O_RDONLY | O_DIRECTORY), path);
  if (lock.file_ < 0) return file_error(errno, path, "open the directory", "unreadable");
  if (::flock(lock.file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return Error{"in_use", "another process works here", path};
  return lock;
}

Result<Done> DirectoryLock::sync_file_system() {
  if (::syncfs(file_) == 0) return Done{};
  return file_error(errno, path_, "sync its file system", "unwritable");
}

}  // namespace weir
