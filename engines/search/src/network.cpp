#include <weir/search/network.hpp>

namespace weir::search {

void Versions::Pin::reset() noexcept {
  if (entry_ == nullptr) return;
  entry_->pins.fetch_sub(1, release);  // (1) release pairs with (4): the last use of the network
  entry_ = nullptr;
}

Versions::Pin Versions::pin() noexcept {
  for (;;) {
    // (2) acquire pairs with (5): the network that is current
    const std::uint32_t index = current_.load(acquire);
    if (index == none) return {};
    Entry& entry = entries_[index];
    // (3) seq_cst pairs with (4), (5): either set sees this pin, or the look below sees that the entry is not current.
    // The network of an entry that is not current is never touched.
    entry.pins.fetch_add(1, seq_cst);
    if (current_.load(seq_cst) == index) return Pin(&entry);  // (3b) seq_cst pairs with (5): as (3)
    entry.pins.fetch_sub(1, relaxed);                         // relaxed: nothing was read
  }
}

bool Versions::set(std::unique_ptr<const Network> network) {
  const std::uint32_t current = current_.load(relaxed);  // relaxed: this thread alone stores it
  for (std::uint32_t index = 0; index < versions_max; ++index) {
    if (index == current) continue;
    Entry& entry = entries_[index];
    if (entry.pins.load(seq_cst) != 0)
      continue;  // (4) seq_cst pairs with (1), (3): nobody uses what goes now
    entry.network = std::move(network);
    current_.store(index, seq_cst);  // (5) seq_cst pairs with (2), (3), (3b): the network
    return true;
  }
  return false;
}

}  // namespace weir::search
