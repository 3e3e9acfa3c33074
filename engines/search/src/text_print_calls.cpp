// C++ and JavaScript: a program is calls of helpers that have the same names in both; literals and frames differ.
#include "cpp_code_points.hpp"
#include "text_cpp_helpers.hpp"
#include "text_js_helpers.hpp"
#include "text_print.hpp"

namespace weir::search::text {

namespace {

constexpr std::string_view class_names[] = {"digits",  "letters", "alnum",  "uppers",  "lowers",
                                            "capital", "word",    "figure", "visible", "spaces"};
constexpr std::string_view order_names[] = {"ymd", "mdy", "dmy", "ydm"};
constexpr std::string_view mode_names[] = {"half up", "floor", "ceil", "truncate", "half even"};

std::string name_of(std::string_view name) { return "\"" + std::string(name) + "\""; }
std::string number(std::int64_t i) { return std::to_string(i); }
std::string truth(bool b) { return b ? "true" : "false"; }

class CallWriter {
 public:
  CallWriter(const Signature& signature, bool cpp)
      : signature_(signature),
        cpp_(cpp),
        helpers_(cpp ? std::span<const Helper>(cpp_helpers) : js_helpers) {}

  std::string javascript(const Program& program) {
    std::string body;
    for (const Branch& b : program.branches) body += branch(b);
    std::string out = "function " + signature_.name + "(" + parameters("") + ") {\n";
    for (std::size_t i = 0; i < signature_.in.size(); ++i) {
      if (signature_.in[i] != Kind::text) out += "  " + input(i) + " = String(" + input(i) + ");\n";
    }
    return out + helpers_.code("  ") + body + "  return " + result("\"\"") + ";\n}\n";
  }

  std::string cplusplus(const Program& program) {
    std::string body;
    for (const Branch& b : program.branches) body += branch(b);
    constexpr std::string_view types[] = {"std::string", "long long", "bool"};
    std::string out =
        "#include <algorithm>\n#include <cstddef>\n#include <stdexcept>\n#include <string>\n";
    out += "#include <string_view>\n#include <tuple>\n#include <utility>\n#include <vector>\n\n";
    out +=
        std::string(types[static_cast<std::size_t>(signature_.out)]) + " " + signature_.name + "(";
    for (std::size_t i = 0; i < signature_.in.size(); ++i) {
      const Kind kind = signature_.in[i];
      out += (i > 0 ? ", " : "") + std::string(kind == Kind::text
                                                   ? "const std::string&"
                                                   : types[static_cast<std::size_t>(kind)]);
      out += " in" + number(static_cast<std::int64_t>(i) + 1);
    }
    out += ") {\n  using Str = std::u32string;\n";
    out += cpp_decode, out += cpp_encode;
    out += helpers_.code("  ");  // first: what they name inside would shadow the inputs
    for (std::size_t i = 0; i < signature_.in.size(); ++i) {
      const std::string in = "in" + number(static_cast<std::int64_t>(i) + 1);
      out += "  [[maybe_unused]] const Str " + input(i) + " = decode(";
      out += signature_.in[i] == Kind::text      ? in
             : signature_.in[i] == Kind::integer ? "std::to_string(" + in + ")"
                                                 : in + " ? \"true\" : \"false\"";
      out += ");\n";
    }
    return out + body + "  return " + result("Str()") + ";\n}\n";
  }

 private:
  std::string input(std::size_t i) const {
    return signature_.in.size() == 1 ? "x" : "x" + number(static_cast<std::int64_t>(i) + 1);
  }
  std::string parameters(std::string_view type) const {
    std::string out;
    for (std::size_t i = 0; i < signature_.in.size(); ++i)
      out += (i > 0 ? ", " : "") + std::string(type) + input(i);
    return out;
  }

