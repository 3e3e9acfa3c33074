// lazy_checkpoint.hpp: the rows of a LazyTable in a checkpoint, in an order that no thread has a say in; private.
//
//   nodes:  [depth 16 bits][action 8 bits]...                             depth first
//   rows:   [rank of the node][bucket | actions << 16][regrets][sums]...  words of 32 bits
//
// An undo list names words of the rows, counted from the first.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>
#include <weir/mccfr/multiway_game.hpp>
#include <weir/mccfr/trainer.hpp>

#include "rules_text.hpp"

namespace weir::mccfr {

/// What a header says of such rows.
struct LazyCounts {
  std::uint64_t nodes = 0, children = 0, rows = 0, words = 0;
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

inline std::vector<std::uint32_t> rows_of(LazyTable& table, std::span<const UndoEntry> undo) {
  std::vector<std::uint32_t> all, touched;
  if (undo.empty()) return touched;
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
  std::vector<std::pair<std::uint32_t, std::uint32_t>> places;  // in the table, in the file
  std::uint32_t at = 0;
  for (const LazyRow& row : list.rows) {
    places.emplace_back(row.row, at);
    at += LazyTable::key_words + 2 * static_cast<std::uint32_t>(table.key(row.row).actions);
  }
  std::sort(places.begin(), places.end());
  std::vector<UndoEntry> written(undo.begin(), undo.end());
  for (UndoEntry& entry : written) {
    const auto after =
        std::upper_bound(places.begin(), places.end(), std::pair(entry.entry, ~std::uint32_t{0}));
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
void put_lazy_rows(Writer& writer, const LazyTable& table, const LazyRows& list) {
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
    const auto actions = static_cast<std::uint32_t>(table.key(row.row).actions);
    words.push_back(row.rank);
    words.push_back(row.bucket | actions << 16);
    const std::uint32_t* const entries = table.sums(row.row, 0);
    words.insert(words.end(), entries, entries + std::size_t{2} * actions);
    if (words.size() >= piece) flush();
  }
  flush();
}

/// Reads rows into a table that holds nothing yet, checking that the rules have such states and actions.
template <class Reader>
class LazyReader {
 public:
  LazyReader(Reader& reader, const MultiwayGame& game, LazyTable& table)
      : reader_(reader), game_(game), table_(table) {}

  Result<Done> read(const LazyCounts& counts) {
    if (counts.nodes > reader_.left() / 3 || counts.words > reader_.left() / sizeof(std::uint32_t))
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
    std::uint32_t head[2];
    if (auto got = reader_.get(head, sizeof(head)); !got) return got;
    const std::uint32_t bucket = head[1] & 0xffff;
    const int actions = static_cast<int>(head[1] >> 16);
    if (head[0] >= nodes_.size()) return bad();
    const Node& node = nodes_[head[0]];
    if (actions != node.actions || bucket >= game_.buckets()[static_cast<std::size_t>(node.round)])
      return bad();
    const std::uint32_t row = table_.claim(node.node, bucket, actions, 0);
    if (row == 0) return full();
    const auto entries = 2 * static_cast<std::uint32_t>(actions);
    if (auto got = reader_.get(table_.sums(row, 0), entries * sizeof(std::uint32_t)); !got)
      return got;
    rows_.push_back({static_cast<std::uint32_t>(words), row, LazyTable::key_words + entries});
    words += LazyTable::key_words + entries;
    return Done{};
  }

  struct Step {
    BettingState state;
    std::uint32_t node;
  };
  Reader& reader_;
  const MultiwayGame& game_;
  LazyTable& table_;
  std::vector<Step> path_;
  std::vector<Node> nodes_;
  std::vector<Placed> rows_;
};

}  // namespace weir::mccfr
