#include "text_pool.hpp"

#include <algorithm>

#include "stable_order.hpp"

namespace weir::search::text {

namespace {

constexpr char32_t key_separator = 0x10ffff;

Str key_of(const std::vector<Str>& shown) {
  Str key;
  for (const Str& s : shown) {
    key += s;
    key += key_separator;
  }
  return key;
}

/// What failing or strange texts on unlabelled rows cost.
double penalty_of(const std::vector<Str>& shown, const std::vector<std::optional<Str>>& rest,
                  bool moment) {
  if (rest.empty()) return 0;
  Looks looks;
  bool empty = false;
  for (const Str& s : shown) {
    looks.show(s);
    empty = empty || s.empty();
  }
  double failed = 0, strange = 0;
  for (const auto& r : rest) {
    if (!r || (r->empty() && !empty)) {
      failed += 1;
    } else {
      const double s = looks.strangeness(*r);
      strange += moment && s < 1 ? 0 : s;  // days and months have one digit or two
    }
  }
  const auto n = static_cast<double>(rest.size());
  return (failed > 0 ? 1 : 0) + 6 * failed / n + 2 * strange / n;
}

/// What stands outside of an end of a slice, behind spaces: nothing, a mark, a word, or more of the word or number that
/// it ends in.
constexpr char32_t edge = 0x110000, other_word = 0x110001, same_word = 0x110002,
                   same_number = 0x110003;

char32_t outside(View text, int end, bool left) {
  const int n = static_cast<int>(text.size()), step = left ? -1 : 1;
  const auto at = [&](int i) { return i < 0 || i >= n ? edge : text[static_cast<std::size_t>(i)]; };
  const int next = left ? end - 1 : end, inner = next - step;
  if (is_alnum(at(next)) && is_alnum(at(inner))) return same_word;
  if ((at(next) == U'.' || at(next) == U',') && is_digit(at(inner)) && is_digit(at(next + step)))
    return same_number;
  int i = next;
  while (at(i) != edge && is_space(at(i))) i += step;
  return is_alnum(at(i)) ? other_word : at(i);
}

/// What one end of a slice stands beside: in shown rows, and how often in the others what it never does there.
class EndContext {
 public:
  void see(char32_t out, bool is_shown) {
    const bool known = std::find(seen_.begin(), seen_.end(), out) != seen_.end();
    if (is_shown && !known) {
      seen_.push_back(out);
      marks_ += out < edge ? 1 : 0;
    }
    if (is_shown || known) return;
    if (out == same_word) cuts_ += 1;
    if (out == edge || (out <= other_word && marks_ < 2)) others_ += 1;
  }
  double penalty(double rows) const noexcept {
    const double odd = (cuts_ > 0 ? 0.5 : 0) + (others_ > 0 ? 0.5 : 0);
    return odd + 3 * (cuts_ + others_) / rows;
  }

