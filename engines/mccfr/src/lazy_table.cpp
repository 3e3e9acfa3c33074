#include <algorithm>
#include <bit>
#include <limits>
#include <new>
#include <weir/detail/huge_pages.hpp>
#include <weir/mccfr/lazy_table.hpp>
#include <weir/mccfr/random.hpp>
#include <weir/mccfr/strategy.hpp>

#include "first_visit.hpp"

namespace weir::mccfr {
namespace {

constexpr std::uint64_t places_max = std::numeric_limits<std::uint32_t>::max();

constexpr std::uint64_t packed_key(std::uint32_t node, std::uint32_t bucket) noexcept {
  return std::uint64_t{node} << 16 | bucket;
}
constexpr int actions_shift = 56;
constexpr std::uint64_t unsummed_bit = std::uint64_t{1} << 63;

std::uint64_t key_at(const std::uint32_t* words, std::uint32_t row) noexcept {
  return words[row] | std::uint64_t{words[row + 1]} << 32;
}

/// Rows of a table as an index sees them.
struct HeldRows {
  const std::uint32_t* words;
  std::uint64_t key;
  bool holds(std::uint32_t row) const noexcept {
    return (key_at(words, row) & ((std::uint64_t{1} << actions_shift) - 1)) == key;
  }
};

}  // namespace

std::uint64_t LazySizes::bytes() const noexcept {
  return nodes * sizeof(LazyNode) + slots * sizeof(std::uint64_t) +
         CountedArray<std::uint32_t>::bytes(words);
}

std::uint64_t LazySizes::rows_max() const noexcept {
  return std::min(slots - slots / 8, words / LazyTable::row_words(1, false));
}

LazySizes LazySizes::within(std::uint64_t bytes) noexcept {
  LazySizes sizes;
  sizes.nodes = std::min(bytes / 4 / sizeof(LazyNode), places_max);
  sizes.slots = std::bit_floor(std::max<std::uint64_t>(bytes / 6 / sizeof(std::uint64_t), 64));
  const std::uint64_t rest =
      bytes - std::min(bytes, LazySizes{sizes.nodes, sizes.slots, 0}.bytes());
  sizes.words = std::min(rest / sizeof(std::uint32_t), places_max);
  return sizes;
}

LazySizes LazySizes::of(std::uint64_t nodes, std::uint64_t rows, std::uint64_t words) noexcept {
  LazySizes sizes;
  sizes.nodes = nodes + 1;
  sizes.slots = std::bit_ceil(std::max<std::uint64_t>(rows + rows / 2, 64));
  sizes.words = words + 1;
  return sizes;
}

template <class T>
auto LazyTable::array_of(std::size_t count) -> Result<Array<T>> {
  void* const memory = allocate_bytes(count * sizeof(T), 64);
  if (memory == nullptr) {
    return Error{"no_memory",
                 "there is no memory for " + std::to_string(count * sizeof(T)) + " bytes", "table"};
  }
  weir::detail::ask_for_huge_pages(memory, count * sizeof(T));
  T* const array = static_cast<T*>(memory);
  for (std::size_t k = 0; k < count; ++k) new (array + k) T{};
  return Array<T>(array, ReleaseArray<T>{count});
}

Result<LazyTable> LazyTable::make(const LazySizes& sizes, std::size_t threads) {
  if (sizes.nodes > places_max || sizes.words > places_max) {
    return Error{"too_large", "rows are numbered in 32 bits: at most 16 GiB of them", "table"};
  }
  auto nodes = array_of<LazyNode>(sizes.nodes);
  if (!nodes) return nodes.error();
  auto slots = array_of<atomic<std::uint64_t>>(sizes.slots);
  if (!slots) return slots.error();
  auto words = CountedArray<std::uint32_t>::zeros(sizes.words);
  if (!words) return words.error();
  LazyTable table;
  table.sizes_ = sizes;
  table.nodes_ = std::move(nodes).value();
  table.slots_ = std::move(slots).value();
  table.words_ = std::move(words).value();
  table.own_.resize(std::max<std::size_t>(threads, 1));
  table.shared_ = std::make_unique<Shared>();
  return table;
}

/// Takes `count` of what is left.
bool LazyTable::take(atomic<std::uint64_t>& used, std::uint64_t count, std::uint64_t most,
                     std::uint64_t& first) noexcept {
  first = used.load(relaxed);  // relaxed: a number that nobody gets twice, and nothing else
  do {
    if (first + count > most) return false;
    // relaxed: as above; what is written there is published by whoever names it
  } while (!used.compare_exchange_weak(first, first + count, relaxed, relaxed));
  return true;
}

std::uint32_t LazyTable::expand(std::uint32_t node, std::span<const BetAction> actions,
                                std::size_t thread) noexcept {
  Own& own = own_[thread];
  std::uint32_t& spare = own.nodes[actions.size()];
  std::uint64_t place = spare;
  if (place == 0 && !take(shared_->nodes, actions.size(), sizes_.nodes, place)) {
    ++own.refused;
    return 0;
  }
  const auto made = static_cast<std::uint32_t>(place);
  for (std::uint32_t a = 0; a < actions.size(); ++a) {
    LazyNode& child = nodes_[made + a];
    child.parent = node;
    child.action = actions[a];
    child.hash = scramble(nodes_[node].hash * 0x9e3779b97f4a7c15ULL + a + 1);
    child.siblings = static_cast<std::uint32_t>(actions.size());
  }
  std::uint32_t first = 0;
  // (5) release pairs with (4), and with the acquire of another's exchange that fails: the children
  if (nodes_[node].first.compare_exchange_strong(first, made, release, acquire)) {
    spare = 0;
    return made;
  }
  spare = made;
  return first;
}

/// A row that is to be made for one key, by one thread.
class LazyTable::Claim {
 public:
  Claim(LazyTable& table, std::uint64_t key, int actions, bool summed, Own& own) noexcept
      : table_(table),
        key_(key),
        actions_(actions),
        summed_(summed),
        spare_((summed ? own.rows : own.rows_unsummed)[static_cast<std::size_t>(actions)]),
        own_(own) {}

