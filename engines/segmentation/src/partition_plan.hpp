// partition_plan.hpp: which runs each partition has, in which order, with which columns; private.
//
// Shape     a partition's columns are those of all its runs, each behind the one it follows in its run. One type a
//           column: text where a run of the procedure has text, else a number's.
// Roles     one thread at a time; conform() any, on its own scratch.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <weir/segmentation/parquet.hpp>
#include <weir/segmentation/record_store.hpp>
#include <weir/segmentation/table.hpp>

namespace weir::segmentation {

struct ShapeField {
  std::string name;
  ColumnType type = ColumnType::float64;
  bool operator==(const ShapeField&) const = default;
};
using Shape = std::vector<ShapeField>;

/// The column lists that runs have: few, however many the runs.
class Shapes {
 public:
  std::uint32_t intern(Shape shape);
  const Shape& operator[](std::uint32_t index) const { return *shapes_[index]; }

 private:
  std::map<std::string, std::uint32_t> index_;
  std::vector<std::unique_ptr<Shape>> shapes_;
};

inline constexpr std::uint32_t no_shape = 0xffffffff;  // not looked at yet

/// Where a run belongs, and which columns it has.
struct PartitionPlace {
  std::string partition;  // "proc=P/date=D"
  std::string run_id;
  std::int64_t start_us = 0;
  Shape shape;
  std::set<std::string> texts;  // columns of text, which must be text in all runs of the procedure
  RowGroup group;               // what `rows` was packed from
  std::string rows;  // its row group, with the columns of `shape`; empty: it is to be read again
};

struct Member {
  std::string path;       // of its input
  std::string file;       // that holds its input among others; empty: `path` does
  std::size_t group = 0;  // its row group there
  std::string run_id;
  std::int64_t start_us = 0;
  int part = -1;  // that holds it, where it is current
  std::uint32_t shape = no_shape;
  bool current = false;  // what its record says holds: it is written for its neighbours' sake
  const std::string* from = nullptr;  // another partition, which it leaves; null: none
  std::uint64_t bytes_in = 0;         // that were read to make `rows`
  std::string_view rows;              // as PartitionPlace's, kept beside `record`
  PackedRecord record;                // of a run that has `rows`: all but where they are
};

struct Partition {
  std::vector<Member> members;
  Shape shape;
  bool dirty = false;
};

/// By "proc=P/date=D".
using Plan = std::map<std::string, Partition>;

/// The name of the procedure in "proc=P/...".
std::string procedure_of(std::string_view partition);
/// Columns of the procedure that must be text, by "proc=P".
using Texts = std::map<std::string, std::set<std::string>>;

/// Sorts the members by start, then by id, and finds the partition's columns.
void settle(Partition& partition, const Shapes& shapes, const std::set<std::string>& texts);

/// Makes `out` the columns of `shape` from those that a run has; what it has not, or has in another type, is made in
/// `scratch`.
void conform(std::span<const Column* const> columns, std::size_t rows, const Shape& shape,
             Table& scratch, std::vector<const Column*>& out);

}  // namespace weir::segmentation
