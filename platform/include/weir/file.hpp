// file.hpp: reading whole files, replacing files atomically, journals, directory walks.
//
// Roles:    free functions on any thread; an object by one thread at a time.
// Progress: every call may wait for the disk. EINTR and short transfers are handled inside.
// Errors:   Error{code, what, where = path}; codes: not_found, unreadable, not_a_file, too_large,
//           changed_while_read, no_memory, unwritable, no_space, in_use. A call that fails leaves the
//           former file whole.
// Memory:   Buffer and strings on the program's heap, not counted by memory.hpp: they are the
//           user's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <weir/clock.hpp>
#include <weir/result.hpp>

namespace weir {

/// Bytes that are read into again and again: grows, never shrinks, is never filled with zeros.
class Buffer {
 public:
  Buffer() noexcept = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  char* data() noexcept { return data_; }
  const char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  std::string_view view() const noexcept { return {data_, size_}; }

  void clear() noexcept { size_ = 0; }
  /// False: no memory, and nothing has changed. New bytes of resize are unspecified.
  [[nodiscard]] bool reserve(std::size_t bytes) noexcept;
  [[nodiscard]] bool resize(std::size_t bytes) noexcept;
  [[nodiscard]] bool append(std::string_view bytes) noexcept;

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

enum class FileKind : std::uint8_t { file, directory, other };

struct FileStat {
  FileKind kind = FileKind::other;
  std::uint64_t size = 0;     // bytes
  std::int64_t mtime_ns = 0;  // since the Unix epoch
};

/// Of what `path` leads to (symbolic links are followed).
Result<FileStat> stat_file(const std::string& path);

inline constexpr std::size_t no_size_limit = std::numeric_limits<std::size_t>::max();

/// Replaces the buffer's content by the file's and returns its bytes. More than `bytes_max`:
/// too_large. The file must be a regular one, and its size and modification time the same before
/// and after (else changed_while_read). `stat`, when given, is what it was.
Result<std::size_t> read_file(const std::string& path, Buffer& buffer,
                              std::size_t bytes_max = no_size_limit, FileStat* stat = nullptr);

/// The same of a file that others may append to meanwhile: what it had when it was opened, behind byte `from`; nothing
/// where it is not as long.
Result<std::size_t> read_file_from(const std::string& path, std::uint64_t from, Buffer& buffer);

enum class Sync : std::uint8_t {
  none,  // survives the end of the process, not of the machine
  file,  // fdatasync of the file before it gets its name, fsync of the directory after
};

/// Where AtomicFile puts its file: `path`, or what its links lead to, be it there or not; a name of a
/// descriptor of this process stays as it is. Links in a circle: unwritable.
Result<std::string> place_of(const std::string& path);

/// A file that appears under its name whole or not at all: written as `.NAME.PID-N.weir-tmp` beside
/// it, then renamed. Keeps the permissions of what it replaces; owner, access lists and hard links
/// are not kept. A symbolic link is followed, and stays; what it leads to is replaced, or appears.
/// Devices and pipes are written to as they are, so is what a descriptor of this process stands for
/// (/dev/stdout, /dev/fd/N: at the descriptor's place, which they share); these have no temporary().
/// Locked (flock) while open, so that remove_temporaries knows it lives.
class AtomicFile {
 public:
  /// The directory must exist. Links that lead in a circle, permissions that cannot be given:
  /// unwritable.
  static Result<AtomicFile> create(const std::string& path);
  /// The same where nothing has that name, so that no link is to be followed and nothing to be kept; what has it all
  /// the same is replaced.
  static Result<AtomicFile> create_new(const std::string& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  /// Removes the temporary file unless commit() succeeded.
  ~AtomicFile();

  /// Appends. After an error only the destructor is of use.
  Result<Done> write(std::string_view bytes);
  /// Closes the file and renames it. Once.
  Result<Done> commit(Sync sync);

  /// place_of what was asked for.
  const std::string& path() const noexcept { return path_; }
  const std::string& temporary() const noexcept { return temporary_; }
  /// For writers that must not allocate, as write() does for its errors.
  int descriptor() const noexcept { return file_; }

 private:
  AtomicFile(int file, std::string path, std::string temporary) noexcept;
  int file_;
  int process_;  // a fork's child must not remove its parent's file
  std::string path_;
  std::string temporary_;
};

Result<Done> write_file_atomically(const std::string& path, std::string_view bytes,
                                   Sync sync = Sync::none);

/// Creates `path` and its missing parents; it may be there already.
Result<Done> make_directories(const std::string& path);

/// make_directories(directory), then write_file_atomically() of `name` in it. A directory that is new has nothing that
/// is to be looked at first.
Result<Done> write_file_into(const std::string& directory, const std::string& name,
                             std::string_view bytes, Sync sync = Sync::none);

/// Removes the temporary files that dead processes left below `root`; those of a living writer
/// stay. Returns how many. A root that does not exist holds none.
Result<std::size_t> remove_temporaries(const std::string& root);
/// The same in one directory alone.
Result<std::size_t> remove_temporaries_beside(const std::string& directory);

/// A journal: records are appended by one write() each, so that a reader never sees half of one
/// from a living writer.
class AppendFile {
 public:
  /// Opens `path`, or creates it.
  static Result<AppendFile> open(const std::string& path);
  AppendFile(AppendFile&& other) noexcept;
  AppendFile& operator=(AppendFile&&) = delete;
  ~AppendFile();

