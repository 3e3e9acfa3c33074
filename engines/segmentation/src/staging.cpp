#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <weir/check.hpp>
#include <weir/segmentation/staging.hpp>
#include <weir/segmentation/text.hpp>

namespace weir::segmentation {
namespace {

constexpr std::size_t note_bytes_max = 64;  // of a header's value in a note

struct Parameter {
  std::string_view column;
  std::string_view key;   // of the header
  std::string_view unit;  // base unit; empty: a text column
  bool always;            // there even when the procedure does not know the key
};

constexpr std::array<Parameter, 15> parameters = {{
    {"vds_v", "VDS", "V", false},
    {"vg_fixed_v", "VG", "V", false},
    {"vg_start_v", "VG start", "V", false},
    {"vg_end_v", "VG end", "V", false},
    {"vg_step_v", "VG step", "V", false},
    {"vsd_start_v", "VSD start", "V", false},
    {"vsd_end_v", "VSD end", "V", false},
    {"vsd_step_v", "VSD step", "V", false},
    {"wavelength_nm", "Laser wavelength", "nm", true},
    {"laser_voltage_V", "Laser voltage", "V", true},
    {"laser_voltage_start_v", "Laser voltage start", "V", false},
    {"laser_voltage_end_v", "Laser voltage end", "V", false},
    {"laser_voltage_step_v", "Laser voltage step", "V", false},
    {"laser_period_s", "Laser ON+OFF period", "s", false},
    {"optical_fiber", "Optical fiber", "", false},
}};

const std::string* find_value(const Header& header, std::string_view key) noexcept {
  const std::string* value = header.parameter(key);
  return value != nullptr ? value : header.metadatum(key);
}

bool knows(const ProcedureSpec& spec, std::string_view key) noexcept {
  const auto has = [&](const std::vector<TypedKey>& keys) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](const TypedKey& typed) { return typed.key == key; });
  };
  return has(spec.parameters) || has(spec.metadata);
}

/// The number of a header value in `unit`; a unit that is another quantity's gives none, and a
/// note.
std::optional<double> quantity(const std::string* text, std::string_view key, std::string_view unit,
                               std::vector<std::string>& notes) {
  if (text == nullptr) return std::nullopt;
  std::string_view given;
  const auto number = number_with_unit(*text, &given);
  if (!number) return parse_float(*text);
  const auto factor = unit_factor(given, unit);
  if (!factor) {
    notes.push_back("unit:" + std::string(key));
    return std::nullopt;
  }
  if (*factor != 1.0) notes.push_back("prefix:" + std::string(key));
  return scaled(*number, *factor);
}

class Constants {
 public:
  Constants(StagedRun& run, const ProcedureSpec& spec) : run_(run), spec_(spec) {}

  void add_all(const std::string& path) {
    add_text("run_id", run_.id);
    add_text("proc", run_.header.procedure);
    fresh("start_dt", ColumnType::timestamp_us).add(run_.start.us);
    add_text("source_file", path);
    fresh("with_light", ColumnType::boolean).add(std::int64_t{with_light() ? 1 : 0});
    add_header_text("chip_group", "Chip group name");
    add_chip_number();
    add_header_text("sample", "Sample");
    add_header_text("procedure_version", "Procedure version");
    for (const Parameter& parameter : parameters) {
      if (!parameter.always && !knows(spec_, parameter.key)) continue;
      if (parameter.unit.empty()) {
        add_header_text(parameter.column, parameter.key);
      } else {
        add_number(parameter.column, value_of(parameter.key, parameter.unit));
      }
    }
    if (knows(spec_, "Sensor model")) add_header_text("sensor_model", "Sensor model");
  }

