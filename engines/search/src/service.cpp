#include "service.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <weir/file.hpp>
#include <weir/terminal.hpp>

#include "json_reply.hpp"

namespace weir::search::program {

namespace {

constexpr std::size_t read_bytes = 65'536;
constexpr std::size_t write_bytes =
    4096;  // PIPE_BUF: so much a pipe takes without waiting when poll says it has room
constexpr std::size_t line_bytes_max = request_bytes_max;
constexpr std::uint64_t figures_interval_ms = 1000, renew_interval_ms = 1000;
constexpr int poll_ms = 100;
constexpr std::uint64_t stuck_ms = 5000;   // that the end waits for a client which takes no reply
constexpr std::size_t known_max = 65'536;  // ids of a client that feedback is taken for

Error system_error(const char* what, const std::string& where) {
  return {"io", std::string(what) + ": " + std::strerror(errno), where};
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

Service::Service(Engine& engine, const ServiceConfig& config, const StopSignals& signals)
    : engine_(engine),
      config_(config),
      signals_(signals),
      done_(2 * std::size_t{config.queue} + 4096),
      chunk_(read_bytes) {}

Service::~Service() {
  for (auto& connection : connections_) close_connection(*connection);
  for (Pending& pending : pending_) pending.handle = Handle();
  // What was told to this listener has been told by the time that the engine is idle.
  (void)engine_.drain_until();
  if (listener_ >= 0) {
    close(listener_);
    unlink(config_.socket.c_str());
  }
  if (sockets_ >= 0) close(sockets_);
  if (event_ >= 0) close(event_);
}

void Service::replied(std::uint64_t tag) noexcept {
  // The ring holds more than can be pending: a refusal is a lost race.
  while (done_.push(std::uint64_t{tag}) != Status::accepted) {
  }
  // (1) seq_cst pairs with (2): the reader takes the tag after it has cleared the word, or is woken for it
  if (told_.exchange(1, seq_cst) != 0) return;
  const std::uint64_t one = 1;
  (void)!write(event_, &one, sizeof(one));
}

Result<Done> Service::open_eventfd() {
  event_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (event_ < 0) return system_error("no eventfd", "serve");
  sockets_ = epoll_create1(EPOLL_CLOEXEC);
  if (sockets_ < 0) return system_error("no epoll set", "serve");
  return Done{};
}

Result<Done> Service::listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path))
    return Error{
        "usage",
        "a socket's path has at most " + std::to_string(sizeof(address.sun_path) - 1) + " bytes",
        path};
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener_ < 0) return system_error("no socket", path);
  auto* const named = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, named, sizeof(address)) != 0) {
    const int bound = errno;
    const bool in_use = bound == EADDRINUSE;
    // One that nobody listens at is left over from a server that was killed.
    const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool dead = in_use && probe >= 0 && connect(probe, named, sizeof(address)) != 0 &&
                      errno == ECONNREFUSED;
    if (probe >= 0) close(probe);
    if (!dead || unlink(path.c_str()) != 0 || bind(listener_, named, sizeof(address)) != 0) {
      const Error error =
          dead     ? system_error("cannot listen", path)
          : in_use ? Error{"io", "somebody listens there, or it is no socket", path}
                   : Error{"io", std::string("cannot listen: ") + std::strerror(bound), path};
      close(std::exchange(listener_, -1));
      return error;
    }
  }
  // As many descriptors as the system gives, for as many clients; with less, some wait to be accepted.
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  if (listen(listener_, SOMAXCONN) != 0) return system_error("cannot listen", path);
  return Done{};
}

bool Service::add_connection(int in, int out, bool socket) {
  auto client = engine_.add_client();
  if (!client) return false;
  auto made = std::make_unique<Connection>();
  made->in = in, made->out = out, made->socket = socket, made->client = client.value();
  const auto is_free = [this](const auto& each) { return each->in < 0 && is_over(*each); };
  auto place =
      std::find_if(connections_.begin(), connections_.end(), is_free);  // of a client that has gone
  if (place == connections_.end()) {
    if (connections_.size() >= config_.connections) {
      engine_.remove_client(made->client);
      return false;
    }
    place = connections_.emplace(place);
  }
  made->place = static_cast<std::uint32_t>(place - connections_.begin());
  if (*place != nullptr) made->touched = (*place)->touched;
  *place = std::move(made);
  touch(**place);
  return true;
}

