#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <weir/segmentation/sweep_plot.hpp>

#include "markup.hpp"

using namespace weir::segmentation;

namespace {

MeasuredSegment leg(std::size_t id, const char* type, double from, double to, int points) {
  MeasuredSegment segment{id, type, {}, {}};
  for (int k = 0; k < points; ++k) {
    segment.v.push_back(from + (to - from) * k / std::max(1, points - 1));
    segment.i.push_back(1e-6 * segment.v.back());
  }
  return segment;
}

MeasuredSweep sweep_to(double v_max, int points) {
  MeasuredSweep sweep;
  sweep.segments.push_back(leg(0, "forward_negative", 0, -v_max, points));
  sweep.segments.push_back(leg(1, "return_negative", -v_max, 0, points));
  sweep.segments.push_back(leg(2, "forward_positive", 0, v_max, points));
  sweep.segments.push_back(leg(3, "return_positive", v_max, 0, points));
  return sweep;
}

std::size_t points_of(const PlotSweep& sweep) {
  std::size_t sum = 0;
  for (const PlotSegment& segment : sweep.segments) sum += segment.v.size();
  return sum;
}

}  // namespace

TEST_CASE("sweep_plot: a thinned sweep keeps what fits, else ends and extremes, in few points") {
  const PlotSweep small = thin_sweep(sweep_to(8, 100));
  REQUIRE(small.segments.size() == 4);
  CHECK(points_of(small) == 400);
  CHECK(small.segments[2].point.front() == 200);
  MeasuredSweep big = sweep_to(8, 100'000);
  big.segments[1].i[777] = 5;  // a spike of one point
  const PlotSweep thin = thin_sweep(big);
  CHECK(points_of(thin) <= sweep_points_max);
  CHECK(*std::max_element(thin.segments[1].i.begin(), thin.segments[1].i.end()) == 5);
  CHECK(thin.segments[3].point.back() == 399'999);
  MeasuredSweep shattered;
  for (std::size_t k = 0; k < 1000; ++k)
    shattered.segments.push_back(leg(k, "forward_positive", 0, 1, 50));
  CHECK(thin_sweep(shattered).segments.size() <= sweep_segments_max);
  CHECK(points_of(thin_sweep(shattered)) <= sweep_points_max);
  CHECK(thin_sweep(MeasuredSweep{}).segments.empty());
}

TEST_CASE("sweep_plot: of many sweeps an even sample is kept, and the ones that reach farthest") {
  SweepSample sample;
  for (int k = 0; k < 5000; ++k) sample.add(thin_sweep(sweep_to(k == 3333 ? 9 : 1, 8)));
  CHECK(sample.seen() == 5000);
  const std::vector<PlotSweep> kept = sample.take();
  CHECK(kept.size() <= sample_sweeps_max + 4);
  CHECK(kept.size() >= sample_sweeps_max / 2);
  CHECK(std::count_if(kept.begin(), kept.end(), [](const PlotSweep& sweep) {
          return sweep.segments[0].v.back() == -9;
        }) == 1);
  CHECK(sample.seen() == 0);
  for (int k = 0; k < 3; ++k) sample.add(thin_sweep(sweep_to(1 + k, 8)));
  CHECK(sample.take().size() == 3);
}

TEST_CASE("sweep_plot: the SVG is well-formed and has a line for each segment, twice, and branch") {
  SweepPlot plot;
  plot.title = "IV <2025-09-04> & more";
  for (const double v_max : {1.0, 8.0}) {
    plot.sweeps.push_back(thin_sweep(sweep_to(v_max, 50)));
    plot.loops.push_back(
        {v_max, {-1, 0, 1}, {-1e-6, 0, 1e-6}, {-1, 1}, {-2e-6, 2e-6}, {-1, 1}, {1e-6, -1e-6}});
  }
  plot.sweeps[0].segments[0].type = "\"><script>";
  const std::string svg = render_svg(plot);
  const Markup markup(svg);
  CHECK(markup.count("svg") == 1);
  CHECK(markup.count("polyline") == 2 * 8 + 3 * 2);
  CHECK(markup.count("polyline.sweep") == 16);
  CHECK(markup.count("polyline.forward_negative") == 2);
  CHECK(markup.count("polyline.other") == 2);
  CHECK(markup.count("polyline.return_positive") == 4);
  CHECK(markup.count("polyline.forward") == 2);
  CHECK(markup.count("polyline.return") == 2);
  CHECK(markup.count("polyline.difference") == 2);
  CHECK(markup.count("polyline.range1") == 3);
  CHECK(markup.count("rect.frame") == 4);
  CHECK(markup.count("text.key") == 5 + 6);
  CHECK(markup.count("text.label") == 8);
  CHECK(markup.count("text.tick") >= 4 * 8);
  CHECK(markup.count("script") == 0);
  CHECK(svg.find("I (\xc2\xb5\x41)") != svg.npos);
  CHECK(svg.find("prefers-color-scheme:dark") != svg.npos);
  CHECK(svg.find("IV &lt;2025-09-04&gt; &amp; more") != svg.npos);
  for (const char* outside : {"href", "url(", "@import", "nan", "inf"})
    CHECK(svg.find(outside) == svg.npos);
  CHECK(render_svg(plot) == svg);
}

TEST_CASE("sweep_plot: nothing, one point and equal points are drawn without a fault") {
  Markup(render_svg({}));
  SweepPlot plot;
  for (const double value : {0.0, 5.0, -1e-300, 1e300}) {
    plot.sweeps.push_back({{{"forward_positive", {0}, {value}, {value}}}});
    const std::string svg = render_svg(plot);
    const Markup markup(svg);
    CHECK(markup.count("polyline") == 2 * plot.sweeps.size());
    CHECK(svg.find("nan") == svg.npos);
    CHECK(svg.size() < 20'000);
  }
}

TEST_CASE("sweep_plot: the size is bounded, whatever is given") {
  SweepPlot plot;
  SweepSample sample;
  for (int k = 0; k < 400; ++k) sample.add(thin_sweep(sweep_to(8 + 0.001 * k, 2000)));
  plot.sweeps = sample.take();
  PlotLoop loop{8, {}, {}, {}, {}, {}, {}};
  for (int k = 0; k < 100'000; ++k) {
    loop.forward_v.push_back(k);
    loop.forward_i.push_back(std::sin(0.01 * k));
  }
  for (int k = 0; k < 50; ++k) plot.loops.push_back(loop);
  const std::string svg = render_svg(plot);
  CHECK(svg.size() < 2'000'000);
  CHECK(Markup(svg).count("polyline.forward") == plotted_loops_max);
}
