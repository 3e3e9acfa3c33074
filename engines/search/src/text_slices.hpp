// text_slices.hpp: the slices of one input, and what can be made of them, that are part of all shown outputs.
//
// Shape:  positions are named by the k-th match of a class or literal from either end, or by an offset; those that
//         stand at the same place in every row count once, under the cheapest name.
// Cost:   quadratic in them, filtered by which stretches of the input occur in the output.
#pragma once

#include "steps.hpp"
#include "text_pool.hpp"

namespace weir::search::text {

struct PadMark {
  char32_t fill = 0;
  std::size_t most = 0;  // side by side in one shown output
};

class SliceFinder {
 public:
  SliceFinder(const Sheet& sheet, int input) : sheet_(sheet), input_(input) {}

  /// Positions; then slices by two positions; then slices by a position and what follows or precedes it; then edits of
  /// the whole input. To be called in this order.
  Steps positions(Budget& budget);
  Steps pairs(Budget& budget, Pool& pool);
  Steps relatives(Budget& budget, Pool& pool);
  Steps edits(Budget& budget, Pool& pool);

  /// Literals that separate parts of this input in every row.
  const std::vector<Str>& literals() const noexcept { return literals_; }

 private:
  struct Place {
    Position position;
    double cost = 0;
    std::vector<int> at;  // in every row, -1: nowhere
  };

  View text(std::size_t row) const noexcept {
    return sheet_.rows[row][static_cast<std::size_t>(input_)];
  }
  void find_literals();
  Steps find_reach(Budget& budget);
  void offer_position(Position p, double cost, std::vector<int> at);
  Steps offer_matches(Budget& budget, Position p, double cost,
                      const std::vector<std::vector<Span>>& found);
  bool reachable(std::size_t row, int from, int to) const noexcept;
  Steps tokens(Budget& budget, Pool& pool);
  void offer_pair(Pool& pool, const Place& a, const Place& b) const;
  void offer_slice(Pool& pool, const Slice& slice, double cost) const;
  Steps offer_edits(Budget& budget, Pool& pool, Slice slice, double cost) const;
  Steps offer_digits(Budget& budget, Pool& pool, Slice slice) const;
  std::vector<std::pair<Slice, double>> parts(bool copied) const;
  Str put_for(View what) const;
  std::vector<char32_t> mask_marks() const;
  Steps offer_masks(Budget& budget, Pool& pool) const;
  std::vector<PadMark> pad_marks() const;
  Steps offer_spreads(Budget& budget, Pool& pool, const std::vector<PadMark>& marks) const;
  Steps offer_groups(Budget& budget, Pool& pool, const Slice& whole) const;
  bool fills_all(const Slice& slice, char32_t fill, std::size_t width, bool left) const;
  Steps offer_pads(Budget& budget, Pool& pool, Slice slice, double cost,
                   const std::vector<PadMark>& marks) const;

  const Sheet& sheet_;
  int input_;
  std::vector<Str> literals_;
  std::vector<Place> from_, to_;
  std::vector<std::vector<int>>
      reach_;  // of a shown row and a begin: the longest stretch that its output has, any case
};

}  // namespace weir::search::text
