// The Connect Four network that ships: its weights file in base 64.
#include <weir/search/connect4_network.hpp>
#include <weir/search/weights.hpp>

#include "net_text.hpp"

namespace weir::search::games {
namespace {

constexpr const char* default_connect4_lines[] = {
#include "net_default_connect4.inc"
};
constexpr const char* default_connect4_name = "the Connect Four network that ships";

}  // namespace

Result<std::unique_ptr<Network>> default_connect4_network() {
  auto weights =
      nets::decode_weights(nets::base64_bytes(default_connect4_lines), default_connect4_name);
  if (!weights) return weights.error();
  const nets::Architecture& a = weights.value().architecture;
  if (a != connect4_architecture(a.blocks))
    return Error{"architecture", "is of other features than this program's", default_connect4_name};
  return nets::make_network(weights.value());
}

}  // namespace weir::search::games
