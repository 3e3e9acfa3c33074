#include "search_options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

namespace weir::mccfr {
namespace {

Error bad_search(std::string_view word) {
  return {"usage",
          fmt::format("\"{}\" is none of: ms from 0 to {}, unsafe, maxmargin; with a comma between",
                      word, SearchSettings::deadline_ms_max),
          "--search"};
}

}  // namespace

Result<SearchSettings> parse_search(std::string_view text) {
  SearchSettings settings;
  bool method = false, ms = false;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view word = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    if (comma != std::string_view::npos && text.empty()) return bad_search("");
    if (word == "unsafe" || word == "maxmargin") {
      if (method) return bad_search(word);
      method = true;
      settings.method =
          word == "unsafe" ? SearchSettings::Method::unsafe : SearchSettings::Method::maxmargin;
      continue;
    }
    const auto read = std::from_chars(word.data(), word.data() + word.size(), settings.deadline_ms);
    if (ms || read.ec != std::errc{} || read.ptr != word.data() + word.size() ||
        settings.deadline_ms > SearchSettings::deadline_ms_max)
      return bad_search(word);
    ms = true;
  }
  return settings;
}

Result<std::unique_ptr<Searcher>> make_searcher(const Options& options, const Loaded& loaded,
                                                const NarrowEntries::Sum* sums) {
  if (!options.search_given && options.search_iterations == 0) return std::unique_ptr<Searcher>();
  auto settings = parse_search(options.search);
  if (!settings) return settings.error();
  const HoldemGame* const game = loaded.game->holdem();
  if (game == nullptr || game->config().rules.betting != Betting::no_limit)
    return Error{"usage", "--search is for no-limit hold'em for two, over a table of all rows",
                 options.path};
  settings.value().iterations = options.search_iterations;
  settings.value().first_round = options.search_from == "flop"   ? 1
                                 : options.search_from == "turn" ? 2
                                                                 : 3;
  if (options.search_depth == "street") settings.value().depth = SearchSettings::Depth::street;
  return std::make_unique<Searcher>(*loaded.runtime, *game, loaded.trainer->shape(), sums,
                                    settings.value());
}

void tell_searches(const Options& options, const Searcher& searcher, Findings& findings) {
  const SearchFigures figures = searcher.figures();
  const auto spots = static_cast<double>(figures.searches + figures.fallbacks);
  const double iterations = figures.searches == 0 ? 0
                                                  : static_cast<double>(figures.iterations) /
                                                        static_cast<double>(figures.searches);
  const double ms = spots == 0 ? 0 : figures.ms / spots;
  const SearchSettings settings = parse_search(options.search).value();
  auto& told = findings.members["search"];
  told["method"] = settings.method == SearchSettings::Method::unsafe ? "unsafe" : "maxmargin";
  told["from"] = options.search_from;
  told["depth"] = options.search_depth;
  told["deadline_ms"] = nullptr;
  if (options.search_iterations == 0) told["deadline_ms"] = settings.deadline_ms;
  told["searches"] = figures.searches;
  told["fallbacks"] = figures.fallbacks;
  told["iterations_mean"] = iterations;
  told["ms_mean"] = ms;
  told["ms_max"] = figures.ms_max;
  findings.rows.emplace_back(
      "searches", fmt::format("{}, {} fallbacks, {:.1f} iterations, {:.1f} ms, longest {:.1f}",
                              figures.searches, figures.fallbacks, iterations, ms, figures.ms_max));
}

}  // namespace weir::mccfr
