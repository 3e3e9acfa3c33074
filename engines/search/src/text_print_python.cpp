#include <algorithm>

#include "text_print.hpp"
#include "text_python_helpers.hpp"

namespace weir::search::text {

namespace {

class PythonWriter {
 public:
  explicit PythonWriter(const Signature& signature)
      : signature_(signature), helpers_(python_helpers) {}

  std::string function(const Program& program) {
    std::string body;
    for (const Branch& b : program.branches) body += branch(b);
    std::string out = "def " + signature_.name + "(";
    for (std::size_t i = 0; i < signature_.in.size(); ++i)
      out += (i > 0 ? ", " : "") + input(static_cast<int>(i));
    out += "):\n";
    const std::string helpers = helpers_.code("    ");
    if (helpers.find("re.") != std::string::npos || body.find("re.") != std::string::npos)
      out += "    import re\n\n";
    for (std::size_t i = 0; i < signature_.in.size(); ++i) {
      const std::string x = input(static_cast<int>(i));
      if (signature_.in[i] == Kind::integer) out += "    " + x + " = str(" + x + ")\n";
      if (signature_.in[i] == Kind::boolean) out += "    " + x + " = str(" + x + ").lower()\n";
    }
    out += helpers + body;
    const Branch* last = program.branches.empty() ? nullptr : &program.branches.back();
    const bool returns = last != nullptr && last->when.kind == Condition::Kind::always &&
                         std::all_of(last->pieces.begin(), last->pieces.end(), certain);
    return returns ? out : out + "    return " + result("\"\"") + "\n";
  }

 private:
  std::string input(int i) const {
    return signature_.in.size() == 1 ? "x" : "x" + std::to_string(i + 1);
  }

  std::string all_inputs() const {
    std::string x;
    for (std::size_t i = 0; i < signature_.in.size(); ++i)
      x += (i > 0 ? ", " : "") + input(static_cast<int>(i));
    return "\" \".join((" + x + (signature_.in.size() == 1 ? ",))" : "))");
  }

  std::string result(const std::string& text) {
    if (signature_.out == Kind::boolean) return text + " == \"true\"";
    if (signature_.out == Kind::integer) {
      return text == "\"\"" ? "0"
                            : "int(s) if re.fullmatch(\"-?[0-9]{1,19}\", s := " + text +
                                  ") and -2**63 <= int(s) < 2**63 else 0";
    }
    return text;
  }

  /// Has a value for every row.
  static bool certain(const Piece& p) noexcept {
    if (p.kind == Piece::Kind::constant) return true;
    if (p.kind != Piece::Kind::slice || p.slice.order != Slice::Order::apart) return false;
    const Position &from = p.slice.from, &to = p.slice.to;
    return from.kind == Position::Kind::offset && to.kind == Position::Kind::offset &&
           (from.k == 0 || to.k == -1);
  }

  std::string branch(const Branch& b) {
    std::string value;
    bool sure = true;
    for (const Piece& p : b.pieces) {
      value += (value.empty() ? "" : " + ") + piece(p);
      sure = sure && certain(p);
    }
    if (value.empty()) value = "\"\"";
    std::string indent = "    ", out;
    if (b.when.kind != Condition::Kind::always) {
      out += indent + "if " + condition(b.when) + ":\n";
      indent += "    ";
    }
    const std::string statement = "return " + result(value) + "\n";
    if (sure) return out + indent + statement;
    return out + indent + "try:\n" + indent + "    " + statement + indent +
           "except LookupError:\n" + indent + "    pass\n";
  }

  std::string pattern(Class what) {
    switch (what) {
      case Class::digits:
        return "\"[0-9]+\"";
      case Class::letters:
        return "\"[\" + " + helpers_.use("letters") + " + \"]+\"";
      case Class::alnum:
        return "\"[0-9\" + " + helpers_.use("letters") + " + \"]+\"";
      case Class::uppers:
        return "\"[\" + " + helpers_.use("uppers") + " + \"]+\"";
      case Class::lowers:
        return "\"[\" + " + helpers_.use("lowers") + " + \"]+\"";
      case Class::capital:
        return "\"[\" + " + helpers_.use("uppers") + " + \"][\" + " + helpers_.use("lowers") +
               " + \"]+\"";
      case Class::word: {
        const std::string letters = helpers_.use("letters");
        return "\"[\" + " + letters + " + \"]+(?:[-'\\u2019][\" + " + letters + " + \"]+)*\"";
      }
      case Class::figure:
        return "\"[0-9]+(?:[.,][0-9]+)*\"";
      case Class::visible:
        return "\"[^\" + " + helpers_.use("spaces") + " + \"]+\"";
      case Class::spaces:
        return "\"[\" + " + helpers_.use("spaces") + " + \"]+\"";
    }
    return {};
  }

