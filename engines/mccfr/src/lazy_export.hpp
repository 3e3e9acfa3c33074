// lazy_export.hpp: export and query of strategies whose rows come with the first visit; private to the program.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <weir/mccfr/lazy_table.hpp>
#include <weir/mccfr/multiway_game.hpp>

namespace weir::mccfr {

/// f(key, distribution as JSON) for every row that was learnt, in the order of lazy_rows().
void for_each_lazy_row(const MultiwayGame& game, const LazyTable& table,
                       const std::function<void(const std::string&, const std::string&)>& f);

/// The distribution of a key as JSON. Errors: usage: nobody acts there, there is no such hand; not_found: nobody came
/// there while it was learnt.
Result<std::string> lazy_distribution(const MultiwayGame& game, const LazyTable& table,
                                      const std::string& key);

}  // namespace weir::mccfr
