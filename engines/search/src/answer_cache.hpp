// answer_cache.hpp: what networks have answered lately; private to the engine.
//
// Shape:  one entry a place, by a hash of version and question: the newer one takes it. A question is the same when all
//         its bits are, so what is found is what the network would compute.
// Roles:  one thread at a time (the evaluator).
// Memory: as many questions and answers as entries; any thread may ask for the bytes of those that are there.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>
#include <weir/atomic.hpp>

namespace weir::search {

class AnswerCache {
 public:
  explicit AnswerCache(std::size_t entries) : entries_(entries) {}

  /// Of a question, and of the version that is asked: `hash` below is both together.
  static std::uint64_t hash_of(std::span<const float> question) noexcept {
    std::uint64_t lanes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    std::size_t i = 0;
    for (; i + 16 <= question.size(); i += 16) {  // multiplications that do not wait for each other
      std::uint64_t words[8];
      std::memcpy(words, question.data() + i, sizeof words);
      for (std::size_t k = 0; k < 8; ++k) lanes[k] = mixed(lanes[k], words[k]);
    }
    for (; i < question.size(); ++i) {
      std::uint32_t word = 0;
      std::memcpy(&word, question.data() + i, sizeof word);
      lanes[i % 8] = mixed(lanes[i % 8], word);
    }
    for (std::size_t k = 0; k < 4; ++k) lanes[k] = mixed(lanes[k], lanes[k + 4]);
    return mixed(mixed(lanes[0], lanes[1]), mixed(lanes[2], lanes[3]));
  }
  static std::uint64_t hash_of(const std::string& version) noexcept {
    return std::hash<std::string>()(version) * factor;
  }

  /// Null: it is not known.
  const std::vector<float>* find(std::uint64_t hash, const std::string& version,
                                 std::span<const float> question) const {
    const Entry& entry = entries_[hash % entries_.size()];
    const bool same =
        entry.hash == hash && entry.question.size() == question.size() &&
        entry.version == version &&
        std::memcmp(entry.question.data(), question.data(), question.size_bytes()) == 0;
    return same && !entry.answer.empty() ? &entry.answer : nullptr;
  }
  void put(std::uint64_t hash, const std::string& version, std::span<const float> question,
           std::span<const float> answer) {
    Entry& entry = entries_[hash % entries_.size()];
    const std::size_t before = entry.question.capacity() + entry.answer.capacity();
    entry.hash = hash;
    entry.version = version;
    entry.question.assign(question.begin(), question.end());
    entry.answer.assign(answer.begin(), answer.end());
    const std::size_t after = entry.question.capacity() + entry.answer.capacity();
    // relaxed: a figure, added to by the one thread that may be here
    floats_.store(floats_.load(relaxed) + after - before, relaxed);
  }
  std::size_t memory() const noexcept {
    return entries_.size() * sizeof(Entry) +
           floats_.load(relaxed) * sizeof(float);  // relaxed: as above
  }

 private:
  static constexpr std::uint64_t factor = 0x9e3779b97f4a7c15U;
  static std::uint64_t mixed(std::uint64_t state, std::uint64_t word) noexcept {
    state = (state ^ word) * factor;
    return state ^ state >> 32U;
  }
  struct Entry {
    std::uint64_t hash = 0;
    std::string version;
    std::vector<float> question, answer;
  };
  std::vector<Entry> entries_;
  atomic<std::size_t> floats_{0};
};

}  // namespace weir::search