  static std::string literal_pattern(View text) {
    Str escaped;
    for (const char32_t c : text) {
      if (c < 0x80 && !is_alnum(c) && c > U' ' && c != U'"' && c != U'\'' && c != U',' &&
          c != U':' && c != U';' && c != U'/' && c != U'@' && c != U'_') {
        escaped += U'\\';
      }
      escaped += c;
    }
    return quoted(escaped, false);
  }

  static std::string number(int i) { return std::to_string(i); }
  static std::string index(int k) { return number(k > 0 ? k - 1 : k); }

  /// The expression of an index into s.
  std::string position(const Position& p, const std::string& s, bool is_from) {
    if (p.kind == Position::Kind::offset) {
      if (p.k == 0) return "0";
      if (p.k == -1) return "len(" + s + ")";
      if (p.k > 0) return "min(" + number(p.k) + ", len(" + s + "))";
      return "max(len(" + s + ") - " + number(-1 - p.k) + ", 0)";
    }
    const std::string what =
        p.kind == Position::Kind::token ? pattern(p.token) : literal_pattern(p.literal);
    std::string out = helpers_.use("place") + "(" + s + ", " + what + ", " + index(p.k) + ", " +
                      (p.end ? "1" : "0");
    if (p.lenient) out += is_from ? ", 0" : ", len(" + s + ")";
    return out + ")";
  }

  /// s[begin:end] where that is all there is to it; both ends are offsets and cannot cross.
  static std::string bounds(const Slice& s) {
    const auto text = [](int k) {
      return k == 0 || k == -1 ? std::string() : k > 0 ? std::to_string(k) : std::to_string(k + 1);
    };
    return "[" + text(s.from.k) + ":" + (s.to.k == 0 ? "0" : text(s.to.k)) + "]";
  }

  std::string slice(const Slice& s) {
    const std::string x = s.input == Slice::all_inputs ? all_inputs() : input(s.input);
    const bool offsets =
        s.from.kind == Position::Kind::offset && s.to.kind == Position::Kind::offset;
    std::string out;
    if (s.whole() && s.order == Slice::Order::apart) {
      out = x;
    } else if (s.order == Slice::Order::apart && offsets && s.from.k != -1 &&
               (s.from.k == 0 || s.to.k == -1)) {
      out = x + bounds(s);
    } else if (s.order == Slice::Order::apart && s.from.kind == Position::Kind::token &&
               s.to.kind == s.from.kind && s.from.token == s.to.token && s.from.k == s.to.k &&
               !s.from.end && s.to.end && !s.from.lenient && !s.to.lenient) {
      out = "re.findall(" + pattern(s.from.token) + ", " + x + ")[" + index(s.from.k) + "]";
    } else if (s.order == Slice::Order::apart) {
      out = helpers_.use("cut") + "(" + x + ", " + position(s.from, x, true) + ", " +
            position(s.to, x, false) + ")";
    } else if (s.order == Slice::Order::from_first) {
      const std::string rest = s.from.kind == Position::Kind::offset && s.from.k == 0
                                   ? x
                                   : x + "[" + position(s.from, x, true) + ":]";
      if (s.to.kind == Position::Kind::offset && s.to.k > 0) {
        out = rest + "[:" + number(s.to.k) + "]";
      } else {
        out = "(lambda s: s[:" + position(s.to, "s", false) + "])(" + rest + ")";
      }
    } else {
      out = "(lambda s: s[" + position(s.from, "s", true) + ":])(" + x +
            "[:" + position(s.to, x, false) + "])";
    }
    return s.trim ? out + ".strip(" + helpers_.use("spaces") + ")" : out;
  }

