// guidance.hpp: which networks guide the program's searches; private to the program.
#pragma once

#include <string>
#include <utility>
#include <weir/file.hpp>
#include <weir/result.hpp>
#include <weir/search/network.hpp>

namespace weir::search::program {

/// "default": the weights that come with the program; "none"; else a file of weights.
Result<bool> load_guidance(const std::string& which, Guidance& guidance);

/// The weights of a program that serves for long: a file is read again when another has taken its place.
///
/// Roles: one thread. Errors: those of weights.hpp; what was loaded before stays.
class GuidanceFile {
 public:
  /// `which` as above; the guidance outlives it.
  GuidanceFile(std::string which, Guidance& guidance)
      : path_(std::move(which)), guidance_(guidance) {}
  bool is_file() const { return path_ != "default" && path_ != "none"; }
  const std::string& path() const noexcept { return path_; }
  Result<bool> load();
  /// Loads it if it is another file than at the last look; true: it was.
  Result<bool> renew();

 private:
  bool has_changed();

  std::string path_;
  Guidance& guidance_;
  FileStat seen_;
};

/// The same for moves in Connect Four; null: "none".
Result<std::unique_ptr<Network>> load_move_guidance(const std::string& which);

}  // namespace weir::search::program
