#include <algorithm>
#include <utility>
#include <weir/check.hpp>
#include <weir/mccfr/hand_index.hpp>

namespace weir::mccfr {
namespace {

// A suit's code is hole cards * 6 + board cards; sorted suits are words: code, number, suit.
constexpr std::uint32_t code_count = 18;
constexpr int code_shift = 18;
constexpr int number_shift = 2;

constexpr std::uint32_t binomial(std::uint32_t n, std::uint32_t k) noexcept {
  std::uint32_t value = 1;
  for (std::uint32_t i = 0; i < k; ++i) value = value * (n - i) / (i + 1);
  return n < k ? 0 : value;
}

/// Sets of ranks, numbered among those of their size in ascending order of their masks.
struct RankSets {
  std::array<std::uint16_t, 1U << rank_count> numbers{};   // [mask]: size << 11 | number
  std::array<std::array<std::uint16_t, 1287>, 6> masks{};  // [size][number]
};

const RankSets& rank_sets() noexcept {
  static const RankSets sets = [] {
    RankSets made;
    std::array<std::uint32_t, rank_count + 1> seen{};
    for (std::uint32_t mask = 0; mask < made.numbers.size(); ++mask) {
      const auto size = static_cast<std::uint32_t>(std::popcount(mask));
      const std::uint32_t number = seen[size]++;
      if (size > 5) continue;
      made.numbers[mask] = static_cast<std::uint16_t>(size << 11 | number);
      made.masks[size][number] = static_cast<std::uint16_t>(mask);
    }
    return made;
  }();
  return sets;
}

/// [hole][board]: sets of board ranks that the hole ranks of a suit leave.
constexpr auto board_sets = [] {
  std::array<std::array<std::uint32_t, 6>, 3> sets{};
  for (std::uint32_t hole = 0; hole < 3; ++hole) {
    for (std::uint32_t board = 0; board < 6; ++board) {
      sets[hole][board] = binomial(rank_count - hole, board);
    }
  }
  return sets;
}();

std::uint32_t numbers_of_code(std::uint32_t code) noexcept {
  return binomial(rank_count, code / 6) * board_sets[code / 6][code % 6];
}

/// The ranks of a board above the highest card of `hole` in its suit move down by one: that card's
/// place closes. The highest card leaves `hole`.
void close_highest(SuitSet& hole, SuitSet& board) noexcept {
  const int at = 63 - std::countl_zero(hole);
  const SuitSet lane_above = (SuitSet{0xffff} << (at & ~15)) & ~((SuitSet{2} << at) - 1);
  const SuitSet above = board & lane_above;
  board = (board ^ above) | above >> 1;
  hole ^= SuitSet{1} << at;
}

/// Multisets of `length` of n numbers.
std::uint64_t multisets(std::uint64_t n, std::uint32_t length) noexcept {
  std::uint64_t value = 1;
  for (std::uint64_t i = 0; i < length; ++i) value = value * (n + i) / (i + 1);
  return value;
}

/// The number of a multiset, given in descending order.
std::uint32_t multiset_number(const std::uint32_t* numbers, std::uint32_t length) noexcept {
  std::uint64_t value = 0;
  switch (length) {
    case 4: {
      const std::uint64_t n = *numbers++;
      value += n * (n + 1) * (n + 2) * (n + 3) / 24;
    }
      [[fallthrough]];
    case 3: {
      const std::uint64_t n = *numbers++;
      value += n * (n + 1) * (n + 2) / 6;
    }
      [[fallthrough]];
    case 2: {
      const std::uint64_t n = *numbers++;
      value += n * (n + 1) / 2;
    }
      [[fallthrough]];
    default:
      return static_cast<std::uint32_t>(value) + *numbers;
  }
}

/// The largest n for which multisets(n, length) is at most `value`, below `limit`.
std::uint32_t multiset_first(std::uint64_t value, std::uint32_t length,
                             std::uint32_t limit) noexcept {
  std::uint32_t low = 0;
  std::uint32_t high = limit;
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    (multisets(middle, length) <= value ? low : high) = middle;
  }
  return low;
}

void sort_pair(std::uint32_t& a, std::uint32_t& b) noexcept {
  const std::uint32_t more = std::max(a, b);
  b = std::min(a, b);
  a = more;
}

SuitedDeal suit_from_number(std::uint32_t code, std::uint32_t number) noexcept {
  const RankSets& sets = rank_sets();
  const std::uint32_t boards = board_sets[code / 6][code % 6];
  const SuitSet hole = sets.masks[code / 6][number / boards];
  SuitSet board = sets.masks[code % 6][number % boards];
  for (SuitSet left = hole; left != 0; left &= left - 1) {
    const SuitSet below = (left & (~left + 1)) - 1;
    board = (board & below) | (board & ~below) << 1;
  }
  return {hole, board};
}

}  // namespace

