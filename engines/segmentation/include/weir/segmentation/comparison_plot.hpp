// comparison_plot.hpp: one picture of several days: how do resistance and hysteresis drift?
//
// Shape:  an SVG of four panels over days, a line for each voltage range: resistance, area between
//         the branches, coercive voltage, peak of the hysteresis. Values that are not finite are
//         left out.
// Roles:  pure functions, any thread. Equal input gives equal bytes.
#pragma once

#include <string>
#include <vector>

namespace weir::segmentation {

/// A voltage range on each of the days that have it; the vectors are equally long.
struct ComparisonSeries {
  double v_max = 0;                // V
  std::vector<double> day;         // since the first date
  std::vector<double> resistance;  // ohm
  std::vector<double> area;        // V A
  std::vector<double> coercive;    // V
  std::vector<double> peak;        // A, the |forward - return| that is largest
};

struct ComparisonPlot {
  std::string title;                     // plain text
  std::string first_date;                // of day 0
  std::vector<ComparisonSeries> series;  // by ascending v_max; of more than six the widest
};

/// The SVG document, UTF-8.
std::string render_comparison(const ComparisonPlot& plot);

}  // namespace weir::segmentation
