#include <openssl/evp.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <weir/file.hpp>
#include <weir/mccfr/checkpoint.hpp>

#include "checkpoint_layout.hpp"
#include "checkpoint_stream.hpp"
#include "current_rows.hpp"
#include "region_rows.hpp"
#include "rules_text.hpp"

namespace weir::mccfr {
namespace {

using nlohmann::json;

constexpr char magic[] = "weirmccf";
constexpr char header_sum_key[] = "header_xxh3";
constexpr std::size_t magic_bytes = 8, header_bytes_max = 1 << 24;

Result<CheckpointHeader> header_of(const json& j, const CheckpointReader& reader) {
  CheckpointHeader header;
  const auto part = [&j](const char* key) { return j.contains(key) ? j.at(key) : json(); };
  auto rules = rules_of(part("rules"));
  auto state = state_of(part("state"));
  auto undone = state_of(part("undone"));
  if (!rules || !state || !undone)
    return reader.error("corrupt", "its header lacks rules or states");
  header.rules = rules.value();
  header.state = state.value();
  header.undone = undone.value();
  if (header.rules.discount.kind != Discount::Kind::none && header.rules.mode == UpdateMode::fast) {
    // Training goes on from here to the next discount, which must lie ahead.
    const std::uint64_t interval = header.rules.discount_interval;
    const bool joined = j.contains("lazy");
    const auto other_discounts = [&reader] {
      return reader.error("corrupt", "its state has other discounts than its rules make");
    };
    for (const TrainState* at : {&header.state, &header.undone}) {
      const std::uint64_t steps = joined ? header.rules.discount.steps_at_once(at->discounts) : 1;
      if (at->discounts > at->iterations / interval) return other_discounts();
      const std::uint64_t since = at->iterations - at->discounts * interval;
      if (since != 0 && (since - 1) / interval >= steps) return other_discounts();
    }
  }
  try {
    header.game = j.at("game").dump();
    header.entries = whole_at<std::uint64_t>(j, "entries");
    header.regret_bytes = whole_at<std::uint32_t>(j, "regret_bytes");
    header.sum_bytes = whole_at<std::uint32_t>(j, "sum_bytes");
    header.sum_entries =
        j.contains("sum_entries") ? whole_at<std::uint64_t>(j, "sum_entries") : header.entries;
    header.undo_entries = whole_at<std::uint64_t>(j, "undo_entries");
    if (j.contains("baseline_bytes"))
      header.baseline_bytes = whole_at<std::uint64_t>(j, "baseline_bytes");
    header.kept = j.value("averages_alone", false) ? Kept::averages : Kept::all;
    if (header.kept == Kept::averages && (header.regret_bytes != 0 || header.undo_entries != 0))
      return reader.error("corrupt", "has averages alone, and says that it has more");
    if (header.sum_entries > header.entries ||
        (header.kept == Kept::averages && header.sum_entries != header.entries))
      return reader.error("corrupt", "has other sums than its table would");
    if (j.contains("lazy")) {
      const LazyCounts counts = lazy_counts_of(j.at("lazy"));
      // Of a node at least 3 bytes are kept, of a row two words: tables are made by these numbers.
      const std::uint64_t left = reader.left();
      // A snapshot's rows have one word an action, tables two.
      const std::uint64_t words = header.kept == Kept::all ? counts.words : counts.words / 2;
      if (counts.nodes > left / 3 || counts.rows > left / 8 || words > left / 4 ||
          counts.children > counts.nodes * actions_max)
        return reader.error("truncated", "its rows do not fit into the file");
      header.lazy = LazySizes::of(counts.children, counts.rows, counts.words);
    }
  } catch (const json::exception& error) {
    return reader.error("corrupt", error.what());
  }
  return header;
}

std::uint64_t header_sum(const json& header) {
  const std::string text = header.dump();
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace

Result<CheckpointLayout> get_header(CheckpointReader& reader) {
  std::array<char, magic_bytes> word{};
  if (auto read = reader.get(word.data(), word.size()); !read) return read.error();
  if (std::memcmp(word.data(), magic, magic_bytes) != 0)
    return reader.error("corrupt", "is no checkpoint of weir-mccfr");
  auto version = reader.number<std::uint32_t>();
  if (!version) return version.error();
  if (version.value() < 1 || version.value() > checkpoint_version) {
    return reader.error("version", "is of version " + std::to_string(version.value()) +
                                       "; this program reads versions 1 to " +
                                       std::to_string(checkpoint_version));
  }
  auto bytes = reader.number<std::uint32_t>();
  if (!bytes) return bytes.error();
  if (bytes.value() > header_bytes_max)
    return reader.error("corrupt", "its header would be larger than 16 MiB");
  std::string text(bytes.value(), '\0');
  if (auto read = reader.get(text.data(), text.size()); !read) return read.error();
  json j = json::parse(text, nullptr, false);
  if (!j.is_object()) return reader.error("corrupt", "its header is no JSON object");
  if (const json kept = j.value(header_sum_key, json()); !kept.is_null()) {
    j.erase(header_sum_key);
    if (kept != header_sum(j))
      return reader.error("corrupt", "its header's checksum is not that of its content");
  }
  auto header = header_of(j, reader);
  if (!header) return header.error();
  CheckpointLayout read{std::move(header).value(), {}, {}, reader.at(), reader.size()};
  if (!j.contains("lazy")) return read;
  read.lazy = lazy_counts_of(j.at("lazy"));
  try {
    read.marks = lazy_marks_of(j.at("lazy").value("marks", json::array()));
  } catch (const json::exception& error) {
    return reader.error("corrupt", error.what());
  }
  return read;
}

void put_header(CheckpointWriter& writer, json header, std::uint32_t version) {
  header[header_sum_key] = header_sum(header);
  const std::string text = header.dump();
  writer.put(magic, magic_bytes);
  writer.number(version);
  writer.number(static_cast<std::uint32_t>(text.size()));
  writer.put(text.data(), text.size());
}

namespace {

void digest_rows(EVP_MD_CTX* digest, const Trainer& trainer, const std::byte* table,
                 std::size_t entry_bytes, int rounds) {
  const TableShape& shape = trainer.shape();
  for (int r = 0; r < std::min(rounds, shape.rounds); ++r) {
    for (int p = 0; p < shape.players; ++p) {
      std::vector<RegionRow> runs;  // rows without a gap between them are one
      for (const RegionRow& row : region_rows(trainer.tree(), r, p)) {
        if (!runs.empty() && runs.back().first + runs.back().entries == row.first) {
          runs.back().entries += row.entries;
        } else {
          runs.push_back(row);
        }
      }
      for (std::uint32_t b = 0; b < shape.buckets[static_cast<std::size_t>(r)]; ++b) {
        const std::byte* const region = table + std::size_t{shape.region(r, p, b)} * entry_bytes;
        for (const RegionRow& run : runs)
          EVP_DigestUpdate(digest, region + run.first * entry_bytes, run.entries * entry_bytes);
      }
    }
  }
}

/// Of rounds without sums the current strategy in their place.
void put_current(CheckpointWriter& writer, Trainer& trainer) {
  const TableShape& shape = trainer.shape();
  for (int r = trainer.table().average_rounds; r < shape.rounds; ++r) {
    for (int p = 0; p < shape.players; ++p) {
      const CurrentRows rows(trainer, r, p);
      for (std::uint32_t b = 0; b < shape.buckets[static_cast<std::size_t>(r)]; ++b) {
        const std::vector<std::byte> bytes = rows.sums(b);
        writer.put(bytes.data(), bytes.size());
      }
    }
  }
}

Result<std::vector<UndoEntry>> get_undo(CheckpointReader& reader, std::uint64_t count) {
  std::vector<UndoEntry> undo;
  if (count > reader.left() / sizeof(UndoEntry))
    return reader.error("truncated", "its undo list does not fit into the file");
  undo.resize(count);
  if (auto read = reader.get(undo.data(), undo.size() * sizeof(UndoEntry)); !read)
    return read.error();
  return undo;
}

void finish_reading(Trainer& trainer, const CheckpointHeader& header,
                    std::span<const UndoEntry> undo, Resume resume) noexcept {
  if (resume == Resume::yes) trainer.take_back(undo);
  trainer.restore(resume == Resume::yes ? header.undone : header.state);
}

void write_lazy(CheckpointWriter& writer, json header, LazyTable& table,
                std::span<const UndoEntry> undo, Kept kept) {
  const LazyRows list = lazy_rows(table, rows_of(table, undo));
  const std::vector<UndoEntry> written = undo_in_file(table, list, undo);
  header["undo_entries"] = written.size();
  const bool all = kept == Kept::all;  // what reads a snapshot gives all rows sums
  header["lazy"] = to_json(LazyCounts{list.nodes.size(), list.children, list.rows.size(),
                                      list.words + (all ? 0 : list.words_unsummed)});
  header["lazy"]["marks"] = lazy_marks(table, list, kept);
  put_header(writer, std::move(header), all && list.words_unsummed != 0 ? 3 : 1);
  put_lazy_rows(writer, table, list, kept);
  writer.put(written.data(), written.size() * sizeof(UndoEntry));
}

Result<Done> read_lazy(CheckpointReader& reader, const CheckpointLayout& h, Trainer& trainer,
                       Resume resume) {
  LazyTable* const table = trainer.lazy();
  if (table == nullptr || !h.lazy)
    return reader.error("abstraction", "one of it and this game has its rows by visits, one not");
  const int rounds = trainer.shape().rounds;
  const int theirs = h.header.kept == Kept::all ? h.header.rules.average_rounds : rounds;
  const int ours = trainer.table().average_rounds;
  if (std::min(theirs, rounds) != std::min(ours, rounds)) {
    return reader.error("abstraction", "it has sums of " + std::to_string(theirs) +
                                           " rounds, this table of " + std::to_string(ours));
  }
  LazyReader<CheckpointReader> rows(reader, *trainer.multiway(), *table, h.header.kept, ours);
  if (auto read = rows.read(*h.lazy); !read) return read;
  auto undo = get_undo(reader, h.header.undo_entries);
  if (!undo) return undo.error();
  if (auto checked = reader.check_sum(); !checked) return checked.error();
  if (!rows.place_undo(undo.value()))
    return reader.error("corrupt", "its undo list names an entry that is not there");
  finish_reading(trainer, h.header, undo.value(), resume);
  return Done{};
}

/// Whether a table of all rows has the entries that the file has.
Result<Done> same_table(const CheckpointReader& reader, const CheckpointHeader& h,
                        const TableShape& shape, const TableBytes& table) {
  if (h.entries != shape.entries) {
    return reader.error("abstraction", "its table has " + std::to_string(h.entries) +
                                           " entries, this game's " +
                                           std::to_string(shape.entries));
  }
  TableBits theirs = h.rules.table_bits, ours = table.layout ? table.layout->bits : full_bits;
  const bool one_is_short = compact_bits(theirs) != (table.layout != nullptr);
  for (auto r = static_cast<std::size_t>(shape.rounds); r < theirs.size(); ++r)
    theirs[r] = ours[r] = 0;  // streets that are not there
  if (one_is_short || theirs != ours) {
    return reader.error("abstraction", "its entries have " + json(theirs).dump() +
                                           " bits by street, this table's " + json(ours).dump());
  }
  const bool all = h.kept == Kept::all;
  if ((all && h.regret_bytes != table.regret_bytes) || h.sum_bytes != table.sum_bytes) {
    return reader.error("abstraction", "its sums have " + std::to_string(h.sum_bytes) +
                                           " bytes, this table's " +
                                           std::to_string(table.sum_bytes));
  }
  if (all && h.sum_entries != shape.entries_of_first(table.average_rounds)) {
    return reader.error("abstraction",
                        "it has sums of " + std::to_string(h.sum_entries) +
                            " entries, this table of " +
                            std::to_string(shape.entries_of_first(table.average_rounds)));
  }
  if (all && h.baseline_bytes != table.baselines.size())
    return reader.error("abstraction", "one of it and this run has baselines, one not");
  return Done{};
}

void digest_lazy(EVP_MD_CTX* digest, const LazyTable& table) {
  const LazyRows list = lazy_rows(table);
  for (const LazyPlace& place : list.nodes) {
    const std::uint8_t bytes[3] = {static_cast<std::uint8_t>(place.depth),
                                   static_cast<std::uint8_t>(place.depth >> 8), place.action};
    EVP_DigestUpdate(digest, bytes, sizeof(bytes));
  }
  for (const bool sums : {false, true}) {
    for (const LazyRow& row : list.rows) {
      const LazyKey key = table.key(row.row);
      if (sums && !key.summed) continue;
      const std::uint32_t head[2] = {row.rank, row.bucket};
      EVP_DigestUpdate(digest, head, sizeof(head));
      EVP_DigestUpdate(digest, table.sums(row.row, sums ? key.actions : 0),
                       static_cast<std::size_t>(key.actions) * sizeof(std::uint32_t));
    }
  }
}

}  // namespace

Result<Done> write_checkpoint(const std::string& path, const std::string& game,
                              const TrainRules& rules, Trainer& trainer, Kept kept) {
  auto file = AtomicFile::create(path);
  if (!file) return file.error();
  const bool all = kept == Kept::all;
  const TableBytes table = trainer.table();
  const auto undo = all ? trainer.undo() : std::span<const UndoEntry>();
  json header = {{"game", json::parse(game)},
                 {"rules", to_json(rules)},
                 {"state", to_json(trainer.state())},
                 {"undone", to_json(all ? trainer.undone() : trainer.state())},
                 {"entries", trainer.shape().entries},
                 {"regret_bytes", all ? table.regret_bytes : 0},
                 {"sum_bytes", table.sum_bytes},
                 {"undo_entries", undo.size()}};
  const std::uint64_t summed = trainer.shape().entries_of_first(table.average_rounds);
  const bool summed_all = summed == trainer.shape().entries;
  if (all && !summed_all) header["sum_entries"] = summed;
  if (!all) header["averages_alone"] = true;
  const Sync sync = all ? Sync::file : Sync::none;
  CheckpointWriter writer(file.value());
  if (LazyTable* const lazy = trainer.lazy()) {
    write_lazy(writer, std::move(header), *lazy, undo, kept);
    return writer.finish(sync);
  }
  const auto baselines = all ? table.baselines : std::span<std::byte>();
  if (!baselines.empty()) header["baseline_bytes"] = baselines.size();
  const bool plain = baselines.empty() && table.layout == nullptr;
  put_header(writer, std::move(header), all && !summed_all ? 3 : plain ? 1 : 2);
  if (all) writer.put(table.regrets.data(), table.regrets.size());
  writer.put(table.sums.data(), table.sums.size());
  if (!all) put_current(writer, trainer);
  writer.put(baselines.data(), baselines.size());
  writer.put(undo.data(), undo.size_bytes());
  return writer.finish(sync);
}

Result<CheckpointHeader> read_checkpoint_header(const std::string& path) {
  auto reader = CheckpointReader::open(path);
  if (!reader) return reader.error();
  auto read = get_header(reader.value());
  if (!read) return read.error();
  return std::move(read).value().header;
}

Result<CheckpointLayout> read_checkpoint_layout(const std::string& path) {
  auto opened = CheckpointReader::open(path);
  if (!opened) return opened.error();
  auto read = get_header(opened.value());
  if (!read) return read;
  const CheckpointLayout& layout = read.value();
  const CheckpointHeader& h = layout.header;
  const std::uint64_t left = layout.file_bytes - layout.tables_at;
  constexpr std::uint64_t sum_bytes = sizeof(std::uint64_t);
  if (left < sum_bytes) return opened.value().error("truncated", "ends before its tables");
  const std::uint64_t room = left - sum_bytes, undo = h.undo_entries;
  constexpr std::uint32_t entry_bytes_max = 16;
  if (h.regret_bytes > entry_bytes_max || h.sum_bytes > entry_bytes_max)
    return opened.value().error("corrupt", "has entries that no table has");
  if (undo > room / sizeof(UndoEntry) || h.entries > room)
    return opened.value().error("truncated", "ends before its tables do");
  std::uint64_t known = undo * sizeof(UndoEntry);  // bytes that there must be
  if (const auto& lazy = layout.lazy) {
    // In a file a row has its name, and one word an action where there are no regrets.
    const std::uint64_t names = lazy->rows * LazyTable::key_words;
    if (names > lazy->words) return opened.value().error("corrupt", "its rows have other sizes");
    const std::uint64_t entries = lazy->words - names;
    known += lazy->nodes * 3 +
             (names + (h.kept == Kept::all ? entries : entries / 2)) * sizeof(std::uint32_t);
  } else {
    known += h.entries * std::uint64_t{h.regret_bytes} + h.sum_entries * h.sum_bytes;
    if (h.baseline_bytes > room)
      return opened.value().error("truncated", "ends before its tables do");
    known += h.baseline_bytes;
  }
  // How many bytes short entries take is for those to know who make their game.
  if (compact_bits(h.rules.table_bits)) return read;
  if (known > room)
    return opened.value().error("truncated", "lacks " + std::to_string(known - room) + " bytes");
  if (known < room) return opened.value().error("corrupt", "goes on behind its end");
  return read;
}

Result<Done> read_checkpoint(const std::string& path, Trainer& trainer, Resume resume) {
  auto opened = CheckpointReader::open(path);
  if (!opened) return opened.error();
  CheckpointReader& reader = opened.value();
  auto header = get_header(reader);
  if (!header) return header.error();
  const CheckpointHeader& h = header.value().header;
  const bool all = h.kept == Kept::all;
  if (!all && resume == Resume::yes)
    return Error{"usage", "has averages alone: training goes on from a checkpoint", path};
  if (header.value().lazy || trainer.lazy() != nullptr)
    return read_lazy(reader, header.value(), trainer, resume);
  const TableBytes table = trainer.table();
  if (auto same = same_table(reader, h, trainer.shape(), table); !same) return same;
  if (h.undo_entries > reader.left() / sizeof(UndoEntry))
    return reader.error("truncated", "its undo list does not fit into the file");
  if (all) {
    if (auto read = reader.get(table.regrets.data(), table.regrets.size()); !read)
      return read.error();
  }
  if (auto read = reader.get(table.sums.data(), table.sums.size()); !read) return read.error();
  if (all) {
    if (auto read = reader.get(table.baselines.data(), table.baselines.size()); !read)
      return read.error();
  }
  auto undo = get_undo(reader, h.undo_entries);
  if (!undo) return undo.error();
  if (auto checked = reader.check_sum(); !checked) return checked.error();
  for (const UndoEntry& entry : undo.value())
    if (entry.entry >= h.entries * (h.baseline_bytes != 0 ? 2 : 1))
      return reader.error("corrupt", "its undo list names an entry that is not there");
  finish_reading(trainer, h, undo.value(), resume);
  return Done{};
}

std::string table_sha256(Trainer& trainer) {
  const TableBytes table = trainer.table();
  EVP_MD_CTX* const digest = EVP_MD_CTX_new();
  EVP_DigestInit_ex(digest, EVP_sha256(), nullptr);
  if (const LazyTable* const lazy = trainer.lazy()) {
    digest_lazy(digest, *lazy);
  } else if (table.layout != nullptr) {  // words of several entries
    EVP_DigestUpdate(digest, table.regrets.data(), table.regrets.size());
    EVP_DigestUpdate(digest, table.sums.data(), table.sums.size());
  } else {
    digest_rows(digest, trainer, table.regrets.data(), table.regret_bytes, rounds_max);
    digest_rows(digest, trainer, table.sums.data(), table.sum_bytes, table.average_rounds);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_DigestFinal_ex(digest, bytes.data(), &size);
  EVP_MD_CTX_free(digest);
  std::string text;
  for (unsigned k = 0; k < size; ++k) {
    text += "0123456789abcdef"[bytes[k] >> 4];
    text += "0123456789abcdef"[bytes[k] & 15];
  }
  return text;
}

}  // namespace weir::mccfr
