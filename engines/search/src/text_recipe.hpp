// text_recipe.hpp: programs of people's data as experience keeps them.
//
// Shape:  "text2 " and the program's fields in one order: numbers as "12,", texts as "BYTES:UTF-8". First the
//         bits that its pieces cost, in 1/16.
// Errors: what was not written by recipe_of, or does not fit so many inputs, is nothing: every number has its range.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "text_program.hpp"

namespace weir::search::text {

struct Recipe {
  Program program;
  double cost = 0;  // bits; never less than its pieces cost at least, whatever the recipe says
};

/// `cost`: bits. Empty of a program with a table: it holds these examples and no others.
std::string recipe_of(const Program& program, double cost);
/// `inputs`: of the task that it is to be tried on.
std::optional<Recipe> read_recipe(std::string_view text, std::size_t inputs);

}  // namespace weir::search::text
