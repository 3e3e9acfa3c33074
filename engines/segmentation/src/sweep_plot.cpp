#include <algorithm>
#include <cmath>
#include <span>
#include <weir/segmentation/curves.hpp>
#include <weir/segmentation/sweep_plot.hpp>

#include "graph_run.hpp"
#include "svg_page.hpp"

namespace weir::segmentation {
namespace {

// Tiles of single sweeps, px.
constexpr std::size_t tile_columns = 4, tiles_max = 12, flagged_tiles_max = 8;
constexpr double tile_left = 60, tile_width = 200, tile_height = 110, tile_pitch_x = 225;
constexpr double tile_pitch_y = 190, tiles_head = 30, caption_line = 14;
constexpr std::size_t caption_columns = 34;
constexpr std::string_view flag_class = "flagged";

constexpr Style sweep_styles[] = {
    {"forward_negative", "#0072b2", "#56b4e9"},
    {"return_negative", "#009e73", "#4fd6a9"},
    {"forward_positive", "#d55e00", "#ff8c42"},
    {"return_positive", "#cc79a7", "#f0a6cf"},
    {"other", "#666666", "#aaaaaa"},
    {flag_class, "#000000", "#ffffff"},
};
constexpr std::size_t segment_styles_count = 5;

std::size_t style_of(std::string_view type) noexcept {
  std::size_t k = 0;
  while (k + 1 < segment_styles_count && sweep_styles[k].name != type) ++k;
  return k;
}

/// Spreads run ids that differ in little.
std::uint64_t mixed(std::uint64_t hash) noexcept {
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
  return hash ^ (hash >> 31);
}

std::string class_of(const PlotSegment& segment) {
  return std::string(sweep_styles[style_of(segment.type)].name);
}

/// The two panels of all sweeps.
class SweepPanels {
 public:
  SweepPanels(const SweepPlot& plot, std::string& out) : plot_(plot), out_(out), page_(out) {}
  void draw();

 private:
  void draw_lines(Panel& time, Panel& curve);
  void draw_marks(Panel& time, Panel& curve);
  void draw_legend(double top);

