// text_rounding.hpp: numbers and times of the inputs that stand in the outputs in another form: what form, how rounded.
//
// Shape:  what is found is pools: all fields of one come from one parse and one rounding. A range is a rounded value
//         and the same plus a width ("20-30", "10:00AM-11:50AM"); the width follows from the outputs.
// Cost:   a few hundred roundings are tried a source; most are refused by the first row.
#pragma once

#include <vector>

#include "text_pool.hpp"

namespace weir::search::text {

struct CostedMoment {
  MomentSource source;
  double cost = 0;
};

/// Dates and times that every shown row has; readings that agree on every row are there once.
std::vector<CostedMoment> moments_in(const Sheet& sheet);

struct CostedNumber {
  NumberSource source;
  double cost = 0;
};

std::vector<CostedNumber> numbers_in(const Sheet& sheet, const std::vector<CostedMoment>& moments);

/// Pieces of one parse and one rounding: a program has pieces of one context at most, and pays `cost` for it once.
struct Context {
  Pool pool;
  double cost = 0;
};

/// The fields of one moment as they are.
Context fields_of(const Sheet& sheet, const CostedMoment& moment);
/// One number rounded, scaled and written anew.
void offer_formats(const Sheet& sheet, Pool& pool, const CostedNumber& number);

/// One context a rounding; those without a chance are left out. `looked_at` counts what was tried.
/// `dates`: what may stand beside the rounded time, unrounded.
std::vector<Context> time_roundings(const Sheet& sheet, const CostedMoment& moment,
                                    const std::vector<CostedMoment>& dates,
                                    std::uint64_t& looked_at);
std::vector<Context> number_ranges(const Sheet& sheet, const CostedNumber& number,
                                   std::uint64_t& looked_at);

}  // namespace weir::search::text
