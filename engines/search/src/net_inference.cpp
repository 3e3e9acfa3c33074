// Networks on oneDNN: one primitive a layer and batch size, made once; only memory is touched when rows are computed.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <new>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>
#include <vector>
#include <weir/atomic.hpp>
#include <weir/check.hpp>
#include <weir/search/weights.hpp>

#include "net_heads.hpp"
#include "net_layers.hpp"

// Of libgomp, which oneDNN runs on; declared because its header comes with one compiler only.
extern "C" {
int omp_get_max_threads(void);
void omp_set_num_threads(int threads);
}

namespace weir::search::nets {
namespace {

using dnnl::memory;

/// OpenMP starts threads of its own beside those of the program; within this scope the caller computes alone.
class OneThread {
 public:
  OneThread() noexcept : before_(omp_get_max_threads()) {
    if (before_ != 1) omp_set_num_threads(1);
  }
  ~OneThread() {
    if (before_ != 1) omp_set_num_threads(before_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

/// Batch sizes that are computed; others are filled up with rows of zeros. AVX-512 kernels sum each row in one order
/// whatever the batch; AVX2 ones take six rows at a time and differ in what is left over, SSE4.1 ones differ for a
/// single row. The sizes are proposals: those that disagree on this machine are not used.
using Sizes = std::vector<std::size_t>;
constexpr std::size_t rows_max = 96;
constexpr std::size_t rows_wasted_max = 3;
// Ten microseconds of a core; a row alone waits for weights as long as two compute.
constexpr std::size_t part_products = 700'000, part_rows_min = 2;

Sizes proposed_sizes() {
  const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  const auto has = [isa](dnnl::cpu_isa least) {
    return (isa & static_cast<unsigned>(least)) == static_cast<unsigned>(least);
  };
  if (has(dnnl::cpu_isa::avx512_core))
    return {1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64, rows_max};
  if (has(dnnl::cpu_isa::avx)) return {6, 12, 18, 24, 36, 48, 66, rows_max};
  return {2, 4, 6, 8, 12, 16, 24, 32, 48, 64, rows_max};
}

struct LayerPlan {
  dnnl::inner_product_forward primitive;
  memory weights;
  std::size_t scratch_bytes = 0;
};

struct BatchPlan {
  std::size_t rows = 0;
  std::vector<LayerPlan> layers;
};

/// The memory that one thread computes in.
struct Workspace {
  struct Step {
    memory from, to, scratch;
    std::array<dnnl_exec_arg_t, 5> arguments;  // of those, and of the plan's
  };
  std::array<std::vector<float>, 3> rows;  // layers read one and write another; skips need a third
  std::vector<char> scratch;
  std::vector<std::vector<Step>> steps;  // by plan and layer; made when first needed
  dnnl::stream stream;
};

/// Free workspaces; a thread that finds none makes one.
class Workspaces {
 public:
  ~Workspaces() {
    // relaxed: nobody uses the network any more
    for (auto& place : places_) delete place.load(relaxed);
  }
  std::unique_ptr<Workspace> take() {
    for (auto& place : places_) {
      if (place.load(relaxed) == nullptr) continue;  // relaxed: a guess
      // (1) acquire pairs with (2): what its last user left in it
      if (Workspace* const found = place.exchange(nullptr, acquire))
        return std::unique_ptr<Workspace>(found);
    }
    return std::make_unique<Workspace>();
  }
  void give(std::unique_ptr<Workspace> workspace) noexcept {
    for (auto& place : places_) {
      Workspace* none = nullptr;
      // (2) release pairs with (1): the next user's view of it; relaxed: a place that is taken tells nothing
      if (place.compare_exchange_strong(none, workspace.get(), release, relaxed)) {
        static_cast<void>(workspace.release());
        return;
      }
    }
  }

 private:
  std::array<atomic<Workspace*>, 64> places_{};
};

class MlpNetwork final : public Network {
 public:
  explicit MlpNetwork(const Weights& weights)
      : architecture_(weights.architecture),
        layers_(layers_of(architecture_)),
        outputs_(architecture_.outputs()),
        version_(version_of(weights)),
        parameters_(weights.parameters),
        engine_(dnnl::engine::kind::cpu, 0) {
    std::size_t products = 0;
    for (const DenseLayer& layer : layers_) {
      width_ = std::max({width_, layer.in, layer.out});
      products += layer.in * layer.out;
    }
    part_rows_ = std::max(part_rows_min, part_products / std::max<std::size_t>(products, 1));
    const OneThread alone;
    for (const std::size_t rows : proposed_sizes()) plans_.push_back(plan(rows));
    keep_those_that_agree();
    workspaces_.give(std::make_unique<Workspace>());
    std::vector<float>().swap(parameters_);
  }

  std::size_t inputs() const noexcept override { return architecture_.inputs; }
  std::size_t outputs() const noexcept override { return outputs_; }
  std::size_t part_rows() const noexcept override { return part_rows_; }
  const std::string& version() const noexcept override { return version_; }

  void evaluate(const float* in, std::size_t rows, float* out) const override {
    const OneThread alone;
    std::unique_ptr<Workspace> workspace = workspaces_.take();
    try {
      while (rows > 0) {
        const std::size_t which = plan_for(rows);
        const std::size_t now = std::min(rows, plans_[which].rows);
        compute(which, *workspace, in, now, out);
        in += now * inputs();
        out += now * outputs_;
        rows -= now;
      }
    } catch (const dnnl::error& error) {
      WEIR_CHECK(error.status == dnnl_out_of_memory, "oneDNN computes what it has computed before");
      throw std::bad_alloc();
    }
    workspaces_.give(std::move(workspace));
  }

 private:
  static memory::desc rows_of(std::size_t rows, std::size_t width) {
    return {{static_cast<memory::dim>(rows), static_cast<memory::dim>(width)},
            memory::data_type::f32,
            memory::format_tag::nc};
  }

  /// Weights in the layout that the primitive asks for; one copy a layer and layout.
  memory weights_as(std::size_t layer, const memory::desc& wanted) {
    for (const auto& [at, kept] : laid_out_)
      if (at == layer && kept.get_desc() == wanted) return kept;
    const DenseLayer& l = layers_[layer];
    const memory::desc plain({static_cast<memory::dim>(l.out), static_cast<memory::dim>(l.in)},
                             memory::data_type::f32, memory::format_tag::ba);
    memory from(plain, engine_, parameters_.data() + l.weights);
    memory to(wanted, engine_);
    dnnl::stream stream(engine_);
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
    laid_out_.emplace_back(layer, to);
    return to;
  }

  memory biases_of(std::size_t layer) {
    while (biases_.size() <= layer) {
      const DenseLayer& l = layers_[biases_.size()];
      memory kept(
          {{static_cast<memory::dim>(l.out)}, memory::data_type::f32, memory::format_tag::x},
          engine_);
      std::memcpy(kept.get_data_handle(), parameters_.data() + l.biases, l.out * sizeof(float));
      biases_.push_back(kept);
    }
    return biases_[layer];
  }

  BatchPlan plan(std::size_t rows) {
    BatchPlan made{rows, {}};
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const DenseLayer& layer = layers_[i];
      const memory::desc any(
          {static_cast<memory::dim>(layer.out), static_cast<memory::dim>(layer.in)},
          memory::data_type::f32, memory::format_tag::any);
      dnnl::primitive_attr attributes;
      attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
      if (layer.relu && !layer.skip) {
        dnnl::post_ops operations;
        operations.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
        attributes.set_post_ops(operations);
      }
      const dnnl::inner_product_forward::desc what(
          dnnl::prop_kind::forward_inference, rows_of(rows, layer.in), any, biases_of(i).get_desc(),
          rows_of(rows, layer.out));
      const dnnl::inner_product_forward::primitive_desc how(what, attributes, engine_);
      made.layers.push_back({dnnl::inner_product_forward(how), weights_as(i, how.weights_desc()),
                             how.scratchpad_desc().get_size()});
      scratch_bytes_ = std::max(scratch_bytes_, made.layers.back().scratch_bytes);
    }
    return made;
  }

  /// Which of the three row buffers a layer reads; it writes the next.
  static std::size_t buffer_of(std::size_t layer) noexcept { return layer % 3; }

  void prepare(std::size_t which, Workspace& w) const {
    if (w.steps.empty()) {
      for (auto& rows : w.rows) rows.assign(plans_.back().rows * width_, 0.0F);
      w.scratch.resize(scratch_bytes_ + scratch_alignment);
      w.steps.resize(plans_.size());
      w.stream = dnnl::stream(engine_);
    }
    auto& steps = w.steps[which];
    const BatchPlan& batch = plans_[which];
    char* const scratch =
        w.scratch.data() +
        (scratch_alignment - std::bit_cast<std::uintptr_t>(w.scratch.data()) % scratch_alignment);
    for (std::size_t i = steps.size(); i < layers_.size(); ++i) {
      const memory::desc bytes(
          {static_cast<memory::dim>(std::max<std::size_t>(batch.layers[i].scratch_bytes, 1))},
          memory::data_type::u8, memory::format_tag::x);
      const memory from(rows_of(batch.rows, layers_[i].in), engine_, w.rows[buffer_of(i)].data());
      const memory to(rows_of(batch.rows, layers_[i].out), engine_,
                      w.rows[buffer_of(i + 1)].data());
      const memory free(bytes, engine_, scratch);
      steps.push_back({from,
                       to,
                       free,
                       {{{DNNL_ARG_SRC, from.get()},
                         {DNNL_ARG_WEIGHTS, batch.layers[i].weights.get()},
                         {DNNL_ARG_BIAS, biases_[i].get()},
                         {DNNL_ARG_DST, to.get()},
                         {DNNL_ARG_SCRATCHPAD, free.get()}}}});
    }
  }

  /// The smallest size that holds the rows, or the largest that they fill: a call of its own for
  /// what is left costs about as much as rows_wasted_max rows of zeros.
  std::size_t plan_for(std::size_t rows) const noexcept {
    std::size_t which = 0;
    while (plans_[which].rows < rows && which + 1 < plans_.size()) ++which;
    const bool wasteful = plans_[which].rows > rows + rows_wasted_max;
    return wasteful && which > 0 ? which - 1 : which;
  }

  void compute(std::size_t which, Workspace& w, const float* in, std::size_t rows,
               float* out) const {
    prepare(which, w);
    const BatchPlan& batch = plans_[which];
    float* const first = w.rows[0].data();
    std::memcpy(first, in, rows * inputs() * sizeof(float));
    std::fill(first + rows * inputs(), first + batch.rows * inputs(), 0.0F);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      // Not primitive::execute(), which makes a map and a list of its arguments each time.
      const auto& arguments = w.steps[which][i].arguments;
      dnnl::error::wrap_c_api(
          dnnl_primitive_execute(batch.layers[i].primitive.get(), w.stream.get(),
                                 static_cast<int>(arguments.size()), arguments.data()),
          "a layer was not computed");
      if (layers_[i].skip)
        add_skip(w.rows[buffer_of(i - 1)], w.rows[buffer_of(i + 1)], batch.rows * layers_[i].out);
    }
    const float* from = w.rows[buffer_of(layers_.size())].data();
    std::memcpy(out, from, rows * outputs_ * sizeof(float));
    for (std::size_t r = 0; r < rows; ++r) finish_row(architecture_.heads, out + r * outputs_);
  }

  static void add_skip(const std::vector<float>& before, std::vector<float>& rows,
                       std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) rows[i] = std::max(rows[i] + before[i], 0.0F);
  }

