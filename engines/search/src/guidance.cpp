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
  guidance.of(NetworkKind::lists).set(std::move(network).value());
  return true;
}

Result<std::unique_ptr<Network>> load_move_guidance(const std::string& which) {
  if (which == "none") return std::unique_ptr<Network>();
  if (which == "default") return games::default_connect4_network();
  return nets::read_network(which, games::connect4_features, games::connect4_answers);
}

}  // namespace weir::search::program
