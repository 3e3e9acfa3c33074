#include <algorithm>
#include <array>
#include <weir/search/connect4_network.hpp>

namespace weir::search::games {
namespace {

/// Of a position and its mirror image the same one is asked about.
bool asked_mirrored(const Position& position) noexcept {
  return mirrored(position.mine) + mirrored(position.all) + bottom_row < position.key();
}

/// The numbers of each column that there is.
constexpr auto column_numbers = [] {
  std::array<std::array<float, board_rows>, std::size_t{1} << board_rows> all{};
  for (std::size_t cells = 0; cells < all.size(); ++cells)
    for (std::size_t row = 0; row < board_rows; ++row)
      all[cells][row] = static_cast<float>((cells >> row) & 1);
  return all;
}();

float* write_plane(Cells cells, float* to) noexcept {
  for (int column = 0; column < board_columns; ++column) {
    const auto& numbers = column_numbers[cells % column_numbers.size()];
    to = std::copy(numbers.begin(), numbers.end(), to);
    cells >>= board_rows + 1;
  }
  return to;
}

}  // namespace

void write_features(const Position& position, float* to) noexcept {
  const bool mirror = asked_mirrored(position);
  const Cells mine = mirror ? mirrored(position.mine) : position.mine;
  const Cells all = mirror ? mirrored(position.all) : position.all;
  to = write_plane(mine, to);
  to = write_plane(mine ^ all, to);
  to = write_plane(four_completions(mine) & ~all, to);
  to = write_plane(four_completions(mine ^ all) & ~all, to);
  *to = static_cast<float>(position.stones() & 1);
}

std::array<float, board_columns> as_asked(const Position& position,
                                          const std::array<float, board_columns>& policy) noexcept {
  std::array<float, board_columns> asked = policy;
  if (asked_mirrored(position)) std::reverse(asked.begin(), asked.end());
  return asked;
}

Opinion read_opinion(const Position& position, const float* answers) noexcept {
  Opinion opinion;
  std::copy_n(answers, opinion.priors.size(), opinion.priors.begin());
  opinion.priors = as_asked(position, opinion.priors);
  opinion.value = (answers[board_columns] + 1.0F) / 2.0F;
  return opinion;
}

nets::Architecture connect4_architecture(std::vector<nets::Block> blocks) {
  return {static_cast<std::uint32_t>(connect4_features),
          std::move(blocks),
          {{nets::HeadKind::policy, board_columns}, {nets::HeadKind::value, 1}}};
}

}  // namespace weir::search::games