  const SweepPlot& plot_;
  std::string& out_;
  Page page_;
  bool present_[segment_styles_count] = {};
};

void SweepPanels::draw() {
  Range point, v, i;
  for (const PlotSweep& sweep : plot_.sweeps) {
    for (const PlotSegment& segment : sweep.segments) {
      point.take(segment.point);
      v.take(segment.v);
      i.take(segment.i);
      present_[style_of(segment.type)] = true;
    }
  }
  const Axis volts = axis_of(v, "V", "V");
  Panel time(out_, 0, {point, Unit{}, "point of the sweep", false}, volts);
  time.frame("Voltage over points, by segment");
  Panel curve(out_, 1, volts, axis_of(i, "I", "A"));
  curve.frame("Current over voltage, by segment");
  draw_lines(time, curve);
  draw_marks(time, curve);
  draw_legend(time.top());
}

void SweepPanels::draw_lines(Panel& time, Panel& curve) {
  for (const PlotSweep& sweep : plot_.sweeps) {
    for (const PlotSegment& segment : sweep.segments) {
      time.polyline("sweep " + class_of(segment), segment.point, segment.v);
      curve.polyline("sweep " + class_of(segment), segment.v, segment.i);
    }
  }
}

/// Dots and arrows of some sweeps, and crosses at the ends of flagged ones, above all lines.
void SweepPanels::draw_marks(Panel& time, Panel& curve) {
  const std::size_t every = (plot_.sweeps.size() + marked_sweeps_max - 1) / marked_sweeps_max;
  for (std::size_t k = 0; k < plot_.sweeps.size(); k += every) {
    for (const PlotSegment& segment : plot_.sweeps[k].segments) {
      if (segment.v.empty()) continue;
      const std::string style = class_of(segment);
      page_.dot(style, time.place(segment.point.front(), segment.v.front()), 2.5);
      curve.direction(style, segment.v, segment.i);
    }
  }
  for (const PlotSweep& sweep : plot_.sweeps) {
    if (sweep.flags.empty() || sweep.segments.empty() || sweep.segments.back().v.empty()) continue;
    const PlotSegment& last = sweep.segments.back();
    page_.cross(flag_class, time.place(last.point.back(), last.v.back()));
    page_.cross(flag_class, curve.place(last.v.back(), last.i.back()));
  }
}

void SweepPanels::draw_legend(double top) {
  double y = top + 10;
  for (std::size_t k = 0; k < segment_styles_count; ++k) {
    if (!present_[k]) continue;
    page_.legend(sweep_styles[k].name, y, sweep_styles[k].name, true);
    y += 18;
  }
  page_.text("note", legend_left, y + 6, "dot: where it begins");
  page_.text("note", legend_left, y + 22, "arrow: its way");
  if (plot_.flagged == 0) return;
  page_.cross(flag_class, {legend_left + 5, y + 36});
  page_.text("note", legend_left + 16, y + 40, "end of a flagged run");
}

/// The flags in lines that fit under a tile; what does not is counted.
std::vector<std::string> flag_lines(const std::vector<std::string>& flags) {
  constexpr std::size_t lines_max = 2;
  std::vector<std::string> lines;
  for (std::size_t k = 0; k < flags.size(); ++k) {
    const bool goes_on =
        !lines.empty() && lines.back().size() + 2 + flags[k].size() <= caption_columns;
    if (goes_on) {
      lines.back() += ", " + flags[k];
    } else if (lines.size() < lines_max) {
      lines.push_back(flags[k]);
    } else {
      lines.back() += " +" + std::to_string(flags.size() - k);
      break;
    }
  }
  return lines;
}

/// Single sweeps, voltage over points: flagged ones first.
class SweepTiles {
 public:
  SweepTiles(const SweepPlot& plot, std::string& out);
  void draw(double top);
  double height() const noexcept;

 private:
  void draw_tile(const PlotSweep& sweep, double left, double top);

