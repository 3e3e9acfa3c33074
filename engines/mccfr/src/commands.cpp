#include "commands.hpp"

#include <weir/clock.hpp>

namespace weir::mccfr {

Findings run_command(const Options& options, const StopSignals& signals) {
  const Deadline begin = now_ns();
  Findings findings;
  switch (options.command) {
    case Command::train:
      train_command(options, signals, findings);
      break;
    case Command::average:
      average_command(options, signals, findings);
      break;
    case Command::buckets:
      buckets_command(options, signals, findings);
      break;
    case Command::exploit:
      exploit_command(options, signals, findings);
      break;
    case Command::export_strategy:
      export_command(options, findings);
      break;
    case Command::query:
      query_command(options, findings);
      break;
    case Command::eval:
      eval_command(options, signals, findings);
      break;
    case Command::lbr:
      lbr_command(options, signals, findings);
      break;
    case Command::solve:
      solve_command(options, signals, findings);
      break;
    case Command::resolve:
      resolve_command(options, signals, findings);
      break;
    case Command::play:
      play_command(options, signals, findings);
      break;
    case Command::acpc:
      acpc_command(options, signals, findings);
      break;
    case Command::hands:
      hands_command(options, findings);
      break;
    case Command::rank:
      rank_command(options, findings);
      break;
    default:
      equity_command(options, findings);
  }
  findings.elapsed_s = static_cast<double>(now_ns() - begin) / 1e9;
  return findings;
}

}  // namespace weir::mccfr