 private:
  std::optional<double> value_of(std::string_view key, std::string_view unit) {
    return quantity(find_value(run_.header, key), key, unit, run_.notes);
  }
  bool lit(std::string_view key) {
    std::vector<std::string> unused;  // the notes come with the column
    const auto volts = quantity(find_value(run_.header, key), key, "V", unused);
    return volts.has_value() && *volts != 0.0;
  }
  /// A calibration has no one laser voltage: its sweep's ends tell.
  bool with_light() {
    std::vector<std::string> unused;
    if (!quantity(find_value(run_.header, "Laser wavelength"), "", "nm", unused)) return false;
    return lit("Laser voltage") || (run_.header.parameter("Laser voltage") == nullptr &&
                                    (lit("Laser voltage start") || lit("Laser voltage end")));
  }
  /// A constant column of that name; a data column that had it goes.
  Column& fresh(std::string_view name, ColumnType type) {
    if (run_.table.remove(name)) run_.notes.push_back("column_replaced:" + std::string(name));
    return run_.table.add(name, type, true);
  }
  void add_text(std::string_view name, std::string_view value) {
    fresh(name, ColumnType::text).add(value);
  }
  void add_header_text(std::string_view name, std::string_view key) {
    const std::string* value = find_value(run_.header, key);
    Column& column = fresh(name, ColumnType::text);
    if (value == nullptr) {
      column.add_null();
    } else {
      column.add(std::string_view(*value));
    }
  }
  void add_number(std::string_view name, std::optional<double> value) {
    Column& column = fresh(name, ColumnType::float64);
    if (value) {
      column.add(*value);
    } else {
      column.add_null();
    }
  }
  void add_chip_number() {
    const std::string* text = find_value(run_.header, "Chip number");
    constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();
    const std::int64_t number = text == nullptr ? none : parse_integer(*text).value_or(none);
    Column& column = fresh("chip_number", ColumnType::int32);
    if (number >= std::numeric_limits<std::int32_t>::min() &&
        number <= std::numeric_limits<std::int32_t>::max()) {
      column.add(number);
    } else {
      column.add_null();
      if (text != nullptr && !text->empty())
        run_.notes.push_back("chip_number:" + std::string(start_of(*text, note_bytes_max)));
    }
  }

  StagedRun& run_;
  const ProcedureSpec& spec_;
};

constexpr std::size_t procedure_bytes_max = 200;  // it is a folder's name, of at most 255

Reject whole(Reason reason, std::string what, std::uint64_t byte = 0) {
  return {reason, std::move(what), 0, byte};
}

/// UTF-16 by its mark, or by a zero in every second of the first bytes.
bool is_utf16(std::string_view bytes) noexcept {
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff")) return true;
  const std::string_view head = bytes.substr(0, 64);
  if (head.size() < 8) return false;
  std::size_t zeros[2] = {0, 0};
  for (std::size_t k = 0; k < head.size(); ++k) zeros[k % 2] += head[k] == 0 ? 1 : 0;
  const std::size_t half = head.size() / 2;
  return (zeros[0] >= half - 1 && zeros[1] == 0) || (zeros[1] >= half - 1 && zeros[0] == 0);
}

/// Refuses what is no text; on success `text` is UTF-8, in `bytes` or in `copy`.
std::optional<Reject> decode(std::string_view bytes, std::string_view& text, std::string& copy,
                             std::vector<std::string>& notes, std::size_t& shift) {
  if (bytes.empty()) return whole(Reason::empty_file, "the file has no bytes");
  if (is_utf16(bytes))
    return whole(Reason::bad_encoding, "the file is UTF-16; UTF-8, ASCII or Latin-1 is read");
  text = bytes;
  if (text.starts_with("\xef\xbb\xbf")) {
    text.remove_prefix(3);
    shift = 3;
    notes.emplace_back("bom");
  }
  if (const void* zero = std::memchr(bytes.data(), 0, bytes.size())) {
    const auto at = static_cast<std::size_t>(static_cast<const char*>(zero) - bytes.data());
    const bool has_header = !text.empty() && text.front() == '#';
    Reject reject =
        whole(has_header ? Reason::nul_bytes : Reason::bad_encoding,
              has_header ? "zero bytes inside the text" : "no text: zero bytes and no header", at);
    reject.line = static_cast<std::uint64_t>(std::count(bytes.data(), bytes.data() + at, '\n')) + 1;
    return reject;
  }
  if (!is_utf8(text)) {
    const auto controls = std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && !is_space(c)) ||
             (static_cast<unsigned char>(c) & 0xe0u) == 0x80u;
    });
    if (controls > 0) return whole(Reason::bad_encoding, "neither UTF-8 nor Latin-1 text");
    copy = latin1_to_utf8(text);
    text = copy;
    notes.emplace_back("latin1");
  }
  return std::nullopt;
}

