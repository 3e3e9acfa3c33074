#include <doctest/doctest.h>

#include <weir/segmentation/header.hpp>

using namespace weir::segmentation;

namespace {

Header parse(std::string_view text) {
  Header header;
  parse_header(text, header);
  return header;
}

}  // namespace

TEST_CASE("header: blocks, keys and values as PyMeasure writes them") {
  const std::string text =
      "#Procedure: <laser_setup.procedures.IV.IV>\r\n#Parameters:\r\n#\tIrange: 0.0001 "
      "A\r\n#\tInformation: a: b :(\r\n"
      "#\tEmpty: \r\n#Metadata:\r\n#\tStart time: 1.5\r\n#Data:\r\nVsd (V)\r\n";
  const Header header = parse(text);
  CHECK(header.procedure == "IV");
  CHECK(header.bracketed);
  CHECK(*header.parameter("Irange") == "0.0001 A");
  CHECK(*header.parameter("Information") == "a: b :(");
  CHECK(header.parameter("Empty")->empty());
  CHECK(*header.metadatum("Start time") == "1.5");
  CHECK(header.parameter("Start time") == nullptr);
  CHECK(header.has_data_marker);
  CHECK(text.substr(header.data_offset) == "Vsd (V)\r\n");
  CHECK(header.data_line == 9);
}

TEST_CASE("header: case, spaces and LF are free, keys before a block are passed over") {
  const Header header =
      parse("#VG: 1 V\n  # PROCEDURE : < x.It >\n# parameters :\n# VG : 2 V\n#DATA:\nt\n");
  CHECK(header.procedure == "It");
  REQUIRE(header.parameters.size() == 1);
  CHECK(*header.parameter("VG") == "2 V");
  CHECK(header.has_data_marker);
}

TEST_CASE("header: an unbracketed procedure is taken and said, other text is none") {
  CHECK(parse("# Procedure: IV\n").procedure == "IV");
  CHECK(!parse("# Procedure: IV\n").bracketed);
  CHECK(parse("#Procedure: not a name\n").procedure.empty());
  CHECK(parse("#Procedure: <a>b>\n").procedure.empty());
  CHECK(parse("#Procedure:\n").procedure.empty());
}

TEST_CASE("header: the last of equal keys counts, a start time among the parameters is metadata") {
  const Header header =
      parse("#Procedure: <IV>\n#Parameters:\n#\ta: 1\n#\ta: 2\n#\tStart time: 7\n#Data:\n");
  CHECK(*header.parameter("a") == "2");
  CHECK(*header.metadatum("Start time") == "7");
}

TEST_CASE("header: of too many entries no more are read") {
  std::string text = "#Procedure: <IV>\n#Parameters:\n";
  for (std::size_t k = 0; k <= header_entries_max + 9; ++k)
    text += "#\tk" + std::to_string(k) + ": 1\n";
  const Header header = parse(text + "#Data:\n");
  CHECK(header.too_many);
  CHECK(header.parameters.size() == header_entries_max + 1);
  CHECK(!parse("#Procedure: <IV>\n#Parameters:\n#\tVG: 0 V\n#Data:\n").too_many);
}

TEST_CASE("header: without a data marker all lines are looked at and nothing is found") {
  const Header header = parse("#Procedure: <IV>\n#Parameters:\n#\tVG: 0 V");
  CHECK(!header.has_data_marker);
  CHECK(*header.parameter("VG") == "0 V");
}
