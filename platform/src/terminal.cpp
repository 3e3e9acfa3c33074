// terminal.cpp: the progress line and the table.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <weir/terminal.hpp>

namespace weir {
namespace {

constexpr Deadline redraw_ns = 100'000'000;  // 10 Hz
constexpr Deadline plain_line_ns = 10'000'000'000;
constexpr Deadline stuck_ns = 3'000'000'000;

double seconds(Deadline ns) noexcept { return static_cast<double>(ns) * 1e-9; }

Deadline between(Deadline first, Deadline last) noexcept { return last > first ? last - first : 0; }

/// Columns of UTF-8 text: its bytes without continuation bytes.
std::size_t columns(const std::string& text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string cut(const std::string& text, std::size_t columns_max) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
    if (starts && seen++ == columns_max) return text.substr(0, i);
  }
  return text;
}

}  // namespace

bool is_terminal(std::FILE* stream) noexcept {
  const int file = ::fileno(stream);
  return file >= 0 && ::isatty(file) == 1;
}

bool colour_allowed(std::FILE* stream) noexcept {
  const char* const refused = std::getenv("NO_COLOR");
  if (refused != nullptr && refused[0] != 0) return false;
  const char* const terminal = std::getenv("TERM");
  return is_terminal(stream) && terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
}

int terminal_width(std::FILE* stream) noexcept {
  winsize size{};
  const int file = ::fileno(stream);
  if (file >= 0 && ::ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* const text = std::getenv("COLUMNS");
  const long width = text == nullptr ? 0 : std::strtol(text, nullptr, 10);
  return width > 0 && width < 10'000 ? static_cast<int>(width) : 80;
}

Progress::Progress(ProgressConfig config, Deadline now)
    : total_(config.total),
      config_(std::move(config)),
      out_(config_.out == nullptr ? stderr : config_.out),
      terminal_(config_.on_terminal < 0 ? is_terminal(out_) : config_.on_terminal == 1),
      started_(now),
      drawn_(now),
      moved_(now) {}

Progress::~Progress() {
  if (drawn_columns_ > 0) std::fputc('\n', out_);
}

void Progress::set_note(std::string note) { note_ = std::move(note); }

void Progress::start(std::string label, std::string unit, std::uint64_t total, Deadline now) {
  if (drawn_columns_ > 0) std::fputc('\n', out_);
  drawn_columns_ = 0;
  config_.label = std::move(label);
  config_.unit = std::move(unit);
  note_.clear();
  done_.store(0, relaxed);       // relaxed: a count for people
  total_.store(total, relaxed);  // relaxed: as above
  started_ = drawn_ = moved_ = now;
  moved_done_ = 0;
}

std::string Progress::line(Deadline now) const {
  const std::uint64_t done = this->done();
  const std::uint64_t total = total_.load(relaxed);  // relaxed: a count for people
  const double elapsed = seconds(between(started_, now));
  const double rate = elapsed > 0 ? static_cast<double>(done) / elapsed : 0;
  std::string text = config_.label.empty() ? "" : config_.label + ": ";
  text += format_count(done);
  if (total > 0) text += "/" + format_count(total);
  text += " " + config_.unit;
  if (total > 0)
    text += ", " + std::to_string(std::min<std::uint64_t>(100, done * 100 / total)) + " %";
  text += ", " + format_number(rate) + "/s";
  if (total > done && rate > 0)
    text += ", ETA " + format_duration(static_cast<double>(total - done) / rate);
  const Deadline still = between(moved_, now);
  if (done == moved_done_ && still >= stuck_ns && (total == 0 || done < total)) {
    text += ", nothing has moved for " +
            format_duration(seconds(still / 1'000'000'000 * 1'000'000'000));
    if (!note_.empty()) text += ": " + note_;
  } else if (!note_.empty() && (total == 0 || done < total)) {
    text += ", " + note_;
  }
  return text;
}

void Progress::put(const std::string& text, bool last) {
  if (!terminal_) {
    std::fprintf(out_, "%s\n", text.c_str());
  } else {
    const std::string shown =
        cut(text, static_cast<std::size_t>(std::max(terminal_width(out_) - 1, 10)));
    const std::size_t width = columns(shown);
    // Blanks over what the former line had more: every terminal knows them.
    const std::string rest(drawn_columns_ > width ? drawn_columns_ - width : 0, ' ');
    std::fprintf(out_, "\r%s%s%s", shown.c_str(), rest.c_str(), last ? "\n" : "");
    drawn_columns_ = last ? 0 : width;
  }
  std::fflush(out_);
}

void Progress::draw(Deadline now) {
  if (done() != moved_done_) {
    moved_done_ = done();
    moved_ = now;
  }
  if (config_.quiet || between(drawn_, now) < (terminal_ ? redraw_ns : plain_line_ns)) return;
  drawn_ = now;
  put(line(now), false);
}

void Progress::finish(Deadline now) {
  if (config_.quiet) return;
  std::string text = config_.label.empty() ? "" : config_.label + ": ";
  const double elapsed = seconds(between(started_, now));
  text += format_count(done()) + " " + config_.unit + " in " + format_duration(elapsed);
  if (elapsed > 0) text += ", " + format_number(static_cast<double>(done()) / elapsed) + "/s";
  put(text, true);
  drawn_ = now;
}

// Table

namespace {

bool numeric(const std::string& cell) noexcept {
  const std::size_t first = !cell.empty() && (cell[0] == '-' || cell[0] == '+') ? 1 : 0;
  return cell.size() > first && cell[first] >= '0' && cell[first] <= '9';
}

}  // namespace

std::string Table::text() const {
  std::vector<std::size_t> width;
  std::vector<bool> right;  // all cells below the header are numbers
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    for (std::size_t c = 0; c < rows_[r].size(); ++c) {
      if (c == width.size()) {
        width.push_back(0);
        right.push_back(true);
      }
      width[c] = std::max(width[c], columns(rows_[r][c]));
      if (r > 0 && !rows_[r][c].empty() && !numeric(rows_[r][c])) right[c] = false;
    }
  }
  std::string result;
  const auto end_line = [&result] {
    while (!result.empty() && result.back() == ' ') result.pop_back();
    result += '\n';
  };
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    for (std::size_t c = 0; c < rows_[r].size(); ++c) {
      const std::string& cell = rows_[r][c];
      const std::string padding(width[c] - columns(cell), ' ');
      result += (c > 0 ? "  " : "") + (right[c] ? padding + cell : cell + padding);
    }
    end_line();
    if (r > 0) continue;
    for (std::size_t c = 0; c < width.size(); ++c)
      result += (c > 0 ? "  " : "") + std::string(width[c], '-');
    end_line();
  }
  return result;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t least = ~std::size_t{0};
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

void hold_standard_streams() noexcept {
  for (int stream = 0; stream <= 2; ++stream) {
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
  }
}

bool print_result(const std::string& text, std::string_view program) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
    return true;
  std::fprintf(stderr, "%.*s: error: cannot write the result: %s\n",
               static_cast<int>(program.size()), program.data(), std::strerror(errno));
  return false;
}

}  // namespace weir
