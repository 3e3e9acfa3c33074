#include "csv_task.hpp"

#include <vector>

#include "text_chars.hpp"

namespace weir::search::program {

namespace {

struct CsvField {
  std::string text;
  bool quoted = false;
};

class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {
    if (text_.substr(0, 3) == "\xef\xbb\xbf") at_ = 3;
  }
  bool at_end() const noexcept { return at_ == text_.size(); }
  std::uint32_t line() const noexcept { return line_; }

  /// The next record; an error when a quote is not closed, or text follows one.
  Result<std::vector<CsvField>> record() {
    std::vector<CsvField> fields;
    line_ = next_line_;
    line_start_ = at_;
    for (;;) {
      CsvField field;
      if (at_ < text_.size() && text_[at_] == '"') {
        if (auto read = quoted(field); !read) return read.error();
      } else {
        while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n' &&
               text_[at_] != '\r') {
          if (text_[at_] == '"')
            return fault("a quote inside a field that does not begin with one");
          field.text += text_[at_++];
        }
      }
      fields.push_back(std::move(field));
      if (at_ == text_.size()) return fields;
      if (text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (text_[at_] == '\r') ++at_;
      if (at_ < text_.size() && text_[at_] != '\n')
        return fault("a carriage return that ends no line");
      if (at_ < text_.size()) ++at_;
      ++next_line_;
      return fields;
    }
  }
  Error fault(const std::string& what) const {
    return {"bad_csv", what,
            std::to_string(next_line_) + ":" + std::to_string(at_ - line_start_ + 1)};
  }

 private:
  Result<bool> quoted(CsvField& field) {
    field.quoted = true;
    const Error open = fault("a quote is not closed");
    ++at_;
    for (;;) {
      if (at_ == text_.size()) return open;
      const char c = text_[at_++];
      if (c == '\n') ++next_line_, line_start_ = at_;
      if (c != '"') {
        field.text += c;
      } else if (at_ < text_.size() && text_[at_] == '"') {
        field.text += '"', ++at_;
      } else {
        break;
      }
    }
    if (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n' && text_[at_] != '\r')
      return fault("text after a closing quote");
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0, line_start_ = 0;
  std::uint32_t line_ = 1, next_line_ = 1;
};

Error encoding_fault(std::string_view text, std::size_t at) {
  std::size_t line = 1, start = 0;
  for (std::size_t i = 0; i < at; ++i) {
    if (text[i] == '\n') ++line, start = i + 1;
  }
  return {"bad_csv", "not UTF-8", std::to_string(line) + ":" + std::to_string(at - start + 1)};
}

}  // namespace

Result<Task> read_csv_task(std::string_view csv) {
  if (const std::size_t bad = text::first_bad_byte(csv); bad != std::string_view::npos)
    return encoding_fault(csv, bad);
  if (csv.find_first_not_of(" \t\r\n\xef\xbb\xbf") == std::string_view::npos)
    return Error{"bad_csv", "the file is empty", "1:1"};
  CsvReader reader(csv);
  auto header = reader.record();
  if (!header) return header.error();
  const std::size_t columns = header.value().size();
  if (columns < 2)
    return Error{"bad_csv", "at least two columns are wanted: inputs, then the output", "1:1"};
  Task task;
  bool labelled = false;
  while (!reader.at_end()) {
    auto record = reader.record();
    if (!record) return record.error();
    auto& fields = record.value();
    if (fields.size() == 1 && fields[0].text.empty() && !fields[0].quoted) continue;
    if (fields.size() != columns) {
      return Error{
          "bad_csv",
          std::to_string(fields.size()) + " fields, and the header has " + std::to_string(columns),
          std::to_string(reader.line()) + ":1"};
    }
    Example example;
    example.line = reader.line();
    CsvField output = std::move(fields.back());
    fields.pop_back();
    for (CsvField& field : fields) example.in.emplace_back(std::move(field.text));
    if (!output.text.empty() || output.quoted)
      example.out = std::move(output.text), labelled = true;
    task.examples.push_back(std::move(example));
  }
  if (!labelled) return Error{"bad_csv", "no row has an output", "1:1"};
  return task;
}

}  // namespace weir::search::program
