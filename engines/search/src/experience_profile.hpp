// experience_profile.hpp: features of a request's examples; private to the engine.
//
// Shape: each feature is a share or a length of 0..255, the mean over the first examples_max labelled examples.
#pragma once

#include <span>
#include <string_view>
#include <weir/search/experience_index.hpp>

namespace weir::search {

/// FNV-1a over bytes, going on from `hash`.
constexpr std::uint64_t hash_start = 0xcbf29ce484222325ULL;
constexpr std::uint64_t hash_on(std::uint64_t hash, std::string_view bytes) noexcept {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}
constexpr std::uint64_t hash_on(std::uint64_t hash, std::uint64_t number) noexcept {
  for (int byte = 0; byte < 8; ++byte)
    hash = (hash ^ (number >> (8 * byte) & 0xff)) * 0x100000001b3ULL;
  return hash;
}

/// Nothing where no example has an output.
std::optional<Profile> profile_of_examples(std::span<const Example> examples, std::uint64_t key);

}  // namespace weir::search