HandIndex::HandIndex(int hole_cards, int board_cards)
    : hole_cards_(hole_cards), board_cards_(board_cards) {
  WEIR_CHECK(hole_cards >= 0 && hole_cards <= 2, "hands have 0 to 2 cards");
  WEIR_CHECK(board_cards >= 0 && board_cards <= 5, "boards have 0 to 5 cards");
  shape_at_.resize(code_count * code_count * code_count);
  std::array<std::uint8_t, suit_count> codes{};
  add_shapes(codes, 0, hole_cards, board_cards);
}

/// All codes in descending order that have `hole` and `board` cards from `suit` on.
void HandIndex::add_shapes(std::array<std::uint8_t, suit_count>& codes, std::size_t suit, int hole,
                           int board) {
  if (suit < suit_count) {
    for (int h = 0; h <= hole; ++h) {
      for (int b = 0; b <= board; ++b) {
        const auto code = static_cast<std::uint8_t>(h * 6 + b);
        if (suit > 0 && code > codes[suit - 1]) continue;
        codes[suit] = code;
        add_shapes(codes, suit + 1, hole - h, board - b);
      }
    }
    return;
  }
  if (hole > 0 || board > 0) return;
  Shape shape;
  shape.first = size_;
  shape.codes = codes;
  std::uint64_t deals = 1;
  for (std::size_t first = 0; first < suit_count;) {
    std::size_t last = first;
    while (last < suit_count && codes[last] == codes[first]) ++last;
    Group group;
    group.first = static_cast<std::uint8_t>(first);
    group.length = static_cast<std::uint8_t>(last - first);
    group.size = static_cast<std::uint32_t>(multisets(numbers_of_code(codes[first]), group.length));
    if (group.size > 1) shape.groups[shape.groups_count++] = group;
    deals *= group.size;
    first = last;
  }
  size_ += static_cast<std::uint32_t>(deals);
  shape_at_[(codes[0] * code_count + codes[1]) * code_count + codes[2]] =
      static_cast<std::uint16_t>(shapes_.size());
  shapes_.push_back(shape);
}

HandIndex::SortedSuits HandIndex::sorted(SuitSet hole, SuitSet board) const noexcept {
  WEIR_ASSERT(std::popcount(hole) == hole_cards_ && std::popcount(board) == board_cards_ &&
                  (hole & board) == 0,
              "not as many cards as the index is for");
  const RankSets& sets = rank_sets();
  const SuitSet holes = hole;
  for (int i = 0; i < hole_cards_; ++i) close_highest(hole, board);
  SortedSuits suits;
  for (std::uint32_t suit = 0; suit < suit_count; ++suit) {
    const std::uint32_t h = sets.numbers[holes >> (16 * suit) & 0x1fff];
    const std::uint32_t b = sets.numbers[board >> (16 * suit) & 0x1fff];
    const std::uint32_t number = (h & 0x7ff) * board_sets[h >> 11][b >> 11] + (b & 0x7ff);
    const std::uint32_t code = (h >> 11) * 6 + (b >> 11);
    suits[suit] = code << code_shift | number << number_shift | suit;
  }
  sort_pair(suits[0], suits[1]);
  sort_pair(suits[2], suits[3]);
  sort_pair(suits[0], suits[2]);
  sort_pair(suits[1], suits[3]);
  sort_pair(suits[1], suits[2]);
  return suits;
}

