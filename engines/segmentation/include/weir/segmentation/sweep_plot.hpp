// sweep_plot.hpp: one picture of a day's sweeps: are the segments where they should be?
//
// Shape:  an SVG of four panels: voltage over points and current over voltage, a polyline for each
//         segment in the colour of its type, return segments dashed; the mean forward and return
//         current of each voltage range, and their difference. Arrows show the way of a sweep and
//         of a loop, dots where segments begin, crosses and numbers the runs that the detector
//         flagged; these are listed below. Nothing outside of the file is needed to show it; it is
//         readable on light and on dark paper (prefers-color-scheme).
// Roles:  pure functions, any thread; a SweepSample belongs to one thread at a time.
// Memory: at most sample_sweeps_max + flagged_sweeps_max + 4 sweeps of sweep_points_max points,
//         whatever the day has.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <weir/segmentation/measured_sweep.hpp>

namespace weir::segmentation {

inline constexpr std::size_t sweep_points_max = 512;   // of a plotted sweep, all segments together
inline constexpr std::size_t sweep_segments_max = 64;  // of a plotted sweep; of more, some evenly
inline constexpr std::size_t sample_sweeps_max = 96;
inline constexpr std::size_t flagged_sweeps_max = 12;  // that are always among the plotted ones
inline constexpr std::size_t marked_sweeps_max = 12;   // with arrows and dots, besides flagged ones
inline constexpr std::size_t plotted_loops_max = 6;    // the widest ranges
inline constexpr std::size_t loop_points_max = 512;    // of a branch

struct PlotSegment {
  std::string type;
  std::vector<double> point, v, i;  // index in the run, V, A
};

/// A sweep thinned for the plot; ends and extremes of each segment stay.
struct PlotSweep {
  std::string run_id;
  std::vector<std::string> flags;
  std::vector<PlotSegment> segments;
};
PlotSweep thin_sweep(const MeasuredSweep& sweep);

/// Some sweeps of many, drawn by a hash of their run ids, and always those that reach the lowest
/// and highest voltage and current, and some of those with flags. The same for the same sweeps in
/// any order; of sweeps with the same run id one is kept.
class SweepSample {
 public:
  void add(PlotSweep sweep);
  std::uint64_t seen() const noexcept { return seen_; }
  /// What is kept, by run id.
  std::vector<PlotSweep> take();

 private:
  using Ticket = std::pair<std::uint64_t, std::string>;  // hash and run id
  using Drawn = std::map<Ticket, PlotSweep>;             // the lowest tickets
  struct Extreme {
    double value = 0;
    Ticket ticket;
    std::optional<PlotSweep> holder;
  };
  std::uint64_t seen_ = 0;
  Drawn drawn_, flagged_;
  std::array<Extreme, 4> extremes_;  // least V, most V, least I, most I
};

struct PlotLoop {
  double v_max = 0;  // V, of the range
  std::vector<double> forward_v, forward_i, return_v, return_i;
  std::vector<double> difference_v, difference_i;  // forward - return
};

struct SweepPlot {
  std::string title;  // plain text
  std::vector<PlotSweep> sweeps;
  std::uint64_t flagged = 0;    // sweeps with flags, those that are not plotted included
  std::vector<PlotLoop> loops;  // by ascending v_max
};

/// The SVG document, UTF-8. Equal input gives equal bytes.
std::string render_svg(const SweepPlot& plot);

}  // namespace weir::segmentation
