// lazy_checkpoint.hpp: the rows of a LazyTable in a checkpoint, in an order that no thread has a say in; private.
//
//   nodes:  [depth 16 bits][action 8 bits]...                             depth first
//   rows:   [rank of the node][bucket | actions << 16][regrets][sums]...  words of 32 bits
//           [rank of the node][bucket | actions << 16 | row_unsummed][regrets], in rounds without sums
//   a snapshot's rows have no regrets: a row without sums has its current strategy in their place
//
// An undo list names words of the rows, counted from the first. The header has a mark of every 16,384th row.
#pragma once

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>
#include <weir/mccfr/checkpoint.hpp>
#include <weir/mccfr/multiway_game.hpp>
#include <weir/mccfr/trainer.hpp>

#include "current_rows.hpp"
#include "rules_text.hpp"

namespace weir::mccfr {

/// What a header says of such rows.
struct LazyCounts {
  std::uint64_t nodes = 0, children = 0, rows = 0;
  std::uint64_t words = 0;  // that a table needs for the rows
};
inline nlohmann::json to_json(const LazyCounts& counts) {
  return {{"nodes", counts.nodes},
          {"children", counts.children},
          {"rows", counts.rows},
          {"words", counts.words}};
}
/// Throws what json does.
inline LazyCounts lazy_counts_of(const nlohmann::json& j) {
  return {whole_at<std::uint64_t>(j, "nodes"), whole_at<std::uint64_t>(j, "children"),
          whole_at<std::uint64_t>(j, "rows"), whole_at<std::uint64_t>(j, "words")};
}

/// Where a row is, counted in words from the first row.
struct LazyMark {
  std::uint32_t rank = 0, bucket = 0;
  std::uint64_t word = 0;
};
inline constexpr std::size_t rows_between_marks = 16'384;

inline constexpr std::uint32_t row_unsummed = std::uint32_t{1} << 31;

/// What a row in a file says of itself, without its node.
struct LazyHead {
  std::uint32_t bucket = 0;
  std::uint32_t actions = 0;
  bool summed = true;  // of a snapshot always

