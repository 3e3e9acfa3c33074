// sygus_files.hpp: small SyGuS problems for the tests, and the kernel run on them.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>
#include <weir/search/sygus_check.hpp>
#include <weir/search/sygus_kernel.hpp>

namespace sygus_test {

using namespace weir::search;

/// A file with one text nonterminal, integers and Booleans, as the files of the track have them.
inline std::string string_file(const std::string& arguments, const std::string& names,
                               const std::string& constants,
                               const std::vector<std::string>& examples, bool ite = true) {
  std::string file =
      "(set-logic SLIA)\n(synth-fun f (" + arguments + ") String\n ((Start String (ntString))\n";
  file += "  (ntString String (" + names + " " + constants + " (str.++ ntString ntString)\n";
  file +=
      "    (str.replace ntString ntString ntString) (str.at ntString ntInt) (int.to.str ntInt)\n";
  file += std::string(ite ? "    (ite ntBool ntString ntString)\n" : "") +
          "    (str.substr ntString ntInt ntInt)))\n";
  file +=
      "  (ntInt Int (0 1 2 -1 (+ ntInt ntInt) (- ntInt ntInt) (str.len ntString) (str.to.int "
      "ntString)\n";
  file += "    (str.indexof ntString ntString ntInt)))\n";
  file +=
      "  (ntBool Bool (true false (str.prefixof ntString ntString) (str.suffixof ntString "
      "ntString)\n";
  file += "    (str.contains ntString ntString)))))\n";
  for (const std::string& example : examples) file += "(constraint (= (f " + example + "))\n";
  return file + "(check-synth)\n";
}

inline sygus::Problem problem_of(const std::string& file) {
  auto problem = sygus::read_problem(file);
  REQUIRE_MESSAGE(problem.ok(), (problem.ok() ? std::string() : problem.error().text()));
  return std::move(problem).value();
}

inline std::unique_ptr<Kernel> kernel_of(const sygus::Problem& problem,
                                         const KernelConfig& config = {}) {
  auto kernel = sygus::make_kernel(problem, config);
  REQUIRE_MESSAGE(kernel.ok(), (kernel.ok() ? std::string() : kernel.error().text()));
  return std::move(kernel).value();
}

/// Until it has ended, or that many simulations are spent.
inline void run(Kernel& kernel, std::uint32_t simulations) {
  for (std::uint32_t spent = 0; spent < simulations;) {
    const Turn turn = kernel.turn(1);
    if (turn.ended) return;
    spent += turn.simulations;
  }
}

inline std::string best_text(const Kernel& kernel, Language language = Language::sygus) {
  const Language languages[] = {language};
  const Answer answer = kernel.best(1, languages);
  return answer.programs.empty() || answer.programs[0].text.empty()
             ? ""
             : answer.programs[0].text[0].second;
}

}  // namespace sygus_test
