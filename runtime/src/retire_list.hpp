// retire_list.hpp: objects that wait for a grace period, oldest first.
//
// Roles: the owner's thread (or under a lock). Memory: room for `first` objects taken by reserve();
// it doubles when full, outside of the phase guard's rule, because a caller that retires may not be
// refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <weir/atomic.hpp>
#include <weir/check.hpp>
#include <weir/memory.hpp>
#include <weir/phase.hpp>

namespace weir::detail {

struct Retired {
  void* object;
  void (*deleter)(void*) noexcept;
  std::uint64_t tag;  // the grace period that was current: freed when a later one has ended
};

class RetireList {
 public:
  static constexpr std::size_t first = 64;
  static constexpr std::uint64_t no_tag = ~std::uint64_t{0};

  RetireList() noexcept = default;
  RetireList(const RetireList&) = delete;
  RetireList& operator=(const RetireList&) = delete;
  ~RetireList() { release_bytes(items_, bytes(), alignof(Retired)); }

  bool reserve() noexcept { return grow(first); }

  void push(const Retired& item) noexcept {
    if (size_ == capacity() && !make_room()) WEIR_CHECK(false, "out of memory for retired objects");
    items_[size_++] = item;
  }
  /// Frees what was retired before grace period `done` began. Deleters may retire more.
  std::size_t reclaim(std::uint64_t done) noexcept {
    std::size_t freed = 0;
    for (Retired item; take(done, item); ++freed) item.deleter(item.object);
    return freed;
  }
  /// Takes the oldest out if it may be freed.
  bool take(std::uint64_t done, Retired& item) noexcept {
    if (head_ == size_ || items_[head_].tag >= done) return false;
    item = items_[head_++];
    if (head_ == size_) head_ = size_ = 0;
    return true;
  }
  std::uint64_t oldest() const noexcept { return head_ < size_ ? items_[head_].tag : no_tag; }
  std::size_t count() const noexcept { return size_ - head_; }
  /// Any thread.
  std::size_t bytes() const noexcept {
    return capacity_.load(relaxed) * sizeof(Retired);  // relaxed: a number
  }

 private:
  std::size_t capacity() const noexcept {
    return capacity_.load(relaxed);  // relaxed: the owner's own
  }
  bool make_room() noexcept {
    if (head_ > size_ / 2) {
      for (std::size_t i = head_; i < size_; ++i) items_[i - head_] = items_[i];
      size_ -= head_;
      head_ = 0;
      return true;
    }
    PhaseScope exempt(nullptr);
    return grow(capacity() == 0 ? first : capacity() * 2);
  }
  bool grow(std::size_t wanted) noexcept {
    auto* items = static_cast<Retired*>(allocate_bytes(wanted * sizeof(Retired), alignof(Retired)));
    if (items == nullptr) return false;
    for (std::size_t i = head_; i < size_; ++i) items[i - head_] = items_[i];
    release_bytes(items_, bytes(), alignof(Retired));
    size_ -= head_;
    head_ = 0;
    items_ = items;
    capacity_.store(wanted, relaxed);  // relaxed: as bytes()
    return true;
  }

  Retired* items_ = nullptr;
  std::size_t head_ = 0, size_ = 0;
  atomic<std::size_t> capacity_{0};
};

}  // namespace weir::detail
