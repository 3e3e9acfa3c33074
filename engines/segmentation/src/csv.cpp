#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <unordered_set>
#include <weir/segmentation/csv.hpp>
#include <weir/segmentation/header.hpp>
#include <weir/segmentation/text.hpp>

#include "plain_rows.hpp"
#include "short_number.hpp"

namespace weir::segmentation {
namespace {

constexpr std::array<std::string_view, reason_count> reason_words = {
    "empty_file",  "no_procedure",       "no_data_marker", "no_columns",   "unknown_columns",
    "empty_table", "bad_encoding",       "nul_bytes",      "text_in_data", "ragged_columns",
    "unreadable",  "changed_while_read", "too_large"};

constexpr std::size_t columns_max = 4096;

struct Field {
  std::string_view text;  // without its quotes
  bool doubled = false;   // quotes inside stand twice

  std::string plain() const {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
      out += text[at];
      if (doubled && text[at] == '"') ++at;
    }
    return out;
  }
};

/// Takes one field and the comma behind it. Quotes that do not enclose the whole field are a part
/// of it.
Field take_field(std::string_view& rest, bool& more) noexcept {
  const auto cut = [&](std::size_t from) {
    const std::size_t comma = rest.find(',', from);
    more = comma != std::string_view::npos;
    const std::string_view before = rest.substr(0, comma);
    rest = more ? rest.substr(comma + 1) : std::string_view{};
    return before;
  };
  if (!rest.empty() && rest.front() == '"') {
    Field field;
    std::size_t close = rest.find('"', 1);
    while (close != std::string_view::npos && rest.substr(close + 1).starts_with('"')) {
      field.doubled = true;
      close = rest.find('"', close + 2);
    }
    const std::string_view whole = rest;
    if (close != std::string_view::npos && trim(cut(close + 1).substr(close + 1)).empty()) {
      field.text = whole.substr(1, close - 1);
      return field;
    }
    rest = whole;
  }
  return {cut(0), false};
}

/// A column while rows are read.
struct Slot {
  Column* target =
      nullptr;  // stays where it is while columns are added; null: the field is left out
  ColumnType type = ColumnType::float64;
  bool decided = true;   // false: the first value decides
  std::size_t row = 0;   // the one whose value decided
  bool guessed = false;  // its type is not the specification's
  double factor = 1;     // from the unit in the file to the column's
  bool flag = false;     // a boolean column of the specification
};

class Reader {
 public:
  Reader(std::string_view text, Table& table) : text_(text), table_(table) {}

  std::optional<Reject> read(std::size_t offset, std::size_t line, const ProcedureSpec& spec,
                             bool only_spec, CsvNotes& notes);

 private:
  std::optional<Reject> read_columns(std::string_view line, const ProcedureSpec& spec,
                                     bool only_spec);
  std::optional<Reject> read_row(std::string_view line);
  void find_plain();
  std::size_t read_plain(std::size_t offset);
  bool read_cell(Slot& slot, const Field& cell);
  void take_back_row();
  void convert_units(CsvNotes& notes);
  bool decided() const noexcept {
    return std::all_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.decided; });
  }
  Reject reject(Reason reason, std::string what, const char* at) const {
    return {reason, std::move(what), line_, static_cast<std::size_t>(at - text_.data())};
  }

  std::string_view text_;
  Table& table_;
  std::vector<Slot> slots_;
  std::vector<std::string> names_;
  std::vector<std::string> repeated_;  // of names_ as they were, each once
  std::vector<double*> plain_;  // where the next rows' numbers go; empty: not all columns are such
  bool waiting_ = false;        // for a column's first value, which decides its type
  std::size_t pause_ = 0;       // rows to be read one by one before plain ones are expected again
  std::size_t pause_next_ = 1;  // how many after the next failure
  std::size_t line_ = 0;
};

std::string shown(std::string_view field) {
  constexpr std::size_t bytes_max = 40;
  std::string out(start_of(field, bytes_max));
  return field.size() > bytes_max ? out + "..." : out;
}

