// json_place.hpp: where in a JSON text a value stands, for messages; private to the program.
//
// Cost: one pass over the text before it.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "json_request.hpp"

namespace weir::search::program {

/// Names of members and numbers of elements, from the outermost value inwards.
using JsonPath = std::vector<Json>;

/// The first byte of the value at `path` in `text`, which is JSON; of the innermost one on the way where there is none.
std::size_t place_of(std::string_view text, const JsonPath& path);

/// The last place where `name`, a JSON string, is the name of a member; 0: nowhere.
std::size_t place_of_last_name(std::string_view text, std::string_view name);

}  // namespace weir::search::program
