// parquet_info.hpp: what a footer and page headers say, in words; private to the reader.
//
// Roles: pure functions.
#pragma once

#include <string_view>
#include <vector>
#include <weir/result.hpp>
#include <weir/segmentation/parquet.hpp>

#include "parquet_footer.hpp"

namespace weir::segmentation::format {

struct FooterPlace {
  std::string_view bytes;
  std::size_t base = 0;  // their offset in the file
};
/// Where the footer of a file is. Errors: bad_parquet; unsupported_parquet where it is encrypted.
Result<FooterPlace> find_footer(std::string_view file);

FileInfo describe(const Footer& footer);
/// Adds a page to the count of its kind and encoding.
void count_page(const PageHeader& head, std::vector<PageCount>& counts);

}  // namespace weir::segmentation::format