/// Something has happened to it: the next round looks.
void Service::touch(Connection& connection) {
  if (std::exchange(connection.touched, true)) return;
  touched_.push_back(connection.place);
}

void Service::accept_clients() {
  for (;;) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) {
      // Whoever waits to be accepted keeps the listener readable: it is left alone until one may have gone.
      if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
        accept_at_ = now_ns() + std::uint64_t{poll_ms} * 1'000'000;
      return;
    }
    if (add_connection(client, client, true)) continue;
    const std::string line = error_line(nullptr, {"too many connections", 0, 0});
    (void)!send(client, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    close(client);
  }
}

void Service::close_connection(Connection& connection) {
  if (connection.in < 0) return;
  if (connection.socket) close(connection.in);  // which takes it out of the epoll set
  connection.in = connection.out = -1;
  engine_.remove_client(connection.client);
}

bool Service::wants_input(const Connection& connection) const {
  if (connection.ended || connection.gone || connection.write.size() >= config_.queue) return false;
  return !config_.throttle || live_ < config_.queue;
}

void Service::read_input(Connection& connection) {
  const ssize_t got = read(connection.in, chunk_.data(), chunk_.size());
  connection.read_at = now_ns();
  if (got > 0) connection.read.append(chunk_.data(), static_cast<std::size_t>(got));
  if (got == 0) return end_input(connection);
  if (got < 0 && errno != EAGAIN && errno != EINTR)
    return lose(connection, system_error("cannot read", config_.input));
  take_lines(connection);
}

/// Whole lines that have been read, as far as the bounds allow.
void Service::take_lines(Connection& connection) {
  std::size_t begin = 0;
  if (connection.arrived == 0) connection.arrived = now_ns();
  while (wants_input(connection)) {
    const std::size_t end = connection.read.find('\n', std::max(begin, connection.scanned));
    if (end == std::string::npos) {
      connection.scanned = connection.read.size();
      break;
    }
    if (end - begin > line_bytes_max && !connection.skipping) {
      refuse_long_line(connection);
    } else {
      take_line(connection, std::string_view(connection.read).substr(begin, end - begin));
    }
    begin = end + 1;
    connection.scanned = begin;
    connection.arrived = connection.read_at;
  }
  // What waits for room arrives when there is some: its deadline is for its search, not for those before it.
  if (begin == connection.read.size() || !wants_input(connection)) connection.arrived = 0;
  connection.read.erase(0, begin);
  connection.scanned -= std::min(begin, connection.scanned);
  if (connection.read.size() <= line_bytes_max || connection.read.find('\n') != std::string::npos)
    return;
  if (!std::exchange(connection.skipping, true)) refuse_long_line(connection);
  connection.read.clear();
  connection.scanned = 0;
}

/// A line for the client; in a document, an element of its replies.
void Service::say(Connection& connection, std::string line) {
  if (config_.document && std::exchange(connection.said, true)) line.insert(line.begin(), ',');
  connection.write.push_back(std::move(line));
}

/// The same words whether its end has been read or not.
void Service::refuse_long_line(Connection& connection) {
  ++connection.line, ++result_.lines, ++result_.malformed;
  say(connection,
      error_line(nullptr, {"a line of more than " + std::to_string(line_bytes_max) + " bytes",
                           connection.line, line_bytes_max}));
}

void Service::end_input(Connection& connection) {
  // What is left without a line end is a line too, once there is room for it.
  if (!connection.read.empty() && connection.read.back() != '\n') connection.read += '\n';
  take_lines(connection);
  if (connection.read.empty() || connection.skipping) connection.ended = true;
}

void Service::take_line(Connection& connection, std::string_view text) {
  if (std::exchange(connection.skipping, false)) return;
  ++connection.line;
  if (is_blank(text)) return;
  ++result_.lines;
  Line line = read_line(text, connection.line, connection.arrived);
  switch (line.kind) {
    case Line::Kind::request:
      return take_request(connection, line);
    case Line::Kind::cancel:
      if (const auto found = connection.live.find(line.id.dump()); found != connection.live.end())
        pending_[found->second].handle.cancel();
      return;
    case Line::Kind::feedback:
      if (const auto found = connection.known.find(line.id.dump()); found != connection.known.end())
        note_failure(config_.experience->judge(found->second, line.good));
      return;
    case Line::Kind::stats:
      say(connection, stats_line(stats()));
      return;
    case Line::Kind::drain:
      connection.draining = true;
      return;
    case Line::Kind::share:
      // It was read as a share that there can be.
      static_cast<void>(engine_.set_share(connection.client, line.share));
      return;
    case Line::Kind::bad:
      break;
  }
  ++result_.malformed;
  // A live id has its reply to come: it gets no second one.
  const bool live = connection.live.count(line.id.dump()) != 0;
  if (!live && !line.id.is_null()) ++refused_;
  say(connection, error_line(live ? Json(nullptr) : line.id, *line.error));
}

