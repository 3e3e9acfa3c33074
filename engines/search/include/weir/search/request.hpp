// request.hpp: a request to the search engine, and its one reply.
//
// Shape:  a request ends at the first of its deadline, its count of simulations, its first answer where that is asked
//         for, and the kernel's own end. Without either bound it has simulations_default.
// Memory: a waiting request holds its text; beyond request_bytes_max it is refused.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>
#include <weir/clock.hpp>
#include <weir/result.hpp>
#include <weir/search/connect4_kernel.hpp>
#include <weir/search/kernel.hpp>

namespace weir::search {

inline constexpr std::uint64_t simulations_default = 2000;
inline constexpr std::size_t request_bytes_max = std::size_t{1} << 20;

struct SygusText {
  std::string text;  // of a whole SyGuS-IF file
};

struct Request {
  std::variant<Task, SygusText, games::MoveTask, std::unique_ptr<Kernel>> what;
  std::uint64_t simulations = 0;  // 0: none given
  Deadline deadline = never;      // its wait in the queue counts
  std::uint32_t top = 1;
  std::vector<Language> languages;
  bool first_only = false;
  std::uint8_t level =
      1;  // 0 before 1 before 2; a level that waits is passed over at most 16 times
  std::uint64_t seed = 1;
  std::size_t bytes = 0;  // of its text, for the bound of the waiting pool
};

enum class ReplyStatus : std::uint8_t {
  solved,      // right on every labelled example
  partial,     // right on some
  unsolved,    // nothing found within the simulations
  infeasible,  // two examples contradict each other
  rejected,    // no room for it: come back after retry_after_ms
  cancelled,
  expired,  // its deadline came before anything was found
  error,    // it cannot be read
};

constexpr std::string_view to_string(ReplyStatus status) noexcept {
  constexpr std::string_view names[] = {"solved",   "partial",   "unsolved", "infeasible",
                                        "rejected", "cancelled", "expired",  "error"};
  return names[static_cast<std::size_t>(status)];
}
inline constexpr std::size_t reply_statuses = 8;

struct SearchReply {
  ReplyStatus status = ReplyStatus::unsolved;
  Answer answer;
  bool smallest = false;  // nothing better exists in the language
  std::uint64_t simulations = 0, nodes = 0, evaluations = 0;
  double ms = 0;               // from submit to here
  double first_answer_ms = 0;  // from submit; 0: there was none
  std::uint64_t seed = 0;
  std::string weights;               // version of the network that guided it, "default" without one
  std::string experience = "none";   // version that it was begun with
  std::uint32_t retry_after_ms = 0;  // rejected
  Error error;                       // infeasible, error
};

}  // namespace weir::search
