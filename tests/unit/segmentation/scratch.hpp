// scratch.hpp: a folder that goes with the test, and a runtime for it.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <weir/file.hpp>
#include <weir/runtime.hpp>

class Scratch {
 public:
  Scratch() {
    std::string name =
        (std::filesystem::temp_directory_path() / "weir-segment-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

  std::string read(const std::string& name) const {
    weir::Buffer buffer;
    const auto size = weir::read_file(path_ + "/" + name, buffer);
    REQUIRE_MESSAGE(size.ok(), name);
    return std::string(buffer.view());
  }
  void write(const std::string& name, const std::string& bytes) const {
    const std::string whole = path_ + "/" + name;
    REQUIRE(weir::make_directories(whole.substr(0, whole.rfind('/'))).ok());
    REQUIRE(weir::write_file_atomically(whole, bytes).ok());
  }
  /// Every file below `folder`, and its bytes.
  std::map<std::string, std::string> tree(const std::string& folder) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path_ + "/" + folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string name = std::filesystem::relative(entry.path(), path_).string();
      files[name] = read(name);
    }
    return files;
  }

 private:
  std::string path_;
};

inline std::unique_ptr<weir::Runtime> start(int workers) {
  weir::Config config;
  config.workers = workers;
  config.pin = weir::Pin::none;
  return weir::Runtime::start(config).value();
}
