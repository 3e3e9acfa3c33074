// record_store.hpp: many records in little room.
//
// Shape     a record lies packed in a block that never moves; words that many records share are kept once. A record
//           that is replaced or forgotten keeps its room.
// Roles     put, forget: one thread, alone. pack: one thread; find: any, also beside pack.
// Errors    std::bad_alloc.
// Memory    184 bytes a staged run (31,806 of a made-up corpus, index and paths included), and 64 a segment.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>
#include <weir/segmentation/record.hpp>

namespace weir::segmentation {

/// A record as it lies in the store; good as long as the store. Made by pack() alone.
struct PackedRecord {
  const char* bytes = nullptr;
};
Record unpack(PackedRecord record);

/// Records in the order of their paths, each unpacked when it is asked for. Good until the store's next change.
class SortedRecords {
 public:
  class Iterator {
   public:
    explicit Iterator(const PackedRecord* at) noexcept : at_(at) {}
    Record operator*() const { return unpack(*at_); }
    Iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const PackedRecord* at_;
  };

  SortedRecords() = default;
  explicit SortedRecords(std::vector<PackedRecord> records);
  std::size_t size() const noexcept { return records_.size(); }
  bool empty() const noexcept { return records_.empty(); }
  /// `index` below size().
  Record operator[](std::size_t index) const { return *Iterator(&records_[index]); }
  Iterator begin() const noexcept { return Iterator(records_.data()); }
  Iterator end() const noexcept { return Iterator(records_.data() + records_.size()); }
  /// The first whose path is not before `prefix`: those that begin with it follow one another from there.
  Iterator from(std::string_view prefix) const;

 private:
  std::vector<PackedRecord> records_;
};

class RecordStore {
 public:
  /// Packs a record, which nobody finds yet.
  PackedRecord pack(const Record& record);
  /// Keeps a copy of bytes that go with a record, as long as the store. Roles: as pack().
  std::string_view keep(std::string_view bytes);
  /// Makes it the one of its path. It is of this store.
  void put(PackedRecord record);
  /// Takes a path's record out; one that has none stays so.
  void forget(std::string_view path);
  /// The path's record; empty: it has none.
  std::optional<Record> find(std::string_view path) const;
  /// Those that find() finds. Roles: as find().
  SortedRecords sorted() const;

 private:
  struct PathHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view path) const noexcept {
      return std::hash<std::string_view>()(path);
    }
    std::size_t operator()(PackedRecord record) const noexcept;
  };
  struct PathEqual {
    using is_transparent = void;
    bool operator()(PackedRecord a, PackedRecord b) const noexcept;
    bool operator()(PackedRecord a, std::string_view b) const noexcept;
    bool operator()(std::string_view a, PackedRecord b) const noexcept { return (*this)(b, a); }
  };

  const std::string* intern(const std::string& word) { return &*words_.insert(word).first; }

  std::unordered_set<std::string> words_;  // its nodes never move
  std::unordered_set<PackedRecord, PathHash, PathEqual> index_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t used_ = 0, room_ = 0;  // of the last block, bytes
  std::string scratch_;
};

}  // namespace weir::segmentation
