// partitioned.hpp: a stage in layout partition: a survey finds out which runs belong to which partition, then the
// partitions that are not as they should be are written one after the other; private.
//
//   NAME survey:  discover -> read -> survey -> gather
//   NAME:         members -> read -> MIDDLE -> encode -> write -> record
//
// Shape     Base is the stage of layout run, with its steps. In the second graph tokens come partition by partition, in
//           the order of their rows; write is ordered and alone knows the files; record gets a partition's records when
//           it is in its place. A survey that has a run's rows in memory keeps them encoded, while there is room: such
//           a run passes through read, MIDDLE and encode untouched, but for columns that only its neighbours have.
// Order     the record of a run that leaves a partition is written when all partitions are: a record that can be read
//           never hides a partition that is still to be written.
// Frozen    a partition with a run that cannot be read now stays as it is, and so do the records of runs that would
//           leave it: to write it would lose what was made of that run before.
// Errors    as FileGraph's.
// Memory    tokens of the graph, what is kept (StageConfig::kept_bytes_max) and some 1 KB a run, the journal and
//           manifest included.

#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>
#include <weir/atomic.hpp>

#include "file_graph.hpp"
#include "partition_plan.hpp"
#include "partition_writer.hpp"

namespace weir::segmentation {

/// The note of a run that has text in a column of no stated type.
inline constexpr std::string_view text_column_note = "text_column:";
inline void add_texts(const std::vector<std::string>& notes, std::set<std::string>& texts) {
  for (const std::string& note : notes) {
    if (note.starts_with(text_column_note)) texts.insert(note.substr(text_column_note.size()));
  }
}

template <class Base, class Work>
class Partitioned : public Base {
 public:
  using Token = typename Base::Token;

  /// All of it. `config` has `capacity` and `concurrency`.
  template <class Config>
  Result<Done> run_partitions(Runtime& runtime, const std::string& input_root,
                              const GraphNames& names, const Config& config) {
    auto parts = find_parts(written_root_);
    if (!parts) return parts.error();
    parts_ = std::move(parts).value();
    survey_name_ = std::string(names.graph) + " survey";
    const GraphNames survey_names{survey_name_.c_str(), names.unit, "survey"};
    if (auto opened = this->open(input_root, survey_names); !opened) return opened;
    auto ran = survey(
        runtime, config, [this] { return this->next(); }, [this](Work& work) { gather(work); });
    if (!ran || this->report_.interrupted) return ran;
    find_dirty();
    if (ran = look_again(runtime, config); !ran || this->report_.interrupted) return ran;
    if (ran = write_all(runtime, names, config); !ran || this->report_.interrupted) return ran;
    return finish_all();
  }

  /// What there is to do where there is nothing to walk.
  Result<Done> run_without_inputs() {
    auto parts = find_parts(written_root_);
    if (!parts) return parts.error();
    parts_ = std::move(parts).value();
    find_dirty();
    return finish_all();
  }

 protected:
  template <class Config>
  Partitioned(const Config& config, Journal& journal, StageReport& report, const Watch& watch,
              const std::string& written_root, std::size_t room_bytes)
      : Base(config, journal, report, watch),
        written_root_(written_root),
        kept_bytes_max_(room_bytes),
        writer_(written_root, config.compression, config.sync) {}

  /// Finds place and columns of a run that was read, and its rows where the stage keeps runs; any worker.
  virtual void look(Work& work) = 0;
  /// A token for a member, forced; `is_read`: its input is to be read again.
  virtual Token open_member(const Member& member, bool is_read) = 0;
  /// What reopens the run.
  virtual Member member_of(const Work& work) const = 0;
  virtual const std::string& name_of(const Work& work) const = 0;
  /// Whether a run is where the survey found it.
  virtual bool is_at(const Work& work, const std::string& partition,
                     const Member& member) const = 0;
  /// The columns of a run's rows; how many rows it has is returned.
  virtual std::size_t columns_of(Work& work, std::vector<const Column*>& columns) = 0;
  /// Gives a token that opened a kept run what count() asks of one that was read.
  virtual void recall(Work& work, const Member& member, const Record& kept) const = 0;
  /// Whether what a run is refused for may be over by the next time.
  virtual bool may_pass(const Work& work) const = 0;
  virtual Result<Done> tell(const Record& record) = 0;
  /// A run that was found to be done.
  virtual void note_skipped(Work& /*work*/) {}
  /// Whether it is known that there are no inputs, when none is found.
  virtual bool none_is_known() const { return false; }
  /// Whether a record, or a partition, is of the inputs that are walked.
  virtual bool is_mine(const Record& record) const = 0;
  virtual bool is_mine(const std::string& partition) const = 0;