  std::string text(View s) const {
    return cpp_ ? "Str(U" + quoted(s, false) + ", " + number(static_cast<std::int64_t>(s.size())) +
                      ")"
                : quoted(s, true);
  }
  /// Mantissas of JavaScript are BigInt.
  std::string mantissa(std::int64_t n) const { return number(n) + (cpp_ ? "" : "n"); }
  std::string text(char32_t c) const { return text(View(&c, 1)); }

  template <class... Args>
  std::string call(std::string_view name, const Args&... args) {
    std::string out = helpers_.use(name) + "(";
    bool first = true;
    ((out += (first ? "" : ", ") + args, first = false), ...);
    return out + ")";
  }

  std::string result(const std::string& value) const {
    if (signature_.out == Kind::text) return cpp_ ? "encode(" + value + ")" : value;
    if (signature_.out == Kind::boolean) return value + (cpp_ ? " == U\"true\"" : " === \"true\"");
    if (!cpp_)
      return "((s) => {\n    const n = /^-?[0-9]{1,19}$/.test(s) ? BigInt(s) : 0n;\n"
             "    return Number.isSafeInteger(Number(n)) ? Number(n) : n === BigInt.asIntN(64, n) "
             "? n "
             ": 0;\n  })(" +
             value + ")";
    return "[&](const std::string& s) {\n"
           "    const std::size_t sign = !s.empty() && s[0] == '-' ? 1 : 0;\n"
           "    const bool good = s.size() > sign && s.size() <= sign + 19 && "
           "s.find_first_not_of(\"0123456789\", sign) == s.npos;\n"
           "    const unsigned long long n = good ? std::stoull(s.substr(sign)) : 0;\n"
           "    if (n > (1ULL << 63) - 1 + sign) return 0LL;\n"
           "    return static_cast<long long>(sign == 1 ? 0 - n : n);\n  }(encode(" +
           value + "))";
  }

  std::string branch(const Branch& b) {
    std::string value;
    for (const Piece& p : b.pieces) value += (value.empty() ? "" : " + ") + piece(p);
    if (value.empty()) value = text(View());
    const std::string head =
        b.when.kind == Condition::Kind::always ? "  " : "  if (" + condition(b.when) + ") ";
    const std::string caught =
        cpp_ ? "  } catch (const std::out_of_range&) {\n  }\n"
             : "  } catch (e) {\n    if (!(e instanceof RangeError)) throw e;\n  }\n";
    return head + "try {\n    return " + result(value) + ";\n" + caught;
  }

  std::string position(const Position& p) {
    if (p.kind == Position::Kind::offset) return call("offset", number(p.k));
    if (p.kind == Position::Kind::token) {
      return call("token", name_of(class_names[static_cast<std::size_t>(p.token)]), number(p.k),
                  truth(p.end), truth(p.lenient));
    }
    return call("literal", text(p.literal), number(p.k), truth(p.end), truth(p.lenient));
  }

  std::string all_inputs() const {
    std::string x;
    for (std::size_t i = 0; i < signature_.in.size(); ++i)
      x += (i > 0 ? " + " + text(U' ') + " + " : "") + input(i);
    return x;
  }

  std::string slice(const Slice& s) {
    std::string x =
        s.input == Slice::all_inputs ? all_inputs() : input(static_cast<std::size_t>(s.input));
    if (!s.whole() || s.order != Slice::Order::apart) {
      constexpr std::string_view orders[] = {"apart", "from first", "to first"};
      x = call("slice", x, name_of(orders[static_cast<std::size_t>(s.order)]), position(s.from),
               position(s.to));
    }
    return s.trim ? call("trimmed", x) : x;
  }

