#include "subgame_tables.hpp"

#include <algorithm>
#include <cmath>
#include <new>
#include <weir/terminal.hpp>

namespace weir::mccfr::subgame {
namespace {

constexpr std::size_t line_bytes = 64;
constexpr double probability_slack = 1e-3;  // of a sum of 1, for numbers that were rounded

bool whole_range(const Range& hands) noexcept {
  return std::all_of(hands.begin(), hands.end(), [](float weight) { return weight > 0; });
}

/// A lock for `wide` cards holds on boards with `narrow` ones too.
bool covers(const std::array<Card, 2>& wide, const std::array<Card, 2>& narrow) noexcept {
  return (wide[0] == Place::no_card || wide[0] == narrow[0]) &&
         (wide[1] == Place::no_card || wide[1] == narrow[1]);
}

Error lock_error(const SubgameLock& lock, std::string what) {
  return {"bad_config", std::move(what), lock.where};
}

/// The probabilities of a node's actions, in their order.
Result<std::vector<float>> distribution(const SubgameLock& lock, const SubgameLock::Part& part,
                                        const std::vector<std::string>& known) {
  std::vector<double> p(known.size(), 0.0);
  double sum = 0;
  for (const auto& [action, probability] : part.actions) {
    const auto found = std::find(known.begin(), known.end(), action);
    if (found == known.end())
      return lock_error(lock, "\"" + action + "\" is no action here; the nearest is " +
                                  nearest_word(action, known));
    p[static_cast<std::size_t>(found - known.begin())] = probability;
    sum += probability;
  }
  if (std::abs(sum - 1) > probability_slack)
    return lock_error(lock, "the probabilities must sum to 1");
  std::vector<float> rounded;
  for (const double each : p) rounded.push_back(static_cast<float>(each / sum));
  return rounded;
}

}  // namespace

FloatBlock::FloatBlock(std::size_t count) : count_(count) {
  block_.reset(std::calloc(count * sizeof(float) + line_bytes, 1));
  if (block_ == nullptr) throw std::bad_alloc();
  const auto address = reinterpret_cast<std::uintptr_t>(block_.get());
  data_ = reinterpret_cast<float*>((address + line_bytes - 1) / line_bytes * line_bytes);
}

bool locks_allow_renaming(const Subgame& subgame) noexcept {
  for (const SubgameLock& lock : subgame.locks) {
    for (std::size_t at = lock.history.find('/'); at != std::string::npos;
         at = lock.history.find('/', at + 2))
      if (lock.history.compare(at, 2, "//") != 0) return false;
    for (const SubgameLock::Part& part : lock.parts)
      if (!whole_range(part.hands)) return false;
  }
  return true;
}

std::uint64_t Tables::bytes_of(const Streets& streets, const Boards& boards,
                               std::size_t street) noexcept {
  std::uint64_t floats = 0;
  for (std::size_t p = 0; p < 2; ++p)
    floats +=
        std::uint64_t{streets.streets[street].rows[p]} * boards.player(static_cast<int>(p)).stride;
  return 2 * sizeof(float) * floats * boards.of_street(static_cast<int>(street)).size();
}

std::uint64_t Tables::bytes(const Streets& streets, const Boards& boards) noexcept {
  std::uint64_t sum = 0;
  for (std::size_t s = 0; s < streets.streets.size(); ++s) sum += bytes_of(streets, boards, s);
  return sum;
}

void Tables::take(const Streets& streets, const Boards& boards) {
  for (std::size_t p = 0; p < 2; ++p) stride_[p] = boards.player(static_cast<int>(p)).stride;
  for (std::size_t s = 0; s < streets.streets.size(); ++s) {
    const std::size_t count = boards.of_street(static_cast<int>(s)).size();
    for (std::size_t p = 0; p < 2; ++p) {
      rows_[s][p] = streets.streets[s].rows[p];
      regrets_[s][p] = FloatBlock(count * rows_[s][p] * stride_[p]);
      sums_[s][p] = FloatBlock(count * rows_[s][p] * stride_[p]);
    }
  }
}

Result<Tables> Tables::make(const Subgame& subgame, const Streets& streets, const Boards& boards) {
  Tables made;
  try {
    made.take(streets, boards);
  } catch (const std::bad_alloc&) {
    return Error{"no_memory",
                 "no memory for tables of " + std::to_string(bytes(streets, boards)) + " bytes",
                 "tables"};
  }
  for (const SubgameLock& lock : subgame.locks) {
    if (auto added = made.add_lock(lock, subgame, streets, boards); !added) return added.error();
  }
  return made;
}

NodeLock& Tables::lock_at(const Place& place, std::size_t actions, std::size_t stride) {
  std::vector<NodeLock>& locks = locks_[place.street];
  const NodeLock* wider = nullptr;
  for (NodeLock& lock : locks) {
    if (lock.node != place.node) continue;
    if (lock.dealt == place.dealt) return lock;
    if (covers(lock.dealt, place.dealt)) wider = &lock;
  }
  NodeLock made{place.node, place.dealt, FloatBlock(stride), FloatBlock(actions * stride)};
  if (wider != nullptr) {
    std::copy_n(wider->free.data(), stride, made.free.data());
    std::copy_n(wider->fixed.data(), actions * stride, made.fixed.data());
  } else {
    std::fill_n(made.free.data(), stride, 1.0F);
  }
  locks.push_back(std::move(made));
  return locks.back();
}

Result<Done> Tables::add_lock(const SubgameLock& lock, const Subgame& subgame,
                              const Streets& streets, const Boards& boards) {
  const Result<Place> found = find_history(streets, subgame, lock.history);
  if (!found)
    return lock_error(lock, "history \"" + lock.history + "\", " + found.error().where + ": " +
                                found.error().what);
  const Place& place = found.value();
  const StreetNode& node = streets.streets[place.street].nodes[place.node];
  const PlayerHands& player = boards.player(node.player);
  std::vector<std::string> known;
  for (std::size_t a = 0; a < node.actions; ++a)
    known.push_back(action_text(streets, subgame, node, a));
  static_cast<void>(lock_at(place, node.actions, player.stride));
  for (const SubgameLock::Part& part : lock.parts) {
    const Result<std::vector<float>> p = distribution(lock, part, known);
    if (!p) return p.error();
    for (NodeLock& each : locks_[place.street]) {
      if (each.node != place.node || !covers(place.dealt, each.dealt)) continue;
      for (std::size_t h = 0; h < player.hands.size(); ++h) {
        if (part.hands[player.hands[h]] == 0) continue;
        each.free.data()[h] = 0;
        for (std::size_t a = 0; a < node.actions; ++a)
          each.fixed.data()[a * player.stride + h] = p.value()[a];
      }
    }
  }
  return Done{};
}

LockRows Tables::lock(std::size_t street, const Board& board, std::uint32_t node) const noexcept {
  LockRows found;
  int cards = -1;
  for (const NodeLock& lock : locks_[street]) {
    if (lock.node != node || !covers(lock.dealt, board.dealt)) continue;
    const int named =
        (lock.dealt[0] != Place::no_card ? 1 : 0) + (lock.dealt[1] != Place::no_card ? 1 : 0);
    if (named <= cards) continue;
    cards = named;
    found = {lock.free.data(), lock.fixed.data()};
  }
  return found;
}

}  // namespace weir::mccfr::subgame
