// String programs from examples: what is found, that it is right, how small, and that it repeats.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sygus_files.hpp"

using namespace sygus_test;
using weir::search::sygus::check;
using weir::search::sygus::Problem;

namespace {

/// Runs a search and checks its answer: its size, 0 where there is none.
std::uint32_t solved_size(const Problem& problem, std::uint32_t simulations) {
  const auto kernel = kernel_of(problem);
  run(*kernel, simulations);
  if (kernel->found() < Found::full) return 0;
  const auto result = check(problem, best_text(*kernel)).value();
  CAPTURE(best_text(*kernel));
  CHECK(result.right);
  CHECK(result.why.empty());
  return result.size;
}

const std::vector<std::string> first_words = {"\"ab cd\") \"ab\"", "\"x yz w\") \"x\"",
                                              "\"long er\") \"long\""};

}  // namespace

TEST_CASE("sygus_kernel: a first word is found and known to be smallest") {
  const auto problem = problem_of(string_file("(s String)", "s", "\" \"", first_words));
  const auto kernel = kernel_of(problem);
  run(*kernel, 5000);
  CHECK(kernel->found() == Found::smallest);
  CHECK(kernel->turn(1).ended);
  const Language languages[] = {Language::sygus};
  const Answer answer = kernel->best(3, languages);
  REQUIRE_FALSE(answer.programs.empty());
  CHECK(answer.programs[0].size == 7);
  CHECK(answer.examples_passed == 3);
  CHECK(check(problem, answer.programs[0].text[0].second).value().right);
}

TEST_CASE("sygus_kernel: pieces, case splits, chains of replacements and sums are found") {
  const auto size = [](const std::string& file) { return solved_size(problem_of(file), 3000); };
  const std::uint32_t phone =
      size(string_file("(s String)", "s", "\"(\" \")\" \" \" \"-\"",
                       {"\"938-242-504\") \"(938) 242-504\"", "\"308-916-545\") \"(308) 916-545\"",
                        "\"623-599-749\") \"(623) 599-749\""},
                       false));
  CHECK(phone > 0);
  CHECK(phone <= 8);
  const std::uint32_t cases =
      size(string_file("(a String) (b String)", "a b", "\", \" \"USA\"",
                       {"\"X\" \"P, USA\") \"X, P, USA\"", "\"Yy\" \"Q\") \"Yy, Q, USA\"",
                        "\"Zzz\" \"RR, USA\") \"Zzz, RR, USA\""}));
  CHECK(cases > 0);
  CHECK(cases <= 16);
  const std::uint32_t digits = size(string_file(
      "(s String)", "s", "\"\" \"1\" \"2\" \"3\" \"4\"",
      {"\"a1b2\") \"ab\"", "\"3xy4\") \"xy\"", "\"q12w\") \"qw\"", "\"4321zz\") \"zz\""}, false));
  CHECK(digits > 0);
  CHECK(digits <= 13);
}

TEST_CASE("sygus_kernel: fields between separators are soon pieces, and cases of a split") {
  const std::vector<std::string> swapped = {
      "\"kne/wwc/gghekd\") \"gghekd#wwc\"",    "\"tnk/oaahiw/tcmop\") \"tcmop#oaahiw\"",
      "\"nn/nrnrm/linfme\") \"linfme#nrnrm\"", "\"mn/scfckrn/pbegku\") \"pbegku#scfckrn\"",
      "\"hupna/kpspwms/la\") \"la#kpspwms\"",  "\"nack/nih/wtsk\") \"wtsk#nih\""};
  const std::vector<std::string> cases = {"\"ab,cde,f\") \"cde\"",    "\"zabc,de,fgh\") \"fgh\"",
                                          "\"bc,defg,hi\") \"defg\"", "\"pz,qr,stuv\") \"stuv\"",
                                          "\"mnop,q,rs\") \"q\"",     "\"zz,yx,wvu\") \"wvu\""};
  constexpr std::uint32_t soon = 250;
  const auto in = [](const std::string& constants, const std::vector<std::string>& examples) {
    return solved_size(problem_of(string_file("(s String)", "s", constants, examples)), soon);
  };
  const std::uint32_t size = in("\"\" \" \" \"/\" \"#\"", swapped);
  CHECK(size > 0);
  CHECK(size <= 40);
  const std::uint32_t split = in("\" \" \",\" \"z\"", cases);
  CHECK(split > 0);
  CHECK(split <= 44);
}

