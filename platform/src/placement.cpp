// placement.cpp: which worker goes where, and whom it robs first.
#include <weir/check.hpp>
#include <weir/limits.hpp>
#include <weir/topology.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tuple>
#include <utility>

namespace weir {
namespace {

/// Allowed CPUs in the order in which workers take them: the first hardware thread of every core,
/// then the second.
std::vector<Cpu> seats(const Topology& topology) {
  std::vector<Cpu> order;
  std::vector<int> rank;  // among the allowed threads of its core
  for (const Cpu& cpu : topology.cpus) {
    if (!cpu.allowed) continue;
    const bool sibling = !order.empty() && order.back().core == cpu.core;
    rank.push_back(sibling ? rank.back() + 1 : 0);
    order.push_back(cpu);
    order.back().smt = rank.back();
  }
  std::sort(order.begin(), order.end(),
            [](const Cpu& a, const Cpu& b) {  // in machine order inside a rank
              return std::tuple(a.smt, a.core, a.os) < std::tuple(b.smt, b.core, b.os);
            });
  return order;
}

/// Fewer workers than cores: the machine falls into blocks of as many cores, and they take the one
/// behind that of `home`, whose thread keeps its core.
void start_beside(const Topology& topology, std::vector<Cpu>& seat, int workers, int home) {
  const auto of = std::find_if(topology.cpus.begin(), topology.cpus.end(),
                               [home](const Cpu& cpu) { return cpu.os == home; });
  const int cores = topology.allowed_cores();
  if (of == topology.cpus.end() || workers <= 0 || workers >= cores) return;
  const auto last = seat.begin() + cores;  // the first hardware thread of each
  const auto own = std::find_if(seat.begin(), last,
                                [core = of->core](const Cpu& cpu) { return cpu.core == core; });
  if (own == last) return;
  const int next = (static_cast<int>(own - seat.begin()) / workers + 1) * workers;
  std::rotate(seat.begin(), seat.begin() + (next + workers > cores ? 0 : next), last);
}

int distance(const Cpu& a, const Cpu& b) noexcept {
  if (a.core == b.core) return 0;
  if (a.l2 >= 0 && a.l2 == b.l2) return 1;
  if (a.l3 >= 0 && a.l3 == b.l3) return 2;
  return a.numa >= 0 && a.numa == b.numa ? 3 : 4;
}

void order_neighbours(const std::vector<Cpu>& seat, Placement& placement) {
  const int workers = placement.workers();
  std::vector<std::uint16_t> row;
  for (int self = 0; self < workers; ++self) {
    row.clear();
    for (int step = 1; step < workers; ++step)
      row.push_back(static_cast<std::uint16_t>((self + step) % workers));
    if (placement.pinned) {
      const Cpu& own = seat[static_cast<std::size_t>(self)];
      const auto key = [&](int other) {
        return std::pair(distance(own, seat[static_cast<std::size_t>(other)]),
                         (other - self + workers) % workers);
      };
      std::sort(row.begin(), row.end(),
                [&](std::uint16_t a, std::uint16_t b) { return key(a) < key(b); });
    }
    placement.near_order.insert(placement.near_order.end(), row.begin(), row.end());
  }
}

std::string plural(std::size_t count, const char* noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// "0-3,8"
std::string ranges(std::vector<int> numbers) {
  std::sort(numbers.begin(), numbers.end());
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(numbers[i]);
    if (last > i) text += "-" + std::to_string(numbers[last]);
    i = last + 1;
  }
  return text;
}

std::size_t distinct(const std::vector<Cpu>& seat, std::size_t count, int Cpu::*id) {
  std::vector<int> ids;
  for (std::size_t i = 0; i < count; ++i) {
    if (seat[i].*id >= 0) ids.push_back(seat[i].*id);
  }
  std::sort(ids.begin(), ids.end());
  return static_cast<std::size_t>(std::unique(ids.begin(), ids.end()) - ids.begin());
}

/// More workers than run at once over a while: none has a CPU to itself.
bool crowds_quota(const Topology& topology, int workers) {
  return topology.quota_cpus > 0 && workers > static_cast<int>(std::ceil(topology.quota_cpus));
}

std::string described(const Topology& topology, const std::vector<Cpu>& seat,
                      const Placement& placement) {
  const std::size_t workers = placement.cpus.size();
  if (workers == 0) return "0 workers, the caller drives";
  std::string text = plural(workers, "worker");
  if (placement.pinned) {
    text += " pinned to CPU" + std::string(workers == 1 ? " " : "s ") + ranges(placement.cpus) +
            " (" + plural(distinct(seat, workers, &Cpu::core), "core");
    if (const std::size_t l3 = distinct(seat, workers, &Cpu::l3); l3 > 0)
      text += ", " + std::to_string(l3) + " L3";
    if (const std::size_t n = distinct(seat, workers, &Cpu::numa); n > 0)
      text += ", " + plural(n, "memory node");
    text += ")";
  } else if (workers > seat.size()) {
    text += " not pinned (more than the " + plural(seat.size(), "allowed CPU") + ")";
  } else if (crowds_quota(topology, placement.workers())) {
    text += " not pinned (more than the quota's CPUs)";
  } else {
    text += " not pinned (as asked)";
  }
  if (topology.quota_cpus > 0) {
    char number[32];
    std::snprintf(number, sizeof(number), "%.2f", topology.quota_cpus);
    text += ", quota " + std::string(number) + " CPUs (" + topology.quota_source + ")";
  } else {
    text += ", no quota";
  }
  return text + (placement.spinning ? ", spinning allowed" : ", no spinning");
}

}  // namespace

std::span<const std::uint16_t> Placement::near(int worker) const noexcept {
  const std::size_t row = cpus.size() - 1;
  return std::span(near_order).subspan(static_cast<std::size_t>(worker) * row, row);
}

Placement place_workers(const Topology& topology, int requested, bool pin, int home) {
  WEIR_CHECK(requested >= -1 && requested <= limits::workers_max,
             "the number of workers is -1 or 0 to 256");
  std::vector<Cpu> seat = seats(topology);
  int workers = requested;
  if (requested < 0) {
    workers = topology.allowed_cores();
    if (topology.quota_cpus > 0)
      workers = std::min(workers, static_cast<int>(std::ceil(topology.quota_cpus)));
    workers = std::clamp(workers, 1, limits::workers_max);
  }
  start_beside(topology, seat, workers, home);
  Placement placement;
  placement.home = home;
  const bool fits = workers <= static_cast<int>(seat.size());
  placement.pinned = fits && workers > 0 && pin && !crowds_quota(topology, workers);
  // A quota of at least all the CPUs that are allowed never throttles.
  const bool throttled =
      topology.quota_cpus > 0 && topology.quota_cpus < static_cast<double>(seat.size());
  placement.spinning = fits && workers > 0 && !throttled;
  for (int i = 0; i < workers; ++i) {
    placement.cpus.push_back(placement.pinned ? seat[static_cast<std::size_t>(i)].os : -1);
  }
  order_neighbours(seat, placement);
  placement.text = described(topology, seat, placement);
  return placement;
}

}  // namespace weir
