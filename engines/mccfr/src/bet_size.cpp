#include <charconv>
#include <cmath>
#include <weir/mccfr/bet_menu.hpp>

namespace weir::mccfr {
namespace {

constexpr double bet_amount_max = 1e9;

Error bet_error(std::size_t offset, std::string what) {
  return {"bad_bet", std::move(what), "column " + std::to_string(offset + 1)};
}

/// A number of more than 0 at the front of `text`, which moves past it; 0: there is none.
double leading_number(std::string_view& text) {
  double value = 0;
  const char* begin = text.data();
  const auto [end, error] =
      std::from_chars(begin, begin + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || !(value > 0 && value <= bet_amount_max)) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - begin));
  return value;
}

std::string number_text(double value) {
  char text[48];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed);
  return {text, end.ptr};
}

/// A fraction as percent; rounded, so that 0.07 is 7 and not 7.000000000000001.
std::string percent_text(double fraction) {
  return number_text(std::round(fraction * 1e8) / 1e6) + "%";
}

Result<BetSize> parse_bet_at(std::string_view text, std::size_t offset) {
  using Kind = BetSize::Kind;
  if (text == "a") return BetSize{Kind::all_in, 0, 0};
  if (text == "min") return BetSize{Kind::minimum, 0, 0};
  const std::string_view whole = text;
  const bool numbered = !text.empty() && text[0] != 'e';
  const double number = numbered ? leading_number(text) : 0;
  const auto here = [&] { return offset + (whole.size() - text.size()); };
  if (numbered && number == 0)
    return bet_error(here(), "a bet is a number above 0, or a, e or min");
  if (text == "%") return BetSize{Kind::pot, number / 100, 0};
  if (text == "x") {
    if (number <= 1) return bet_error(offset, "a raise is more than 1x the bet");
    return BetSize{Kind::last, number, 0};
  }
  if (text == "c") {
    if (number != std::floor(number)) return bet_error(offset, "chips are whole");
    return BetSize{Kind::chips, number, 0};
  }
  if (!text.starts_with('e')) return bet_error(here(), "a size ends in %, x, c or e");
  if (number != std::floor(number) || number > 100) return bet_error(offset, "1 to 100 bets");
  text.remove_prefix(1);
  if (text.empty()) return BetSize{Kind::geometric, number, 0};
  const double cap = leading_number(text);
  if (cap == 0 || text != "%") return bet_error(here(), "a limit of e is a percentage");
  return BetSize{Kind::geometric, number, cap / 100};
}

}  // namespace

Result<BetSize> parse_bet_size(std::string_view text) { return parse_bet_at(text, 0); }

Result<BetSizes> parse_bet_sizes(std::string_view text) {
  BetSizes sizes;
  if (text.find_first_not_of(' ') == std::string_view::npos) return sizes;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::size_t first = begin;
    std::size_t last = end;
    while (first < last && text[first] == ' ') ++first;
    while (last > first && text[last - 1] == ' ') --last;
    const Result<BetSize> size = parse_bet_at(text.substr(first, last - first), first);
    if (!size) return size.error();
    sizes.push_back(size.value());
    begin = end + 1;
  }
  return sizes;
}

std::string to_string(const BetSize& size) {
  switch (size.kind) {
    case BetSize::Kind::pot:
      return percent_text(size.amount);
    case BetSize::Kind::last:
      return number_text(size.amount) + "x";
    case BetSize::Kind::chips:
      return number_text(size.amount) + "c";
    case BetSize::Kind::geometric:
      return (size.amount > 0 ? number_text(size.amount) : std::string()) + "e" +
             (size.cap > 0 ? percent_text(size.cap) : std::string());
    case BetSize::Kind::all_in:
      return "a";
    case BetSize::Kind::minimum:
      break;
  }
  return "min";
}

std::string to_string(const BetSizes& sizes) {
  std::string text;
  for (const BetSize& size : sizes) text += (text.empty() ? "" : ",") + to_string(size);
  return text;
}

}  // namespace weir::mccfr