  static LazyHead of(std::uint32_t word) noexcept {
    return {word & 0xffff, (word & ~row_unsummed) >> 16, (word & row_unsummed) == 0};
  }
  std::uint32_t word() const noexcept {
    return bucket | actions << 16 | (summed ? 0 : row_unsummed);
  }
  /// Words of the row in a file, with its name.
  std::uint64_t row_words(Kept kept) const noexcept {
    return LazyTable::row_words(static_cast<int>(actions), kept == Kept::all && summed);
  }
};
inline LazyHead lazy_head(const LazyTable& table, const LazyRow& row, Kept kept) noexcept {
  const LazyKey key = table.key(row.row);
  return {row.bucket, static_cast<std::uint32_t>(key.actions),
          kept == Kept::averages || key.summed};
}

inline nlohmann::json lazy_marks(const LazyTable& table, const LazyRows& list, Kept kept) {
  auto marks = nlohmann::json::array();
  std::uint64_t word = 0;
  for (std::size_t k = 0; k < list.rows.size(); ++k) {
    const LazyRow& row = list.rows[k];
    if (k % rows_between_marks == 0) marks.push_back({row.rank, row.bucket, word});
    word += lazy_head(table, row, kept).row_words(kept);
  }
  return marks;
}
/// Throws what json does.
inline std::vector<LazyMark> lazy_marks_of(const nlohmann::json& j) {
  std::vector<LazyMark> marks;
  for (const auto& each : j)
    marks.push_back({each.at(0).get<std::uint32_t>(), each.at(1).get<std::uint32_t>(),
                     each.at(2).get<std::uint64_t>()});
  return marks;
}

/// What a row without regrets says: its sums, or its current strategy where there are none.
inline void put_averages(const LazyTable& table, std::uint32_t row, int actions,
                         std::vector<std::uint32_t>& words) {
  if (table.key(row).summed) {
    const std::uint32_t* const sums = table.sums(row, actions);
    if (std::any_of(sums, sums + actions, [](std::uint32_t sum) { return sum != 0; })) {
      words.insert(words.end(), sums, sums + actions);
      return;
    }
  }
  double strategy[actions_max];
  table.strategy(row, actions, strategy);
  for (int a = 0; a < actions; ++a)
    words.push_back(static_cast<std::uint32_t>(std::lround(strategy[a] * current_whole)));
}

/// Where a row begins, in the table and in the file.
using RowPlaces = std::pair<std::uint32_t, std::uint32_t>;

/// Bytes of the program's heap that rows in their order take at most; `undo`: with what undo_in_file() needs.
inline std::uint64_t lazy_rows_bytes(const LazySizes& sizes, bool undo) noexcept {
  constexpr std::uint64_t mark = 1, rank = sizeof(std::uint32_t);
  return sizes.nodes * (sizeof(LazyPlace) + rank + mark) +
         sizes.rows_max() * (sizeof(LazyRow) + (undo ? sizeof(RowPlaces) : 0));
}

inline std::vector<std::uint32_t> rows_of(LazyTable& table, std::span<const UndoEntry> undo) {
  std::vector<std::uint32_t> all, touched;
  if (undo.empty()) return touched;
  all.reserve(table.rows_used());
  table.each_row(0, table.slots(), [&](std::uint32_t row) { all.push_back(row); });
  std::sort(all.begin(), all.end());
  for (const UndoEntry& entry : undo)
    touched.push_back(*(std::upper_bound(all.begin(), all.end(), entry.entry) - 1));
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  return touched;
}

/// The undo list with words of the rows as they are written, where it had words of the table.
inline std::vector<UndoEntry> undo_in_file(const LazyTable& table, const LazyRows& list,
                                           std::span<const UndoEntry> undo) {
  if (undo.empty()) return {};
  std::vector<RowPlaces> places;
  places.reserve(list.rows.size());
  std::uint32_t at = 0;
  for (const LazyRow& row : list.rows) {
    places.emplace_back(row.row, at);
    const LazyKey key = table.key(row.row);
    at += LazyTable::row_words(key.actions, key.summed);
  }
  std::sort(places.begin(), places.end());
  std::vector<UndoEntry> written(undo.begin(), undo.end());
  for (UndoEntry& entry : written) {
    const auto after =
        std::upper_bound(places.begin(), places.end(), RowPlaces(entry.entry, ~std::uint32_t{0}));
    const auto& place = *(after - 1);
    entry.entry = place.second + entry.entry - place.first;
  }
  // Of each word what it was first, in the order of words: where rows lay in the table shows in nothing.
  for (std::size_t k = 0; k < written.size(); ++k) written[k].order = static_cast<std::uint32_t>(k);
  std::sort(written.begin(), written.end(), [](const UndoEntry& a, const UndoEntry& b) {
    return a.entry != b.entry ? a.entry < b.entry : a.order < b.order;
  });
  const auto same = [](const UndoEntry& a, const UndoEntry& b) { return a.entry == b.entry; };
  written.erase(std::unique(written.begin(), written.end(), same), written.end());
  for (UndoEntry& entry : written) entry.order = 0;
  return written;
}

template <class Writer>
void put_lazy_rows(Writer& writer, const LazyTable& table, const LazyRows& list, Kept kept) {
  std::vector<std::uint8_t> nodes;
  nodes.reserve(list.nodes.size() * 3);
  for (const LazyPlace& place : list.nodes) {
    nodes.push_back(static_cast<std::uint8_t>(place.depth));
    nodes.push_back(static_cast<std::uint8_t>(place.depth >> 8));
    nodes.push_back(place.action);
  }
  writer.put(nodes.data(), nodes.size());
  std::vector<std::uint32_t> words;
  constexpr std::size_t piece = 1 << 18;
  const auto flush = [&] {
    writer.put(words.data(), words.size() * sizeof(std::uint32_t));
    words.clear();
  };
  for (const LazyRow& row : list.rows) {
    const LazyHead head = lazy_head(table, row, kept);
    words.push_back(row.rank);
    words.push_back(head.word());
    const std::uint32_t* const entries = table.sums(row.row, 0);
    if (kept == Kept::averages)
      put_averages(table, row.row, static_cast<int>(head.actions), words);
    else
      words.insert(words.end(), entries, entries + (head.row_words(kept) - LazyTable::key_words));
    if (words.size() >= piece) flush();
  }
  flush();
}

/// Reads rows into a table that holds nothing yet, checking that the rules have such states and actions.
template <class Reader>
class LazyReader {
 public:
  /// `summed_rounds`: the first ones, whose rows have sums in the table.
  LazyReader(Reader& reader, const MultiwayGame& game, LazyTable& table, Kept kept,
             int summed_rounds)
      : reader_(reader), game_(game), table_(table), kept_(kept), summed_rounds_(summed_rounds) {}

