#include "svg_page.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <weir/segmentation/text.hpp>

namespace weir::segmentation {
namespace {

constexpr int ticks_wanted = 6;
constexpr double arrow_length = 9, arrow_width = 8, cross_size = 4;

constexpr Style series[series_styles_count] = {
    {"series0", "#0072b2", "#56b4e9"}, {"series1", "#d55e00", "#ff8c42"},
    {"series2", "#009e73", "#4fd6a9"}, {"series3", "#cc79a7", "#f0a6cf"},
    {"series4", "#8a6d00", "#f0e442"}, {"series5", "#555555", "#bbbbbb"},
};

void append_fixed(std::string& out, double value, int decimals) {
  std::array<char, 400> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                     std::chars_format::fixed, decimals);
  std::string_view text(buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data()));
  if (text.starts_with('-') && text.find_first_not_of("-0.") == std::string_view::npos)
    text.remove_prefix(1);
  out += text;
}

void append_spot(std::string& out, Spot at, char between = ',') {
  append_fixed(out, at.x, 1);
  out += between;
  append_fixed(out, at.y, 1);
}

Unit unit_for(const Range& range, std::string_view name) {
  constexpr std::string_view prefixes[] = {"f", "p", "n", "\xc2\xb5", "m", "", "k", "M", "G"};
  const bool empty = !(range.low <= range.high);
  const double size = empty ? 1 : std::max(std::abs(range.low), std::abs(range.high));
  const int power = size > 0 ? static_cast<int>(std::floor(std::log10(size) / 3)) : 0;
  const int index = std::clamp(power, -5, 3);
  return {std::pow(10.0, -3 * index),
          std::string(prefixes[static_cast<std::size_t>(index + 5)]) + std::string(name)};
}

double share(double value, const Range& range) noexcept {
  return (value - range.low) / (range.high - range.low);
}

void append_styles(std::string& out, std::span<const Style> extra) {
  out +=
      "<style>\n"
      "text{font-family:sans-serif;font-size:12px;fill:#222}\n"
      ".title{font-size:16px;font-weight:bold}.head{font-weight:bold}\n"
      ".caption{font-size:11px}.strong{font-weight:bold}.heavy{stroke-width:2}\n"
      ".middle{text-anchor:middle}.end{text-anchor:end}\n"
      ".paper{fill:#fff}.frame{fill:none;stroke:#222}.grid{stroke:#e2e2e2}\n"
      "polyline{fill:none;stroke-width:1.3;stroke-linejoin:round}\n"
      "circle,path.arrow{stroke:none}path.cross{fill:none;stroke-width:2}\n"
      ".sweep{stroke-opacity:0.75}.return,.return_negative,.return_positive"
      "{stroke-dasharray:6 3}\n";
  for (const bool dark : {false, true}) {
    if (dark) {
      out +=
          "@media (prefers-color-scheme:dark){\n"
          "text{fill:#ddd}.paper{fill:#161616}.frame{stroke:#ddd}.grid{stroke:#383838}\n";
    }
    for (const std::span<const Style> styles : {extra, series_styles()}) {
      for (const Style& style : styles) {
        const std::string colour(dark ? style.dark : style.light);
        const std::string name(style.name);
        out += "." + name + "{stroke:" + colour + "}circle." + name + ",path.arrow." + name +
               ",text." + name + "{fill:" + colour + ";stroke:none}";
      }
    }
    out += dark ? "}\n" : "\n";
  }
  out += "</style>\n";
}

}  // namespace

std::span<const Style> series_styles() noexcept { return series; }

