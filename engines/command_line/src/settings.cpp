#include <algorithm>
#include <weir/command_line/settings.hpp>
#include <weir/command_line/yaml_text.hpp>
#include <weir/file.hpp>

namespace weir::command_line {

Result<std::vector<Setting>> read_settings(const std::string& path) {
  Buffer buffer;
  if (auto read = read_file(path, buffer, yaml_bytes_max); !read) return read.error();
  YamlText yaml("bad_config", path);
  return guarded<std::vector<Setting>>(yaml, [&]() -> Result<std::vector<Setting>> {
    std::vector<Setting> settings;
    const YAML::Node root = yaml.load(std::string(buffer.view()));
    if (root.IsNull()) return settings;
    if (!root.IsMap()) yaml.refuse(root, "must be a map of keys and values");
    for (const auto& pair : root) {
      if (!pair.first.IsScalar()) yaml.refuse(pair.first, "a key must be a word");
      std::string key = pair.first.Scalar();
      std::replace(key.begin(), key.end(), '_', '-');
      const YAML::Node& value = pair.second;
      std::string text;
      if (value.IsSequence()) {
        for (const YAML::Node& item : value) {
          yaml.count(item);
          if (!item.IsScalar()) yaml.refuse(item, "\"" + key + "\" must be a list of plain values");
          text += (text.empty() ? "" : ",") + item.Scalar();
        }
      } else if (value.IsScalar()) {
        text = value.Scalar();
      } else if (!value.IsNull()) {
        yaml.refuse(value, "\"" + key + "\" must be a plain value");
      }
      settings.push_back(
          {std::move(key), std::move(text), yaml.place(pair.first), {}, value.IsNull()});
    }
    return settings;
  });
}

}  // namespace weir::command_line
