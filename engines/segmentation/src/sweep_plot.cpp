#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <string_view>
#include <weir/segmentation/curves.hpp>
#include <weir/segmentation/sweep_plot.hpp>

namespace weir::segmentation {
namespace {

constexpr double plot_left = 90, plot_width = 680, panel_height = 240;
constexpr double panel_pitch = 320, first_top = 80, legend_left = 790;
constexpr double page_width = 960, page_height = first_top + 4 * panel_pitch;
constexpr int ticks_wanted = 6;

/// A line's class and its colours on light and on dark paper (Okabe and Ito's, which people with
/// colour blindness can tell apart; lighter ones on dark).
struct Style {
  std::string_view name, light, dark;
};
constexpr Style segment_styles[] = {
    {"forward_negative", "#0072b2", "#56b4e9"},
    {"return_negative", "#009e73", "#4fd6a9"},
    {"forward_positive", "#d55e00", "#ff8c42"},
    {"return_positive", "#cc79a7", "#f0a6cf"},
    {"other", "#666666", "#aaaaaa"},
};
constexpr Style loop_styles[plotted_loops_max] = {
    {"range0", "#0072b2", "#56b4e9"}, {"range1", "#d55e00", "#ff8c42"},
    {"range2", "#009e73", "#4fd6a9"}, {"range3", "#cc79a7", "#f0a6cf"},
    {"range4", "#8a6d00", "#f0e442"}, {"range5", "#555555", "#bbbbbb"},
};

std::string_view class_of(std::string_view type) noexcept {
  for (const Style& style : segment_styles) {
    if (style.name == type) return type;
  }
  return "other";
}

/// `value` with so many decimals, in the C locale; never "-0".
void append_fixed(std::string& out, double value, int decimals) {
  std::array<char, 400> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                     std::chars_format::fixed, decimals);
  std::string_view text(buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data()));
  if (text.starts_with('-') && text.find_first_not_of("-0.") == std::string_view::npos)
    text.remove_prefix(1);
  out += text;
}