std::string fixed(double value, int decimals) {
  std::string out;
  append_fixed(out, value, decimals);
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
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

void Range::take(const std::vector<double>& values) noexcept {
  for (const double value : values) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
}

Range Range::shown() const noexcept {
  if (!(low <= high)) return {0, 1};
  const double margin = high > low ? 0.04 * (high - low) : std::max(0.1 * std::abs(low), 1e-15);
  return {low - margin, high + margin};
}

Axis axis_of(const Range& range, const std::string& quantity, std::string_view unit_name) {
  Unit unit = unit_for(range, unit_name);
  std::string label = quantity + " (" + unit.text + ")";
  return {range, std::move(unit), std::move(label), false};
}

Axis wide_axis_of(const Range& range, const std::string& quantity, std::string_view unit_name) {
  constexpr double wide = 100;
  if (!(range.low > 0) || !(range.high > wide * range.low))
    return axis_of(range, quantity, unit_name);
  return {{std::log10(range.low), std::log10(range.high)},
          Unit{},
          quantity + " (" + std::string(unit_name) + ")",
          true};
}

void Page::begin(double height, std::string_view title, std::span<const Style> extra) {
  out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"";
  out_ += " viewBox=\"0 0 " + fixed(page_width, 0) + " " + fixed(height, 0) + "\" width=\"" +
          fixed(page_width, 0) + "\" height=\"" + fixed(height, 0) + "\" role=\"img\">\n";
  out_ += "<title>" + escaped(title) + "</title>\n";
  append_styles(out_, extra);
  out_ += "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n";
  text("title", plot_left, 34, title);
}

void Page::text(std::string_view classes, double x, double y, std::string_view words,
                std::string_view more) {
  out_ += "<text class=\"" + std::string(classes) + "\" x=\"" + fixed(x) + "\" y=\"" + fixed(y) +
          "\"" + std::string(more) + ">" + escaped(words) + "</text>\n";
}

void Page::line(std::string_view classes, double x1, double y1, double x2, double y2) {
  out_ += "<line class=\"" + std::string(classes) + "\" x1=\"" + fixed(x1) + "\" y1=\"" +
          fixed(y1) + "\" x2=\"" + fixed(x2) + "\" y2=\"" + fixed(y2) + "\"/>\n";
}

void Page::dot(std::string_view classes, Spot at, double radius) {
  out_ += "<circle class=\"" + std::string(classes) + "\" cx=\"" + fixed(at.x) + "\" cy=\"" +
          fixed(at.y) + "\" r=\"" + fixed(radius) + "\"/>\n";
}

void Page::polyline(std::string_view classes, std::span<const Spot> spots) {
  out_ += "<polyline class=\"" + std::string(classes) + "\" points=\"";
  for (std::size_t k = 0; k < spots.size(); ++k) {
    if (k != 0) out_ += ' ';
    append_spot(out_, spots[k]);
  }
  out_ += "\"/>\n";
}

void Page::arrow(std::string_view classes, Spot at, bool right) {
  const double half = right ? arrow_length / 2 : -arrow_length / 2;
  out_ += "<path class=\"arrow " + std::string(classes) + "\" d=\"M";
  append_spot(out_, {at.x + half, at.y});
  for (const double side : {-arrow_width / 2, arrow_width / 2}) {
    out_ += " L";
    append_spot(out_, {at.x - half, at.y + side});
  }
  out_ += "Z\"/>\n";
}

void Page::cross(std::string_view classes, Spot at) {
  out_ += "<path class=\"cross " + std::string(classes) + "\" d=\"";
  for (const double side : {-cross_size, cross_size}) {
    out_ += "M";
    append_spot(out_, {at.x - cross_size, at.y - side});
    out_ += " L";
    append_spot(out_, {at.x + cross_size, at.y + side});
  }
  out_ += "\"/>\n";
}

void Page::legend(std::string_view classes, double y, std::string_view words, bool with_dot) {
  line(classes, legend_left, y, legend_left + 30, y);
  if (with_dot) dot(classes, {legend_left + 15, y}, 3);
  text("key", legend_left + 36, y + 4, words);
}

Panel::Panel(std::string& out, int index, Axis x, Axis y)
    : out_(out),
      page_(out),
      top_(first_top + panel_pitch * index),
      x_(std::move(x)),
      y_(std::move(y)) {
  x_.range = x_.range.shown();
  y_.range = y_.range.shown();
}

Spot Panel::place(double x, double y) const noexcept {
  if (x_.logarithmic) x = std::log10(x);
  if (y_.logarithmic) y = std::log10(y);
  return {plot_left + plot_width * share(x, x_.range),
          top_ + panel_height * (1 - share(y, y_.range))};
}

void Panel::tick(const Axis& axis, bool across, double at, const std::string& words) {
  const double share_of = share(at, axis.range);
  if (across) {
    const double x = plot_left + plot_width * share_of;
    page_.line("grid", x, top_, x, top_ + panel_height);
    page_.text("tick middle", x, top_ + panel_height + 16, words);
  } else {
    const double y = top_ + panel_height * (1 - share_of);
    page_.line("grid", plot_left, y, plot_left + plot_width, y);
    page_.text("tick end", plot_left - 6, y + 4, words);
  }
}

/// Grid lines and numbers at powers of ten, of many some.
void Panel::decades(const Axis& axis, bool across) {
  const double first = std::ceil(axis.range.low);
  const double last = std::floor(axis.range.high);
  const double step = std::max(1.0, std::ceil((last - first) / (ticks_wanted + 2)));
  for (double at = first; at <= last; at += step) tick(axis, across, at, "1e" + fixed(at, 0));
}

/// Grid lines and numbers at multiples of 1, 2 or 5 times a power of ten of the shown unit.
void Panel::ticks(const Axis& axis, bool across) {
  if (axis.logarithmic) return decades(axis, across);
  const double low = axis.range.low * axis.unit.factor;
  const double high = axis.range.high * axis.unit.factor;
  const double rough = (high - low) / ticks_wanted;
  const double base = std::pow(10.0, std::floor(std::log10(rough)));
  const double ratio = rough / base;
  const double step = base * (ratio > 5 ? 10 : ratio > 2 ? 5 : ratio > 1 ? 2 : 1);
  const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 12);
  const double first = std::ceil(low / step);
  for (int k = 0; k <= 2 * ticks_wanted && (first + k) * step <= high; ++k) {
    const double shown = (first + k) * step;
    tick(axis, across, shown / axis.unit.factor, fixed(shown, decimals));
  }
}

void Panel::frame(std::string_view title) {
  page_.text("head", plot_left, top_ - 10, title);
  ticks(x_, true);
  ticks(y_, false);
  out_ += "<rect class=\"frame\" x=\"" + fixed(plot_left) + "\" y=\"" + fixed(top_) +
          "\" width=\"" + fixed(plot_width) + "\" height=\"" + fixed(panel_height) + "\"/>\n";
  page_.text("label middle", plot_left + plot_width / 2, top_ + panel_height + 34, x_.label);
  const double middle = top_ + panel_height / 2;
  page_.text("label middle", 24, middle, y_.label,
             " transform=\"rotate(-90 24 " + fixed(middle) + ")\"");
}

void Panel::polyline(std::string_view classes, const std::vector<double>& x,
                     const std::vector<double>& y) {
  std::vector<Spot> spots;
  for (std::size_t k = 0; k < x.size(); ++k) spots.push_back(place(x[k], y[k]));
  page_.polyline(classes, spots);
}

void Panel::direction(std::string_view classes, const std::vector<double>& x,
                      const std::vector<double>& y) {
  if (x.size() < 2 || x.front() == x.back()) return;
  const std::size_t middle = 2 * x.size() / 5;  // ways there and back do not meet
  page_.arrow(classes, place(x[middle], y[middle]), x.back() > x.front());
}

}  // namespace weir::segmentation
