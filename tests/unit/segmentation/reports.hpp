// reports.hpp: two runs that ought to have told the same.
#pragma once

#include <doctest/doctest.h>

#include <weir/segmentation/pipeline.hpp>

inline void check_alike(const weir::segmentation::StageReport& a,
                        const weir::segmentation::StageReport& b) {
  CHECK(a.files == b.files);
  CHECK(a.done == b.done);
  CHECK(a.skipped == b.skipped);
  CHECK(a.rejects == b.rejects);
  CHECK(a.rows == b.rows);
  CHECK(a.segments == b.segments);
  CHECK(a.bytes_in == b.bytes_in);
  CHECK(a.bytes_out == b.bytes_out);
  CHECK(a.removed == b.removed);
}
