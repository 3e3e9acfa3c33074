#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <weir/segmentation/generator.hpp>
#include <weir/segmentation/instant.hpp>
#include <weir/segmentation/text.hpp>

#include "sweeps.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t files_per_day = 170;
constexpr std::int64_t first_day_s =
    1735754400;  // 2025-01-01 15:00 in Santiago: no run crosses midnight

constexpr std::array<std::string_view, 10> malformed_kinds = {
    "empty", "aborted",    "no_procedure", "header_cut",   "binary",
    "utf16", "no_columns", "nul_tail",     "text_in_data", "garbled_columns"};

/// What a value with seven significant digits looks like in Python.
void append_current(std::string& out, double value) {
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                    std::chars_format::scientific, 6);
  std::string_view text(buffer.data(), static_cast<std::size_t>(result.ptr - buffer.data()));
  const std::size_t e = text.find('e');
  std::string_view digits = text.substr(0, e);
  while (digits.back() == '0') digits.remove_suffix(1);
  if (text.substr(e) < "e-05" ||
      text[e + 1] == '+') {  // from 1e-4 on Python writes no exponent: the slow way
    double rounded = 0;
    std::from_chars(text.data(), text.data() + text.size(), rounded);
    append_python_repr(out, rounded);
    return;
  }
  if (digits.back() == '.') digits.remove_suffix(1);
  out += digits;
  out += text.substr(e);
}

struct FileFacts {
  std::size_t day = 0;
  std::size_t number = 0;  // within the day
  double start_s = 0;
};

class Builder {
 public:
  Builder(GeneratedFile& file, Random& random, FileFacts facts)
      : file_(file), random_(random), facts_(facts) {}

  void name(std::string_view proc) {
    file_.proc = proc;
    const std::string day =
        date_from_days(first_day_s / 86400 + static_cast<std::int64_t>(facts_.day)).text();
    file_.path =
        "raw/" + day + "/" + std::string(proc) + day + "_" + std::to_string(facts_.number) + ".csv";
  }

  void begin(std::string_view proc) {
    out() += "#Procedure: <laser_setup.procedures." + std::string(proc) + "." + std::string(proc) +
             ">\r\n#Parameters:\r\n";
  }
  void parameter(std::string_view key, std::string_view value) {
    out() += "#\t";
    out() += key;
    out() += ": ";
    out() += value;
    out() += "\r\n";
  }
  void chip(std::string_view version) {
    parameter("Irange", random_.below(2) == 0 ? "0.001 A" : "0.0001 A");
    parameter("NPLC", "1");
    parameter("Chip group name", "DemoChip");
    parameter("Chip number", std::to_string(60 + random_.below(30)));
    parameter("Information", sample_text);
    parameter("Procedure version", version);
    parameter("Sample", std::string(1, static_cast<char>('A' + random_.below(6))));
  }
  void end(bool metadata, std::string_view columns) {
    if (metadata) {
      out() += "#Metadata:\r\n#\tStart time: ";
      append_python_repr(out(), facts_.start_s);
      out() += "\r\n";
    }
    out() += "#Data:\r\n";
    out() += columns;
    out() += "\r\n";
    body_ = out().size();
  }
  /// The three sensor columns: mostly absent.
  void sensors(bool present) {
    if (!present) {
      out() += ",nan,nan,nan\r\n";
      return;
    }
    out() += ",2";
    out() += std::to_string(3 + random_.below(4));
    out() += ".5,24.";
    out() += std::to_string(1 + random_.below(9));
    out() += ',';
    out() += std::to_string(clock_ += 80 + random_.below(20));
    out() += ".0\r\n";
  }

  std::string& out() { return file_.bytes; }
  Random& random() { return random_; }
  std::size_t body() const { return body_; }  // where the first row begins

  std::string sample_text = "generated";

 private:
  GeneratedFile& file_;
  Random& random_;
  FileFacts facts_;
  std::size_t body_ = 0;
  std::uint64_t clock_ = 1000;
};

void iv_header(Builder& b, const Sweep& sweep) {
  b.begin("IV");
  b.chip("2.0.1");
  b.parameter("Burn-in time", "600 s");
  b.parameter("Laser voltage", "0 V");
  b.parameter("Laser wavelength", "0");
  b.parameter("Step time", "0 s");
  b.parameter("VG", "0 V");
  b.parameter("VSD end", python_repr(sweep.v_end) + " V");
  b.parameter("VSD start", python_repr(sweep.v_start) + " V");
  b.parameter("VSD step", python_repr(sweep.step) + " V");
  b.end(true, "Vsd (V),I (A),Plate T (degC),Ambient T (degC),Clock (ms)");
}