  std::string edited(const std::string& s, const Edit& e) {
    switch (e.kind) {
      case Edit::Kind::none:
        return s;
      case Edit::Kind::keep_digits:
        return call("keep", s, name_of("digits"));
      case Edit::Kind::keep_letters:
        return call("keep", s, name_of("letters"));
      case Edit::Kind::keep_alnum:
        return call("keep", s, name_of("alnum"));
      case Edit::Kind::keep_uppers:
        return call("keep", s, name_of("uppers"));
      case Edit::Kind::drop:
        return call("drop", s, text(e.a));
      case Edit::Kind::swap:
        return call("swap", s, text(e.a), text(e.b));
      case Edit::Kind::squeeze:
        return call("squeeze", s);
      case Edit::Kind::initials:
        return call("initials", s, e.a == 0 ? text(View()) : text(e.a));
      case Edit::Kind::pad_left:
        return call("pad_left", s, number(e.width), text(e.a));
      case Edit::Kind::pad_right:
        return call("pad_right", s, number(e.width), text(e.a));
      case Edit::Kind::strip_zeros:
        return call("strip_zeros", s);
      case Edit::Kind::replace:
        return e.what.empty() ? s : call("swap", s, text(e.what), text(e.by));
      case Edit::Kind::count:
        return call("count", s, text(e.what), number(e.width));
      case Edit::Kind::ordinal:
        return call("ordinal_text", s);
      case Edit::Kind::join:
        return call("join_runs", s, text(e.a));
      case Edit::Kind::digits:
        return call("digits_part", s, number(e.width), number(e.count));
      case Edit::Kind::mask:
        return call("mask", s, text(e.a));
      case Edit::Kind::length:
        return call("length_text", s, number(e.count));
      case Edit::Kind::roman:
        return call("roman", s);
      case Edit::Kind::part_case:
        return call("part_case", s, text(e.a));
      case Edit::Kind::grouped:
        return call("grouped", s, text(e.a));
      case Edit::Kind::spread:
        return call("spread", s, number(e.width), text(e.a));
    }
    return s;
  }

  std::string cased(const std::string& s, Letters letters) {
    constexpr std::string_view names[] = {"", "lower", "upper", "title", "capital", "first_upper"};
    return letters == Letters::as_is ? s : call(names[static_cast<std::size_t>(letters)], s);
  }

  std::string moment(const std::string& x, DateOrder order) {
    const auto name = [](std::size_t i) { return name_of(order_names[i]); };
    return order == DateOrder::mdy_or_dmy ? call("either", x, name(1), name(2))
           : order == DateOrder::dmy_or_mdy
               ? call("either", x, name(2), name(1))
               : call("moment", x, name(static_cast<std::size_t>(order)));
  }

  std::string moment(const MomentSource& m) {
    const std::string read = moment(slice(m.where), m.order);
    std::string out = m.unit == 0 && m.add == 0
                          ? read
                          : call("rounded_time", read, number(m.unit), number(m.offset),
                                 name_of(mode_names[static_cast<std::size_t>(m.mode)]),
                                 number(m.add), truth(m.wrap));
    if (m.begin >= Begin::week) {
      out = call("week_of", out, number(m.begin == Begin::week ? 0 : 6));
    } else if (m.begin != Begin::none) {
      constexpr std::string_view names[] = {"", "month", "quarter", "year"};
      out = call("first_of", out, name_of(names[static_cast<std::size_t>(m.begin)]));
    }
    if (m.months != 0) out = call("months_later", out, number(m.months));
    return m.days == 0 ? out : call("days_later", out, number(m.days));
  }

  static std::string_view field_name(Field f) {
    switch (f) {
      case Field::year:
        return "year";
      case Field::month:
      case Field::month2:
        return "month";
      case Field::day:
      case Field::day2:
        return "day";
      case Field::quarter:
        return "quarter";
      case Field::day_of_year:
      case Field::day_of_year3:
        return "day of year";
      case Field::iso_week:
      case Field::iso_week2:
        return "week";
      case Field::iso_weekday:
        return "weekday";
      case Field::hour:
      case Field::hour2:
        return "hour";
      case Field::hour12:
      case Field::hour12_2:
        return "hour12";
      case Field::minute:
      case Field::minute2:
        return "minute";
      case Field::second:
      case Field::second2:
        return "second";
      case Field::total_minutes:
        return "total minutes";
      case Field::total_days:
        return "total days";
      case Field::months_days:
        return "months and days";
      default:
        return "total seconds";
    }
  }