  /// Whether a run that is looked at may be kept.
  bool has_room() const noexcept { return kept_bytes_.load(relaxed) < kept_bytes_max_; }
  bool has_part(const Record& record) const {
    const auto partition = parts_.find(record.partition());
    if (record.part < 0 || partition == parts_.end()) return false;
    const auto part = partition->second.find(record.part);
    return part != partition->second.end() && part->second == record.part_bytes;
  }

 private:
  struct Held {
    const std::string* from;  // the partition that it leaves, in the plan; null: none
    Record record;
    bool counted = true;  // in the report
  };
  struct Slot {
    Token work;
    const std::string* key = nullptr;
    Partition* partition = nullptr;
    Member* member = nullptr;
    bool last = false;
    std::optional<Record> kept;  // of a run that is not read again
    RowGroup group, narrow;      // `narrow`: without what its neighbours have besides
    Table scratch;
    std::vector<const Column*> run_columns, columns;
    std::vector<Held> finished;
  };
  using Slots = std::unique_ptr<Slot>;
  static constexpr std::size_t slot_bytes_max = 1u << 20;  // a slot that keeps more is freed

  bool refused(const Work& work) const { return work.decided() && !work.skipped; }
  static bool was_ok(const Work& work) { return work.previous && work.previous->ok(); }
  /// The partition that a run was in, by its name in the plan, which has it.
  const std::string* before(const Work& work) const {
    return &plan_.find(work.previous->partition())->first;
  }
  void append(const Record& record) {
    if (auto done = this->journal_.append(record); !done) this->fatal_.set(done.error());
  }

  template <class Config, class Next, class Take>
  Result<Done> survey(Runtime& runtime, const Config& config, Next next, Take take) {
    StreamGraph graph(runtime, survey_name_);
    auto found = graph.source<Token>("discover", {}, [&](Emit<Token>& out) {
      Token work = next();
      if (work == nullptr) return Give::end;
      out(std::move(work));
      return Give::more;
    });
    auto bytes = graph.map("read", found, parallel_node(config, "read"), [this](Token&& work) {
      this->do_read(*work);
      return std::move(work);
    });
    auto seen = graph.map("survey", bytes, parallel_node(config, "survey"), [this](Token&& work) {
      this->guarded(
          [this](Work& w) {
            look(w);
            if (!w.decided()) keep(w);
          },
          *work);
      return std::move(work);
    });
    graph.sink("gather", seen, {.mode = Mode::serial, .capacity = config.capacity},
               [&](Token&& work) {
                 if (!this->failed()) take(*work);
                 if (this->watch_.progress != nullptr) this->watch_.progress->add();
                 this->give(std::move(work));
               });
    GraphReport shown;
    auto ran = this->outcome(run_graph(graph, survey_name_, this->watch_, shown));
    shown.ledger += this->report_.survey.ledger;
    this->report_.survey = std::move(shown);
    return ran;
  }

  /// Encodes a run whose rows are at hand, if there is room for them.
  void keep(Work& work) {
    work.place.rows.clear();
    // relaxed: only counts, here and below
    const std::size_t taken = kept_bytes_.load(relaxed);
    if (taken >= kept_bytes_max_) return;
    std::vector<const Column*> columns;
    const std::size_t rows = columns_of(work, columns);
    if (rows > (kept_bytes_max_ - taken) / sizeof(double)) return;  // not one column of it
    work.writer.encode_row_group(columns, 0, rows, work.place.group);
    work.place.group.pack(work.place.rows);
    const std::size_t bytes = work.place.rows.size();
    if (kept_bytes_.fetch_add(bytes, relaxed) + bytes <= kept_bytes_max_) return;
    kept_bytes_.fetch_sub(bytes, relaxed);
    work.place.rows.clear();
  }
  /// What was kept of a run goes from its token to the plan.
  void move_kept(Work& work, Member& member) {
    if (work.place.rows.empty()) return;
    // In blocks, that go together at the end: to free them run by run costs more than to make them.
    member.rows = kept_.keep(work.place.rows);
    member.record = kept_.pack(this->make_record(work));
  }

