#include "fit_archive.hpp"

#include <weir/check.hpp>

namespace weir::segmentation {
namespace {

constexpr std::size_t group_rows = 1u << 14;

void add_entry(const Column& from, std::size_t row, Column& to) {
  if (from.is_null(row)) {
    to.add_null();
  } else if (from.type == ColumnType::text) {
    to.add(from.text(row));
  } else if (from.type == ColumnType::float64) {
    to.add(from.number(row));
  } else {
    to.add(from.integer(row));
  }
}

/// The rows of `from` behind those of `to`, which has the same columns, none of them constant.
void append_rows(const Table& from, Table& to) {
  WEIR_CHECK(from.size() == to.size(), "the same columns");
  for (std::size_t k = 0; k < from.size(); ++k) {
    for (std::size_t row = 0; row < from.rows; ++row) add_entry(from[k], row, to[k]);
  }
  to.rows += from.rows;
}

}  // namespace

Result<Done> FitArchive::put(AtomicFile& file, std::string_view text) {
  bytes_ += text.size();
  return file.write(text);
}

Result<Done> FitArchive::open() {
  if (auto made = make_directories(directory_); !made) return made;
  auto summary = AtomicFile::create(directory_ + "/fit_summary.parquet");
  if (!summary) return summary.error();
  summary_.emplace(std::move(summary).value());
  auto results = AtomicFile::create(directory_ + "/fit_results.json");
  if (!results) return results.error();
  results_.emplace(std::move(results).value());
  return Done{};
}

Result<Done> FitArchive::add(const Table& fits, const std::string& object) {
  const bool first = !results_.has_value();
  if (first) {
    if (auto opened = open(); !opened) return opened;
  }
  if (rows_.size() == 0) {
    for (std::size_t k = 0; k < fits.size(); ++k) rows_.add(fits[k].name, fits[k].type);
  }
  append_rows(fits, rows_);
  if (auto written = put(*results_, (first ? "[\n" : ",\n") + object); !written) return written;
  return rows_.rows >= group_rows ? flush() : Done{};
}

Result<Done> FitArchive::flush() {
  const auto bytes = writer_.add_row_group(rows_, 0, rows_.rows);
  if (!bytes) return bytes.error();
  rows_.clear();
  return put(*summary_, bytes.value());
}

Result<Done> FitArchive::commit(Sync sync) {
  if (!results_) return Done{};
  if (rows_.rows != 0) {
    if (auto flushed = flush(); !flushed) return flushed;
  }
  if (auto ended = put(*summary_, writer_.finish()); !ended) return ended;
  if (auto ended = put(*results_, "\n]\n"); !ended) return ended;
  if (auto named = summary_->commit(sync); !named) return named;
  return results_->commit(sync);
}

}  // namespace weir::segmentation
