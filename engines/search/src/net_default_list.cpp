// The list network that ships: its weights file in base 64.
#include <string>
#include <string_view>
#include <weir/search/list_guidance.hpp>
#include <weir/search/weights.hpp>

namespace weir::search::nets {
namespace {

constexpr const char* default_list_lines[] = {
#include "net_default_list.inc"
};

std::uint32_t digit_of(char letter) noexcept {
  const auto from = [letter](char first, int base) {
    return static_cast<std::uint32_t>(letter - first + base);
  };
  if (letter >= 'A' && letter <= 'Z') return from('A', 0);
  if (letter >= 'a' && letter <= 'z') return from('a', 26);
  if (letter >= '0' && letter <= '9') return from('0', 52);
  return letter == '+' ? 62 : 63;
}

std::string default_list_bytes() {
  std::string bytes;
  std::uint32_t bits = 0, held = 0;
  for (const std::string_view line : default_list_lines) {
    for (const char letter : line) {
      bits = bits << 6 | digit_of(letter);
      held += 6;
      if (held < 8) continue;
      held -= 8;
      bytes.push_back(static_cast<char>(bits >> held & 0xff));
    }
  }
  return bytes;
}

}  // namespace

Result<std::unique_ptr<Network>> default_list_network() {
  auto weights = decode_weights(default_list_bytes(), "the list network that ships");
  if (!weights) return weights.error();
  const Architecture& a = weights.value().architecture;
  if (a != list_architecture(a.blocks))
    return Error{"architecture", "is of other features than this program's",
                 "the list network that ships"};
  return make_network(weights.value());
}

}  // namespace weir::search::nets