  /// Each row of each size against the same row alone in the smallest size. That one with rows of its own that differ:
  /// rows are computed singly.
  void keep_those_that_agree();

  static constexpr std::size_t scratch_alignment = 64;
  Architecture architecture_;
  std::vector<DenseLayer> layers_;
  std::size_t outputs_, width_ = 0, scratch_bytes_ = 0, part_rows_ = 0;
  std::string version_;
  std::vector<float> parameters_;
  dnnl::engine engine_;
  std::vector<std::pair<std::size_t, memory>> laid_out_;
  std::vector<memory> biases_;
  std::vector<BatchPlan> plans_;
  mutable Workspaces workspaces_;
};

void MlpNetwork::keep_those_that_agree() {
  constexpr std::uint64_t probe = 0x70726f6265ULL;
  std::vector<float> in(rows_max * inputs()), alone(rows_max * outputs_), together(alone.size());
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::uint64_t bits = keyed(probe, 0, i);
    // of many magnitudes, so that sums in another order have other bits
    const float unit = static_cast<float>(bits >> 40) * 0x1p-23F - 1;
    in[i] = std::ldexp(unit, -static_cast<int>(bits & 7));
  }
  Workspace workspace;
  for (std::size_t r = 0; r < rows_max; ++r)
    compute(0, workspace, in.data() + r * inputs(), 1, alone.data() + r * outputs_);
  std::vector<BatchPlan> kept;
  for (std::size_t which = 0; which < plans_.size(); ++which) {
    const std::size_t rows = plans_[which].rows;
    compute(which, workspace, in.data(), rows, together.data());
    if (std::memcmp(alone.data(), together.data(), rows * outputs_ * sizeof(float)) == 0)
      kept.push_back(plans_[which]);
  }
  const bool smallest_agrees = !kept.empty() && kept.front().rows == plans_.front().rows;
  plans_ = std::move(kept);
  if (!smallest_agrees) plans_ = {plan(1)};
}

}  // namespace

Result<std::unique_ptr<Network>> make_network(const Weights& weights) {
  if (auto checked = check(weights.architecture); !checked) return checked.error();
  const std::size_t count = parameter_count(weights.architecture);
  if (weights.parameters.size() != count)
    return Error{"architecture",
                 std::to_string(weights.parameters.size()) + " parameters where " +
                     weights.architecture.text() + " has " + std::to_string(count),
                 "weights"};
  for (std::size_t i = 0; i < count; ++i)
    if (!std::isfinite(weights.parameters[i]))
      return Error{"corrupt", "a weight that is no number", "parameter " + std::to_string(i)};
  try {
    return std::unique_ptr<Network>(std::make_unique<MlpNetwork>(weights));
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
    return Error{"evaluator", error.what(), weights.architecture.text()};
  }
}

}  // namespace weir::search::nets
