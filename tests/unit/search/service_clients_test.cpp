// How many clients a service takes: as many as it says, and another once one has gone.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <unit/platform/temporary_directory.hpp>

#include "engine_fixture.hpp"
#include "service.hpp"

namespace weir::search::service_test {

class Client {
 public:
  explicit Client(const std::string& path)
      : socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    while (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
      std::this_thread::yield();  // until it listens
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { close(socket_); }

  void say(const std::string& line) const {
    (void)!send(socket_, line.data(), line.size(), MSG_NOSIGNAL);
  }
  /// A line without its end; empty: the other side has closed.
  std::string line() const {
    std::string text;
    char c = 0;
    while (read(socket_, &c, 1) == 1 && c != '\n') text += c;
    return text;
  }
  bool is_served() const {
    say("{\"stats\": true}\n");
    const std::string reply = line();
    return reply.starts_with("{\"stats\"");
  }

 private:
  int socket_;
};

TEST_CASE("service: a client beyond the greatest number is told so and closed, the others go on") {
  const test::TemporaryDirectory folder;
  const std::string path = folder / "socket";
  auto runtime = planted::runtime_of(1);
  auto engine = std::move(Engine::start(*runtime, {.clients_max = 8})).value();
  const test::Watchdog dog("a test with a service", runtime.get(), 240);
  const StopSignals signals;
  program::ServiceConfig config;
  config.socket = path;
  config.connections = 2;
  program::Service service(*engine, config, signals);
  std::thread serving([&] { CHECK(service.run(-1, STDOUT_FILENO)); });
  {
    auto first = std::make_unique<Client>(path);
    const Client second(path);
    CHECK(first->is_served());
    CHECK(second.is_served());
    const Client third(path);
    const auto refusal = nlohmann::json::parse(third.line());
    CHECK(refusal["id"] == nullptr);
    CHECK(refusal["status"] == "error");
    CHECK(refusal["error"]["message"] == "too many connections");
    CHECK(third.line().empty());
    CHECK(second.is_served());
    first.reset();
    while (!Client(path).is_served()) {  // until it is seen that one has gone
    }
    CHECK(second.is_served());
  }
  std::raise(SIGTERM);
  serving.join();
  CHECK(signals.stop_requested());
}

}  // namespace weir::search::service_test
