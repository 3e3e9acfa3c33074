// export: a checkpoint's average strategy as JSON, in one file, in one a street, or both.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>
#include <weir/file.hpp>
#include <weir/terminal.hpp>

#include "commands.hpp"
#include "example_hands.hpp"
#include "lazy_export.hpp"
#include "loaded.hpp"

namespace weir::mccfr {
namespace {

/// A file of rows, written in pieces of 1 MiB; it appears when it is whole.
class StrategyFile {
 public:
  /// `begin`: what the JSON document has before its rows.
  static Result<StrategyFile> create(const std::string& path, const std::string& begin) {
    auto file = AtomicFile::create(path);
    if (!file) return file.error();
    return StrategyFile(std::move(file).value(), begin + "\"infosets\":{");
  }
  void put(const std::string& key, const std::string& distribution) {
    if (!written_) return;  // finish() says why
    text_ += fmt::format("{}\"{}\":{}", rows_++ == 0 ? "\n" : ",\n", key, distribution);
    if (text_.size() < piece) return;
    written_ = file_.write(text_);
    text_.clear();
  }
  /// `end`: members behind the rows, each with a comma before it.
  Result<Done> finish(const std::string& end) {
    text_ += "\n}" + end + "}\n";
    if (written_) written_ = file_.write(text_);
    return written_ ? file_.commit(Sync::none) : written_;
  }
  std::uint64_t rows() const noexcept { return rows_; }

 private:
  static constexpr std::size_t piece = 1 << 20;
  StrategyFile(AtomicFile file, std::string text)
      : file_(std::move(file)), text_(std::move(text)) {}

  AtomicFile file_;
  std::string text_;
  std::uint64_t rows_ = 0;
  Result<Done> written_ = Done{};
};

std::string distribution_text(const Loaded& loaded, std::uint32_t node, std::uint32_t bucket) {
  const BettingTree& tree = loaded.game->tree();
  const BettingNode& n = tree.nodes[node];
  double strategy[actions_max];
  loaded.trainer->average(loaded.trainer->shape().region(n.round, n.player, bucket) + n.row,
                          n.actions, strategy);
  std::string text;
  for (std::uint32_t a = 0; a < n.actions; ++a)
    text += fmt::format("{}\"{}\":{}", a == 0 ? "{" : ",", tree.letter(n.first + a), strategy[a]);
  return text + "}";
}

/// f(round, key, distribution) for every row.
template <class F>
void for_each_row(const Loaded& loaded, F&& f) {
  if (LazyTable* const lazy = loaded.trainer->lazy())
    return for_each_lazy_row(*loaded.game->multiway(), *lazy, f);
  const BettingTree& tree = loaded.game->tree();
  for (std::uint32_t n = 0; n < tree.nodes.size(); ++n) {
    if (tree.nodes[n].kind != NodeKind::decision) continue;
    const int round = tree.nodes[n].round;
    for (std::uint32_t b = 0; b < loaded.game->buckets()[static_cast<std::size_t>(round)]; ++b)
      f(round, loaded.game->key(n, b), distribution_text(loaded, n, b));
  }
}

int rounds_of(const TrainingGame& game) {
  return game.multiway() != nullptr ? game.multiway()->rules().rounds : game.tree().rounds;
}

/// ,"cards":{"b17:flop":"AsKd 2c7d9h", ...} of the rounds from `first` to before `end`.
Result<std::string> cards_member(const Loaded& loaded, int first, int end) {
  if (auto prepared = loaded.game->prepare(); !prepared) return prepared.error();
  const CardBuckets* const cards = card_buckets(*loaded.game);
  if (cards == nullptr)
    return Error{"usage", "rows are named by cards: there are no buckets to show", "--cards"};
  nlohmann::ordered_json members = nlohmann::ordered_json::object();
  for (int round = first; round < end; ++round) {
    const auto examples = example_hands(*cards, round);
    for (std::size_t b = 0; b < examples.size(); ++b) {
      if (!examples[b]) continue;
      members[fmt::format("b{}:{}", b, round_name(round))] =
          examples[b]->hand + (round > 0 ? " " : "") + examples[b]->board;
    }
  }
  return ",\"cards\":" + members.dump();
}

class Export {
 public:
  Export(const Options& options, const Loaded& loaded) : options_(options), loaded_(loaded) {}

  Result<Done> run() {
    const std::string game = nlohmann::json(loaded_.game->name()).dump();
    if (!options_.output.empty()) {
      auto file = StrategyFile::create(options_.output, "{\"game\":" + game + ",");
      if (!file) return file.error();
      whole_.push_back(std::move(file).value());
    }
    if (!options_.per_street.empty()) {
      if (auto made = make_directories(options_.per_street); !made) return made;
      for (int round = 0; round < rounds_of(*loaded_.game); ++round) {
        const std::string street(round_name(round));
        auto file = StrategyFile::create(options_.per_street + "/" + street + ".json",
                                         "{\"game\":" + game + ",\"street\":\"" + street + "\",");
        if (!file) return file.error();
        streets_.push_back(std::move(file).value());
      }
    }
    for_each_row(loaded_, [&](int round, const std::string& key, const std::string& distribution) {
      ++rows_;
      for (StrategyFile& file : whole_) file.put(key, distribution);
      if (!streets_.empty()) streets_[static_cast<std::size_t>(round)].put(key, distribution);
    });
    return finish();
  }
  std::uint64_t rows() const noexcept { return rows_; }
  const std::vector<StrategyFile>& streets() const noexcept { return streets_; }

 private:
  Result<Done> finish() {
    const int rounds = rounds_of(*loaded_.game);
    for (StrategyFile& file : whole_)
      if (auto done = finish(file, 0, rounds); !done) return done;
    for (int round = 0; round < static_cast<int>(streets_.size()); ++round)
      if (auto done = finish(streets_[static_cast<std::size_t>(round)], round, round + 1); !done)
        return done;
    return Done{};
  }
  Result<Done> finish(StrategyFile& file, int first, int end) {
    if (!options_.query_cards) return file.finish("");
    auto cards = cards_member(loaded_, first, end);
    return cards ? file.finish(cards.value()) : Result<Done>(cards.error());
  }

  const Options& options_;
  const Loaded& loaded_;
  std::vector<StrategyFile> whole_, streets_;  // one or none; one a street or none
  std::uint64_t rows_ = 0;
};

}  // namespace

void export_command(const Options& options, Findings& findings) {
  if (options.output.empty() && options.per_street.empty())
    return fail(findings, {"usage", "--out FILE.json is missing, or --per-street DIR", "export"});
  auto loaded = load_checkpoint(options.path, 0, options.buckets_file);
  if (!loaded) return fail(findings, loaded.error());
  Export work(options, loaded.value());
  if (auto done = work.run(); !done) return fail(findings, done.error());
  auto& m = findings.members;
  m["game"] = loaded.value().game->name();
  m["infosets"] = work.rows();
  findings.rows = {{"information sets", format_count(work.rows())}};
  if (!options.output.empty()) {
    m["out"] = options.output;
    findings.rows.emplace_back("written", options.output);
  }
  if (options.per_street.empty()) return;
  m["per_street"] = nlohmann::ordered_json::object();
  for (int round = 0; round < static_cast<int>(work.streets().size()); ++round) {
    const std::string street(round_name(round));
    const std::uint64_t rows = work.streets()[static_cast<std::size_t>(round)].rows();
    m["per_street"][street] = rows;
    findings.rows.emplace_back(options.per_street + "/" + street + ".json", format_count(rows));
  }
}

}  // namespace weir::mccfr
