#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <weir/clock.hpp>
#include <weir/file.hpp>
#include <weir/search/experience.hpp>

namespace weir::search {

namespace {

using LogJson = nlohmann::ordered_json;

constexpr std::uint64_t lock_wait_ms =
    1000;  // another process takes microseconds, unless it was stopped

std::string text_of(const LogJson& json) {
  return json.dump(-1, ' ', false, LogJson::error_handler_t::replace);
}

/// More than requests and programs ever do; writing JSON takes a stack as deep as it is.
bool nests_deeply(std::string_view text) {
  constexpr int nested_max = 64;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > nested_max) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

LogJson json_of_text(const std::string& text) {
  LogJson json = LogJson::parse(text, nullptr, false);
  return json.is_discarded() ? LogJson(nullptr) : json;
}

/// `before`: records that stand before those of `into`.
bool take_line(const LogJson& line, std::uint64_t before, std::vector<Experience>& into) {
  const std::uint64_t count = before + into.size();
  if (!line.is_object()) return false;
  if (line.contains("of")) {
    const LogJson& of = line["of"];
    const bool whole =
        of.is_number_unsigned() && line.contains("good") && line["good"].is_boolean();
    if (!whole || of.get<std::uint64_t>() == 0 || of.get<std::uint64_t>() > count) return false;
    if (of.get<std::uint64_t>() > before)
      into[of.get<std::uint64_t>() - before - 1].good = line["good"].get<bool>();
    return true;
  }
  const bool whole = line.contains("n") && line["n"] == count + 1 && line.contains("status") &&
                     line["status"].is_string() &&
                     !line["status"].get_ref<const std::string&>().empty() &&
                     line.contains("request");
  if (!whole) return false;
  Experience read;
  read.number = count + 1;
  if (line.contains("time") && line["time"].is_number()) read.time = line["time"].get<double>();
  if (line.contains("id")) read.id = text_of(line["id"]);
  read.request = text_of(line["request"]);
  read.status = line["status"].get<std::string>();
  if (line.contains("programs")) read.programs = text_of(line["programs"]);
  if (line.contains("recipe") && line["recipe"].is_string())
    read.recipe = line["recipe"].get<std::string>();
  if (line.contains("size") && line["size"].is_number_unsigned()) {
    const auto size = line["size"].get<std::uint64_t>();
    if (size <= std::numeric_limits<std::uint32_t>::max())
      read.size = static_cast<std::uint32_t>(size);
  }
  into.push_back(std::move(read));
  return true;
}

/// What stands behind `before` records; errors count lines from there.
Result<std::vector<Experience>> parse_behind(std::uint64_t before, std::string_view text,
                                             const std::string& where) {
  std::vector<Experience> read;
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    const LogJson line = LogJson::parse(text.substr(0, end + 1), nullptr, false);
    if (!line.is_discarded() &&
        (nests_deeply(text.substr(0, end + 1)) || !take_line(line, before, read)))
      return Error{"bad_log", "is no line of experience", where + ":" + std::to_string(number)};
    text.remove_prefix(end + 1);
  }
  return read;
}

}  // namespace

Result<std::vector<Experience>> parse_experience(std::string_view text, const std::string& where) {
  return parse_behind(0, text, where);
}

Result<std::vector<Experience>> read_experience(const std::string& path) {
  Buffer buffer;
  if (auto size = read_file_from(path, 0, buffer); !size) return size.error();
  return parse_experience(buffer.view(), path);
}

struct ExperienceLog::Impl {
  std::string path;
  AppendFile file;
  std::uint64_t count = 0;  // records of the first `bytes` of the file
  std::uint64_t bytes = 0;

  Result<Done> catch_up(std::vector<Experience>& news);
  Result<Done> append(const LogJson& line);
};

/// Takes what was added since, by whomever; half a line that a crash has left becomes a line of its own, which readers
/// skip. The file is locked.
Result<Done> ExperienceLog::Impl::catch_up(std::vector<Experience>& news) {
  const auto size = file.size();
  if (!size) return size.error();
  if (size.value() == bytes) return Done{};
  if (size.value() < bytes) count = bytes = 0;  // somebody has begun it anew
  Buffer added;
  if (auto read = read_file_from(path, bytes, added); !read) return read.error();
  const std::string where = bytes == 0 ? path : path + " behind byte " + std::to_string(bytes);
  auto parsed = parse_behind(count, added.view(), where);
  if (!parsed) return parsed.error();
  news = std::move(parsed).value();
  count += news.size();
  bytes += added.size();
  if (added.size() == 0 || added.view().back() == '\n') return Done{};
  ++bytes;
  return file.append("\n");
}

Result<Done> ExperienceLog::Impl::append(const LogJson& line) {
  const std::string text = text_of(line) + "\n";
  auto appended = file.append(text);
  if (appended) bytes += text.size();
  return appended;
}

/// The file for one writer, as far as the others have brought it.
class ExperienceLog::Turn {
 public:
  explicit Turn(Impl& log) : log_(log), begun_(log.file.lock_until(after_ms(lock_wait_ms))) {
    if (begun_) begun_ = log.catch_up(news_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { log_.file.unlock(); }

  const Result<Done>& begun() const noexcept { return begun_; }
  std::vector<Experience> take_news() noexcept { return std::move(news_); }

 private:
  Impl& log_;
  std::vector<Experience> news_;
  Result<Done> begun_;
};

ExperienceLog::ExperienceLog(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
ExperienceLog::~ExperienceLog() = default;

Result<std::unique_ptr<ExperienceLog>> ExperienceLog::open(const std::string& path,
                                                           std::vector<Experience>* held) {
  if (const auto there = stat_file(path); there && there.value().kind != FileKind::file)
    return Error{"not_a_file", "is not a regular file", path};
  auto file = AppendFile::open(path);
  if (!file) return file.error();
  auto impl = std::make_unique<Impl>(Impl{path, std::move(file).value()});
  {
    Turn turn(*impl);
    if (!turn.begun()) return turn.begun().error();
    if (held != nullptr) *held = turn.take_news();
  }
  return std::unique_ptr<ExperienceLog>(new ExperienceLog(std::move(impl)));
}

Result<std::uint64_t> ExperienceLog::add(const Experience& experience) {
  const Turn turn(*impl_);
  if (!turn.begun()) return turn.begun().error();
  const LogJson line = {{"n", impl_->count + 1},
                        {"time", wall_seconds()},
                        {"id", json_of_text(experience.id)},
                        {"request", json_of_text(experience.request)},
                        {"status", experience.status},
                        {"programs", json_of_text(experience.programs)},
                        {"size", experience.size},
                        {"recipe", experience.recipe}};
  if (auto appended = impl_->append(line); !appended) return appended.error();
  return ++impl_->count;
}

Result<Done> ExperienceLog::judge(std::uint64_t number, bool good) {
  const Turn turn(*impl_);
  if (!turn.begun()) return turn.begun();
  if (number == 0 || number > impl_->count)
    return Error{"unknown", "there is no experience " + std::to_string(number), ""};
  return impl_->append({{"of", number}, {"good", good}, {"time", wall_seconds()}});
}

Result<Done> ExperienceLog::sync() { return impl_->file.sync(); }

}  // namespace weir::search
