// weights.hpp: the weights of a network as bytes and as a file.
//
//   "weirnets"  version  length  precision  inputs  blocks, heads (kind, width)  parameters  XXH3-64 of all before
//
// Shape:  little-endian. float32 keeps every bit; int8 keeps, of each output of a layer, a float32 scale and a signed
//         byte a weight (a network that ships inside a program), and its biases as float32.
// Roles:  free functions, any thread.
// Errors: corrupt (another kind of file, checksum, a weight that is no number, bytes behind the end), truncated,
//         version, architecture, and those of file.hpp; where: what was read, and the byte.
// Order:  a file appears under its name whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <weir/result.hpp>
#include <weir/search/mlp.hpp>

namespace weir::search::nets {

inline constexpr std::uint32_t weights_version = 1;

enum class Precision : std::uint8_t { float32, int8 };

/// Of checked weights.
std::string encode_weights(const Weights& weights, Precision precision = Precision::float32);
/// `where` names the bytes in errors.
Result<Weights> decode_weights(std::string_view bytes, const std::string& where);

Result<Done> write_weights(const std::string& path, const Weights& weights,
                           Precision precision = Precision::float32);
Result<Weights> read_weights(const std::string& path);

/// Names the weights: 12 hexadecimal digits of a hash of the architecture and every parameter.
std::string version_of(const Weights& weights);

/// The network of a file: `inputs` and `outputs` must be as many as it has (architecture).
Result<std::unique_ptr<Network>> read_network(const std::string& path, std::size_t inputs,
                                              std::size_t outputs);

}  // namespace weir::search::nets