  /// A run of the walk goes to its partition, or is skipped or refused.
  void gather(Work& work) {
    seen_.insert(name_of(work));
    const std::optional<Record>& before = work.previous;
    if (was_ok(work)) add_texts(before->notes, old_texts_[procedure_of(before->partition())]);
    if (work.skipped) {
      this->count(work);
      note_skipped(work);
      if (!before->ok()) return;
      Member member = member_of(work);
      member.run_id = before->run_id;
      member.start_us = before->start_us;
      member.part = before->part;
      member.current = true;
      add_texts(before->notes, texts_[procedure_of(before->partition())]);
      plan_[before->partition()].members.push_back(std::move(member));
    } else if (refused(work)) {
      refuse(work);
    } else {
      Member member = member_of(work);
      member.run_id = work.place.run_id;
      member.start_us = work.place.start_us;
      member.shape = shapes_.intern(work.place.shape);
      move_kept(work, member);
      texts_[procedure_of(work.place.partition)].merge(work.place.texts);
      Partition& partition = plan_[work.place.partition];
      partition.dirty = true;
      partition.members.push_back(std::move(member));
      if (!was_ok(work)) return;
      Partition& left = plan_[before->partition()];
      left.dirty = true;
      if (&left != &partition) partition.members.back().from = this->before(work);
    }
  }
  void refuse(Work& work) {
    this->count(work);
    Record made = this->make_record(work);
    if (was_ok(work) && !may_pass(work)) {
      plan_[work.previous->partition()].dirty = true;
      held_.push_back({before(work), std::move(made)});
      return;
    }
    if (auto told = tell(made); !told) this->fatal_.set(told.error());
    if (was_ok(work)) {
      add_texts(work.previous->notes, texts_[procedure_of(work.previous->partition())]);
      frozen_.insert(work.previous->partition());
    } else {
      append(made);
    }
  }
  /// Leaves frozen partitions as they are.
  void freeze() {
    if (frozen_.empty()) return;
    for (auto& [key, partition] : plan_) {
      std::erase_if(partition.members, [this](const Member& member) {
        return member.from != nullptr && frozen_.contains(*member.from);
      });
      if (frozen_.contains(key) && std::exchange(partition.dirty, false)) leave(key);
    }
  }
  void leave(const std::string& key) {
    frozen_.insert(key);
    this->report_.warnings.push_back(key + " is left as it is: not all of its files can be seen");
  }

  /// Partitions that have lost a run, or are not as the journal says, or whose columns get another type.
  void find_dirty() {
    const bool all = this->saw_all() && (!seen_.empty() || none_is_known());
    for (const Record& record : this->journal_.sorted()) {
      if (!is_mine(record) || seen_.contains(record.path)) continue;
      if (!all) {
        if (record.ok()) frozen_.insert(record.partition());
        continue;
      }
      vanished_.push_back({nullptr, record});
      if (!record.ok()) continue;
      vanished_.back().from = &plan_.try_emplace(record.partition()).first->first;
      plan_[record.partition()].dirty = true;
      add_texts(record.notes, old_texts_[procedure_of(record.partition())]);
    }
    for (const auto& [key, parts] : parts_) {
      if (all && is_mine(key) && !plan_.contains(key) && !frozen_.contains(key))
        plan_[key].dirty = true;  // nobody knows it
    }
    for (auto& [key, partition] : plan_) {
      int last = -1;
      for (const Member& member : partition.members) last = std::max(last, member.part);
      const auto there = parts_.find(key);
      const std::size_t parts = there == parts_.end() ? 0 : there->second.size();
      const std::string procedure = procedure_of(key);
      partition.dirty = partition.dirty || parts != static_cast<std::size_t>(last + 1) ||
                        texts_[procedure] != old_texts_[procedure];
    }
    freeze();
  }

  /// Finds the columns of runs that are written for their neighbours' sake.
  template <class Config>
  Result<Done> look_again(Runtime& runtime, const Config& config) {
    std::vector<std::pair<Member*, const std::string*>> unknown;
    for (auto& [key, partition] : plan_) {
      if (!partition.dirty) continue;
      for (Member& member : partition.members) {
        if (member.shape == no_shape) unknown.emplace_back(&member, &key);
      }
    }
    if (unknown.empty()) return Done{};
    std::size_t at = 0;
    if (this->watch_.progress != nullptr)
      this->watch_.progress->start(survey_name_, "neighbours", unknown.size());
    auto ran = survey(
        runtime, config,
        [&]() -> Token {
          if (this->ended() || at == unknown.size()) return nullptr;
          const auto [member, key] = unknown[at++];
          Token work = open_member(*member, true);
          work->member = member;
          work->key_of_member = key;
          return work;
        },
        // What is refused now, or is another run by now, is refused again when it is to be written.
        [this](Work& work) {
          if (refused(work)) {
            if (may_pass(work)) frozen_.insert(*work.key_of_member);
            return;
          }
          work.member->shape = shapes_.intern(work.place.shape);
          if (is_at(work, *work.key_of_member, *work.member)) move_kept(work, *work.member);
        });
    freeze();
    return ran;
  }

