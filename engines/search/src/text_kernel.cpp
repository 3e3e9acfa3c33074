#include <algorithm>
#include <charconv>
#include <map>
#include <utility>
#include <weir/search/text.hpp>

#include "text_branches.hpp"
#include "text_print.hpp"
#include "text_recipe.hpp"

namespace weir::search::text {

namespace {

constexpr std::size_t active_first = 4;  // examples that the search starts with
constexpr std::size_t active_max = 9;
constexpr std::size_t unlabelled_max = 64;
constexpr std::size_t shown_max = 400;   // that every candidate is judged on while searching
constexpr std::size_t judged_rows = 96;  // of a step
constexpr double odd_score = 24;         // from here on conditions are tried as well
constexpr double table_cost = 60;
constexpr std::size_t long_input = 8192;  // of which a search tries little within usual budgets
constexpr std::size_t ends_max = 64;      // characters of an end that is tried before it

std::optional<Str> text_of(const Value& v) {
  if (const auto* s = std::get_if<std::string>(&v)) return decode(*s);
  if (const auto* i = std::get_if<std::int64_t>(&v)) return decode(std::to_string(*i));
  if (const auto* b = std::get_if<bool>(&v)) return Str(*b ? U"true" : U"false");
  return std::nullopt;
}

Kind kind_of(const Value& v) noexcept {
  return std::holds_alternative<bool>(v)           ? Kind::boolean
         : std::holds_alternative<std::int64_t>(v) ? Kind::integer
                                                   : Kind::text;
}

/// Back to a value of that kind; a program that makes no number where one is wanted makes 0.
Value value_as(const Str& text, Kind kind) {
  if (kind == Kind::boolean) return text == U"true";
  if (kind == Kind::text) return encode(text);
  const std::string digits = encode(text);
  std::int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [at, failed] = std::from_chars(digits.data(), end, value);
  const std::size_t figures_max = text.starts_with(U'-') ? 20 : 19;
  return at == end && failed == std::errc() && digits.size() <= figures_max ? value : 0;
}

/// What is tried first where a text is long: the constant, the input, its ends and its first and last parts.
std::vector<std::pair<Piece, double>> first_tries(const Sheet& sheet) {
  std::vector<std::pair<Piece, double>> all;
  bool long_ones = false, same = true, same_size = true;
  for (std::size_t e = 0; e < sheet.shown(); ++e) {
    same = same && sheet.outs[e] == sheet.outs[0];
    same_size = same_size && sheet.outs[e].size() == sheet.outs[0].size();
    for (const Str& text : sheet.rows[e]) long_ones = long_ones || text.size() >= long_input;
  }
  if (!long_ones) return all;
  if (same) {
    Piece constant;
    constant.text = sheet.outs[0];
    all.emplace_back(constant, 1 + constant_cost(constant.text));
  }
  const auto slice = [&all](std::size_t input, const Position& from, const Position& to,
                            double cost) {
    Piece p;
    p.kind = Piece::Kind::slice;
    p.slice.input = static_cast<int>(input);
    p.slice.from = from;
    p.slice.to = to;
    all.emplace_back(std::move(p), cost);
  };
  const auto offset = [](int k) {
    return Position{Position::Kind::offset, Class::digits, false, false, k, {}};
  };
  const auto match = [](Class c, int k, bool end) {
    return Position{Position::Kind::token, c, end, false, k, {}};
  };
  for (std::size_t i = 0; i < sheet.inputs(); ++i) {
    slice(i, offset(0), offset(-1), 1.5);
    if (const std::size_t size = sheet.outs[0].size(); same_size && size > 0 && size <= ends_max) {
      const int n = static_cast<int>(size);
      slice(i, offset(0), offset(n), 4 + 0.1 * n);
      slice(i, offset(-1 - n), offset(-1), 4 + 0.1 * n);
    }
    for (int c = 0; c < classes; ++c) {
      for (const int k : {1, -1}) {
        const auto what = static_cast<Class>(c);
        slice(i, match(what, k, false), match(what, k, true), k > 0 ? 3 : 3.2);
      }
    }
  }
  return all;
}

bool blank(const Row& row) {
  return std::all_of(row.begin(), row.end(), [](const Str& s) { return trimmed(s).empty(); });
}

/// A constant that is a stretch of data rather than what separates it.
bool invents(const Program& program) {
  std::size_t alnum = 0;
  for (const Branch& b : program.branches) {
    for (const Piece& p : b.pieces) {
      alnum += static_cast<std::size_t>(std::count_if(p.text.begin(), p.text.end(), is_alnum));
    }
  }
  return alnum > 3;
}

/// Some rows are shown to stay as they are, others to change: that may be two cases.
bool leaves_some(const Sheet& sheet) {
  std::size_t kept = 0;
  for (std::size_t e = 0; e < sheet.shown(); ++e)
    kept += std::count(sheet.rows[e].begin(), sheet.rows[e].end(), sheet.outs[e]) > 0 ? 1 : 0;
  return kept > 0 && kept < sheet.shown();
}

class TextKernel final : public Kernel {
 public:
  TextKernel(Sheet sheet, std::uint32_t total, Signature signature, const KernelConfig& config)
      : sheet_(std::move(sheet)),
        total_(total),
        signature_(std::move(signature)),
        bytes_max_(config.memory_bytes_max),
        ranking_(sheet_) {
    if (config.hints != nullptr) seeds_ = config.hints->recipes;
    first_ = first_tries(sheet_);
    std::reverse(first_.begin(), first_.end());
    choose_first();
  }

