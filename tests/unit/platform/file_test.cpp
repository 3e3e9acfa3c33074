#include <doctest/doctest.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <limits>
#include <vector>
#include <weir/file.hpp>
#include <weir/thread.hpp>

#include "child.hpp"
#include "temporary_directory.hpp"

using weir::AppendFile;
using weir::AtomicFile;
using weir::Buffer;
using weir::read_file;
using weir::Sync;
using weir::write_file_atomically;
using weir::test::content_of;
using weir::test::entries_in;
using weir::test::TemporaryDirectory;

namespace {

bool is_link(const std::string& path) {
  struct stat raw {};
  return ::lstat(path.c_str(), &raw) == 0 && S_ISLNK(raw.st_mode);
}

mode_t mode_of(const std::string& path) {
  struct stat raw {};
  return ::stat(path.c_str(), &raw) == 0 ? raw.st_mode & 07777 : 0;
}

}  // namespace

TEST_CASE("buffer: grows, keeps its room, moves") {
  Buffer buffer;
  CHECK(buffer.view().empty());
  for (int i = 0; i < 1000; ++i) REQUIRE(buffer.append("0123456789"));
  CHECK(buffer.size() == 10'000);
  CHECK(buffer.view().substr(9'990) == "0123456789");
  const std::size_t room = buffer.capacity();
  buffer.clear();
  CHECK(buffer.capacity() == room);
  REQUIRE(buffer.resize(5));
  Buffer other = std::move(buffer);
  CHECK(other.size() == 5);
  CHECK(buffer.size() == 0);
  CHECK(buffer.append("again"));
  other = std::move(buffer);
  CHECK(other.view() == "again");
}

TEST_CASE("read_file: small, empty and large files come whole") {
  const TemporaryDirectory folder;
  Buffer buffer;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{65'536}, std::size_t{3'000'001}}) {
    std::string content(size, 'x');
    if (size > 0) content.back() = '\0';
    const std::string path = folder.put("file", content);
    weir::FileStat stat;
    const auto read = read_file(path, buffer, weir::no_size_limit, &stat);
    REQUIRE(read.ok());
    CHECK(read.value() == size);
    CHECK(buffer.view() == content);
    CHECK(stat.size == size);
    CHECK(stat.mtime_ns == weir::stat_file(path).value().mtime_ns);
  }
}

TEST_CASE("read_file: a file of the kernel's that claims no size") {
  Buffer buffer;
  const auto read = read_file("/proc/self/status", buffer);
  REQUIRE(read.ok());
  CHECK(buffer.view().find("VmRSS") != std::string_view::npos);
}

TEST_CASE("read_file: errors say what and where") {
  const TemporaryDirectory folder;
  Buffer buffer;
  const std::string missing = folder / "missing";
  const auto absent = read_file(missing, buffer);
  REQUIRE_FALSE(absent.ok());
  CHECK(absent.error().code == "not_found");
  CHECK(absent.error().where == missing);

  CHECK(read_file(folder.path(), buffer).error().code == "not_a_file");
  ::mkfifo((folder / "fifo").c_str(), 0600);
  CHECK(read_file(folder / "fifo", buffer).error().code ==
        "not_a_file");  // and does not wait for a writer

  const std::string path = folder.put("ten", "0123456789");
  CHECK(read_file(path, buffer, 9).error().code == "too_large");
  CHECK(read_file(path, buffer, 10).ok());
  CHECK(read_file("/proc/self/status", buffer, 10).error().code ==
        "too_large");  // size 0, found out while reading
}

TEST_CASE("stat_file: a time beyond what nanoseconds reach is the nearest that they do") {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/f";
  REQUIRE(write_file_atomically(path, "x"));
  for (const std::int64_t second : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{9'223'372'035},
                                    std::int64_t{-9'223'372'035}, std::int64_t{99'999'999'999},
                                    std::int64_t{-99'999'999'999}}) {
    const timespec times[2] = {{second, 5}, {second, 5}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
    struct stat kept {};
    REQUIRE(::stat(path.c_str(), &kept) == 0);
    if (kept.st_mtim.tv_sec != second) continue;  // a file system of fewer years
    const std::int64_t got = weir::stat_file(path).value().mtime_ns;
    if (second > 9'223'372'035) {
      CHECK(got == std::numeric_limits<std::int64_t>::max());
    } else if (second < -9'223'372'035) {
      CHECK(got == std::numeric_limits<std::int64_t>::min());
    } else {
      CHECK(got == second * 1'000'000'000 + kept.st_mtim.tv_nsec);
    }
  }
}

TEST_CASE("read_file: a file without permission is unreadable") {
  const TemporaryDirectory folder;
  const std::string path = folder.put("secret", "x");
  ::chmod(path.c_str(), 0);
  ::chmod(folder.path().c_str(), 0755);
  const weir::test::Child child = weir::test::in_child([&path] {
    if (::geteuid() == 0 && ::seteuid(65'534) != 0) return false;
    Buffer buffer;
    const auto read = read_file(path, buffer);
    return !read.ok() && read.error().code == "unreadable";
  });
  CHECK(child.code == 0);
}

TEST_CASE("read_file: a file that grows meanwhile is reported, never half of it") {
  const TemporaryDirectory folder;
  struct Writer {
    std::string path;
    std::atomic<bool> stop{false};
  } writer{folder.put("log", std::string(4'000'000, 'x'))};
  weir::Thread thread = weir::Thread::start(
                            {.name = "writer"},
                            [](void* argument) {
                              Writer& self = *static_cast<Writer*>(argument);
                              const int file =
                                  ::open(self.path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
                              for (long n = 0; !self.stop.load() && n < 20'000'000; ++n) {
                                if (::write(file, "y", 1) != 1) break;
                              }
                              ::close(file);
                            },
                            &writer)
                            .value();
  Buffer buffer;
  std::string code;
  for (int attempt = 0; attempt < 2000 && code.empty(); ++attempt) {
    const auto read = read_file(writer.path, buffer);
    if (!read) code = read.error().code;
  }
  writer.stop = true;
  thread.join();
  CHECK(code == "changed_while_read");
  CHECK(buffer.size() == 0);
}

namespace {
void ignore_signal(int) {}
}  // namespace

TEST_CASE("read_file: signals do not disturb it") {
  const TemporaryDirectory folder;
  const std::string content(8'000'000, 'z');
  const std::string path = folder.put("large", content);
  struct sigaction action {};
  struct sigaction former {};
  action.sa_handler = &ignore_signal;  // without SA_RESTART
  ::sigaction(SIGUSR1, &action, &former);
  struct Shooter {
    pthread_t target = ::pthread_self();
    std::atomic<bool> stop{false};
  } shooter;
  weir::Thread thread = weir::Thread::start(
                            {.name = "shooter"},
                            [](void* argument) {
                              Shooter& self = *static_cast<Shooter*>(argument);
                              while (!self.stop.load()) ::pthread_kill(self.target, SIGUSR1);
                            },
                            &shooter)
                            .value();
  Buffer buffer;
  for (int i = 0; i < 10; ++i) {
    const auto read = read_file(path, buffer);
    CHECK(read.ok());
    CHECK(buffer.view() == content);
    CHECK(write_file_atomically(folder / "copy", buffer.view()).ok());
  }
  shooter.stop = true;
  thread.join();
  ::sigaction(SIGUSR1, &former, nullptr);
  CHECK(content_of(folder / "copy") == content);
}

TEST_CASE("atomic file: appears whole, replaces, leaves nothing beside") {
  const TemporaryDirectory folder;
  const std::string path = folder / "out.parquet";
  for (const Sync sync : {Sync::none, Sync::file}) {
    auto file = AtomicFile::create(path);
    REQUIRE(file.ok());
    CHECK(file.value().temporary().find("/.out.parquet." + std::to_string(::getpid()) + "-") !=
          std::string::npos);
    CHECK(file.value().temporary().ends_with(".weir-tmp"));
    CHECK(file.value().write("first ").ok());
    CHECK(file.value().write("second").ok());
    CHECK(content_of(path) == (sync == Sync::none ? "" : "first second"));
    CHECK(file.value().commit(sync).ok());
    CHECK(content_of(path) == "first second");
    CHECK(entries_in(folder.path()) == 1);
  }
}

TEST_CASE("atomic file: what a link leads to is replaced, and the link stays") {
  const TemporaryDirectory folder;
  const std::string target = folder.put("target", "old"), link = folder / "link";
  REQUIRE(::symlink("target", link.c_str()) == 0);
  CHECK(write_file_atomically(link, "new").ok());
  CHECK(content_of(target) == "new");
  CHECK(is_link(link));
  CHECK(entries_in(folder.path()) == 2);
}

TEST_CASE("atomic file: what a dangling link leads to appears, and the link stays") {
  const TemporaryDirectory folder;
  REQUIRE(weir::make_directories(folder / "far").ok());
  const std::string first = folder / "first";
  REQUIRE(::symlink("far/second", first.c_str()) == 0);
  REQUIRE(::symlink("target", (folder / "far/second").c_str()) == 0);
  CHECK(weir::place_of(first).value() == folder / "far/target");
  CHECK(write_file_atomically(first, "new").ok());
  CHECK(is_link(first));
  CHECK(is_link(folder / "far/second"));
  CHECK_FALSE(is_link(folder / "far/target"));
  CHECK(content_of(folder / "far/target") == "new");
  CHECK(entries_in(folder / "far") == 2);

  REQUIRE(::symlink("no/such/folder", (folder / "lost").c_str()) == 0);
  CHECK(write_file_atomically(folder / "lost", "x").error().code == "not_found");
  CHECK(is_link(folder / "lost"));
}

TEST_CASE("atomic file: links in a circle are an error, and stay") {
  const TemporaryDirectory folder;
  const std::string here = folder / "here", there = folder / "there";
  REQUIRE(::symlink("there", here.c_str()) == 0);
  REQUIRE(::symlink(here.c_str(), there.c_str()) == 0);
  const auto written = write_file_atomically(here, "x");
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().code == "unwritable");
  CHECK(written.error().where == here);
  CHECK(is_link(here));
  CHECK(is_link(there));
  CHECK(entries_in(folder.path()) == 2);
}

TEST_CASE("atomic file: a name of a descriptor is written to at the descriptor's place") {
  if (::access("/proc/self/fd", X_OK) != 0) return;
  const TemporaryDirectory folder;
  const std::string log = folder.put("log", "before ");
  const int file = ::open(log.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  REQUIRE(file >= 0);
  const std::string number = std::to_string(file);
  const std::string link = folder / "link", ways = folder / "ways";
  REQUIRE(::symlink(("/proc/self/fd/" + number).c_str(), link.c_str()) == 0);
  REQUIRE(::symlink("/proc/self/fd", ways.c_str()) == 0);
  std::string wanted = "before ";
  for (const std::string& name :
       {"/dev/fd/" + number, "/proc/self/fd/" + number, link, ways + "/" + number,
        "/proc/" + std::to_string(::getpid()) + "/fd/" + number}) {
    CAPTURE(name);
    CHECK(write_file_atomically(name, name + " ", Sync::file).ok());
    CHECK(::write(file, "between ", 8) == 8);
    wanted += name + " between ";
    CHECK(content_of(log) == wanted);
  }
  CHECK(entries_in(folder.path()) == 3);
  ::close(file);
  CHECK(write_file_atomically(link, "x").error().code == "unwritable");  // nothing is open there
  const int reader = ::open(log.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(reader >= 0);
  CHECK(write_file_atomically("/dev/fd/" + std::to_string(reader), "x").error().code ==
        "unwritable");
  ::close(reader);
  CHECK(content_of(log) == wanted);
}

TEST_CASE("atomic file: what it replaces keeps its permissions") {
  const TemporaryDirectory folder;
  const std::string secret = folder.put("secret", "old"), open = folder.put("open", "old");
  REQUIRE(::chmod(secret.c_str(), 0600) == 0);
  REQUIRE(::chmod(open.c_str(), 0666) == 0);
  REQUIRE(::symlink("secret", (folder / "link").c_str()) == 0);
  const mode_t former = ::umask(022);
  {
    auto file = AtomicFile::create(folder / "link");
    REQUIRE(file.ok());
    CHECK(mode_of(file.value().temporary()) == 0600);  // before there is anything to read
    CHECK(file.value().commit(Sync::none).ok());
  }
  CHECK(write_file_atomically(open, "new").ok());
  CHECK(write_file_atomically(folder / "fresh", "new").ok());
  ::umask(former);
  CHECK(mode_of(secret) == 0600);
  CHECK(mode_of(open) == 0666);
  CHECK(mode_of(folder / "fresh") == 0644);
}

TEST_CASE("atomic file: a pipe is written to, and stays one") {
  const TemporaryDirectory folder;
  const std::string path = folder / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const auto unread = AtomicFile::create(path);
  REQUIRE_FALSE(unread.ok());
  CHECK(unread.error().code == "unwritable");
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  CHECK(write_file_atomically(path, "through", Sync::file).ok());
  char got[16] = {};
  CHECK(::read(reader, got, sizeof(got)) == 7);
  CHECK(std::string(got) == "through");
  ::close(reader);
  struct stat raw {};
  REQUIRE(::lstat(path.c_str(), &raw) == 0);
  CHECK(S_ISFIFO(raw.st_mode));
  CHECK(entries_in(folder.path()) == 1);
}

TEST_CASE("atomic file: without commit the old file stays whole and the temporary goes") {
  const TemporaryDirectory folder;
  const std::string path = folder.put("kept", "old");
  {
    auto file = AtomicFile::create(path);
    REQUIRE(file.ok());
    CHECK(file.value().write("new").ok());
    const AtomicFile moved = std::move(file).value();
    CHECK(entries_in(folder.path()) == 2);
  }
  CHECK(content_of(path) == "old");
  CHECK(entries_in(folder.path()) == 1);
}

TEST_CASE("atomic file: a write that fails leaves the old file whole") {
  const TemporaryDirectory folder;
  const std::string path = folder.put("kept", "old");
  const weir::test::Child child = weir::test::in_child([&path] {
    std::signal(SIGXFSZ, SIG_IGN);  // the limit then shows as EFBIG
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto written = write_file_atomically(path, std::string(5000, 'n'));
    return !written.ok() && written.error().code == "unwritable" && written.error().where == path;
  });
  CHECK(child.code == 0);
  CHECK(content_of(path) == "old");
  CHECK(entries_in(folder.path()) == 1);
}

TEST_CASE("atomic file: a full disk is no_space") {
  if (::access("/dev/full", W_OK) != 0) return;
  auto file = AppendFile::open("/dev/full");
  REQUIRE(file.ok());
  const auto appended = file.value().append("record\n");
  REQUIRE_FALSE(appended.ok());
  CHECK(appended.error().code == "no_space");
}

TEST_CASE("atomic file: a missing directory, and one in the place of the target") {
  const TemporaryDirectory folder;
  const auto missing = write_file_atomically(folder / "no/such/file", "x");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code == "not_found");
  CHECK(missing.error().where == folder / "no/such/file");
  REQUIRE(weir::make_directories(folder / "taken").ok());
  CHECK(write_file_atomically(folder / "taken", "x").error().code == "not_a_file");
  CHECK(entries_in(folder.path()) == 1);
}

TEST_CASE("atomic file: the longest name that the kernel takes") {
  const TemporaryDirectory folder;
  const std::string path = folder / std::string(255, 'n');
  CHECK(write_file_atomically(path, "x").ok());
  CHECK(content_of(path) == "x");
}

TEST_CASE("atomic file: a fork's child does not remove its parent's temporary") {
  const TemporaryDirectory folder;
  auto file = AtomicFile::create(folder / "out");
  REQUIRE(file.ok());
  weir::test::in_child([&file] { const AtomicFile gone = std::move(file).value(); });
  CHECK(entries_in(folder.path()) == 1);
  CHECK(file.value().commit(Sync::none).ok());
}

TEST_CASE(
    "make_directories: makes all missing ones, takes those that are there, refuses a file in the "
    "way") {
  const TemporaryDirectory folder;
  CHECK(weir::make_directories(folder / "a/b/c").ok());
  CHECK(weir::make_directories(folder / "a/b/c/").ok());
  CHECK(weir::make_directories("/").ok());
  CHECK(weir::stat_file(folder / "a/b/c").value().kind == weir::FileKind::directory);
  const std::string file = folder.put("file", "x");
  const auto refused = weir::make_directories(file + "/below");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "unwritable");
  CHECK(refused.error().where == file);
}

TEST_CASE(
    "write_file_into: a directory that is missing is made, in one that is there it replaces") {
  const TemporaryDirectory folder;
  const auto put = [&](const std::string& directory, const std::string& text) {
    return weir::write_file_into(folder / directory, "name", text, Sync::file);
  };
  REQUIRE(put("a/b", "one").ok());  // with its parent
  REQUIRE(put("a/c", "new").ok());
  CHECK(content_of(folder / "a/c/name") == "new");
  CHECK(mode_of(folder / "a/c/name") == mode_of(folder / "a/b/name"));
  REQUIRE(::chmod((folder / "a/b/name").c_str(), 0640) == 0);
  REQUIRE(put("a/b", "two").ok());
  CHECK(content_of(folder / "a/b/name") == "two");
  CHECK(mode_of(folder / "a/b/name") == 0640);
  CHECK(entries_in(folder / "a/b") == 1);
  CHECK(entries_in(folder / "a/c") == 1);
  REQUIRE(::symlink("../c/name", (folder / "a/b/link").c_str()) == 0);
  REQUIRE(weir::write_file_into(folder / "a/b", "link", "far").ok());
  CHECK(is_link(folder / "a/b/link"));
  CHECK(content_of(folder / "a/c/name") == "far");
  CHECK(put("a/b/name", "x").error().code == "unwritable");  // a file in the directory's place
  CHECK(weir::write_file_into(folder / "d", "no/such", "x").error().code == "not_found");
}

TEST_CASE("remove_temporaries: takes what the dead left, nothing else") {
  const TemporaryDirectory folder;
  folder.put("a/.x.csv.999999-0.weir-tmp", "stale");
  folder.put("a/b/.y.1-17.weir-tmp", "stale, though a process with that number lives");
  folder.put(".z." + std::to_string(::getpid()) + "-4.weir-tmp",
             "stale, from a process with our number");
  const std::string others[] = {"x.weir-tmp",       ".weir-tmp",       ".x.weir-tmp",
                                ".x.1-2.weir-tmp2", ".x.y-1.weir-tmp", "data"};
  for (const std::string& name : others) folder.put("keep/" + name, "x");
  auto living = AtomicFile::create(folder / "living");
  REQUIRE(living.ok());
  CHECK(weir::remove_temporaries(folder.path()).value() == 3);
  CHECK(entries_in(folder / "a") == 1);
  CHECK(entries_in(folder / "keep") == std::size(others));
  CHECK(living.value().commit(Sync::none).ok());
  CHECK(weir::remove_temporaries(folder.path()).value() == 0);
  CHECK(weir::remove_temporaries(folder / "missing").value() == 0);
}

TEST_CASE("remove_temporaries: a writer that was killed leaves something to remove") {
  const TemporaryDirectory folder;
  const std::string path = folder.put("out", "old");
  const weir::test::Child child = weir::test::in_child([&path] {
    auto file = AtomicFile::create(path);
    static_cast<void>(file.value().write("half"));
    ::kill(::getpid(), SIGKILL);
  });
  CHECK(child.signal == SIGKILL);
  CHECK(content_of(path) == "old");
  CHECK(entries_in(folder.path()) == 2);
  CHECK(weir::remove_temporaries(folder.path()).value() == 1);
  CHECK(entries_in(folder.path()) == 1);
}

TEST_CASE("append file: records follow each other, over openings") {
  const TemporaryDirectory folder;
  const std::string path = folder / "journal.jsonl";
  for (int i = 0; i < 3; ++i) {
    auto opened = AppendFile::open(path);
    REQUIRE(opened.ok());
    AppendFile file = std::move(opened).value();
    CHECK(file.append(std::to_string(i) + "\n").ok());
    CHECK(file.sync().ok());
  }
  CHECK(content_of(path) == "0\n1\n2\n");
  CHECK(AppendFile::open(folder / "no/journal").error().code == "not_found");
}

TEST_CASE("append file: one writer at a time sees what others have appended") {
  const TemporaryDirectory folder;
  const std::string path = folder / "journal";
  AppendFile one = AppendFile::open(path).value();
  AppendFile other = AppendFile::open(path).value();
  REQUIRE(one.lock_until(0).ok());
  CHECK(other.lock_until(0).error().code == "in_use");
  CHECK(one.append("1\n").ok());
  one.unlock();
  CHECK(other.lock_until(0).ok());
  CHECK(other.size().value() == 2);
  CHECK(other.append("22\n").ok());
  other.unlock();
  CHECK(one.lock_until(0).ok());
  weir::Buffer added;
  CHECK(weir::read_file_from(path, 2, added).value() == 3);
  CHECK(added.view() == "22\n");
  CHECK(weir::read_file_from(path, 9, added).value() == 0);
  CHECK(weir::read_file_from(folder.path(), 0, added).error().code == "not_a_file");
  CHECK(weir::read_file_from(path + "s", 0, added).error().code == "not_found");
  const weir::test::Child child = weir::test::in_child([&path] {
    AppendFile dead = AppendFile::open(path).value();
    return !dead.lock_until(0).ok();
  });
  CHECK(child.code == 0);
  { const AppendFile gone = std::move(one); }
  CHECK(other.lock_until(0).ok());
}

TEST_CASE("append file: a record that does not fit is taken back whole") {
  const TemporaryDirectory folder;
  const std::string path = folder / "journal";
  const weir::test::Child child = weir::test::in_child([&path] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{10, 10};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    AppendFile file = AppendFile::open(path).value();
    return file.append("1234567\n").ok() && !file.append("abcdefg\n").ok() &&
           file.append("8\n").ok();
  });
  CHECK(child.code == 0);
  CHECK(content_of(path) == "1234567\n8\n");
}

namespace {

/// Whether the kernel says that this thread sleeps: "ID (NAME) S ...".
bool asleep(int thread) {
  const std::string stat = content_of("/proc/self/task/" + std::to_string(thread) + "/stat");
  const std::size_t name_end = stat.rfind(')');
  return name_end != std::string::npos && stat.compare(name_end, 3, ") S") == 0;
}

}  // namespace

TEST_CASE("append file: signals interrupt its open and its write, and nothing is lost") {
  const TemporaryDirectory folder;
  struct Peer {
    std::string path;
    pthread_t target = ::pthread_self();
    int id = weir::thread_id();
    std::string received = "";
    std::atomic<bool> stop{false};
  } peer{.path = folder / "fifo"};
  REQUIRE(::mkfifo(peer.path.c_str(), 0600) == 0);
  struct sigaction action {};
  struct sigaction former {};
  action.sa_handler = &ignore_signal;  // without SA_RESTART
  ::sigaction(SIGUSR1, &action, &former);
  const auto read_while_shooting = [](void* argument) {
    Peer& self = *static_cast<Peer*>(argument);
    // The other side waits in open(2); later in write(2), with a full pipe after every read.
    for (int i = 0; i < 20; ++i) {
      while (!asleep(self.id)) {
      }
      ::pthread_kill(self.target, SIGUSR1);
    }
    const int file = ::open(self.path.c_str(), O_RDONLY | O_CLOEXEC);
    char part[4096];
    for (ssize_t n = 0; (n = ::read(file, part, sizeof(part))) > 0;) {
      self.received.append(part, static_cast<std::size_t>(n));
      for (int i = 0; i < 10 && !self.stop.load(); ++i) ::pthread_kill(self.target, SIGUSR1);
    }
    ::close(file);
  };
  weir::Thread thread = weir::Thread::start({.name = "peer"}, read_while_shooting, &peer).value();
  std::string record(1'000'000, '-');
  for (std::size_t i = 0; i < record.size(); ++i) record[i] = static_cast<char>('a' + i % 23);
  {
    auto file = AppendFile::open(peer.path);
    REQUIRE(file.ok());
    CHECK(file.value().append(record).ok());
    peer.stop = true;
  }
  thread.join();
  ::sigaction(SIGUSR1, &former, nullptr);
  CHECK(peer.received == record);
}

namespace {

struct Walked {
  std::vector<std::string> files;
  std::vector<std::string> errors;
};

Walked walk(const std::string& root) {
  Walked walked;
  const auto count = weir::walk_files(
      root, [&](const std::string& path) { walked.files.push_back(path.substr(root.size())); },
      [&](const weir::Error& error) { walked.errors.push_back(error.where.substr(root.size())); });
  CHECK(count.ok());
  CHECK(count.value() == walked.files.size());
  return walked;
}

}  // namespace

TEST_CASE("directory lock: one at a time, free again when its holder ends") {
  const TemporaryDirectory folder;
  {
    auto first = weir::DirectoryLock::take(folder.path());
    REQUIRE(first.ok());
    const weir::DirectoryLock moved = std::move(first).value();
    const auto second = weir::DirectoryLock::take(folder.path());
    REQUIRE(!second.ok());
    CHECK(second.error().code == "in_use");
    CHECK(second.error().where == folder.path());
  }
  CHECK(weir::DirectoryLock::take(folder.path()).ok());
  CHECK(weir::DirectoryLock::take(folder.path() + "/none").error().code == "not_found");
}

TEST_CASE("walk: sorted by name in each directory, directories at their place") {
  const TemporaryDirectory folder;
  for (const char* name :
       {"b/2.csv", "b/10.csv", "b/1.csv", "a.csv", "c.csv", "b/x/deep.csv", ".hidden"})
    folder.put(name, "");
  weir::make_directories(folder / "empty").value();
  const Walked walked = walk(folder.path());
  CHECK(walked.files == std::vector<std::string>{"/.hidden", "/a.csv", "/b/1.csv", "/b/10.csv",
                                                 "/b/2.csv", "/b/x/deep.csv", "/c.csv"});
  CHECK(walked.errors.empty());
}

TEST_CASE(
    "walk: links to files are files, links to directories are passed over, the rest is named") {
  const TemporaryDirectory folder;
  folder.put("real/file", "");
  ::mkfifo((folder / "fifo").c_str(), 0600);
  REQUIRE(::symlink("real/file", (folder / "link").c_str()) == 0);
  REQUIRE(::symlink("..", (folder / "real/up").c_str()) == 0);
  REQUIRE(::symlink("nowhere", (folder / "broken").c_str()) == 0);
  const Walked walked = walk(folder.path());
  CHECK(walked.files == std::vector<std::string>{"/link", "/real/file"});
  std::vector<std::string> errors = walked.errors;
  std::sort(errors.begin(), errors.end());
  CHECK(errors == std::vector<std::string>{"/broken", "/fifo"});
}

TEST_CASE("walk: a directory that cannot be read is named and the walk goes on") {
  const TemporaryDirectory folder;
  folder.put("a/1", "");
  folder.put("closed/2", "");
  folder.put("z/3", "");
  ::chmod((folder / "closed").c_str(), 0);
  ::chmod(folder.path().c_str(), 0755);
  const weir::test::Child child = weir::test::in_child([&folder] {
    if (::geteuid() == 0 && ::seteuid(65'534) != 0) return false;
    const Walked walked = walk(folder.path());
    return walked.files == std::vector<std::string>{"/a/1", "/z/3"} &&
           walked.errors == std::vector<std::string>{"/closed"};
  });
  CHECK(child.code == 0);
  ::chmod((folder / "closed").c_str(), 0755);
}

TEST_CASE("walk: a root that is not a directory is an error") {
  const TemporaryDirectory folder;
  const auto nothing = [](const auto&) {};
  CHECK(weir::walk_files(folder / "missing", nothing, nothing).error().code == "not_found");
  CHECK_FALSE(weir::walk_files(folder.put("file", ""), nothing, nothing).ok());
}