void Service::take_request(Connection& connection, Line& line) {
  ++result_.requests;
  std::string key = line.id.dump();
  if (connection.live.count(key) != 0) {
    say(connection, error_line(nullptr, {"the id " + key + " is in use", connection.line, 1}));
    return;
  }
  SearchReply rejection;
  const auto reject = [&] {
    say(connection, reply_line(line.id, rejection));
    ++result_.replies, ++connection.answered;
  };
  if (connection.draining || stopping_) {
    rejection.status = ReplyStatus::rejected;
    rejection.weights = "default";
    ++rejected_;
    return reject();
  }
  if (free_pending_.empty()) {
    free_pending_.push_back(static_cast<std::uint32_t>(pending_.size()));
    pending_.emplace_back();
  }
  const std::uint32_t index = free_pending_.back();
  Pending& pending = pending_[index];
  if (line.request.simulations == 0 && line.request.deadline == never)
    line.request.simulations = config_.simulations;
  line.request.deadline = std::min(line.request.deadline, config_.until);
  pending.languages = line.request.languages;
  pending.handle =
      engine_.submit(connection.client, std::move(line.request), rejection, this, index);
  if (!pending.handle.valid()) return reject();
  free_pending_.pop_back();
  pending.id = std::move(line.id);
  if (config_.experience != nullptr) pending.request = line.asked.dump();
  pending.connection = connection.place;
  pending.used = true;
  connection.live.emplace(std::move(key), index);
  ++live_;
}

void Service::collect_replies() {
  std::uint64_t ignored = 0;
  (void)!read(event_, &ignored, sizeof(ignored));
  told_.store(0, seq_cst);  // (2) seq_cst pairs with (1)
  std::uint64_t tag = 0;
  while (done_.pop(tag) == Status::accepted) {
    Pending& pending = pending_[tag];
    SearchReply reply;
    if (!pending.used || pending.handle.poll(reply) != Status::accepted) continue;
    Connection& connection = *connections_[pending.connection];
    connection.live.erase(pending.id.dump());  // from here on the id can be used again
    --live_, ++result_.replies, ++connection.answered;
    keep(connection, pending, reply);
    touch(connection);
    if (!connection.gone) say(connection, reply_line(pending.id, reply, pending.languages));
    pending.used = false;
    pending.id = nullptr;
    free_pending_.push_back(static_cast<std::uint32_t>(tag));
  }
}

void Service::keep(Connection& connection, Pending& pending, const SearchReply& reply) {
  if (config_.experience == nullptr) return;
  const std::string id = pending.id.dump();
  auto number = config_.experience->keep(id, pending.request, reply);
  note_failure(number);
  connection.known.erase(id);  // what was answered under the same id before is not meant any longer
  if (!number || number.value() == 0) return;
  if (connection.known.size() >= known_max) connection.known.clear();
  connection.known[id] = number.value();
}

void Service::write_output(Connection& connection) {
  std::string chunk;
  std::size_t from = connection.written;
  for (const std::string& line : connection.write) {
    chunk.append(line, from, write_bytes - chunk.size());
    from = 0;
    if (chunk.size() == write_bytes) break;
  }
  const ssize_t put = connection.socket ? send(connection.out, chunk.data(), chunk.size(),
                                               MSG_DONTWAIT | MSG_NOSIGNAL)
                                        : write(connection.out, chunk.data(), chunk.size());
  if (put < 0) {
    if (errno == EPIPE) return lose(connection);
    if (errno != EAGAIN && errno != EINTR)
      lose(connection, system_error("cannot write replies", "standard output"));
    return;
  }
  if (put > 0) connection.moved_at = now_ns();
  connection.written += static_cast<std::size_t>(put);
  while (!connection.write.empty() && connection.written >= connection.write.front().size()) {
    connection.written -= connection.write.front().size();
    connection.write.pop_front();
  }
}

