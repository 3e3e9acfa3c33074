// acpc: a checkpoint's strategy at the table of an ACPC dealer, over TCP.
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <weir/terminal.hpp>

#include "acpc_client.hpp"
#include "commands.hpp"
#include "frozen_sums.hpp"
#include "line_reader.hpp"
#include "loaded.hpp"
#include "search_options.hpp"

namespace weir::mccfr {
namespace {

/// A TCP connection, closed when it goes.
class Connection {
 public:
  Connection(std::string place, const StopSignals& signals)
      : place_(std::move(place)), signals_(signals) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (socket_ >= 0) ::close(socket_);
  }

  Result<Done> open(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); code != 0)
      return Error{"unreachable", ::gai_strerror(code), place_};
    int reason = 0;
    for (const addrinfo* at = found; at != nullptr && socket_ < 0; at = at->ai_next) {
      const int opened =
          ::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
      reason = opened < 0 ? errno : connected(opened, *at);
      if (reason == 0) socket_ = opened;
      if (reason != 0 && opened >= 0) ::close(opened);
    }
    ::freeaddrinfo(found);
    if (socket_ < 0) return Error{"unreachable", std::strerror(reason), place_};
    return Done{};
  }

  Result<Done> send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno == EAGAIN) {
        if (!wait_for(socket_, POLLOUT)) return Done{};  // a signal: nothing is owed any longer
        continue;
      }
      if (sent < 0) return Error{"disconnected", std::strerror(errno), place_};
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return Done{};
  }

  /// Bytes that came; empty at the end, or after a signal.
  Result<std::string_view> receive() {
    while (wait_for(socket_, POLLIN)) {
      const ssize_t got = ::recv(socket_, piece_.data(), piece_.size(), 0);
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got < 0) return Error{"disconnected", std::strerror(errno), place_};
      return std::string_view(piece_.data(), static_cast<std::size_t>(got));
    }
    return std::string_view();
  }

 private:
  static constexpr int look_ms = 100;  // how soon a signal ends a wait

  /// False: a signal came.
  bool wait_for(int socket, short event) const {
    while (!signals_.stop_requested()) {
      pollfd waiting{socket, event, 0};
      const int ready = ::poll(&waiting, 1, look_ms);
      if (ready > 0 || (ready < 0 && errno != EINTR)) return true;
    }
    return false;
  }
  /// 0, or the errno that says why not.
  int connected(int socket, const addrinfo& at) const {
    if (::connect(socket, at.ai_addr, at.ai_addrlen) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    if (!wait_for(socket, POLLOUT)) return ECANCELED;
    int reason = 0;
    socklen_t size = sizeof reason;
    return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &reason, &size) == 0 ? reason : errno;
  }

  std::string place_;
  const StopSignals& signals_;
  int socket_ = -1;
  std::array<char, 1 << 14> piece_{};
};

/// Plays until the dealer closes the connection between two hands, or a signal comes.
Result<Done> play_connection(Connection& connection, AcpcClient& client, const StopSignals& signals,
                             const std::string& place) {
  if (auto sent = connection.send(acpc_greeting); !sent) return sent.error();
  LineReader lines;
  while (!signals.stop_requested()) {
    auto piece = connection.receive();
    if (!piece) return piece.error();
    if (piece.value().empty()) break;
    lines.add(piece.value());
    for (;;) {
      auto line = lines.next();
      if (!line) return line.error();
      if (!line.value()) break;
      auto reply = client.answer(*line.value());
      if (!reply) {
        Error error = reply.error();
        error.where = fmt::format("{}, line {}, {}", place, lines.lines(), error.where);
        return error;
      }
      if (auto sent = connection.send(reply.value()); !sent) return sent.error();
    }
  }
  if (signals.stop_requested()) return Done{};
  if (!lines.rest().empty())
    return Error{"disconnected", "the dealer closed the connection within a line", place};
  if (client.in_hand())
    return Error{"disconnected",
                 fmt::format("the dealer closed the connection in hand {}", client.hand()), place};
  if (client.score().hands + client.score().unfinished == 0)
    return Error{"disconnected", "the dealer closed the connection before the first hand", place};
  return Done{};
}

}  // namespace

void acpc_command(const Options& options, const StopSignals& signals, Findings& findings) {
  auto loaded = load_checkpoint(options.path, options.workers, options.buckets_file);
  if (!loaded) return fail(findings, loaded.error());
  const Loaded& l = loaded.value();
  const auto holdem = holdem_of(l, options.path);
  if (!holdem) return fail(findings, holdem.error());
  const HoldemGame* const game = holdem.value();
  const std::string place = fmt::format("{}:{}", options.host, options.port);
  Connection connection(place, signals);
  // Cards take seconds: whoever mistypes the dealer's place is told before them, and a dealer waits for its players.
  auto played = connection.open(options.host, std::to_string(options.port));
  if (!played) {
    if (!signals.stop_requested()) return fail(findings, played.error());
    findings.exit = 128 + signals.signal_number();
    return;
  }
  if (auto prepared = l.game->prepare(); !prepared) return fail(findings, prepared.error());
  const FrozenSums frozen(*l.trainer);
  const BettingRules& rules = game->config().rules;
  auto searcher = make_searcher(options, l, frozen.data());
  if (!searcher) return fail(findings, searcher.error());
  AcpcClient client(rules,
                    searcher.value() != nullptr
                        ? searcher.value()->agent()
                        : make_blueprint(*game, l.trainer->shape(), frozen.data()),
                    options.seed);
  played = play_connection(connection, client, signals, place);
  const AcpcScore& score = client.score();
  const double scale = 100.0 / rules.largest_blind();
  auto& m = findings.members;
  m["game"] = l.game->name();
  m["hands"] = score.hands;
  m["unfinished"] = score.unfinished;
  m["actions"] = score.actions;
  m["chips"] = score.sum;
  m["bb_per_100"] = score.mean() * scale;
  m["ci95"] = score.ci95() * scale;
  findings.rows = {{"game", l.game->name()},
                   {"hands", format_count(score.hands)},
                   {"chips", fmt::format("{:+g}", score.sum)},
                   {"result", fmt::format("{:+.1f} +- {:.1f} bb/100", score.mean() * scale,
                                          score.ci95() * scale)}};
  if (searcher.value() != nullptr) tell_searches(options, *searcher.value(), findings);
  if (signals.stop_requested()) {
    findings.exit = 128 + signals.signal_number();
  } else if (!played) {
    fail(findings, played.error());
  }
}

}  // namespace weir::mccfr
