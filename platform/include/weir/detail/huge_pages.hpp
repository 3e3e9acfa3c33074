// huge_pages.hpp: large blocks that are read all over lie on large pages, where the kernel has them for who asks: each
// look-up then finds its page without a walk through the page tables.
//
// Roles:  any thread. Call before the block is first written: what is there already stays on the pages it has.
// Errors: none; where the kernel has no such pages nothing changes.
// Memory: pages that lie wholly inside of the block, so that no more than the block becomes resident.
#pragma once

#include <cstddef>

namespace weir::detail {

/// `bytes` from `block` on, of any size and alignment.
void ask_for_huge_pages(void* block, std::size_t bytes) noexcept;

}  // namespace weir::detail