  // ---- writing ----

  template <class Config>
  Result<Done> write_all(Runtime& runtime, const GraphNames& names, const Config& config) {
    std::uint64_t total = 0;
    for (auto& [key, partition] : plan_) {
      if (!partition.dirty) continue;
      settle(partition, shapes_, texts_[procedure_of(key)]);
      total += partition.members.size();
    }
    if (total == 0) return Done{};
    if (this->watch_.progress != nullptr)
      this->watch_.progress->start(names.graph, names.unit, total);
    auto partition = plan_.begin();
    std::size_t member = 0;
    StreamGraph graph(runtime, names.graph);
    auto members = graph.source<Slots>("members", {}, [&](Emit<Slots>& out) {
      if (this->ended()) return Give::end;
      while (partition != plan_.end() &&
             (!partition->second.dirty || member == partition->second.members.size())) {
        ++partition;
        member = 0;
      }
      if (partition == plan_.end()) return Give::end;
      out(slot_of(partition->first, partition->second, member++));
      return Give::more;
    });
    auto bytes = graph.map("read", members, parallel_node(config, "read"), [this](Slots&& slot) {
      if (!slot->kept) this->do_read(*slot->work);
      return std::move(slot);
    });
    auto digested =
        graph.map(names.middle, bytes, parallel_node(config, names.middle), [this](Slots&& slot) {
          if (!slot->kept) this->do_digest(*slot->work);
          return std::move(slot);
        });
    auto encoded =
        graph.map("encode", digested, parallel_node(config, "encode"), [this](Slots&& slot) {
          this->guarded(
              [&](Work& work) {
                if (slot->kept) {
                  take_kept(work, *slot);
                } else {
                  encode(work, *slot);
                }
              },
              *slot->work);
          return std::move(slot);
        });
    auto written = graph.map("write", encoded, {.mode = Mode::ordered, .capacity = config.capacity},
                             [this](Slots&& slot) {
                               if (!this->failed()) put(*slot);
                               return std::move(slot);
                             });
    graph.sink("record", written, {.mode = Mode::ordered, .capacity = config.capacity},
               [this](Slots&& slot) {
                 note(*slot);
                 this->give(std::move(slot->work));
                 if (slot->group.bytes() <= slot_bytes_max) slots_.give(std::move(slot));
               });
    return this->outcome(run_graph(graph, names.graph, this->watch_, this->report_.graph));
  }

  Slots slot_of(const std::string& key, Partition& partition, std::size_t at) {
    Slots slot = slots_.take([] { return std::make_unique<Slot>(); });
    slot->key = &key;
    slot->partition = &partition;
    slot->member = &partition.members[at];
    slot->last = at + 1 == partition.members.size();
    const bool is_kept = fits(*slot->member, partition);
    slot->work = open_member(*slot->member, !is_kept);
    slot->kept.reset();
    if (is_kept) slot->kept = unpack(slot->member->record);
    return slot;
  }

  /// Whether what was kept of a run can be in its partition: its columns have their types there.
  bool fits(const Member& member, const Partition& partition) const {
    if (member.rows.empty()) return false;
    const Shape& own = shapes_[member.shape];
    if (own == partition.shape) return true;
    return std::all_of(own.begin(), own.end(), [&](const ShapeField& field) {
      return std::find(partition.shape.begin(), partition.shape.end(), field) !=
             partition.shape.end();
    });
  }

  void take_kept(Work& work, Slot& slot) {
    recall(work, *slot.member, *slot.kept);
    const Shape& shape = slot.partition->shape;
    const bool whole = shapes_[slot.member->shape] == shape;
    (whole ? slot.group : slot.narrow).unpack(slot.member->rows);
    if (whole) return;
    slot.scratch.clear();
    slot.columns.clear();
    for (const ShapeField& field : shape) {
      Column& column = slot.scratch.add(field.name, field.type, true);
      column.add_null();
      slot.columns.push_back(&column);
    }
    work.writer.conform_row_group(slot.narrow, slot.columns, slot.group);
  }

  void encode(Work& work, Slot& slot) {
    if (!is_at(work, *slot.key, *slot.member)) {
      work.refuse_changed();
      return;
    }
    const std::size_t rows = columns_of(work, slot.run_columns);
    conform(slot.run_columns, rows, slot.partition->shape, slot.scratch, slot.columns);
    work.writer.encode_row_group(slot.columns, 0, rows, slot.group);
  }

