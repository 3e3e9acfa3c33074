#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <weir/clock.hpp>
#include <weir/file.hpp>
#include <weir/search/experience.hpp>

namespace weir::search {

namespace {

using LogJson = nlohmann::ordered_json;

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

bool take_line(const LogJson& line, std::vector<Experience>& into) {
  if (!line.is_object()) return false;
  if (line.contains("of")) {
    const LogJson& of = line["of"];
    const bool whole =
        of.is_number_unsigned() && line.contains("good") && line["good"].is_boolean();
    if (!whole || of.get<std::uint64_t>() == 0 || of.get<std::uint64_t>() > into.size())
      return false;
    into[of.get<std::uint64_t>() - 1].good = line["good"].get<bool>();
    return true;
  }
  const bool whole = line.contains("n") && line["n"] == into.size() + 1 &&
                     line.contains("status") && line["status"].is_string() &&
                     !line["status"].get_ref<const std::string&>().empty() &&
                     line.contains("request");
  if (!whole) return false;
  Experience read;
  read.number = into.size() + 1;
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

}  // namespace

Result<std::vector<Experience>> parse_experience(std::string_view text, const std::string& where) {
  std::vector<Experience> read;
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    const LogJson line = LogJson::parse(text.substr(0, end + 1), nullptr, false);
    if (!line.is_discarded() && (nests_deeply(text.substr(0, end + 1)) || !take_line(line, read)))
      return Error{"bad_log", "is no line of experience", where + ":" + std::to_string(number)};
    text.remove_prefix(end + 1);
  }
  return read;
}

Result<std::vector<Experience>> read_experience(const std::string& path) {
  Buffer buffer;
  if (auto size = read_file(path, buffer); !size) return size.error();
  return parse_experience(buffer.view(), path);
}

struct ExperienceLog::Impl {
  AppendFile file;
  std::uint64_t count = 0;
};

ExperienceLog::ExperienceLog(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
ExperienceLog::~ExperienceLog() = default;

Result<std::unique_ptr<ExperienceLog>> ExperienceLog::open(const std::string& path,
                                                           std::vector<Experience>* held) {
  std::vector<Experience> known;
  bool ends_torn = false;
  if (stat_file(path)) {
    Buffer whole;
    if (auto size = read_file(path, whole); !size) return size.error();
    ends_torn = whole.size() != 0 && whole.view().back() != '\n';
    auto read = parse_experience(whole.view(), path);
    if (!read) return read.error();
    known = std::move(read).value();
  }
  auto file = AppendFile::open(path);
  if (!file) return file.error();
  // Half a line that a crash has left becomes a line of its own, which readers skip.
  if (ends_torn) {
    if (auto ended = file.value().append("\n"); !ended) return ended.error();
  }
  auto impl = std::make_unique<Impl>(Impl{std::move(file).value(), known.size()});
  if (held != nullptr) *held = std::move(known);
  return std::unique_ptr<ExperienceLog>(new ExperienceLog(std::move(impl)));
}

Result<std::uint64_t> ExperienceLog::add(const Experience& experience) {
  const LogJson line = {{"n", impl_->count + 1},
                        {"time", wall_seconds()},
                        {"id", json_of_text(experience.id)},
                        {"request", json_of_text(experience.request)},
                        {"status", experience.status},
                        {"programs", json_of_text(experience.programs)},
                        {"size", experience.size},
                        {"recipe", experience.recipe}};
  if (auto appended = impl_->file.append(text_of(line) + "\n"); !appended) return appended.error();
  return ++impl_->count;
}

Result<Done> ExperienceLog::judge(std::uint64_t number, bool good) {
  if (number == 0 || number > impl_->count)
    return Error{"unknown", "there is no experience " + std::to_string(number), ""};
  return impl_->file.append(text_of({{"of", number}, {"good", good}, {"time", wall_seconds()}}) +
                            "\n");
}

Result<Done> ExperienceLog::sync() { return impl_->file.sync(); }

}  // namespace weir::search
