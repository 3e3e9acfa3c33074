// updates.hpp: where the changes of a traversal go: at once into a table that threads share, or into a batch.
//
// Shared    relaxed atomic additions (plain ones where an entry has one writer); no update is lost. Regrets of narrow
//           tables stop at +-2^30: what would lead further is left out, so that no thread can wrap them.
// Batch     kept apart by the thread that walks, and added to the table when the whole batch is there: as sums of 64
//           bits where tables are small, as a list of changes else. Sums of whole numbers depend on no order: the table
//           is the same for any number of threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>
#include <weir/mccfr/strategy.hpp>
#include <weir/mccfr/table.hpp>

namespace weir::mccfr {

/// How many threads write to an entry: one, or any. Any may read it.
enum class Sharing : std::uint8_t { alone, threads };

/// What a visit adds to an action's sum.
template <class Entries>
std::int64_t sum_change(typename Entries::Real share,
                        Fractions<typename Entries::Real>& fractions) noexcept {
  return round_unbiased<std::int64_t>(share * Entries::sum_units, fractions.next());
}

/// Adds to an entry that was `old` a moment ago. With threads no addition is lost.
template <Sharing sharing, class T>
void add_shared(T& entry, T old, T change) noexcept {
  if constexpr (sharing == Sharing::threads) {
    add_entry(entry, change);
  } else {
    store_entry(entry, static_cast<T>(old + change));
  }
}

/// Half way to where a sum would wrap.
template <class Sum>
inline constexpr Sum sum_large = std::numeric_limits<Sum>::max() / 2;

/// Halves a row's sums before one can wrap, while others add: proportions alone matter. Any thread.
template <class Sum>
void halve_shared(Sum* sums, int actions) noexcept {
  for (int a = 0; a < actions; ++a) {
    const std::atomic_ref<Sum> sum(sums[a]);
    Sum old = sum.load(relaxed);  // relaxed: as in load_entry
    // relaxed: as in load_entry; when another thread was faster, it has halved
    sum.compare_exchange_strong(old, old / 2, relaxed, relaxed);
  }
}

template <class Entries, Sharing sharing>
class SharedUpdates {
 public:
  using Regret = typename Entries::Regret;
  using Sum = typename Entries::Sum;
  using Real = typename Entries::Real;

  /// Rounds nothing but sums, whose fractions come with them.
  SharedUpdates(Table<Entries>& table, Random) noexcept
      : regrets_(table.regrets.data()), sums_(table.sums.data()), summed_(table.sums.size()) {}

  void regrets(std::uint32_t row, int actions, const Regret* changes) noexcept {
    for (int a = 0; a < actions; ++a) {
      if (sharing == Sharing::threads && changes[a] == 0) continue;
      Regret& regret = regrets_[row + static_cast<std::uint32_t>(a)];
      const Regret old = load_entry(regret);
      // The sign of a change cannot be guessed, that no entry is so large can.
      if (old > Entries::regret_max && changes[a] > 0) continue;
      if (old < -Entries::regret_max && changes[a] < 0) continue;
      add_shared<sharing>(regret, old, changes[a]);
    }
  }
  void strategy(std::uint32_t row, int actions, const Real* strategy, Real weight,
                Random& random) noexcept {
    if (row >= summed_) return;
    Fractions<Real> fractions(random);
    bool full = false;
    for (int a = 0; a < actions; ++a) {
      const auto change = static_cast<Sum>(sum_change<Entries>(strategy[a] * weight, fractions));
      Sum& sum = sums_[row + static_cast<std::uint32_t>(a)];
      const Sum old = load_entry(sum);
      full = full || old > sum_large<Sum>;
      add_shared<sharing>(sum, old, change);
    }
    if (full) halve_shared(sums_ + row, actions);
  }
  /// Of a row whose strategy is soon added.
  void prefetch(std::uint32_t row, int) const noexcept {
    if (row < summed_) prefetch_to_write(sums_ + row);
  }

 private:
  Regret* regrets_;
  Sum* sums_;
  std::size_t summed_;  // entries that have sums
};

/// What one thread adds in a batch, for tables so small that every entry has its own place.
class DenseBatch {
 public:
  void resize(std::size_t entries) {
    regrets_.assign(entries, 0);
    sums_.assign(entries, 0);
  }
  std::int64_t* regrets() noexcept { return regrets_.data(); }
  std::int64_t* sums() noexcept { return sums_.data(); }
  std::size_t bytes() const noexcept { return 2 * regrets_.size() * sizeof(std::int64_t); }

 private:
  std::vector<std::int64_t, PlatformAllocator<std::int64_t>> regrets_, sums_;
};

/// What one thread adds in a batch to a large table: changes as they come, in parts by the cache line they belong to,
/// so that parts can be applied by different threads. How many changes a batch brings is not known before: the logs
/// grow with the first batches, on the program's heap.
class LogBatch {
 public:
  static constexpr std::uint32_t parts = 16;
  static constexpr std::uint32_t line_entries = 16;  // of 32 bits
  struct Change {
    std::uint32_t entry;
    std::int32_t amount;
  };