  /// Adds a run to its partition; with the last one the partition gets its place.
  void put(Slot& slot) {
    if (open_ != slot.key) {
      open_ = slot.key;
      batch_.clear();
      abandoned_ = false;
      if (auto begun = writer_.begin(*slot.key); !begun) return this->fatal_.set(begun.error());
    }
    Work& work = *slot.work;
    if (abandoned_ || holds_unreadable(slot)) {
      abandoned_ = true;
      if (refused(work) && !slot.member->current) this->count(work);
      if (slot.last) abandon(*slot.key);
      return;
    }
    const bool left = was_ok(work) && (refused(work) || work.previous->partition() != *slot.key);
    if (!refused(work)) {
      auto part = writer_.add(slot.group);
      if (!part) return this->fatal_.set(part.error());
      work.part = part.value();
      work.bytes_out = slot.group.bytes();
    }
    if (slot.member->current && refused(work)) {  // it was counted when it was found to be done
      --this->report_.files;
      --this->report_.skipped;
    }
    const bool counted = !slot.member->current || refused(work);
    if (counted) this->count(work);
    if (slot.kept) ++this->report_.read_once;
    Record made = slot.kept && !refused(work) ? std::move(*slot.kept) : this->make_record(work);
    if (!refused(work)) {
      made.bytes = work.bytes_out;
      made.part = work.part;
      made.start_us = slot.member->start_us;
    }
    batch_.push_back({left ? before(work) : nullptr, std::move(made), counted});
    if (!slot.last) return;
    auto bytes = writer_.commit();
    if (!bytes) return this->fatal_.set(bytes.error());
    for (Held& held : batch_) {
      if (held.record.part >= 0)
        held.record.part_bytes = bytes.value()[static_cast<std::size_t>(held.record.part)];
      (held.from != nullptr ? held_ : slot.finished).push_back(std::move(held));
    }
    batch_.clear();
  }
  /// Whether the partition that stands has a run that could be read when it was looked at, and now cannot.
  bool holds_unreadable(const Slot& slot) const {
    const Work& work = *slot.work;
    return refused(work) && may_pass(work) && was_ok(work) &&
           work.previous->partition() == *slot.key;
  }
  /// Leaves the open partition as it was before it was begun.
  void abandon(const std::string& key) {
    writer_.abandon();
    for (const Held& held : batch_) {
      if (!held.counted || !held.record.ok()) continue;
      --this->report_.files;
      --this->report_.done;
      this->report_.rows -= held.record.rows;
      this->report_.bytes_out -= held.record.bytes;
      this->report_.segments -= held.record.segments.size();
    }
    batch_.clear();
    leave(key);
  }

  void note(Slot& slot) {
    for (const Held& held : slot.finished) {
      if (this->failed()) break;
      if (auto told = tell(held.record); !told) this->fatal_.set(told.error());
      append(held.record);
    }
    slot.finished.clear();
    if (this->watch_.progress != nullptr) this->watch_.progress->add();
  }

  /// All partitions that have runs are in their place: those that have none go, and so does what the journal knew of
  /// them.
  Result<Done> finish_all() {
    for (auto& [key, partition] : plan_) {
      if (!partition.dirty || !partition.members.empty()) continue;
      if (auto begun = writer_.begin(key); !begun) return begun;
      if (auto done = writer_.commit(); !done) return done.error();
    }
    for (const Held& held : held_) {
      if (frozen_.contains(*held.from)) continue;
      ++this->report_.removed;
      if (auto told = tell(held.record); !told) return told;
      if (auto done = this->journal_.append(held.record); !done) return done;
    }
    this->journal_.settle();
    for (const Held& held : vanished_) {
      if (held.from != nullptr && frozen_.contains(*held.from)) continue;
      if (held.from != nullptr) ++this->report_.removed;
      this->journal_.forget(held.record.path);
    }
    return Done{};
  }

  std::string written_root_, survey_name_;
  std::size_t kept_bytes_max_;
  atomic<std::size_t> kept_bytes_{0};
  RecordStore kept_;  // runs that are not read again, and their records
  Parts parts_;       // before anything is written
  Shapes shapes_;
  Plan plan_;
  Texts texts_, old_texts_;
  std::set<std::string> seen_;    // names of inputs
  std::set<std::string> frozen_;  // partitions
  std::vector<Held> vanished_;    // inputs that are no more
  std::vector<Held> held_;        // runs that left a partition
  PartitionWriter writer_;
  const std::string* open_ = nullptr;  // the partition that is written
  std::vector<Held> batch_;            // its records so far
  bool abandoned_ = false;             // it is not to be put in its place
  Pool<Slot> slots_{64};
};

}  // namespace weir::segmentation
