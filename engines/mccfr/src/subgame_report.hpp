// subgame_report.hpp: what was solved, as JSON and as a table; private to the program.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <weir/mccfr/subgame_solver.hpp>

namespace weir::mccfr::subgame {

/// {HAND: {ACTION: p}}
nlohmann::ordered_json decision_json(const SubgameDecision& decision);
/// How often each action is taken: a row for the whole range, then one for each kind of hands.
std::string decision_text(const SubgameDecision& decision);
/// Writes {HISTORY: {HAND: {ACTION: p}}} of all decisions on all boards; returns how many.
Result<std::uint64_t> write_decisions(SubgameSolver& solver, const std::string& path);

}  // namespace weir::mccfr::subgame
