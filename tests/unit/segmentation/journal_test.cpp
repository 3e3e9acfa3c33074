#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <weir/segmentation/journal.hpp>
#include <weir/segmentation/parquet.hpp>

#include "scratch.hpp"

using namespace weir::segmentation;

namespace {

Record good(const std::string& path) {
  Record r;
  r.path = path;
  r.input = {123, 456789, "c0ffee", "0123456789abcdef"};
  r.status = "ok";
  r.run_id = "0123456789abcdef";
  r.proc = "IV";
  r.date = "2025-09-04";
  r.origin = "meta";
  r.start_us = 1757018821635818;
  r.rows = 44;
  r.bytes = 4000;
  r.notes = {"bom", "unit:VG \"x\""};
  return r;
}

/// A line as it was written before there were checksums.
std::string without_checksum(const std::string& line) {
  std::string text = line.substr(0, line.rfind(",\"crc32\":")) + "}";
  return text.replace(text.find("\"v\":2"), 5, "\"v\":1");
}

}  // namespace

TEST_CASE("journal: a record is one line and comes back as it was") {
  Record r = good("raw/\xc2\xb5 \"odd\"\n.csv");
  r.segments.push_back(
      {3, 9, SegmentType::return_positive, Direction::decreasing, 0.1, 0.30000000000000004});
  r.segments.push_back({10, 19, SegmentType::forward_negative, Direction::unknown,
                        std::numeric_limits<double>::quiet_NaN(), -1});
  const std::string line = to_json_line(r);
  CHECK(line.find('\n') == line.size() - 1);
  const auto read = from_json_line(std::string_view(line).substr(0, line.size() - 1));
  REQUIRE(read.ok());
  const Record& back = read.value();
  CHECK(to_json_line(back) == line);
  CHECK(back.path == r.path);
  CHECK(back.input == r.input);
  CHECK(back.segments[0].v_end == 0.30000000000000004);
  CHECK(std::isnan(back.segments[1].v_start));
  CHECK(!from_json_line("{\"path\":\"a\"}"));
  CHECK(!from_json_line("[1]"));
  CHECK(!from_json_line("{\"path\":1,"));
  // Numbers that are no whole ones in range are refused, not converted to some.
  const std::string plain = without_checksum(line);
  CHECK(from_json_line(plain).value().path == r.path);
  for (const std::string member :
       {"\"size\":123", "\"rows\":44", "\"mtime_ns\":456789", "\"last\":9"}) {
    const std::size_t at = plain.find(member);
    REQUIRE(at != std::string::npos);
    const std::string name = member.substr(0, member.find(':') + 1);
    for (const char* value : {"1e57", "0.5", "1e400", "99999999999999999999", "\"7\"", "null"}) {
      std::string bad = plain;
      const auto refused = from_json_line(bad.replace(at, member.size(), name + value));
      REQUIRE(!refused);
      CHECK(refused.error().code ==
            (value == std::string_view("1e400") ? "not_json" : "not_a_record"));
    }
  }
}

TEST_CASE("journal: a line whose bytes are not those that were written is no record") {
  Record r = good("raw/\xc2\xb5.csv");
  r.segments.push_back({3, 9, SegmentType::return_positive, Direction::decreasing, 0.1, 0.25});
  std::string line = to_json_line(r);
  line.pop_back();
  REQUIRE(from_json_line(line).ok());
  std::size_t accepted = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    for (unsigned bits = 1; bits < 256; ++bits) {
      std::string bad = line;
      bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ bits);
      accepted += from_json_line(bad).ok() ? 1 : 0;
    }
    // A byte less, and two that changed places.
    accepted += from_json_line(line.substr(0, at) + line.substr(at + 1)).ok() ? 1 : 0;
    if (at == 0 || line[at - 1] == line[at]) continue;
    std::string bad = line;
    std::swap(bad[at - 1], bad[at]);
    accepted += from_json_line(bad).ok() ? 1 : 0;
  }
  CHECK(accepted == 0);
  CHECK(from_json_line(line.substr(0, line.find(",\"crc32\"")) + "}").error().code == "checksum");
  const auto newer = from_json_line("{\"v\":3" + without_checksum(to_json_line(r)).substr(6));
  CHECK(newer.error().code == "version");
  CHECK(newer.error().what.find('3') != std::string::npos);
}

