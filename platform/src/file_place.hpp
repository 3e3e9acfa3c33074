// file_place.hpp: names that stand for a descriptor of this process. Private to the file sources.
#pragma once

#include <string>

namespace weir {

/// The descriptor that `path` names itself, without a link of its own to follow: /dev/fd/N,
/// /proc/self/fd/N, by whatever way to that folder; -1: none.
int named_descriptor(const std::string& path);

}  // namespace weir