  std::string edited(const std::string& s, const Edit& e) {
    switch (e.kind) {
      case Edit::Kind::none:
        return s;
      case Edit::Kind::keep_digits:
        return "re.sub(\"[^0-9]\", \"\", " + s + ")";
      case Edit::Kind::keep_letters:
        return "re.sub(\"[^\" + " + helpers_.use("letters") + " + \"]\", \"\", " + s + ")";
      case Edit::Kind::keep_alnum:
        return "re.sub(\"[^0-9\" + " + helpers_.use("letters") + " + \"]\", \"\", " + s + ")";
      case Edit::Kind::keep_uppers:
        return "re.sub(\"[^\" + " + helpers_.use("uppers") + " + \"]\", \"\", " + s + ")";
      case Edit::Kind::drop:
        return s + ".replace(" + quoted(Str(1, e.a), false) + ", \"\")";
      case Edit::Kind::swap:
        return s + ".replace(" + quoted(Str(1, e.a), false) + ", " + quoted(Str(1, e.b), false) +
               ")";
      case Edit::Kind::squeeze:
        return "\" \".join(" + helpers_.use("words") + "(" + s + "))";
      case Edit::Kind::initials: {
        const std::string one = e.a == 0 ? "w[0]" : "w[0] + " + quoted(Str(1, e.a), false);
        return "\"\".join(" + one + " for w in " + helpers_.use("words") + "(" + s + "))";
      }
      case Edit::Kind::pad_left:
        return s + ".rjust(" + number(e.width) + ", " + quoted(Str(1, e.a), false) + ")";
      case Edit::Kind::pad_right:
        return s + ".ljust(" + number(e.width) + ", " + quoted(Str(1, e.a), false) + ")";
      case Edit::Kind::strip_zeros:
        return "re.sub(\"\\\\A0+(?!\\\\Z)\", \"\", " + s + ")";
      case Edit::Kind::replace:
        if (e.what.empty()) return s;
        return s + ".replace(" + quoted(e.what, false) + ", " + quoted(e.by, false) + ")";
      case Edit::Kind::count: {
        const std::string all = e.what.empty() ? "len(" + helpers_.use("words") + "(" + s + "))"
                                               : s + ".count(" + quoted(e.what, false) + ")";
        return "str(" + all + (e.width > 0 ? " + " + number(e.width) : "") + ")";
      }
      case Edit::Kind::ordinal:
        return helpers_.use("ordinal_text") + "(" + s + ")";
      case Edit::Kind::join:
        return quoted(Str(1, e.a), false) + ".join(re.findall(" + pattern(Class::alnum) + ", " + s +
               "))";
      case Edit::Kind::digits: {
        const std::string end = e.width >= 0            ? number(e.width + e.count)
                                : e.width + e.count < 0 ? number(e.width + e.count)
                                                        : std::string();
        return "re.sub(\"[^0-9]\", \"\", " + s + ")[" + number(e.width) + ":" + end + "]";
      }
      case Edit::Kind::mask:
        return "re.sub(\"[0-9\" + " + helpers_.use("letters") +
               " + \"]\", lambda m: " + quoted(Str(1, e.a), false) + ", " + s + ")";
      case Edit::Kind::length: {
        if (e.count != 1 && e.count != 2) return "str(len(" + s + "))";
        const std::string counted =
            e.count == 2 ? "\"[0-9]\"" : "\"[\" + " + helpers_.use("letters") + " + \"]\"";
        return "str(len(re.findall(" + counted + ", " + s + ")))";
      }
      case Edit::Kind::roman:
        return helpers_.use("roman") + "(" + s + ")";
      case Edit::Kind::part_case:
        return helpers_.use("part_case") + "(" + s + ", " + quoted(Str(1, e.a), false) + ")";
      case Edit::Kind::grouped:
        return helpers_.use("grouped") + "(" + s + ", " + quoted(Str(1, e.a), false) + ")";
      case Edit::Kind::spread:
        return helpers_.use("spread") + "(" + s + ", " + number(e.width) + ", " +
               quoted(Str(1, e.a), false) + ")";
    }
    return s;
  }

  std::string cased(const std::string& s, Letters letters) {
    constexpr std::string_view names[] = {"", "lower", "upper", "title", "capital", "first_upper"};
    const auto name = names[static_cast<std::size_t>(letters)];
    return name.empty() ? s : helpers_.use(name) + "(" + s + ")";
  }

