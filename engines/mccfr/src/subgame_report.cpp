#include "subgame_report.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <weir/file.hpp>
#include <weir/terminal.hpp>

namespace weir::mccfr::subgame {
namespace {

constexpr std::size_t piece_bytes = 1U << 20;

/// "AA", "AKs", "AKo"
std::string kind_text(Hand hand) {
  const HandCards& cards = cards_of(hand);
  std::string text{rank_letters[static_cast<std::size_t>(rank_of(cards.high))],
                   rank_letters[static_cast<std::size_t>(rank_of(cards.low))]};
  if (rank_of(cards.low) != rank_of(cards.high))
    text += suit_of(cards.low) == suit_of(cards.high) ? 's' : 'o';
  return text;
}

/// Ranks descending, suited before offsuit.
std::size_t kind_order(Hand hand) noexcept {
  const HandCards& cards = cards_of(hand);
  const auto high = static_cast<std::size_t>(rank_count - 1 - rank_of(cards.high));
  const auto low = static_cast<std::size_t>(rank_count - 1 - rank_of(cards.low));
  return (high * rank_count + low) * 2 + (suit_of(cards.low) == suit_of(cards.high) ? 0 : 1);
}

struct KindSum {
  std::string name;
  double weight = 0;
  std::vector<double> actions;
};

void add_row(weir::Table& table, const KindSum& sum) {
  std::vector<std::string> cells{sum.name, fmt::format("{:.2f}", sum.weight)};
  for (const double action : sum.actions)
    cells.push_back(fmt::format("{:.1f} %", 100 * action / sum.weight));
  table.add(std::move(cells));
}

void append_decision(std::string& text, const SubgameDecision& decision) {
  const std::size_t actions = decision.actions.size();
  fmt::format_to(std::back_inserter(text), "\"{}\":{{", decision.history);
  for (std::size_t h = 0; h < decision.hands.size(); ++h) {
    fmt::format_to(std::back_inserter(text), "{}\"{}\":{{", h == 0 ? "" : ",",
                   hand_text(decision.hands[h]));
    for (std::size_t a = 0; a < actions; ++a)
      fmt::format_to(std::back_inserter(text), "{}\"{}\":{:.6g}", a == 0 ? "" : ",",
                     decision.actions[a], decision.probabilities[h * actions + a]);
    text += '}';
  }
  text += '}';
}

}  // namespace

nlohmann::ordered_json decision_json(const SubgameDecision& decision) {
  auto json = nlohmann::ordered_json::object();
  const std::size_t actions = decision.actions.size();
  for (std::size_t h = 0; h < decision.hands.size(); ++h) {
    auto& hand = json[hand_text(decision.hands[h])];
    for (std::size_t a = 0; a < actions; ++a)
      hand[decision.actions[a]] = static_cast<double>(decision.probabilities[h * actions + a]);
  }
  return json;
}

std::string decision_text(const SubgameDecision& decision) {
  const std::size_t actions = decision.actions.size();
  KindSum all{"all", 0, std::vector<double>(actions)};
  std::array<KindSum, 2 * rank_count * rank_count> kinds;
  for (std::size_t h = 0; h < decision.hands.size(); ++h) {
    KindSum& kind = kinds[kind_order(decision.hands[h])];
    kind.name = kind_text(decision.hands[h]);
    kind.actions.resize(actions);
    const auto weight = static_cast<double>(decision.weights[h]);
    for (KindSum* sum : {&all, &kind}) {
      sum->weight += weight;
      for (std::size_t a = 0; a < actions; ++a)
        sum->actions[a] += weight * static_cast<double>(decision.probabilities[h * actions + a]);
    }
  }
  std::vector<std::string> header{"hand", "weight"};
  header.insert(header.end(), decision.actions.begin(), decision.actions.end());
  weir::Table table(std::move(header));
  add_row(table, all);
  for (const KindSum& kind : kinds)
    if (kind.weight > 0) add_row(table, kind);
  return table.text();
}

Result<std::uint64_t> write_decisions(SubgameSolver& solver, const std::string& path) {
  auto file = AtomicFile::create(path);
  if (!file) return file.error();
  std::string text = "{";
  std::uint64_t count = 0;
  SubgameDecision decision;
  while (solver.next(decision)) {
    text += count++ == 0 ? "\n" : ",\n";
    append_decision(text, decision);
    if (text.size() < piece_bytes) continue;
    if (auto written = file.value().write(text); !written) return written.error();
    text.clear();
  }
  text += "\n}\n";
  if (auto written = file.value().write(text); !written) return written.error();
  if (auto done = file.value().commit(Sync::none); !done) return done.error();
  return count;
}

}  // namespace weir::mccfr::subgame
