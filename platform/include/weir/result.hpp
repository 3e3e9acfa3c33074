// result.hpp: how calls answer: Status and Outcome on hot paths, Result<T> and Error for set-up and files.
//
// Errors: nothing here throws. Memory: Status is one byte, Outcome eight; an Error owns its two strings.
#pragma once

#include <weir/check.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace weir {

enum class [[nodiscard]] Status : std::uint8_t {
  accepted,        // done, or taken over by the runtime
  would_block,     // no room now; the caller keeps the item
  closed,          // ingress is closed (drain, stop, end of stream): it will never be taken
  cancelled,       // its scope, graph or request was cancelled
  expired,         // its deadline passed before it ran
  timed_out,       // the wait reached its deadline; what was waited for goes on
  failed,          // a body threw; the first error is kept where it was submitted
  stalled,         // the oracle proved that what is waited for cannot come
  would_deadlock,  // called from inside a task that the wait would wait for
  forked,          // this process is a fork's child: the runtime is dead here
};

/// The name of a status as written above ("accepted").
constexpr std::string_view to_string(Status status) noexcept {
  constexpr std::string_view names[] = {"accepted",  "would_block", "closed",  "cancelled",      "expired",
                                        "timed_out", "failed",      "stalled", "would_deadlock", "forked"};
  return names[static_cast<std::uint8_t>(status)];
}

inline constexpr std::uint16_t no_node = 0xffff;
inline constexpr std::uint32_t no_edge = 0xffffffff;

/// What a submitting call answers. On would_block: `edge` is the edge that had no room (an index into the graph's
/// certificate, or no_edge for the inbox) and `culprit` the node at the end of the chain that holds it up.
struct [[nodiscard]] Outcome {
  Status status = Status::accepted;
  std::uint16_t culprit = no_node;
  std::uint32_t edge = no_edge;
};

/// A refusal of a cold path. `code` is a stable word for programs ("bad_config"), `what` a sentence for people, `where`
/// the place: FILE:LINE, a byte offset, a node's name.
struct Error {
  std::string code;
  std::string what;
  std::string where;

  /// "where: what [code]", without the parts that are empty.
  std::string text() const {
    std::string line = where.empty() ? what : where + ": " + what;
    return code.empty() ? line : line + " [" + code + "]";
  }
};

/// A value, or the Error that says why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  /// The value; a WEIR_CHECK that prints the error when there is none.
  T& value() & {
    require();
    return std::get<0>(state_);
  }
  const T& value() const& {
    require();
    return std::get<0>(state_);
  }
  T value() && {
    require();
    return std::move(std::get<0>(state_));
  }

  /// The error; a WEIR_CHECK when there is a value.
  const Error& error() const {
    WEIR_CHECK(!ok(), "error() of a Result that holds a value");
    return std::get<1>(state_);
  }

 private:
  void require() const {
    if (!ok()) {
      detail::check_failed(__FILE__, __LINE__, "Result::ok()", std::get<1>(state_).text().c_str());
    }
  }

  std::variant<T, Error> state_;
};

/// Result of a call that yields nothing but may be refused: `return Done{};`.
struct Done {};

}  // namespace weir
