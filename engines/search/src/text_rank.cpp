#include "text_rank.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "stable_order.hpp"

namespace weir::search::text {

namespace {

constexpr std::size_t answers_max = 40;
constexpr double no_change = 4;

bool padded(Field f) noexcept { return f == Field::month2 || f == Field::day2; }
bool bare(Field f) noexcept {
  return f == Field::month || f == Field::day || f == Field::day_ordinal;
}
bool is_hour(Field f) noexcept { return f >= Field::hour && f <= Field::hour12_2; }

/// People pad all parts of a date or none, and write AM or PM of the hour before it.
double moment_oddity(const std::vector<Piece>& pieces) {
  bool some_padded = false, some_bare = false, half = false;
  double odd = 0;
  const Piece* hour = nullptr;
  for (const Piece& p : pieces) {
    if (p.kind != Piece::Kind::moment) continue;
    some_padded = some_padded || padded(p.field);
    some_bare = some_bare || bare(p.field);
    if (is_hour(p.field)) {
      if (hour != nullptr && hour->field != p.field) odd += 1;
      hour = &p;
    } else if (hour != nullptr && p.moment.add != hour->moment.add) {
      odd += 1.5;
    }
    if (p.field == Field::am_pm && hour != nullptr && hour->field <= Field::hour2) odd += 2;
    half = half || p.field == Field::am_pm || p.field == Field::am_pm1;
  }
  if (hour != nullptr && hour->field > Field::hour2 && !half) odd += 1;
  return odd + (some_padded && some_bare ? 1.5 : 0);
}

/// May be in another month.
bool moved(const MomentSource& m) noexcept {
  const bool end_of_month = m.begin == Begin::month && m.months == 1 && m.days == -1;
  return !end_of_month && (m.days != 0 || m.months != 0 || m.begin > Begin::month);
}

/// What is read as a date is not cut up as well: its days would be padded or not as they happen to be, and its year
/// that of another day. Groups of digits are counted from one end.
double cut_oddity(const std::vector<Piece>& pieces, const Row& row) {
  const Piece* read = nullptr;
  const Piece* digits = nullptr;
  double odd = 0;
  for (const Piece& p : pieces) {
    if (p.kind == Piece::Kind::moment && p.moment.where.whole()) read = &p;
    if (p.edit.kind != Edit::Kind::digits) continue;
    if (digits != nullptr && (digits->edit.width < 0) != (p.edit.width < 0)) odd = 0.7;
    digits = &p;
  }
  for (const Piece& p : pieces) {
    if (read == nullptr || p.kind != Piece::Kind::slice ||
        p.slice.input != read->moment.where.input)
      continue;
    const auto value = value_of(p, row);
    const bool number = value && std::all_of(value->begin(), value->end(), is_digit);
    if (value && moved(read->moment) && std::any_of(value->begin(), value->end(), is_digit))
      return 5;
    if (number && value->size() <= 2) odd = 0.7;
  }
  return odd;
}

/// Numbers of one output are written alike, and rounded alike.
double number_oddity(const std::vector<Piece>& pieces) {
  const Piece* first = nullptr;
  double odd = 0;
  for (const Piece& p : pieces) {
    if (p.kind != Piece::Kind::number) continue;
    if (first == nullptr) {
      first = &p;
    } else {
      if (!(p.format == first->format)) odd += 0.7;
      // A range ends a step behind where it begins, also where it begins on the value itself.
      if (p.number == first->number && p.steps.mode != first->steps.mode) odd += 2;
    }
  }
  return odd;
}

/// So they are in all cases, but for their signs.
double cases_oddity(const Program& program) {
  const NumberFormat* first = nullptr;
  for (const Branch& b : program.branches) {
    for (const Piece& p : b.pieces) {
      if (p.kind != Piece::Kind::number) continue;
      if (first == nullptr) first = &p.format;
      NumberFormat format = p.format;
      format.plus = first->plus;
      format.absolute = first->absolute;
      if (&b != &program.branches.front() && !(format == *first)) return 1.5;
    }
  }
  return 0;
}

/// Who asks for a program wants more than the input as it is.
bool changes_nothing(const Sheet& sheet, const std::vector<Str>& outs) {
  for (std::size_t r = 0; r < outs.size(); ++r) {
    if (sheet.rows[r].size() != 1 || outs[r] != sheet.rows[r][0]) return false;
  }
  return true;
}

/// Letters and digits of the inputs, in lower case, that the output does not have.
std::size_t left_out(const Row& row, const Str& out) {
  Str rest;
  for (const char32_t c : out) {
    if (is_alnum(c)) rest += to_lower(c);
  }
  std::sort(rest.begin(), rest.end());
  Str wanted;
  for (const Str& s : row) {
    for (const char32_t c : s) {
      if (is_alnum(c)) wanted += to_lower(c);
    }
  }
  std::sort(wanted.begin(), wanted.end());
  Str missing;
  std::set_difference(wanted.begin(), wanted.end(), rest.begin(), rest.end(),
                      std::back_inserter(missing));
  return missing.size();
}

/// Where every shown output has all that is in its inputs, the others are to have it too.
double loss_penalty(const Sheet& sheet, const std::vector<Str>& outs) {
  for (std::size_t e = 0; e < sheet.shown(); ++e) {
    if (left_out(sheet.rows[e], sheet.outs[e]) > 0) return 0;
  }
  double lossy = 0;
  for (std::size_t r = sheet.shown(); r < outs.size(); ++r)
    lossy += left_out(sheet.rows[r], outs[r]) > 0 ? 1 : 0;
  return lossy == 0 ? 0 : 1 + 3 * lossy / static_cast<double>(outs.size() - sheet.shown());
}

double look_penalty(const Sheet& sheet, const std::vector<Str>& outs, std::size_t failed) {
  const std::size_t shown = sheet.shown(), all = sheet.rows.size();
  if (all == shown) return 0;
  Looks looks;
  for (std::size_t e = 0; e < shown; ++e) looks.show(sheet.outs[e]);
  double strange = 0;
  for (std::size_t r = shown; r < all; ++r) strange += looks.strangeness(outs[r]);
  const auto n = static_cast<double>(all - shown);
  return 1.4 * strange / n + 4 * static_cast<double>(failed) / n;
}

/// What makes something of a row that is shown to give nothing looks at that first.
Program guarded(const Sheet& sheet, Program program) {
  for (const Row& row : sheet.blanks) {
    if (run(program, row).empty()) continue;
    Condition empty;
    empty.kind = Condition::Kind::empty;
    program.branches.insert(program.branches.begin(), {empty, {}});
    break;
  }
  return program;
}

}  // namespace

Judgement::Judgement(const Sheet& sheet, Program program, double cost)
    : sheet_(&sheet), candidate_{guarded(sheet, std::move(program)), cost, {}, 0, cost} {}

bool Judgement::go_on(std::size_t rows_max) {
  Candidate& c = candidate_;
  const std::size_t rows = sheet_->rows.size();
  for (const std::size_t end = std::min(rows, c.outs.size() + rows_max); c.outs.size() < end;) {
    const std::size_t r = c.outs.size();
    bool failed = false;
    c.outs.push_back(run(c.program, sheet_->rows[r], &failed));
    if (r < sheet_->shown()) {
      c.passed += c.outs[r] == sheet_->outs[r] ? 1 : 0;
    } else {
      failures_ += failed ? 1 : 0;
    }
  }
  return c.outs.size() < rows;
}

Candidate Judgement::take() {
  Candidate& c = candidate_;
  for (const Branch& b : c.program.branches) {
    c.score +=
        moment_oddity(b.pieces) + number_oddity(b.pieces) + cut_oddity(b.pieces, sheet_->rows[0]);
  }
  c.score += cases_oddity(c.program);
  if (changes_nothing(*sheet_, c.outs)) c.score += no_change;
  c.score += loss_penalty(*sheet_, c.outs);
  c.score += look_penalty(*sheet_, c.outs, failures_);
  return std::move(c);
}

Candidate judged(const Sheet& sheet, Program program, double cost) {
  Judgement judgement(sheet, std::move(program), cost);
  judgement.go_on(sheet.rows.size());
  return judgement.take();
}

void Ranking::add(Candidate candidate) {
  if (candidate.passed < sheet_->shown()) {
    if (candidate.passed > partial_.passed ||
        (candidate.passed == partial_.passed && candidate.passed > 0 &&
         candidate.score < partial_.score)) {
      partial_ = std::move(candidate);
    }
    return;
  }
  const double weight = std::exp2(-candidate.score);
  for (Same& s : groups_) {
    if (s.best.outs != candidate.outs) continue;
    s.weight += weight;
    if (candidate.score < s.best.score || (s.best.seeded && !candidate.seeded))
      s.best = std::move(candidate);
    return;
  }
  if (groups_.size() >= answers_max) {
    const auto worst =
        std::min_element(groups_.begin(), groups_.end(),
                         [](const Same& a, const Same& b) { return a.weight < b.weight; });
    if (worst->weight >= weight) return;
    *worst = {std::move(candidate), weight};
    return;
  }
  groups_.push_back({std::move(candidate), weight});
}

std::vector<const Ranking::Same*> Ranking::sorted() const {
  std::vector<const Same*> all;
  for (const Same& s : groups_) all.push_back(&s);
  sort_stable(all.begin(), all.end(),
              [](const Same* a, const Same* b) { return a->weight > b->weight; });
  return all;
}

const Candidate* Ranking::best() const noexcept {
  const auto at =
      std::max_element(groups_.begin(), groups_.end(),
                       [](const Same& a, const Same& b) { return a.weight < b.weight; });
  return at == groups_.end() ? nullptr : &at->best;
}

const Candidate* Ranking::best_searched() const noexcept {
  const Same* best = nullptr;
  for (const Same& s : groups_) {
    if (!s.best.seeded && (best == nullptr || s.weight > best->weight)) best = &s;
  }
  return best == nullptr ? nullptr : &best->best;
}

std::vector<Ranking::Answer> Ranking::answers() const {
  std::vector<Answer> all;
  double sum = 0;
  for (const Same& s : groups_) sum += s.weight;
  for (const Same* s : sorted()) all.push_back({&s->best, sum > 0 ? s->weight / sum : 0});
  return all;
}

int Ranking::question() const {
  const auto all = sorted();
  int best = -1;
  double best_gain = 0;
  const bool some_empty = std::any_of(sheet_->outs.begin(), sheet_->outs.end(),
                                      [](const Str& out) { return out.empty(); });
  for (std::size_t r = sheet_->shown(); r < sheet_->rows.size(); ++r) {
    std::map<Str, double> masses;
    double sum = 0;
    for (const Same* s : all) {
      const double mass = std::sqrt(s->weight);  // what is unlikely is worth asking about too
      masses[s->best.outs[r]] += mass;
      sum += mass;
    }
    double gain = 0;
    for (const auto& [out, mass] : masses) {
      if (mass > 0) gain -= mass / sum * std::log2(mass / sum);
    }
    if (masses.size() < 2) continue;
    // Where the best has no answer, one is missing, whatever the others say.
    const bool missing = !some_empty && all.front()->best.outs[r].empty();
    if (missing) gain += 1;
    if (gain > best_gain + 1e-9) {
      best_gain = gain;
      best = static_cast<int>(r);
    }
  }
  return best;
}

std::size_t Ranking::memory() const noexcept {
  std::size_t n = 0;
  for (const Same& s : groups_) {
    n += sizeof(Same) + s.best.outs.size() * sizeof(Str);
    for (const Branch& b : s.best.program.branches) n += b.pieces.size() * sizeof(Piece);
  }
  return n;
}

}  // namespace weir::search::text
