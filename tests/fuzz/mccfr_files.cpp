// mccfr_files.cpp: fuzzes the readers of checkpoints and bucket files. The first byte chooses: the bytes as they are,
// or a file around them that is whole (its word, its version, a header up to the first zero byte, the rest as its
// tables, the right checksum), so that what lies behind the checksum is reached. A file is refused with a reason, or it
// is read.
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include <memory>
#include <string>
#include <weir/mccfr/bucket_file.hpp>
#include <weir/mccfr/checkpoint.hpp>
#include <weir/mccfr/training_game.hpp>

#include "fuzz.hpp"

namespace {

using namespace weir::mccfr;
using fuzz::read_or_reason;
using fuzz::require;

/// A file in memory that lasts as long as the object.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : descriptor_(::memfd_create("input", 0)) {
    require(descriptor_ >= 0, "a file in memory can be made");
    require(
        ::write(descriptor_, bytes.data(), bytes.size()) == static_cast<::ssize_t>(bytes.size()),
        "it takes the input");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(descriptor_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

std::string number_bytes(std::uint64_t number, std::size_t bytes) {
  return {reinterpret_cast<const char*>(&number), bytes};
}

std::string whole_file(std::string_view word, std::uint32_t version, std::string_view bytes) {
  const std::size_t cut = std::min(bytes.find('\0'), bytes.size());
  std::string file(word);
  file += number_bytes(version, 4) + number_bytes(cut, 4);
  file += bytes.substr(0, cut);
  if (cut < bytes.size()) file += bytes.substr(cut + 1);
  return file + number_bytes(XXH3_64bits(file.data(), file.size()), 8);
}

/// Games that are quick to make: the tables of the others are read by the same code.
void read_tables(const std::string& path, const CheckpointHeader& header) {
  static const auto runtime = weir::Runtime::start({.workers = 1}).value();
  const auto game = make_game(header.game);
  if (!read_or_reason(game) || game.value()->unit() != "chips") return;
  TrainRules rules = header.rules;
  rules.lazy = header.lazy;
  if (rules.lazy.bytes() > (std::uint64_t{64} << 20)) return;
  const auto trainer = game.value()->make_trainer(*runtime, rules);
  if (!read_or_reason(trainer)) return;
  for (const Resume resume : {Resume::no, Resume::yes}) {
    if (!read_or_reason(read_checkpoint(path, *trainer.value(), resume))) continue;
    require(trainer.value()->state().iterations ==
                (resume == Resume::yes ? header.undone : header.state).iterations,
            "a run goes on where its header says");
    require(table_sha256(*trainer.value()).size() == 64, "its table can be told");
  }
}

void read_file(const std::string& path, bool buckets) {
  if (buckets) {
    const auto file = abstraction::BucketFile::read(path);
    if (read_or_reason(file)) {
      for (int round = 0; round < 4; ++round)
        require(file.value()->count(round) >= 0, "a street has its buckets");
    }
    return;
  }
  const auto header = read_checkpoint_header(path);
  if (read_or_reason(header)) read_tables(path, header.value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = fuzz::text_of(data + 1, size - 1);
  const bool buckets = (data[0] & 1) != 0;
  const bool raw = (data[0] & 2) != 0;
  const MemoryFile file(raw ? std::string(bytes)
                            : (buckets
                                   ? whole_file("weirbuck", abstraction::bucket_file_version, bytes)
                                   : whole_file("weirmccf", checkpoint_version, bytes)));
  read_file(file.path(), buckets);
  return 0;
}
