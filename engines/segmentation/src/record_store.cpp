#include <algorithm>
#include <array>
#include <cstring>
#include <weir/segmentation/record_store.hpp>

#include "packing.hpp"

namespace weir::segmentation {
namespace {

constexpr std::size_t block_bytes = 256u << 10;

std::string_view path_of(PackedRecord record) noexcept { return Unpacker(record.bytes).text(); }

/// The members that many records share.
template <class R>
auto words_of(R& r) {
  return std::array{&r.input.config, &r.status, &r.proc, &r.date, &r.origin, &r.reason};
}

}  // namespace

PackedRecord RecordStore::pack(const Record& r) {
  Packer out(scratch_);
  out.text(r.path);
  for (const std::string* word : words_of(r)) out.raw(intern(*word));
  out.number(r.input.size);
  out.raw(r.input.mtime_ns);
  out.text(r.input.hash);
  out.text(r.run_id);
  out.raw(r.start_us);
  out.number(r.rows);
  out.number(r.bytes);
  out.text(r.what);
  out.number(r.line);
  out.number(r.byte);
  out.raw(r.part);
  out.number(r.part_bytes);
  out.number(r.notes.size());
  for (const std::string& note : r.notes) out.raw(intern(note));
  out.number(r.segments.size());
  for (const Segment& segment : r.segments) out.raw(segment);
  return {keep(scratch_).data()};
}

std::string_view RecordStore::keep(std::string_view bytes) {
  if (blocks_.empty() || room_ - used_ < bytes.size()) {
    room_ = std::max(block_bytes, bytes.size());
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(room_));
    used_ = 0;
  }
  char* const at = blocks_.back().get() + used_;
  std::memcpy(at, bytes.data(), bytes.size());
  used_ += bytes.size();
  return {at, bytes.size()};
}

Record unpack(PackedRecord packed) {
  Record r;
  Unpacker in(packed.bytes);
  const auto word = [&in]() -> const std::string& { return *in.raw<const std::string*>(); };
  r.path = in.text();
  for (std::string* each : words_of(r)) *each = word();
  r.input.size = in.number();
  r.input.mtime_ns = in.raw<std::int64_t>();
  r.input.hash = in.text();
  r.run_id = in.text();
  r.start_us = in.raw<std::int64_t>();
  r.rows = in.number();
  r.bytes = in.number();
  r.what = in.text();
  r.line = in.number();
  r.byte = in.number();
  r.part = in.raw<int>();
  r.part_bytes = in.number();
  r.notes.resize(static_cast<std::size_t>(in.number()));
  for (std::string& note : r.notes) note = word();
  r.segments.resize(static_cast<std::size_t>(in.number()));
  for (Segment& segment : r.segments) segment = in.raw<Segment>();
  return r;
}

SortedRecords::SortedRecords(std::vector<PackedRecord> records) : records_(std::move(records)) {
  std::sort(records_.begin(), records_.end(),
            [](PackedRecord a, PackedRecord b) { return path_of(a) < path_of(b); });
}

SortedRecords::Iterator SortedRecords::from(std::string_view prefix) const {
  const auto at =
      std::lower_bound(records_.begin(), records_.end(), prefix,
                       [](PackedRecord a, std::string_view b) { return path_of(a) < b; });
  return Iterator(records_.data() + (at - records_.begin()));
}

std::size_t RecordStore::PathHash::operator()(PackedRecord record) const noexcept {
  return (*this)(path_of(record));
}
bool RecordStore::PathEqual::operator()(PackedRecord a, PackedRecord b) const noexcept {
  return path_of(a) == path_of(b);
}
bool RecordStore::PathEqual::operator()(PackedRecord a, std::string_view b) const noexcept {
  return path_of(a) == b;
}

void RecordStore::put(PackedRecord record) {
  const auto [at, fresh] = index_.insert(record);
  if (fresh) return;
  auto node = index_.extract(at);
  node.value() = record;
  index_.insert(std::move(node));
}

void RecordStore::forget(std::string_view path) {
  if (const auto at = index_.find(path); at != index_.end()) index_.erase(at);
}

std::optional<Record> RecordStore::find(std::string_view path) const {
  const auto at = index_.find(path);
  if (at == index_.end()) return std::nullopt;
  return unpack(*at);
}

SortedRecords RecordStore::sorted() const {
  return SortedRecords(std::vector<PackedRecord>(index_.begin(), index_.end()));
}

}  // namespace weir::segmentation
