#include "sygus_print.hpp"

namespace weir::search::sygus {

std::string program_text(const Problem& problem, const Rules& rules, std::span<const SygusTerm> term, Language in) {
  return in == Language::sygus ? define_fun(problem, rules, term) : std::string();
}

}  // namespace weir::search::sygus
