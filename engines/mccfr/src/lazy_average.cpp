#include "lazy_average.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weir::mccfr {
namespace {

std::uint32_t part_of(double probability) noexcept {
  return static_cast<std::uint32_t>(std::lround(probability * current_whole));
}

/// The parts that are positive; all alike where none is.
template <class T>
void proportions(const std::uint32_t* words, std::uint32_t actions, double* strategy) noexcept {
  double total = 0;
  for (std::uint32_t a = 0; a < actions; ++a)
    total += strategy[a] = std::max(0.0, static_cast<double>(static_cast<T>(words[a])));
  for (std::uint32_t a = 0; a < actions; ++a)
    strategy[a] = total > 0 ? strategy[a] / total : 1.0 / actions;
}

}  // namespace

Result<Done> LazyFile::begin() {
  const LazyCounts& counts = *file_.layout.lazy;
  if (counts.nodes > file_.reader.left() / 3)
    return file_.reader.error("truncated", "its states do not fit into the file");
  states_ = counts.nodes;
  rows_left_ = counts.rows;
  nodes_.resize(3 * states_);
  if (auto got = file_.reader.get(nodes_.data(), nodes_.size()); !got) return got;
  return rows_left_ > 0 ? read_row() : Done{};
}

Result<Done> LazyFile::read_row() {
  std::uint32_t name[2];
  if (auto got = file_.reader.get(name, sizeof(name)); !got) return got;
  rank_ = name[0];
  head_ = LazyHead::of(name[1]);
  if (head_.actions == 0 || head_.actions > actions_max)
    return corrupt("a row has a size that no row has");
  const std::uint64_t words = head_.row_words(file_.layout.header.kept) - LazyTable::key_words;
  return file_.reader.get(words_.data(), words * sizeof(std::uint32_t));
}

Result<Done> LazyFile::next_row() {
  const std::pair last(rank_, head_.bucket);
  if (--rows_left_ == 0) return Done{};
  if (auto got = read_row(); !got) return got;
  if (std::pair(rank_, head_.bucket) <= last) return corrupt("its rows are in no order");
  return Done{};
}

Result<Done> LazyFile::step() {
  if (row_left()) return corrupt("a row is of another state than it says");
  ++at_;
  return Done{};
}

bool LazyFile::fits(int actions, bool summed) const noexcept {
  return static_cast<int>(head_.actions) == actions && head_.summed == (summed || !all());
}

void LazyFile::sums(std::uint32_t* parts) const noexcept {
  const std::uint32_t* const sums = words_.data() + (all() ? head_.actions : 0);
  if (std::any_of(sums, sums + head_.actions, [](std::uint32_t sum) { return sum != 0; })) {
    std::copy_n(sums, head_.actions, parts);
    return;
  }
  double strategy[actions_max];
  current(strategy);
  for (std::uint32_t a = 0; a < head_.actions; ++a) parts[a] = part_of(strategy[a]);
}

void LazyFile::current(double* strategy) const noexcept {
  if (all())
    proportions<std::int32_t>(words_.data(), head_.actions, strategy);
  else
    proportions<std::uint32_t>(words_.data(), head_.actions, strategy);
}

Result<Done> LazyFile::finish() {
  if (rows_left_ > 0) return corrupt("it has rows of states that it has not");
  UndoEntry undo;
  for (std::uint64_t k = 0; k < file_.layout.header.undo_entries; ++k)
    if (auto got = file_.reader.get(&undo, sizeof(undo)); !got) return got;
  return file_.reader.check_sum();
}

LazyAverage::LazyAverage(std::vector<OpenedFile> files, const MultiwayGame& game, int first_round,
                         const std::function<bool()>& look)
    : game_(game), first_round_(first_round), look_(look) {
  files_.reserve(files.size());
  for (OpenedFile& file : files) files_.emplace_back(std::move(file));
}

