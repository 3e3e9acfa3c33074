#include <unistd.h>

#include <cstdio>
#include <weir/segmentation/procedures.hpp>

#include "real_data.hpp"

using namespace weir::segmentation;

namespace {

/// A file that goes with the test.
class TextFile {
 public:
  explicit TextFile(const std::string& text)
      : path_("procedures_test." + std::to_string(::getpid()) + ".yml") {
    REQUIRE(weir::write_file_atomically(path_, text).ok());
  }
  ~TextFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::vector<std::string> renamed(const std::vector<std::string>& raw, const char* procedure) {
  return canonical_columns(raw, ProcedureTable::built_in().spec(procedure));
}

}  // namespace

TEST_CASE("procedures: the built-in table equals the original's file") {
  const std::string root = real_data::root();
  if (root.empty()) return;
  const auto loaded = load_procedures(root + "/procedures.yml");
  REQUIRE_MESSAGE(loaded.ok(), loaded.error().text());
  const ProcedureTable& built_in = ProcedureTable::built_in();
  CHECK(loaded.value().specs().size() == built_in.specs().size());
  for (const ProcedureSpec& spec : loaded.value().specs()) {
    CAPTURE(spec.name);
    const ProcedureSpec& ours = built_in.spec(spec.name);
    CHECK(ours.parameters.size() == spec.parameters.size());
    for (const auto& [theirs, mine] : {std::pair{&spec.parameters, &ours.parameters},
                                       {&spec.metadata, &ours.metadata},
                                       {&spec.data, &ours.data}}) {
      for (const TypedKey& key : *theirs) {
        CAPTURE(key.key);
        bool found = false;
        for (const TypedKey& own : *mine)
          found = found || (own.key == key.key && own.type == key.type);
        CHECK(found);
      }
    }
    REQUIRE(ours.data.size() == spec.data.size());
    for (std::size_t k = 0; k < spec.data.size(); ++k) CHECK(ours.data[k].key == spec.data[k].key);
  }
}

TEST_CASE("procedures: a bad file is refused with its line") {
  const auto place = [](const std::string& text) {
    const TextFile file(text);
    const auto loaded = load_procedures(file.path());
    REQUIRE(!loaded.ok());
    CHECK(loaded.error().code == "bad_procedures");
    return loaded.error().where.substr(file.path().size());
  };
  CHECK(place("procedures:\n  IV:\n    Data:\n      Vsd (V): flot\n") == ":4");
  CHECK(place("procedures:\n  IV:\n    Columns: {}\n") == ":3");
  CHECK(place("procedures:\n  IV: {Data: {a: float, a: int}}\n") == ":2");
  CHECK(place("procedures:\n  IV: {}\n  IV: {}\n") == ":3");
  CHECK(place("procedures: {IV: {}}\nprocedures: {It: {}}\n") == ":2");
  CHECK(place("procedures:\n  IV:\n    Data: {a: int}\n    Data: {b: int}\n") == ":4");
  CHECK(place("procedures: [1, 2]\n") == ":1");
  CHECK(place("a: 1\n") == ":1");
  CHECK(place("procedures:\n  IV: {Data: [\n") != "");
  CHECK(!load_procedures("there/is/no/such.yml").ok());
  CHECK(place("procedures:\n  IV: {Data: {\"a \xb0\": float}}\n") == ":2");  // Latin-1
  CHECK(place(std::string("procedures: {}\n\0", 16)) == ":2");
  CHECK(place("procedures:\n  IV: {Data: {\"a\\_b\": float}}\n") == ":2");
  CHECK(place("procedures:\n  \"I\\NV\": {}\n") == ":2");
  CHECK(place("procedures: {}\n---\nmore: 1\n") != "");
}

TEST_CASE("procedures: a text made to keep a reader busy is refused at once") {
  const auto what = [](const std::string& text) {
    const auto parsed = parse_procedures(text, "p.yml");
    REQUIRE(!parsed.ok());
    CHECK(parsed.error().where.starts_with("p.yml"));
    return parsed.error().what;
  };
  CHECK(!what(",,,,,,,,V:{\n    ....\nData: {a: float}\n").empty());  // LoadAll never ended here
  CHECK(what("procedures: " + std::string(100, '[')).find("nested deeper") != std::string::npos);
  CHECK(what(std::string(200'000, '[')).find("nested deeper") != std::string::npos);
  std::string many = "procedures:\n  IV: &iv\n    Data: {";
  for (int k = 0; k < 1000; ++k) many += "k" + std::to_string(k) + ": float, ";
  many += "}\n";
  std::string within = many;
  for (int k = 0; k < 100; ++k) {
    if (k < 10) within += "  P" + std::to_string(k) + ": *iv\n";
    many += "  P" + std::to_string(k) + ": *iv\n";
  }
  CHECK(what(many).find("more than 65536 keys") != std::string::npos);
  const auto parsed = parse_procedures(within, "p.yml");
  REQUIRE(parsed.ok());
  CHECK(parsed.value().spec("P9").data.size() == 1000);
}

TEST_CASE("procedures: header values are cast, and stay text where they cannot be") {
  CHECK(std::get<double>(cast_value("0.1 V", ValueType::float_unit)) == 0.1);
  CHECK(std::get<double>(cast_value("600 s", ValueType::float_unit)) == 600.0);
  CHECK(std::get<double>(cast_value(".5", ValueType::float_unit)) == 0.5);
  CHECK(std::get<std::string>(cast_value("0.1 V DC", ValueType::float_unit)) == "0.1 V DC");
  CHECK(std::get<std::string>(cast_value("455 nm", ValueType::float_no_unit)) == "455 nm");
  CHECK(std::get<double>(cast_value("455", ValueType::float_no_unit)) == 455.0);
  CHECK(std::get<std::int64_t>(cast_value("3.7 A", ValueType::integer)) == 3);
  CHECK(std::get<bool>(cast_value("Yes", ValueType::boolean)));
  CHECK(!std::get<bool>(cast_value("whatever", ValueType::boolean)));
  CHECK(std::get<std::int64_t>(cast_value("1757018821.6358175", ValueType::datetime)) ==
        1757018821635818);
  CHECK(std::get<std::string>(cast_value("soon", ValueType::datetime)) == "soon");
}

TEST_CASE("procedures: units have their prefixes, other quantities have no factor") {
  CHECK(unit_factor("V", "V").value() == 1.0);
  CHECK(unit_factor("", "V").value() == 1.0);
  CHECK(unit_factor("mV", "V").value() == 1e-3);
  CHECK(unit_factor("\xc2\xb5V", "V").value() == 1e-6);
  CHECK(unit_factor("kV", "V").value() == 1e3);
  CHECK(unit_factor("um", "nm").value() == 1e3);
  CHECK(!unit_factor("A", "V"));
  CHECK(!unit_factor("xV", "V"));
}

TEST_CASE("procedures: columns get their canonical names by form, synonym and capitals") {
  using Names = std::vector<std::string>;
  CHECK(renamed({"Vsd (V)", "I (A)", "Plate T (degC)"}, "IV") ==
        Names{"Vsd (V)", "I (A)", "Plate T (degC)"});
  CHECK(renamed({"vsd_v", "current"}, "IV") == Names{"Vsd (V)", "I (A)"});
  CHECK(renamed({"VDS", "ID"}, "IV") == Names{"Vsd (V)", "I (A)"});
  CHECK(renamed({"VSD [mV]", "i"}, "IV")[1] == "I (A)");
  CHECK(renamed({"time", "I(A)", "VL",
                 "Plate T (\xc2\xb0"
                 "C)"},
                "ITt") == Names{"t (s)", "I (A)", "VL (V)", "Plate T (degC)"});
  CHECK(renamed({"i", "I (A)"}, "IV") == Names{"i", "I (A)"});  // a target is given once
  CHECK(renamed({"x", "y"}, "Unknown") == Names{"x", "y"});
}

TEST_CASE("procedures: the fingerprint follows the table") {
  const ProcedureTable& built_in = ProcedureTable::built_in();
  auto specs = built_in.specs();
  CHECK(ProcedureTable(specs).fingerprint() == built_in.fingerprint());
  specs[0].data[0].type = ValueType::text;
  CHECK(ProcedureTable(specs).fingerprint() != built_in.fingerprint());
}
