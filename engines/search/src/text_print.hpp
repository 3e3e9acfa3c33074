// text_print.hpp: programs written out as one function of a host language, with the helpers that they use.
//
// Shape:  the function takes the inputs in their order and gives what Program's run() gives. Errors: what has no value
//         is an exception inside, and never leaves the function.
#pragma once

#include <string>
#include <string_view>
#include <vector>
#include <weir/search/task.hpp>

#include "text_program.hpp"

namespace weir::search::text {

enum class Kind : std::uint8_t { text, integer, boolean };

/// What the function is called, and what its values are in the host language.
struct Signature {
  std::string name;
  std::vector<Kind> in;
  Kind out = Kind::text;
};

std::string python(const Program& program, const Signature& signature);
std::string javascript(const Program& program, const Signature& signature);
std::string cplusplus(const Program& program, const Signature& signature);

}  // namespace weir::search::text
