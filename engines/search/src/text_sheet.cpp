#include "text_sheet.hpp"

#include <algorithm>

namespace weir::search::text {

namespace {

constexpr char32_t class_of(char32_t c) noexcept {
  if (is_digit(c)) return U'9';
  if (is_upper(c)) return U'A';
  return is_letter(c) ? U'a' : c;
}

bool contains(const std::vector<Str>& all, const Str& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

std::uint64_t weight_of(const Sheet& sheet) noexcept {
  constexpr std::size_t row_characters = 64;
  std::uint64_t weight = 1;
  for (std::size_t e = 0; e < sheet.shown(); ++e) {
    weight += 1 + sheet.outs[e].size() / row_characters;
    for (const Str& text : sheet.rows[e]) weight += text.size() / row_characters;
  }
  return weight;
}

Str look_of(View text) {
  Str look;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t k = class_of(text[i]);
    const bool digit_next = i + 1 < text.size() && is_digit(text[i + 1]);
    if ((k == U'.' || k == U',') && digit_next && !look.empty() && look.back() == U'9') continue;
    if (k == U'-' && digit_next && look.empty()) continue;
    if (look.empty() || look.back() != k || !is_alnum(k)) look += k;
  }
  return look;
}

Str close_look_of(View text) {
  Str look;
  for (const char32_t c : text) {
    const char32_t k = class_of(c);
    if (look.empty() || look.back() != k || k != U'a') look += k;
  }
  return look;
}

void Looks::show(View text) {
  ++times_;
  Str coarse = look_of(text), close = close_look_of(text);
  if (!contains(coarse_, coarse)) coarse_.push_back(std::move(coarse));
  if (!contains(close_, close)) close_.push_back(std::move(close));
}

double Looks::strangeness(View text) const {
  const Str close = close_look_of(text);
  if (contains(close_, close)) return 0;
  if (close_.size() == 1 && times_ > 2 && close_[0].size() > 2 &&
      close_[0] == Str(close_[0].size(), U'9'))
    return 1;
  return contains(coarse_, look_of(text)) ? 0.25 : 1;
}

}  // namespace weir::search::text