  std::string moment(const std::string& x, DateOrder order) {
    constexpr std::string_view orders[] = {"\"ymd\"", "\"mdy\"",          "\"dmy\"",
                                           "\"ydm\"", "\"mdy\", \"dmy\"", "\"dmy\", \"mdy\""};
    return helpers_.use(order >= DateOrder::mdy_or_dmy ? "either" : "moment") + "(" + x + ", " +
           std::string(orders[static_cast<std::size_t>(order)]) + ")";
  }

  std::string moment(const MomentSource& m) {
    std::string out = rounded_moment(m);
    if (m.begin >= Begin::week) {
      out =
          helpers_.use("week_of") + "(" + out + ", " + number(m.begin == Begin::week ? 0 : 6) + ")";
    } else if (m.begin != Begin::none) {
      constexpr std::string_view names[] = {"", "\"month\"", "\"quarter\"", "\"year\""};
      out = helpers_.use("first_of") + "(" + out + ", " +
            std::string(names[static_cast<std::size_t>(m.begin)]) + ")";
    }
    if (m.months != 0)
      out = helpers_.use("months_later") + "(" + out + ", " + number(m.months) + ")";
    return m.days == 0 ? out : helpers_.use("days_later") + "(" + out + ", " + number(m.days) + ")";
  }

  std::string rounded_moment(const MomentSource& m) {
    std::string out = moment(slice(m.where), m.order);
    if (m.unit == 0 && m.add == 0) return out;
    out = helpers_.use("rounded_time") + "(" + out + ", " + number(m.unit);
    if (m.offset != 0) out += ", offset=" + number(m.offset);
    if (m.mode != Rounding::floor)
      out += m.mode == Rounding::ceil ? ", mode=\"ceil\"" : ", mode=\"half up\"";
    if (m.add != 0) out += ", add=" + number(m.add);
    if (!m.wrap) out += ", wrap=False";
    return out + ")";
  }

  /// An integer.
  std::string field_number(const std::string& m, Field field) {
    const auto part = [&](std::string_view name) {
      return helpers_.use("part") + "(" + m + ", \"" + std::string(name) + "\")";
    };
    switch (field) {
      case Field::year:
        return part("year");
      case Field::month:
        return part("month");
      case Field::day:
        return part("day");
      case Field::quarter:
        return "(" + part("month") + " + 2) // 3";
      case Field::day_of_year:
        return helpers_.use("day_of_year") + "(" + m + ")";
      case Field::iso_week:
        return helpers_.use("iso_week") + "(" + m + ")";
      case Field::iso_weekday:
        return helpers_.use("weekday") + "(" + m + ") + 1";
      case Field::hour:
        return part("second") + " // 3600";
      case Field::hour12:
        return helpers_.use("hour12") + "(" + m + ")";
      case Field::minute:
        return part("second") + " // 60 % 60";
      case Field::second:
        return part("second") + " % 60";
      case Field::total_minutes:
        return part("second") + " // 60";
      case Field::total_days:
        return helpers_.use("day_number") + "(" + m + ")";
      case Field::months_days:
        return helpers_.use("months_days") + "(" + m + ")";
      default:
        return part("second");
    }
  }

  std::string field(const MomentSource& source, Field f) {
    const std::string m = moment(source);
    const auto wide = [&](Field of, int width) {
      return "\"%0" + number(width) + "d\" % (" + field_number(m, of) + ")";
    };
    const auto month = [&] {
      return helpers_.use("months") + "[" + field_number(m, Field::month) + " - 1]";
    };
    const auto weekday = [&] {
      return "\"Monday Tuesday Wednesday Thursday Friday Saturday Sunday\".split()[" +
             helpers_.use("weekday") + "(" + m + ")]";
    };
    switch (f) {
      case Field::year:
        return wide(Field::year, 4);
      case Field::year2:
        return "\"%02d\" % (" + field_number(m, Field::year) + " % 100)";
      case Field::month2:
        return wide(Field::month, 2);
      case Field::month3:
        return month() + "[:3]";
      case Field::month_name:
        return month();
      case Field::day2:
        return wide(Field::day, 2);
      case Field::day_ordinal:
        return helpers_.use("ordinal") + "(" + field_number(m, Field::day) + ")";
      case Field::weekday3:
        return weekday() + "[:3]";
      case Field::weekday_name:
        return weekday();
      case Field::day_of_year3:
        return wide(Field::day_of_year, 3);
      case Field::iso_week2:
        return wide(Field::iso_week, 2);
      case Field::hour2:
        return wide(Field::hour, 2);
      case Field::hour12_2:
        return wide(Field::hour12, 2);
      case Field::minute2:
        return wide(Field::minute, 2);
      case Field::second2:
        return wide(Field::second, 2);
      case Field::am_pm:
      case Field::am_pm1:
        return helpers_.use("am_pm") + "(" + m + (f == Field::am_pm ? ")" : ")[0]");
      default:
        return "str(" + field_number(m, f) + ")";
    }
  }

