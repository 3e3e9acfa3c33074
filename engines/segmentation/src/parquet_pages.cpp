#include "parquet_pages.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include "thrift.hpp"

namespace weir::segmentation::format {
namespace {

constexpr std::size_t page_bytes_max = 1u << 20;  // before compression; as large as readers like
constexpr std::size_t page_rows_max = 1u << 17;   // of 8 bytes each
constexpr std::size_t run_rows_min = 4;           // equal values in a row that pay for a dictionary

using thrift::append_varint;

}  // namespace

bool same_entry(const Column& column, std::size_t a, std::size_t b) noexcept {
  switch (column.type) {
    case ColumnType::float64:  // by bits: a NaN is like itself, and -0.0 is not 0.0
      return std::bit_cast<std::uint64_t>(column.floats[a]) ==
             std::bit_cast<std::uint64_t>(column.floats[b]);
    case ColumnType::text:
      return column.text(a) == column.text(b);
    default:
      return column.integers[a] == column.integers[b];
  }
}

namespace {

/// Sets the lowest and the highest of numbers without a NaN; several at a time, as each waits for the one before.
void find_range(std::span<const double> values, Facts& facts) noexcept {
  constexpr std::size_t lanes = 8;
  std::array<double, lanes> low{}, high{};
  low.fill(values.front());
  high.fill(values.front());
  std::size_t k = 0;
  const auto take = [&](std::size_t lane, double value) {
    low[lane] = value < low[lane] ? value : low[lane];
    high[lane] = value > high[lane] ? value : high[lane];
  };
  for (; k + lanes <= values.size(); k += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) take(lane, values[k + lane]);
  }
  for (; k < values.size(); ++k) take(0, values[k]);
  facts.low = *std::min_element(low.begin(), low.end());
  facts.high = *std::max_element(high.begin(), high.end());
  facts.has_range = true;
}

/// Of numbers without nulls, one at least.
Facts facts_of_floats(std::span<const double> values) noexcept {
  Facts facts;
  facts.values = values.size();
  facts.runs = 1;
  auto before = std::bit_cast<std::uint64_t>(values.front());
  for (const double value : values) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    facts.nans += value != value ? 1 : 0;
    facts.runs += bits != before ? 1 : 0;
    before = bits;
  }
  facts.runs_short = facts.runs > std::max<std::size_t>(1, values.size() / run_rows_min);
  if (facts.nans == 0) find_range(values, facts);
  return facts;
}

}  // namespace

Facts facts_of(const Slice& slice) {
  const Column& column = *slice.column;
  if (!column.constant && column.type == ColumnType::float64 && column.valid.empty() &&
      slice.count != 0)
    return facts_of_floats(std::span(column.floats).subspan(slice.first, slice.count));
  Facts facts;
  if (column.constant) {
    (column.is_null(0) ? facts.nulls : facts.values) = slice.count;
    facts.runs = std::min<std::size_t>(1, facts.values);
    if (facts.values != 0 && column.type == ColumnType::float64 && std::isnan(column.floats[0]))
      facts.nans = slice.count;
    return facts;
  }
  const std::size_t runs_max = std::max<std::size_t>(1, slice.count / run_rows_min);
  std::size_t before = 0;  // the row of the last value
  for (std::size_t row = slice.first; row < slice.first + slice.count; ++row) {
    if (column.is_null(row)) {
      ++facts.nulls;
      continue;
    }
    if (column.type == ColumnType::float64 && std::isnan(column.floats[row])) ++facts.nans;
    if (!facts.runs_short && (facts.values == 0 || !same_entry(column, before, row))) {
      facts.runs_short = ++facts.runs > runs_max;
    }
    ++facts.values;
    before = row;
  }
  return facts;
}

bool wants_dictionary(const Slice& slice, const Facts& facts) noexcept {
  if (slice.column->type == ColumnType::boolean || facts.runs_short || facts.runs == 0)
    return false;
  return facts.single() ? slice.count > 1 : facts.runs * run_rows_min <= facts.values;
}

void append_value(std::string& out, const Column& column, std::size_t row) {
  switch (column.type) {
    case ColumnType::float64:
      append_le(out, column.floats[row]);
      break;
    case ColumnType::int32:
      append_le(out, static_cast<std::int32_t>(column.integers[row]));
      break;
    case ColumnType::text: {
      const std::string_view text = column.text(row);
      append_le(out, static_cast<std::uint32_t>(text.size()));
      out += text;
      break;
    }
    case ColumnType::boolean:
      out += static_cast<char>(column.integers[row]);
      break;
    default:
      append_le(out, column.integers[row]);
  }
}