  std::string field(const MomentSource& source, Field f) {
    const std::string m = moment(source);
    const auto wide = [&](int width) {
      return call("field", m, name_of(field_name(f)), number(width));
    };
    switch (f) {
      case Field::year:
        return wide(4);
      case Field::year2:
        return call("year2", m);
      case Field::month3:
        return call("month_name", m, number(3));
      case Field::month_name:
        return call("month_name", m, number(9));
      case Field::day_ordinal:
        return call("ordinal", m);
      case Field::weekday3:
        return call("weekday_name", m, number(3));
      case Field::weekday_name:
        return call("weekday_name", m, number(9));
      case Field::day_of_year3:
        return wide(3);
      case Field::am_pm:
      case Field::am_pm1:
        return call("am_pm", m, number(f == Field::am_pm ? 2 : 1));
      case Field::month2:
      case Field::day2:
      case Field::iso_week2:
      case Field::hour2:
      case Field::hour12_2:
      case Field::minute2:
      case Field::second2:
        return wide(2);
      default:
        return wide(1);
    }
  }

  std::string sizes(Units kind) const {
    std::string all;
    for (const Unit& unit : units_of(kind)) {
      const std::string one = text(unit.name) + ", " + mantissa(unit.size);
      all += (all.empty() ? "" : ", ") + (cpp_ ? "{" + one + "}" : "[" + one + "]");
    }
    return cpp_ ? "{" + all + "}" : "[" + all + "]";
  }

  std::string operand(const NumberSource& s) {
    if (s.field) {
      return call("integer", call("field_number", moment(s.moment), name_of(field_name(*s.field))));
    }
    const std::string x =
        s.input == Slice::all_inputs ? all_inputs() : input(static_cast<std::size_t>(s.input));
    if (s.units == Units::powers) return call("powers", x, number(s.k), truth(s.comma));
    if (s.units != Units::none)
      return call("measured", x, number(s.k), truth(s.comma), sizes(s.units));
    return s.k == 0 ? call("total", x, truth(s.comma))
                    : call("number", x, number(s.k), truth(s.comma));
  }

  std::string value(const NumberSource& s, const NumberSteps& steps) {
    std::string out = operand(s);
    constexpr std::string_view joins[] = {"", "added", "minus", "product", "ratio"};
    if (s.join > Join::over && s.join != Join::clock) {
      const bool less = s.join == Join::less_percent || s.join == Join::less_share;
      const bool percent = s.join == Join::less_percent || s.join == Join::more_percent;
      const std::string whole = call("integer", number(percent ? 100 : 1));
      out = call("product", out, call(less ? "minus" : "added", whole, operand(*s.other)));
      if (percent) out = call("scaled", out, number(-2));
    } else if (s.join == Join::clock) {
      out = call("rest_of", call("minus", out, operand(*s.other)), mantissa(units_of_day(s)));
    } else if (s.join == Join::over) {
      const std::string_view join = joins[static_cast<std::size_t>(s.join)];
      out = call(join, out, operand(*s.other), number(s.places));
    } else if (s.join != Join::none) {
      out = call(joins[static_cast<std::size_t>(s.join)], out, operand(*s.other));
    }
    const std::string mode = name_of(mode_names[static_cast<std::size_t>(steps.mode)]);
    if (steps.scale != 0) out = call("scaled", out, number(steps.scale));
    if (!equal(steps.times, {1, 0}))
      out = call("times", out, mantissa(steps.times.mantissa), number(steps.times.decimals));
    if (steps.shift.mantissa != 0)
      out = call("plus", out, mantissa(steps.shift.mantissa), number(steps.shift.decimals));
    if (steps.over != 1)
      out = call("divided", out, mantissa(steps.over), number(0), mode, number(steps.places));
    if (steps.modulo != 0) out = call("rest_of", out, mantissa(steps.modulo));
    if (steps.unit) {
      out =
          call("rounded", out, mantissa(steps.unit->mantissa), number(steps.unit->decimals), mode);
    }
    if (steps.figures != 0) out = call("significant", out, number(steps.figures));
    if (steps.part != Part::all)
      out = call(steps.part == Part::power ? "power_of" : "significand", out);
    if (steps.add.mantissa != 0)
      out = call("plus", out, mantissa(steps.add.mantissa), number(steps.add.decimals));
    return out;
  }

