// detail/fork.hpp: how an object notices that it lives in a fork's child (P12).
//
// Roles: any thread. Progress: wait-free. Errors: none. Memory: one word; the handler is registered
//        once a process, when it is first asked for, and stays.
#pragma once

#include <cstdint>

namespace weir {

/// 0 in the process that first asked, one more in each fork's child, its child and so on. An object
/// that has threads keeps the number of its start; a different number later means: the threads are
/// gone, free and join nothing.
std::uint32_t fork_generation() noexcept;

}  // namespace weir
