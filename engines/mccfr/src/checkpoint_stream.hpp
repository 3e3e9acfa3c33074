// checkpoint_stream.hpp: a checkpoint's bytes as they are written and read, with their checksum; private.
//
// Roles:  one thread an object. Errors: truncated, corrupt, with the byte, and those of file.hpp.
// Memory: none of its own but what stdio buffers.
#pragma once

#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <weir/file.hpp>

namespace weir::mccfr {

inline constexpr std::size_t stream_piece_bytes = 1 << 20;

/// A number as it lies in a file, at any alignment.
template <class Word>
Word word_at(const std::byte* bytes) noexcept {
  Word word{};
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

struct StreamChecksumFree {
  void operator()(XXH3_state_t* state) const noexcept { XXH3_freeState(state); }
};
class StreamChecksum {
 public:
  StreamChecksum() : state_(XXH3_createState()) { XXH3_64bits_reset(state_.get()); }
  void add(const void* bytes, std::size_t size) noexcept {
    XXH3_64bits_update(state_.get(), bytes, size);
  }
  std::uint64_t value() const noexcept { return XXH3_64bits_digest(state_.get()); }

 private:
  std::unique_ptr<XXH3_state_t, StreamChecksumFree> state_;
};

/// A file that is written with its checksum behind it.
class CheckpointWriter {
 public:
  explicit CheckpointWriter(AtomicFile& file) : file_(file) {}
  void put(const void* bytes, std::size_t size) {
    const char* at = static_cast<const char*>(bytes);
    for (std::size_t done = 0; done < size && !error_; done += stream_piece_bytes) {
      const std::size_t piece = std::min(stream_piece_bytes, size - done);
      sum_.add(at + done, piece);
      auto written = file_.write({at + done, piece});
      if (!written) error_ = std::make_unique<Error>(written.error());
    }
  }
  template <class T>
  void number(T value) {
    put(&value, sizeof(value));
  }
  Result<Done> finish(Sync sync) {
    const std::uint64_t sum = sum_.value();
    number(sum);
    if (error_) return *error_;
    return file_.commit(sync);
  }

 private:
  AtomicFile& file_;
  StreamChecksum sum_;
  std::unique_ptr<Error> error_;
};

struct StreamClose {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

/// A file that is read once from its beginning, with its checksum.
class CheckpointReader {
 public:
  static Result<CheckpointReader> open(const std::string& path) {
    const auto stat = stat_file(path);
    if (!stat) return stat.error();
    if (stat.value().kind != FileKind::file) return Error{"not_a_file", "is no file", path};
    CheckpointReader reader(path, stat.value().size);
    reader.file_.reset(std::fopen(path.c_str(), "rb"));
    if (!reader.file_) return Error{"unreadable", std::strerror(errno), path};
    return reader;
  }
  Result<Done> get(void* bytes, std::size_t size) {
    if (size > left())
      return error("truncated", "ends where " + std::to_string(size) + " bytes more were to come");
    char* at = static_cast<char*>(bytes);
    for (std::size_t done = 0; done < size;) {
      const std::size_t piece = std::min(stream_piece_bytes, size - done);
      if (std::fread(at + done, 1, piece, file_.get()) != piece)
        return error("unreadable", std::strerror(errno));
      sum_.add(at + done, piece);
      done += piece;
      at_ += piece;
    }
    return Done{};
  }
  template <class T>
  Result<T> number() {
    T value{};
    if (auto read = get(&value, sizeof(value)); !read) return read.error();
    return value;
  }
  Result<Done> check_sum() {
    const std::uint64_t sum = sum_.value();
    auto kept = number<std::uint64_t>();
    if (!kept) return kept.error();
    if (kept.value() != sum) return error("corrupt", "its checksum is not that of its content");
    if (left() != 0) return error("corrupt", "goes on behind its end");
    return Done{};
  }
  Error error(std::string code, std::string what) const {
    return {std::move(code), std::move(what), path_ + ", byte " + std::to_string(at_)};
  }
  std::uint64_t left() const noexcept { return size_ - at_; }
  std::uint64_t at() const noexcept { return at_; }
  std::uint64_t size() const noexcept { return size_; }

 private:
  CheckpointReader(std::string path, std::uint64_t size) : path_(std::move(path)), size_(size) {}
  std::string path_;
  std::uint64_t size_, at_ = 0;
  std::unique_ptr<std::FILE, StreamClose> file_;
  StreamChecksum sum_;
};

}  // namespace weir::mccfr
