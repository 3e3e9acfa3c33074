// play: a person against a checkpoint's average strategy, at the terminal or through a pipe.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <weir/mccfr/holdem_game.hpp>
#include <weir/terminal.hpp>

#include "commands.hpp"
#include "frozen_sums.hpp"
#include "line_reader.hpp"
#include "play_table.hpp"
#include "search_options.hpp"

namespace weir::mccfr {
namespace {

/// Lines of stdin until its end or a signal.
class InputLines {
 public:
  explicit InputLines(const StopSignals& signals) : signals_(signals) {}

  /// Nothing: the input has ended, a signal came, or a line has no end.
  std::optional<std::string> next() {
    for (;;) {
      auto line = lines_.next();
      if (!line) return std::nullopt;
      if (line.value()) return *line.value();
      if (ended_ || !read_more()) return std::nullopt;
    }
  }

 private:
  bool read_more() {
    constexpr int look_ms = 100;  // how soon a signal ends the wait
    while (!signals_.stop_requested()) {
      pollfd waiting{STDIN_FILENO, POLLIN, 0};
      const int ready = ::poll(&waiting, 1, look_ms);
      if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
      std::array<char, 4096> piece;
      const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
      if (got < 0 && errno == EINTR) continue;
      ended_ = got <= 0;
      if (!ended_) lines_.add({piece.data(), static_cast<std::size_t>(got)});
      if (ended_ && !lines_.rest().empty()) lines_.add("\n");  // a last line without its end
      return !ended_ || !lines_.rest().empty();
    }
    return false;
  }

  const StopSignals& signals_;
  LineReader lines_;
  bool ended_ = false;
};

class PlaySession {
 public:
  PlaySession(const Options& options, const StopSignals& signals, const Loaded& loaded,
              std::unique_ptr<Agent> agent)
      : options_(options),
        out_(options.json ? stderr : stdout),
        colour_(colour_allowed(out_)),
        input_(signals),
        table_(loaded, options.seed, std::move(agent)),
        blind_(table_.big_blind() > 0 ? table_.big_blind() : 1),
        unit_(table_.big_blind() > 0 ? "bb" : "chips") {}

  void run() {
    say("f fold, c check or call, r N bet or raise to N in all, h what the strategy would do, q "
        "quit");
    for (std::uint64_t hand = 0; options_.play_hands == 0 || hand < options_.play_hands; ++hand) {
      const int seat =
          options_.seat == "alternate" ? static_cast<int>((hand + 1) % 2) : options_.seat[0] - '0';
      if (!play(hand, seat)) return;
    }
  }
  std::uint64_t hands() const noexcept { return hands_; }
  double chips() const noexcept { return chips_; }
  double total() const noexcept { return chips_ / blind_; }
  const char* unit() const noexcept { return unit_; }

 private:
  void say(const std::string& text) {
    std::fprintf(out_, "%s\n", text.c_str());
    std::fflush(out_);
  }
  std::string strong(const std::string& text) const {
    return colour_ ? "\x1b[1m" + text + "\x1b[0m" : text;
  }

  /// False: the person has left.
  bool play(std::uint64_t number, int seat) {
    table_.begin(number, seat);
    const char* const name = table_.big_blind() == 0 ? (seat == 0 ? "first" : "second")
                             : seat == 0             ? "big blind"
                                                     : "button";
    say(strong(fmt::format("\nhand {}: you are {}, your cards {}", number + 1, name,
                           table_.hole_text(seat))));
    while (!table_.state().over()) {
      if (table_.persons_turn()) {
        if (!ask()) return false;
        continue;
      }
      const BettingState before = table_.state();
      const BetAction action = table_.answer();
      say(fmt::format("strategy: {}", action_text(before, action)));
    }
    tell_end(number);
    return true;
  }

  void tell_place() {
    const BettingState& state = table_.state();
    const int me = table_.seat();
    const std::string board = table_.board_text();
    say(fmt::format("board {}  pot {}  you {} behind, {} in  strategy {} behind, {} in",
                    board.empty() ? "-" : board, state.pot(), state.behind(me), state.put(me),
                    state.behind(1 - me), state.put(1 - me)));
  }

  /// Asks until there is an action. False: the person has left.
  bool ask() {
    tell_place();
    for (;;) {
      std::fprintf(out_, "%s > ", legal_text(table_.state()).c_str());
      std::fflush(out_);
      const auto line = input_.next();
      if (!line) {
        say("");
        return false;
      }
      const TypedLine typed = read_typed(table_.state(), *line);
      if (typed.kind == Typed::quit) return false;
      if (typed.kind == Typed::action) {
        say(fmt::format("you: {}", action_text(table_.state(), typed.action)));
        table_.act(typed.action);
        return true;
      }
      if (typed.kind == Typed::hint) tell_hint();
      if (typed.kind == Typed::wrong) say(typed.reason);
      if (typed.kind == Typed::help)
        say("amounts are all you put in this hand; +N is N above the call; a is all-in");
    }
  }

  void tell_hint() {
    std::string text;
    for (const WeighedAction& each : table_.choices())
      text += fmt::format("{}{} {:.1f} %", text.empty() ? "" : ", ",
                          action_text(table_.state(), each.action), each.probability * 100);
    say("the strategy would: " + (text.empty() ? "check or call; its tree has ended" : text));
  }

  void tell_end(std::uint64_t number) {
    if (table_.state().kind() == NodeKind::showdown) {
      const std::string board = table_.board_text();
      say(fmt::format("showdown: board {}, you {}, strategy {}", board.empty() ? "-" : board,
                      table_.hole_text(table_.seat()), table_.hole_text(1 - table_.seat())));
    }
    const double won = table_.won();
    chips_ += won;
    ++hands_;
    say(strong(
        fmt::format("hand {}: {:+g} chips; in all {:+.2f} {}", number + 1, won, total(), unit_)));
  }

  const Options& options_;
  std::FILE* out_;
  bool colour_;
  InputLines input_;
  PlayTable table_;
  Chips blind_;
  const char* unit_;
  std::uint64_t hands_ = 0;
  double chips_ = 0;
};

}  // namespace

void play_command(const Options& options, const StopSignals& signals, Findings& findings) {
  auto loaded = load_checkpoint(options.path, options.workers, options.buckets_file);
  if (!loaded) return fail(findings, loaded.error());
  const Loaded& l = loaded.value();
  if (l.game->multiway() != nullptr) {
    return fail(findings, {"usage", "a person plays against two-player tables of all rows alone",
                           options.path});
  }
  if (auto prepared = l.game->prepare(); !prepared) return fail(findings, prepared.error());
  std::optional<FrozenSums> frozen;
  if (l.game->holdem() != nullptr) frozen.emplace(*l.trainer);
  auto searcher = make_searcher(options, l, frozen ? frozen->data() : nullptr);
  if (!searcher) return fail(findings, searcher.error());
  PlaySession session(options, signals, l,
                      searcher.value() != nullptr ? searcher.value()->agent() : nullptr);
  session.run();
  auto& m = findings.members;
  m["game"] = l.game->name();
  m["hands"] = session.hands();
  m["chips"] = session.chips();
  m["total"] = session.total();
  m["unit"] = session.unit();
  findings.rows = {{"game", l.game->name()},
                   {"hands", format_count(session.hands())},
                   {"result", fmt::format("{:+.2f} {}", session.total(), session.unit())}};
  if (searcher.value() != nullptr) tell_searches(options, *searcher.value(), findings);
  if (signals.stop_requested()) findings.exit = 128 + signals.signal_number();
}

}  // namespace weir::mccfr
