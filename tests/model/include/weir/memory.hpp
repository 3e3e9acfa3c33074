// memory.hpp of the model build: storage from the arena of one execution, so that an execution can be
// dropped half-way.
#pragma once

#include <cstddef>

namespace weir {

void* allocate_bytes(std::size_t bytes, std::size_t alignment) noexcept;
inline void release_bytes(void*, std::size_t, std::size_t) noexcept {}

}  // namespace weir