std::string fixed(double value, int decimals = 1) {
  std::string out;
  append_fixed(out, value, decimals);
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void take(const std::vector<double>& values) noexcept {
    for (const double value : values) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  /// With a margin, and never empty.
  Range shown() const noexcept {
    if (!(low <= high)) return {0, 1};
    const double margin = high > low ? 0.04 * (high - low) : std::max(0.1 * std::abs(low), 1e-15);
    return {low - margin, high + margin};
  }
};

/// A unit with the prefix that makes numbers of that size short.
struct Unit {
  double factor = 1;  // of the number that is shown
  std::string text;
};
Unit unit_for(const Range& range, std::string_view name) {
  constexpr std::string_view prefixes[] = {"f", "p", "n", "\xc2\xb5", "m", "", "k", "M"};
  const bool empty = !(range.low <= range.high);
  const double size = empty ? 1 : std::max(std::abs(range.low), std::abs(range.high));
  const int power = size > 0 ? static_cast<int>(std::floor(std::log10(size) / 3)) : 0;
  const int index = std::clamp(power, -5, 2);
  return {std::pow(10.0, -3 * index),
          std::string(prefixes[static_cast<std::size_t>(index + 5)]) + std::string(name)};
}

struct Axis {
  Range range;
  Unit unit;
  std::string label;
};

Axis axis_of(const Range& range, const std::string& quantity, std::string_view unit_name) {
  Unit unit = unit_for(range, unit_name);
  std::string label = quantity + " (" + unit.text + ")";
  return {range, std::move(unit), std::move(label)};
}

class Page {
 public:
  explicit Page(std::string& out) : out_(out) {}

  /// A tag with text in it, at (x, y).
  void text(std::string_view tag_class, double x, double y, std::string_view words,
            std::string_view more = {}) {
    out_ += "<text class=\"" + std::string(tag_class) + "\" x=\"" + fixed(x) + "\" y=\"" +
            fixed(y) + "\"" + std::string(more) + ">" + escaped(words) + "</text>\n";
  }
  void line(std::string_view tag_class, double x1, double y1, double x2, double y2) {
    out_ += "<line class=\"" + std::string(tag_class) + "\" x1=\"" + fixed(x1) + "\" y1=\"" +
            fixed(y1) + "\" x2=\"" + fixed(x2) + "\" y2=\"" + fixed(y2) + "\"/>\n";
  }
  void legend(std::string_view tag_class, double y, std::string_view words) {
    line(tag_class, legend_left, y, legend_left + 24, y);
    text("key", legend_left + 30, y + 4, words);
  }

 private:
  std::string& out_;
};

class Panel {
 public:
  Panel(std::string& out, int index, Axis x, Axis y)
      : out_(out),
        page_(out),
        top_(first_top + panel_pitch * index),
        x_(std::move(x)),
        y_(std::move(y)) {
    x_.range = x_.range.shown();
    y_.range = y_.range.shown();
  }

  void frame(std::string_view title) {
    page_.text("head", plot_left, top_ - 10, title);
    ticks(x_.range, x_.unit.factor, [&](double at, const std::string& words) {
      page_.line("grid", place_x(at), top_, place_x(at), top_ + panel_height);
      page_.text("tick middle", place_x(at), top_ + panel_height + 16, words);
    });
    ticks(y_.range, y_.unit.factor, [&](double at, const std::string& words) {
      page_.line("grid", plot_left, place_y(at), plot_left + plot_width, place_y(at));
      page_.text("tick end", plot_left - 6, place_y(at) + 4, words);
    });
    out_ += "<rect class=\"frame\" x=\"" + fixed(plot_left) + "\" y=\"" + fixed(top_) +
            "\" width=\"" + fixed(plot_width) + "\" height=\"" + fixed(panel_height) + "\"/>\n";
    page_.text("label middle", plot_left + plot_width / 2, top_ + panel_height + 34, x_.label);
    const double middle = top_ + panel_height / 2;
    page_.text("label middle", 24, middle, y_.label,
               " transform=\"rotate(-90 24 " + fixed(middle) + ")\"");
  }

  void polyline(std::string_view classes, const std::vector<double>& x,
                const std::vector<double>& y) {
    out_ += "<polyline class=\"" + std::string(classes) + "\" points=\"";
    for (std::size_t k = 0; k < x.size(); ++k) {
      if (k != 0) out_ += ' ';
      append_fixed(out_, place_x(x[k]), 1);
      out_ += ',';
      append_fixed(out_, place_y(y[k]), 1);
    }
    out_ += "\"/>\n";
  }

  double top() const noexcept { return top_; }

 private:
  static double share(double value, const Range& range) noexcept {
    return (value - range.low) / (range.high - range.low);
  }
  double place_x(double value) const noexcept {
    return plot_left + plot_width * share(value, x_.range);
  }
  double place_y(double value) const noexcept {
    return top_ + panel_height * (1 - share(value, y_.range));
  }

  /// Calls body(value, text) at multiples of 1, 2 or 5 times a power of ten of the shown unit.
  template <class F>
  static void ticks(const Range& range, double factor, F&& body) {
    const double low = range.low * factor;
    const double high = range.high * factor;
    const double rough = (high - low) / ticks_wanted;
    const double power = std::floor(std::log10(rough));
    const double base = std::pow(10.0, power);
    const double step = base * (rough / base > 5   ? 10
                                : rough / base > 2 ? 5
                                : rough / base > 1 ? 2
                                                   : 1);
    const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 12);
    const double first = std::ceil(low / step);
    for (int k = 0; k <= 2 * ticks_wanted && (first + k) * step <= high; ++k)
      body((first + k) * step / factor, fixed((first + k) * step, decimals));
  }

  std::string& out_;
  Page page_;
  double top_;
  Axis x_, y_;
};

void append_styles(std::string& out) {
  out +=
      "<style>\n"
      "text{font-family:sans-serif;font-size:12px;fill:#222}\n"
      ".title{font-size:16px;font-weight:bold}.head{font-weight:bold}\n"
      ".middle{text-anchor:middle}.end{text-anchor:end}\n"
      ".paper{fill:#fff}.frame{fill:none;stroke:#222}.grid{stroke:#e2e2e2}\n"
      "polyline{fill:none;stroke-width:1.2;stroke-linejoin:round}\n"
      ".sweep{stroke-opacity:0.7}.return{stroke-dasharray:5 3}\n";
  for (const bool dark : {false, true}) {
    if (dark) {
      out +=
          "@media (prefers-color-scheme:dark){\n"
          "text{fill:#ddd}.paper{fill:#161616}.frame{stroke:#ddd}.grid{stroke:#383838}\n";
    }
    const auto add = [&](const Style& style) {
      out += "." + std::string(style.name) +
             "{stroke:" + std::string(dark ? style.dark : style.light) + "}";
    };
    for (const Style& style : segment_styles) add(style);
    for (const Style& style : loop_styles) add(style);
    out += dark ? "}\n" : "\n";
  }
  out += "</style>\n";
}

