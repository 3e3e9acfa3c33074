// lazy_export.hpp: export of strategies whose rows come with the first visit; private to the program.
#pragma once

#include <functional>
#include <string>
#include <weir/mccfr/lazy_table.hpp>
#include <weir/mccfr/multiway_game.hpp>

namespace weir::mccfr {

/// f(round, key, distribution as JSON) for every row that was learnt, in the order of lazy_rows().
void for_each_lazy_row(const MultiwayGame& game, const LazyTable& table,
                       const std::function<void(int, const std::string&, const std::string&)>& f);

}  // namespace weir::mccfr
