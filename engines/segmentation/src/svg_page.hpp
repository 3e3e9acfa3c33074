// svg_page.hpp: an SVG page of panels with axes; private to the plots.
//
// Shape:  one column of panels, legends to their right. Nothing outside of the file is needed to
//         show it; it is readable on light and on dark paper (prefers-color-scheme).
// Roles:  pure, any thread. Equal calls give equal bytes, in the C locale.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::segmentation {

inline constexpr double plot_left = 90, plot_width = 680, panel_height = 240;
inline constexpr double panel_pitch = 320, first_top = 80, legend_left = 790;
inline constexpr double page_width = 960;

/// A line's class and its colours on light and on dark paper (Okabe and Ito's, which people with
/// colour blindness can tell apart; lighter ones on dark).
struct Style {
  std::string_view name, light, dark;
};
/// Of ranges, or days, one after the other: "series0" and so on.
inline constexpr std::size_t series_styles_count = 6;
std::span<const Style> series_styles() noexcept;

/// `value` with so many decimals; never "-0".
std::string fixed(double value, int decimals = 1);
std::string escaped(std::string_view text);

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void take(const std::vector<double>& values) noexcept;
  /// With a margin, and never empty.
  Range shown() const noexcept;
};

/// A unit with the prefix that makes numbers of that size short.
struct Unit {
  double factor = 1;  // of the number that is shown
  std::string text;
};
struct Axis {
  Range range;
  Unit unit;
  std::string label;
  bool logarithmic = false;  // then the range is of decimal logarithms
};
/// An axis of a quantity in `unit_name`, "I (nA)".
Axis axis_of(const Range& range, const std::string& quantity, std::string_view unit_name);
/// The same, logarithmic where the values are positive and span more than two decades.
Axis wide_axis_of(const Range& range, const std::string& quantity, std::string_view unit_name);

struct Spot {
  double x = 0, y = 0;  // px
};

class Page {
 public:
  explicit Page(std::string& out) : out_(out) {}

  /// The document's head, to its title; `extra` are further styles, each with its own colours.
  void begin(double height, std::string_view title, std::span<const Style> extra);
  void end() { out_ += "</svg>\n"; }

  void text(std::string_view classes, double x, double y, std::string_view words,
            std::string_view more = {});
  void line(std::string_view classes, double x1, double y1, double x2, double y2);
  void dot(std::string_view classes, Spot at, double radius);
  void polyline(std::string_view classes, std::span<const Spot> spots);
  /// A triangle that points to the right, or to the left.
  void arrow(std::string_view classes, Spot at, bool right);
  void cross(std::string_view classes, Spot at);
  /// A line, or a dot on it, and what it stands for.
  void legend(std::string_view classes, double y, std::string_view words, bool dot = false);

 private:
  std::string& out_;
};

class Panel {
 public:
  Panel(std::string& out, int index, Axis x, Axis y);

  void frame(std::string_view title);
  void polyline(std::string_view classes, const std::vector<double>& x,
                const std::vector<double>& y);
  /// An arrow near the middle of a curve, to the side where its points go: of a noisy curve that is
  /// all that can be told.
  void direction(std::string_view classes, const std::vector<double>& x,
                 const std::vector<double>& y);
  Spot place(double x, double y) const noexcept;
  double top() const noexcept { return top_; }

 private:
  void ticks(const Axis& axis, bool across);
  void tick(const Axis& axis, bool across, double at, const std::string& words);
  void decades(const Axis& axis, bool across);

  std::string& out_;
  Page page_;
  double top_;
  Axis x_, y_;
};

}  // namespace weir::segmentation
