#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <weir/segmentation/comparison_plot.hpp>
#include <weir/segmentation/sweep_plot.hpp>
#include <weir/segmentation/text.hpp>

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

MeasuredSweep sweep_to(double v_max, int points, int run = 0) {
  MeasuredSweep sweep;
  sweep.run_id = "run" + std::to_string(run);
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

TEST_CASE("sweep_plot: of many sweeps a sample is kept, the farthest, and some with flags") {
  std::vector<int> order;
  for (int k = 0; k < 5000; ++k) order.push_back(k);
  std::vector<std::string> first;
  for (int round = 0; round < 3; ++round) {  // in any order the same
    SweepSample sample;
    for (const int k : order) {
      MeasuredSweep sweep = sweep_to(k == 3333 ? 9 : 1, 8, k);
      if (k % 100 == 7) sweep.flags = {"cut"};
      sample.add(thin_sweep(sweep));
    }
    CHECK(sample.seen() == 5000);
    std::vector<std::string> kept;
    std::size_t flagged = 0, far = 0;
    for (const PlotSweep& sweep : sample.take()) {
      kept.push_back(sweep.run_id);
      flagged += sweep.flags.empty() ? 0 : 1;
      far += sweep.segments[0].v.back() == -9 ? 1 : 0;
    }
    CHECK(kept.size() <= sample_sweeps_max + flagged_sweeps_max + 4);
    CHECK(kept.size() >= sample_sweeps_max);
    CHECK(flagged >= flagged_sweeps_max);
    CHECK(far == 1);
    CHECK(std::is_sorted(kept.begin(), kept.end()));
    if (round == 0) first = kept;
    CHECK(kept == first);
    CHECK(sample.seen() == 0);
    std::rotate(order.begin(), order.begin() + 1234, order.end());
    std::reverse(order.begin(), order.end());
  }
  SweepSample few;
  for (int k = 0; k < 3; ++k) few.add(thin_sweep(sweep_to(1 + k, 8, k)));
  CHECK(few.take().size() == 3);
}

TEST_CASE("sweep_plot: the SVG is well-formed and has a line for each segment, twice, and branch") {
  SweepPlot plot;
  plot.title = "IV <2025-09-04> & more";
  for (const double v_max : {1.0, 8.0}) {
    plot.sweeps.push_back(thin_sweep(sweep_to(v_max, 50, static_cast<int>(v_max))));
    plot.loops.push_back(
        {v_max, {-1, 0, 1}, {-1e-6, 0, 1e-6}, {-1, 1}, {-2e-6, 2e-6}, {-1, 1}, {1e-6, -1e-6}});
  }
  plot.sweeps[0].segments[0].type = "\"><script>";
  plot.sweeps[1].flags = {"missing_return_positive", "cut", "range", "odd<", "a_long_name_too"};
  plot.flagged = 7;
  const std::string svg = render_svg(plot);
  const Markup markup(svg);
  CHECK(markup.count("svg") == 1);
  CHECK(markup.count("polyline") == 2 * 8 + 3 * 2 + 8);
  CHECK(markup.count("polyline.tile") == 8);
  CHECK(markup.count("polyline.sweep") == 16);
  CHECK(markup.count("polyline.forward_negative") == 3);
  CHECK(markup.count("polyline.other") == 3);
  CHECK(markup.count("polyline.return_positive") == 6);
  CHECK(markup.count("polyline.forward") == 2);
  CHECK(markup.count("polyline.return") == 2);
  CHECK(markup.count("polyline.difference") == 2);
  CHECK(markup.count("polyline.series1") == 3);
  CHECK(markup.count("rect.frame") == 4 + 2);
  CHECK(markup.count("rect.heavy") == 1);      // the flagged sweep's tile
  CHECK(markup.count("path.cross") == 2 + 1);  // its ends, and the legend
  CHECK(markup.count("path.arrow") == 8 + 2);  // a side of a loop with one point has none
  CHECK(markup.count("circle") == 8 + 8 + 5);  // first points, in tiles too, and the legend
  CHECK(svg.find("7 of the day's runs, 1 here") != svg.npos);
  CHECK(svg.find(">missing_return_positive, cut<") != svg.npos);
  CHECK(svg.find(">range, odd&lt;, a_long_name_too<") != svg.npos);
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

TEST_CASE("sweep_plot: hostile names leave the SVG well-formed, with what XML allows alone") {
  SweepPlot plot;
  const std::string hostile =
      "\x01\x1b[31m\n\r\t\x7f ]]> <!-- --> <![CDATA[ &amp; &#0; \"' \xff\xc3( \xed\xa0\x80 "
      "\xef\xbf\xbe\xef\xbf\xbf "
      "\xc2\x85 \xc2\xb5";
  plot.title = hostile;
  plot.sweeps.push_back(thin_sweep(sweep_to(1, 50, 1)));
  plot.sweeps[0].segments[0].type = hostile;
  plot.sweeps[0].run_id = hostile;
  plot.sweeps[0].flags = {hostile, "cut"};
  plot.flagged = 1;
  const std::string svg = render_svg(plot);
  const Markup markup(svg);
  CHECK(is_utf8(svg));
  for (const char c : svg) {
    const bool allowed = static_cast<unsigned char>(c) >= 0x20 || c == '\n';
    if (!allowed || c == 0x7f) FAIL("a control character");
  }
  for (const char* none : {"\xef\xbf\xbe", "\xef\xbf\xbf", "<!--", "<![CDATA[", "\xc2\x85"})
    CHECK(svg.find(none) == svg.npos);
  CHECK(svg.find("\xc2\xb5</t") != svg.npos);
}

TEST_CASE("sweep_plot: nothing, one point and equal points are drawn without a fault") {
  Markup(render_svg({}));
  SweepPlot plot;
  for (const double value : {0.0, 5.0, -1e-300, 1e300}) {
    plot.sweeps.push_back({"r", {}, {{"forward_positive", {0}, {value}, {value}}}});
    const std::string svg = render_svg(plot);
    const Markup markup(svg);
    CHECK(markup.count("polyline") == 3 * plot.sweeps.size());
    CHECK(svg.find("nan") == svg.npos);
    CHECK(svg.size() < 20'000);
  }
}

TEST_CASE("sweep_plot: the size is bounded, whatever is given") {
  SweepPlot plot;
  SweepSample sample;
  for (int k = 0; k < 400; ++k) sample.add(thin_sweep(sweep_to(8 + 0.001 * k, 2000, k)));
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

TEST_CASE("sweep_plot: an arrow points where the voltage goes") {
  SweepPlot plot;
  MeasuredSweep up;
  up.segments.push_back(leg(0, "forward_positive", 0, 1, 11));
  plot.sweeps.push_back(thin_sweep(up));
  const auto tip_and_base = [&] {
    const std::string svg = render_svg(plot);
    const std::size_t at = svg.find("<path class=\"arrow forward_positive\" d=\"M");
    REQUIRE(at != svg.npos);
    double tip = 0, base = 0, y = 0;
    REQUIRE(std::sscanf(svg.c_str() + svg.find(" d=\"M", at) + 5, "%lf,%lf L%lf", &tip, &y,
                        &base) == 3);
    return tip - base;
  };
  CHECK(tip_and_base() == 9);
  std::reverse(up.segments[0].v.begin(), up.segments[0].v.end());
  plot.sweeps[0] = thin_sweep(up);
  CHECK(tip_and_base() == -9);
}

TEST_CASE("comparison_plot: a line a range, decades where values are far apart") {
  const double none = std::nan("");
  ComparisonPlot plot{"IV <3 days>", "2025-09-04", {}};
  plot.series.push_back({1,
                         {0, 8, 19},
                         {1e6, 1e9, none},
                         {1e-9, 2e-9, 3e-9},
                         {none, none, none},
                         {1e-9, 1e-9, 1e-9}});
  plot.series.push_back({8, {0, 19}, {2e6, 3e6}, {1e-9, 4e-9}, {none, none}, {5e-9, 6e-9}});
  const std::string svg = render_comparison(plot);
  const Markup markup(svg);
  CHECK(markup.count("rect.frame") == 4);
  CHECK(markup.count("polyline") == 2 * 3);
  CHECK(markup.count("circle.series0") == 2 + 3 + 3 + 1);  // and the legend
  CHECK(markup.count("circle.series1") == 3 * 2 + 1);
  CHECK(svg.find(">1e6<") != svg.npos);
  CHECK(svg.find(">1e9<") != svg.npos);
  CHECK(svg.find("area (nV A)") != svg.npos);
  CHECK(svg.find(">none<") != svg.npos);
  CHECK(svg.find("days since 2025-09-04") != svg.npos);
  CHECK(svg.find("nan") == svg.npos);
  CHECK(render_comparison(plot) == svg);
  Markup(render_comparison({}));
  for (int k = 0; k < 9; ++k) plot.series.push_back(plot.series[1]);
  CHECK(Markup(render_comparison(plot)).count("polyline") == 6 * 3);
}