/// Nobody reads any more: what was asked for is cancelled.
void Service::lose(Connection& connection, Error why) {
  if (std::exchange(connection.gone, true)) return;
  touch(connection);
  if (why.code.empty()) why = {"io", "nobody reads the replies", "standard output"};
  if (!connection.socket) result_.lost = std::move(why);
  connection.ended = true;
  connection.read.clear(), connection.write.clear();
  connection.scanned = connection.written = 0;
  for (const auto& [id, index] : connection.live) pending_[index].handle.cancel();
}

/// A client that does not read must not keep the service from its end.
void Service::lose_stuck(Connection& connection) {
  if (!stopping_ || connection.gone) return;
  if (connection.write.empty() || !connection.live.empty()) {
    connection.moved_at = now_ns();
  } else if (now_ns() - connection.moved_at > stuck_ms * 1'000'000) {
    lose(connection);
  }
}

void Service::finish_drained(Connection& connection) {
  if (!connection.draining || !connection.live.empty()) return;
  connection.draining = false;
  connection.ended = true;
  if (connection.gone) return;
  say(connection, Json({{"drained", connection.answered}}).dump() + "\n");
}

bool Service::is_over(const Connection& connection) const {
  return connection.ended && connection.live.empty() && connection.write.empty() &&
         !connection.draining;
}

void Service::stop_reading() {
  if (signals_.count() > 1 && !std::exchange(hurried_, true)) engine_.end_by(now_ns());
  if (!signals_.stop_requested() || std::exchange(stopping_, true)) return;
  if (config_.drain_s > 0)
    engine_.end_by(now_ns() + static_cast<std::uint64_t>(config_.drain_s * 1e9));
  if (!config_.quiet && live_ > 0) {
    std::fprintf(stderr,
                 "weir-search: %s requests are still to be answered; another signal answers them "
                 "with what was found, a third ends at once\n",
                 format_count(live_).c_str());
  }
  for (auto& connection : connections_) {
    connection->ended = true;
    connection->read.clear();
    connection->scanned = 0;
    connection->moved_at = now_ns();
    touch(*connection);
  }
}

/// What was trained since then is what later requests are guided by.
void Service::renew_guidance() {
  const Deadline now = now_ns();
  if (config_.guidance == nullptr || now < renew_at_) return;
  renew_at_ = now + renew_interval_ms * 1'000'000;
  const auto renewed = config_.guidance->renew();
  if (!renewed) {
    std::fprintf(stderr, "weir-search: warning: %s; the former weights stay\n",
                 renewed.error().text().c_str());
  } else if (renewed.value() && !config_.quiet) {
    std::fprintf(stderr, "weir-search: new weights: %s\n", config_.guidance->path().c_str());
  }
}

/// The engine's, and the requests that it has not seen: each reply to an id is counted once.
EngineStats Service::stats() const {
  EngineStats stats = engine_.stats();
  stats.requests[static_cast<std::size_t>(ReplyStatus::error)] += refused_;
  stats.requests[static_cast<std::size_t>(ReplyStatus::rejected)] += rejected_;
  return stats;
}

void Service::write_figures(bool last) {
  if (config_.prometheus.empty()) return;
  const Deadline now = now_ns();
  if (!last && now < figures_at_) return;
  figures_at_ = now + figures_interval_ms * 1'000'000;
  note_failure(write_file_atomically(config_.prometheus, prometheus_text(stats())));
}

/// What is to be done for a connection that something has happened to.
void Service::settle(Connection& connection) {
  if (!connection.read.empty() && !connection.gone) take_lines(connection);
  finish_drained(connection);
  if (!connection.socket || connection.in < 0) return;
  if (is_over(connection)) return close_connection(connection);
  if (!ask_events(connection)) lose(connection);
}

/// The epoll set is told what a socket waits for; false: it has no room. Of one that has gone nothing is of interest,
/// not even its errors.
bool Service::ask_events(Connection& connection) {
  std::uint32_t wanted = 0;
  if (!connection.gone) {
    wanted = EPOLLERR | EPOLLHUP;
    if (wants_input(connection)) wanted |= EPOLLIN;
    if (!connection.write.empty()) wanted |= EPOLLOUT;
  }
  const std::uint32_t before = std::exchange(connection.asked, wanted);
  if (wanted == before) return true;
  const int what = before == 0 ? EPOLL_CTL_ADD : wanted == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
  epoll_event event{};
  event.events = wanted;
  event.data.u32 = connection.place;
  if (epoll_ctl(sockets_, what, connection.in, &event) == 0) return true;
  connection.asked = 0;
  return false;
}