TEST_CASE(
    "journal: lines of before there were checksums are read, and have one when it is compacted") {
  const Scratch scratch;
  const std::string line = to_json_line(good("a"));
  scratch.write("_manifest/journal.jsonl", without_checksum(line) + "\n");
  Journal journal = Journal::open(scratch.path(), SyncPolicy::none).value();
  CHECK(journal.unreadable_lines() == 0);
  CHECK(journal.find("a")->rows == 44);
  REQUIRE(journal.compact().ok());
  CHECK(scratch.read("_manifest/journal.jsonl") == line);
}

TEST_CASE("journal: what cannot be read is told by line and byte, the first few of many") {
  const Scratch scratch;
  std::string bad = to_json_line(good("b"));
  bad[bad.find("0123456789abcdef")] ^= 1;  // of the hash: as JSON the line is as good as ever
  const std::string first = to_json_line(good("a"));
  scratch.write("_manifest/journal.jsonl", first + bad + to_json_line(good("c")));
  const Journal journal = Journal::read(scratch.path()).value();
  CHECK(journal.sorted().size() == 2);
  REQUIRE(journal.unreadable_examples().size() == 1);
  CHECK(journal.unreadable_examples()[0].line == 2);
  CHECK(journal.unreadable_examples()[0].byte == first.size());
  REQUIRE(journal.unreadable_texts().size() == 1);
  CHECK(journal.unreadable_texts()[0].find("journal.jsonl:2 (byte " + std::to_string(first.size()) +
                                           "): the record is left out: the checksum") !=
        std::string::npos);
  std::string many;
  for (int k = 0; k < 40; ++k) many += bad;
  scratch.write("_manifest/journal.jsonl", many);
  const Journal worse = Journal::read(scratch.path()).value();
  CHECK(worse.unreadable_lines() == 40);
  CHECK(worse.unreadable_texts().size() == 6);
  CHECK(worse.unreadable_texts().back().starts_with("35 more"));
}

TEST_CASE(
    "journal: records are found after settle, the last of a path counts, and survive the process") {
  const Scratch scratch;
  {
    Journal journal = Journal::open(scratch.path(), SyncPolicy::none).value();
    REQUIRE(journal.append(good("b")).ok());
    REQUIRE(journal.append(good("a")).ok());
    Record again = good("b");
    again.rows = 7;
    REQUIRE(journal.append(again).ok());
    CHECK(!journal.find("b"));
    journal.settle();
    REQUIRE(journal.find("b"));
    CHECK(journal.find("b")->rows == 7);
    REQUIRE(journal.flush().ok());
  }
  Journal journal = Journal::open(scratch.path(), SyncPolicy::commit).value();
  CHECK(journal.find("b")->rows == 7);
  REQUIRE(journal.sorted().size() == 2);
  CHECK(journal.sorted()[0].path == "a");
  REQUIRE(journal.compact().ok());
  const std::string text = scratch.read("_manifest/journal.jsonl");
  CHECK(text == to_json_line(*journal.find("a")) + to_json_line(*journal.find("b")));
}

TEST_CASE("journal: a torn tail and a damaged line lose themselves alone") {
  const Scratch scratch;
  const std::string line = to_json_line(good("a"));
  scratch.write("_manifest/journal.jsonl",
                line + "{not json}\n" + to_json_line(good("b")) + line.substr(0, 40));
  {
    Journal journal = Journal::open(scratch.path(), SyncPolicy::none).value();
    CHECK(journal.unreadable_lines() == 1);
    CHECK(journal.sorted().size() == 2);
    REQUIRE(journal.append(good("c")).ok());
    REQUIRE(journal.flush().ok());
  }
  const Journal journal = Journal::read(scratch.path()).value();
  CHECK(journal.find("c").has_value());
  CHECK(journal.sorted().size() == 3);
}