  /// Four neighbouring entries of one line, those of a row among them. What it does not change it adds 0 to.
  struct Four {
    std::uint32_t first;
    std::array<std::int32_t, 4> amounts;
  };

  /// A list that is written some at a time.
  template <class T>
  class List {
   public:
    const T* begin() const noexcept { return data_.get(); }
    const T* end() const noexcept { return data_.get() + size_; }
    std::size_t size() const noexcept { return size_; }
    std::size_t bytes() const noexcept { return capacity_ * sizeof(T); }
    const T& operator[](std::size_t k) const noexcept { return data_[k]; }
    void clear() noexcept { size_ = 0; }

   protected:
    /// Where at most actions_max more are written. Throws std::bad_alloc.
    T* room() {
      if (capacity_ - size_ < actions_max) grow();
      return data_.get() + size_;
    }
    void written(const T* end) noexcept { size_ = static_cast<std::size_t>(end - data_.get()); }

   private:
    /// Twice as long.
    void grow() {
      const std::size_t capacity = std::max<std::size_t>(4 * actions_max, 2 * capacity_);
      auto larger = std::make_unique_for_overwrite<T[]>(capacity);
      std::copy(begin(), end(), larger.get());
      data_ = std::move(larger);
      capacity_ = capacity;
    }

    std::unique_ptr<T[]> data_;
    std::size_t size_ = 0, capacity_ = 0;
  };

  class Changes : public List<Change> {
   public:
    void add(std::uint32_t entry, std::int32_t amount) { add_row(entry, 1, &amount); }
    /// Those of a row's amounts, at most actions_max, that are not 0. Which are is not guessed: each is written, and
    /// what is 0 written over.
    void add_row(std::uint32_t row, int actions, const std::int32_t* amounts) {
      Change* to = room();
      for (int a = 0; a < actions; ++a) {
        *to = {row + static_cast<std::uint32_t>(a), amounts[a]};
        to += amounts[a] != 0 ? 1 : 0;
      }
      written(to);
    }
  };

  class Fours : public List<Four> {
   public:
    /// A row of at most four actions.
    void add_row(std::uint32_t row, int actions, const std::int32_t* amounts) {
      // All four in the row's line, which is the caller's who applies it.
      const std::uint32_t within = std::min(row % line_entries, line_entries - 4);
      const std::uint32_t first = row - row % line_entries + within;
      Four* const to = room();
      *to = {first, {}};
      for (int a = 0; a < actions; ++a)
        to->amounts[row - first + static_cast<std::uint32_t>(a)] = amounts[a];
      written(to + 1);
    }
  };

  static std::uint32_t part_of(std::uint32_t entry) noexcept {
    return ((entry / line_entries) * 0x9e3779b9U) >> 28;
  }
  void regret(std::uint32_t entry, std::int32_t amount) {
    regrets_[part_of(entry)].add(entry, amount);
  }
  void sum(std::uint32_t entry, std::int32_t amount) { sums_[part_of(entry)].add(entry, amount); }
  /// Of a row, which lies in one line.
  void regrets(std::uint32_t row, int actions, const std::int32_t* amounts) {
    regrets_[part_of(row)].add_row(row, actions, amounts);
  }
  void sums(std::uint32_t row, int actions, const std::int32_t* amounts) {
    sums_[part_of(row)].add_row(row, actions, amounts);
  }
  /// The same for those that apply them row by row.
  void regrets_by_row(std::uint32_t row, int actions, const std::int32_t* amounts) {
    if (actions > 4) return regrets(row, actions, amounts);
    fours_[part_of(row)].add_row(row, actions, amounts);
  }
  Fours& fours(std::uint32_t part) noexcept { return fours_[part]; }
  Changes& regrets(std::uint32_t part) noexcept { return regrets_[part]; }
  Changes& sums(std::uint32_t part) noexcept { return sums_[part]; }
  /// Entries whose sums became large as they were added to at once.
  std::vector<std::uint32_t>& large() noexcept { return large_; }
  std::size_t bytes() const noexcept {
    std::size_t total = large_.capacity() * sizeof(std::uint32_t);
    for (std::uint32_t p = 0; p < parts; ++p)
      total += regrets_[p].bytes() + sums_[p].bytes() + fours_[p].bytes();
    return total;
  }

 private:
  std::array<Changes, parts> regrets_, sums_;
  std::array<Fours, parts> fours_;
  std::vector<std::uint32_t> large_;
};

template <class Entries>
class BatchUpdates {
 public:
  using Regret = typename Entries::Regret;
  using Real = typename Entries::Real;

