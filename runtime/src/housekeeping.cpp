// Housekeeping: looks at the machine, places workers anew, and says so.
#include "housekeeping.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "core.hpp"

namespace weir::detail {

namespace {

/// Between two readings of the clock a worker takes one turn (a job, a piece of a range) when turns
/// are long, and up to so many when they are short.
constexpr std::uint32_t turns_max = 64;
constexpr std::uint64_t short_ns = 10'000'000;
constexpr std::uint64_t long_ns = 100'000'000;

std::string in_cpus(double quota_cpus) {
  char text[48];
  std::snprintf(text, sizeof text, "%.2f CPUs", quota_cpus);
  return text;
}

std::string workers(int count) {
  return std::to_string(count) + (count == 1 ? " worker" : " workers");
}

/// A list of what has changed.
class Changes {
 public:
  void add(const std::string& what) { text_ += (text_.empty() ? "" : ", ") + what; }
  bool any() const noexcept { return !text_.empty(); }
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

void add_quota(Changes& changes, double before, double now) {
  if (now == 0) {
    changes.add("the quota of " + in_cpus(before) + " is gone");
  } else if (before == 0) {
    changes.add("there is a quota of " + in_cpus(now));
  } else {
    changes.add("the quota is " + in_cpus(now) + " instead of " + in_cpus(before));
  }
}

}  // namespace

const Topology& topology_at_start(const Config& config, std::optional<Topology>& own) {
  if (config.topology != nullptr) return *config.topology;
  CpuMask process;
  if (!read_affinity(::getpid(), process) || process == allowed_in(machine_topology()))
    return machine_topology();
  own = machine_topology();
  restrict_topology(*own, process);
  return *own;
}

void Housekeeping::begin(const Config& config, const Topology& topology,
                         const Placement& placement) {
  if (config.topology != nullptr) {
    given_ = topology;
    base_ = &*given_;
    limit_ = allowed_in(topology);
  } else {
    base_ = &machine_topology();
  }
  pin_ = config.pin == Pin::cores;
  spin_wanted_ns_ = std::uint64_t{config.spin_us} * 1000;
  watch_ = std::make_unique<MachineWatch>();
  allowed_ = view_.process = allowed_in(topology);
  quota_cpus_ = view_.quota_cpus = topology.quota_cpus;
  cpus_ = placement.cpus;
  home_ = placement.home;
  thread_.assign(cpus_.size(), 0);
  keep_ = placement.pinned;
  spinning_ = placement.spinning;
  text_ = placement.text;
  set_waiting();
  due.store(after_ms(limits::housekeeping_ms), relaxed);  // relaxed: the workers start later
}

void Housekeeping::worker_begins(int index, int thread) {
  const std::lock_guard<std::mutex> lock(lock_);
  thread_[static_cast<std::size_t>(index)] = thread;
}

void Housekeeping::worker_ends(int index) { worker_begins(index, 0); }

void Housekeeping::watch_below(const std::string& root) {
  const std::lock_guard<std::mutex> lock(lock_);
  watch_ = std::make_unique<MachineWatch>(root);
}

std::string Housekeeping::describe() const {
  const std::lock_guard<std::mutex> lock(lock_);
  return text_ + (calm_in_ != 0 ? ", throttled" : "");
}

/// A given topology's quota is a limit, as its CPUs are.
double Housekeeping::quota_of(const MachineView& seen) const noexcept {
  const double given = given_ ? given_->quota_cpus : 0;
  if (given == 0 || seen.quota_cpus == 0) return std::max(given, seen.quota_cpus);
  return std::min(given, seen.quota_cpus);
}

/// By the rules of the start, for as many workers. True when they have to move.
bool Housekeeping::place(const CpuMask& allowed, double quota_cpus) {
  Topology topology = *base_;
  restrict_topology(topology, allowed);
  topology.quota_cpus = quota_cpus;
  topology.quota_source =
      given_ && quota_cpus == given_->quota_cpus ? given_->quota_source : watch_->quota_source();
  Placement placement = place_workers(topology, static_cast<int>(cpus_.size()), pin_, home_);
  const bool elsewhere = placement.cpus != cpus_ || (!placement.pinned && allowed != allowed_);
  cpus_ = std::move(placement.cpus);
  text_ = std::move(placement.text);
  spinning_ = placement.spinning;
  allowed_ = allowed;
  quota_cpus_ = quota_cpus;
  keep_ = pin_;
  return pin_ && elsewhere;
}

Housekeeping::Put Housekeeping::put_workers() const noexcept {
  Put put;
  for (std::size_t i = 0; keep_ && i < cpus_.size(); ++i) {
    const CpuMask wanted = cpus_[i] >= 0 ? CpuMask::of(cpus_[i]) : allowed_;
    CpuMask now;
    if (thread_[i] == 0 || !read_affinity(thread_[i], now) || now == wanted) continue;
    const bool done = write_affinity(thread_[i], wanted) && read_affinity(thread_[i], now);
    ++(done && now == wanted ? put.moved : put.refused);
  }
  return put;
}

/// True when the workers have begun or ceased to be throttled.
bool Housekeeping::count_throttling(const MachineView& seen) noexcept {
  const std::uint64_t periods = seen.throttled_periods - view_.throttled_periods;
  const std::uint32_t before = calm_in_;
  throttled_periods.add(periods);
  throttled_ns.add(seen.throttled_ns - view_.throttled_ns);
  if (periods != 0) {
    calm_in_ = limits::calm_looks;
  } else if (calm_in_ != 0) {
    --calm_in_;
  }
  return (before == 0) != (calm_in_ == 0);
}

void Housekeeping::set_waiting() noexcept {
  spin_ns.store(spinning_ && calm_in_ == 0 ? spin_wanted_ns_ : 0, relaxed);  // relaxed: a setting
  const auto workers = static_cast<int>(cpus_.size());
  const bool in_quota = quota_cpus_ == 0 || quota_cpus_ > workers;
  spare.store(allowed_.count() > workers && in_quota, relaxed);  // relaxed: a setting
}

bool Housekeeping::look(MachineChange& change, std::string& text) {
  const std::lock_guard<std::mutex> lock(lock_);
  MachineView seen = view_;
  watch_->look(seen);
  looks.add(1);
  Changes changes;
  const CpuMask allowed = allowed_by(seen, limit_);
  const double quota_cpus = quota_of(seen);
  bool elsewhere = false;
  if (allowed != allowed_ || quota_cpus != quota_cpus_) {
    if (allowed != allowed_) {
      changes.add("CPUs " + allowed.text() + " are allowed instead of " + allowed_.text());
    }
    if (quota_cpus != quota_cpus_) add_quota(changes, quota_cpus_, quota_cpus);
    elsewhere = place(allowed, quota_cpus);
  }
  const Put put = put_workers();
  if (elsewhere || put.moved != 0) replacements.add(1);
  if (!elsewhere && put.moved != 0) changes.add(workers(put.moved) + " had been moved");
  if (put.refused != std::exchange(refused_, put.refused)) {
    changes.add(workers(put.refused) + " cannot be moved there");
  }
  if (count_throttling(seen)) changes.add(calm_in_ != 0 ? "throttled" : "no longer throttled");
  view_ = seen;
  set_waiting();
  if (!changes.any()) return false;
  text = "weir: " + changes.text() + ": " + text_;
  change.allowed_cpus = allowed_.count();
  change.quota_cpus = quota_cpus_;
  change.pinned = !cpus_.empty() && cpus_[0] >= 0;
  change.throttled = calm_in_ != 0;
  change.spinning = spin_ns.load(relaxed) != 0;  // relaxed: written above
  change.moved = put.moved;
  return true;
}

/// A look at the clock, and at the machine when that is due.
void Worker::keep_house() noexcept {
  const std::uint64_t now = now_ns();
  const std::uint64_t since = now - std::exchange(turned_ns_, now);
  if (since > long_ns) {
    turns_ = 1;
  } else if (since < short_ns) {
    turns_ = std::min(2 * turns_, turns_max);
  }
  turns_left_ = turns_;
  core_->look_if_due(now);
}

void Core::look_if_due(std::uint64_t now) noexcept {
  std::uint64_t due = house.due.load(relaxed);  // relaxed: the exchange decides
  // relaxed: what a look reads and writes is under its lock
  if (now < due || !house.due.compare_exchange_strong(due, never, relaxed, relaxed)) return;
  look_around();
  house.due.store(after_ms(limits::housekeeping_ms), relaxed);  // relaxed: as above
}

void Core::look_around() noexcept {
  if (driven() || is_forked()) return;
  MachineChange change{};
  std::string text;
  try {
    if (!house.look(change, text)) return;
  } catch (...) {
    return;  // no memory for a change: the next look sees it again
  }
  change.text = text.c_str();
  const PhaseScope exempt(nullptr);
  if (config.on_change != nullptr) config.on_change(change);
}

}  // namespace weir::detail
