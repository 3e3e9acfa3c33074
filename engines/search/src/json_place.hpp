// json_place.hpp: where in a JSON text a value stands, for messages; private to the program.
//
// Cost: one pass over the text before it.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "json_request.hpp"

namespace weir::search::program {

/// The first byte of the value at `path` in `text`, which is JSON; of the innermost one on the way where there is none.
std::size_t place_of(std::string_view text, const JsonPath& path);
/// The first bytes of the elements of the list at `path`; none where there is no list.
std::vector<std::size_t> places_of_elements(std::string_view text, const JsonPath& path);

}  // namespace weir::search::program