Result<Done> LazyAverage::make() {
  for (LazyFile& file : files_)
    if (auto begun = file.begin(); !begun) return begun;
  for (;;) {
    if (!look_()) return Error{"stopped", "ended before the average was whole", "average"};
    // Depth first: what lies deeper is below the last state, and comes before what lies beside it.
    here_.clear();
    for (LazyFile& file : files_) {
      if (!file.states_left()) continue;
      const std::pair order(here_.empty() ? 0 : here_[0]->depth(), file.depth());
      if (here_.empty() || order.second > order.first ||
          (order.second == order.first && file.action() < here_[0]->action()))
        here_.assign(1, &file);
      else if (order.second == order.first && file.action() == here_[0]->action())
        here_.push_back(&file);
    }
    if (here_.empty()) break;
    if (auto added = add_state(*here_[0]); !added) return added;
    if (auto added = add_rows(); !added) return added;
    for (LazyFile* const file : here_)
      if (auto stepped = file->step(); !stepped) return stepped;
  }
  for (LazyFile& file : files_)
    if (auto finished = file.finish(); !finished) return finished;
  return Done{};
}

Result<Done> LazyAverage::add_state(const LazyFile& of) {
  const std::size_t depth = of.depth();
  const std::uint32_t action = of.action();
  const auto bad = [&of] { return of.corrupt("it has states that this game has not"); };
  if (path_.empty() ? depth != 0 : depth == 0 || depth > path_.size()) return bad();
  BettingState state(game_.rules());
  std::array<BetAction, actions_max> list;
  if (depth > 0) {
    const Step& parent = path_[depth - 1];
    // Of what lies beside it, it is the next.
    if (depth < path_.size() && action <= path_[depth].action) return bad();
    if (action >= static_cast<std::uint32_t>(parent.actions)) return bad();
    state = parent.state;
    game_.actions(state, static_cast<int>(depth - 1), list);
    state.apply(list[action]);
    if (state.over()) return bad();
  }
  const int actions = game_.actions(state, static_cast<int>(depth), list);
  path_.erase(path_.begin() + static_cast<std::ptrdiff_t>(depth), path_.end());
  path_.push_back({state, actions, action});
  nodes_.push_back(static_cast<std::uint8_t>(depth));
  nodes_.push_back(static_cast<std::uint8_t>(depth >> 8));
  nodes_.push_back(static_cast<std::uint8_t>(action));
  ++counts_.nodes;
  counts_.children += static_cast<std::uint64_t>(actions);
  return Done{};
}

Result<Done> LazyAverage::add_rows() {
  for (;;) {
    constexpr std::uint32_t none = ~std::uint32_t{0};
    std::uint32_t bucket = none;
    for (const LazyFile* const file : here_)
      if (file->row_left()) bucket = std::min(bucket, file->head().bucket);
    if (bucket == none) return Done{};
    if (auto added = add_row(bucket); !added) return added;
  }
}

Result<Done> LazyAverage::add_row(std::uint32_t bucket) {
  const Step& at = path_.back();
  const int round = at.state.round();
  const bool summed = round < first_round_;
  const auto actions = static_cast<std::uint32_t>(at.actions);
  std::array<double, actions_max> totals{}, strategy{};
  std::array<std::uint32_t, actions_max> parts{};
  double have = 0;
  for (LazyFile* const file : here_) {
    if (!file->row_left() || file->head().bucket != bucket) continue;
    if (!file->fits(at.actions, summed) ||
        bucket >= game_.buckets()[static_cast<std::size_t>(round)])
      return file->corrupt("it has rows that this game has not");
    if (!summed) {
      file->current(strategy.data());
      for (std::uint32_t a = 0; a < actions; ++a) totals[a] += strategy[a];
      ++have;
    } else if (file == &files_.back()) {
      file->sums(parts.data());
    }
    if (auto next = file->next_row(); !next) return next;
  }
  if (summed && parts == std::array<std::uint32_t, actions_max>{}) return Done{};
  for (std::uint32_t a = 0; a < actions && !summed; ++a) parts[a] = part_of(totals[a] / have);
  if (counts_.rows % rows_between_marks == 0)
    marks_.push_back({counts_.nodes - 1, bucket, words_.size()});
  words_.push_back(static_cast<std::uint32_t>(counts_.nodes - 1));
  words_.push_back(LazyHead{bucket, actions, true}.word());
  words_.insert(words_.end(), parts.begin(), parts.begin() + actions);
  ++counts_.rows;
  counts_.words += LazyTable::row_words(at.actions, true);
  return Done{};
}

void LazyAverage::put(nlohmann::json header, CheckpointWriter& writer) const {
  header["lazy"] = to_json(counts_);
  header["lazy"]["marks"] = marks_;
  put_header(writer, std::move(header), 1);
  writer.put(nodes_.data(), nodes_.size());
  writer.put(words_.data(), words_.size() * sizeof(words_[0]));
}

}  // namespace weir::mccfr
