// service.hpp: JSON lines in, JSON lines out, for many clients at once; private to the program.
//
// Roles:    one thread reads, parses and writes for all connections; workers tell it by a ring and an eventfd.
// Progress: it waits in poll() alone. A client that does not read stops being read once `queue` of its replies wait for
//           it; the others go on. Once it stops, one that takes nothing for some seconds is dropped.
// Cost:     a round looks at what has happened to connections, not at all of them: sockets wait in an epoll set, which
//           stands in the poll beside standard input and output (these may be files, which epoll refuses).
// Order:    replies in order of completion; an id is free again before its reply is written.
// Signals:  the first ends the reading and lets what was asked be answered, for a time where one is given; the second
//           has everything answered with what was found.
// Errors:   a client that goes away cancels what it asked; a line that is no request is answered with a null id.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>
#include <weir/ring.hpp>
#include <weir/search/engine.hpp>
#include <weir/signals.hpp>

#include "experience_keeper.hpp"
#include "guidance.hpp"
#include "json_request.hpp"

namespace weir::search::program {

/// Connections of a service at most; one more is told so and closed.
inline constexpr std::uint32_t connections_max = 4096;

struct ServiceConfig {
  std::uint32_t queue = 16'384;
  std::uint32_t connections = connections_max;  // at once
  bool throttle =
      false;           // read no further than requests can wait, so that none is rejected (batch)
  std::string socket;  // a path to listen at; empty: only the pair of descriptors
  std::string input = "standard input";    // in errors, what is read without a socket
  std::string prometheus;                  // a file that is kept up to date
  Deadline until = never;                  // all requests end by then
  ExperienceKeeper* experience = nullptr;  // kept for as long as it serves; null: nothing is kept
  std::uint64_t simulations = 0;  // of requests that have no bound of their own; 0: the usual ones
  double drain_s = 0;             // after a signal, for what has been asked; 0: as long as it takes
  GuidanceFile* guidance = nullptr;  // looked after for as long as it serves; null: it stays
  bool quiet = false;
  bool document =
      false;  // replies without a socket are the beginning of one JSON object: {"replies": [..
};

struct ServiceResult {
  std::uint64_t lines = 0, requests = 0, replies = 0, malformed = 0;
  Error lost;    // why standard input or output was given up; empty code: it was not
  Error unkept;  // the first failure to write experience or figures; empty code: none
};

class Service final : private Listener {
 public:
  Service(Engine& engine, const ServiceConfig& config, const StopSignals& signals);
  ~Service() override;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Serves until the input ends, or a signal comes, and every reply is written. `in` < 0: the socket alone.
  Result<ServiceResult> run(int in, int out);
  /// A document was begun: what follows its replies is still to be written.
  bool begun() const noexcept { return pair_ && config_.document; }

 private:
  struct Pending {
    Handle handle;
    Json id;
    std::vector<Language> languages;  // that were asked for
    std::string request;              // as JSON, where experience is kept
    std::uint32_t connection = 0;
    bool used = false;
  };
  struct Connection {
    int in = -1, out = -1;
    bool socket = false;  // one descriptor for both ways
    ClientId client = 0;
    std::uint32_t place = 0;  // in connections_
    std::string read;         // what is not a whole line yet
    std::size_t scanned = 0;  // of it, without a line end
    Deadline arrived =
        0;  // when its first byte was read, or there was room for it again; 0: none yet
    Deadline read_at = 0;   // the last read
    bool skipping = false;  // the rest of a line that was too long
    std::deque<std::string> write;
    bool said = false;                                    // a line, of a document
    std::size_t written = 0;                              // of the first
    std::unordered_map<std::string, std::uint32_t> live;  // id as JSON: index of its Pending
    std::unordered_map<std::string, std::uint64_t>
        known;  // id as JSON: number of its experience, for feedback
    std::uint64_t line = 0;
    std::uint64_t answered = 0;
    bool ended = false;       // no more input
    bool draining = false;    // {"drain": true} came
    bool gone = false;        // nobody reads
    bool touched = false;     // in touched_
    std::uint32_t asked = 0;  // of a socket: the events that the epoll set has for it
    Deadline moved_at = 0;    // while it stops: when some of its replies were last taken
  };

  void replied(std::uint64_t tag) noexcept override;
  Result<Done> open_eventfd();
  Result<Done> listen_at(const std::string& path);
  void accept_clients();
  bool add_connection(int in, int out, bool socket);
  void close_connection(Connection& connection);
  void touch(Connection& connection);
  void settle(Connection& connection);
  bool ask_events(Connection& connection);
  void see_events(Connection& connection, std::uint32_t in, std::uint32_t out);
  bool all_over() const;
  bool wants_input(const Connection& connection) const;
  void read_input(Connection& connection);
  void take_lines(Connection& connection);
  void take_line(Connection& connection, std::string_view text);
  void say(Connection& connection, std::string line);
  void refuse_long_line(Connection& connection);
  void take_request(Connection& connection, Line& line);
  void end_input(Connection& connection);
  void collect_replies();
  void keep(Connection& connection, Pending& pending, const SearchReply& reply);
  void write_output(Connection& connection);
  void lose(Connection& connection, Error why = {});
  void lose_stuck(Connection& connection);
  void finish_drained(Connection& connection);
  bool is_over(const Connection& connection) const;
  void stop_reading();
  void renew_guidance();
  EngineStats stats() const;
  void write_figures(bool last);
  template <class T>
  void note_failure(const Result<T>& result) {
    if (!result && result_.unkept.code.empty()) result_.unkept = result.error();
  }
  int poll_timeout() const noexcept;
  int poll_once();
  void take_socket_events();

  Engine& engine_;
  ServiceConfig config_;
  const StopSignals& signals_;
  ServiceResult result_;
  std::uint64_t refused_ = 0, rejected_ = 0;  // requests that were answered without the engine
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::uint32_t> touched_;  // places of those that something has happened to
  std::vector<Pending> pending_;
  std::vector<std::uint32_t> free_pending_;
  bool pair_ = false;  // the first connection is a pair of descriptors
  std::uint64_t live_ = 0;
  Ring<std::uint64_t> done_;
  std::vector<char> chunk_;        // what has just been read, of any connection
  atomic<std::uint32_t> told_{0};  // the eventfd holds a wake-up that nobody has taken
  int event_ = -1, listener_ = -1, sockets_ = -1;
  Deadline accept_at_ = 0;  // not earlier: the process had no descriptor for another client
  bool stopping_ = false, hurried_ = false;
  Deadline figures_at_ = 0, renew_at_ = 0;
};

}  // namespace weir::search::program