void draw_sweeps(const SweepPlot& plot, std::string& out) {
  Range point, v, i;
  std::array<bool, std::size(segment_styles)> present{};
  for (const PlotSweep& sweep : plot.sweeps) {
    for (const PlotSegment& segment : sweep.segments) {
      point.take(segment.point);
      v.take(segment.v);
      i.take(segment.i);
      for (std::size_t k = 0; k < present.size(); ++k)
        present[k] = present[k] || segment_styles[k].name == class_of(segment.type);
    }
  }
  const Axis volts = axis_of(v, "V", "V");
  const Axis points{point, Unit{}, "point of the sweep"};
  Panel time(out, 0, points, volts);
  time.frame("Voltage over points, by segment");
  Panel curve(out, 1, volts, axis_of(i, "I", "A"));
  curve.frame("Current over voltage, by segment");
  for (const PlotSweep& sweep : plot.sweeps) {
    for (const PlotSegment& segment : sweep.segments) {
      const std::string classes = "sweep " + std::string(class_of(segment.type));
      time.polyline(classes, segment.point, segment.v);
      curve.polyline(classes, segment.v, segment.i);
    }
  }
  double y = time.top() + 10;
  for (std::size_t k = 0; k < present.size(); ++k) {
    if (!present[k]) continue;
    Page(out).legend(segment_styles[k].name, y, segment_styles[k].name);
    y += 18;
  }
}

/// A curve of a loop, thinned.
void draw_branch(Panel& panel, const std::string& classes, const std::vector<double>& v,
                 const std::vector<double>& i) {
  std::vector<double> thin_v, thin_i;
  for (const std::size_t at : thin_curve(v, i, loop_points_max)) {
    thin_v.push_back(v[at]);
    thin_i.push_back(i[at]);
  }
  panel.polyline(classes, thin_v, thin_i);
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
    const std::string colour(loop_styles[k].name);
    draw_branch(mean, "forward " + colour, loop.forward_v, loop.forward_i);
    draw_branch(mean, "return " + colour, loop.return_v, loop.return_i);
    draw_branch(hysteresis, "difference " + colour, loop.difference_v, loop.difference_i);
    const std::string range = fixed(loop.v_max) + " V";
    page.legend("forward " + colour, mean.top() + y, range + " forward");
    page.legend("return " + colour, mean.top() + y + 16, range + " return");
    page.legend("difference " + colour, hysteresis.top() + y, range);
    y += 36;
  }
}

}  // namespace

PlotSweep thin_sweep(const MeasuredSweep& sweep) {
  PlotSweep out;
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
  Range v, i;
  for (const PlotSegment& segment : sweep.segments) {
    v.take(segment.v);
    i.take(segment.i);
  }
  const std::array<double, 4> reach = {-v.low, v.high, -i.low, i.high};
  for (std::size_t k = 0; k < reach.size(); ++k) {
    Extreme& extreme = extremes_[k];
    if (std::isfinite(reach[k]) && (!extreme.holder || reach[k] > extreme.value))
      extreme = {reach[k], Kept{seen_, sweep}};
  }
  if (seen_ % stride_ == 0) {
    if (kept_.size() == sample_sweeps_max) {
      stride_ *= 2;
      std::erase_if(kept_, [&](const Kept& kept) { return kept.index % stride_ != 0; });
    }
    if (seen_ % stride_ == 0) kept_.push_back({seen_, std::move(sweep)});
  }
  ++seen_;
}

std::vector<PlotSweep> SweepSample::take() {
  for (Extreme& extreme : extremes_) {
    if (extreme.holder) kept_.push_back(std::move(*extreme.holder));
  }
  std::sort(kept_.begin(), kept_.end(),
            [](const Kept& a, const Kept& b) { return a.index < b.index; });
  std::vector<PlotSweep> out;
  for (std::size_t k = 0; k < kept_.size(); ++k) {
    if (k == 0 || kept_[k].index != kept_[k - 1].index) out.push_back(std::move(kept_[k].sweep));
  }
  *this = SweepSample();
  return out;
}

std::string render_svg(const SweepPlot& plot) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"";
  out += " viewBox=\"0 0 " + fixed(page_width, 0) + " " + fixed(page_height, 0) + "\" width=\"" +
         fixed(page_width, 0) + "\" height=\"" + fixed(page_height, 0) + "\" role=\"img\">\n";
  out += "<title>" + escaped(plot.title) + "</title>\n";
  append_styles(out);
  out += "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n";
  Page(out).text("title", plot_left, 34, plot.title);
  draw_sweeps(plot, out);
  std::span<const PlotLoop> loops = plot.loops;
  if (loops.size() > plotted_loops_max) loops = loops.last(plotted_loops_max);
  draw_loops(loops, out);
  out += "</svg>\n";
  return out;
}

}  // namespace weir::segmentation