  static std::string pair(Number n) {
    return "(" + std::to_string(n.mantissa) + ", " + std::to_string(n.decimals) + ")";
  }

  std::string operand(const NumberSource& s) {
    if (s.field) return "(" + field_number(moment(s.moment), *s.field) + ", 0)";
    const std::string x = s.input == Slice::all_inputs ? all_inputs() : input(s.input),
                      style = s.comma ? ", \",\", \".\")" : ")";
    if (s.units != Units::none) {
      std::string out = helpers_.use(s.units == Units::powers ? "powers" : "measured") + "(" + x +
                        ", " + (s.k == 0 ? "None" : index(s.k));
      std::string sizes;
      for (const Unit& unit : units_of(s.units))
        sizes += (sizes.empty() ? "" : ", ") + quoted(unit.name, false) + ": " +
                 std::to_string(unit.size);
      if (!sizes.empty()) out += ", {" + sizes + "}";
      return out + style;
    }
    if (s.k == 0) return helpers_.use("total") + "(" + x + style;
    return helpers_.use("number") + "(" + x + ", " + index(s.k) + style;
  }

  std::string value(const NumberSource& s, const NumberSteps& steps) {
    std::string out = operand(s);
    constexpr std::string_view joins[] = {"", "plus", "minus", "times", "divided"};
    if (s.join > Join::over && s.join != Join::clock) {
      const bool less = s.join == Join::less_percent || s.join == Join::less_share;
      const bool percent = s.join == Join::less_percent || s.join == Join::more_percent;
      out = helpers_.use("times") + "(" + out + ", " + helpers_.use(less ? "minus" : "plus") +
            (percent ? "((100, 0), " : "((1, 0), ") + operand(*s.other) + "))";
      if (percent) out = helpers_.use("scaled") + "(" + out + ", -2)";
    } else if (s.join == Join::clock) {
      out = helpers_.use("rest_of") + "(" + helpers_.use("minus") + "(" + out + ", " +
            operand(*s.other) + "), " + std::to_string(units_of_day(s)) + ")";
    } else if (s.join != Join::none) {
      out = helpers_.use(joins[static_cast<std::size_t>(s.join)]) + "(" + out + ", " +
            operand(*s.other) + (s.join == Join::over ? ", \"half up\", " + number(s.places) : "") +
            ")";
    }
    constexpr std::string_view modes[] = {"half up", "floor", "ceil", "truncate", "half even"};
    const std::string mode = "\"" + std::string(modes[static_cast<std::size_t>(steps.mode)]) + "\"";
    if (steps.scale != 0)
      out = helpers_.use("scaled") + "(" + out + ", " + number(steps.scale) + ")";
    if (!equal(steps.times, {1, 0}))
      out = helpers_.use("times") + "(" + out + ", " + pair(steps.times) + ")";
    if (steps.shift.mantissa != 0)
      out = helpers_.use("plus") + "(" + out + ", " + pair(steps.shift) + ")";
    if (steps.over != 1) {
      out = helpers_.use("divided") + "(" + out + ", " + pair({steps.over, 0}) + ", " + mode +
            ", " + number(steps.places) + ")";
    }
    if (steps.modulo != 0)
      out = helpers_.use("rest_of") + "(" + out + ", " + std::to_string(steps.modulo) + ")";
    if (steps.unit) {
      out = helpers_.use("rounded") + "(" + out + ", " + pair(*steps.unit) + ", " + mode + ")";
    }
    if (steps.figures != 0)
      out = helpers_.use("significant") + "(" + out + ", " + number(steps.figures) + ")";
    if (steps.part != Part::all)
      out = helpers_.use(steps.part == Part::power ? "power_of" : "significand") + "(" + out + ")";
    if (steps.add.mantissa != 0)
      out = helpers_.use("plus") + "(" + out + ", " + pair(steps.add) + ")";
    return out;
  }

