#include "snapshot_average.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <weir/mccfr/strategy.hpp>
#include <weir/mccfr/training_game.hpp>

#include "checkpoint_layout.hpp"
#include "current_rows.hpp"
#include "lazy_average.hpp"
#include "rules_text.hpp"

namespace weir::mccfr {
namespace {

using nlohmann::json;

/// Where the entries of a file's table lie.
struct Places {
  TableShape shape;
  TableBits bits = full_bits;
  int first_round = 0;  // that has no sums

  int bits_of(int round) const noexcept { return bits[static_cast<std::size_t>(round)]; }
  /// Of so many entries of a round; where no round is short, one has `whole` bytes.
  std::uint64_t bytes(std::uint64_t entries, int round, std::uint32_t whole) const noexcept {
    return compact_bits(bits) ? entries * static_cast<std::uint64_t>(bits_of(round)) / 8
                              : entries * whole;
  }
  std::uint64_t first_bytes(std::uint32_t whole, int rounds) const noexcept {
    std::uint64_t total = 0;
    for (int r = 0; r < std::min(rounds, shape.rounds); ++r)
      total += bytes(shape.entries_of_first(r + 1) - shape.entries_of_first(r), r, whole);
    return total;
  }
};

/// Entries of a region as numbers.
template <class Word>
void take_words(const std::vector<std::byte>& bytes, std::vector<double>& values) {
  for (std::size_t e = 0; e < values.size(); ++e)
    values[e] = static_cast<double>(word_at<Word>(bytes.data() + e * sizeof(Word)));
}
template <class G>
void take_groups(const std::vector<std::byte>& bytes, std::vector<double>& values) {
  using Word = typename G::Word;
  for (std::size_t e = 0; e < values.size(); ++e) {
    const auto word = word_at<Word>(bytes.data() + e / group_entries * sizeof(Word));
    values[e] = static_cast<double>(G::value(word, static_cast<std::uint32_t>(e % group_entries)));
  }
}

/// What a row's regrets, or parts of a strategy, play; false: nobody came to it.
bool current_strategy(double* row, std::uint32_t actions) noexcept {
  double total = 0;
  bool seen = false;
  for (std::uint32_t a = 0; a < actions; ++a) {
    seen = seen || row[a] != 0;
    total += row[a] = std::max(row[a], 0.0);
  }
  for (std::uint32_t a = 0; a < actions; ++a) row[a] = total > 0 ? row[a] / total : 1.0 / actions;
  return seen;
}

/// A file whose rows are gone through once. Of a checkpoint the regrets are, of a snapshot what it has in the place of
/// sums: both are proportional to the current strategy where they are positive.
class Source {
 public:
  static Result<Source> open(const std::string& path) {
    auto reader = CheckpointReader::open(path);
    if (!reader) return reader.error();
    auto layout = get_header(reader.value());
    if (!layout) return layout.error();
    return Source({path, std::move(reader).value(), std::move(layout).value()});
  }
  const std::string& path() const noexcept { return file_.path; }
  const CheckpointLayout& layout() const noexcept { return file_.layout; }
  const CheckpointHeader& header() const noexcept { return layout().header; }
  /// For those who read its rows themselves; then no more of this.
  OpenedFile take() noexcept { return std::move(file_); }
  bool all() const noexcept { return header().kept == Kept::all; }
  std::uint32_t entry_bytes() const noexcept {
    return all() ? header().regret_bytes : header().sum_bytes;
  }

  Result<Done> get(void* bytes, std::size_t size) { return file_.reader.get(bytes, size); }
  Result<Done> skip(std::uint64_t bytes) {
    std::vector<std::byte> piece(std::min<std::uint64_t>(bytes, stream_piece_bytes));
    for (std::uint64_t done = 0; done < bytes;) {
      const std::size_t size = std::min<std::uint64_t>(piece.size(), bytes - done);
      if (auto read = file_.reader.get(piece.data(), size); !read) return read;
      done += size;
    }
    return Done{};
  }
  /// What is left, and that its checksum is right.
  Result<Done> finish() {
    constexpr std::uint64_t sum_bytes = sizeof(std::uint64_t);
    if (file_.reader.left() < sum_bytes)
      return file_.reader.error("truncated", "ends before its tables do");
    if (auto skipped = skip(file_.reader.left() - sum_bytes); !skipped) return skipped;
    return file_.reader.check_sum();
  }
  /// The next region's entries.
  Result<Done> region(const Places& places, int round, std::vector<double>& values) {
    bytes_.resize(places.bytes(values.size(), round, entry_bytes()));
    if (auto read = file_.reader.get(bytes_.data(), bytes_.size()); !read) return read;
    const int bits = places.bits_of(round);
    if (bits == 16) {
      all() ? take_groups<Regrets16>(bytes_, values) : take_groups<Sums16>(bytes_, values);
    } else if (bits == 8) {
      all() ? take_groups<Regrets8>(bytes_, values) : take_groups<Sums8>(bytes_, values);
    } else if (entry_bytes() == sizeof(std::int64_t)) {
      take_words<std::int64_t>(bytes_, values);
    } else {
      all() ? take_words<std::int32_t>(bytes_, values) : take_words<std::uint32_t>(bytes_, values);
    }
    return Done{};
  }

