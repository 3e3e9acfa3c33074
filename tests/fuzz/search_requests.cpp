// search_requests.cpp: fuzzes lines of the service and tasks as CSV: any bytes are refused with a reason, or a request
// whose search ends and whose answer passes as many examples as it says.
#include <csv_task.hpp>
#include <json_request.hpp>
#include <kernel_factory.hpp>

#include "fuzz.hpp"

namespace {

using namespace weir::search;
using fuzz::require;

constexpr std::size_t search_bytes_max = std::size_t{24} << 20;
constexpr std::uint32_t simulations = 2;

void search(Request& request) {
  KernelConfig config;
  config.memory_bytes_max = search_bytes_max;
  auto kernel = make_kernel(request, config);
  if (!kernel) return fuzz::require_reason(kernel.error());
  (void)kernel.value()->turn(simulations);
  constexpr Language languages[] = {Language::python, Language::js};
  const Answer answer = kernel.value()->best(2, languages);
  require(answer.examples_passed <= answer.examples_total, "no more examples than there are");
  if (answer.found >= Found::full)
    require(answer.examples_passed == answer.examples_total && !answer.programs.empty(),
            "full is all of them");
}

void read_lines(std::string_view text) {
  std::uint64_t number = 0;
  while (!text.empty() && number < 20) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    program::Line line = program::read_line(text.substr(0, end), ++number, weir::now_ns());
    require(line.error.has_value() == (line.kind == program::Line::Kind::bad),
            "what is bad says why");
    if (line.error) require(!line.error->message.empty(), "and in words");
    if (line.kind == program::Line::Kind::request && end < 600) search(line.request);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::text_of(data + 1, size - 1);
  if (data[0] == 'c') {
    auto task = program::read_csv_task(text);
    if (!task) {
      fuzz::require_reason(task.error());
      require(!task.error().where.empty(), "a refusal has a place");
      return 0;
    }
    Request request;
    request.what = std::move(task).value();
    if (size < 600) search(request);
  } else {
    read_lines(fuzz::text_of(data, size));
  }
  return 0;
}