 private:
  std::vector<char32_t> seen_;
  int marks_ = 0;
  double cuts_ = 0, others_ = 0;
};

/// Where a slice ends at marks or words in all shown rows, it is to do so in the others.
double edge_penalty(const Slice& slice, const Sheet& sheet) {
  const std::size_t shown = sheet.shown(), all = sheet.rows.size();
  if (slice.input == Slice::all_inputs || slice.whole() || all == shown) return 0;
  EndContext left, right;
  for (std::size_t r = 0; r < all; ++r) {
    const View text = sheet.rows[r][static_cast<std::size_t>(slice.input)];
    const auto span = span_of(slice, text);
    if (!span || (r >= shown && span->begin == span->end)) continue;
    left.see(outside(text, span->begin, true), r < shown);
    right.see(outside(text, span->end, false), r < shown);
  }
  const auto rows = static_cast<double>(all - shown);
  return left.penalty(rows) + right.penalty(rows);
}

/// Whether the edit joins the digits around a decimal point: "5.2" becomes "52".
bool joins_figures(const Piece& p, const Row& row) {
  const bool digits =
      p.edit.kind == Edit::Kind::keep_digits || p.edit.kind == Edit::Kind::keep_alnum;
  const bool drops = p.edit.kind == Edit::Kind::drop && p.edit.a == U'.';
  const auto text = digits || drops ? value_of(p.slice, row) : std::nullopt;
  if (!text) return false;
  const auto found = numbers_of(*text, false);
  return std::any_of(found.begin(), found.end(), [](const Number& x) { return x.decimals > 0; });
}

double joining_penalty(const Piece& p, const Sheet& sheet) {
  double joined = 0;
  for (std::size_t r = 0; r < sheet.rows.size(); ++r) {
    if (!joins_figures(p, sheet.rows[r])) continue;
    if (r < sheet.shown()) return 0;
    joined += 1;
  }
  return joined == 0 ? 0 : 1 + 3 * joined / static_cast<double>(sheet.rows.size() - sheet.shown());
}

bool copied(const std::vector<Row>& rows, const std::vector<Str>& shown) {
  for (std::size_t e = 0; e < shown.size(); ++e) {
    const Row& row = rows[e];
    if (std::none_of(row.begin(), row.end(),
                     [&](const Str& s) { return s.find(shown[e]) != Str::npos; }))
      return false;
  }
  return true;
}

}  // namespace

Pool::Pool(const Sheet& sheet, std::size_t bytes_max) : sheet_(&sheet), bytes_max_(bytes_max) {
  for (std::size_t r = 0; !bare_input_ && r < sheet.rows.size() && r < 8; ++r) {
    for (const Str& s : sheet.rows[r]) {
      for (const Span d : matches(s, Class::digits))
        bare_input_ = bare_input_ || d.end - d.begin == 1;
    }
  }
}

bool Pool::offer(Piece piece, double cost, double copy_cost) {
  ++looked_at_;
  std::vector<Str> shown;
  bool empty = true;
  for (std::size_t e = 0; e < sheet_->shown(); ++e) {
    auto value = value_of(piece, sheet_->rows[e]);
    if (!value || sheet_->outs[e].find(*value) == Str::npos) return false;
    empty = empty && value->empty();
    shown.push_back(*std::move(value));
  }
  if (empty) return false;
  if (copy_cost > 0 && copied(sheet_->rows, shown)) cost += copy_cost;
  add(std::move(shown), std::move(piece), cost);
  return true;
}

void Pool::add(std::vector<Str> shown, Piece piece, double cost) {
  if (memory_ > bytes_max_) return;
  const auto [at, fresh] =
      index_.try_emplace(key_of(shown), static_cast<std::uint32_t>(groups_.size()));
  if (fresh) {
    if (groups_.size() >= groups_max) {
      index_.erase(at);
      return;
    }
    starting_[shown[0].empty() ? 0 : shown[0][0]].push_back(at->second);
    groups_.push_back({std::move(shown), {}, false});
    memory_ += 512;
  }
  auto& atoms = groups_[at->second].atoms;
  if (atoms.size() >= atoms_max) {
    if (atoms.back().cost <= cost) return;
    atoms.pop_back();
  } else {
    memory_ += sizeof(Atom) + 64;
  }
  const auto place = std::upper_bound(atoms.begin(), atoms.end(), cost,
                                      [](double c, const Atom& a) { return c < a.cost; });
  atoms.insert(place, {std::move(piece), cost, {}});
}

std::size_t Pool::prepare(std::size_t group) {
  Group& g = groups_[group];
  if (g.ready) return 0;
  g.ready = true;
  const std::size_t rest = sheet_->rows.size() - sheet_->shown();
  // Twice: what an atom makes of a row, and where it stands there.
  const std::size_t looked =
      2 * g.atoms.size() * rest / std::max<std::size_t>(sheet_->shown(), 1) + 1;
  std::vector<Atom> kept;
  for (Atom& a : g.atoms) {
    for (std::size_t r = sheet_->shown(); r < sheet_->rows.size(); ++r)
      a.rest.push_back(value_of(a.piece, sheet_->rows[r]));
    const bool repeat =
        std::any_of(kept.begin(), kept.end(), [&a](const Atom& k) { return k.rest == a.rest; });
    if (repeat) continue;
    a.cost += penalty_of(g.shown, a.rest, a.piece.kind == Piece::Kind::moment);
    if (a.piece.kind == Piece::Kind::slice)
      a.cost += edge_penalty(a.piece.slice, *sheet_) + joining_penalty(a.piece, *sheet_);
    kept.push_back(std::move(a));
  }
  sort_stable(kept.begin(), kept.end(),
              [](const Atom& a, const Atom& b) { return a.cost < b.cost; });
  if (kept.size() > kept_max) kept.erase(kept.begin() + kept_max, kept.end());
  memory_ += kept.size() * rest * sizeof(std::optional<Str>);
  g.atoms = std::move(kept);
  return looked;
}

const std::vector<std::uint32_t>& Pool::starting(char32_t c) const {
  static const std::vector<std::uint32_t> none;
  const auto at = starting_.find(c);
  return at == starting_.end() ? none : at->second;
}

}  // namespace weir::search::text
