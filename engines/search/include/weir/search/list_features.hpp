// list_features.hpp: what a network is told of a list task, and what it is taught to say.
//
// Each labelled example gives the same statistics; of each the mean, the least and the most over the examples stand in
// the vector, so that neither the order nor the number of examples matters. Behind them the signature, a number a kind.
//
//   of the output, the two first list inputs   length, extremes, sum, mean, ends, signs, parities, multiples, order
//   output beside each list                    ends, membership, MAP, SCANL1, FILTER, SORT, REVERSE, TAKE, DROP of it
//   output beside both lists                   ZIPWITH of them
//   output beside the first integer            lengths and places that it could mean
//
// What is not there (a second list, elements of an empty one) is 0. Shape: numbers in -1..1.
// Roles: pure, any thread. Cost: about 5 us for five examples.
#pragma once

#include <array>
#include <cstddef>
#include <vector>
#include <weir/search/list_language.hpp>
#include <weir/search/task.hpp>

namespace weir::search::lists {

inline constexpr std::size_t example_features = 3 * 20 + 2 * 40 + 10 + 6;
inline constexpr std::size_t list_features_length = 3 * example_features + 5;

std::vector<float> list_features(const Task& task);

/// The answer to learn: 1 where the function occurs in the program.
std::array<float, functions> list_labels(const ListProgram& program);

}  // namespace weir::search::lists