  std::string shown(const Piece& p) {
    const NumberFormat& f = p.format;
    constexpr std::string_view groupings[] = {"none", "thousands", "indian"};
    return call("show", value(p.number, p.steps), number(f.decimals_min), number(f.decimals_max),
                number(f.width), text(f.pad), text(f.tail),
                name_of(groupings[static_cast<std::size_t>(f.grouping)]), text(f.mark),
                text(f.group), f.plus ? text(U'+') : text(View()), truth(f.naked),
                truth(f.absolute));
  }

  std::string table(const Piece& p) {
    std::string out;
    if (!cpp_) {
      for (const auto& [in, to] : p.table) {
        out += out.empty() ? "[" : ", [";
        for (const Str& s : in) out += text(s) + ", ";
        out += text(to) + "]";
      }
      return call("table", "[" + out + "]", parameters(""));
    }
    helpers_.use("fail");
    for (const auto& [in, to] : p.table) {
      std::string test;
      for (std::size_t i = 0; i < in.size(); ++i)
        test += (i > 0 ? " && " : "") + input(i) + " == " + text(in[i]);
      out += "      if (" + test + ") return " + text(to) + ";\n";
    }
    return "[&]() -> Str {\n" + out + "      fail(true);\n      return {};\n    }()";
  }

  std::string piece(const Piece& p) {
    std::string out;
    switch (p.kind) {
      case Piece::Kind::constant:
        out = text(p.text);
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
    return cased(edited(out, p.edit), p.letters);
  }

  std::string condition(const Condition& c) {
    const std::string x = input(static_cast<std::size_t>(c.input)), no = c.negated ? "!" : "";
    const std::string token = name_of(class_names[static_cast<std::size_t>(c.token)]);
    switch (c.kind) {
      case Condition::Kind::always:
        return "true";
      case Condition::Kind::empty:
        return no + call("empty", x);
      case Condition::Kind::equals:
        return no + call("equals", x, text(c.text));
      case Condition::Kind::has:
        return no + call("has", x, text(c.text));
      case Condition::Kind::starts:
        return no + call("starts", x, text(c.text));
      case Condition::Kind::ends:
        return no + call("ends", x, text(c.text));
      case Condition::Kind::has_token:
        return no + call("has_token", x, token);
      case Condition::Kind::starts_token:
        return no + call("starts_token", x, token);
      case Condition::Kind::length:
        return no + call("length_is", x, number(c.count));
      case Condition::Kind::tokens:
        return no + call("tokens_are", x, token, number(c.count));
      case Condition::Kind::at_least:
        return no + call("at_least", x, mantissa(c.number.mantissa), number(c.number.decimals));
      case Condition::Kind::multiple:
        return no + call("multiple", x, mantissa(c.count));
      case Condition::Kind::moment_at_least: {
        const std::string value =
            call("field_number", moment(x, c.order), name_of(field_name(c.field)));
        const std::string test = value + " >= " + number(c.count) + "; }";
        return no + call("holds", (cpp_ ? "[&] { return " : "() => { return ") + test);
      }
    }
    return "true";
  }

  const Signature& signature_;
  bool cpp_;
  Helpers helpers_;
};

}  // namespace

std::string javascript(const Program& program, const Signature& signature) {
  return CallWriter(signature, false).javascript(program);
}

std::string cplusplus(const Program& program, const Signature& signature) {
  return CallWriter(signature, true).cplusplus(program);
}

}  // namespace weir::search::text
