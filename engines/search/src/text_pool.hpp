// text_pool.hpp: pieces that may be part of the answer, by the texts that they make of the shown rows.
//
// Shape:  a group is all pieces that make the same texts of the shown rows, cheapest first; an atom is one piece, with
//         its texts of the other rows once they were asked for. Costs are bits: the cheapest explanation wins.
// Memory: at most `groups_max` groups of `atoms_max` atoms, and about `bytes_max`; what comes later is not kept.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "text_sheet.hpp"

namespace weir::search::text {

/// A candidate on the shown rows, in units of a Budget; smaller steps of a search are parts of it.
inline constexpr std::uint64_t candidate_units = 8;

struct Atom {
  Piece piece;
  double cost = 0;
  std::vector<std::optional<Str>> rest;  // of the unlabelled rows
};

/// Of what is read in every row, shown or not.
inline std::uint64_t units_of_all_rows(const Sheet& sheet) noexcept {
  return candidate_units * (1 + sheet.rows.size() / (1 + sheet.shown()));
}

struct Group {
  std::vector<Str> shown;
  std::vector<Atom> atoms;
  bool ready = false;
};

class Pool {
 public:
  static constexpr std::size_t groups_max = 3000;
  static constexpr std::size_t atoms_max = 16;
  static constexpr std::size_t kept_max = 5;  // of a group, that differ on unlabelled rows

  explicit Pool(const Sheet& sheet, std::size_t bytes_max = std::size_t{64} << 20);

  /// `copy_cost` is added where every text stands in its input as it is: another family is for that.
  /// Evaluates it on the shown rows; false where one has no text, or all are empty, or one is not in its output.
  bool offer(Piece piece, double cost, double copy_cost = 0);
  void add(std::vector<Str> shown, Piece piece, double cost);

  /// Evaluates the atoms of a group on the unlabelled rows, adds to their costs what they do badly there, and drops
  /// repeats; as how many candidates on shown rows that counts.
  std::size_t prepare(std::size_t group);

  std::size_t size() const noexcept { return groups_.size(); }
  const Group& operator[](std::size_t i) const noexcept { return groups_[i]; }
  /// Groups whose text of row 0 starts with c (0: is empty).
  const std::vector<std::uint32_t>& starting(char32_t c) const;
  /// An input has a single digit between others that are none: such people do not pad.
  bool bare_input() const noexcept { return bare_input_; }
  std::uint64_t looked_at() const noexcept { return looked_at_; }
  std::size_t memory() const noexcept { return memory_; }

 private:
  const Sheet* sheet_;
  std::vector<Group> groups_;
  std::unordered_map<Str, std::uint32_t> index_;
  std::unordered_map<char32_t, std::vector<std::uint32_t>> starting_;
  std::uint64_t looked_at_ = 0;
  std::size_t bytes_max_;
  bool bare_input_ = false;
  std::size_t memory_ = 0;
};

}  // namespace weir::search::text
