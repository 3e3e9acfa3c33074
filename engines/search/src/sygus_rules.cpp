#include "sygus_rules.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace weir::search::sygus {
namespace {

constexpr std::size_t mined_max = 40;

/// The nonterminals whose productions each one has, by chains, itself among them.
std::vector<std::vector<std::uint16_t>> closures(const Problem& problem) {
  std::vector<std::vector<std::uint16_t>> all(problem.nonterminals.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<std::uint16_t>& reached = all[i];
    reached.push_back(static_cast<std::uint16_t>(i));
    for (std::size_t k = 0; k < reached.size(); ++k) {
      for (const Production& production : problem.nonterminals[reached[k]].productions) {
        if (production.op != Op::chain) continue;
        if (std::find(reached.begin(), reached.end(), production.arguments[0]) == reached.end()) {
          reached.push_back(production.arguments[0]);
        }
      }
    }
    // What only chains adds nothing: nonterminals that derive the same are then seen to be the same.
    std::erase_if(reached, [&](std::uint16_t one) {
      const std::vector<Production>& productions = problem.nonterminals[one].productions;
      return std::all_of(productions.begin(), productions.end(),
                         [](const Production& production) { return production.op == Op::chain; });
    });
    std::sort(reached.begin(), reached.end());
  }
  return all;
}

/// Numbers for (Constant Int): small ones, outputs, and those that are written in outputs.
std::vector<Value> mined_numbers(const Problem& problem) {
  std::vector<Value> numbers;
  const auto add = [&](std::int64_t number) {
    const Value value = number;
    if (numbers.size() < mined_max &&
        std::find(numbers.begin(), numbers.end(), value) == numbers.end())
      numbers.push_back(value);
  };
  for (std::int64_t number = -1; number <= 10; ++number) add(number);
  for (const Example& example : problem.examples) {
    if (const auto* const number = std::get_if<std::int64_t>(&*example.out)) add(*number);
    const auto* const text = std::get_if<std::string>(&*example.out);
    if (text == nullptr) continue;
    for (std::size_t at = 0; at < text->size(); ++at) {
      const char* const begin = text->data() + at;
      while (at < text->size() && (*text)[at] >= '0' && (*text)[at] <= '9') ++at;
      std::int64_t number = 0;  // beyond 64 bits there is none
      const auto [end, failed] = std::from_chars(begin, text->data() + at, number);
      if (end != begin && failed == std::errc()) add(number);
    }
  }
  return numbers;
}

/// Texts for (Constant String): marks between words, and words that outputs have and inputs have not.
std::set<std::string> mined_texts(const Problem& problem) {
  std::set<std::string> texts{"", " "};
  const auto is_word = [](char c) {
    return (static_cast<unsigned char>(c) >= 128) || (c >= '0' && c <= '9') ||
           ((c | 32) >= 'a' && (c | 32) <= 'z');
  };
  const auto add = [&](const Value& value, bool words) {
    const std::string* const text = std::get_if<std::string>(&value);
    if (text == nullptr) return;
    for (std::size_t at = 0; at < text->size();) {
      std::size_t end = at + 1;
      while (is_word((*text)[at]) && end < text->size() && is_word((*text)[end])) ++end;
      if ((words || !is_word((*text)[at])) && texts.size() < mined_max)
        texts.insert(text->substr(at, end - at));
      at = end;
    }
  };
  for (const Example& example : problem.examples) {
    for (const Value& value : example.in) add(value, false);
    add(*example.out, true);
  }
  return texts;
}

}  // namespace

Rules::Rules(const Problem& problem) : constants_(problem.constants) {
  const std::vector<std::vector<std::uint16_t>> reached = closures(problem);
  std::map<std::pair<Sort, std::vector<std::uint16_t>>, SymbolId> same;
  std::vector<SymbolId> symbol_of(problem.nonterminals.size(), 0xffff);
  std::vector<std::uint16_t> order{
      0};  // nonterminals as symbols, in the order in which they are reached
  symbol_of[0] = 0;
  same[{problem.nonterminals[0].sort, reached[0]}] = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const std::uint16_t nonterminal : reached[order[i]]) {
      for (const Production& production : problem.nonterminals[nonterminal].productions) {
        if (production.op == Op::chain) continue;
        for (const std::uint16_t argument : production.arguments) {
          const auto [found, fresh] =
              same.try_emplace({problem.nonterminals[argument].sort, reached[argument]},
                               static_cast<SymbolId>(order.size()));
          symbol_of[argument] = found->second;
          if (fresh) order.push_back(argument);
        }
      }
    }
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto begin = static_cast<RuleId>(rules_.size());
    symbols_.push_back({problem.nonterminals[order[i]].sort, begin, begin});
    for (const std::uint16_t nonterminal : reached[order[i]]) {
      for (const Production& production : problem.nonterminals[nonterminal].productions) {
        if (production.op != Op::chain)
          add_rule(problem, production, static_cast<SymbolId>(i), symbol_of);
      }
    }
  }
}

void Rules::add_rule(const Problem& problem, const Production& production, SymbolId symbol,
                     const std::vector<SymbolId>& symbol_of) {
  if (production.op == Op::any_constant) {
    add_constants(problem, static_cast<Sort>(production.index), symbol);
    return;
  }
  Rule rule{production.op,    static_cast<std::uint8_t>(production.arguments.size()),
            production.index, {},
            symbol,           production.symbol};
  for (std::size_t i = 0; i < production.arguments.size(); ++i) {
    rule.arguments[i] = symbol_of[production.arguments[i]];
  }
  put(std::move(rule));
}

void Rules::add_constants(const Problem& problem, Sort sort, SymbolId symbol) {
  std::vector<Value> values;
  if (sort == Sort::boolean) values = {true, false};
  if (sort == Sort::integer) values = mined_numbers(problem);
  if (sort == Sort::text) {
    for (const std::string& text : mined_texts(problem)) values.emplace_back(text);
  }
  sampled_ = sampled_ || sort != Sort::boolean;
  for (const Value& value : values) {
    auto found = std::find(constants_.begin(), constants_.end(), value);
    if (found == constants_.end()) found = constants_.insert(found, value);
    put({Op::constant,
         0,
         static_cast<std::uint16_t>(found - constants_.begin()),
         {},
         symbol,
         literal(value)});
  }
}

void Rules::put(Rule rule) {
  Symbol& symbol = symbols_[rule.symbol];
  const bool known =
      std::any_of(rules_.begin() + symbol.begin, rules_.end(), [&](const Rule& other) {
        return other.op == rule.op && other.arity == rule.arity && other.index == rule.index &&
               other.arguments == rule.arguments;
      });
  if (known || rules_.size() >= no_rule) return;
  rules_.push_back(std::move(rule));
  symbol.end = static_cast<RuleId>(rules_.size());
}

RuleId Rules::find(SymbolId symbol, Op op, std::span<const SymbolId> arguments) const noexcept {
  for (RuleId id = symbols_[symbol].begin; id < symbols_[symbol].end; ++id) {
    const Rule& rule = rules_[id];
    if (rule.op == op && std::equal(arguments.begin(), arguments.end(), rule.arguments.begin()))
      return id;
  }
  return no_rule;
}

std::vector<RuleId> Rules::every(SymbolId symbol, Op op) const {
  std::vector<RuleId> found;
  for (RuleId id = symbols_[symbol].begin; id < symbols_[symbol].end; ++id) {
    if (rules_[id].op == op) found.push_back(id);
  }
  return found;
}

}  // namespace weir::search::sygus
