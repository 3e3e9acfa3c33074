#include "list_worth_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <list_store.hpp>
#include <numbers>
#include <utility>

#include "net_heads.hpp"
#include "net_layers.hpp"

namespace weir::search::lists {
namespace {

constexpr std::size_t store_bytes = std::size_t{16} << 20, lines_asked_for = 2;
constexpr std::uint64_t order_purpose = 5;

/// Values of a task's examples, packed, and the blocks they stand in.
class Values {
 public:
  explicit Values(const std::vector<Example>& examples) {
    shape_.examples = examples.size();
    shape_.groups = (examples.size() + lanes - 1) / lanes;
    for (const Example& example : examples) {
      for (const Value& value : example.in) reach(value);
      reach(*example.out);
    }
  }
  const Shape& shape() const noexcept { return shape_; }
  Packed pack_of(const std::vector<const Value*>& values) {
    blocks_.emplace_back(shape_.block_rows());
    return pack(values, shape_, blocks_.back().data());
  }

 private:
  void reach(const Value& value) {
    if (const auto* list = std::get_if<List>(&value))
      shape_.rows = std::max(shape_.rows, list->size());
  }

  Shape shape_;
  std::vector<std::vector<Row>> blocks_;
};

/// The values of a program's slots on all examples.
std::vector<Packed> slots_of(const DrawnTask& task, Values& values) {
  std::vector<std::vector<Value>> made;
  for (const Example& example : task.task.examples)
    made.push_back(*evaluate_lines(task.program, example.in));
  std::vector<Packed> slots;
  for (std::size_t slot = 0; slot < made.front().size(); ++slot) {
    std::vector<const Value*> of_slot;
    for (const std::vector<Value>& of_example : made) of_slot.push_back(&of_example[slot]);
    slots.push_back(values.pack_of(of_slot));
  }
  return slots;
}

/// All that one call makes of slots up to `newest`, and of it: each value once.
class Options {
 public:
  Options(const Shape& shape, const WorthGoal& goal, const Costs& costs)
      : shape_(shape), goal_(goal), costs_(costs), store_(shape, store_bytes) {}

  void add_value(const Packed& value) {
    Row* const block = store_.next_block();
    if (block == nullptr) return;
    std::memcpy(static_cast<void*>(block), value.block, shape_.block_rows() * sizeof(Row));
    Packed kept = value;
    kept.block = block;
    if (store_.push(kept, {}, 0, 0)) options_.emplace_back();
  }
  void add_lines(const std::vector<Packed>& slots, std::size_t newest) {
    for (std::size_t other = 0; other <= newest; ++other) {
      for (std::uint8_t call = 0; call < calls; ++call) {
        add(slots, call, newest, other);
        if (other != newest) add(slots, call, other, newest);
      }
    }
  }
  /// Those that are no slot of the first `slots`; right where a later one of the first `known` has the value.
  WorthChoice choice(const std::vector<Packed>& slots, std::size_t made, std::size_t known) const {
    WorthChoice choice;
    for (std::size_t i = 0; i < options_.size(); ++i) {
      const auto is = [&](const Packed& slot) { return same(slot, store_[i].value, shape_); };
      const auto at = slots.begin() + static_cast<std::ptrdiff_t>(made);
      if (std::any_of(slots.begin(), at, is)) continue;
      choice.options.push_back(options_[i]);
      choice.options.back().right =
          std::any_of(at, slots.begin() + static_cast<std::ptrdiff_t>(known), is);
    }
    return choice;
  }

 private:
  void add(const std::vector<Packed>& slots, std::uint8_t call, std::size_t a, std::size_t b) {
    const Takes takes = call_table[call].takes;
    const Kind first = takes == Takes::integer_list ? Kind::integer : Kind::list;
    if (takes == Takes::list && a != b) return;
    if (slots[a].kind != first || slots[b].kind != Kind::list) return;
    Row* const block = store_.next_block();
    Packed value;
    if (block == nullptr || !apply(call_table[call], slots[a], slots[b], shape_, block, value))
      return;
    if (!store_.push(value, {}, 0, 0)) return;
    const auto bits = static_cast<float>(costs_[call]) / static_cast<float>(units_per_bit);
    options_.push_back({goal_.features(value), call, false, -bits * std::numbers::ln2_v<float>});
  }