  /// Appends all of `record` or nothing: what a full disk cut short is taken back.
  Result<Done> append(std::string_view record);
  Result<Done> sync();
  /// Bytes, whoever has written them.
  Result<std::uint64_t> size() const;

  /// For writers that must see what others have appended before they append (flock): from lock() to unlock(), or to the
  /// end of the object or of its process, no other object gets it, here or in another process. in_use: it was not to be
  /// had until the deadline. Where the file system has no locks everyone gets it.
  Result<Done> lock_until(Deadline deadline);
  void unlock() noexcept;

 private:
  AppendFile(int file, std::string path) noexcept : file_(file), path_(std::move(path)) {}
  int file_;
  std::string path_;
};

/// A directory for one process at a time (flock): the lock ends with the object, or with its
/// process, however that ends. Where the file system has no locks everyone gets it.
class DirectoryLock {
 public:
  /// Does not wait: in_use when another object, here or in another process, has it.
  static Result<DirectoryLock> take(const std::string& path);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

  /// Makes all that was written to the directory's file system durable. Also an error when, since
  /// take(), something could not be written back, even if another process was told so before.
  Result<Done> sync_file_system();

 private:
  DirectoryLock(int file, std::string path) noexcept : file_(file), path_(std::move(path)) {}
  int file_;
  std::string path_;
};

/// Walks a tree, one file a call. Inside each directory entries come sorted by name (bytes),
/// directories at their place. Symbolic links to files are files, those to directories are passed
/// over. FIFOs, sockets and devices (not_a_file) and links that lead nowhere (broken_link) are
/// errors. Paths start with the root as given.
class FileWalk {
 public:
  enum class Step : std::uint8_t {
    file,   // `path` is the next file
    error,  // `error` names what cannot be read as a directory or file; the walk goes on
    end,
  };

  /// `root` must be a directory that can be read.
  static Result<FileWalk> open(const std::string& root);
  FileWalk(FileWalk&&) noexcept;
  FileWalk& operator=(FileWalk&&) noexcept;
  ~FileWalk();

  Step next(std::string& path, Error& error);

 private:
  struct State;
  explicit FileWalk(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

/// Calls on_file(const std::string& path) for each file of the tree and on_error(const Error&) for
/// what cannot be read. Returns the number of files, or the Error of the root.
template <class F, class E>
Result<std::size_t> walk_files(const std::string& root, F&& on_file, E&& on_error) {
  Result<FileWalk> walk = FileWalk::open(root);
  if (!walk) return walk.error();
  std::string path;
  Error error;
  for (std::size_t files = 0;;) {
    switch (walk.value().next(path, error)) {
      case FileWalk::Step::file:
        ++files;
        on_file(static_cast<const std::string&>(path));
        break;
      case FileWalk::Step::error:
        on_error(static_cast<const Error&>(error));
        break;
      case FileWalk::Step::end:
        return files;
    }
  }
}

}  // namespace weir