TEST_CASE("sygus_kernel: integers, Booleans and grammars of other shapes") {
  CHECK(solved_size(
            problem_of("(synth-fun f ((s String)) Int ((I Int (1 -1 (+ I I) (- I I) (str.len S)))"
                       " (S String (s \" \" \"\" (str.replace S S S)))))"
                       "(constraint (= (f \"a b\") 3))(constraint (= (f \"abcd\") 5))"),
            2000) > 0);
  CHECK(solved_size(
            problem_of("(synth-fun f ((s String)) Bool ((B Bool ((= I I) (str.prefixof S S) "
                       "(str.contains S S)))"
                       " (S String (s \"a\" \"b\" \"c\")) (I Int (1 0 (ite B I I)))))"
                       "(constraint (f \"ax\"))(constraint (f \"bx\"))(constraint (not (f \"cx\")))"
                       "(constraint (not (f \"xb\")))(constraint (f \"by\"))"),
            2000) > 0);
  CHECK(solved_size(
            problem_of(
                "(synth-fun f ((s String)) String ((A String (B (str.++ B \"-\" A)))"
                " (B String ((str.at s I) (str.substr s I 2))) (I Int (0 1 2))))"
                "(constraint (= (f \"abcd\") \"a-b-cd\"))(constraint (= (f \"wxyz\") \"w-x-yz\"))"),
            2000) == 14);
  CHECK(solved_size(
            problem_of("(define-fun head ((x String)) String (str.at x 0))"
                       "(synth-fun f ((s String)) String ((A String (s (Constant String) (head A) "
                       "(str.++ A A)))))"
                       "(constraint (= (f \"abc\") \"a.\"))(constraint (= (f \"xyz\") \"x.\"))"),
            2000) == 4);
}

TEST_CASE("sygus_kernel: numbers of outputs are constants, and some constants prove nothing") {
  const auto in = [](const std::string& constants) {
    return problem_of(
        "(synth-fun f ((s String)) String ((S String ((str.from_int I))) (I Int (" + constants +
        " (+ I I)))))(constraint (= (f \"a\") \"7412\"))(constraint (= (f \"b\") \"7412\"))");
  };
  const auto sampled = kernel_of(in("(Constant Int)"));
  run(*sampled, 2000);
  CHECK(sampled->found() == Found::full);
  CHECK(sampled->best(1, {}).programs.at(0).size == 2);
  const auto all = kernel_of(in("7412 1"));
  run(*all, 2000);
  CHECK(all->found() == Found::smallest);
}

TEST_CASE("sygus_kernel: what it cannot hold is named, with its place") {
  std::string letters;
  for (int i = 0; i < 129; ++i)
    letters += {static_cast<char>(0xd0 + i / 64), static_cast<char>(0x80 + i % 64)};
  const auto problem = problem_of(
      "(synth-fun f ((s String)) String ((A String (s))))\n(constraint (= (f \"a\") "
      "\"a\"))\n(constraint (= (f \"b\") \"" +
      letters + "\"))");
  const auto kernel = sygus::make_kernel(problem, {});
  REQUIRE_FALSE(kernel.ok());
  CHECK(kernel.error().code == "unsupported");
  CHECK(kernel.error().where == "3:1");
  CHECK(kernel.error().what.find("128 different characters") != std::string::npos);
}

TEST_CASE("sygus_kernel: an end comes in the same simulation however turns are cut") {
  const auto problem = problem_of(
      string_file("(s String)", "s", "\" \" \".\"",
                  {"\"ab cd\") \"ab.\"", "\"x yz w\") \"x.\"", "\"long er\") \"long.\""}, false));
  const auto spent = [&](std::uint32_t each) {
    const auto kernel = kernel_of(problem);
    std::uint64_t sum = 0;
    for (int turns = 0; turns < 5000; ++turns) {
      const Turn turn = kernel->turn(each);
      CHECK(turn.simulations <= each);
      sum += turn.simulations;
      if (turn.ended) return sum;
    }
    return std::uint64_t{0};
  };
  const std::uint64_t alone = spent(1);
  CHECK(alone > 20);
  for (const std::uint32_t each : {2U, 7U, 64U}) CHECK(spent(each) == alone);
}

TEST_CASE("sygus_kernel: letters beyond ASCII are one unit each") {
  const auto problem = problem_of(string_file(
      "(s String)", "s", "\"\xc3\xa4\" \"\xe2\x82\xac\"",
      {"\"\xc3\xa4z\") \"z\xe2\x82\xac\"", "\"\xf0\x9f\x98\x80y\") \"y\xe2\x82\xac\""}, false));
  CHECK(solved_size(problem, 2000) == 5);
}

