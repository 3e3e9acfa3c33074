#include <cmath>
#include <weir/segmentation/comparison_plot.hpp>

#include "svg_page.hpp"

namespace weir::segmentation {
namespace {

struct Quantity {
  const char* title;
  const char* symbol;
  const char* unit;
  std::vector<double> ComparisonSeries::*values;
};
constexpr Quantity quantities[] = {
    {"Resistance of the return branch", "R", "\xce\xa9", &ComparisonSeries::resistance},
    {"Area between the branches", "area", "V A", &ComparisonSeries::area},
    {"Coercive voltage", "V", "V", &ComparisonSeries::coercive},
    {"Peak of the hysteresis, forward less return", "|I|", "A", &ComparisonSeries::peak},
};

/// The points of a series that have a value.
struct Points {
  std::vector<double> x, y;
};
Points points_of(const ComparisonSeries& series, const Quantity& quantity) {
  Points points;
  const std::vector<double>& values = series.*quantity.values;
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (!std::isfinite(values[k])) continue;
    points.x.push_back(series.day[k]);
    points.y.push_back(values[k]);
  }
  return points;
}

}  // namespace

std::string render_comparison(const ComparisonPlot& plot) {
  std::string out;
  Page page(out);
  page.begin(first_top + static_cast<double>(std::size(quantities)) * panel_pitch, plot.title, {});
  std::span<const ComparisonSeries> series = plot.series;
  if (series.size() > series_styles_count) series = series.last(series_styles_count);
  Range days;
  for (const ComparisonSeries& one : series) days.take(one.day);
  int index = 0;
  for (const Quantity& quantity : quantities) {
    Range range;
    for (const ComparisonSeries& one : series) range.take(points_of(one, quantity).y);
    Panel panel(out, index++, {days, Unit{}, "days since " + plot.first_date, false},
                wide_axis_of(range, quantity.symbol, quantity.unit));
    panel.frame(quantity.title);
    if (!(range.low <= range.high))
      page.text("middle", plot_left + plot_width / 2, panel.top() + panel_height / 2, "none");
    for (std::size_t k = 0; k < series.size(); ++k) {
      const std::string style(series_styles()[k].name);
      const Points points = points_of(series[k], quantity);
      if (points.x.empty()) continue;
      panel.polyline(style, points.x, points.y);
      for (std::size_t n = 0; n < points.x.size(); ++n)
        page.dot(style, panel.place(points.x[n], points.y[n]), 3);
      if (index == 1) {
        page.legend(style, panel.top() + 10 + 18 * static_cast<double>(k),
                    fixed(series[k].v_max) + " V", true);
      }
    }
  }
  page.end();
  return out;
}

}  // namespace weir::segmentation