/// POLLIN, POLLOUT, POLLERR and POLLHUP of its two ends; epoll's have the same values.
void Service::see_events(Connection& connection, std::uint32_t in, std::uint32_t out) {
  if ((out & POLLOUT) != 0) write_output(connection);
  if ((in & POLLIN) != 0 && wants_input(connection)) {
    read_input(connection);
  } else if (!connection.socket && (in & (POLLHUP | POLLERR)) != 0) {
    end_input(connection);
  }
  // A pipe whose reader has gone, a socket that is closed both ways.
  if ((out & POLLERR) != 0 || (connection.socket && (in & POLLHUP) != 0)) lose(connection);
}

void Service::take_socket_events() {
  epoll_event events[256];
  const int count = epoll_wait(sockets_, events, std::size(events), 0);
  for (int i = 0; i < count; ++i) {
    Connection& connection = *connections_[events[i].data.u32];
    touch(connection);
    see_events(connection, events[i].events, events[i].events);
  }
}

int Service::poll_timeout() const noexcept {
  const Deadline now = now_ns();
  if (config_.until <= now) return poll_ms;
  return static_cast<int>(std::min<std::uint64_t>(poll_ms, (config_.until - now) / 1'000'000 + 1));
}

int Service::poll_once() {
  // Nothing stands here but what is open: more entries than the process may have descriptors are an error.
  pollfd polled[5] = {{event_, POLLIN, 0}, {sockets_, POLLIN, 0}};
  nfds_t count = 2;
  const auto add = [&polled, &count](int file, int events) {
    polled[count] = {file, static_cast<short>(events), 0};
    return count++;
  };
  const bool accepting = listener_ >= 0 && !stopping_ && now_ns() >= accept_at_;
  const nfds_t listening = accepting ? add(listener_, POLLIN) : 0;
  nfds_t in = 0, out = 0;  // 0: not asked
  Connection* const pair = pair_ && !connections_[0]->gone ? connections_[0].get() : nullptr;
  if (pair != nullptr) {
    if (wants_input(*pair)) in = add(pair->in, POLLIN);
    out = add(pair->out,
              pair->write.empty() ? 0 : POLLOUT);  // asked for nothing, it still tells of an error
  }
  const int ready = poll(polled, count, poll_timeout());
  // Time is up: what has not come by now is not waited for.
  if (in != 0 && ready >= 0 && polled[in].revents == 0 && now_ns() >= config_.until)
    end_input(*pair);
  if (ready <= 0) return ready;
  const auto told = [&polled](nfds_t at) {
    return at == 0 ? 0U : static_cast<std::uint32_t>(polled[at].revents);
  };
  if (pair != nullptr) see_events(*pair, told(in), told(out));
  if (polled[1].revents != 0) take_socket_events();
  if (told(listening) != 0) accept_clients();
  return ready;
}

bool Service::all_over() const {
  if (listener_ >= 0 && !stopping_) return false;
  return std::all_of(connections_.begin(), connections_.end(),
                     [this](const auto& each) { return is_over(*each); });
}

Result<ServiceResult> Service::run(int in, int out) {
  if (auto opened = open_eventfd(); !opened) return opened.error();
  if (!config_.socket.empty()) {
    if (auto listening = listen_at(config_.socket); !listening) return listening.error();
  }
  if (in >= 0) {
    if (!add_connection(in, out, false)) return Error{"clients", "no room for a client", "serve"};
    pair_ = true;
    if (config_.document) connections_[0]->write.push_back("{\"replies\": [\n");
  }
  for (;;) {
    stop_reading();
    collect_replies();
    if (config_.experience != nullptr) config_.experience->publish();
    renew_guidance();
    if (pair_) touch(*connections_[0]);  // what it may read hangs on all that live
    if (stopping_)
      for (auto& connection : connections_) lose_stuck(*connection);
    // By places: what is done for one may touch it again.
    for (const std::uint32_t place : std::exchange(touched_, {})) {
      connections_[place]->touched = false;
      settle(*connections_[place]);
    }
    if (all_over()) break;
    write_figures(false);
    if (poll_once() < 0 && errno != EINTR) return system_error("poll", "serve");
  }
  write_figures(true);
  return result_;
}

}  // namespace weir::search::program