 private:
  explicit Source(OpenedFile file) : file_(std::move(file)) {}

  OpenedFile file_;
  std::vector<std::byte> bytes_;
};

Error usage(std::string what, const std::string& where) {
  return {"usage", std::move(what), where};
}

/// What a file must have in common with the newest.
Result<Done> check(const Source& source, const Source& newest) {
  const CheckpointHeader& h = source.header();
  if (json::parse(h.game) != json::parse(newest.header().game) ||
      to_json(h.rules) != to_json(newest.header().rules))
    return usage("is of another run than " + newest.path(), source.path());
  if (h.entries != newest.header().entries)
    return usage("has another table than " + newest.path(), source.path());
  return Done{};
}

Result<std::vector<Source>> open_all(const std::vector<std::string>& paths) {
  if (paths.size() < 2) return usage("an average needs two snapshots or more", "average");
  std::vector<Source> sources;
  for (const std::string& path : paths) {
    auto source = Source::open(path);
    if (!source) return source.error();
    if (source.value().header().rules.average_rounds >= rounds_max)
      return usage(
          "sums the averages of all its rounds: it stands wherever CHECKPOINT does, and snapshots "
          "of runs with --average-rounds are averaged",
          path);
    sources.push_back(std::move(source).value());
  }
  std::sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) {
    const auto first = a.header().state.iterations, second = b.header().state.iterations;
    return first != second ? first < second : a.path() < b.path();
  });
  for (std::size_t k = 0; k < sources.size(); ++k) {
    if (auto same = check(sources[k], sources.back()); !same) return same.error();
    if (k > 0 && sources[k].header().state.iterations == sources[k - 1].header().state.iterations)
      return usage("is of the same iteration as " + sources[k - 1].path(), sources[k].path());
  }
  return sources;
}

class Averaging {
 public:
  Averaging(std::vector<Source>& sources, Places places, CheckpointWriter& writer,
            const std::function<bool()>& look)
      : sources_(sources), places_(std::move(places)), writer_(writer), look_(look) {}

  Result<Done> run(const BettingTree& tree) {
    if (auto copied = copy_sums(); !copied) return copied;
    for (Source& source : sources_)
      if (auto skipped =
              source.skip(places_.first_bytes(source.entry_bytes(), places_.first_round));
          !skipped)
        return skipped;
    const TableShape& shape = places_.shape;
    for (int r = places_.first_round; r < shape.rounds; ++r) {
      for (int p = 0; p < shape.players; ++p) {
        const std::vector<RegionRow> rows = region_rows(tree, r, p);
        values_.resize(shape.width[static_cast<std::size_t>(r)][static_cast<std::size_t>(p)]);
        for (std::uint32_t b = 0; b < shape.buckets[static_cast<std::size_t>(r)]; ++b) {
          if (!look_()) return Error{"stopped", "ended before the average was whole", "average"};
          if (auto done = average_region(r, rows); !done) return done;
        }
      }
    }
    for (Source& source : sources_)
      if (auto finished = source.finish(); !finished) return finished;
    return Done{};
  }

 private:
  /// Those of the newest, from a reading of their own: of a checkpoint they lie behind all regrets.
  Result<Done> copy_sums() {
    auto opened = Source::open(sources_.back().path());
    if (!opened) return opened.error();
    Source& newest = opened.value();
    const CheckpointHeader& h = newest.header();
    if (newest.all())
      if (auto skipped = newest.skip(places_.first_bytes(h.regret_bytes, rounds_max)); !skipped)
        return skipped;
    std::uint64_t left = places_.first_bytes(h.sum_bytes, places_.first_round);
    std::vector<std::byte> piece(std::min<std::uint64_t>(left, stream_piece_bytes));
    while (left > 0) {
      const std::size_t size = std::min<std::uint64_t>(piece.size(), left);
      if (auto read = newest.get(piece.data(), size); !read) return read;
      writer_.put(piece.data(), size);
      left -= size;
    }
    return newest.finish();
  }

