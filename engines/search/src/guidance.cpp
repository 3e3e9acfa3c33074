#include "guidance.hpp"

#include <weir/search/connect4_network.hpp>
#include <weir/search/list_features.hpp>
#include <weir/search/list_guidance.hpp>
#include <weir/search/weights.hpp>

namespace weir::search::program {

Result<bool> load_guidance(const std::string& which, Guidance& guidance) {
  if (which == "none") return true;
  auto network = which == "default"
                     ? nets::default_list_network()
                     : nets::read_network(which, lists::list_features_length, lists::functions);
  if (!network) return network.error();
  if (!guidance.of(NetworkKind::lists).set(std::move(network).value()))
    return Error{"in_use", "requests hold all versions that there may be at once", which};
  return true;
}

Result<bool> GuidanceFile::load() {
  if (is_file()) (void)has_changed();
  return load_guidance(path_, guidance_);
}

Result<bool> GuidanceFile::renew() {
  if (!has_changed()) return false;
  auto loaded = load_guidance(path_, guidance_);
  if (!loaded && loaded.error().code == "in_use")
    seen_ = {};  // some request ends, then it is tried again
  return loaded;
}

/// Gone for a moment is no change: who replaces a file may remove it first.
bool GuidanceFile::has_changed() {
  const auto now = stat_file(path_);
  if (!now || (now.value().size == seen_.size && now.value().mtime_ns == seen_.mtime_ns))
    return false;
  seen_ = now.value();
  return true;
}

Result<std::unique_ptr<Network>> load_move_guidance(const std::string& which) {
  if (which == "none") return std::unique_ptr<Network>();
  if (which == "default") return games::default_connect4_network();
  return nets::read_network(which, games::connect4_features, games::connect4_answers);
}

}  // namespace weir::search::program
