// text_rounding.hpp: numbers and times of the inputs that stand in the outputs in another form: what form, how rounded.
//
// Shape:  what is found is pools: all fields of one come from one parse and one rounding. A range is a rounded value
//         and the same plus a width ("20-30", "10:00AM-11:50AM"); the width follows from the outputs.
// Cost:   a few hundred roundings are tried a source; most are refused by the first row.
#pragma once

#include <vector>

#include "steps.hpp"
#include "text_pool.hpp"

namespace weir::search::text {

struct CostedMoment {
  MomentSource source;
  double cost = 0;
};

/// Dates and times that every shown row has; readings that agree on every row are there once.
Steps moments_in(Budget& budget, const Sheet& sheet, std::vector<CostedMoment>& out);

struct CostedNumber {
  NumberSource source;
  double cost = 0;
};

Steps numbers_in(Budget& budget, const Sheet& sheet, const std::vector<CostedMoment>& moments,
                 std::vector<CostedNumber>& out);

/// Pieces of one parse and one rounding: a program has pieces of one context at most, and pays `cost` for it once.
struct Context {
  Pool pool;
  double cost = 0;
  bool alone = false;  // other pieces only where these and constants are not enough
};

/// Where contexts go, and how many roundings and pieces of them were tried.
struct Contexts {
  std::vector<Context> all;
  std::uint64_t looked_at = 0;
};

/// The fields of one moment as they are, or of two: a range has two ends.
Context fields_of(const Sheet& sheet, const CostedMoment& moment);
Context fields_of(const Sheet& sheet, const CostedMoment& first, const CostedMoment& second);
void offer_fields(Pool& pool, const MomentSource& source);
/// The fields of the moment's date so many days or months later or earlier, or as many from where its month, quarter,
/// year or week begins, as the dates of all shown outputs are; and of days and years that people count from a date
/// where a field of theirs is in all outputs.
Steps date_shifts(Budget& budget, const Sheet& sheet, CostedMoment moment, Contexts& out);
/// One number rounded, scaled and written anew; adds what was tried to `looked_at`.
Steps offer_formats(Budget& budget, const Sheet& sheet, Pool& pool, CostedNumber number,
                    std::uint64_t& looked_at);

/// Two numbers of a row, or the time between two of its dates or times, become one; and the sum of all of them. Nothing
/// where not every shown output has a number.
Steps joined_numbers(Budget& budget, const Sheet& sheet, const std::vector<CostedMoment>& moments,
                     const std::vector<CostedNumber>& numbers, std::vector<CostedNumber>& out);
/// A joined number as it is, and any number times a factor or more by what is the same for all shown rows.
Steps offer_computed(Budget& budget, const Sheet& sheet, Pool& pool, CostedNumber number,
                     std::uint64_t& looked_at);

/// One context a rounding; those without a chance are left out.
/// `dates`: what may stand beside the rounded time, unrounded.
Steps time_roundings(Budget& budget, const Sheet& sheet, CostedMoment moment,
                     std::vector<CostedMoment> dates, Contexts& out);
Steps number_ranges(Budget& budget, const Sheet& sheet, CostedNumber number, Contexts& out);
/// A number written with a power of ten.
Steps power_parts(Budget& budget, const Sheet& sheet, CostedNumber number, Contexts& out);
/// Whole larger units and what is left: "1:30" of 90 minutes.
Steps unit_parts(Budget& budget, const Sheet& sheet, CostedNumber number, Contexts& out);

}  // namespace weir::search::text
