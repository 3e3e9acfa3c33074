// markup.hpp: checks that a text is well-formed XML of the subset that our plots use, and counts
// its elements.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// The elements of a document by "name", and by "name.class" for each class. Fails the test where
/// the text is not well-formed.
class Markup {
 public:
  explicit Markup(std::string_view text) : rest_(text) {
    REQUIRE(rest_.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"));
    rest_.remove_prefix(rest_.find("?>") + 2);
    while (!rest_.empty()) {
      const std::size_t tag = rest_.find('<');
      check_text(rest_.substr(0, tag));
      if (tag == rest_.npos) break;
      rest_.remove_prefix(tag + 1);
      take_tag();
    }
    REQUIRE(open_.empty());
    REQUIRE(roots_ == 1);
  }
  std::size_t count(const std::string& what) const {
    const auto found = counts_.find(what);
    return found == counts_.end() ? 0 : found->second;
  }
  /// The attribute `points` of all polylines, one after another.
  const std::vector<std::string>& points() const { return points_; }

 private:
  static bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  }
  void check_text(std::string_view text) const {
    REQUIRE(text.find('>') == text.npos);
    if (open_.empty()) REQUIRE(text.find_first_not_of(" \n") == text.npos);
    for (std::size_t at = 0; (at = text.find('&', at)) != text.npos; ++at) {
      const std::string_view entity = text.substr(at);
      REQUIRE((entity.starts_with("&amp;") || entity.starts_with("&lt;") ||
               entity.starts_with("&gt;")));
    }
  }
  std::string take_name() {
    std::size_t size = 0;
    while (size < rest_.size() && is_name(rest_[size])) ++size;
    REQUIRE(size > 0);
    std::string name(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return name;
  }
  void take_tag() {
    if (rest_.starts_with('/')) {
      rest_.remove_prefix(1);
      const std::string name = take_name();
      REQUIRE(!open_.empty());
      REQUIRE(open_.back() == name);
      open_.pop_back();
    } else {
      if (open_.empty()) ++roots_;
      const std::string name = take_name();
      ++counts_[name];
      while (rest_.starts_with(' ')) {
        rest_.remove_prefix(1);
        take_attribute(name);
      }
      if (rest_.starts_with('/')) {
        rest_.remove_prefix(1);
      } else {
        open_.push_back(name);
      }
    }
    REQUIRE(rest_.starts_with('>'));
    rest_.remove_prefix(1);
  }
  void take_attribute(const std::string& element) {
    const std::string name = take_name();
    REQUIRE(rest_.starts_with("=\""));
    rest_.remove_prefix(2);
    const std::size_t end = rest_.find('"');
    REQUIRE(end != rest_.npos);
    const std::string value(rest_.substr(0, end));
    REQUIRE(value.find('<') == value.npos);
    rest_.remove_prefix(end + 1);
    if (name == "points") points_.push_back(value);
    if (name != "class") return;
    for (std::size_t begin = 0; begin < value.size();) {
      const std::size_t space = std::min(value.find(' ', begin), value.size());
      ++counts_[element + "." + value.substr(begin, space - begin)];
      begin = space + 1;
    }
  }

  std::string_view rest_;
  std::vector<std::string> open_;
  std::size_t roots_ = 0;
  std::map<std::string, std::size_t> counts_;
  std::vector<std::string> points_;
};
