#include <algorithm>
#include <cmath>
#include <weir/file.hpp>
#include <weir/search/weights.hpp>

#include "net_bytes.hpp"
#include "net_layers.hpp"

namespace weir::search::nets {
namespace {

constexpr std::string_view weights_magic = "weirnets";
constexpr std::size_t weights_bytes_max = parameters_max * sizeof(float) + (std::size_t{1} << 16);
constexpr float byte_max = 127;

void put_bytes(ByteWriter& out, const DenseLayer& layer, const std::vector<float>& parameters) {
  const float* const w = parameters.data() + layer.weights;
  std::vector<float> scales(layer.out, 0.0F);
  for (std::size_t i = 0; i < layer.in * layer.out; ++i)
    scales[i % layer.out] = std::max(scales[i % layer.out], std::abs(w[i]));
  for (float& scale : scales) scale /= byte_max;
  out.floats(scales);
  for (std::size_t i = 0; i < layer.in * layer.out; ++i) {
    const float scale = scales[i % layer.out];
    const float steps = scale > 0 ? std::nearbyint(w[i] / scale) : 0;
    out.number(static_cast<std::int8_t>(std::clamp(steps, -byte_max, byte_max)));
  }
  out.floats({parameters.data() + layer.biases, layer.out});
}

Result<Done> get_bytes(ByteReader& in, const DenseLayer& layer, std::vector<float>& parameters) {
  auto scales = in.floats(layer.out);
  if (!scales) return scales.error();
  std::vector<std::int8_t> steps;
  if (layer.in * layer.out > in.left())
    return in.error("truncated", "ends within the weights of a layer");
  steps.resize(layer.in * layer.out);
  if (auto got = in.get(steps.data(), steps.size()); !got) return got.error();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const float weight = static_cast<float>(steps[i]) * scales.value()[i % layer.out];
    if (!std::isfinite(weight)) return in.error("corrupt", "holds a weight that is no number");
    parameters[layer.weights + i] = weight;
  }
  auto biases = in.floats(layer.out);
  if (!biases) return biases.error();
  std::copy(biases.value().begin(), biases.value().end(),
            parameters.begin() + static_cast<std::ptrdiff_t>(layer.biases));
  return Done{};
}

}  // namespace

std::string encode_weights(const Weights& weights, Precision precision) {
  ByteWriter out(weights_magic, weights_version);
  out.number(static_cast<std::uint32_t>(precision));
  out.architecture(weights.architecture);
  if (precision == Precision::float32) {
    out.floats(weights.parameters);
  } else {
    for (const DenseLayer& layer : layers_of(weights.architecture))
      put_bytes(out, layer, weights.parameters);
  }
  return std::move(out).finish();
}

Result<Weights> decode_weights(std::string_view bytes, const std::string& where) {
  ByteReader in(bytes, where);
  if (auto opened = in.open(weights_magic, weights_version, "weights"); !opened)
    return opened.error();
  auto precision = in.number<std::uint32_t>();
  if (!precision) return precision.error();
  if (precision.value() > static_cast<std::uint32_t>(Precision::int8))
    return in.error("corrupt", "keeps its numbers in a way that is not known");
  auto architecture = in.architecture();
  if (!architecture) return architecture.error();
  Weights weights{std::move(architecture.value()), {}};
  const std::size_t count = parameter_count(weights.architecture);
  if (precision.value() == static_cast<std::uint32_t>(Precision::float32)) {
    auto parameters = in.floats(count);
    if (!parameters) return parameters.error();
    weights.parameters = std::move(parameters.value());
  } else {
    if (count > in.left()) return in.error("truncated", "ends before its weights do");
    weights.parameters.resize(count);
    for (const DenseLayer& layer : layers_of(weights.architecture))
      if (auto got = get_bytes(in, layer, weights.parameters); !got) return got.error();
  }
  if (auto finished = in.finish(); !finished) return finished.error();
  return weights;
}

Result<Done> write_weights(const std::string& path, const Weights& weights, Precision precision) {
  return write_file_atomically(path, encode_weights(weights, precision), Sync::file);
}

Result<Weights> read_weights(const std::string& path) {
  Buffer buffer;
  if (auto read = read_file(path, buffer, weights_bytes_max); !read) return read.error();
  return decode_weights(buffer.view(), path);
}

std::string version_of(const Weights& weights) {
  std::uint64_t hash = hash_bytes(encode_weights(weights));
  std::string digits(12, '0');
  for (char& digit : digits) {
    digit = "0123456789abcdef"[hash >> 60];
    hash <<= 4;
  }
  return digits;
}

Result<std::unique_ptr<Network>> read_network(const std::string& path, std::size_t inputs,
                                              std::size_t outputs) {
  auto weights = read_weights(path);
  if (!weights) return weights.error();
  const Architecture& a = weights.value().architecture;
  if (a.inputs != inputs || a.outputs() != outputs)
    return Error{"architecture",
                 "is " + a.text() + "; " + std::to_string(inputs) + " inputs and " +
                     std::to_string(outputs) + " outputs are asked for",
                 path};
  return make_network(weights.value());
}

}  // namespace weir::search::nets
