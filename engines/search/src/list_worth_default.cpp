// The network that judges values, as it ships: its weights file in base 64.
#include <list_worth.hpp>
#include <weir/check.hpp>
#include <weir/search/weights.hpp>

#include "net_text.hpp"

namespace weir::search::lists {
namespace {

constexpr const char* default_worth_lines[] = {
#include "list_worth_default.inc"
};

nets::Weights default_worth_weights() {
  auto weights = nets::decode_weights(nets::base64_bytes(default_worth_lines),
                                      "the list values' network that ships");
  WEIR_CHECK(weights, "the program's own bytes are whole");
  return std::move(weights).value();
}

}  // namespace

const Worth& default_worth() {
  static const Worth worth(default_worth_weights());
  return worth;
}

}  // namespace weir::search::lists
