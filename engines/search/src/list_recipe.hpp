// list_recipe.hpp: list programs as experience keeps them, and what is tried around them.
//
// Shape:  "list 12:0:0 31:1:2": a line is its call and two slots, inputs first; the last line is the result. A program
//         without lines has no recipe.
// Errors: what is no recipe for these inputs is nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <weir/search/list_language.hpp>

namespace weir::search::lists {

std::string recipe_of(const ListProgram& program);
std::optional<ListProgram> read_recipe(std::string_view recipe, const std::vector<Kind>& inputs);
/// Functions before the last two lines, as bits: those that the search goes through by cost.
std::optional<std::uint64_t> functions_searched(std::string_view recipe);
/// Programs that differ from it in one line's call or arguments, or have one line less at the end, itself first.
std::vector<ListProgram> neighbours_of(const ListProgram& program);

}  // namespace weir::search::lists
