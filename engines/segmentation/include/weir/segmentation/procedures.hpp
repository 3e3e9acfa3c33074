// procedures.hpp: which types a procedure's parameters and columns have; header values, units and
// column names.
//
// Shape: seven procedures are built in (ITt, IVg, IVgT, It, LaserCalibration, Tt, IV); a YAML file
// replaces them all. A procedure that is not in the table has an empty specification: its runs are
// staged uncast. Roles: set up once, then read by any thread. Errors: load_procedures() names file
// and line.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>
#include <weir/result.hpp>
#include <weir/segmentation/header.hpp>

namespace weir::segmentation {

enum class ValueType : std::uint8_t { float_unit, float_no_unit, integer, boolean, text, datetime };

/// The type named in YAML ("float", "float_no_unit", "int", "bool", "str", "datetime"); empty when
/// unknown.
std::optional<ValueType> value_type(std::string_view name) noexcept;

struct TypedKey {
  std::string key;
  ValueType type = ValueType::text;
};

struct ProcedureSpec {
  std::string name;
  std::vector<TypedKey> parameters;
  std::vector<TypedKey> metadata;
  std::vector<TypedKey> data;  // canonical column names, in the file's order

  bool empty() const noexcept { return parameters.empty() && metadata.empty() && data.empty(); }
};

class ProcedureTable {
 public:
  /// The seven procedures.
  static const ProcedureTable& built_in();
  explicit ProcedureTable(std::vector<ProcedureSpec> specs) : specs_(std::move(specs)) {}

  /// The specification of `name`, an empty one when there is none. Valid as long as the table.
  const ProcedureSpec& spec(std::string_view name) const noexcept;
  const std::vector<ProcedureSpec>& specs() const noexcept { return specs_; }
  /// A word that changes when anything of the table does; part of what decides whether a run is up
  /// to date.
  std::uint64_t fingerprint() const noexcept;

 private:
  std::vector<ProcedureSpec> specs_;
};

/// Reads `procedures: {NAME: {Parameters: {...}, Metadata: {...}, Data: {...}}}`, of at most 1 MiB
/// and 65,536 keys. Errors: bad_procedures with FILE:LINE.
Result<ProcedureTable> load_procedures(const std::string& path);
/// The same of such a file's text; `name` stands for it in errors.
Result<ProcedureTable> parse_procedures(const std::string& text, const std::string& name);

/// A header value after its cast. What cannot be cast stays the text it was.
using HeaderValue = std::variant<std::monostate, std::string, double, std::int64_t, bool>;
/// Casts `text`; datetime gives microseconds since the epoch (UTC).
HeaderValue cast_value(std::string_view text, ValueType type);
/// The number of "0.1 V": digits with at most one unit behind; empty when `text` is not so.
std::optional<double> number_with_unit(std::string_view text,
                                       std::string_view* unit = nullptr) noexcept;
/// The factor from `unit` to `base` ("mV" to "V": 1e-3), 1 for no unit; empty when the unit is
/// another one.
std::optional<double> unit_factor(std::string_view unit, std::string_view base) noexcept;

/// A number in the unit that `factor` leads to: 100 mV is 0.1 V, not 0.1000...1. A factor is a whole number or the
/// inverse of one, and what 1 / 1e-9 gives is only near to it.
inline double scaled(double number, double factor) noexcept {
  return factor < 1.0 ? number / std::round(1.0 / factor) : number * std::round(factor);
}

/// The factor from the unit of a raw column's name to that of its canonical one ("I (mA)" to "I (A)":
/// 1e-3), 1 where either has none; empty when the unit is another one.
std::optional<double> column_factor(std::string_view raw, std::string_view canonical);

/// The canonical name of each raw column name: targets in the table's order by equal normalised
/// names, then by synonym, then by upper case. A name that matches nothing stays; no target is
/// given twice.
std::vector<std::string> canonical_columns(const std::vector<std::string>& raw,
                                           const ProcedureSpec& spec);

/// Lower case without white space, _ - ( ) [ ], and with a degree sign as "deg".
std::string normalised(std::string_view name);

}  // namespace weir::segmentation
