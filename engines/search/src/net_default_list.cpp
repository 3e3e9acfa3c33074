// The list network that ships: its weights file in base 64.
#include <weir/search/list_guidance.hpp>
#include <weir/search/weights.hpp>

#include "net_text.hpp"

namespace weir::search::nets {
namespace {

constexpr const char* default_list_lines[] = {
#include "net_default_list.inc"
};

}  // namespace

Result<std::unique_ptr<Network>> default_list_network() {
  auto weights = decode_weights(base64_bytes(default_list_lines), "the list network that ships");
  if (!weights) return weights.error();
  const Architecture& a = weights.value().architecture;
  if (a != list_architecture(a.blocks))
    return Error{"architecture", "is of other features than this program's",
                 "the list network that ships"};
  return make_network(weights.value());
}

}  // namespace weir::search::nets
