// list_goal.hpp: what the outputs ask of the last two lines, answered from first elements.
//
// A program ends in z = call(..), output = call(z) or call(z, y). Instead of making every output, the search asks
// of every z whether it could be what some last call needs: z must begin with output - 1, output / 2, output - y in all
// examples at once. A tag of 32 bits stands for such a row 0; what passes is made in full, and all its last calls.
//
// Roles:  const once made, any thread.
// Cost:   two to four instructions a need; of values that pass without need, one in some thousands.
#pragma once

#include <cstdint>
#include <list_pack.hpp>
#include <span>
#include <vector>

namespace weir::search::lists {

/// What a value at hand, as the other argument of the last call, asks of z. Group 0 only, like all of these.
struct alignas(16) Needs {
  std::uint32_t tag[4] = {};  // of row 0 of z: ZIPWITH + and both orders of -; for an integer TAKE
  bool long_enough = false;   // a list at least as long as the output everywhere
  bool exact = false;         // as long everywhere
  bool min = false, max = false, product = false;  // ZIPWITH that could be, whatever z
  bool prefix = false, suffix = false;             // the output is where TAKE or DROP could cut it
  bool holds = false;                              // every output, an integer, stands in it
  bool any_weak() const noexcept { return min || max || product; }
};

class Goal {
 public:
  Goal(std::span<const Value* const> outputs, const Shape& shape);
  Goal(const Goal&) = delete;
  Goal& operator=(const Goal&) = delete;

  const Packed& value() const noexcept { return value_; }
  Kind kind() const noexcept { return value_.kind; }
  Lanes lengths() const noexcept { return load(block_[0]); }
  Lanes present() const noexcept { return load(present_); }
  Lanes first() const noexcept { return load(block_[1]); }
  Lanes last() const noexcept { return load(last_); }

  bool long_enough(Lanes lengths_of_z) const noexcept {
    return none(above(lengths(), lengths_of_z));
  }
  std::uint32_t tag(Lanes row) const noexcept { return tag_of(both(row, present())); }
  /// What the store keeps beside a value; 0: no list that is long enough.
  std::uint32_t tag_of_value(const Packed& value) const noexcept;
  Needs needs(const Packed& value) const noexcept;

  /// A unary call could make the output of a z with that row 0. `exact`: z is as long as the output everywhere.
  bool unary_could(Lanes row, std::uint32_t tag, bool exact) const noexcept;
  /// FILTER could; z is long enough.
  bool filter_could(Lanes row) const noexcept;
  /// A unary call makes the output, an integer, of that list; exact in group 0.
  bool number_could(const Row* group, std::size_t rows) const noexcept;
  /// ZIPWITH MIN, MAX or * of rows `y` and `z` could.
  bool weak_could(const Needs& needs, Lanes y, Lanes z) const noexcept;

  /// How many examples have the output already.
  std::uint32_t examples_equal(const Packed& value) const noexcept;

 private:
  struct Range {
    Row low, high;
  };

  void add_tag(Lanes row);
  void add_range(Lanes low, Lanes high);
  void ask_of_maps();
  void ask_of_others();
  template <class Test>
  bool everywhere(Test test) const noexcept;
  bool at_end(const Packed& value, bool of_front) const noexcept;

  Shape shape_;
  std::vector<Row> block_;
  Packed value_;
  Row present_{}, last_{};
  alignas(16) std::uint32_t tags_[8] = {};
  std::size_t tag_count_ = 0;
  std::vector<Range> ranges_;
  bool filters_[4] = {};
  bool any_filter_ = false;
  bool may_count_ = false;
};

}  // namespace weir::search::lists
