// json_writer.hpp: writes one JSON document, commas and all. Roles: one thread.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <weir/segmentation/text.hpp>

namespace weir::segmentation {

class JsonWriter {
 public:
  JsonWriter() { out_ = "{"; }

  JsonWriter& key(std::string_view name) {
    comma();
    append_json(out_, name);
    out_ += ':';
    fresh_ = true;
    return *this;
  }
  void value(std::string_view text) {
    comma();
    append_json(out_, text);
  }
  void value(const char* text) { value(std::string_view(text)); }
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(double number) {
    comma();
    out_ += std::isfinite(number) ? python_repr(number) : "null";
  }
  template <class T>
  requires std::is_integral_v<T>
  void value(T number) {
    comma();
    if constexpr (std::is_same_v<T, bool>) {
      out_ += number ? "true" : "false";
    } else {
      out_ += std::to_string(number);
    }
  }
  void null() {
    comma();
    out_ += "null";
  }
  template <class T>
  void member(std::string_view name, const T& data) {
    key(name).value(data);
  }
  void begin_object() { open('{'); }
  void begin_array() { open('['); }
  void end_object() { close('}'); }
  void end_array() { close(']'); }

  /// The document; nothing may be written after.
  std::string finish() {
    out_ += "}\n";
    return std::move(out_);
  }

 private:
  void comma() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }
  void open(char c) {
    comma();
    out_ += c;
    fresh_ = true;
  }
  void close(char c) {
    out_ += c;
    fresh_ = false;
  }

  std::string out_;
  bool fresh_ = true;  // nothing stands before the next value at this level
};

}  // namespace weir::segmentation
