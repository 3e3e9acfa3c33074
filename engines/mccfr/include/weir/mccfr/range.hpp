// range.hpp: how often a player would be here with each of the 1,326 hands, as weights and as text.
//
//   range   item[:weight] , item[:weight] ..      weights 0 to 1, 1 where none is said
//   item    AsKd                one hand
//           AA  AK  AKs  AKo    a kind: a pair, both kinds of two ranks, suited, offsuit
//           TT+  AT+  ATs+      up to AA; the lower card up to below the higher one
//           QQ-88  A9s-A6s      from one to the other; the higher cards are the same,
//           98o-65o             or the distance of the cards is
// A later item overrides what earlier ones said. Spaces around items, weights and commas do not matter.
//
// Shape:  1,326 floats in the order of Hand.
// Roles:  pure, any thread.
// Errors: Error{code, what, where}: bad_range, where = "column N"; bad_reaches, where = "PATH: number N".
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <weir/mccfr/cards.hpp>

namespace weir::mccfr {

/// [hand]: its weight; those of parse_range are within 0 and 1, of reaches not negative.
using Range = std::array<float, hand_count>;

Result<Range> parse_range(std::string_view text);

/// Text that parse_range reads as the same range, if its weights are within 0 and 1: kinds whose hands all
/// have one weight as such, the others hand by hand. "AA,AK:0.5,AsQd". Empty where all weights are 0.
std::string range_text(const Range& range);

/// Weights of all hands that share no card with `blocked`; the others become 0.
Range without(const Range& range, CardSet blocked) noexcept;
/// The sum of the weights.
double weight_of(const Range& range) noexcept;

/// Two times 1,326 numbers with spaces between: the player out of position, then the other; hands in the
/// order 2s2h 2s2d 2s2c 2s3s .. AdAc, ranks ascending, suits s h d c. Not negative, finite, of any size.
Result<std::array<Range, 2>> parse_reaches(std::string_view text, const std::string& path);
/// The same from a file. May wait for the disk; errors of read_file too.
Result<std::array<Range, 2>> read_reaches(const std::string& path);

}  // namespace weir::mccfr