  std::string shown(const Piece& p) {
    const NumberFormat& f = p.format;
    std::string out = helpers_.use("show") + "(" + value(p.number, p.steps);
    const auto set = [&out](std::string_view name, const std::string& to) {
      out += ", " + std::string(name) + "=" + to;
    };
    if (f.decimals_min != 0) set("least", number(f.decimals_min));
    if (f.decimals_max != 0) set("most", number(f.decimals_max));
    if (f.width != 0) set("width", number(f.width));
    if (f.pad != U'0') set("pad", quoted(Str(1, f.pad), false));
    if (f.tail != U'0') set("tail", quoted(Str(1, f.tail), false));
    if (f.grouping == Grouping::thousands) set("groups", "\"thousands\"");
    if (f.grouping == Grouping::indian) set("groups", "\"indian\"");
    if (f.mark != U'.') set("mark", quoted(Str(1, f.mark), false));
    if (f.group != U',') set("group", quoted(Str(1, f.group), false));
    if (f.plus) set("plus", "\"+\"");
    if (f.naked) set("bare", "True");
    if (f.absolute) set("absolute", "True");
    return out + ")";
  }

  std::string table(const Piece& p) {
    std::string rows, key;
    for (const auto& [in, out] : p.table) {
      rows += rows.empty() ? "(" : ", (";
      for (const Str& s : in) rows += quoted(s, false) + ", ";
      rows += "): " + quoted(out, false);
    }
    rows.insert(0, "{");
    for (std::size_t i = 0; i < signature_.in.size(); ++i) key += input(static_cast<int>(i)) + ", ";
    return rows + "}[(" + key + ")]";
  }

  std::string piece(const Piece& p) {
    std::string out;
    switch (p.kind) {
      case Piece::Kind::constant:
        out = quoted(p.text, false);
        break;
      case Piece::Kind::slice:
        out = slice(p.slice);
        break;
      case Piece::Kind::number:
        out = shown(p);
        break;
      case Piece::Kind::moment:
        out = field(p.moment, p.field);
        break;
      case Piece::Kind::table:
        out = table(p);
        break;
    }
    if (p.kind == Piece::Kind::moment && p.edit.kind != Edit::Kind::none) out = "(" + out + ")";
    return cased(edited(out, p.edit), p.letters);
  }

  std::string condition(const Condition& c) {
    const std::string x = input(c.input), no = c.negated ? "not " : "";
    switch (c.kind) {
      case Condition::Kind::always:
        return "True";
      case Condition::Kind::empty:
        return no + x + ".strip(" + helpers_.use("spaces") + ") == \"\"";
      case Condition::Kind::equals:
        return no + x + " == " + quoted(c.text, false);
      case Condition::Kind::has:
        return quoted(c.text, false) + (c.negated ? " not in " : " in ") + x;
      case Condition::Kind::starts:
        return no + x + ".startswith(" + quoted(c.text, false) + ")";
      case Condition::Kind::ends:
        return no + x + ".endswith(" + quoted(c.text, false) + ")";
      case Condition::Kind::has_token:
        return no + "re.search(" + pattern(c.token) + ", " + x + ")";
      case Condition::Kind::starts_token:
        return no + "re.match(" + pattern(c.token) + ", " + x + ")";
      case Condition::Kind::length:
        return no + "len(" + x + ") == " + number(c.count);
      case Condition::Kind::tokens:
        return no + "len(re.findall(" + pattern(c.token) + ", " + x + ")) == " + number(c.count);
      case Condition::Kind::at_least:
        return no + helpers_.use("at_least") + "(" + x + ", " + pair(c.number) + ")";
      case Condition::Kind::multiple:
        return no + helpers_.use("multiple") + "(" + x + ", " + number(c.count) + ")";
      case Condition::Kind::moment_at_least:
        return no + helpers_.use("holds") +
               "(lambda: " + field_number(moment(x, c.order), c.field) + " >= " + number(c.count) +
               ")";
    }
    return "True";
  }

  const Signature& signature_;
  Helpers helpers_;
};

}  // namespace

std::string python(const Program& program, const Signature& signature) {
  return PythonWriter(signature).function(program);
}

}  // namespace weir::search::text
