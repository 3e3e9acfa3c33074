#include "options.hpp"

#include <algorithm>
#include <weir/command_line/commands.hpp>
#include <weir/version.hpp>

#include "original_options.hpp"
#include "search_options.hpp"
#include "settings.hpp"

namespace weir::mccfr {
namespace {

using command_line::exit_of_usage;
using command_line::not_empty;
using command_line::real_number;
using command_line::usage_error;
using command_line::whole_number;

struct NamedCommand {
  Command command;
  const char* name;
  const char* what;
  const char* example;
};

constexpr NamedCommand known_commands[] = {
    {Command::train, "train", "Learns a blueprint strategy",
     "weir-mccfr train --game leduc --algorithm es --iters 1000000 --out runs/leduc"},
    {Command::average, "average", "Makes an average of snapshots of a run with --average-rounds",
     "weir-mccfr average runs/nolimit/snapshots --out blueprint.weir"},
    {Command::buckets, "buckets", "Makes buckets of cards for train --buckets-file",
     "weir-mccfr buckets --buckets 169,200,200,200 --out cards.buckets"},
    {Command::exploit, "exploit", "What a best response gains against a checkpoint's strategy",
     "weir-mccfr exploit runs/leduc/latest"},
    {Command::export_strategy, "export", "The average strategy as JSON",
     "weir-mccfr export runs/leduc/latest --out strategy.json"},
    {Command::query, "query", "The strategy of one information set",
     "weir-mccfr query runs/leduc/latest K:Q:crc/"},
    {Command::eval, "eval", "Plays a checkpoint against the baselines, or another checkpoint",
     "weir-mccfr eval runs/nolimit/latest --hands 200000 --duplicate"},
    {Command::solve, "solve", "Solves one subgame after the flop for both players' whole ranges",
     "weir-mccfr solve spot.json --target 0.3 --out strategy.json"},
    {Command::lbr, "lbr", "What a local best response wins from a checkpoint in the real game",
     "weir-mccfr lbr runs/nolimit/latest --hands 20000 --bets fcpa --rounds 1-4"},
    {Command::resolve, "resolve", "Solves second rounds of a Leduc checkpoint anew, safely and not",
     "weir-mccfr resolve runs/leduc/latest"},
    {Command::play, "play", "A person plays against a checkpoint's strategy",
     "weir-mccfr play runs/nolimit/latest --hands 20"},
    {Command::acpc, "acpc", "Plays a checkpoint's strategy at an ACPC dealer's table",
     "weir-mccfr acpc runs/nolimit/latest --host 127.0.0.1 --port 18791"},
    {Command::hands, "hands", "Counts all hands by category, and how fast",
     "weir-mccfr hands --cards 7"},
    {Command::rank, "rank", "The category and the rank of 5 to 7 cards",
     "weir-mccfr rank AsKdQh7c7d2s3h"},
    {Command::equity, "equity", "What hands that are all-in get on average, exactly",
     "weir-mccfr equity AsAh KsKh --board 2c7d9h"},
};

CLI::Validator discount_text() {
  const auto check = [](std::string& text) {
    if (text == "static") return std::string();  // with the original's two factors
    auto discount = Discount::parse(text);
    return discount ? std::string() : discount.error().what;
  };
  return CLI::Validator(check, "", "discount");
}

constexpr std::uint64_t any = ~std::uint64_t{0};

void add_learning(CLI::App& app, Options& o) {
  app.add_option("--game", o.game, "kuhn, leduc, limit or nolimit")
      ->check(CLI::IsMember({"kuhn", "leduc", "limit", "nolimit"}))
      ->capture_default_str();
  app.add_option("--stack", o.stack, "nolimit: chips of each player; default: 400")
      ->transform(whole_number(1, 100'000'000));
  app.add_option("--blinds", o.blinds, "nolimit: small and big blind; default: 1,2")
      ->delimiter(',')
      ->transform(whole_number(0, 1'000'000));
  app.add_option("--ante", o.ante, "nolimit: of each player; default: 0")
      ->transform(whole_number(0, 1'000'000));
  app.add_option(
         "--bets", o.bets,
         "nolimit: pot (pot and all-in), rich, or sizes: 50%,100%,2.5x,e,a; parts after ; are "
         "of streets and seats, / is one raise more: 100%,a;flop+turn@button:50%,a/a")
      ->check(not_empty());
  app.add_option(
         "--raises-max", o.raises_max,
         "nolimit: bets and raises a street that the tree has; one number, or one a street; "
         "default: 0, all that chips allow")
      ->delimiter(',')
      ->transform(whole_number(0, raises_limit));
  app.add_option("--merge", o.merge,
                 "nolimit: of sizes x < y, in pots, with 1 + y < (1 + MERGE) (1 + x) y alone stays")
      ->check(real_number(0, 1));
  app.add_option("--all-in-from", o.all_in_from,
                 "nolimit: bets of this part of the chips behind are all-in; default: 0.97")
      ->check(real_number(0.01, 1));
  app.add_option("--short-all-ins", o.short_all_ins,
                 "nolimit: what an all-in below the least raise does: wsop (who has acted may not "
                 "raise again) or acpc (he may); default: wsop")
      ->check(CLI::IsMember({"wsop", "acpc"}));
  app.add_option("--measure", o.measure, "What cards are ranked by: e_hs or e_hs2")
      ->check(CLI::IsMember({"e_hs", "e_hs2"}));
  app.add_option("--algorithm", o.algorithm,
                 "es, os, cs: external, outcome, chance sampling; cfr, cfr+: the whole tree")
      ->check(CLI::IsMember({"es", "os", "cs", "cfr", "cfr+"}))
      ->capture_default_str();
  app.add_option("--discount,--discount-mode", o.discount, "none, linear, dcfr:A,B,G or static:A,B")
      ->check(discount_text())
      ->capture_default_str();
  app.add_option("--discount-interval", o.discount_interval, "Iterations between two discounts")
      ->transform(whole_number(1, any))
      ->capture_default_str();
  app.add_option("--mode", o.mode,
                 "fast, or deterministic: the same table for any number of workers")
      ->check(CLI::IsMember({"fast", "deterministic"}))
      ->capture_default_str();
  app.add_option("--batch-size", o.batch,
                 "Iterations of a deterministic batch; default: by the game")
      ->transform(whole_number(1, batch_max));
  app.add_option("--epsilon,--exploration,--exploration-epsilon", o.exploration,
                 "How often outcome sampling draws uniformly")
      ->check(real_number(0.001, 1))
      ->capture_default_str();
  app.add_flag("--pruning,--enable-pruning", o.pruning,
               "Skip what has far less regret than the best, mostly");
  app.add_option("--prune-below,--pruning-threshold", o.prune_below,
                 "Regret below which actions are skipped, chips")
      ->check(real_number(-1e15, 0))
      ->capture_default_str();
  app.add_option("--prune-probability,--pruning-probability", o.prune_probability,
                 "Share of iterations that skip")
      ->check(real_number(0, 1))
      ->capture_default_str();
}

/// What lies in the table beside what the game gives.
void add_entries(CLI::App& app, Options& o) {
  app.add_option("--table-bits", o.table_bits,
                 "Bits of a regret and of a sum, 32, 16 or 8: one number, or one a street; "
                 "default: 32")
      ->delimiter(',')
      ->transform(whole_number(8, 32));
  app.add_option("--average-rounds", o.average_rounds,
                 "es, os, cs: rounds, the first so many, whose averages lie in the table; of the "
                 "others `average` makes them of snapshots; default: all")
      ->transform(whole_number(0, rounds_max));
  app.add_flag("--baselines", o.baselines,
               "es, os: learn what actions are worth, so that draws scatter less");
}

/// Who plays, what the house takes, and where rows are.
void add_table(CLI::App& app, Options& o) {
  app.add_option("--players,--num-players", o.players, "kuhn, leduc, nolimit: 2 to 6")
      ->transform(whole_number(2, 6))
      ->capture_default_str();
  app.add_option("--rake-percent", o.rake_percent, "What the house takes of a pot that was called")
      ->check(real_number(0, 100));
  app.add_option("--rake-cap", o.rake_cap, "At most so many chips of a hand; 0: no cap")
      ->transform(whole_number(0, 300'000'000));
  app.add_option("--rows", o.rows,
                 "all, from the start, or visited: as they are met; default: all for two players")
      ->check(CLI::IsMember({"all", "visited"}));
  app.add_option("--table-memory", o.table_memory_mib,
                 "MiB of visited rows, all taken at the start; default: 512, Kuhn and Leduc 32")
      ->transform(whole_number(1, 20'000));
}

void add_buckets_file(CLI::App& app, Options& o) {
  app.add_option("--buckets-file", o.buckets_file, "Card buckets that `buckets` has made")
      ->check(not_empty());
}

void add_buckets(CLI::App& app, Options& o) {
  BucketOptions& b = o.bucket;
  app.add_option("--out", o.output, "The file to write, or to go on with")
      ->required()
      ->check(not_empty());
  app.add_option("--preset", b.preset, "A: 24,80,80,64; B: 48,160,160,128; C: 12,40,40,32 buckets")
      ->check(CLI::IsMember({"A", "B", "C"}));
  app.add_option("--buckets", o.buckets,
                 "How many preflop, flop, turn, river; default: 169,200,200,200")
      ->delimiter(',')
      ->transform(whole_number(1, 1'000));
  constexpr std::array streets = {"preflop", "flop", "turn", "river"};
  constexpr std::array methods = {"lossless (169), emd or percentile",
                                  "emd, potential or percentile", "emd, potential or percentile",
                                  "strength, ochs or percentile"};
  constexpr std::array defaults = {"lossless or emd", "potential", "emd", "ochs"};
  for (std::size_t r = 0; r < streets.size(); ++r) {
    const std::string street = streets[r];
    app.add_option("--" + street, b.methods[r],
                   std::string(methods[r]) + "; default: " + defaults[r])
        ->check(not_empty());
    app.add_option("--k-" + street, b.counts[r], "How many " + street + " alone")
        ->transform(whole_number(1, 1'000));
  }
  app.add_option("--measure", o.measure, "What percentile ranks by: e_hs or e_hs2")
      ->check(CLI::IsMember({"e_hs", "e_hs2"}));
  app.add_option("--samples,--num-samples,--hands", b.samples,
                 "Hands a street that centres are found from; default: 500,000")
      ->transform(whole_number(100, 10'000'000));
  app.add_option("--restarts", b.restarts, "Best of how many; default: 2")
      ->transform(whole_number(1, 100));
  app.add_option("--iterations", b.iterations, "Steps of each restart at most; default: 30")
      ->transform(whole_number(1, 1'000));
  app.add_option("--num-players", b.players,
                 "A strength is against so many others; default: 2 players")
      ->transform(whole_number(2, 6));
}

void add_train(CLI::App& app, Options& o) {
  add_learning(app, o);
  add_entries(app, o);
  add_original_options(app, o);
  add_table(app, o);
  add_buckets_file(app, o);
  app.add_option(
         "--iters,--num-iterations", o.iterations,
         "Iterations in all, those before --resume too; default: 1,000,000, or as many as fit "
         "into --time-budget")
      ->transform(whole_number(1, any));
  app.add_option("--time-budget,--time-budget-seconds", o.time_budget_s, "Seconds; 0: none")
      ->check(real_number(0, 1e9));
  app.add_option("--out,--logdir", o.out, "Folder of checkpoints; DIR/latest is the newest")
      ->check(not_empty());
  app.add_option("--checkpoint-interval", o.checkpoint_interval,
                 "Iterations between checkpoints; 0: not by iterations")
      ->transform(whole_number(0, any));
  app.add_option("--checkpoint-seconds", o.checkpoint_interval_s,
                 "Seconds between checkpoints, whichever is due first; 0: not by the clock")
      ->check(real_number(0, 1e9))
      ->capture_default_str();
  app.add_option("--snapshot-interval,--snapshot-interval-seconds", o.snapshot_interval_s,
                 "Seconds between snapshots of the average strategy in DIR/snapshots; 0: none")
      ->check(real_number(0, 1e9));
  app.add_option("--snapshots-kept", o.snapshots_kept, "The newest so many are kept; 0: all")
      ->transform(whole_number(0, any))
      ->capture_default_str();
  app.add_option("--memory-limit", o.memory_limit_mib,
                 "MiB that may be taken; default: three quarters of the machine's")
      ->transform(whole_number(1, 1'000'000'000));
  app.add_flag("--resume", o.resume, "Go on from DIR/latest; begin anew where there is none yet");
  app.add_option("--resume-from", o.resume_from, "Go on from this checkpoint")->check(not_empty());
  app.add_option("--response-deals", o.response_deals,
                 "Where no exact measure is: deals from which a response learns what it can win; "
                 "0: none; default: as many as were trained, 100,000 to 1,000,000")
      ->transform(whole_number(0, any));
  app.add_flag("--measure-often", o.measure_often,
               "Such a response along the way too, not only at the end");
  app.add_option("--metrics", o.metrics, "Append a JSON line at each measurement")
      ->check(not_empty());
  app.add_option("--plot", o.plot, "SVG of the exploitability, written anew at each measurement")
      ->check(not_empty());
}

void add_solve(CLI::App& app, Options& o) {
  app.add_option("FILE", o.path, "A subgame as JSON: board, pot, stack, ranges, bets, raises ...")
      ->required()
      ->check(not_empty());
  app.add_option("--target", o.target, "Stop at this exploitability, percent of the pot; 0: never")
      ->check(real_number(0, 100))
      ->capture_default_str();
  app.add_option("--deadline", o.deadline_ms, "Milliseconds from the start after which it answers")
      ->transform(whole_number(1, 1'000'000'000));
  app.add_option("--iters", o.iterations, "Iterations at most; default: 100,000")
      ->transform(whole_number(1, any));
  app.add_option("--algorithm", o.algorithm, "dcfr or cfr+; default: dcfr")
      ->check(CLI::IsMember({"dcfr", "cfr+"}));
  app.add_option("--discount", o.discount, "dcfr:A,B,G; default: dcfr:1.5,0,2")
      ->check(discount_text());
  app.add_option("--memory-max", o.memory_max_mib,
                 "MiB that may be taken; default: three quarters of the machine's")
      ->transform(whole_number(1, 1'000'000'000));
  app.add_flag("--all-suits", o.all_suits, "Deal cards apart that differ by names of suits alone");
  app.add_option("--out", o.output, "Write all strategies: {HISTORY: {HAND: {ACTION: p}}}")
      ->check(not_empty());
}

void add_search(CLI::App& app, Options& o) {
  const auto check = [](std::string& text) {
    const auto read = parse_search(text);
    return read ? std::string() : read.error().what;
  };
  app.add_option(
         "--search", o.search,
         "Solve flops, turns and rivers anew while playing: ms (80), unsafe (the default) or "
         "maxmargin, or both: maxmargin,200")
      ->expected(0, 1)
      ->check(CLI::Validator(check, "", "search"));
  app.add_option("--search-iterations", o.search_iterations,
                 "So many iterations a search instead of ms: the same play everywhere")
      ->transform(whole_number(1, 1'000'000));
  app.add_option(
         "--search-from", o.search_from,
         "The first street that is solved: flop (to its end, where both choose how the strategy "
         "plays on), turn or river")
      ->check(CLI::IsMember({"flop", "turn", "river"}))
      ->capture_default_str();
  app.add_option("--search-depth", o.search_depth,
                 "How far a turn is solved: to the end of the hand, or of the street as flops are")
      ->check(CLI::IsMember({"end", "street"}))
      ->capture_default_str();
}

void add_hands(CLI::App& app, Options& o) {
  app.add_option("--hands,--episodes", o.match_hands, "How many hands")
      ->transform(whole_number(1, 1'000'000'000'000))
      ->capture_default_str();
}

void add_average(CLI::App& app, Options& o) {
  app.add_option("SNAPSHOT", o.words,
                 "Snapshots or checkpoints of one run; of a folder all its snapshots")
      ->required()
      ->check(not_empty());
  app.add_option("--out", o.output, "The file to write, good wherever CHECKPOINT stands")
      ->required()
      ->check(not_empty());
}

void add_query(CLI::App& app, Options& o) {
  app.add_option("KEY", o.key,
                 "PRIVATE:BOARD:BETTING, as exports write it; with a hand BETTING alone");
  const auto read = [&o](const CLI::results_t& given) {
    o.query_cards = true;
    if (!given.empty() && !given.front().empty()) o.query_hand = given.front();
    return true;
  };
  app.add_option("--cards", read,
                 "Alone: an example hand of the row's bucket; AsKd: the row of this hand")
      ->expected(0, 1);
  app.add_option("--board", o.board, "Cards of the board for --cards AsKd");
}

void add_options_of(CLI::App& app, Command command, Options& o) {
  command_line::add_common(app, {o.workers, o.seed, o.config, o.graph, o.trace, o.json, o.quiet});
  if (command == Command::train) return add_train(app, o);
  if (command == Command::average) return add_average(app, o);
  if (command == Command::solve) return add_solve(app, o);
  if (command == Command::buckets) return add_buckets(app, o);
  if (command == Command::exploit || command == Command::eval || command == Command::lbr ||
      command == Command::play || command == Command::acpc || command == Command::query ||
      command == Command::export_strategy)
    add_buckets_file(app, o);
  switch (command) {
    case Command::exploit:
      app.add_option(
             "--response-deals", o.response_deals,
             "Where no exact measure is: deals from which a response learns what it can win")
          ->transform(whole_number(1, any));
      break;
    case Command::hands:
      app.add_option("--cards", o.cards, "5, 6 or 7")
          ->transform(whole_number(5, 7))
          ->capture_default_str();
      return;
    case Command::rank:
      app.add_option("CARDS", o.words, "5 to 7 cards, AsKdQh7c7d")->required();
      return;
    case Command::equity:
      app.add_option("HAND", o.words, "2 to 6 hands, AsAh KsKh")->required();
      app.add_option("--board", o.board, "0 to 5 cards of the board");
      return;
    default:
      break;
  }
  app.add_option("CHECKPOINT", o.path, "A checkpoint, or DIR/latest")
      ->required()
      ->check(not_empty());
  if (command == Command::export_strategy) {
    app.add_option("--out", o.output, "The file to write")->check(not_empty());
    app.add_option("--per-street", o.per_street,
                   "A folder to write preflop.json, flop.json, turn.json and river.json into")
        ->check(not_empty());
    app.add_flag("--cards", o.query_cards, "hold'em: an example hand of each bucket too");
  }
  if (command == Command::eval || command == Command::play || command == Command::acpc)
    add_search(app, o);
  if (command == Command::eval) {
    app.add_option("--against", o.against,
                   "random, call, fold, tight, aggressive or a checkpoint; default: these five")
        ->check(not_empty());
    add_hands(app, o);
    app.add_flag("--duplicate", o.duplicate, "Play each deal twice, seats exchanged");
    app.add_flag("--aivat", o.aivat,
                 "Take out the luck that both strategies and the cards explain");
  }
  if (command == Command::lbr) {
    add_hands(app, o);
    app.add_option("--bets", o.lbr_bets, "fc (fold, call), fcpa (pot and all-in too) or 56 bets")
        ->check(CLI::IsMember({"fc", "fcpa", "56"}))
        ->capture_default_str();
    app.add_option("--rounds", o.lbr_rounds, "Where it plays so; 3-4: checks and calls to the turn")
        ->check(CLI::IsMember({"1-4", "3-4"}))
        ->capture_default_str();
  }
  if (command == Command::resolve) {
    app.add_option("--iters", o.resolve_iterations, "Of CFR+ in each public state")
        ->transform(whole_number(1, 1'000'000))
        ->capture_default_str();
  }
  if (command == Command::play) {
    app.add_option("--hands", o.play_hands, "How many hands; 0: until the input ends")
        ->transform(whole_number(0, 1'000'000'000))
        ->capture_default_str();
    app.add_option("--seat", o.seat, "0 (big blind), 1 (button) or alternate")
        ->check(CLI::IsMember({"0", "1", "alternate"}))
        ->capture_default_str();
  }
  if (command == Command::acpc) {
    app.add_option("--host", o.host, "Where the dealer listens")
        ->check(not_empty())
        ->capture_default_str();
    app.add_option("--port", o.port, "Its port")->required()->transform(whole_number(1, 65'535));
  }
  if (command == Command::query) add_query(app, o);
}

/// Of a bucket section train has the counts alone; the rest is for those who make a file of buckets.
bool of_other_command(const CLI::App& command, const Setting& setting) {
  if (command.get_name() != "train" || setting.section != "bucket") return false;
  const CLI::App* const buckets = command.get_parent()->get_subcommand("buckets");
  return !setting.key.starts_with("k-") &&
         buckets->get_option_no_throw("--" + setting.key) != nullptr;
}

/// Gives options that the command line left alone the values of --config; notes keys of no effect.
Result<Done> apply_settings(CLI::App& command, Options& o) {
  auto settings = read_settings(o.config);
  if (!settings) return settings.error();
  const bool for_buckets = command.get_name() == "buckets";
  std::vector<Setting> taken;
  for (const Setting& setting : settings.value()) {
    if (for_buckets && (setting.section == "mccfr" || setting.section == "train")) continue;
    if (passed_over_key(setting.key) || of_other_command(command, setting)) {
      o.original.passed_over.push_back(
          setting.section.empty() ? setting.key : setting.section + ": " + setting.key);
      continue;
    }
    const CLI::Option* const option = command.get_option_no_throw("--" + setting.key);
    if (option != nullptr && option->count() == 0)
      o.config_places["--" + setting.key] = setting.where;
    taken.push_back(setting);
  }
  return command_line::apply_settings(command, taken);
}

}  // namespace

Parsed parse_options(int argc, char** argv) {
  Parsed parsed;
  Options& o = parsed.options;
  CLI::App app("Trains poker strategies by counterfactual regret minimisation.", "weir-mccfr");
  app.set_version_flag("--version", std::string(version_line()));
  app.require_subcommand(0, 1);
  app.footer(std::string("Example:\n  ") + known_commands[0].example);
  for (const NamedCommand& named : known_commands) {
    CLI::App* const sub = app.add_subcommand(named.name, named.what);
    add_options_of(*sub, named.command, o);
    sub->footer(std::string("Example:\n  ") + named.example);
  }
  const auto refuse = [&](Error error) {
    parsed.exit = exit_of_usage;
    parsed.error = std::move(error);
    return parsed;
  };
  if (auto ended = command_line::parse(app, argc, argv)) {
    static_cast<command_line::Ended&>(parsed) = std::move(*ended);
    return parsed;
  }
  CLI::App& sub = command_line::innermost(app);
  o.command_name = sub.get_name();
  for (const NamedCommand& named : known_commands)
    if (o.command_name == named.name) o.command = named.command;
  if (!o.config.empty()) {
    if (auto applied = apply_settings(sub, o); !applied) {
      const Error error = applied.error();
      parsed.exit = error.code == "bad_config" ? exit_of_usage : 1;
      parsed.error = error;
      return parsed;
    }
  }
  // A row's name behind --cards is no hand.
  if (o.key.empty() && o.query_hand.find(':') != std::string::npos) std::swap(o.key, o.query_hand);
  if (o.command == Command::train) {
    if (auto applied = apply_original(sub, o); !applied) return refuse(applied.error());
  }
  o.seed_given = sub.get_option("--seed")->count() != 0;
  const CLI::Option* const search = sub.get_option_no_throw("--search");
  o.search_given = search != nullptr && search->count() != 0;
  if (search != nullptr && !o.search_given && o.search_iterations == 0) {
    for (const char* const name : {"--search-from", "--search-depth"})
      if (sub.get_option(name)->count() != 0)
        return refuse(usage_error(std::string(name) + " is of searches: --search is missing",
                                  sub.get_name()));
  }
  return parsed;
}

}  // namespace weir::mccfr