  const Shape& shape_;
  const WorthGoal& goal_;
  const Costs& costs_;
  Store store_;
  std::vector<WorthChoice::Option> options_;  // beside the store's values
};

/// Of one option: its number, and what is left of the hidden ones above 0.
float forward(const float* parameters, const WorthChoice::Option& option, float* hidden) {
  const float* const rows = parameters + worth_input(option.features.pair) * worth_hidden;
  const float* const biases = parameters + worth_inputs * worth_hidden;
  const float* const of_call = rows + (worth_features + option.call) * worth_hidden;
  for (std::size_t j = 0; j < worth_hidden; ++j) hidden[j] = biases[j] + of_call[j];
  for (std::size_t i = 0; i < option.features.used; ++i) {
    const float x = option.features.number[i];
    for (std::size_t j = 0; j < worth_hidden; ++j) hidden[j] += x * rows[i * worth_hidden + j];
  }
  float number = biases[2 * worth_hidden];
  for (std::size_t j = 0; j < worth_hidden; ++j) {
    hidden[j] = std::max(hidden[j], 0.0F);
    number += hidden[j] * biases[worth_hidden + j];
  }
  return number;
}

void backward(const float* parameters, const WorthChoice::Option& option, float change,
              float* gradient) {
  float hidden[worth_hidden];
  static_cast<void>(forward(parameters, option, hidden));
  const std::size_t first = worth_input(option.features.pair) * worth_hidden;
  const std::size_t biases = worth_inputs * worth_hidden;
  float* const rows = gradient + first;
  float* const of_call = rows + (worth_features + option.call) * worth_hidden;
  gradient[biases + 2 * worth_hidden] += change;
  for (std::size_t j = 0; j < worth_hidden; ++j) {
    gradient[biases + worth_hidden + j] += change * hidden[j];
    hidden[j] = hidden[j] > 0 ? change * parameters[biases + worth_hidden + j] : 0.0F;
    gradient[biases + j] += hidden[j];
    of_call[j] += hidden[j];
  }
  for (std::size_t i = 0; i < option.features.used; ++i) {
    const float x = option.features.number[i];
    for (std::size_t j = 0; j < worth_hidden; ++j) rows[i * worth_hidden + j] += x * hidden[j];
  }
}

/// -log of the right ones' share, in nats.
double loss_of(const float* parameters, const WorthChoice& choice, float scale, float* gradient) {
  const std::vector<WorthChoice::Option>& options = choice.options;
  std::vector<double> weight(options.size());
  float hidden[worth_hidden];
  for (std::size_t i = 0; i < options.size(); ++i)
    weight[i] = static_cast<double>(options[i].prior + forward(parameters, options[i], hidden));
  const double largest = *std::max_element(weight.begin(), weight.end());
  double all = 0, right = 0;
  for (std::size_t i = 0; i < options.size(); ++i) {
    weight[i] = nets::exponential(weight[i] - largest);
    all += weight[i];
    if (options[i].right) right += weight[i];
  }
  if (gradient != nullptr) {
    for (std::size_t i = 0; i < options.size(); ++i) {
      const double change = weight[i] / all - (options[i].right ? weight[i] / right : 0.0);
      backward(parameters, options[i], scale * static_cast<float>(change), gradient);
    }
  }
  return nets::logarithm(all / right);
}

}  // namespace

std::vector<WorthChoice> worth_choices(const DrawnTask& task, const Costs& costs) {
  Values values(task.task.examples);
  std::vector<const Value*> outputs;
  for (const Example& example : task.task.examples) outputs.push_back(&*example.out);
  const Packed output = values.pack_of(outputs);
  const WorthGoal goal(output, values.shape());
  const std::vector<Packed> slots = slots_of(task, values);
  const std::size_t inputs = task.program.inputs.size();
  const std::size_t known = slots.size() - std::min(lines_asked_for, slots.size() - inputs);
  Options options(values.shape(), goal, costs);
  for (std::size_t slot = 0; slot < inputs; ++slot) options.add_value(slots[slot]);
  std::vector<WorthChoice> choices;
  for (std::size_t made = 1; made < known; ++made) {
    options.add_lines(slots, made - 1);
    if (made < inputs) continue;
    WorthChoice choice = options.choice(slots, made, known);
    if (std::any_of(choice.options.begin(), choice.options.end(),
                    [](const WorthChoice::Option& option) { return option.right; }))
      choices.push_back(std::move(choice));
  }
  return choices;
}

double worth_loss(const nets::Weights& weights, std::span<const WorthChoice* const> choices,
                  float* gradient) {
  const float scale = 1.0F / static_cast<float>(choices.size());
  double loss = 0;
  for (const WorthChoice* const choice : choices)
    loss += loss_of(weights.parameters.data(), *choice, scale, gradient);
  return loss / static_cast<double>(choices.size()) / std::numbers::ln2;
}

nets::Weights teach_worth(std::span<const WorthChoice> choices, const WorthTraining& training) {
  nets::Weights weights = nets::initial_weights(worth_architecture(), training.seed);
  const std::size_t count = weights.parameters.size(),
                    batch = std::min(training.batch, choices.size());
  std::vector<float> gradient(count), mean(count), square(count);
  std::vector<const WorthChoice*> order;
  for (const WorthChoice& choice : choices) order.push_back(&choice);
  const std::size_t batches = batch == 0 ? 0 : choices.size() / batch;
  const auto steps = static_cast<float>(training.passes * batches);
  float decay_1 = 1, decay_2 = 1;  // of the moments' beginning at 0
  std::size_t step = 0;
  for (std::size_t pass = 0; pass < training.passes; ++pass) {
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[nets::keyed(training.seed, order_purpose + pass, i) % i]);
    for (std::size_t b = 0; b < batches; ++b, ++step) {
      std::fill(gradient.begin(), gradient.end(), 0.0F);
      worth_loss(weights, std::span(order).subspan(b * batch, batch), gradient.data());
      const float done = static_cast<float>(step) / steps;
      const float left = 1 - done * done * (3 - 2 * done);  // as half a cosine, the same everywhere
      const float rate = training.rate_last + (training.rate - training.rate_last) * left;
      decay_1 *= 0.9F;
      decay_2 *= 0.999F;
      for (std::size_t i = 0; i < count; ++i) {
        mean[i] = 0.9F * mean[i] + 0.1F * gradient[i];
        square[i] = 0.999F * square[i] + 0.001F * gradient[i] * gradient[i];
        const float size = std::sqrt(square[i] / (1 - decay_2)) + 1e-8F;
        weights.parameters[i] -=
            rate * (mean[i] / (1 - decay_1) / size + training.decay * weights.parameters[i]);
      }
    }
  }
  return weights;
}

}  // namespace weir::search::lists
