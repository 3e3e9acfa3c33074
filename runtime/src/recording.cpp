#include "recording.hpp"

#include <array>
#include <charconv>
#include <weir/file.hpp>

namespace weir::detail {

namespace {

constexpr std::string_view first_line = "weir recording ";
constexpr std::string_view format = "1";
constexpr std::array end_names = {"stopped", "stalled", "failed", "full"};
constexpr std::array choice_names = {"worker", "source", "victim", "fork",
                                     "batch",  "fault",  "hold",   "timer"};
constexpr std::array call_names = {"the first call of a producer",
                                   "the end of a producer",
                                   "submit",
                                   "a producer's call of a graph",
                                   "run",
                                   "barrier",
                                   "poll of a barrier",
                                   "drain",
                                   "start of a graph",
                                   "cancel",
                                   "close",
                                   "notify of a source",
                                   "the end of a graph",
                                   "poll of a reply",
                                   "cancel of a reply"};

/// FNV-1a: tells a cut or damaged file, nothing more.
std::uint64_t checksum(std::uint64_t sum, std::string_view bytes) noexcept {
  for (const char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return sum;
}
constexpr std::uint64_t checksum_start = 0xcbf29ce484222325ULL;

void append_number(std::string& bytes, std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  bytes += static_cast<char>(value);
}

bool read_number(std::string_view bytes, std::size_t& at, std::uint32_t& value) noexcept {
  std::uint64_t sum = 0;
  for (unsigned shift = 0; shift < 35 && at < bytes.size(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    sum |= std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80U) != 0) continue;
    value = static_cast<std::uint32_t>(sum);
    return sum <= 0xffffffff;
  }
  return false;
}

void append_line(std::string& text, std::string_view key, std::string_view value) {
  text.append(key).append(" ").append(value).append("\n");
}
void append_line(std::string& text, std::string_view key, std::uint64_t value) {
  append_line(text, key, std::to_string(value));
}

/// The header's lines, one after the other, in the order in which text() writes them.
class RecordingLines {
 public:
  explicit RecordingLines(std::string_view text) noexcept : text_(text) {}
  /// The value of the next line, which must have this key.
  std::string_view value(std::string_view key) noexcept {
    const std::size_t end = text_.find('\n', at_);
    std::string_view line = text_.substr(at_, end == text_.npos ? 0 : end - at_);
    at_ = end == text_.npos ? text_.size() : end + 1;
    if (line.size() <= key.size() || line.substr(0, key.size()) != key || line[key.size()] != ' ')
      good_ = false;
    return good_ ? line.substr(key.size() + 1) : std::string_view();
  }
  template <class N>
  void number(std::string_view key, N& into) noexcept {
    const std::string_view digits = value(key);
    const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
    good_ = good_ && error == std::errc() && rest == digits.data() + digits.size();
  }
  bool good() const noexcept { return good_; }
  std::size_t at() const noexcept { return at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool good_ = true;
};

/// Whether every entry is one.
bool sound(std::string_view entries) noexcept {
  Entry entry;
  for (std::size_t at = 0; at < entries.size();) {
    if (!read_entry(entries, at, entry)) return false;
  }
  return true;
}

}  // namespace

const char* to_string(Choice what) noexcept { return choice_names[static_cast<std::size_t>(what)]; }
const char* to_string(CallKind kind) noexcept { return call_names[static_cast<std::size_t>(kind)]; }

std::string Entry::text() const {
  switch (kind) {
    case Kind::choice:
      return std::string("a choice of ") + to_string(static_cast<Choice>(what)) + " among " +
             std::to_string(a);
    case Kind::call: {
      const std::string who =
          (a >> 31) == 0 ? "producer " + std::to_string(a) : "a thread without a producer";
      return std::string(to_string(static_cast<CallKind>(what))) + " by " + who;
    }
    case Kind::returned:
      break;
  }
  return "the end of a wait: " + std::string(to_string(static_cast<Status>(what)));
}

void append_entry(std::string& bytes, const Entry& entry) {
  bytes += static_cast<char>(static_cast<unsigned>(entry.kind) << 6 | entry.what);
  append_number(bytes, entry.a);
  if (entry.kind == Entry::Kind::returned) return;
  append_number(bytes, entry.b);
  if (entry.kind == Entry::Kind::call) append_number(bytes, entry.times);
}

bool read_entry(std::string_view bytes, std::size_t& at, Entry& entry) noexcept {
  if (at >= bytes.size()) return false;
  const auto head = static_cast<unsigned char>(bytes[at++]);
  entry = {};
  entry.kind = static_cast<Entry::Kind>(head >> 6);
  entry.what = head & 0x3f;
  if (!read_number(bytes, at, entry.a)) return false;
  switch (entry.kind) {
    case Entry::Kind::choice:
      return entry.what < choice_names.size() && read_number(bytes, at, entry.b) &&
             entry.b < entry.a;
    case Entry::Kind::call:
      return entry.what < call_names.size() && read_number(bytes, at, entry.b) &&
             read_number(bytes, at, entry.times) && entry.times != 0;
    case Entry::Kind::returned:
      return entry.what <= static_cast<std::uint8_t>(Status::forked);
  }
  return false;
}

std::string Recording::text() const {
  std::string head(first_line);
  head.append(format).append("\n");
  append_line(head, "bytes", entries.size());
  append_line(head, "version", version);
  append_line(head, "commit", commit);
  append_line(head, "program", program);
  append_line(head, "seed", seed);
  append_line(head, "workers", workers);
  append_line(head, "task_slots", task_slots);
  append_line(head, "inbox_slots", inbox_slots);
  append_line(head, "producers", producers);
  append_line(head, "guests", guests);
  append_line(head, "smallest", smallest ? 1 : 0);
  append_line(head, "end", end_names[static_cast<std::size_t>(end)]);
  append_line(head, "steps", steps);
  append_line(head, "trace_hash", trace_hash);
  append_line(head, "checksum", checksum(checksum(checksum_start, head), entries));
  return head + "\n" + entries;
}

Result<Recording> Recording::read(const std::string& path) {
  const auto bad = [&path](std::string what) {
    return Error{"bad_recording", std::move(what), path};
  };
  Buffer buffer;
  if (const Result<std::size_t> size = read_file(path, buffer); !size) {
    return bad("cannot be read: " + size.error().what);
  }
  const std::string_view text = buffer.view();
  if (text.substr(0, first_line.size()) != first_line) return bad("is no recording of weir");
  const std::string_view found =
      text.substr(first_line.size(), text.find('\n') - first_line.size());
  if (found != format) {
    return bad("has format " + std::string(found.substr(0, 20)) + ", this weir reads format " +
               std::string(format));
  }
  Recording made;
  RecordingLines lines(text.substr(text.find('\n') + 1));
  std::uint64_t bytes = 0, smallest = 0, sum = 0;
  lines.number("bytes", bytes);
  made.version = lines.value("version");
  made.commit = lines.value("commit");
  made.program = lines.value("program");
  lines.number("seed", made.seed);
  lines.number("workers", made.workers);
  lines.number("task_slots", made.task_slots);
  lines.number("inbox_slots", made.inbox_slots);
  lines.number("producers", made.producers);
  lines.number("guests", made.guests);
  lines.number("smallest", smallest);
  const std::string_view end = lines.value("end");
  lines.number("steps", made.steps);
  lines.number("trace_hash", made.trace_hash);
  const std::size_t summed = text.find('\n') + 1 + lines.at();
  lines.number("checksum", sum);
  const std::size_t body = text.find('\n') + 1 + lines.at() + 1;
  std::size_t e = 0;
  while (e < end_names.size() && end != end_names[e]) ++e;
  if (!lines.good() || body > text.size() || text[body - 1] != '\n' || e == end_names.size())
    return bad("is cut off or damaged in its header");
  const std::string_view entries = text.substr(body);
  if (entries.size() != bytes) {
    return bad("is cut off: " + std::to_string(entries.size()) + " of " + std::to_string(bytes) +
               " bytes are there");
  }
  if (checksum(checksum(checksum_start, text.substr(0, summed)), entries) != sum ||
      !sound(entries)) {
    return bad("is damaged: its checksum is wrong");
  }
  made.smallest = smallest != 0;
  made.end = static_cast<End>(e);
  made.entries = entries;
  return made;
}

Result<Done> Recording::matches(const Recording& run, const std::string& path) const {
  const auto differs = [&path](const char* what, const std::string& there,
                               const std::string& here) {
    return Error{"bad_recording",
                 std::string("was made with ") + what + " " + there + ", here it is " + here, path};
  };
  if (version != run.version) return differs("weir", version, run.version);
  if (commit != run.commit) return differs("weir of commit", commit, run.commit);
  if (program != run.program) return differs("program", program, run.program);
  const struct {
    const char* name;
    std::uint64_t there, here;
  } shape[] = {{"WEIR_SMALLEST", smallest ? 1U : 0U, run.smallest ? 1U : 0U},
               {"Config::workers", workers, run.workers},
               {"Config::task_slots", task_slots, run.task_slots},
               {"Config::inbox_slots", inbox_slots, run.inbox_slots},
               {"Config::producers_max", producers, run.producers},
               {"Config::guests_max", guests, run.guests}};
  for (const auto& member : shape) {
    if (member.there != member.here)
      return differs(member.name, std::to_string(member.there), std::to_string(member.here));
  }
  return Done{};
}

}  // namespace weir::detail