void iv_rows(Builder& b, const Sweep& sweep, std::size_t rows) {
  const bool sensors = b.random().below(10) == 0;
  const double conductance = (0.2 + 8.0 * b.random().unit()) * 1e-5;
  for (std::size_t k = 0; k < rows; ++k) {
    b.out() += sweep.texts[k];
    b.out() += ',';
    const double v = sweep.set_points[k];
    append_current(b.out(), conductance * v * (1 + 0.02 * v) + 2e-10 * (b.random().unit() - 0.5));
    b.sensors(sensors);
  }
}

void make_iv(Builder& b, GeneratedFile& file) {
  const Sweep& sweep = plain_iv(b.random().below(plain_iv_count));
  iv_header(b, sweep);
  iv_rows(b, sweep, sweep.texts.size());
  file.rows = sweep.texts.size();
  file.segments = sweep.truth(file.rows);
}

void make_gate_sweep(Builder& b, GeneratedFile& file, std::string_view proc) {
  const Sweep& sweep = gate_sweep(b.random().below(gate_sweep_count));
  b.begin(proc);
  b.chip("2.1.0");
  b.parameter("Burn-in time", "60 s");
  b.parameter("Laser voltage", "0 V");
  b.parameter("Laser wavelength", "455");
  b.parameter("Step time", "0 s");
  b.parameter("VDS", "0.1 V");
  b.parameter("VG end", python_repr(sweep.v_end) + " V");
  b.parameter("VG start", python_repr(sweep.v_start) + " V");
  b.parameter("VG step", python_repr(sweep.step) + " V");
  b.end(true, "Vg (V),I (A),Plate T (degC),Ambient T (degC),Clock (ms)");
  file.rows = sweep.texts.size();
  if (b.random().below(50) == 0) {  // the operator stopped it
    file.kind = "cut";
    file.rows = 1 + b.random().below(sweep.texts.size() - 1);
  }
  const bool sensors = proc == "IVgT" || b.random().below(10) == 0;
  for (std::size_t k = 0; k < file.rows; ++k) {
    b.out() += sweep.texts[k];
    b.out() += ',';
    const double v = sweep.set_points[k] - 1.2;
    append_current(b.out(), 8e-6 + 4e-7 * v * v + 1e-9 * b.random().unit());
    b.sensors(sensors);
  }
  file.segments = sweep.truth(file.rows);
}

void make_time_series(Builder& b, GeneratedFile& file, std::string_view proc) {
  b.begin(proc);
  b.chip("2.2.0");
  const double period = 120;
  b.parameter("Laser ON+OFF period", "120 s");
  b.parameter("Laser voltage", "1.25 V");
  b.parameter("Laser wavelength", "385");
  b.parameter("Sampling time (excluding Keithley)", "0 s");
  b.parameter("VDS", "0.1 V");
  b.parameter("VG", "-1.5 V");
  b.end(true, "t (s),I (A),VL (V),Plate T (degC),Ambient T (degC),Clock (ms)");
  file.rows = 100 + b.random().below(500);
  const bool sensors = proc == "ITt";
  double t = 0;
  for (std::size_t k = 0; k < file.rows; ++k) {
    const bool lit = std::fmod(t, period) > period / 2;
    append_python_repr(b.out(), std::nearbyint(t * 1e7) / 1e7);
    b.out() += ',';
    append_current(b.out(), 5.2e-5 + (lit ? 2e-6 : 0) + 1e-8 * b.random().unit());
    b.out() += lit ? ",1.25" : ",0.0";
    b.sensors(sensors);
    t += 0.3 + 0.01 * b.random().unit();
  }
}