  /// `summed`: entries that have sums.
  BatchUpdates(DenseBatch& batch, std::size_t summed) noexcept : batch_(batch), summed_(summed) {}

  void regrets(std::uint32_t row, int actions, const Regret* changes) noexcept {
    for (int a = 0; a < actions; ++a)
      batch_.regrets()[row + static_cast<std::uint32_t>(a)] += changes[a];
  }
  void strategy(std::uint32_t row, int actions, const Real* strategy, Real weight,
                Random& random) noexcept {
    if (row >= summed_) return;
    Fractions<Real> fractions(random);
    for (int a = 0; a < actions; ++a)
      batch_.sums()[row + static_cast<std::uint32_t>(a)] +=
          sum_change<Entries>(strategy[a] * weight, fractions);
  }
  void prefetch(std::uint32_t, int) const noexcept {}  // small enough for a near cache

 private:
  DenseBatch& batch_;
  std::size_t summed_;
};

template <class Entries>
class LogUpdates {
 public:
  using Regret = typename Entries::Regret;
  using Real = typename Entries::Real;

  /// `summed`: entries that have sums.
  LogUpdates(LogBatch& batch, std::size_t summed) noexcept : batch_(batch), summed_(summed) {}

  void regrets(std::uint32_t row, int actions, const Regret* changes) {
    if constexpr (sizeof(Regret) == sizeof(std::int32_t)) {
      batch_.regrets(row, actions, changes);
    } else {
      std::int32_t amounts[actions_max];
      for (int a = 0; a < actions; ++a) amounts[a] = static_cast<std::int32_t>(changes[a]);
      batch_.regrets(row, actions, amounts);
    }
  }
  void strategy(std::uint32_t row, int actions, const Real* strategy, Real weight, Random& random) {
    if (row >= summed_) return;
    Fractions<Real> fractions(random);
    std::int32_t amounts[actions_max];
    for (int a = 0; a < actions; ++a)
      amounts[a] = static_cast<std::int32_t>(sum_change<Entries>(strategy[a] * weight, fractions));
    batch_.sums(row, actions, amounts);
  }
  void prefetch(std::uint32_t, int) const noexcept {}  // sums are read as the batch is applied

 private:
  LogBatch& batch_;
  std::size_t summed_;
};

/// The same with sums added to the table at once: no walk reads one, and in whole numbers all orders come to the same.
template <class Entries, Sharing sharing>
class RegretLogUpdates : public LogUpdates<Entries> {
 public:
  using Real = typename Entries::Real;
  using Sum = typename Entries::Sum;

  RegretLogUpdates(LogBatch& batch, Table<Entries>& table) noexcept
      : LogUpdates<Entries>(batch, table.sums.size()),
        batch_(batch),
        sums_(table.sums.data()),
        summed_(table.sums.size()) {}

  void regrets(std::uint32_t row, int actions, const typename Entries::Regret* changes) {
    if constexpr (sizeof(*changes) == sizeof(std::int32_t)) {
      batch_.regrets_by_row(row, actions, changes);
    } else {
      LogUpdates<Entries>::regrets(row, actions, changes);
    }
  }
  void strategy(std::uint32_t row, int actions, const Real* strategy, Real weight, Random& random) {
    if (row >= summed_) return;
    Fractions<Real> fractions(random);
    bool full = false;
    for (int a = 0; a < actions; ++a) {
      const auto change = static_cast<Sum>(sum_change<Entries>(strategy[a] * weight, fractions));
      full = add(sums_[row + static_cast<std::uint32_t>(a)], change) > sum_large<Sum> || full;
    }
    if (full) batch_.large().push_back(row);
  }
  void prefetch(std::uint32_t row, int) const noexcept {
    if (row < summed_) prefetch_to_write(sums_ + row);
  }

 private:
  /// What the entry is then.
  static Sum add(Sum& entry, Sum change) noexcept {
    if constexpr (sharing == Sharing::alone) return entry = static_cast<Sum>(entry + change);
    // relaxed: a sum of its own; the batch ends by the runtime's own orders
    return static_cast<Sum>(std::atomic_ref<Sum>(entry).fetch_add(change, relaxed) + change);
  }

  LogBatch& batch_;
  Sum* sums_;
  std::size_t summed_;  // entries that have sums
};

/// `entry` plus a batch's sum, kept within its bounds.
template <class Entries>
typename Entries::Regret apply_regret(typename Entries::Regret entry,
                                      std::int64_t change) noexcept {
  constexpr std::int64_t most = Entries::regret_max;
  // Neither sum can wrap: entries are at most 2^62, and a batch's sums far below that.
  return static_cast<typename Entries::Regret>(
      std::clamp(static_cast<std::int64_t>(entry) + change, -most, most));
}

}  // namespace weir::mccfr
