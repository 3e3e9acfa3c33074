// text_branches.hpp: programs with conditions: shown rows are parted in clusters, each with a program of its own, and a
// condition is found that tells them apart.
//
// Shape:  up to five rows are parted in two in every way; more are gathered in order, as long as one program fits.
//         Three to six different outputs may also be names of classes of rows, one constant each.
// Cost:   one Solver a cluster; a step is a step of a Solver.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "text_rank.hpp"
#include "text_solver.hpp"

namespace weir::search::text {

struct CostedCondition {
  Condition condition;
  double cost = 0;
};

/// True on the rows of `yes`, false on those of `no`; cheapest first.
Steps find_conditions(Budget& budget, const Sheet& sheet, std::vector<std::size_t> yes,
                      std::vector<std::size_t> no, std::vector<CostedCondition>& all);

/// Bits that no search finds this program for less than; what it makes of empty rows alone is free.
double least_cost(const Program& program);

class BranchSearch {
 public:
  BranchSearch(const Sheet& sheet, Ranking& ranking, std::size_t bytes_max);

  bool step();
  std::uint64_t looked_at() const noexcept {
    return looked_at_ + (solver_ ? solver_->looked_at() : 0);
  }
  std::size_t memory() const noexcept { return solver_ ? solver_->memory() : 0; }

 private:
  using Rows = std::vector<std::size_t>;
  using Tests = std::map<std::pair<Rows, Rows>, std::vector<CostedCondition>>;

  void start(const Rows& rows);
  void finish();
  void gather();
  Steps combine_part(std::size_t part);
  Steps combine(Rows yes, Rows no);
  Steps combine_clusters();
  bool start_labels();
  Steps combine_labels();
  Steps label(std::vector<Rows> left, Condition::Kind kind, bool told, Tests& tests);
  Steps judge(Program program, double cost);

  const Sheet& sheet_;
  Ranking& ranking_;
  std::size_t bytes_max_;
  std::vector<std::pair<Rows, Rows>> parts_;
  std::size_t part_ = 0;
  std::map<Rows, std::vector<Path>> solved_;
  std::unique_ptr<Solver> solver_;
  Rows solving_;
  bool gathering_ = false, labels_done_ = false;
  std::vector<Rows> clusters_;
  Rows waiting_, left_;
  std::uint64_t looked_at_ = 0;
  Budget budget_;
  std::optional<Steps> work_;  // of a step that is not done
};

}  // namespace weir::search::text