void make_calibration(Builder& b, GeneratedFile& file) {
  b.begin("LaserCalibration");
  b.parameter("N_avg", "2");
  b.parameter("Optical fiber", "F1 (M92L02)");
  b.parameter("Laser wavelength", "680");
  b.parameter("Procedure version", "1.1.1");
  b.parameter("Step time", "0.5 s");
  b.parameter("Laser voltage end", "5 V");
  b.parameter("Laser voltage start", "0 V");
  b.parameter("Laser voltage step", "0.1 V");
  b.end(true, "VL (V),Power (W)");
  file.rows = 51;
  for (std::size_t k = 0; k < file.rows; ++k) {
    const double v = static_cast<double>(k) * 0.1;
    append_python_repr(b.out(), v);
    b.out() += ',';
    append_current(b.out(), 1.2e-8 + 7e-6 * v + 1e-9 * b.random().unit());
    b.out() += "\r\n";
  }
}

void make_temperature(Builder& b, GeneratedFile& file) {
  b.begin("Tt");
  b.parameter("Chip group name", "DemoChip");
  b.parameter("Chip number", "71");
  b.parameter("Target T", "40 C");
  b.parameter("T start", "25 C");
  b.parameter("T end", "40 C");
  b.parameter("Procedure version", "1.0.0");
  b.parameter("Sample", "other");
  b.end(true, "Time (s),Plate Temperature (degC),Ambient Temperature (degC),Clock");
  file.rows = 60 + b.random().below(200);
  for (std::size_t k = 0; k < file.rows; ++k) {
    b.out() += std::to_string(k) + ".0,2" + std::to_string(k / 60 % 10) + ".5,24.0," +
               std::to_string(1000 + k * 100) + "\r\n";
  }
}

void make_other(Builder& b, GeneratedFile& file, std::string_view proc) {
  if (proc == "IVg" || proc == "IVgT") {
    make_gate_sweep(b, file, proc);
  } else if (proc == "It" || proc == "ITt") {
    make_time_series(b, file, proc);
  } else if (proc == "LaserCalibration") {
    make_calibration(b, file);
  } else {
    make_temperature(b, file);
  }
}

std::string utf16(const std::string& text) {
  std::string out = "\xff\xfe";
  for (const char c : text) {
    out += c;
    out += '\0';
  }
  return out;
}

/// Turns a good IV file into a bad one.
void spoil(Builder& b, GeneratedFile& file, std::size_t kind) {
  std::string& bytes = file.bytes;
  const std::size_t columns = bytes.rfind("#Data:\r\n", b.body()) + 8;
  file.kind = malformed_kinds[kind];
  file.expect = "reject";
  file.rows = 0;
  file.segments.clear();
  switch (kind) {
    case 0:
      bytes.clear();
      break;
    case 1: {  // as the real one: no Metadata block, no rows
      const std::size_t metadata = bytes.find("#Metadata:");
      bytes = bytes.substr(0, metadata) + bytes.substr(columns - 8, b.body() - columns + 8);
      break;
    }
    case 2:
      bytes.erase(0, bytes.find('\n') + 1);
      break;
    case 3:
      bytes.resize(bytes.find("Chip number") + 4);
      break;
    case 4:
      bytes.resize(2048);
      for (char& c : bytes) c = static_cast<char>(b.random().below(256));
      bytes[0] = '\x7f';
      bytes[5] = 0;  // whatever the draw: no text
      break;
    case 5:
      bytes = utf16(bytes);
      break;
    case 6:
      bytes.erase(columns, b.body() - columns);
      break;
    case 7:
      bytes.resize(b.body() + (bytes.size() - b.body()) / 2);
      bytes.append(512, '\0');
      break;
    case 8:
      bytes.insert(
          bytes.find('\n', bytes.size() / 2) + 1,
          "Traceback (most recent call last):\r\n  File \"run.py\", line 3, in <module>\r\n");
      break;
    default:
      bytes.replace(columns, b.body() - columns, "Vs@;#I,%%,p|ate\r\n");
  }
  if (kind == 0 || kind == 2 || kind == 4 || kind == 5) file.proc = "-";
}

void make_sweep(Builder& b, GeneratedFile& file, DirtyKind kind) {
  const Sweep sweep = dirty_iv(kind, b.random());
  iv_header(b, sweep);
  iv_rows(b, sweep, sweep.texts.size());
  file.rows = sweep.texts.size();
  file.kind = to_string(kind);
  file.segments = sweep.truth(file.rows);
}

