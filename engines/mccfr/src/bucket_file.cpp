#include <openssl/evp.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <weir/mccfr/bucket_file.hpp>
#include <weir/mccfr/holdem_game.hpp>

#include "rules_text.hpp"

namespace weir::mccfr::abstraction {
namespace {

static_assert(std::endian::native == std::endian::little, "files are as they lie in memory");
constexpr char magic[] = "weirbuck";
constexpr std::size_t magic_bytes = 8, front_bytes = 16, part_alignment = 64;
constexpr std::size_t header_bytes_max = 1 << 20, piece_bytes = 1 << 20;
// 276 MB of tables with two bytes a class, 6 MB of distances.
constexpr std::size_t file_bytes_max = 300'000'000;

std::size_t table_bytes(int round, int count) noexcept {
  return hand_index(round).size() * bucket_bytes(count);
}
std::size_t aligned(std::size_t at) noexcept {
  return (at + part_alignment - 1) / part_alignment * part_alignment;
}

class Sink {
 public:
  explicit Sink(AtomicFile& file) : file_(file), sum_(XXH3_createState(), XXH3_freeState) {
    XXH3_64bits_reset(sum_.get());
  }
  void put(const void* bytes, std::size_t size) {
    const char* at = static_cast<const char*>(bytes);
    for (std::size_t done = 0; done < size && result_; done += piece_bytes) {
      const std::size_t piece = std::min(piece_bytes, size - done);
      XXH3_64bits_update(sum_.get(), at + done, piece);
      result_ = file_.write({at + done, piece});
    }
    at_ += size;
  }
  void align() {
    const std::array<char, part_alignment> zeros{};
    put(zeros.data(), aligned(at_) - at_);
  }
  Result<Done> finish() {
    const std::uint64_t sum = XXH3_64bits_digest(sum_.get());
    put(&sum, sizeof(sum));
    if (!result_) return result_;
    return file_.commit(Sync::file);
  }

 private:
  AtomicFile& file_;
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> sum_;
  std::size_t at_ = 0;
  Result<Done> result_ = Done{};
};

std::string digest_of(const std::array<const StreetBuckets*, 4>& streets) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                       EVP_MD_CTX_free);
  EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
  for (const StreetBuckets* street : streets) {
    const auto count = static_cast<std::uint32_t>(street->count);
    EVP_DigestUpdate(digest.get(), &count, sizeof(count));
    EVP_DigestUpdate(digest.get(), street->table.data(), street->table.size());
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_DigestFinal_ex(digest.get(), bytes.data(), &size);
  std::string text;
  for (unsigned k = 0; k < size; ++k) {
    text += "0123456789abcdef"[bytes[k] >> 4];
    text += "0123456789abcdef"[bytes[k] & 15];
  }
  return text;
}

}  // namespace

Result<Done> write_bucket_file(const std::string& path,
                               const std::array<const StreetBuckets*, 4>& streets) {
  nlohmann::json header = {{"streets", nlohmann::json::array()}, {"abstraction", ""}};
  bool whole = true;
  for (const StreetBuckets* street : streets) {
    whole = whole && street != nullptr;
    header["streets"].push_back(nullptr);
    if (street == nullptr) continue;
    header["streets"].back() = {{"plan", nlohmann::json::parse(street->plan)},
                                {"count", street->count},
                                {"used", street->used},
                                {"width", street->ground.width},
                                {"scale", street->scale},
                                {"distortion", street->distortion}};
  }
  if (whole) header["abstraction"] = digest_of(streets);
  auto file = AtomicFile::create(path);
  if (!file) return file.error();
  const std::string text = header.dump();
  const auto size = static_cast<std::uint32_t>(text.size());
  Sink sink(file.value());
  sink.put(magic, magic_bytes);
  sink.put(&bucket_file_version, sizeof(bucket_file_version));
  sink.put(&size, sizeof(size));
  sink.put(text.data(), text.size());
  for (const StreetBuckets* street : streets) {
    if (street == nullptr) continue;
    sink.align();
    sink.put(street->table.data(), street->table.size());
    sink.align();
    sink.put(street->ground.rows.data(), street->ground.rows.size());
    sink.align();
    sink.put(street->ground.distances.data(),
             street->ground.distances.size() * sizeof(std::uint16_t));
  }
  return sink.finish();
}

/// Takes a file's bytes apart: nothing in them is believed before it was checked.
class BucketReader {
 public:
  explicit BucketReader(const std::string& path) : path_(path), file_(new BucketFile()) {}

  Result<std::shared_ptr<const BucketFile>> read() {
    if (auto bytes = read_file(path_, file_->buffer_, file_bytes_max); !bytes) return bytes.error();
    for (const auto part : {&BucketReader::front, &BucketReader::header, &BucketReader::ending,
                            &BucketReader::tables})
      if (auto good = (this->*part)(); !good) return good.error();
    return std::shared_ptr<const BucketFile>(std::move(file_));
  }

 private:
  Error error(std::string code, std::string what, std::size_t byte) const {
    return {std::move(code), std::move(what), path_ + ", byte " + std::to_string(byte)};
  }
  template <class T>
  T number(std::size_t at) const noexcept {
    T value{};
    std::memcpy(&value, file_->buffer_.data() + at, sizeof(value));
    return value;
  }
  std::size_t size() const noexcept { return file_->buffer_.size(); }