  Result<Done> average_region(int round, const std::vector<RegionRow>& rows) {
    totals_.assign(values_.size(), 0);
    for (Source& source : sources_) {
      if (auto read = source.region(places_, round, values_); !read) return read;
      for (const RegionRow& row : rows) {
        double* const values = values_.data() + row.first;
        if (!current_strategy(values, row.entries)) continue;
        for (std::uint32_t a = 0; a < row.entries; ++a) totals_[row.first + a] += values[a];
      }
    }
    std::vector<std::uint32_t> parts(values_.size());
    for (const RegionRow& row : rows) {
      double total = 0;
      for (std::uint32_t a = 0; a < row.entries; ++a) total += totals_[row.first + a];
      for (std::uint32_t a = 0; a < row.entries && total > 0; ++a)
        parts[row.first + a] =
            static_cast<std::uint32_t>(std::lround(totals_[row.first + a] / total * current_whole));
    }
    const std::vector<std::byte> bytes =
        region_bytes(parts, sources_.back().header().sum_bytes, places_.bits_of(round));
    writer_.put(bytes.data(), bytes.size());
    return Done{};
  }

  std::vector<Source>& sources_;
  Places places_;
  CheckpointWriter& writer_;
  const std::function<bool()>& look_;
  std::vector<double> values_, totals_;
};

/// Of tables of all rows.
Result<Done> average_tables(std::vector<Source>& sources, const TrainingGame& game, json header,
                            CheckpointWriter& writer, const std::function<bool()>& look) {
  const Source& newest = sources.back();
  const CheckpointHeader& h = newest.header();
  auto shape = TableShape::of(game.tree(), game.buckets());
  if (!shape) return shape.error();
  if (newest.layout().lazy || shape.value().entries != h.entries)
    return Error{"abstraction", "its table is not this game's", newest.path()};
  const bool compact = compact_bits(h.rules.table_bits);
  for (const Source& source : sources) {
    const std::uint32_t bytes = source.entry_bytes();
    const bool known = compact || bytes == sizeof(std::int32_t) || bytes == sizeof(std::int64_t);
    if (!known || source.header().sum_bytes != h.sum_bytes)
      return Error{"corrupt", "has entries that no table has", source.path()};
  }
  put_header(writer, std::move(header), compact ? 2 : 1);
  Averaging averaging(sources,
                      {std::move(shape).value(), h.rules.table_bits, h.rules.average_rounds},
                      writer, look);
  return averaging.run(game.tree());
}

/// Of rows as they were visited.
Result<Done> average_lazy(std::vector<Source>& sources, const MultiwayGame& game, json header,
                          CheckpointWriter& writer, const std::function<bool()>& look) {
  const int first_round = sources.back().header().rules.average_rounds;
  std::vector<OpenedFile> files;
  for (Source& source : sources) {
    if (!source.layout().lazy)
      return Error{"abstraction", "its table is not this game's", source.path()};
    files.push_back(source.take());
  }
  LazyAverage average(std::move(files), game, first_round, look);
  if (auto made = average.make(); !made) return made;
  average.put(std::move(header), writer);
  return Done{};
}

}  // namespace

Result<SnapshotAverage> average_snapshots(const std::vector<std::string>& paths,
                                          const std::string& out,
                                          const std::function<bool()>& look) {
  auto opened = open_all(paths);
  if (!opened) return opened.error();
  std::vector<Source>& sources = opened.value();
  const Source& newest = sources.back();
  const CheckpointHeader& h = newest.header();
  auto game = make_game(h.game);
  if (!game) return Error{"corrupt", game.error().what, newest.path()};
  if (h.rules.average_rounds >= game.value()->tree().rounds)
    return usage("has no round without sums: nothing is to be averaged", newest.path());
  TrainRules rules = h.rules;
  rules.average_rounds = rounds_max;  // as one that summed them all
  json header = {{"game", json::parse(h.game)}, {"rules", to_json(rules)},
                 {"state", to_json(h.state)},   {"undone", to_json(h.state)},
                 {"entries", h.entries},        {"regret_bytes", 0},
                 {"sum_bytes", h.sum_bytes},    {"undo_entries", 0},
                 {"averages_alone", true},      {"averaged", sources.size()}};
  const SnapshotAverage average{h.state.iterations, sources.size(), h.rules.average_rounds};
  auto file = AtomicFile::create(out);
  if (!file) return file.error();
  CheckpointWriter writer(file.value());
  const auto done =
      game.value()->multiway() != nullptr
          ? average_lazy(sources, *game.value()->multiway(), std::move(header), writer, look)
          : average_tables(sources, *game.value(), std::move(header), writer, look);
  if (!done) return done.error();
  if (auto written = writer.finish(Sync::file); !written) return written.error();
  return average;
}

}  // namespace weir::mccfr