/// A sweep with a fault of real life, in a file that is often oddly encoded as well.
void make_dirty_iv(Builder& b, GeneratedFile& file, std::size_t pick) {
  const std::size_t odd = b.random().below(12);
  if (odd == 0) b.sample_text = "\xc2\xb5m flake";
  if (odd == 1) b.sample_text = "\xb5m flake";
  if (odd == 2) b.sample_text = "\\xb5m flake";
  make_sweep(b, file, static_cast<DirtyKind>(pick % dirty_kind_count));
  if (odd == 0) file.bytes.insert(0, "\xef\xbb\xbf");
  if (odd == 3) {  // the power went
    file.kind += "+cut_last_line";
    file.expect = "ok_or_reject";
    file.bytes += "0.1,-2.7";
    file.bytes += "e-";
  }
}

/// What the sweeps of a corpus of one kind are.
DirtyKind sweep_kind(CorpusKind corpus, std::size_t pick) {
  switch (corpus) {
    case CorpusKind::noisy:
      return DirtyKind::noisy;
    case CorpusKind::plateaued:
      return pick % 2 == 0 ? DirtyKind::plateaued : DirtyKind::noisy_plateaued;
    case CorpusKind::multi_cycle:
      return DirtyKind::multi_cycle;
    case CorpusKind::cut:
      return DirtyKind::cut;
    default:
      return DirtyKind::offset;
  }
}

}  // namespace

std::string_view to_string(CorpusKind kind) noexcept {
  return corpus_kind_names[static_cast<std::size_t>(kind)];
}

void GeneratedFile::clear() {
  path.clear();
  bytes.clear();
  expect = "ok";
  proc.assign(1, '-');
  kind = "plain";
  rows = 0;
  segments.clear();
}

std::string GeneratedFile::truth() const {
  return path + '\t' + expect + '\t' + proc + '\t' + kind + '\t' + std::to_string(rows) + '\t' +
         segments + '\n';
}

std::string Generator::truth_header() { return "path\texpect\tproc\tkind\trows\tsegments\n"; }

Generator::Generator(CorpusConfig config) : config_(config), stride_(1) {
  const auto part = [&](std::size_t numerator, std::size_t denominator) {
    return (config_.files * numerator + denominator / 2) / denominator;
  };
  const bool clean = config_.kind == CorpusKind::clean;
  const bool dirty = config_.kind == CorpusKind::dirty;
  sweeps_ = clean ? part(7636, 31806) : dirty ? part(60, 100) : config_.files;
  malformed_ = clean ? part(1306, 31806) : dirty ? part(12, 100) : 0;
  for (stride_ = config_.files * 5 / 8 + 1; std::gcd(stride_, config_.files) != 1;) ++stride_;
}

std::vector<std::string> Generator::folders() const {
  std::vector<std::string> out;
  for (std::size_t day = 0; day * files_per_day < config_.files; ++day) {
    out.push_back("raw/" +
                  date_from_days(first_day_s / 86400 + static_cast<std::int64_t>(day)).text());
  }
  return out;
}

void Generator::make_file(std::size_t index, GeneratedFile& file) const {
  constexpr std::array<std::string_view, 20> others = {
      "IVg", "It", "IVg", "LaserCalibration", "IVg", "ITt", "IVg", "It", "IVg", "IVgT",
      "IVg", "It", "IVg", "LaserCalibration", "IVg", "Tt",  "IVg", "It", "IVg", "It"};
  file.clear();
  Random random(config_.seed, index);
  const std::size_t role = (index * stride_ + config_.seed % config_.files) % config_.files;
  FileFacts facts;
  facts.day = index / files_per_day;
  facts.number = index % files_per_day + 1;
  facts.start_s = static_cast<double>(first_day_s + static_cast<std::int64_t>(facts.day * 86400 +
                                                                              facts.number * 60)) +
                  static_cast<double>(random.below(10'000'000)) / 1e7;
  Builder builder(file, random, facts);
  if (role < sweeps_) {
    builder.name("IV");
    if (config_.kind == CorpusKind::clean) {
      make_iv(builder, file);
    } else if (config_.kind == CorpusKind::dirty) {
      make_dirty_iv(builder, file, role);
    } else {
      make_sweep(builder, file, sweep_kind(config_.kind, role));
    }
  } else if (role < sweeps_ + malformed_) {
    builder.name("IV");
    make_iv(builder, file);
    spoil(builder, file, role % malformed_kinds.size());
  } else {
    const std::string_view proc = others[role % others.size()];
    builder.name(proc);
    make_other(builder, file, proc);
  }
}

}  // namespace weir::segmentation