  Result<Done> front() {
    const std::size_t word = std::min(size(), magic_bytes);
    if (word > 0 && std::memcmp(file_->buffer_.data(), magic, word) != 0)
      return error("corrupt", "is no bucket file of weir-mccfr", 0);
    if (size() < front_bytes) return error("truncated", "ends within its first 16 bytes", size());
    const auto version = number<std::uint32_t>(magic_bytes);
    if (version != bucket_file_version) {
      return error("version",
                   "is of version " + std::to_string(version) + "; this program reads version " +
                       std::to_string(bucket_file_version),
                   magic_bytes);
    }
    header_bytes_ = number<std::uint32_t>(magic_bytes + 4);
    if (header_bytes_ > header_bytes_max)
      return error("corrupt", "its header would be larger than 1 MiB", magic_bytes + 4);
    if (size() - front_bytes < header_bytes_)
      return error("truncated", "ends within its header", size());
    return Done{};
  }

  Result<Done> header() {
    const auto begin = file_->buffer_.view().substr(front_bytes, header_bytes_);
    const nlohmann::json j = nlohmann::json::parse(begin, nullptr, false);
    if (!j.is_object()) return error("corrupt", "its header is no JSON object", front_bytes);
    end_ = front_bytes + header_bytes_;
    try {
      file_->abstraction_ = j.at("abstraction").get<std::string>();
      const nlohmann::json& streets = j.at("streets");
      if (!streets.is_array() || streets.size() != 4)
        return error("corrupt", "its header has not four streets", front_bytes);
      for (int round = 0; round < 4; ++round) {
        const nlohmann::json& street = streets[static_cast<std::size_t>(round)];
        if (street.is_null()) continue;
        if (auto good = take_street(street, round); !good) return good;
      }
    } catch (const nlohmann::json::exception& bad) {
      return error("corrupt", bad.what(), front_bytes);
    }
    return Done{};
  }

  Result<Done> take_street(const nlohmann::json& j, int round) {
    BucketFile::Street& street = file_->streets_[static_cast<std::size_t>(round)];
    street.plan = j.at("plan").dump();
    const auto count = whole_at<std::int32_t>(j, "count");
    const auto width = whole_at<std::int32_t>(j, "width");
    if (count < 1 || count > (round == 0 ? kind_count : 1000) ||
        (width != 0 && width != 8 && width != 64)) {
      return error(
          "corrupt",
          "its header has numbers of the " + std::string(round_name(round)) + " that cannot be",
          front_bytes);
    }
    street.count = count;
    street.width = static_cast<std::size_t>(width);
    street.used = whole_at<std::int32_t>(j, "used");
    street.scale = j.at("scale").get<double>();
    street.distortion = j.at("distortion").get<double>();
    const auto n = static_cast<std::size_t>(count);
    street.table = aligned(end_);
    street.rows = aligned(street.table + table_bytes(round, street.count));
    street.distances = aligned(street.rows + n * street.width);
    end_ = street.distances + (street.width != 0 ? n * n * sizeof(std::uint16_t) : 0);
    return Done{};
  }

  Result<Done> ending() {
    if (size() < end_ + sizeof(std::uint64_t)) {
      return error("truncated",
                   "ends where " + std::to_string(end_ + sizeof(std::uint64_t) - size()) +
                       " bytes more were to come",
                   size());
    }
    if (number<std::uint64_t>(end_) != XXH3_64bits(file_->buffer_.data(), end_))
      return error("corrupt", "its checksum is not that of its content", end_);
    if (size() > end_ + sizeof(std::uint64_t))
      return error("corrupt", "goes on behind its end", end_ + sizeof(std::uint64_t));
    return Done{};
  }

  Result<Done> tables() {
    for (int round = 0; round < 4; ++round) {
      if (!file_->has(round)) continue;
      const BucketTable table = file_->table(round);
      std::uint16_t most = 0;
      for (std::size_t i = 0; i < hand_index(round).size(); ++i) most = std::max(most, table[i]);
      if (most >= file_->count(round)) {
        return error("corrupt",
                     "its table of the " + std::string(round_name(round)) +
                         " names a bucket that is not there",
                     file_->streets_[static_cast<std::size_t>(round)].table);
      }
    }
    return Done{};
  }

  const std::string& path_;
  std::unique_ptr<BucketFile> file_;
  std::size_t header_bytes_ = 0, end_ = 0;
};

Result<std::shared_ptr<const BucketFile>> BucketFile::read(const std::string& path) {
  return BucketReader(path).read();
}

Result<std::shared_ptr<const BucketFile>> BucketFile::read_whole(const std::string& path) {
  auto file = read(path);
  if (!file) return file;
  for (int round = 0; round < 4; ++round) {
    if (file.value()->has(round)) continue;
    return Error{"truncated",
                 "has no buckets of the " + std::string(round_name(round)) +
                     " yet: the command that made it goes on where it ended",
                 path};
  }
  return file;
}

BucketTable BucketFile::table(int round) const noexcept {
  const Street& street = streets_[static_cast<std::size_t>(round)];
  return {buffer_.data() + street.table, street.count};
}

StreetBuckets BucketFile::street(int round) const {
  const Street& street = streets_[static_cast<std::size_t>(round)];
  const auto n = static_cast<std::size_t>(street.count);
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(buffer_.data());
  StreetBuckets made;
  made.plan = street.plan;
  made.count = street.count;
  made.used = street.used;
  made.scale = street.scale;
  made.distortion = street.distortion;
  made.table.assign(bytes + street.table, bytes + street.table + table_bytes(round, street.count));
  made.ground.width = street.width;
  made.ground.rows.assign(bytes + street.rows, bytes + street.rows + n * street.width);
  made.ground.distances.resize(street.width != 0 ? n * n : 0);
  if (street.width != 0) {
    std::memcpy(made.ground.distances.data(), bytes + street.distances,
                n * n * sizeof(std::uint16_t));
  }
  return made;
}

}  // namespace weir::mccfr::abstraction
