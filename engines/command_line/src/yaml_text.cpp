#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <weir/command_line/yaml_text.hpp>

namespace weir::command_line {
namespace {

/// Meets the parts of a document before nodes are made of them, and ends what grows without bounds.
class Measure final : public YAML::EventHandler {
 public:
  Measure(const YamlText& yaml, YamlText::Check is_text) : yaml_(yaml), is_text_(is_text) {}
  /// Where something stands, if anything does.
  const std::optional<YAML::Mark>& begin() const noexcept { return begin_; }
  const YAML::Mark& start() const noexcept { return start_; }

  void OnDocumentStart(const YAML::Mark& mark) override { start_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { note(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string& value) override {
    note(mark);
    // yaml-cpp makes single bytes of these two.
    if (is_text_ != nullptr && !is_text_(value))
      yaml_.refuse(mark, R"(the escapes \_ and \N are not read)");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    enter(mark);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    enter(mark);
  }
  void OnMapEnd() override { --depth_; }

 private:
  void note(const YAML::Mark& mark) {
    if (!begin_) begin_ = mark;
    if (++values_ > yaml_values_max)
      yaml_.refuse(mark, "more than " + std::to_string(yaml_values_max) + " values");
  }
  void enter(const YAML::Mark& mark) {
    note(mark);
    if (++depth_ > yaml_depth_max)
      yaml_.refuse(mark, "nested deeper than " + std::to_string(yaml_depth_max));
  }

  const YamlText& yaml_;
  YamlText::Check is_text_;
  YAML::Mark start_;
  std::optional<YAML::Mark> begin_;
  std::size_t values_ = 0, depth_ = 0;
};

}  // namespace

YAML::Node YamlText::load(const std::string& text) const {
  if (const std::size_t zero = text.find('\0'); zero != text.npos) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(zero);
    const auto line = std::count(text.begin(), end, '\n') + 1;
    throw Refusal{{code_, "a zero byte inside the text", path_ + ":" + std::to_string(line)}};
  }
  std::istringstream in(text);
  YAML::Parser parser(in);
  Measure first(*this, is_text_), second(*this, is_text_);
  // One after the other, and no third: yaml-cpp's LoadAll never ends where a "?" follows what is no map.
  if (!parser.HandleNextDocument(first)) return {};
  // An empty one may end the text, but not where the first is empty too: then yaml-cpp has lost what stands there.
  if (parser.HandleNextDocument(second) && (second.begin() || !first.begin()))
    refuse(second.begin().value_or(second.start()), "something follows the document");
  return YAML::Load(text);
}

void YamlText::count(const YAML::Node& at) {
  if (++counted_ > yaml_values_max)
    refuse(at, "more than " + std::to_string(yaml_values_max) + " values");
}

std::string YamlText::place(const YAML::Mark& mark) const {
  return mark.is_null() ? path_ : path_ + ":" + std::to_string(mark.line + 1);
}

void YamlText::refuse(const YAML::Mark& at, std::string what) const {
  throw Refusal{{code_, std::move(what), place(at)}};
}

}  // namespace weir::command_line