TEST_CASE("journal: an earlier record of the path that a damaged line names is in doubt") {
  const Scratch scratch;
  Record later = good("dir/\xc2\xb5 \"a\"");
  const std::string first = to_json_line(later) + to_json_line(good("b"));
  later.input.config = "decaf";
  std::string bad = to_json_line(later);
  bad[bad.find("0123456789abcdef")] ^= 1;
  for (const std::string& lost : {bad, bad.substr(0, bad.size() / 2)}) {  // damaged, and torn
    scratch.write("_manifest/journal.jsonl", first + lost);
    const Journal journal = Journal::read(scratch.path()).value();
    REQUIRE(journal.find(later.path));
    CHECK(journal.find(later.path)->input.config.empty());
    CHECK(journal.find(later.path)->directory() == later.directory());
    CHECK(journal.find("b")->input == good("b").input);
  }
  // What is written after it counts again.
  scratch.write("_manifest/journal.jsonl", first + bad + to_json_line(later));
  CHECK(Journal::read(scratch.path()).value().find(later.path)->input == later.input);
}

TEST_CASE("journal: a line that names nothing casts doubt on other configurations than its own") {
  const Scratch scratch;
  const auto line = [](const char* path, const char* config) {
    Record r = good(path);
    r.input.config = config;
    return to_json_line(r);
  };
  const auto configs = [&](const std::string& text) {
    scratch.write("_manifest/journal.jsonl", text);
    const Journal journal = Journal::read(scratch.path()).value();
    std::string all;
    for (const Record& r : journal.sorted()) all += r.input.config + ",";
    return all;
  };
  const std::string none = "{no record}\n";
  const std::string old = line("a", "1") + line("b", "1") + line("c", "1");
  CHECK(configs(none + old) == "1,1,1,");
  CHECK(configs(line("a", "1") + none + line("b", "1") + none + none) == "1,1,");
  // A run of another configuration was cut: the line was one of its own.
  CHECK(configs(old + line("b", "2") + none + line("d", "2")) == ",2,,2,");
  CHECK(configs(old + none + line("b", "2")) == ",2,,");
  CHECK(configs(old + line("b", "2") + none) == ",2,,");
  // What a later line spares is still in doubt by an earlier one.
  CHECK(configs(line("a", "1") + line("b", "2") + none + line("c", "2") + line("d", "1") + none +
                line("e", "1")) == ",,,1,1,");
}

TEST_CASE("journal: one writer a root, and any number of readers") {
  const Scratch scratch;
  {
    const Journal first = Journal::open(scratch.path(), SyncPolicy::none).value();
    CHECK(Journal::open(scratch.path(), SyncPolicy::none).error().code == "in_use");
    CHECK(Journal::read(scratch.path()).ok());
  }
  CHECK(Journal::open(scratch.path(), SyncPolicy::none).ok());
}

TEST_CASE("journal: what is forgotten is gone after compact") {
  const Scratch scratch;
  Journal journal = Journal::open(scratch.path(), SyncPolicy::none).value();
  REQUIRE(journal.append(good("a")).ok());
  REQUIRE(journal.append(good("b")).ok());
  journal.settle();
  journal.forget("a");
  CHECK(!journal.find("a"));
  REQUIRE(journal.compact().ok());
  CHECK(Journal::read(scratch.path()).value().sorted().size() == 1);
}

TEST_CASE("journal: the manifest has one row a record, by path, whatever their order was") {
  const Scratch one;
  const Scratch two;
  for (const Scratch* scratch : {&one, &two}) {
    Journal journal = Journal::open(scratch->path(), SyncPolicy::none).value();
    Record bad = good("x");
    bad.status = "reject";
    bad.run_id.clear();
    bad.reason = "empty_file";
    bad.what = "the file has no bytes";
    const bool first = scratch == &one;
    REQUIRE(journal.append(first ? good("a") : bad).ok());
    REQUIRE(journal.append(first ? bad : good("a")).ok());
    REQUIRE(journal.compact().ok());
    REQUIRE(write_stage_manifest(journal, scratch->path() + "/_manifest/manifest.parquet",
                                 weir::Sync::none)
                .ok());
    REQUIRE(write_segment_manifest(journal, scratch->path() + "/deeper/manifest.parquet",
                                   weir::Sync::none)
                .ok());
  }
  const std::string bytes = one.read("_manifest/manifest.parquet");
  CHECK(bytes == two.read("_manifest/manifest.parquet"));
  Table table;
  REQUIRE(read_parquet(bytes, table).ok());
  REQUIRE(table.rows == 2);
  CHECK(table.find("source_file")->text(0) == "a");
  CHECK(table.find("path")->text(0) ==
        "proc=IV/date=2025-09-04/run_id=0123456789abcdef/part-000.parquet");
  CHECK(table.find("path")->is_null(1));
  CHECK(table.find("reason")->text(1) == "empty_file");
}

