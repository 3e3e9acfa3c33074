#include <doctest/doctest.h>

#include <cstring>
#include <net_layers.hpp>
#include <net_matrix.hpp>

namespace nets = weir::search::nets;

namespace {

std::vector<float> drawn_numbers(std::size_t count, std::uint64_t seed) {
  std::vector<float> numbers(count);
  for (std::size_t i = 0; i < count; ++i)
    numbers[i] = static_cast<float>(nets::keyed(seed, 7, i) >> 40) * 0x1p-23F - 1;
  return numbers;
}

}  // namespace

TEST_CASE("net matrix: the same bits from all kernels, those of a sum from first to last") {
  const struct {
    std::size_t m, k, n;
  } shapes[] = {{1, 1, 1}, {2, 3, 5}, {6, 17, 16}, {7, 33, 31}, {13, 64, 33}, {32, 100, 70}};
  nets::Panel panel;
  for (const auto& [m, k, n] : shapes) {
    const auto a = drawn_numbers(m * k, 1), b = drawn_numbers(k * n, 2);
    const auto before = drawn_numbers(m * n, 3);
    for (const nets::Into into : {nets::Into::replace, nets::Into::add}) {
      std::vector<float> plain = before;
      for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
          float sum = into == nets::Into::add ? plain[i * n + j] : 0.0F;
          for (std::size_t p = 0; p < k; ++p) sum += a[i * k + p] * b[p * n + j];
          plain[i * n + j] = sum;
        }
      }
      for (int which = 0; which <= static_cast<int>(nets::best_kernels()); ++which) {
        CAPTURE(which);
        std::vector<float> c = before;
        nets::multiply({a.data(), k, 1}, {b.data(), n, 1}, c.data(), m, k, n, into, panel,
                       static_cast<nets::Kernels>(which));
        CHECK(std::memcmp(c.data(), plain.data(), c.size() * sizeof(float)) == 0);
      }
    }
  }
}

TEST_CASE("net matrix: factors that lie the other way round give the same product") {
  const std::size_t m = 9, k = 20, n = 35;
  const auto a = drawn_numbers(m * k, 1), b = drawn_numbers(k * n, 2);
  std::vector<float> a_turned(a.size()), b_turned(b.size()), c(m * n), c_turned(m * n);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t p = 0; p < k; ++p) a_turned[p * m + i] = a[i * k + p];
  for (std::size_t p = 0; p < k; ++p)
    for (std::size_t j = 0; j < n; ++j) b_turned[j * k + p] = b[p * n + j];
  nets::Panel panel;
  nets::multiply({a.data(), k, 1}, {b.data(), n, 1}, c.data(), m, k, n, nets::Into::replace, panel);
  nets::multiply({a_turned.data(), 1, m}, {b_turned.data(), 1, k}, c_turned.data(), m, k, n,
                 nets::Into::replace, panel);
  CHECK(c == c_turned);
}
