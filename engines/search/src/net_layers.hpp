// net_layers.hpp: an architecture as the dense layers that are computed one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>
#include <weir/search/mlp.hpp>

namespace weir::search::nets {

/// y = x W + b; then `skip`: plus what went into the layer before; then `relu`: what is below 0 becomes 0.
struct DenseLayer {
  std::size_t in = 0, out = 0;
  bool skip = false, relu = true;
  std::size_t weights = 0;  // where its weights begin in the parameters
  std::size_t biases = 0;   // its biases; they end where the next layer's weights begin
};

/// Of a checked architecture.
std::vector<DenseLayer> layers_of(const Architecture& architecture);

/// Random numbers of a key alone. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA
/// 2014 (SplitMix64).
constexpr std::uint64_t scramble(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
constexpr std::uint64_t keyed(std::uint64_t seed, std::uint64_t purpose,
                              std::uint64_t number) noexcept {
  return scramble(scramble(seed + purpose * 0xd1342543de82ef95ULL) +
                  number * 0x9e3779b97f4a7c15ULL);
}

}  // namespace weir::search::nets
