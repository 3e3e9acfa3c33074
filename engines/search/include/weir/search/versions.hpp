// versions.hpp: VersionsOf, the current version of something immutable, and those that requests have pinned.
//
// Roles:    pin and reset: any thread; set: one thread.
// Progress: nothing waits. Of versions_max versions in use set makes none current, and says so.
// Memory:   a version goes when another takes its place, never while it is pinned.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <weir/atomic.hpp>

namespace weir::search {

template <class T>
class VersionsOf {
  struct Entry {
    std::unique_ptr<const T> held;
    atomic<std::uint32_t> pins{0};
  };

 public:
  static constexpr std::uint32_t versions_max = 8;

  class Pin {
   public:
    Pin() noexcept = default;
    Pin(Pin&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
    Pin& operator=(Pin&& other) noexcept {
      reset();
      entry_ = std::exchange(other.entry_, nullptr);
      return *this;
    }
    ~Pin() { reset(); }
    void reset() noexcept {
      if (entry_ == nullptr) return;
      entry_->pins.fetch_sub(1,
                             release);  // (1) release pairs with (4): the last use of the version
      entry_ = nullptr;
    }
    const T* get() const noexcept { return entry_ != nullptr ? entry_->held.get() : nullptr; }

   private:
    friend class VersionsOf;
    explicit Pin(Entry* entry) noexcept : entry_(entry) {}
    Entry* entry_ = nullptr;
  };

  /// The current version; empty when there is none.
  Pin pin() noexcept {
    for (;;) {
      // (2) acquire pairs with (5): the version that is current
      const std::uint32_t index = current_.load(acquire);
      if (index == none) return {};
      Entry& entry = entries_[index];
      // (3) seq_cst pairs with (4), (5): either set sees this pin, or the look below sees that the entry is not
      // current. What an entry that is not current holds is never touched.
      entry.pins.fetch_add(1, seq_cst);
      if (current_.load(seq_cst) == index)
        return Pin(&entry);              // (3b) seq_cst pairs with (5): as (3)
      entry.pins.fetch_sub(1, relaxed);  // relaxed: nothing was read
    }
  }

  /// set() would find a place now. The thread that sets.
  bool has_room() const noexcept {
    const std::uint32_t current = current_.load(relaxed);  // relaxed: this thread alone stores it
    for (std::uint32_t index = 0; index < versions_max; ++index) {
      // relaxed: a hint; set looks again by (4)
      if (index != current && entries_[index].pins.load(relaxed) == 0) return true;
    }
    return false;
  }

  /// Makes `version` the current one. False: versions_max are in use, and nothing has changed.
  bool set(std::unique_ptr<const T> version) {
    const std::uint32_t current = current_.load(relaxed);  // relaxed: this thread alone stores it
    for (std::uint32_t index = 0; index < versions_max; ++index) {
      if (index == current) continue;
      Entry& entry = entries_[index];
      if (entry.pins.load(seq_cst) != 0)
        continue;  // (4) seq_cst pairs with (1), (3): nobody uses what goes now
      entry.held = std::move(version);
      current_.store(index, seq_cst);  // (5) seq_cst pairs with (2), (3), (3b): the version
      return true;
    }
    return false;
  }

 private:
  static constexpr std::uint32_t none = versions_max;
  std::array<Entry, versions_max> entries_;
  atomic<std::uint32_t> current_{none};
};

}  // namespace weir::search
