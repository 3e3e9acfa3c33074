// yaml_text.hpp: a text in YAML (JSON is a part of it) as yaml-cpp's nodes, bounded; for readers of files of a shape.
//
// Shape   one document; 1 MiB, 131,072 values and 64 levels at most. What is made to keep a reader busy is refused at
//         once.
// Errors  thrown as Refusal or YAML::Exception; guarded() makes results of them, with FILE:LINE.
// Roles   one thread.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <weir/result.hpp>

namespace weir::command_line {

inline constexpr std::size_t yaml_bytes_max = 1u << 20;
inline constexpr std::size_t yaml_values_max = 1u << 17;
inline constexpr std::size_t yaml_depth_max = 64;

/// An error on its way out of a reader.
struct Refusal {
  Error error;
};

class YamlText {
 public:
  using Check = bool (*)(std::string_view);
  /// `code` of its errors; `path` as errors name it; `is_text`: what each scalar must be, null: anything.
  YamlText(std::string code, std::string path, Check is_text = nullptr)
      : code_(std::move(code)), path_(std::move(path)), is_text_(is_text) {}

  /// The document; null where the text has none.
  YAML::Node load(const std::string& text) const;
  /// Aliases say much in few bytes: a reader counts what it takes of them, each time.
  void count(const YAML::Node& at);

  std::string place(const YAML::Mark& mark) const;
  std::string place(const YAML::Node& node) const { return place(node.Mark()); }
  [[noreturn]] void refuse(const YAML::Mark& at, std::string what) const;
  [[noreturn]] void refuse(const YAML::Node& at, std::string what) const {
    refuse(at.Mark(), std::move(what));
  }
  const std::string& code() const noexcept { return code_; }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string code_, path_;
  Check is_text_;
  std::size_t counted_ = 0;
};

/// What `body` returns, a Result<T>, or the error that it threw.
template <class T, class F>
Result<T> guarded(const YamlText& yaml, F&& body) {
  try {
    return body();
  } catch (const Refusal& refusal) {
    return refusal.error;
  } catch (const YAML::Exception& bad) {
    return Error{yaml.code(), bad.msg, yaml.place(bad.mark)};
  } catch (const std::exception& bad) {
    return Error{yaml.code(), bad.what(), yaml.path()};
  }
}

}  // namespace weir::command_line
