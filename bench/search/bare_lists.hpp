// bare_lists.hpp: what the list kernel is held against: all programs by number of calls, nothing inverted.
//
// Values of five examples stand side by side in 16-bit numbers; a line's results are shared by all programs that go on
// from it; a value that stands on the path is not kept; a last line is made in full and compared.
#pragma once

#include <array>
#include <cstdint>
#include <vector>
#include <weir/search/list_language.hpp>
#include <weir/search/task.hpp>

namespace weir::bench {

class BareLists {
 public:
  /// Five examples, lists of at most 16.
  explicit BareLists(const search::Task& task);
  /// Calls of the shortest program of at most `calls_max`, found within that many nodes; 0: none.
  std::size_t search(std::size_t calls_max, std::uint64_t nodes_max);
  std::uint64_t nodes() const noexcept { return nodes_; }

 private:
  static constexpr std::size_t examples = 5, width = 16;

  struct Value {
    std::array<std::int16_t, examples * width> number{};
    std::array<std::uint8_t, 8> length{};
    bool integer = false;
    std::uint32_t arguments = 0;
    std::uint64_t hash = 0;
  };

  bool descend(std::size_t lines_left, std::size_t from, std::uint32_t unused);
  void make_all(std::size_t newest, bool last, std::uint32_t unused);
  void make(const search::lists::Call& call, std::size_t a, std::size_t b, bool last,
            std::uint32_t unused);
  static bool evaluate(const search::lists::Call& call, const Value& a, const Value& b, Value& out);
  static void pack(const search::Value& value, std::size_t example, Value& out);
  static std::uint64_t hash_of(const Value& value);

  Value goal_;
  std::vector<Value> slots_, candidates_;
  std::size_t inputs_ = 0;
  std::uint64_t nodes_ = 0, nodes_max_ = 0;
  bool found_ = false;
};

}  // namespace weir::bench
