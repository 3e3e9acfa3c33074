// sygus_parts.hpp: what a solved answer teaches searches in other grammars; private to the engine.
//
// Shape:  parts are terms in the arguments by their places, (define-fun p ((a0 SORT)..) SORT TERM), without text that
//         has letters or digits and without functions of the file: those belong to its task.
// Cost:   microseconds an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/search/sygus_problem.hpp>

namespace weir::search::sygus {

inline constexpr std::size_t operators = static_cast<std::size_t>(Op::opposite) + 1;
static_assert(operators <= 64, "a bit an operator");

struct Parts {
  struct Term {
    std::string text;
    std::uint8_t nodes = 0;  // from least_nodes to most_nodes
  };
  std::uint64_t used = 0;   // a bit an operator
  std::vector<Term> terms;  // all different

  static constexpr std::size_t least_nodes = 3, most_nodes = 15, terms_max = 16;
};

/// Nothing where the text is no definition.
std::optional<Parts> parts_of(std::string_view definition);

}  // namespace weir::search::sygus