std::uint32_t HandIndex::index_of(const SortedSuits& suits) const noexcept {
  SortedSuits numbers;
  for (std::size_t i = 0; i < suit_count; ++i) {
    numbers[i] = suits[i] >> number_shift & ((1U << (code_shift - number_shift)) - 1);
  }
  const std::uint32_t codes =
      ((suits[0] >> code_shift) * code_count + (suits[1] >> code_shift)) * code_count +
      (suits[2] >> code_shift);
  const Shape& shape = shapes_[shape_at_[codes]];
  std::uint32_t index = 0;
  for (std::uint32_t g = 0; g < shape.groups_count; ++g) {
    const Group& group = shape.groups[g];
    index = index * group.size + multiset_number(&numbers[group.first], group.length);
  }
  return shape.first + index;
}

std::uint32_t HandIndex::index(SuitSet hole, SuitSet board) const noexcept {
  return index_of(sorted(hole, board));
}

std::uint32_t HandIndex::index(SuitSet hole, SuitSet board, SuitMap& map) const noexcept {
  const SortedSuits suits = sorted(hole, board);
  for (std::size_t i = 0; i < suit_count; ++i) map[suits[i] & 3] = static_cast<std::uint8_t>(i);
  return index_of(suits);
}

SuitedDeal HandIndex::unindex(std::uint32_t index) const noexcept {
  const auto after =
      std::upper_bound(shapes_.begin(), shapes_.end(), index,
                       [](std::uint32_t value, const Shape& shape) { return value < shape.first; });
  const Shape& shape = *std::prev(after);
  std::uint32_t left = index - shape.first;
  SortedSuits numbers{};
  for (std::uint32_t g = shape.groups_count; g-- > 0;) {
    const Group& group = shape.groups[g];
    std::uint64_t value = left % group.size;
    left /= group.size;
    const std::uint32_t limit = numbers_of_code(shape.codes[group.first]);
    for (std::uint32_t i = 0; i < group.length; ++i) {
      const std::uint32_t length = group.length - i;
      numbers[group.first + i] = multiset_first(value, length, limit);
      value -= multisets(numbers[group.first + i], length);
    }
  }
  SuitedDeal deal;
  for (std::uint32_t suit = 0; suit < suit_count; ++suit) {
    const SuitedDeal part = suit_from_number(shape.codes[suit], numbers[suit]);
    deal.hole |= part.hole << (16 * suit);
    deal.board |= part.board << (16 * suit);
  }
  return deal;
}

// The suits of the class's own deal are sorted: equal ones are neighbours, and swapping them gives no other deal.
int HandIndex::weight(std::uint32_t index) const noexcept {
  const SuitedDeal deal = unindex(index);
  int weight = 24;
  int equal = 1;
  for (int suit = 1; suit < suit_count; ++suit) {
    const auto same = [suit](SuitSet set) {
      return (set >> (16 * suit) & 0xffff) == (set >> (16 * suit - 16) & 0xffff);
    };
    equal = same(deal.hole) && same(deal.board) ? equal + 1 : 1;
    weight /= equal;
  }
  return weight;
}

const HandIndex& hand_index(int round) {
  static const std::array<HandIndex, 4> rounds{HandIndex(2, 0), HandIndex(2, 3), HandIndex(2, 4),
                                               HandIndex(2, 5)};
  WEIR_CHECK(round >= 0 && round < 4, "rounds are 0 to 3");
  return rounds[static_cast<std::size_t>(round)];
}

const HandIndex& board_index(int cards) {
  static const std::array<HandIndex, 3> boards{HandIndex(0, 3), HandIndex(0, 4), HandIndex(0, 5)};
  WEIR_CHECK(cards >= 3 && cards <= 5, "boards have 3 to 5 cards");
  return boards[static_cast<std::size_t>(cards - 3)];
}

}  // namespace weir::mccfr
