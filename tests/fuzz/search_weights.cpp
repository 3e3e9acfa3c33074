// search_weights.cpp: fuzzes files of networks: any bytes are refused with a reason and a place, or are
// weights that are all numbers, come back the same, and can be evaluated. The first byte says whether what follows is
// put between a head and a checksum that are right, which no mutation finds.
#include <net_bytes.hpp>
#include <weir/search/net_trainer.hpp>
#include <weir/search/weights.hpp>

#include "fuzz.hpp"

namespace {

using namespace weir::search;
using fuzz::require;

constexpr std::size_t evaluated_max = 20'000;  // parameters

std::string wrapped(std::string_view magic, std::uint32_t version, std::string_view content) {
  nets::ByteWriter out(magic, version);
  out.put(content.data(), content.size());
  return std::move(out).finish();
}

void read(std::string_view bytes) {
  const auto weights = nets::decode_weights(bytes, "input");
  if (!weights) {
    fuzz::require_reason(weights.error());
    require(weights.error().where.starts_with("input"), "a refusal has a place");
    return;
  }
  const nets::Weights& read = weights.value();
  require(read.parameters.size() == nets::parameter_count(read.architecture), "as many as it says");
  for (const float parameter : read.parameters) require(std::isfinite(parameter), "numbers");
  const auto again = nets::decode_weights(nets::encode_weights(read), "again");
  require(again.ok() && again.value().parameters == read.parameters &&
              again.value().architecture == read.architecture,
          "what is read can be written and read");
  if (read.parameters.size() > evaluated_max || read.architecture.inputs > evaluated_max) return;
  const auto network = nets::make_network(read);
  if (!network) return fuzz::require_reason(network.error());
  const std::vector<float> in(network.value()->inputs(), 1.0F);
  std::vector<float> out(network.value()->outputs());
  network.value()->evaluate(in.data(), 1, out.data());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::text_of(data + 1, size - 1);
  if (data[0] == 'c') {
    read(wrapped("weirnets", nets::weights_version, text));
  } else {
    read(text);
  }
  return 0;
}
