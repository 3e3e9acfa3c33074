// hands, rank and equity: what is known of cards alone.
#include <fmt/format.h>

#include <weir/clock.hpp>
#include <weir/mccfr/equity.hpp>
#include <weir/mccfr/hand_rank.hpp>
#include <weir/terminal.hpp>

#include "commands.hpp"

namespace weir::mccfr {

void hands_command(const Options& options, Findings& findings) {
  static_cast<void>(hand_ranks());  // the tables are no part of the rate
  const Deadline begin = now_ns();
  const auto counts = hands_count(options.cards);
  const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
  std::uint64_t total = 0;
  nlohmann::ordered_json categories;
  for (int c = 0; c < category_count; ++c) {
    const auto n = counts[static_cast<std::size_t>(c)];
    const std::string name(to_string(static_cast<Category>(c)));
    categories[name] = n;
    findings.rows.emplace_back(name, format_count(n));
    total += n;
  }
  findings.members["categories"] = categories;
  findings.members["total"] = total;
  findings.members["per_s"] = static_cast<double>(total) / seconds;
  findings.rows.emplace_back("total", format_count(total));
  findings.rows.emplace_back("hands/s", format_number(static_cast<double>(total) / seconds));
}

void rank_command(const Options& options, Findings& findings) {
  std::string text;
  for (const std::string& word : options.words) text += word;
  auto cards = parse_cards(text);
  if (!cards) {
    const Error& e = cards.error();
    return fail(findings, {"usage", e.what, "rank: " + e.where});
  }
  if (cards.value().size() < 5 || cards.value().size() > 7)
    return fail(
        findings,
        {"usage", fmt::format("5 to 7 cards have a rank, these are {}", cards.value().size()),
         "rank"});
  const HandRank rank = rank_hand(cards.value());
  findings.members["category"] = to_string(category(rank));
  findings.members["rank"] = rank;
  findings.rows = {{"category", std::string(to_string(category(rank)))},
                   {"rank", std::to_string(rank)}};
}

void equity_command(const Options& options, Findings& findings) {
  std::vector<Hand> hands;
  for (const std::string& word : options.words) {
    auto hand = parse_hand(word);
    if (!hand)
      return fail(findings,
                  {"usage", hand.error().what, "equity: " + word + ", " + hand.error().where});
    hands.push_back(hand.value());
  }
  auto board = parse_cards(options.board);
  if (!board)
    return fail(findings, {"usage", board.error().what, "equity: --board, " + board.error().where});
  auto found = equity(hands, board.value());
  if (!found)
    return fail(findings, {"usage", found.error().what, "equity: " + found.error().where});
  const Equity& e = found.value();
  findings.members["boards"] = e.boards;
  auto list = nlohmann::ordered_json::array();
  for (std::size_t k = 0; k < hands.size(); ++k) {
    const double share = e.hands[k].of(e.boards);
    list.push_back({{"hand", hand_text(hands[k])},
                    {"equity", share},
                    {"wins", e.hands[k].wins},
                    {"ties", e.hands[k].ties}});
    findings.rows.emplace_back(hand_text(hands[k]), fmt::format("{:.4f} %", 100 * share));
  }
  findings.members["hands"] = list;
  findings.rows.emplace_back("boards", format_count(e.boards));
}

}  // namespace weir::mccfr
