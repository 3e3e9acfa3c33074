// The curve as SVG: two panels, one over the time of training, one over iterations.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <weir/terminal.hpp>

#include "curve.hpp"

namespace weir::mccfr {
namespace {

constexpr double chart_width = 760, chart_height = 640, plot_left = 96, plot_width = 632;
constexpr double first_top = 72, panel_height = 216, panel_pitch = 284;
constexpr double wide_range = 20;  // largest to smallest, from which an axis is logarithmic
constexpr int ticks_wanted = 6;

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (static_cast<unsigned char>(c) >= 0x20)
      out += c;
  }
  return out;
}

/// One direction of a panel: which values it shows, and where.
class ChartAxis {
 public:
  /// Takes in a value; those that a logarithm has none of make the axis linear.
  void take(double value) noexcept {
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
  }
  void settle() noexcept {
    if (!(low_ <= high_)) low_ = 0, high_ = 1;
    logarithmic_ = low_ > 0 && high_ >= wide_range * low_;
    if (logarithmic_) low_ = std::log10(low_), high_ = std::log10(high_);
    const double margin =
        high_ > low_ ? 0.04 * (high_ - low_) : std::max(0.1 * std::abs(low_), 1e-9);
    const bool from_zero = !logarithmic_ && low_ >= 0 && low_ < margin;
    low_ = from_zero ? 0 : low_ - margin;
    high_ += margin;
  }
  bool logarithmic() const noexcept { return logarithmic_; }
  /// 0 at the low end, 1 at the high one; what lies outside is at the edge.
  double share(double value) const noexcept {
    if (logarithmic_) value = value > 0 ? std::log10(value) : low_;
    return std::clamp((value - low_) / (high_ - low_), 0.0, 1.0);
  }
  /// f(value, heavy) at each grid line; heavy: with a number.
  template <class F>
  void each_tick(F&& f) const {
    logarithmic_ ? decades(f) : multiples(f);
  }

 private:
  template <class F>
  void decades(F&& f) const {
    const double first = std::floor(low_), last = std::ceil(high_);
    const double step = std::max(1.0, std::ceil((last - first) / (ticks_wanted + 2)));
    // Of few powers of ten 2 and 5 times them have numbers as well.
    const bool numbers_between = high_ - low_ < 2.5;
    for (double power = first; power <= last; power += step) {
      for (const int factor : {1, 2, 3, 4, 5, 6, 7, 8, 9}) {
        if (factor > 1 && step > 1) break;
        const double at = power + std::log10(factor);
        if (at < low_ || at > high_) continue;
        const bool round = factor == 1 || ((factor == 2 || factor == 5) && numbers_between);
        f(factor * std::pow(10.0, power), round);
      }
    }
  }
  template <class F>
  void multiples(F&& f) const {
    const double rough = (high_ - low_) / ticks_wanted;
    const double base = std::pow(10.0, std::floor(std::log10(rough)));
    const double ratio = rough / base;
    const double step = base * (ratio > 5 ? 10 : ratio > 2 ? 5 : ratio > 1 ? 2 : 1);
    const double first = std::ceil(low_ / step);
    for (int k = 0; k <= 3 * ticks_wanted && (first + k) * step <= high_; ++k)
      f((first + k) * step, true);
  }

  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
  bool logarithmic_ = false;
};

/// "0", "0.02", "500", "20k", "1.5M", "1e-05"
std::string tick_text(double value) {
  const double size = std::abs(value);
  if (size < 1e-12) return "0";
  if (size < 1e4) return fmt::format("{:.4g}", value);
  for (const auto& [unit, letter] : {std::pair{1e12, 'T'}, {1e9, 'G'}, {1e6, 'M'}})
    if (size >= unit) return fmt::format("{:.4g}{}", value / unit, letter);
  return fmt::format("{:.4g}k", value / 1e3);
}

class CurvePanel {
 public:
  CurvePanel(std::string& out, double top, ChartAxis x, ChartAxis y)
      : out_(out), top_(top), x_(x), y_(y) {}