  Result<Done> read(const LazyCounts& counts) {
    const std::uint64_t words_max = reader_.left() / sizeof(std::uint32_t);
    // Without regrets a file has half of the words that its rows will have, and of their names all.
    const std::uint64_t words_least = kept_ == Kept::all ? counts.words : counts.words / 2;
    if (counts.nodes > reader_.left() / 3 || words_least > words_max)
      return reader_.error("truncated", "its rows do not fit into the file");
    for (std::uint64_t n = 0; n < counts.nodes; ++n)
      if (auto done = read_node(); !done) return done;
    rows_.reserve(static_cast<std::size_t>(counts.rows));
    std::uint64_t words = 0;
    for (std::uint64_t r = 0; r < counts.rows; ++r)
      if (auto done = read_row(words); !done) return done;
    if (words != counts.words) return reader_.error("corrupt", "its rows have other sizes");
    return Done{};
  }

  /// Words of the table, where the file had words of its rows.
  bool place_undo(std::vector<UndoEntry>& undo) const {
    for (UndoEntry& entry : undo) {
      const auto after =
          std::upper_bound(rows_.begin(), rows_.end(), entry.entry,
                           [](std::uint32_t at, const Placed& row) { return at < row.in_file; });
      if (after == rows_.begin()) return false;
      const Placed& row = *(after - 1);
      const std::uint32_t within = entry.entry - row.in_file;
      if (within < LazyTable::key_words || within >= row.words) return false;
      entry.entry = row.in_table + within;
    }
    return true;
  }

 private:
  struct Node {
    std::uint32_t node;
    int round;
    int actions;
    bool over;
  };
  struct Placed {
    std::uint32_t in_file, in_table, words;
  };

  Error full() const {
    return {"table_full", "its rows do not fit into the table; take a larger --table-memory",
            "checkpoint"};
  }
  Result<Done> bad() const {
    return reader_.error("corrupt", "it has states or actions that this game has not");
  }

  Result<Done> read_node() {
    std::uint8_t bytes[3];
    if (auto got = reader_.get(bytes, 3); !got) return got;
    const std::size_t depth = bytes[0] | std::size_t{bytes[1]} << 8;
    const std::uint32_t action = bytes[2];
    if (nodes_.empty() ? depth != 0 : depth == 0 || depth > path_.size()) return bad();
    path_.erase(path_.begin() + static_cast<std::ptrdiff_t>(depth), path_.end());
    BettingState state(game_.rules());
    std::uint32_t node = 0;
    if (depth > 0) {
      const std::uint32_t first = table_.children(path_.back().node);
      if (action >= static_cast<std::uint32_t>(table_.actions(first))) return bad();
      node = first + action;
      state = path_.back().state;
      state.apply(table_.action(node));
      if (state.over()) return bad();
    }
    std::array<BetAction, actions_max> list;
    const int count = game_.actions(state, static_cast<int>(depth), list);
    if (table_.expand(node, std::span(list).first(static_cast<std::size_t>(count)), 0) == 0)
      return full();
    path_.push_back({state, node});
    nodes_.push_back({node, state.round(), count, state.over()});
    return Done{};
  }

  Result<Done> read_row(std::uint64_t& words) {
    std::uint32_t name[2];
    if (auto got = reader_.get(name, sizeof(name)); !got) return got;
    const LazyHead head = LazyHead::of(name[1]);
    const int actions = static_cast<int>(head.actions);
    if (name[0] >= nodes_.size()) return bad();
    const Node& node = nodes_[name[0]];
    if (actions != node.actions || head.summed != (node.round < summed_rounds_) ||
        head.bucket >= game_.buckets()[static_cast<std::size_t>(node.round)])
      return bad();
    const std::uint32_t row = table_.claim(node.node, head.bucket, actions, 0, head.summed);
    if (row == 0) return full();
    const std::uint64_t entries = head.row_words(kept_) - LazyTable::key_words;
    if (auto got = reader_.get(table_.sums(row, kept_ == Kept::all ? 0 : actions),
                               entries * sizeof(std::uint32_t));
        !got)
      return got;
    const std::uint32_t size = LazyTable::row_words(actions, head.summed);
    rows_.push_back({static_cast<std::uint32_t>(words), row, size});
    words += size;
    return Done{};
  }

  struct Step {
    BettingState state;
    std::uint32_t node;
  };
  Reader& reader_;
  const MultiwayGame& game_;
  LazyTable& table_;
  Kept kept_;
  int summed_rounds_;
  std::vector<Step> path_;
  std::vector<Node> nodes_;
  std::vector<Placed> rows_;
};

}  // namespace weir::mccfr