void append_plain(std::string& out, const Slice& slice, const Facts& facts) {
  const Column& column = *slice.column;
  if (facts.values == 0) return;
  if (column.type == ColumnType::boolean) {
    unsigned bits = 0;
    unsigned n = 0;
    for (std::size_t k = 0; k < slice.count; ++k) {
      if (column.is_null(slice.row(k))) continue;
      bits |= (column.integers[slice.row(k)] != 0 ? 1u : 0u) << n;
      if (++n == 8) {
        out += static_cast<char>(bits);
        bits = n = 0;
      }
    }
    if (n != 0) out += static_cast<char>(bits);
    return;
  }
  if (!column.constant && facts.nulls == 0 && column.type == ColumnType::float64) {
    out.append(reinterpret_cast<const char*>(column.floats.data() + slice.first),
               slice.count * sizeof(double));
    return;
  }
  for (std::size_t k = 0; k < slice.count; ++k) {
    if (!column.is_null(slice.row(k))) append_value(out, column, slice.row(k));
  }
}

namespace {

/// Makes word k the k-th bytes of eight words (of a transposed 8 x 8 matrix of bytes).
void transpose(std::array<std::uint64_t, 8>& words) noexcept {
  constexpr std::array<std::uint64_t, 3> low = {0x00ff00ff00ff00ffu, 0x0000ffff0000ffffu,
                                                0x00000000ffffffffu};
  for (unsigned step = 0; step < 3; ++step) {  // blocks of 1, 2 and 4 bytes change places
    const unsigned apart = 1u << step;
    const unsigned bits = 8 * apart;
    for (unsigned k = 0; k < 8; ++k) {
      if ((k & apart) != 0) continue;
      const std::uint64_t a = words[k];
      const std::uint64_t b = words[k + apart];
      words[k] = (a & low[step]) | ((b & low[step]) << bits);
      words[k + apart] = ((a >> bits) & low[step]) | (b & ~low[step]);
    }
  }
}

}  // namespace

void append_split(std::string& out, std::string_view plain) {
  constexpr std::size_t width = 8;
  const std::size_t count = plain.size() / width;
  const std::size_t begin = out.size();
  out.resize(begin + count * width);
  char* const to = out.data() + begin;
  std::size_t k = 0;
  for (std::array<std::uint64_t, width> words; k + width <= count; k += width) {
    std::memcpy(words.data(), plain.data() + k * width, sizeof words);
    transpose(words);
    for (std::size_t b = 0; b < width; ++b) std::memcpy(to + b * count + k, &words[b], width);
  }
  for (; k < count; ++k) {
    for (std::size_t b = 0; b < width; ++b) to[b * count + k] = plain[k * width + b];
  }
}

void append_levels(std::string& out, const Slice& slice, const Facts& facts) {
  const std::size_t at = out.size();
  append_le(out, std::uint32_t{0});
  const auto run = [&](std::size_t length, bool defined) {
    append_varint(out, std::uint64_t{length} << 1);
    out += defined ? '\1' : '\0';
  };
  if (facts.nulls == 0 || facts.values == 0) {
    run(slice.count, facts.nulls == 0);
  } else {
    std::size_t begin = 0;
    for (std::size_t k = 1; k <= slice.count; ++k) {
      const bool before = !slice.column->is_null(slice.row(begin));
      if (k < slice.count && !slice.column->is_null(slice.row(k)) == before) continue;
      run(k - begin, before);
      begin = k;
    }
  }
  const auto size = static_cast<std::uint32_t>(out.size() - at - 4);
  std::memcpy(out.data() + at, &size, sizeof(size));
}

void append_indices(std::string& out, const Slice& slice, std::size_t begin, std::size_t end,
                    const std::vector<Run>& runs, std::uint32_t entries) {
  // One bit at least: some readers fail at none.
  const auto width = std::max(1u, static_cast<unsigned>(std::bit_width(entries - 1)));
  out += static_cast<char>(width);
  const auto flush = [&](std::size_t length, std::uint32_t index) {
    if (length == 0) return;
    append_varint(out, std::uint64_t{length} << 1);
    for (unsigned k = 0; k < width; k += 8) out += static_cast<char>(index >> k);
  };
  if (slice.column->constant) return flush(end - begin, 0);
  auto run = std::upper_bound(runs.begin(), runs.end(), begin,
                              [](std::size_t k, const Run& r) { return k < r.begin; });
  if (run != runs.begin()) --run;
  if (slice.column->valid.empty()) {  // no nulls: a run ends where the next begins
    for (; begin < end; ++run) {
      const std::size_t stop = run + 1 == runs.end() ? end : std::min(end, (run + 1)->begin);
      flush(stop - begin, run->index);
      begin = stop;
    }
    return;
  }
  std::size_t length = 0;
  for (std::size_t k = begin; k < end; ++k) {
    if (slice.column->is_null(slice.row(k))) continue;
    while (run + 1 != runs.end() && (run + 1)->begin <= k) {
      flush(std::exchange(length, 0), run->index);
      ++run;
    }
    ++length;
  }
  flush(length, run->index);
}

std::size_t page_end(const Slice& slice, std::size_t begin, bool dictionary) {
  const std::size_t most = std::min(slice.count, begin + page_rows_max);
  if (dictionary || slice.column->type != ColumnType::text) return most;
  std::size_t bytes = 0;
  for (std::size_t k = begin; k < most; ++k) {
    bytes += 4 + slice.column->text(slice.row(k)).size();
    if (bytes > page_bytes_max && k != begin) return k;
  }
  return most;
}

}  // namespace weir::segmentation::format
