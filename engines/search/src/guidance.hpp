// guidance.hpp: which networks guide the program's searches; private to the program.
#pragma once

#include <string>
#include <weir/result.hpp>
#include <weir/search/network.hpp>

namespace weir::search::program {

/// "default": the weights that come with the program; "none"; else a file of weights.
Result<bool> load_guidance(const std::string& which, Guidance& guidance);

/// The same for moves in Connect Four; null: "none".
Result<std::unique_ptr<Network>> load_move_guidance(const std::string& which);

}  // namespace weir::search::program
