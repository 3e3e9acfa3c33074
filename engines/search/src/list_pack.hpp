// list_pack.hpp: values of all examples side by side, and the 38 calls on them.
//
//            example 0   1   2   3   4   (5..7: copies of 0)
//   lengths        3   4   3   5   3
//   row 0         x0  x0  x0  x0  x0     the first element of every example's list; an integer is a row 0
//   row 1         x1  x1  x1  x1  x1     places behind an end hold 0
//
// Shape:  groups of eight examples, one behind the other, each a row of lengths and `rows` rows. Lanes without an
//         example copy the first, so that nothing has to be masked.
// Roles:  pure, any thread. Memory: nothing is allocated; who calls gives the block.
// Cost:   15-100 ns a call and group, lists of up to 10.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list_rows.hpp>
#include <span>
#include <vector>
#include <weir/search/list_language.hpp>

namespace weir::search::lists {

struct Shape {
  std::size_t examples = 0;
  std::size_t groups = 1;
  std::size_t rows = 1;  // of the longest list, at least 1
  std::size_t group_stride() const noexcept { return rows + 1; }
  std::size_t block_rows() const noexcept { return groups * group_stride(); }
};

/// A value: its rows stand in a block, of which only the first `rows` of a group are meant.
struct Packed {
  const Row* block = nullptr;
  Kind kind = Kind::list;
  std::uint16_t rows = 0;            // the longest of its lists; of an integer 1
  std::int16_t least = 0, most = 0;  // of all its numbers and 0

  Lanes lengths(std::size_t group, const Shape& shape) const {
    return load(block[group * shape.group_stride()]);
  }
  const Row* first(std::size_t group, const Shape& shape) const {
    return block + group * shape.group_stride() + 1;
  }
};

/// The values of one slot, one an example, as a block.
Packed pack(std::span<const Value* const> values, const Shape& shape, Row* block);

/// What the call makes, written into `block`; false: none in some example. `b` is `a` where there is only one.
bool apply(const Call& call, const Packed& a, const Packed& b, const Shape& shape, Row* block,
           Packed& out);

/// MAP stays inside the language.
bool map_fits(Lambda lambda, const Packed& a);

bool same(const Packed& a, const Packed& b, const Shape& shape);
std::uint64_t hash_of(const Packed& value, const Shape& shape);

}  // namespace weir::search::lists
