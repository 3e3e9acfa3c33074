// experience_index.hpp: ExperienceIndex, what solved requests teach: programs to try first on requests like them, how
// often functions and operators are used, and parts that answers share. An immutable snapshot; a recorder makes the
// next one beside it.
//
// Shape:  a request is a key (domain, kinds of its values; of SyGuS its grammar) and 32 features of a byte: lengths,
//         classes of characters, relations of inputs and outputs. Near is a small sum of differences under one key.
// Order:  hints are the same for the same request and version: by distance, then weight, then the newer one.
// Roles:  an index is const, any thread; a recorder: one thread.
// Memory: at most lessons_max requests of sizeof(Lesson) bytes, in the recorder (about twice as much: what it finds
//         them by is there too) and in each version that is current, pinned, or not replaced by a newer one yet
//         (versions.hpp). A recipe, at most recipe_bytes_max, is there once for all. The oldest requests go.
// Cost:   an exact scan, about 1 ms for 100,000 records; a snapshot is a copy of the records, programs are shared.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>
#include <weir/search/request.hpp>
#include <weir/search/versions.hpp>

namespace weir::search {

inline constexpr std::size_t experience_features = 32;

struct Profile {
  std::uint64_t key = 0;   // requests of different keys have nothing in common
  std::uint64_t hash = 0;  // of all that was asked: the same for the same examples
  std::array<std::uint8_t, experience_features> features{};
};

/// None where there is nothing to compare by: a kernel of the caller's, a text that is no problem, no labelled example.
std::optional<Profile> profile_of(const Request& request);
std::uint32_t distance(const Profile& a, const Profile& b) noexcept;

/// What a SyGuS answer is made of, as far as others may be made of it too.
struct LessonParts {
  std::uint64_t used = 0;            // operators, a bit each
  std::vector<std::uint64_t> terms;  // of each part a hash, and in the lowest byte its nodes
};

/// What one request was answered with; of several times the same, one.
struct Lesson {
  Profile profile;
  std::uint64_t number = 0;  // the last of the log
  std::uint64_t recipe_hash = 0;
  std::shared_ptr<const std::string> recipe;
  std::shared_ptr<const LessonParts> parts;  // of a SyGuS answer
  std::uint32_t times = 0;
  std::optional<bool> good;         // the judgement of the latest record that has one
  std::uint64_t judged_number = 0;  // that record

  std::uint32_t weight() const noexcept;  // 0: it is not to be tried
};

class ExperienceIndex {
 public:
  static constexpr std::size_t nearest_max = 8, most_used_max = 8, parts_max = 48;

  ExperienceIndex() = default;
  ExperienceIndex(const ExperienceIndex&) = delete;
  ExperienceIndex& operator=(const ExperienceIndex&) = delete;

  /// What a kernel may try first: programs of the nearest requests, then those used most under the request's key.
  Hints hints(const Request& request) const;
  /// The nearest, each of another program; those called bad are left out.
  std::vector<const Lesson*> nearest(const Profile& profile, std::size_t count) const;

  std::size_t size() const noexcept { return lessons_.size(); }
  std::size_t memory() const noexcept;
  /// Names what it was made of: two of one version give the same hints.
  const std::string& version() const noexcept { return version_; }

 private:
  friend class ExperienceRecorder;
  void learn();
  void learn_parts();

  std::vector<Lesson> lessons_;
  std::unordered_map<std::uint64_t, std::vector<const Lesson*>> most_used_;  // by key
  std::vector<float> list_usage_, operator_usage_;
  std::vector<std::string> parts_;
  std::string version_;
};

using ExperienceVersions = VersionsOf<ExperienceIndex>;

/// Takes what was solved, and what people said of it, as it comes.
class ExperienceRecorder {
 public:
  static constexpr std::size_t lessons_max = 100'000, recipe_bytes_max = 4096;

  /// False: it teaches nothing (no recipe, or the request has no profile). `number`: of the log, growing.
  bool solved(std::uint64_t number, const Request& request, std::string_view recipe);
  /// False: nothing is kept of that number.
  bool judged(std::uint64_t number, bool good);
  std::unique_ptr<const ExperienceIndex> snapshot() const;
  std::size_t size() const noexcept { return lessons_.size(); }

 private:
  struct Place {
    std::uint64_t number = 0, place = 0;
  };

  std::deque<Lesson> lessons_;
  std::uint64_t first_ = 0;    // place of the oldest that is kept
  std::deque<Place> numbers_;  // growing; at most 4 for each lesson that may be kept
  std::unordered_map<std::uint64_t, std::uint64_t> places_;  // by request and recipe
};

}  // namespace weir::search
