#include "guidance.hpp"

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

}  // namespace weir::search::program