  void frame(std::string_view x_label, std::string_view y_label) {
    x_.each_tick([&](double value, bool heavy) {
      const double x = place_x(value);
      grid(heavy, x, top_, x, top_ + panel_height);
      if (heavy) text("middle", x, top_ + panel_height + 16, tick_text(value));
    });
    y_.each_tick([&](double value, bool heavy) {
      const double y = place_y(value);
      grid(heavy, plot_left, y, plot_left + plot_width, y);
      if (heavy) text("end", plot_left - 6, y + 4, tick_text(value));
    });
    out_ += fmt::format(
        "<rect class=\"frame\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n",
        plot_left, top_, plot_width, panel_height);
    text("middle", plot_left + plot_width / 2, top_ + panel_height + 36, x_label);
    const double middle = top_ + panel_height / 2;
    out_ += fmt::format(
        "<text class=\"middle\" x=\"24\" y=\"{0:.1f}\" transform=\"rotate(-90 24 {0:.1f})\">{1}"
        "</text>\n",
        middle, xml_text(y_label));
  }
  void bar(double x, double low, double high) {
    const double at = place_x(x), bottom = place_y(low), top = place_y(high);
    out_ += fmt::format(
        "<path class=\"interval\" d=\"M{:.1f},{:.1f} V{:.1f} M{:.1f},{:.1f} h8 M{:.1f},{:.1f} "
        "h8\"/>\n",
        at, bottom, top, at - 4, bottom, at - 4, top);
  }
  void line(const std::vector<std::pair<double, double>>& points) {
    out_ += "<polyline class=\"curve\" points=\"";
    for (const auto& [x, y] : points) out_ += fmt::format("{:.1f},{:.1f} ", place_x(x), place_y(y));
    out_ += "\"/>\n";
    for (const auto& [x, y] : points)
      out_ += fmt::format("<circle class=\"curve\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\"/>\n",
                          place_x(x), place_y(y));
  }

 private:
  double place_x(double value) const noexcept { return plot_left + plot_width * x_.share(value); }
  double place_y(double value) const noexcept {
    return top_ + panel_height * (1 - y_.share(value));
  }
  void grid(bool heavy, double x1, double y1, double x2, double y2) {
    out_ += fmt::format(
        "<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n",
        heavy ? "grid" : "fine", x1, y1, x2, y2);
  }
  void text(std::string_view anchor, double x, double y, std::string_view words) {
    out_ += fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", anchor, x, y,
                        xml_text(words));
  }

  std::string& out_;
  double top_;
  ChartAxis x_, y_;
};

constexpr std::string_view chart_style =
    "<style>\n"
    "text{font-family:sans-serif;font-size:12px;fill:#222}.title{font-size:16px;font-weight:bold}\n"
    ".middle{text-anchor:middle}.end{text-anchor:end}.paper{fill:#fff}\n"
    ".frame{fill:none;stroke:#222}.grid{stroke:#d8d8d8}.fine{stroke:#f0f0f0}\n"
    "polyline.curve{fill:none;stroke:#0072b2;stroke-width:1.5;stroke-linejoin:round}\n"
    "circle.curve{fill:#0072b2}.interval{fill:none;stroke:#d55e00;stroke-width:1.2}\n"
    "@media (prefers-color-scheme:dark){text{fill:#ddd}.paper{fill:#161616}.frame{stroke:#ddd}\n"
    ".grid{stroke:#404040}.fine{stroke:#282828}polyline.curve{stroke:#56b4e9}\n"
    "circle.curve{fill:#56b4e9}.interval{stroke:#ff8c42}}\n"
    "</style>\n";

}  // namespace

std::string curve_svg(const std::vector<CurvePoint>& points, std::string_view title,
                      std::string_view unit) {
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
      "viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\" role=\"img\">\n"
      "<title>{2}</title>\n{3}<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n"
      "<text class=\"title\" x=\"{4:.0f}\" y=\"34\">{2}</text>\n",
      chart_width, chart_height, xml_text(title), chart_style, plot_left);
  ChartAxis x[2], y;
  for (const CurvePoint& point : points) {
    x[0].take(point.seconds);
    x[1].take(static_cast<double>(point.iteration));
    y.take(point.exploitability);
    y.take(point.exploitability + point.ci95);
    // An interval that reaches zero has no place on a logarithmic axis: there it ends at the edge.
    if (point.exploitability - point.ci95 > 0) y.take(point.exploitability - point.ci95);
  }
  for (ChartAxis* const axis : {&x[0], &x[1], &y}) axis->settle();
  const bool bounds =
      std::any_of(points.begin(), points.end(), [](const CurvePoint& p) { return p.ci95 > 0; });
  for (const bool over_iterations : {false, true}) {
    CurvePanel panel(out, first_top + (over_iterations ? panel_pitch : 0), x[over_iterations], y);
    panel.frame(over_iterations ? "iterations" : "time of training (s)",
                fmt::format("exploitability{} ({})", bounds ? ", at least" : "", unit));
    std::vector<std::pair<double, double>> line;
    for (const CurvePoint& point : points) {
      const double at = over_iterations ? static_cast<double>(point.iteration) : point.seconds;
      if (point.ci95 > 0)
        panel.bar(at, point.exploitability - point.ci95, point.exploitability + point.ci95);
      line.emplace_back(at, point.exploitability);
    }
    panel.line(line);
  }
  if (bounds)
    out += fmt::format("<text class=\"end\" x=\"{:.0f}\" y=\"54\">bars: 95 % intervals</text>\n",
                       plot_left + plot_width);
  return out + "</svg>\n";
}

}  // namespace weir::mccfr