  const SweepPlot& plot_;
  std::string& out_;
  Page page_;
  std::vector<const PlotSweep*> shown_;
  std::size_t flagged_ = 0;  // of those that are shown
};

SweepTiles::SweepTiles(const SweepPlot& plot, std::string& out)
    : plot_(plot), out_(out), page_(out) {
  for (const PlotSweep& sweep : plot.sweeps) {
    if (!sweep.flags.empty() && shown_.size() < flagged_tiles_max) shown_.push_back(&sweep);
  }
  flagged_ = shown_.size();
  const std::size_t rest = tiles_max - flagged_;
  std::vector<const PlotSweep*> plain;
  for (const PlotSweep& sweep : plot.sweeps) {
    if (sweep.flags.empty()) plain.push_back(&sweep);
  }
  const std::size_t n = std::min(rest, plain.size());
  for (std::size_t k = 0; k < n; ++k) shown_.push_back(plain[k * plain.size() / n]);
}

double SweepTiles::height() const noexcept {
  if (shown_.empty()) return 0;
  return tiles_head +
         tile_pitch_y * static_cast<double>((shown_.size() + tile_columns - 1) / tile_columns);
}

void SweepTiles::draw(double top) {
  if (shown_.empty()) return;
  std::string head = "Single sweeps, voltage over points";
  if (plot_.flagged != 0) {
    head += "; flagged by the detector: " + std::to_string(plot_.flagged) + " of the day's runs, " +
            std::to_string(flagged_) + " here";
  }
  page_.text("head", tile_left, top, head);
  for (std::size_t k = 0; k < shown_.size(); ++k) {
    draw_tile(*shown_[k], tile_left + tile_pitch_x * static_cast<double>(k % tile_columns),
              top + tiles_head + tile_pitch_y * static_cast<double>(k / tile_columns));
  }
}

void SweepTiles::draw_tile(const PlotSweep& sweep, double left, double top) {
  Range point, v;
  for (const PlotSegment& segment : sweep.segments) {
    point.take(segment.point);
    v.take(segment.v);
  }
  const Range across = point.shown();
  const Range up = v.shown();
  const auto place = [&](double x, double y) {
    return Spot{left + tile_width * (x - across.low) / (across.high - across.low),
                top + tile_height * (1 - (y - up.low) / (up.high - up.low))};
  };
  page_.text("caption", left, top - 4, sweep.run_id);
  out_ += "<rect class=\"" + std::string(sweep.flags.empty() ? "frame" : "frame heavy") +
          "\" x=\"" + fixed(left) + "\" y=\"" + fixed(top) + "\" width=\"" + fixed(tile_width) +
          "\" height=\"" + fixed(tile_height) + "\"/>\n";
  if (up.low < 0 && up.high > 0) {
    const double zero = place(across.low, 0).y;
    page_.line("grid", left, zero, left + tile_width, zero);
  }
  for (const PlotSegment& segment : sweep.segments) {
    std::vector<Spot> spots;
    for (std::size_t k = 0; k < segment.v.size(); ++k)
      spots.push_back(place(segment.point[k], segment.v[k]));
    if (spots.empty()) continue;
    page_.polyline("tile " + class_of(segment), spots);
    page_.dot(class_of(segment), spots.front(), 2.5);
  }
  double y = top + tile_height + caption_line;
  if (v.low <= v.high) {
    page_.text("caption", left, y,
               fixed(v.low, 3) + " to " + fixed(v.high, 3) + " V, " + fixed(point.high + 1, 0) +
                   " points");
  }
  for (const std::string& line : flag_lines(sweep.flags))
    page_.text("caption strong", left, y += caption_line, line);
}

/// A curve of a loop, thinned.
void draw_branch(Panel& panel, const std::string& style, const std::string& kind,
                 const std::vector<double>& v, const std::vector<double>& i) {
  std::vector<double> thin_v, thin_i;
  for (const std::size_t at : thin_curve(v, i, loop_points_max)) {
    thin_v.push_back(v[at]);
    thin_i.push_back(i[at]);
  }
  panel.polyline(kind + " " + style, thin_v, thin_i);
  if (kind == "difference") return;
  // Away from 0 V on the forward branch, towards it on the return branch; on each side of it.
  for (const bool positive : {false, true}) {
    std::vector<double> side_v, side_i;
    for (std::size_t k = 0; k < thin_v.size(); ++k) {
      if (positive ? thin_v[k] < 0 : thin_v[k] >= 0) continue;
      side_v.push_back(thin_v[k]);
      side_i.push_back(thin_i[k]);
    }
    if (positive != (kind == "forward")) {
      std::reverse(side_v.begin(), side_v.end());
      std::reverse(side_i.begin(), side_i.end());
    }
    panel.direction(style, side_v, side_i);
  }
}

void draw_loops(std::span<const PlotLoop> loops, std::string& out) {
  Range v, i, difference;
  for (const PlotLoop& loop : loops) {
    v.take(loop.forward_v);
    v.take(loop.return_v);
    i.take(loop.forward_i);
    i.take(loop.return_i);
    difference.take(loop.difference_i);
  }
  const Axis volts = axis_of(v, "V", "V");
  Panel mean(out, 2, volts, axis_of(i, "I", "A"));
  mean.frame("Mean current by voltage range, forward and return");
  Panel hysteresis(out, 3, volts, axis_of(difference, "I", "A"));
  hysteresis.frame("Hysteresis: mean forward current less mean return current");
  Page page(out);
  double y = 10;
  for (std::size_t k = 0; k < loops.size(); ++k) {
    const PlotLoop& loop = loops[k];
    const std::string style(series_styles()[k].name);
    draw_branch(mean, style, "forward", loop.forward_v, loop.forward_i);
    draw_branch(mean, style, "return", loop.return_v, loop.return_i);
    draw_branch(hysteresis, style, "difference", loop.difference_v, loop.difference_i);
    const std::string range = fixed(loop.v_max, loop.v_max < 1 ? 2 : 1) + " V";
    page.legend("forward " + style, mean.top() + y, range + " forward");
    page.legend("return " + style, mean.top() + y + 16, range + " return");
    page.legend("difference " + style, hysteresis.top() + y, range);
    y += 36;
  }
}

}  // namespace

PlotSweep thin_sweep(const MeasuredSweep& sweep) {
  PlotSweep out{sweep.run_id, sweep.flags, {}};
  const std::size_t all = sweep.segments.size();
  const std::size_t step = (all + sweep_segments_max - 1) / sweep_segments_max;
  const std::size_t drawn = step == 0 ? 0 : (all + step - 1) / step;
  double before = 0;  // points of the segments before
  for (std::size_t k = 0; k < all; ++k) {
    const MeasuredSegment& segment = sweep.segments[k];
    if (k % step == 0 && !segment.v.empty()) {
      PlotSegment& thin = out.segments.emplace_back();
      thin.type = segment.type;
      for (const std::size_t at : thin_curve(segment.v, segment.i, sweep_points_max / drawn)) {
        thin.point.push_back(before + static_cast<double>(at));
        thin.v.push_back(segment.v[at]);
        thin.i.push_back(segment.i[at]);
      }
    }
    before += static_cast<double>(segment.v.size());
  }
  return out;
}

void SweepSample::add(PlotSweep sweep) {
  ++seen_;
  Range v, i;
  for (const PlotSegment& segment : sweep.segments) {
    v.take(segment.v);
    i.take(segment.i);
  }
  const Ticket ticket{mixed(hash_text(sweep.run_id)), sweep.run_id};
  const std::array<double, 4> reach = {-v.low, v.high, -i.low, i.high};
  for (std::size_t k = 0; k < reach.size(); ++k) {
    Extreme& extreme = extremes_[k];
    const bool wins = !extreme.holder || reach[k] > extreme.value ||
                      (reach[k] == extreme.value && ticket < extreme.ticket);
    if (std::isfinite(reach[k]) && wins) extreme = {reach[k], ticket, sweep};
  }
  const auto draw = [&](Drawn& drawn, std::size_t most) {
    drawn.emplace(ticket, sweep);
    if (drawn.size() > most) drawn.erase(std::prev(drawn.end()));
  };
  if (!sweep.flags.empty()) draw(flagged_, flagged_sweeps_max);
  draw(drawn_, sample_sweeps_max);
}

std::vector<PlotSweep> SweepSample::take() {
  std::map<std::string, PlotSweep> kept;
  for (Drawn* drawn : {&drawn_, &flagged_}) {
    for (auto& [ticket, sweep] : *drawn) kept.emplace(ticket.second, std::move(sweep));
  }
  for (Extreme& extreme : extremes_) {
    if (extreme.holder) kept.emplace(extreme.ticket.second, std::move(*extreme.holder));
  }
  std::vector<PlotSweep> out;
  for (auto& [run_id, sweep] : kept) out.push_back(std::move(sweep));
  *this = SweepSample();
  return out;
}

std::string render_svg(const SweepPlot& plot) {
  std::string body;
  SweepPanels panels(plot, body);
  panels.draw();
  std::span<const PlotLoop> loops = plot.loops;
  if (loops.size() > plotted_loops_max) loops = loops.last(plotted_loops_max);
  draw_loops(loops, body);
  double height = first_top + 4 * panel_pitch;
  SweepTiles tiles(plot, body);
  tiles.draw(height);
  height += tiles.height();
  std::string out;
  Page page(out);
  page.begin(height, plot.title, sweep_styles);
  out += body;
  page.end();
  return out;
}

}  // namespace weir::segmentation