TEST_CASE("sygus_kernel: many examples are taken in one by one") {
  std::vector<std::string> examples;
  for (int i = 0; i < 300; ++i) {
    const std::string digits = std::to_string(1000 + i * 7);
    examples.push_back("\"n" + digits + ":" + std::to_string(i) + "x\") \"" + digits + "\"");
  }
  CHECK(solved_size(problem_of(string_file("(s String)", "s", "\":\" \"n\"", examples, false)),
                    3000) > 0);
}

TEST_CASE("sygus_kernel: where no program is right on all, the best is right on some") {
  const auto problem = problem_of(
      "(synth-fun f ((s String)) String ((A String (s (str.++ A A)))))"
      "(constraint (= (f \"a\") \"aa\"))(constraint (= (f \"b\") \"bb\"))(constraint (= (f \"c\") "
      "\"x\"))");
  const auto kernel = kernel_of(problem);
  run(*kernel, 400);
  CHECK(kernel->found() == Found::partial);
  const Language languages[] = {Language::sygus};
  const Answer answer = kernel->best(1, languages);
  CHECK(answer.examples_passed == 2);
  CHECK(answer.examples_total == 3);
  REQUIRE(answer.programs.size() == 1);
  CHECK(answer.programs[0].size == 3);
}

TEST_CASE("sygus_kernel: how simulations are cut into turns makes no difference") {
  const auto problem = problem_of(
      string_file("(s String)", "s", "\" \" \".\"",
                  {"\"Ann Lee\") \"A. Lee\"", "\"Bob Ray\") \"B. Ray\"", "\"Cy Y\") \"C. Y\""}));
  const auto one = kernel_of(problem);
  const auto other = kernel_of(problem);
  for (int i = 0; i < 30; ++i) one->turn(1);
  other->turn(7);
  other->turn(23);
  CHECK(one->nodes() == other->nodes());
  CHECK(one->memory() == other->memory());
  CHECK(best_text(*one) == best_text(*other));
}

TEST_CASE("sygus_kernel: memory ends the search, not the program") {
  const auto problem = problem_of(
      string_file("(s String)", "s", "\" \" \".\" \"q\"",
                  {"\"abc\") \"zzyzx\"", "\"bcd\") \"yyxyy\"", "\"cde\") \"wwwww\""}, false));
  KernelConfig config;
  config.memory_bytes_max = std::size_t{4} << 20U;
  const auto kernel = kernel_of(problem, config);
  run(*kernel, 100'000);
  CHECK(kernel->turn(1).ended);
  CHECK(kernel->found() < Found::full);
  CHECK(kernel->memory() < config.memory_bytes_max * 2);
}

TEST_CASE("sygus_kernel: a question tells the two best programs apart") {
  const auto problem = problem_of(
      string_file("(s String)", "s", "\" \" \"-\"", {"\"ab-cd\") \"cd\"", "\"ef-gh\") \"gh\""}));
  const auto kernel = kernel_of(problem);
  run(*kernel, 2000);
  const Language languages[] = {Language::sygus};
  const Answer answer = kernel->best(4, languages);
  REQUIRE(answer.programs.size() >= 2);
  for (const Program& program : answer.programs)
    CHECK(check(problem, program.text[0].second).value().right);
  CHECK(answer.programs[0].size <= answer.programs[1].size);
  CHECK(answer.programs[0].text[0].second != answer.programs[1].text[0].second);
  REQUIRE(answer.question);
  CHECK(answer.question->out[0] != answer.question->out[1]);
}

TEST_CASE("sygus_kernel: every file of the track has a small answer") {
  const char* const data = std::getenv("WEIR_TEST_DATA");
  const std::filesystem::path folder =
      std::filesystem::path(data == nullptr ? "" : data) / "sygus_pbe_strings";
  if (data == nullptr || !std::filesystem::is_directory(folder)) {
    MESSAGE("SKIP: WEIR_TEST_DATA has no sygus_pbe_strings");
    return;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".sl") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::uint32_t total = 0;
  for (const std::filesystem::path& file : files) {
    CAPTURE(file.filename().string());
    std::ifstream in(file, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const std::uint32_t size = solved_size(problem_of(text), 1500);
    CHECK(size > 0);
    total += size;
  }
  CHECK(total <= 710);
}
