// cancel_speed.cpp: weir-bench-search cancel: from a cancel to its reply, with 1, 16 and 1,000 requests outstanding.
//
//   --data DIR    where sygus_pbe_strings lies (WEIR_TEST_DATA): its files are the requests; without it, lists are
//   --rounds N    of each number of requests (20)
//
// Output: one JSON object: of each number milliseconds from cancel() of one request to its reply, while the others go
//         on, and from the first cancel of all to the last reply: median, 99 %, slowest. By the clock: other jobs on
//         the machine are in it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <suites.hpp>
#include <vector>
#include <weir/file.hpp>
#include <weir/futex.hpp>
#include <weir/runtime.hpp>
#include <weir/search/engine.hpp>
#include <weir/search/list_tasks.hpp>
#include <weir/version.hpp>

namespace weir::bench {
namespace {

using search::Engine;
using search::Handle;
using search::Request;
using Json = nlohmann::ordered_json;

struct CancelOptions {
  std::string data;
  std::size_t rounds = 20;
};

bool read_cancel(const std::vector<std::string>& arguments, CancelOptions& options) {
  if (const char* data = std::getenv("WEIR_TEST_DATA")) options.data = data;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    if (i + 1 == arguments.size()) return false;
    if (arguments[i] == "--data") {
      options.data = arguments[i + 1];
    } else if (arguments[i] == "--rounds") {
      options.rounds = std::strtoull(arguments[i + 1].c_str(), nullptr, 10);
    } else {
      return false;
    }
  }
  return options.rounds > 0;
}

/// Requests that do not end by themselves while they are measured: SyGuS files and lists of six calls in turns.
class Tasks {
 public:
  explicit Tasks(const std::string& data) {
    std::vector<std::filesystem::path> files;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(data + "/sygus_pbe_strings", none))
      if (entry.path().extension() == ".sl") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    Buffer buffer;
    for (const auto& file : files) {
      if (!read_file(file.string(), buffer)) continue;
      problems_.emplace_back(buffer.view());
    }
    search::lists::TaskSource source(6, 1);
    constexpr std::size_t lists = 32;
    while (lists_.size() < lists) {
      auto drawn = source.next();
      if (!drawn) break;
      lists_.push_back(std::move(drawn->task));
    }
  }
  Request next() {
    Request request;
    const std::size_t i = count_++;
    if (!problems_.empty() && i % 2 == 0) {
      request.what = search::SygusText{problems_[i / 2 % problems_.size()]};
    } else {
      request.what = lists_[i / 2 % lists_.size()];
    }
    request.simulations = std::uint64_t{1} << 40;
    return request;
  }

 private:
  std::vector<std::string> problems_;
  std::vector<search::Task> lists_;
  std::size_t count_ = 0;
};

Json summary_of(std::vector<double>& of) {
  std::sort(of.begin(), of.end());
  const auto at = [&](double share) {
    return of[std::min(of.size() - 1,
                       static_cast<std::size_t>(share * static_cast<double>(of.size())))];
  };
  return {{"count", of.size()}, {"p50_ms", at(0.5)}, {"p99_ms", at(0.99)}, {"max_ms", of.back()}};
}

double since_ms(Deadline begin) { return static_cast<double>(now_ns() - begin) / 1e6; }

Json measured_cancels(Tasks& tasks, std::size_t outstanding, std::size_t rounds) {
  std::vector<double> one, all;
  auto runtime = std::move(Runtime::start()).value();
  auto engine = std::move(Engine::start(*runtime)).value();
  const search::ClientId client = engine->add_client().value();
  for (std::size_t round = 0; round < 2 * rounds; ++round) {
    const bool singly = round % 2 == 0;
    std::vector<Handle> handles;
    search::SearchReply reply;
    for (std::size_t i = 0; i < outstanding; ++i)
      handles.push_back(engine->submit(client, tasks.next(), reply));
    // Somewhere in their searches, another place each time.
    const atomic<std::uint32_t> word{0};
    futex_wait(word, 0, after_ms(20 + 7 * (round / 2 % 8)));
    for (std::size_t i = 0; singly && i < std::min<std::size_t>(outstanding, 8); ++i) {
      Handle& chosen = handles[i * outstanding / 8 % outstanding];
      if (!chosen.valid()) continue;
      const Deadline begin = now_ns();
      chosen.cancel();
      (void)chosen.wait_until(never, reply);
      if (reply.status == search::ReplyStatus::cancelled) one.push_back(since_ms(begin));
    }
    const Deadline begin = now_ns();
    for (Handle& handle : handles) handle.cancel();
    for (Handle& handle : handles)
      if (handle.valid()) (void)handle.wait_until(never, reply);
    if (!singly) all.push_back(since_ms(begin));
  }
  return {{"outstanding", outstanding}, {"one", summary_of(one)}, {"all", summary_of(all)}};
}

}  // namespace

int cancel_speed(const std::vector<std::string>& arguments) {
  CancelOptions options;
  if (!read_cancel(arguments, options)) {
    std::fputs("usage: weir-bench-search cancel [--data DIR] [--rounds N]\n", stderr);
    return 2;
  }
  Tasks tasks(options.data);
  Json told = {{"version", version_line()}};
  for (const std::size_t outstanding : {std::size_t{1}, std::size_t{16}, std::size_t{1000}})
    told["cancels"].push_back(measured_cancels(tasks, outstanding, options.rounds));
  std::printf("%s\n", told.dump(2).c_str());
  return 0;
}

}  // namespace weir::bench