TEST_CASE("journal: a slow batch is written before it is full") {
  const Scratch scratch;
  Journal journal = Journal::open(scratch.path(), SyncPolicy::none).value();
  std::size_t appended = 0;
  while (Journal::read(scratch.path()).value().sorted().empty()) {
    REQUIRE(appended < 2000);  // a full batch would be written in any case
    REQUIRE(journal.append(good("run " + std::to_string(appended++))).ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

TEST_CASE("record store: a record comes back whole, the last of its path, in the order of paths") {
  RecordStore store;
  Record full = good("b/\xc2\xb5 and a path that is longer than one that a string holds itself");
  full.what = "what was wrong";
  full.line = 1'000'000'007;
  full.byte = std::uint64_t{1} << 40;
  full.part = 12;
  full.part_bytes = 300;
  full.segments.push_back({3, 9, SegmentType::return_positive, Direction::decreasing, 0.1, -0.3});
  Record bare;
  bare.path = "a";
  bare.status = "reject";
  bare.start_us = -5;
  bare.input.mtime_ns = -1;
  for (const Record* record : {&full, &bare}) store.put(store.pack(*record));
  const auto same = [](const Record& a, const Record& b) {
    return to_json_line(a) == to_json_line(b) && a.start_us == b.start_us;
  };
  CHECK(same(store.find(full.path).value(), full));
  CHECK(same(store.find("a").value(), bare));
  CHECK(!store.find("b"));

  for (int k = 0; k < 5'000; ++k) store.put(store.pack(good("c" + std::to_string(k))));
  bare.rows = 77;
  const PackedRecord unseen = store.pack(bare);
  CHECK(store.find("a")->rows == 0);
  store.put(unseen);
  store.forget("c17");
  store.forget("never there");
  CHECK(store.find("a")->rows == 77);
  CHECK(!store.find("c17"));
  const SortedRecords sorted = store.sorted();
  REQUIRE(sorted.size() == 5'001);
  std::string last;
  for (const Record& record : sorted) {
    CHECK(last < record.path);
    last = record.path;
  }
  CHECK((*sorted.from("b")).path == full.path);
  CHECK((*sorted.from("c4999")).path == "c4999");
  CHECK(sorted.from("d") == sorted.end());
}

TEST_CASE("journal: a manifest of more than one row group has every record") {
  const Scratch scratch;
  Journal journal = Journal::open(scratch.path(), SyncPolicy::none).value();
  constexpr std::size_t count = 32'768 * 2 + 1;
  for (std::size_t k = 0; k < count; ++k) {
    Record record = good(std::to_string(1'000'000 + k));
    record.rows = k;
    REQUIRE(journal.append(record).ok());
  }
  REQUIRE(journal.compact().ok());
  const std::string path = scratch.path() + "/manifest.parquet";
  REQUIRE(write_stage_manifest(journal, path, weir::Sync::none).ok());
  Table table;
  REQUIRE(read_parquet(scratch.read("manifest.parquet"), table).ok());
  REQUIRE(table.rows == count);
  const Column* rows = table.find("rows");
  REQUIRE(rows != nullptr);
  std::size_t wrong = 0;
  for (std::size_t k = 0; k < count; ++k)
    wrong += rows->integer(k) != static_cast<std::int64_t>(k) ? 1 : 0;
  CHECK(wrong == 0);
}