std::optional<Reject> Reader::read_columns(std::string_view line, const ProcedureSpec& spec,
                                           bool only_spec) {
  std::vector<std::string> raw;
  std::string_view rest = line;
  bool escaped = false;
  bool numbers = true;
  for (bool more = true; more;) {
    const std::string field = take_field(rest, more).plain();
    numbers = numbers && parse_float(field).has_value();
    raw.push_back(unescape(trim(field), escaped));
    if (raw.size() > columns_max)
      return reject(Reason::no_columns, "more than 4096 columns", line.data());
  }
  if (numbers)
    return reject(Reason::no_columns, "the data begins without a line of column names",
                  line.data());
  names_ = canonical_columns(raw, spec);
  std::unordered_set<std::string> taken;
  std::unordered_map<std::string, std::size_t> copies;
  bool known = spec.data.empty();
  for (std::size_t at = 0; at < names_.size(); ++at) {
    if (names_[at].empty()) names_[at] = "column_" + std::to_string(at + 1);
    const std::string first = names_[at];
    if (taken.contains(first) && copies.find(first) == copies.end()) repeated_.push_back(first);
    while (!taken.insert(names_[at]).second)
      names_[at] = first + "_duplicated_" + std::to_string(copies[first]++);
    const auto typed = std::find_if(spec.data.begin(), spec.data.end(),
                                    [&](const TypedKey& key) { return key.key == names_[at]; });
    const bool listed = typed != spec.data.end();
    known = known || listed;
    Slot slot;
    if (listed) {
      slot.flag = typed->type == ValueType::boolean;
      slot.type = typed->type == ValueType::integer ? ColumnType::int64
                  : slot.flag                       ? ColumnType::boolean
                  : typed->type == ValueType::float_unit || typed->type == ValueType::float_no_unit
                      ? ColumnType::float64
                      : ColumnType::text;
    } else {
      slot.decided = names_[at].find('(') != std::string::npos;  // a unit: numbers
      slot.guessed = !slot.decided;
    }
    slot.factor = listed ? column_factor(raw[at], names_[at]).value_or(1.0) : 1.0;
    if (listed || !only_spec || spec.data.empty()) {
      slot.target = &table_.add(names_[at], slot.type);
    }
    slots_.push_back(slot);
  }
  if (!known) {
    return reject(Reason::unknown_columns,
                  "none of the columns of " + spec.name + " is there; the line begins \"" +
                      shown(line) + "\"",
                  line.data());
  }
  return std::nullopt;
}

/// Reads one field that is no plain number. False: text where a number belongs.
bool Reader::read_cell(Slot& slot, const Field& cell) {
  const std::string_view field = cell.text;
  if (slot.target == nullptr) return true;
  Column& column = *slot.target;
  const std::string_view word = trim(field);
  if (!slot.decided && !word.empty()) {
    slot.decided = true;
    slot.row = table_.rows;
    if (!parse_float(word)) {
      const std::size_t nulls = column.entries();
      slot.type = ColumnType::text;
      column.clear(std::string(column.name), ColumnType::text);
      for (std::size_t k = 0; k < nulls; ++k) column.add_null();
    }
  }
  if (slot.type == ColumnType::text) {
    if (field.empty()) {
      column.add_null();
    } else if (cell.doubled) {
      column.add(std::string_view(cell.plain()));
    } else {
      column.add(field);
    }
    return true;
  }
  if (word.empty()) {
    column.add_null();
    return true;
  }
  if (slot.flag) {
    column.add(std::int64_t{std::get<bool>(cast_value(word, ValueType::boolean)) ? 1 : 0});
    return true;
  }
  const auto number = parse_float(word);
  if (!number) return false;
  if (slot.type == ColumnType::float64) {
    column.add(*number);
  } else if (const auto whole = parse_integer(word)) {
    column.add(*whole);
  } else if (std::isfinite(*number) && std::fabs(*number) < 9.0e18) {
    column.add(static_cast<std::int64_t>(*number));
  } else {
    column.add_null();
  }
  return true;
}

std::optional<Reject> Reader::read_row(std::string_view line) {
  const char* at = line.data();
  const char* const end = at + line.size();
  std::size_t field = 0;
  for (bool more = true; more; ++field) {
    if (field == slots_.size()) {
      return reject(Reason::ragged_columns,
                    "more than the " + std::to_string(slots_.size()) + " fields of the columns",
                    at);
    }
    Slot& slot = slots_[field];
    if (slot.type == ColumnType::float64 && slot.decided &&
        slot.target != nullptr) {  // nearly every field of every file
      Column& column = *slot.target;
      if (end - at >= 3 && at[0] == 'n' && at[1] == 'a' && at[2] == 'n' &&
          (at + 3 == end || at[3] == ',')) {
        column.add(std::numeric_limits<double>::quiet_NaN());
        more = at + 3 != end;
        at += more ? 4 : 3;
        continue;
      }
      double value = 0;
      if (const char* stop = read_short_number(at, end, value);
          stop != nullptr && (stop == end || *stop == ',')) {
        column.add(value);
        more = stop != end;
        at = stop + (more ? 1 : 0);
        continue;
      }
      const auto result = std::from_chars(at, end, value);
      const bool whole = result.ec == std::errc{} && (result.ptr == end || *result.ptr == ',');
      if (whole && result.ptr[-1] != ')') {  // "nan(...)" is C's
        column.add(value);
        more = result.ptr != end;
        at = result.ptr + (more ? 1 : 0);
        continue;
      }
    }
    std::string_view rest(at, static_cast<std::size_t>(end - at));
    const Field cell = take_field(rest, more);
    if (!read_cell(slot, cell)) {
      std::string what(1, '"');
      what += shown(cell.text);
      what += "\" where a number of column \"" + names_[field] + "\" belongs";
      return reject(Reason::text_in_data, std::move(what), at);
    }
    at = more ? rest.data() : end;
  }
  if (field != slots_.size()) {
    return reject(
        Reason::ragged_columns,
        std::to_string(field) + " fields, but " + std::to_string(slots_.size()) + " columns",
        line.data());
  }
  ++table_.rows;
  return std::nullopt;
}