std::string path_word(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c == '/' || c == '=' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '_';
  }
  return out == "." || out == ".." ? "_" : out;
}

}  // namespace

bool is_constant_column(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 10> others = {
      "run_id",     "proc",        "start_dt", "source_file",       "with_light",
      "chip_group", "chip_number", "sample",   "procedure_version", "sensor_model"};
  return std::find(others.begin(), others.end(), name) != others.end() ||
         std::any_of(parameters.begin(), parameters.end(),
                     [&](const Parameter& parameter) { return parameter.column == name; });
}

std::string StagedRun::directory() const {
  return "proc=" + procedure + "/date=" + start.date.text() + "/run_id=" + id;
}

std::optional<Reject> stage_bytes(std::string_view bytes, const std::string& path,
                                  std::int64_t mtime_ns, const StagingConfig& config,
                                  StagedRun& run) {
  WEIR_CHECK(config.zone != nullptr, "staging needs a time zone");
  run.notes.clear();
  run.table.clear();
  std::string_view text;
  std::string copy;
  std::size_t shift = 0;
  if (auto reject = decode(bytes, text, copy, run.notes, shift)) return reject;
  parse_header(text, run.header);
  if (run.header.procedure.empty()) {
    const bool lone = text.find('\n') == text.npos && text.find('\r') != text.npos;
    return whole(Reason::no_procedure, lone ? "the lines end with CR alone; LF and CRLF are read"
                                            : "no line \"#Procedure: <name>\" in the header");
  }
  if (run.header.procedure.size() > procedure_bytes_max) {
    return whole(Reason::no_procedure,
                 "the name of the procedure has " + std::to_string(run.header.procedure.size()) +
                     " bytes; at most " + std::to_string(procedure_bytes_max) + " are read");
  }
  if (run.header.too_many) {
    return whole(Reason::too_large, "the header has more than " +
                                        std::to_string(header_entries_max) +
                                        " parameters or metadata");
  }
  if (!run.header.has_data_marker)
    return whole(Reason::no_data_marker, "no line \"#Data:\" behind the header");
  if (!run.header.bracketed) run.notes.emplace_back("unbracketed_procedure");
  if (run.header.escaped) run.notes.emplace_back("escapes");
  const ProcedureTable& table =
      config.procedures != nullptr ? *config.procedures : ProcedureTable::built_in();
  const ProcedureSpec& spec = table.spec(run.header.procedure);
  if (spec.empty()) run.notes.emplace_back("unknown_procedure");
  CsvNotes csv;
  auto reject = parse_csv(text, run.header.data_offset, run.header.data_line, spec,
                          config.only_spec_columns, run.table, csv);
  if (reject) {
    // Of a Latin-1 file the copy is longer by its continuation bytes; the offset is one of the
    // file.
    const auto at = copy.begin() +
                    static_cast<std::ptrdiff_t>(std::min<std::size_t>(reject->byte, copy.size()));
    reject->byte -= static_cast<std::uint64_t>(std::count_if(
        copy.begin(), at, [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u; }));
    reject->byte += shift;
    return reject;
  }
  if (csv.cut_last_line) run.notes.emplace_back("cut_last_line");
  if (csv.no_final_newline) run.notes.emplace_back("no_final_newline");
  for (const std::string& column : csv.repeated)
    run.notes.push_back("repeated_column:" + std::string(start_of(column, note_bytes_max)));
  for (const std::string& column : csv.converted) run.notes.push_back("prefix:" + column);
  run.procedure = path_word(run.header.procedure);
  const std::string* start_time = run.header.metadatum("Start time");
  run.start = resolve_start(start_time, path, mtime_ns, *config.zone);
  if (start_time != nullptr && !start_time->empty() && run.start.origin != DateOrigin::meta)
    run.notes.push_back("start_time:" + std::string(start_of(*start_time, note_bytes_max)));
  run.id = run_id(path, run.start.us);
  Constants(run, spec).add_all(path);
  return std::nullopt;
}

}  // namespace weir::segmentation