  Turn turn(std::uint32_t simulations_max) override;
  Found found() const noexcept override;
  Answer best(std::size_t top, std::span<const Language> in) const override;
  std::uint64_t nodes() const noexcept override {
    return nodes_ + (solver_ ? solver_->looked_at() : 0) + (branches_ ? branches_->looked_at() : 0);
  }
  std::size_t memory() const noexcept override {
    return sizeof(*this) + ranking_.memory() + (solver_ ? solver_->memory() : 0) +
           (branches_ ? branches_->memory() : 0);
  }

 private:
  void choose_first();
  void restart();
  void step();
  void try_seeds();
  void try_first();
  bool take_found();
  void after_solver();
  void add_table();
  bool wants_conditions() const;
  search::Program written(const Candidate& candidate, double confidence,
                          std::span<const Language> in) const;

  Sheet sheet_;  // distinct examples, and unlabelled rows
  std::uint32_t total_;
  Signature signature_;
  std::size_t bytes_max_;
  Ranking ranking_;
  std::vector<std::size_t> active_;  // examples that the solver is shown
  std::unique_ptr<Solver> solver_;
  std::unique_ptr<BranchSearch> branches_;
  std::vector<std::string> seeds_;               // past answers, until they are tried
  std::vector<std::pair<Piece, double>> first_;  // to be tried, the next at the end
  std::optional<Judgement> judgement_;           // of the next that was found
  bool searched_ = false;                        // the solver has found a program that fits
  std::size_t taken_ = 0;
  std::uint64_t nodes_ = 0;
  bool ended_ = false, from_table_ = false;
};

void TextKernel::choose_first() {
  const std::size_t n = sheet_.shown();
  for (std::size_t e = 0; e < std::min(n, active_first); ++e) active_.push_back(e);
  if (n > active_first) {
    const auto by_size = [](const Str& a, const Str& b) { return a.size() < b.size(); };
    const auto ends = std::minmax_element(sheet_.outs.begin(), sheet_.outs.end(), by_size);
    for (const auto at : {ends.first, ends.second}) {
      const auto e = static_cast<std::size_t>(at - sheet_.outs.begin());
      if (std::find(active_.begin(), active_.end(), e) == active_.end()) active_.push_back(e);
    }
  }
  restart();
}

void TextKernel::restart() {
  Sheet shown;
  for (const std::size_t e : active_) {
    shown.rows.push_back(sheet_.rows[e]);
    shown.outs.push_back(sheet_.outs[e]);
  }
  for (std::size_t r = 0;
       r < sheet_.rows.size() && shown.rows.size() < active_.size() + unlabelled_max; ++r) {
    if (std::find(active_.begin(), active_.end(), r) == active_.end())
      shown.rows.push_back(sheet_.rows[r]);
  }
  if (solver_) nodes_ += solver_->looked_at();
  solver_ = std::make_unique<Solver>(std::move(shown), true, bytes_max_);
  taken_ = 0;
  judgement_.reset();
}

/// Judges what the solver has found, on as many rows as a step may be; false: that was done before.
bool TextKernel::take_found() {
  const auto& found = solver_->found();
  if (taken_ == found.size()) return false;
  for (std::size_t rows = 0; rows < judged_rows && taken_ < found.size();) {
    if (!judgement_) {
      const Path& path = found[taken_];
      judgement_.emplace(sheet_, program_of(path.pieces), path.cost);
    }
    rows += std::min(judged_rows, sheet_.rows.size());
    if (judgement_->go_on(judged_rows)) continue;
    Candidate candidate = judgement_->take();
    judgement_.reset();
    ++taken_;
    searched_ = searched_ || candidate.passed == sheet_.shown();
    ranking_.add(std::move(candidate));
  }
  return true;
}

bool TextKernel::wants_conditions() const {
  if (!searched_) return true;  // what a seed found alone does not end the search
  const Candidate* const best = ranking_.best_searched();
  return best == nullptr || best->score > odd_score || invents(best->program) ||
         leaves_some(sheet_);
}

void TextKernel::after_solver() {
  const Candidate* partial = ranking_.best_partial();
  if (!searched_ && active_.size() < std::min(active_max, sheet_.shown()) && partial != nullptr) {
    for (std::size_t e = 0; e < sheet_.shown(); ++e) {
      if (partial->outs[e] == sheet_.outs[e] ||
          std::find(active_.begin(), active_.end(), e) != active_.end())
        continue;
      active_.push_back(e);
      restart();
      return;
    }
  }
  nodes_ += solver_->looked_at();
  solver_.reset();
  if (wants_conditions()) {
    branches_ = std::make_unique<BranchSearch>(sheet_, ranking_, bytes_max_);
  } else {
    ended_ = true;
  }
}

void TextKernel::add_table() {
  if (ranking_.best() != nullptr || sheet_.shown() == 0 || sheet_.shown() > shown_max) return;
  Piece table;
  table.kind = Piece::Kind::table;
  for (std::size_t e = 0; e < sheet_.shown(); ++e)
    table.table.emplace_back(sheet_.rows[e], sheet_.outs[e]);
  ranking_.add(judged(sheet_, program_of(std::vector<Piece>(1, std::move(table))), table_cost));
  from_table_ = true;
}

/// Those that fit are ranked among what is found, and count once more than that.
void TextKernel::try_seeds() {
  for (const std::string& seed : std::exchange(seeds_, {})) {
    const std::optional<Recipe> recipe = read_recipe(seed, sheet_.inputs());
    ++nodes_;
    if (!recipe) continue;
    Candidate candidate = judged(sheet_, recipe->program, recipe->cost);
    candidate.seeded = true;
    if (candidate.passed == sheet_.shown()) ranking_.add(std::move(candidate));
  }
}

void TextKernel::try_first() {
  ++nodes_;
  Candidate candidate =
      judged(sheet_, program_of(std::vector<Piece>(1, first_.back().first)), first_.back().second);
  if (candidate.passed == sheet_.shown()) ranking_.add(std::move(candidate));
  first_.pop_back();
}

void TextKernel::step() {
  if (!seeds_.empty()) return try_seeds();
  if (!first_.empty()) return try_first();
  if (solver_) {
    if (!take_found() && !solver_->step()) after_solver();
    return;
  }
  if (branches_ && branches_->step()) return;
  if (branches_) nodes_ += branches_->looked_at();
  branches_.reset();
  add_table();
  ended_ = true;
}

Turn TextKernel::turn(std::uint32_t simulations_max) {
  Turn t;
  while (!ended_ && t.simulations < simulations_max) {
    step();
    ++t.simulations;
  }
  t.ended = ended_;
  return t;
}

Found TextKernel::found() const noexcept {
  if (const Candidate* const best = ranking_.best(); best != nullptr)
    return ended_ && !from_table_ && !best->seeded ? Found::smallest : Found::full;
  return ranking_.best_partial() != nullptr ? Found::partial : Found::nothing;
}

search::Program TextKernel::written(const Candidate& candidate, double confidence,
                                    std::span<const Language> in) const {
  const Program& program = candidate.program;
  search::Program out;
  for (const Language language : in) {
    switch (language) {
      case Language::python:
        out.text.emplace_back(language, python(program, signature_));
        break;
      case Language::js:
        out.text.emplace_back(language, javascript(program, signature_));
        break;
      case Language::cpp:
        out.text.emplace_back(language, cplusplus(program, signature_));
        break;
      case Language::sygus:
        break;
    }
  }
  out.size = program.size();
  out.confidence = confidence;
  if (candidate.passed == sheet_.shown()) out.recipe = recipe_of(program, candidate.cost);
  return out;
}

Answer TextKernel::best(std::size_t top, std::span<const Language> in) const {
  Answer answer;
  answer.found = found();
  answer.examples_total = total_;
  const auto distinct =
      static_cast<std::uint32_t>(sheet_.shown() + (sheet_.blanks.empty() ? 0 : 1));
  if (answer.found == Found::nothing) return answer;
  if (answer.found == Found::partial) {
    const Candidate& c = *ranking_.best_partial();
    // Repeats of an example are passed where it is; of distinct ones, how many are not is what is known.
    answer.examples_passed = total_ - std::min(total_, distinct - c.passed);
    if (top > 0) answer.programs.push_back(written(c, 0, in));
    return answer;
  }
  answer.examples_passed = total_;
  const auto all = ranking_.answers();
  for (std::size_t i = 0; i < std::min(top, all.size()); ++i) {
    answer.programs.push_back(written(*all[i].candidate, from_table_ ? 0 : all[i].likelihood, in));
  }
  const int row = ranking_.question();
  if (row < 0) return answer;
  Question q;
  const auto r = static_cast<std::size_t>(row);
  for (std::size_t i = 0; i < signature_.in.size(); ++i)
    q.in.push_back(value_as(sheet_.rows[r][i], signature_.in[i]));
  for (const auto& a : all) {
    const Value out = value_as(a.candidate->outs[r], signature_.out);
    if (q.out.size() < 4 && std::find(q.out.begin(), q.out.end(), out) == q.out.end())
      q.out.push_back(out);
  }
  answer.question = std::move(q);
  return answer;
}

Error contradiction(const std::vector<Example>& examples, std::size_t first, std::size_t second) {
  return {"infeasible",
          names_of_examples(examples, first, second) + " have the same input and different outputs",
          place_of_example(examples, second)};
}

struct ReadTask {
  Sheet sheet;
  std::uint32_t total = 0;
  Signature signature;
};

Result<Done> read_examples(const Task& task, ReadTask& read) {
  std::map<Row, std::pair<Str, std::size_t>> seen;
  std::vector<Row> unlabelled;
  for (std::size_t i = 0; i < task.examples.size(); ++i) {
    const Example& e = task.examples[i];
    const Error bad{"bad_task",
                    name_of_example(task.examples, i) +
                        ": an example of text has strings, integers and booleans",
                    place_of_example(task.examples, i)};
    Row row;
    if (e.in.size() != task.examples[0].in.size()) return bad;
    for (const Value& v : e.in) {
      auto text = text_of(v);
      if (!text) return bad;
      row.push_back(*std::move(text));
    }
    if (!e.out) {
      unlabelled.push_back(std::move(row));
      continue;
    }
    auto out = text_of(*e.out);
    if (!out) return bad;
    ++read.total;
    read.signature.out = kind_of(*e.out);
    const auto [at, fresh] = seen.try_emplace(row, *out, i);
    if (!fresh && at->second.first != *out)
      return contradiction(task.examples, at->second.second, i);
    if (!fresh) continue;
    if (row.size() == 1 && blank(row) && out->empty()) {
      read.sheet.blanks.push_back(std::move(row));
      continue;
    }
    read.sheet.rows.push_back(std::move(row));
    read.sheet.outs.push_back(*std::move(out));
  }
  for (Row& row : unlabelled) {
    if (read.sheet.rows.size() >= read.sheet.shown() + unlabelled_max) break;
    if (seen.try_emplace(row, Str(), 0).second) read.sheet.rows.push_back(std::move(row));
  }
  if (read.sheet.shown() == 0 &&
      !read.sheet.blanks.empty()) {  // nothing but empty rows: they are what is shown
    read.sheet.rows.insert(read.sheet.rows.begin(), read.sheet.blanks[0]);
    read.sheet.outs.emplace_back();
    read.sheet.blanks.clear();
  }
  return Done{};
}

}  // namespace

Result<std::unique_ptr<Kernel>> make_kernel(const Task& task, const KernelConfig& config) {
  if (task.domain != Domain::text || task.examples.empty() || task.examples[0].in.empty()) {
    return Error{"bad_task", "a task of text has examples with one input or more", task.name};
  }
  ReadTask read;
  read.signature.name = task.name;
  for (const Value& v : task.examples[0].in) read.signature.in.push_back(kind_of(v));
  if (auto done = read_examples(task, read); !done) return done.error();
  if (read.sheet.shown() == 0) return Error{"bad_task", "no example has an output", task.name};
  return std::unique_ptr<Kernel>(std::make_unique<TextKernel>(std::move(read.sheet), read.total,
                                                              std::move(read.signature), config));
}

}  // namespace weir::search::text
