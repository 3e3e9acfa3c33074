// first_visit.hpp: who comes first to an information set makes its row, and all find that one; private.
//
// A slot of the index is empty, or names a row for ever. Whoever finds it empty writes a row of his own and offers it
// by one exchange; who was slower takes the row that won, if it is the same set's, and keeps his own for his next.
//
// Shape:    a slot is 0, or 32 bits of the key's hash above the row's place; probes go on to the next slot.
// Roles:    any thread. Progress: lock-free; a stalled thread holds up nobody.
// Errors:   0 when there is no room for a row.
#pragma once

#include <cstdint>
#include <weir/atomic.hpp>

namespace weir::mccfr {

/// The row of a key that is there already; 0: none. `rows`: holds(place), whether a row is the key's.
template <class Rows>
std::uint32_t visited_row(const atomic<std::uint64_t>* slots, std::uint64_t mask,
                          std::uint64_t hash, const Rows& rows) noexcept {
  for (std::uint64_t at = hash & mask;; at = (at + 1) & mask) {
    const std::uint64_t slot = slots[at].load(acquire);  // (1) acquire pairs with (2): the row
    if (slot == 0) return 0;
    if ((slot ^ hash) >> 32 == 0 && rows.holds(static_cast<std::uint32_t>(slot)))
      return static_cast<std::uint32_t>(slot);
  }
}

/// The row of a key, made now if it is not there. `rows`: holds(place); make(), a written row or 0; and keep(place),
/// for one that was made in vain. There are always empty slots: make() answers 0 before.
template <class Rows>
std::uint32_t claimed_row(atomic<std::uint64_t>* slots, std::uint64_t mask, std::uint64_t hash,
                          Rows& rows) noexcept {
  std::uint32_t made = 0;
  for (std::uint64_t at = hash & mask;; at = (at + 1) & mask) {
    std::uint64_t slot = slots[at].load(acquire);  // (3) acquire pairs with (2): the row
    if (slot == 0) {
      if (made == 0) made = rows.make();
      if (made == 0) return 0;
      // (2) release pairs with (1) and (3), and with the acquire of another's exchange that fails: the row
      if (slots[at].compare_exchange_strong(slot, (hash >> 32 << 32) | made, release, acquire))
        return made;
    }
    if ((slot ^ hash) >> 32 != 0 || !rows.holds(static_cast<std::uint32_t>(slot))) continue;
    if (made != 0) rows.keep(made);
    return static_cast<std::uint32_t>(slot);
  }
}

}  // namespace weir::mccfr
