// The state of a training run in a file: weights, moments, step.
#include "net_state.hpp"

#include <weir/file.hpp>

namespace weir::search::nets {
namespace {

constexpr std::string_view state_magic = "weirtrns";
constexpr std::size_t state_bytes_max = 3 * parameters_max * sizeof(float) + (std::size_t{1} << 16);

}  // namespace

void put_state(ByteWriter& out, const TrainState& state) {
  out.number(state.step);
  out.number(state.seed);
  out.number(state.tasks);
  out.number(state.batch);
  out.number(state.shard_rows);
  out.architecture(state.weights.architecture);
  out.floats(state.weights.parameters);
  out.floats(state.means);
  out.floats(state.squares);
}

Result<Done> get_state(ByteReader& in, TrainState& state) {
  struct {
    std::uint64_t step, seed, tasks;
    std::uint32_t batch, shard_rows;
  } numbers{};
  if (auto got = in.get(&numbers, sizeof(numbers)); !got) return got.error();
  state.step = numbers.step;
  state.seed = numbers.seed;
  state.tasks = numbers.tasks;
  state.batch = numbers.batch;
  state.shard_rows = numbers.shard_rows;
  auto architecture = in.architecture();
  if (!architecture) return architecture.error();
  state.weights.architecture = std::move(architecture.value());
  const std::size_t count = parameter_count(state.weights.architecture);
  for (std::vector<float>* part : {&state.weights.parameters, &state.means, &state.squares}) {
    auto numbers_read = in.floats(count);
    if (!numbers_read) return numbers_read.error();
    *part = std::move(numbers_read.value());
  }
  return Done{};
}

Result<Done> write_state(const std::string& path, const TrainState& state) {
  ByteWriter out(state_magic, state_version);
  put_state(out, state);
  return write_file_atomically(path, std::move(out).finish(), Sync::file);
}

Result<TrainState> read_state(const std::string& path) {
  Buffer buffer;
  if (auto read = read_file(path, buffer, state_bytes_max); !read) return read.error();
  ByteReader in(buffer.view(), path);
  if (auto opened = in.open(state_magic, state_version, "a training run"); !opened)
    return opened.error();
  TrainState state;
  if (auto got = get_state(in, state); !got) return got.error();
  if (auto finished = in.finish(); !finished) return finished.error();
  return state;
}

}  // namespace weir::search::nets
