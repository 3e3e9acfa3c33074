// sygus_search.hpp: what is tried, and in which order.
//
// Seeds:  past answers to problems of the same grammar, as terms of this one.
// Parts:  of past answers, whatever their grammar, with experience: a bank that has them whole, and in which rare
//         operators cost more, until one answer is there or its share is spent.
// First:  until one answer is there, the bank grows; whenever it has grown by half, what builds on it has turns
//         (sygus_arms.hpp), all on one table of goals (sygus_goals.hpp).
// Then:   the same with the size of the best as bound, and the best made smaller by its parts.
// Last:   all smaller terms, one by one: none is right, and the best is known to be smallest; or memory ends.
// Sample: a few examples first; one more whenever a term is right on those only, and all is built anew.
#pragma once

#include <limits>
#include <memory>
#include <string>
#include <vector>
#include <weir/search/kernel.hpp>

#include "sygus_arms.hpp"
#include "sygus_cases.hpp"
#include "sygus_landmarks.hpp"
#include "sygus_offers.hpp"
#include "sygus_replace.hpp"
#include "sygus_unify.hpp"

namespace weir::search::sygus {

/// A unit is about what one candidate costs on one example.
inline constexpr std::uint64_t units_per_simulation = 8192;

class SygusSearch {
 public:
  SygusSearch(const Problem& problem, std::unique_ptr<Machine> machine, const KernelConfig& config);

  /// False: it has ended.
  bool run(std::uint32_t simulations) { return budget_.run(steps_, simulations); }

  const Offers& offers() const noexcept { return offers_; }
  const Machine& machine() const noexcept { return *machine_; }
  bool smallest() const noexcept { return smallest_; }
  std::uint64_t candidates() const noexcept {
    return candidates_ + (round_ ? round_->bank.candidates() : 0);
  }
  std::size_t bytes() const noexcept;
  /// In which one it is.
  std::uint64_t simulations() const noexcept { return budget_.spent() / units_per_simulation + 1; }

 private:
  /// All that depends on the sample.
  struct Round {
    Round(Machine& machine, const Sample& sample, const Bank::Limits& limits)
        : graph(machine, sample),
          bank(machine, sample, with(limits, graph.usable())),
          goals(sample.count),
          unifier(machine, bank.sample(), goals),
          deduction(machine, bank),
          pieces(machine, bank, graph),
          landmarks(machine, bank, graph, goals),
          cases(machine, bank, graph, unifier, goals) {}

    /// What the graph does not concatenate, the bank has to.
    static Bank::Limits with(Bank::Limits limits, bool graph_usable) {
      if (!graph_usable) limits.concat_size_max = std::numeric_limits<std::uint32_t>::max();
      return limits;
    }

    ConcatGraph graph;
    Bank bank;
    Goals goals;
    Unifier unifier;
    Deduction deduction;
    PieceMaker pieces;
    Landmarks landmarks;
    CasePieces cases;
    ExtraPieces extra, none, case_pieces, some;  // the last: of some outputs
    bool landmarks_done = false;
    std::uint32_t shrunk = 0;  // the best when it was last made smaller
    std::size_t goal_terms_seen = 0;
  };

  Steps go();
  void try_seeds();
  Steps guided();
  Steps grow();
  Bank::Limits limits() const;
  bool enough() const noexcept;
  Steps strategies(bool bank_ended);
  bool can_run(Arm arm) const;
  Steps run(Arm arm);
  Steps concat(const ExtraPieces& extra);
  Steps landmarks();
  Steps split();
  Steps inverses();
  Steps goals();
  Steps close_goal(ExampleSet examples);
  Steps clusters();
  Steps shrink();
  Steps others();
  Steps prove();
  bool begin_round();
  void offer(TermId term);
  bool done_growing() const noexcept;
  bool needs_cases() const;
  bool stop() const noexcept { return offers_.counterexample().has_value(); }
  std::vector<std::uint32_t> first_examples() const;
  ConcatGraph::Request request() const;

  const Problem& problem_;
  std::unique_ptr<Machine> machine_;
  KernelConfig config_;
  std::vector<std::string> seeds_;  // past answers, until they are tried
  std::vector<std::string> parts_;  // of past answers
  std::vector<float> operators_;    // how likely each occurs; empty: unknown
  bool guided_ = false;
  std::uint64_t guided_until_ = 0;  // of the units spent
  Offers offers_;
  Arms arms_;
  Budget budget_{units_per_simulation};
  std::vector<std::uint32_t> examples_;
  Sample sample_;
  std::unique_ptr<Round> round_;
  std::uint64_t candidates_ = 0;
  std::size_t proof_bytes_ = 0;
  bool smallest_ = false;
  Steps steps_;
};

}  // namespace weir::search::sygus
