#include "kept_rows.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <weir/mccfr/strategy.hpp>

#include "checkpoint_stream.hpp"

namespace weir::mccfr {
namespace {

constexpr std::size_t read_piece_bytes = 1 << 20;
constexpr std::uint64_t checked_bytes_max = std::uint64_t{64} << 20;  // some milliseconds

template <class Sum>
std::vector<double> average_of(const std::byte* bytes, int actions) {
  std::array<Sum, actions_max> sums{};
  std::memcpy(sums.data(), bytes, static_cast<std::size_t>(actions) * sizeof(Sum));
  std::vector<double> strategy(static_cast<std::size_t>(actions));
  average_strategy(sums.data(), actions, strategy.data());
  return strategy;
}

template <class Entries>
std::vector<double> current_of(const std::byte* bytes, int actions) {
  std::array<typename Entries::Regret, actions_max> regrets{};
  std::memcpy(regrets.data(), bytes, static_cast<std::size_t>(actions) * sizeof(regrets[0]));
  std::array<typename Entries::Real, actions_max> current{};
  match_regrets<Entries>(regrets.data(), actions, current.data());
  return {current.begin(), current.begin() + actions};
}

}  // namespace

Result<KeptRows> KeptRows::open(const std::string& path) {
  auto layout = read_checkpoint_layout(path);
  if (!layout) return layout.error();
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return Error{"unreadable", std::strerror(errno), path};
  return KeptRows(std::move(layout).value(), path, file);
}

Error KeptRows::broken(std::uint64_t at, std::string what) const {
  return {"corrupt", std::move(what), path_ + ", byte " + std::to_string(at)};
}

Result<Done> KeptRows::read(std::uint64_t at, void* bytes, std::size_t size) {
  if (::fseeko(file_.get(), static_cast<off_t>(at), SEEK_SET) != 0 ||
      std::fread(bytes, 1, size, file_.get()) != size)
    return Error{"unreadable", std::strerror(errno), path_ + ", byte " + std::to_string(at)};
  return Done{};
}

bool KeptRows::readable() const noexcept {
  if (layout_.lazy || compact_bits(layout_.header.rules.table_bits)) return true;
  const std::uint32_t sum = layout_.header.sum_bytes, regret = layout_.header.regret_bytes;
  const bool whole = layout_.header.kept == Kept::averages || regret == sum;
  return whole && (sum == sizeof(std::uint32_t) || sum == sizeof(std::int64_t));
}

Result<Done> KeptRows::check_size(const CompactLayout& table) const {
  const CheckpointHeader& h = layout_.header;
  const std::uint64_t room = layout_.file_bytes - layout_.tables_at - sizeof(std::uint64_t);
  const std::uint64_t known = (h.kept == Kept::all ? table.bytes : 0) + table.sum_bytes +
                              h.undo_entries * sizeof(UndoEntry);
  const std::string where = path_ + ", byte " + std::to_string(layout_.tables_at);
  if (h.baseline_bytes > room || known > room - h.baseline_bytes)
    return Error{"truncated", "ends before its tables do", where};
  if (known + h.baseline_bytes < room) return Error{"corrupt", "goes on behind its end", where};
  return Done{};
}

Result<Done> KeptRows::check_whole() {
  if (checked_ || layout_.file_bytes > checked_bytes_max) return Done{};
  auto reader = CheckpointReader::open(path_);
  if (!reader) return reader.error();
  CheckpointReader& whole = reader.value();
  std::vector<std::byte> piece(read_piece_bytes);
  while (whole.left() > sizeof(std::uint64_t)) {
    const std::uint64_t size =
        std::min<std::uint64_t>(piece.size(), whole.left() - sizeof(std::uint64_t));
    if (auto read = whole.get(piece.data(), size); !read) return read.error();
  }
  if (auto right = whole.check_sum(); !right) return right.error();
  checked_ = true;
  return Done{};
}

Result<std::vector<double>> KeptRows::short_average(const CompactLayout& table, std::uint32_t entry,
                                                    int actions) {
  if (auto checked = check_size(table); !checked) return checked.error();
  if (auto whole = check_whole(); !whole) return whole.error();
  const int round = table.round_of(entry);
  const int bits = table.bits[static_cast<std::size_t>(round)];
  const std::size_t first = table.place(entry, round);
  const std::size_t last = table.place(entry + static_cast<std::uint32_t>(actions) - 1, round);
  std::vector<std::byte> words(last - first + static_cast<std::size_t>(bits == 16 ? 8 : 4));
  const bool summed = entry < table.summed;
  const std::uint64_t at =
      layout_.tables_at + (layout_.header.kept == Kept::all && summed ? table.bytes : 0) + first;
  if (auto done = read(at, words.data(), words.size()); !done) return done.error();
  std::array<std::int64_t, actions_max> sums{};
  for (std::uint32_t a = 0; a < static_cast<std::uint32_t>(actions); ++a) {
    const std::uint32_t e = entry + a, k = e % group_entries;
    const std::byte* const word = words.data() + (table.place(e, round) - first);
    if (!summed) {  // the current strategy
      const std::int64_t regret = bits == 16  ? Regrets16::value(word_at<Regrets16::Word>(word), k)
                                  : bits == 8 ? Regrets8::value(word_at<Regrets8::Word>(word), k)
                                              : std::int64_t{word_at<std::int32_t>(word)};
      sums[a] = std::max<std::int64_t>(regret, 0);
      continue;
    }
    sums[a] = bits == 16  ? Sums16::value(word_at<Sums16::Word>(word), k)
              : bits == 8 ? Sums8::value(word_at<Sums8::Word>(word), k)
                          : std::int64_t{word_at<std::uint32_t>(word)};
  }
  std::vector<double> strategy(static_cast<std::size_t>(actions));
  average_strategy(sums.data(), actions, strategy.data());
  return strategy;
}

Result<std::vector<double>> KeptRows::average(const TableShape& shape, std::uint32_t entry,
                                              int actions) {
  const CheckpointHeader& h = layout_.header;
  if (compact_bits(h.rules.table_bits))
    return short_average(
        CompactLayout::of(shape, h.rules.table_bits,
                          h.kept == Kept::all ? h.rules.average_rounds : rounds_max),
        entry, actions);
  if (auto whole = check_whole(); !whole) return whole.error();
  std::array<std::byte, actions_max * sizeof(std::int64_t)> row{};
  if (entry >= h.sum_entries) {
    const std::uint64_t at = layout_.tables_at + entry * std::uint64_t{h.regret_bytes};
    const std::size_t size = static_cast<std::size_t>(actions) * h.regret_bytes;
    if (auto done = read(at, row.data(), size); !done) return done.error();
    return h.regret_bytes == sizeof(std::int32_t) ? current_of<NarrowEntries>(row.data(), actions)
                                                  : current_of<WideEntries>(row.data(), actions);
  }
  const std::uint64_t at =
      layout_.tables_at + h.entries * h.regret_bytes + entry * std::uint64_t{h.sum_bytes};
  const std::size_t size = static_cast<std::size_t>(actions) * h.sum_bytes;
  if (auto done = read(at, row.data(), size); !done) return done.error();
  // Whole trees are walked with floating-point numbers, samples are counted in whole ones.
  const bool real = h.rules.algorithm >= Algorithm::cfr;
  if (h.sum_bytes == sizeof(float))
    return real ? average_of<float>(row.data(), actions)
                : average_of<NarrowEntries::Sum>(row.data(), actions);
  return real ? average_of<double>(row.data(), actions)
              : average_of<WideEntries::Sum>(row.data(), actions);
}

Result<std::optional<std::uint32_t>> KeptRows::rank_of(std::span<const std::uint8_t> path) {
  if (auto whole = check_whole(); !whole) return whole.error();
  constexpr std::uint64_t node_bytes = 3;
  const std::uint64_t nodes = layout_.lazy->nodes;
  std::vector<std::uint8_t> piece(read_piece_bytes / node_bytes * node_bytes);
  std::size_t matched = 0;  // actions of `path` that lead to the last node that lies on it
  for (std::uint64_t n = 0; n < nodes;) {
    const std::uint64_t count = std::min<std::uint64_t>(piece.size() / node_bytes, nodes - n);
    const std::uint64_t at = layout_.tables_at + n * node_bytes;
    if (auto done = read(at, piece.data(), count * node_bytes); !done) return done.error();
    for (std::uint64_t k = 0; k < count; ++k, ++n) {
      const std::uint8_t* const node = piece.data() + k * node_bytes;
      const std::size_t depth = node[0] | std::size_t{node[1]} << 8;
      if (n == 0) {
        if (path.empty()) return std::optional<std::uint32_t>(0);
        continue;
      }
      if (depth <= matched) return std::optional<std::uint32_t>();  // left what lies below it
      if (depth != matched + 1 || node[2] != path[matched]) continue;
      if (++matched == path.size()) return std::optional(static_cast<std::uint32_t>(n));
    }
  }
  return std::optional<std::uint32_t>();
}

std::vector<double> KeptRows::strategy_of(const std::uint32_t* words, const LazyHead& head) const {
  const int actions = static_cast<int>(head.actions);
  std::vector<double> strategy(head.actions);
  const bool all = layout_.header.kept == Kept::all;
  const std::uint32_t* const sums = words + (all && head.summed ? actions : 0);
  average_strategy(sums, actions, strategy.data());
  if (!all || (head.summed &&
               std::any_of(sums, sums + actions, [](std::uint32_t sum) { return sum != 0; })))
    return strategy;
  std::array<std::int32_t, actions_max> regrets{};
  std::memcpy(regrets.data(), words, static_cast<std::size_t>(actions) * sizeof(std::int32_t));
  std::array<float, actions_max> current{};
  match_regrets<NarrowEntries>(regrets.data(), actions, current.data());
  std::copy_n(current.begin(), actions, strategy.begin());
  return strategy;
}

Result<std::optional<std::vector<double>>> KeptRows::strategy(std::uint32_t rank,
                                                              std::uint32_t bucket) {
  const LazyCounts& counts = *layout_.lazy;
  const std::uint64_t first = layout_.tables_at + counts.nodes * 3;
  const std::uint64_t end =
      layout_.file_bytes - sizeof(std::uint64_t) - layout_.header.undo_entries * sizeof(UndoEntry);
  const std::pair wanted(rank, bucket);
  LazyMark from;
  for (const LazyMark& mark : layout_.marks)
    if (std::pair(mark.rank, mark.bucket) <= wanted) from = mark;
  if (from.word > (end - first) / sizeof(std::uint32_t))
    return broken(first, "its marks lead behind its end");
  // Rows are at most `longest` words: pieces overlap by what is left of the last one.
  constexpr std::size_t longest = LazyTable::key_words + 2 * actions_max;
  std::vector<std::uint32_t> piece(read_piece_bytes / sizeof(std::uint32_t) / 4);
  std::uint64_t at = first + from.word * sizeof(std::uint32_t);
  while (at < end) {
    const std::size_t words = std::min<std::uint64_t>(piece.size(), (end - at) / sizeof(piece[0]));
    if (auto done = read(at, piece.data(), words * sizeof(piece[0])); !done) return done.error();
    std::size_t word = 0;
    const bool last = at + words * sizeof(piece[0]) >= end;
    while (word + LazyTable::key_words <= words && (last || word + longest <= words)) {
      const LazyHead head = LazyHead::of(piece[word + 1]);
      const std::pair here(piece[word], head.bucket);
      const std::uint64_t row_words = head.row_words(layout_.header.kept);
      if (head.actions == 0 || head.actions > actions_max || word + row_words > words)
        return broken(at + word * sizeof(piece[0]), "a row has a size that no row has");
      if (here == wanted)
        return std::optional(strategy_of(piece.data() + word + LazyTable::key_words, head));
      if (here > wanted) return std::optional<std::vector<double>>();
      word += row_words;
    }
    if (word == 0) break;
    at += word * sizeof(piece[0]);
  }
  return std::optional<std::vector<double>>();
}

}  // namespace weir::mccfr
