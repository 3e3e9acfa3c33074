// card_text.hpp: cards as text ("AsKd", "????") checked, without a meaning.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::mccfr {

/// The cards seen so far in one hand.
class SeenCards {
 public:
  /// Null, or what is wrong with `text`: not two letters a card, an unknown rank or suit, a card that
  /// was there already. `unknown`: ?? is a card nobody has seen.
  const char* add(std::string_view text, bool unknown) noexcept {
    if (text.size() % 2 != 0) return "a card is a rank and a suit";
    for (std::size_t at = 0; at < text.size(); at += 2) {
      if (unknown && text.substr(at, 2) == "??") continue;
      const std::size_t rank = std::string_view("23456789TJQKA").find(text[at]);
      const std::size_t suit = std::string_view("cdhs").find(text[at + 1]);
      if (rank == std::string_view::npos) return "a rank is one of 23456789TJQKA";
      if (suit == std::string_view::npos) return "a suit is one of c, d, h and s";
      const std::uint64_t bit = std::uint64_t{1} << (rank * 4 + suit);
      if ((seen_ & bit) != 0) return "the same card is there twice";
      seen_ |= bit;
    }
    return nullptr;
  }

 private:
  std::uint64_t seen_ = 0;
};

}  // namespace weir::mccfr
