// stable_order.hpp: a stable sort on a buffer of its own: clang 19 refuses that of g++ 12, which takes its buffer by a
// deprecated call. Cost: n log n comparisons and moves, one allocation.
#pragma once

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace weir::search {

/// Sorts by `less`; what is equal keeps its order.
template <class Iterator, class Less>
void sort_stable(Iterator first, Iterator last, Less less) {
  using T = typename std::iterator_traits<Iterator>::value_type;
  using Distance = typename std::iterator_traits<Iterator>::difference_type;
  constexpr Distance run = 8;
  const Distance count = last - first;
  for (Distance begin = 0; begin < count; begin += run) {
    for (Distance i = begin + 1; i < std::min(begin + run, count); ++i) {
      T value = std::move(first[i]);
      Distance place = i;
      for (; place > begin && less(std::as_const(value), std::as_const(first[place - 1])); --place)
        first[place] = std::move(first[place - 1]);
      first[place] = std::move(value);
    }
  }
  std::vector<T> buffer;
  buffer.reserve(static_cast<std::size_t>(count));
  for (Distance width = run; width < count; width *= 2) {
    buffer.clear();
    for (Distance begin = 0; begin < count; begin += 2 * width) {
      const Iterator middle = first + std::min(begin + width, count),
                     end = first + std::min(begin + 2 * width, count);
      Iterator a = first + begin, b = middle;
      while (a != middle && b != end)
        buffer.push_back(std::move(less(std::as_const(*b), std::as_const(*a)) ? *b++ : *a++));
      std::move(a, middle, std::back_inserter(buffer));
      std::move(b, end, std::back_inserter(buffer));
    }
    std::move(buffer.begin(), buffer.end(), first);
  }
}

}  // namespace weir::search