/// Whether rows of plain numbers fill all columns there are; to be asked again while types are undecided.
void Reader::find_plain() {
  waiting_ = !decided();
  const bool plain = std::all_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
    return slot.type == ColumnType::float64 && slot.decided && slot.target != nullptr;
  });
  if (plain) plain_.resize(slots_.size());
}

/// Reads rows of plain numbers from byte `offset` on, as many as there are; gives where the next row begins.
std::size_t Reader::read_plain(std::size_t offset) {
  if (pause_ > 0) {
    --pause_;
    return offset;
  }
  constexpr std::size_t batch_rows = 128;
  const char* at = text_.data() + offset;
  std::size_t total = 0;
  for (std::size_t got = batch_rows; got == batch_rows; total += got) {
    for (std::size_t k = 0; k < slots_.size(); ++k) {
      std::vector<double>& floats = slots_[k].target->floats;
      floats.resize(table_.rows + batch_rows);
      plain_[k] = floats.data() + table_.rows;
    }
    const PlainRows read = read_plain_rows(at, text_.data() + text_.size(), plain_, batch_rows);
    at = read.stop;
    got = read.rows;
    table_.rows += got;
  }
  for (const Slot& slot : slots_) {
    slot.target->floats.resize(table_.rows);
    if (!slot.target->valid.empty()) slot.target->valid.resize(table_.rows, 1);
  }
  line_ += total;
  pause_next_ = total > pause_next_ ? 1 : std::min(2 * pause_next_, batch_rows);
  pause_ = pause_next_ - 1;
  return static_cast<std::size_t>(at - text_.data());
}

/// Numbers in another unit than the column's become those of the column's.
void Reader::convert_units(CsvNotes& notes) {
  for (const Slot& slot : slots_) {
    if (slot.target == nullptr || slot.factor == 1.0 || slot.type != ColumnType::float64) continue;
    Column& column = *slot.target;
    for (double& value : column.floats) value = scaled(value, slot.factor);
    notes.converted.push_back(column.name);
  }
}

/// Removes what the last row left in columns before it was refused, types that it decided included.
void Reader::take_back_row() {
  for (const Slot& slot : slots_) {
    if (slot.target == nullptr || !slot.guessed || !slot.decided || slot.row != table_.rows)
      continue;
    Column& column = *slot.target;
    column.clear(std::string(column.name), ColumnType::float64);
    for (std::size_t row = 0; row < table_.rows; ++row) column.add_null();
  }
  for (std::size_t at = 0; at < table_.size(); ++at) {
    Column& column = table_[at];
    if (column.entries() == table_.rows) continue;
    if (!column.valid.empty()) column.valid.pop_back();
    if (column.type == ColumnType::float64) {
      column.floats.pop_back();
    } else if (column.type == ColumnType::text) {
      column.ends.pop_back();
      column.bytes.resize(column.ends.empty() ? 0 : column.ends.back());
    } else {
      column.integers.pop_back();
    }
  }
}

std::optional<Reject> Reader::read(std::size_t offset, std::size_t line, const ProcedureSpec& spec,
                                   bool only_spec, CsvNotes& notes) {
  line_ = line;
  bool columns_read = false;
  for (; offset < text_.size(); ++line_) {
    if (!plain_.empty()) offset = read_plain(offset);
    const std::size_t begin = offset;
    const std::string_view row = next_line(text_, offset);
    if (row.empty() || row.front() == '#' || trim(row).empty()) continue;
    if (!columns_read) {
      columns_read = true;
      if (auto refused = read_columns(row, spec, only_spec)) return refused;
      find_plain();
      continue;
    }
    auto refused = read_row(row);
    if (waiting_) find_plain();
    const bool unterminated = offset == text_.size() && text_.back() != '\n';
    if (unterminated) {
      notes.cut_last_line = refused.has_value();
      notes.no_final_newline = !refused.has_value();
      if (refused) take_back_row();
    } else if (refused) {
      refused->byte = std::max<std::uint64_t>(refused->byte, begin);
      return refused;
    }
  }
  if (!columns_read) return Reject{Reason::no_columns, "nothing follows the #Data: marker", 0, 0};
  if (table_.rows == 0) return Reject{Reason::empty_table, "the table has no rows", 0, 0};
  convert_units(notes);
  notes.repeated = std::move(repeated_);
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Reason reason) noexcept {
  return reason_words[static_cast<std::uint8_t>(reason)];
}

std::optional<Reason> reason_from(std::string_view word) noexcept {
  for (std::size_t at = 0; at < reason_words.size(); ++at) {
    if (reason_words[at] == word) return static_cast<Reason>(at);
  }
  return std::nullopt;
}

std::optional<Reject> parse_csv(std::string_view text, std::size_t offset, std::size_t line,
                                const ProcedureSpec& spec, bool only_spec_columns, Table& table,
                                CsvNotes& notes) {
  table.clear();
  notes = {};
  return Reader(text, table).read(offset, line, spec, only_spec_columns, notes);
}

}  // namespace weir::segmentation
