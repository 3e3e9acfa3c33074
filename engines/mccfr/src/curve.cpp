#include "curve.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <weir/file.hpp>

namespace weir::mccfr {
namespace {

constexpr std::size_t curve_bytes_max = 1 << 24;

CurvePoint kept_point(const nlohmann::json& j) {
  return {j.at(0).get<std::uint64_t>(), j.at(1).get<double>(), j.at(2).get<double>(),
          j.at(3).get<double>()};
}

bool sensible(const CurvePoint& point) noexcept {
  return std::isfinite(point.seconds) && std::isfinite(point.exploitability) &&
         std::isfinite(point.ci95) && point.seconds >= 0 && point.ci95 >= 0;
}

}  // namespace

Result<Done> write_curve(const std::string& path, const KeptCurve& curve) {
  auto points = nlohmann::json::array();
  for (const CurvePoint& point : curve.points)
    points.push_back({point.iteration, point.seconds, point.exploitability, point.ci95});
  const nlohmann::json json = {{"reached", {curve.iteration, curve.seconds}}, {"points", points}};
  return write_file_atomically(path, json.dump() + "\n");
}

KeptCurve read_curve(const std::string& path, std::uint64_t iteration) {
  KeptCurve curve;
  Buffer buffer;
  if (!read_file(path, buffer, curve_bytes_max)) return curve;
  const auto j = nlohmann::json::parse(buffer.view(), nullptr, false);
  try {
    const auto reached = j.at("reached").at(0).get<std::uint64_t>();
    const auto seconds = j.at("reached").at(1).get<double>();
    for (const auto& each : j.at("points")) {
      const CurvePoint point = kept_point(each);
      const bool further = curve.points.empty() || point.iteration > curve.points.back().iteration;
      if (point.iteration <= iteration && sensible(point) && further) curve.points.push_back(point);
    }
    // From a checkpoint before the newest: so long as the last point before it took, at least.
    if (reached == iteration && std::isfinite(seconds) && seconds >= 0)
      curve.seconds = seconds;
    else if (!curve.points.empty())
      curve.seconds = curve.points.back().seconds;
  } catch (const nlohmann::json::exception&) {
    return {};
  }
  curve.iteration = iteration;
  return curve;
}

}  // namespace weir::mccfr