  bool holds(std::uint32_t row) const noexcept {
    return HeldRows{table_.words_.data(), key_}.holds(row);
  }
  std::uint32_t make() noexcept {
    std::uint64_t place = spare_;
    spare_ = 0;
    const std::uint64_t words = row_words(actions_, summed_);
    std::uint64_t number = 0;
    if (place == 0) {
      if (!take(table_.shared_->rows, 1, table_.sizes_.rows_max(), number)) return refuse();
      if (!take(table_.shared_->words, words, table_.sizes_.words, place)) {
        table_.shared_->rows.fetch_sub(1, relaxed);  // relaxed: as in take
        return refuse();
      }
    }
    const auto row = static_cast<std::uint32_t>(place);
    const std::uint64_t text =
        key_ | static_cast<std::uint64_t>(actions_) << actions_shift | (summed_ ? 0 : unsummed_bit);
    table_.words_.data()[row] = static_cast<std::uint32_t>(text);
    table_.words_.data()[row + 1] = static_cast<std::uint32_t>(text >> 32);
    return row;
  }
  void keep(std::uint32_t row) noexcept { spare_ = row; }

 private:
  std::uint32_t refuse() noexcept {
    ++own_.refused;
    return 0;
  }

  LazyTable& table_;
  std::uint64_t key_;
  int actions_;
  bool summed_;
  std::uint32_t& spare_;  // a row of this kind that was made in vain
  Own& own_;
};

std::uint32_t LazyTable::find(std::uint32_t node, std::uint32_t bucket) const noexcept {
  const std::uint64_t hash = scramble(nodes_[node].hash + bucket);
  const HeldRows rows{words_.data(), packed_key(node, bucket)};
  return visited_row(slots_.get(), sizes_.slots - 1, hash, rows);
}

std::uint32_t LazyTable::claim(std::uint32_t node, std::uint32_t bucket, int actions,
                               std::size_t thread, bool summed) noexcept {
  const std::uint64_t hash = scramble(nodes_[node].hash + bucket);
  Claim rows(*this, packed_key(node, bucket), actions, summed, own_[thread]);
  return claimed_row(slots_.get(), sizes_.slots - 1, hash, rows);
}

void LazyTable::prefetch_slot(std::uint32_t node, std::uint32_t bucket) const noexcept {
  prefetch_to_read(&slots_[scramble(nodes_[node].hash + bucket) & (sizes_.slots - 1)]);
  // relaxed: a hint; 0 is a place too
  prefetch_to_read(&nodes_[nodes_[node].first.load(relaxed)]);
}

void LazyTable::prefetch_row(std::uint32_t node, std::uint32_t bucket) const noexcept {
  const std::uint64_t hash = scramble(nodes_[node].hash + bucket);
  // relaxed: a hint, which may be of another key
  const std::uint64_t slot = slots_[hash & (sizes_.slots - 1)].load(relaxed);
  prefetch_to_read(words_.data() + static_cast<std::uint32_t>(slot));
}

LazyKey LazyTable::key(std::uint32_t row) const noexcept {
  const std::uint64_t text = key_at(words_.data(), row);
  return {static_cast<std::uint32_t>(text >> 16), static_cast<std::uint32_t>(text & 0xffff),
          static_cast<int>((text & ~unsummed_bit) >> actions_shift), (text & unsummed_bit) == 0};
}

void LazyTable::strategy(std::uint32_t row, int actions, double* strategy) const noexcept {
  const std::uint32_t* const average = row == 0 || !key(row).summed ? nullptr : sums(row, actions);
  const bool known =
      average != nullptr && std::any_of(average, average + actions, [](auto s) { return s != 0; });
  if (known) return average_strategy(average, actions, strategy);
  float current[actions_max];
  if (row != 0) match_regrets<NarrowEntries>(regrets(row), actions, current);
  for (int a = 0; a < actions; ++a)
    strategy[a] = row != 0 ? static_cast<double>(current[a]) : 1.0 / actions;
}

std::uint32_t LazyTable::nodes_used() const noexcept {
  return static_cast<std::uint32_t>(shared_->nodes.load(relaxed));  // relaxed: a count for people
}

std::uint32_t LazyTable::states_used() const noexcept {
  std::uint32_t states = nodes_used();
  for (const Own& own : own_)  // made in vain, kept for the next
    for (std::uint32_t actions = 1; actions < own.nodes.size(); ++actions)
      if (own.nodes[actions] != 0) states -= actions;
  return states;
}

std::uint64_t LazyTable::rows_used() const noexcept {
  std::uint64_t rows = shared_->rows.load(relaxed);  // relaxed: a count for people
  for (const Own& own : own_)                        // made in vain, kept for the next
    for (const auto* const spares : {&own.rows, &own.rows_unsummed})
      for (const std::uint32_t spare : *spares) rows -= spare != 0 ? 1 : 0;
  return rows;
}

std::uint64_t LazyTable::refused() const noexcept {
  std::uint64_t total = 0;
  for (const Own& own : own_) total += own.refused;
  return total;
}

}  // namespace weir::mccfr
