// curve.hpp: how exploitability went down: its points, as a chart and as a file beside the checkpoints; private to the
// program.
//
//   {"reached": [iteration, seconds], "points": [[iteration, seconds, exploitability, ci95] ...]}     DIR/curve.json
//
// Roles:  one thread. Errors: those of file.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <weir/result.hpp>

namespace weir::mccfr {

struct CurvePoint {
  std::uint64_t iteration = 0;
  double seconds = 0;         // of training, without measuring
  double exploitability = 0;  // in the game's unit
  double ci95 = 0;            // half of its interval; 0: exact
};

/// What a folder of checkpoints knows of the run that made them.
struct KeptCurve {
  std::uint64_t iteration = 0;  // of the newest checkpoint
  double seconds = 0;           // of training until there
  std::vector<CurvePoint> points;
};

/// Replaces `path`, whole or not at all.
Result<Done> write_curve(const std::string& path, const KeptCurve& curve);
/// The curve up to `iteration`, where training goes on from; empty where there is none that can be read: a curve is
/// good to have, and no part of a run.
KeptCurve read_curve(const std::string& path, std::uint64_t iteration);

/// The points as SVG: over seconds and over iterations, bars where there is an interval, logarithmic where the range is
/// wide. Without points the axes alone.
std::string curve_svg(const std::vector<CurvePoint>& points, std::string_view title,
                      std::string_view unit);

}  // namespace weir::mccfr
