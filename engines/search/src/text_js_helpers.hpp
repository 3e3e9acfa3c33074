// text_js_helpers.hpp: the helpers of generated JavaScript; each says what the evaluator says. Texts are strings, and
// positions count code points.
#pragma once

#include "text_helpers.hpp"

namespace weir::search::text {

inline constexpr Helper js_helpers[] = {
    {"fail", "", R"js(const fail = () => { throw new RangeError("no value"); };
)js"},
    {"chars", "", R"js(const chars = (s) => Array.from(s);
)js"},
    {"patterns", "",
     R"js(const letters = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u2c00-\u2dff\u3040-\ud7ff\uf900-\ufaff";
const uppers = "A-Z\u00c0-\u00d6\u00d8-\u00de\u0391-\u03a1\u03a3-\u03a9\u0400-\u042f";
const lowers = "a-z\u00df-\u00f6\u00f8-\u00ff\u03b1-\u03c9\u0430-\u045f";
const spaces = " \t\n\r\u00a0\u3000";
const patterns = {
  digits: "[0-9]+", letters: `[${letters}]+`, alnum: `[0-9${letters}]+`, uppers: `[${uppers}]+`,
  lowers: `[${lowers}]+`, capital: `[${uppers}][${lowers}]+`, word: `[${letters}]+(?:[-'\u2019][${letters}]+)*`,
  figure: "[0-9]+(?:[.,][0-9]+)*", visible: `[^${spaces}]+`, spaces: `[${spaces}]+`,
};
)js"},
    {"cased", "",
     R"js(const cased = new RegExp("[A-Za-z\u00c0-\u00d6\u00d8-\u00de\u00e0-\u00f6\u00f8-\u00fe\u0100-\u012f"
  + "\u0132-\u0137\u0139-\u0148\u014a-\u0177"
  + "\u0179-\u017e\u0391-\u03a1\u03a3-\u03a9\u03b1-\u03c1\u03c3-\u03c9\u0400-\u045f]", "gu");
)js"},
    {"upper", "cased", R"js(const upper = (s) => s.replace(cased, (c) => c.toUpperCase());
)js"},
    {"lower", "cased", R"js(const lower = (s) => s.replace(cased, (c) => c.toLowerCase());
)js"},
    {"first_upper", "upper chars",
     R"js(const first_upper = (s) => upper(chars(s).slice(0, 1).join("")) + chars(s).slice(1).join("");
)js"},
    {"capital", "first_upper lower", R"js(const capital = (s) => first_upper(lower(s));
)js"},
    {"title", "capital patterns",
     R"js(const title = (s) => s.replace(new RegExp(patterns.letters, "gu"), capital);
)js"},
    {"matches", "chars patterns",
     R"js(const matches = (s, name) => [...s.matchAll(new RegExp(patterns[name], "gu"))].map((m) => {
  const begin = chars(s.slice(0, m.index)).length;
  return [begin, begin + chars(m[0]).length];
});
)js"},
    {"occurrences", "chars", R"js(const occurrences = (s, text) => {
  const found = [];
  for (let i = s.indexOf(text); i >= 0; i = s.indexOf(text, i + text.length)) {
    const begin = chars(s.slice(0, i)).length;
    found.push([begin, begin + chars(text).length]);
  }
  return found;
};
)js"},
    {"chosen", "fail chars", R"js(const chosen = (s, found, k, end, lenient, is_from) => {
  const i = k > 0 ? k - 1 : found.length + k;
  if (i >= 0 && i < found.length) return found[i][end ? 1 : 0];
  return !lenient ? fail() : is_from ? 0 : chars(s).length;
};
)js"},
    {"offset", "chars",
     R"js(const offset = (k) => (s) => k >= 0 ? Math.min(k, chars(s).length) : Math.max(chars(s).length + 1 + k, 0);
)js"},
    {"token", "matches chosen",
     R"js(const token = (name, k, end, lenient) => (s, is_from) =>
  chosen(s, matches(s, name), k, end, lenient, is_from);
)js"},
    {"literal", "occurrences chosen",
     R"js(const literal = (text, k, end, lenient) => (s, is_from) =>
  chosen(s, occurrences(s, text), k, end, lenient, is_from);
)js"},
    {"trimmed", "patterns",
     R"js(const trimmed = (s) => s.replace(new RegExp(`^[${spaces}]+|[${spaces}]+$`, "gu"), "");
)js"},
    {"slice", "fail chars", R"js(const slice = (s, order, from, to) => {
  const part = (a, b) => chars(s).slice(a, b).join("");
  let begin, end;
  if (order === "to first") {
    end = to(s, false);
    begin = from(part(0, end), true);
  } else {
    begin = from(s, true);
    end = order === "apart" ? to(s, false) : begin + to(part(begin), false);
  }
  return begin > end ? fail() : part(begin, end);
};
)js"},
    {"keep", "patterns",
     R"js(const keep = (s, name) => (s.match(new RegExp(patterns[name], "gu")) ?? []).join("");
)js"},
    {"drop", "", R"js(const drop = (s, c) => s.split(c).join("");
)js"},
    {"swap", "", R"js(const swap = (s, a, b) => s.split(a).join(b);
)js"},
    {"count", "patterns", R"js(const count = (s, what, more) => {
  const times = what === "" ? (s.match(new RegExp(patterns.visible, "gu")) ?? []).length : s.split(what).length - 1;
  return String(times + more);
};
)js"},
    {"ordinal_text", "", R"js(const ordinal_text = (s) => {
  if (!/^[0-9]+$/.test(s)) return s;
  return s + (/1[0-9]$/.test(s) ? "th" : ["th", "st", "nd", "rd"][Number(s.at(-1))] ?? "th");
};
)js"},
    {"squeeze", "patterns",
     R"js(const squeeze = (s) => (s.match(new RegExp(patterns.visible, "gu")) ?? []).join(" ");
)js"},
    {"join_runs", "patterns",
     R"js(const join_runs = (s, mark) => (s.match(new RegExp(patterns.alnum, "gu")) ?? []).join(mark);
)js"},
    {"digits_part", "", R"js(const digits_part = (s, from, count) => {
  const digits = s.replace(/[^0-9]/gu, "");
  return digits.slice(from, from < 0 && from + count >= 0 ? undefined : from + count);
};
)js"},
    {"mask", "patterns",
     R"js(const mask = (s, c) => s.replace(new RegExp(`[0-9${letters}]`, "gu"), () => c);
)js"},
    {"length_text", "patterns chars", R"js(const length_text = (s, what) => {
  const counted = new RegExp(what === 1 ? `[${letters}]` : what === 2 ? "[0-9]" : "[^]", "u");
  return String(chars(s).filter((c) => counted.test(c)).length);
};
)js"},
    {"roman", "", R"js(const roman = (s) => {
  if (!/^([1-9][0-9]{0,2}|[1-3][0-9]{3})$/u.test(s)) return s;
  const values = [1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1];
  let n = Number(s), out = "";
  "M CM D CD C XC L XL X IX V IV I".split(" ").forEach((figures, i) => {
    out += figures.repeat(Math.floor(n / values[i]));
    n %= values[i];
  });
  return out;
};
)js"},
    {"part_case", "patterns", R"js(const part_case = (s, mark) =>
  s.replace(new RegExp(`(?<=[0-9${lowers}])(?=[${uppers}])`, "gu"), () => mark);
)js"},
    {"grouped", "", R"js(const grouped = (s, mark) =>
  /^-?[0-9]+$/.test(s) ? s.replace(/(?<=[0-9])(?=(?:[0-9]{3})+$)/g, () => mark) : s;
)js"},
    {"spread", "patterns chars", R"js(const spread = (s, width, fill) => {
  const gap = [...s.matchAll(new RegExp(patterns.spaces, "gu"))].at(-1);
  if (gap === undefined) return s;
  const rest = s.slice(gap.index + gap[0].length);
  const missing = width - chars(s).length + gap[0].length;
  return s.slice(0, gap.index) + fill.repeat(Math.max(missing, 0)) + rest;
};
)js"},
    {"initials", "patterns chars", R"js(const initials = (s, behind) =>
  (s.match(new RegExp(patterns.visible, "gu")) ?? []).map((w) => chars(w)[0] + behind).join("");
)js"},
    {"pad_left", "chars",
     R"js(const pad_left = (s, width, c) => c.repeat(Math.max(width - chars(s).length, 0)) + s;
)js"},
    {"pad_right", "chars",
     R"js(const pad_right = (s, width, c) => s + c.repeat(Math.max(width - chars(s).length, 0));
)js"},
    {"strip_zeros", "", R"js(const strip_zeros = (s) => s.replace(/^0+(?=[^])/u, "");
)js"},
    {"within", "",
     R"js(const within = (m) => m <= 9223372036854775807n && m >= -9223372036854775807n;
)js"},
    {"scan", "patterns within", R"js(const scan = (s, comma, beside) => {
  const [m, g] = comma ? [",", "\\."] : ["\\.", ","];
  const d = "[0-9]";
  const pattern = new RegExp(
    `${d}+(?:${g}(?=(?:${d}{2}${g})*${d}{3}(?!${d}))${d}+)*(?:${m}${d}+)?|(?<![0-9${letters}])${m}${d}+`, "gu");
  const found = [];
  for (let at = pattern.exec(s); at !== null; at = pattern.exec(s)) {
    const [head, tail = ""] = at[0].replaceAll(comma ? "." : ",", "").split(comma ? "," : ".");
    const digits = (head + tail).replace(/^0+/, "");
    const before = s.slice(0, at.index).replace(/[$\u00a2-\u00a5\u20a0-\u20cf]$/u, "");
    const negative = new RegExp(`(?:^|[^0-9${letters})])[-\u2212]$`, "u").test(before)
      || (before === "(" && s.slice(at.index + at[0].length) === ")");
    const mantissa = BigInt(digits || "0") * (negative ? -1n : 1n);
    const good = within(mantissa) && tail.length <= 12;
    const [x, end] = beside(good ? { mantissa, decimals: tail.length } : null, pattern.lastIndex);
    pattern.lastIndex = end;
    found.push(x);
  }
  return found;
};
)js"},
    {"numbers", "scan", R"js(const numbers = (s, comma) => scan(s, comma, (x, end) => [x, end]);
)js"},
    {"number", "numbers fail",
     R"js(const number = (s, k, comma) => numbers(s, comma).at(k > 0 ? k - 1 : k) ?? fail();
)js"},
    {"fit", "fail within",
     R"js(const fit = (mantissa, decimals) =>
  within(mantissa) && decimals <= 12 ? { mantissa, decimals } : fail();
)js"},
    {"integer", "", R"js(const integer = (n) => ({ mantissa: BigInt(n), decimals: 0 });
)js"},
    {"scaled", "fit", R"js(const scaled = (x, power) => {
  const decimals = x.decimals - power;
  return decimals >= 0 ? fit(x.mantissa, decimals) : fit(x.mantissa * 10n ** BigInt(-decimals), 0);
};
)js"},
    {"plus", "fit", R"js(const plus = (x, mantissa, decimals) => {
  const most = Math.max(x.decimals, decimals);
  const a = fit(x.mantissa * 10n ** BigInt(most - x.decimals), most).mantissa;
  return fit(a + fit(mantissa * 10n ** BigInt(most - decimals), most).mantissa, most);
};
)js"},
    {"added", "plus", R"js(const added = (x, y) => plus(x, y.mantissa, y.decimals);
)js"},
    {"minus", "plus", R"js(const minus = (x, y) => plus(x, -y.mantissa, y.decimals);
)js"},
    {"total", "numbers plus fail", R"js(const total = (s, comma) => {
  const found = numbers(s, comma);
  if (found.length === 0 || found.includes(null)) fail();
  return found.reduce((x, y) => plus(x, y.mantissa, y.decimals), { mantissa: 0n, decimals: 0 });
};
)js"},
    {"pick", "plus fail", R"js(const pick = (found, k) => {
  const chosen = k === 0 ? found : [found.at(k > 0 ? k - 1 : k) ?? null];
  if (chosen.length === 0 || chosen.includes(null)) fail();
  return chosen.reduce((x, y) => plus(x, y.mantissa, y.decimals), { mantissa: 0n, decimals: 0 });
};
)js"},
    {"measured", "scan pick", R"js(const measured = (s, k, comma, sizes) => {
  const unit = new RegExp(`[${spaces}]*([${letters}]+|['"]|)`, "uy");
  return pick(scan(s, comma, (x, end) => {
    unit.lastIndex = end;
    const size = new Map(sizes).get(unit.exec(s)[1].toLowerCase());
    const good = x !== null && size !== undefined && within(x.mantissa * size);
    return [good ? { mantissa: x.mantissa * size, decimals: x.decimals } : null, end];
  }), k);
};
)js"},
    {"powers", "scan pick scaled", R"js(const powers = (s, k, comma) => {
  const power = new RegExp(`(?:[eE]| ?[xX*\u00d7] ?10\\^)([-+\u2212]?)([0-9]{1,3})(?![0-9${letters}])`, "uy");
  return pick(scan(s, comma, (x, end) => {
    power.lastIndex = end;
    const at = power.exec(s);
    if (at === null) return [x, end];
    const n = Number(at[2]) * (at[1] === "" || at[1] === "+" ? 1 : -1);
    try {
      return [x === null || Math.abs(n) > 18 ? null : scaled(x, n), power.lastIndex];
    } catch {
      return [null, power.lastIndex];
    }
  }), k);
};
)js"},
    {"times", "fit",
     R"js(const times = (x, mantissa, decimals) => fit(x.mantissa * mantissa, x.decimals + decimals);
)js"},
    {"product", "times", R"js(const product = (x, y) => times(x, y.mantissa, y.decimals);
)js"},
    {"whole", "fail", R"js(const whole = (a, unit, mode) => {
  if (unit > 2305843009213693951n) fail();
  const rest = ((a % unit) + unit) % unit;
  const q = (a - rest) / unit;
  const up = mode === "ceil" || (mode === "truncate" && a < 0n)
    || (mode === "half up" && (rest * 2n > unit || (rest * 2n === unit && a > 0n)))
    || (mode === "half even" && (rest * 2n > unit || (rest * 2n === unit && q % 2n !== 0n)));
  return rest !== 0n && up ? q + 1n : q;
};
)js"},
    {"divided", "fit whole", R"js(const divided = (x, mantissa, decimals, mode, places) => {
  const up = places - x.decimals + decimals;
  if (mantissa === 0n || Math.abs(up) > 18) fail();
  const a = fit(x.mantissa * 10n ** BigInt(Math.max(up, 0)), 0).mantissa;
  const b = fit(mantissa * 10n ** BigInt(Math.max(-up, 0)), 0).mantissa;
  return fit(whole(b > 0n ? a : -a, b > 0n ? b : -b, mode), places);
};
)js"},
    {"ratio", "divided",
     R"js(const ratio = (x, y, places) => divided(x, y.mantissa, y.decimals, "half up", places);
)js"},
    {"rest_of", "fit", R"js(const rest_of = (x, unit) => {
  const u = fit(unit * 10n ** BigInt(x.decimals), 0).mantissa;
  return { mantissa: ((x.mantissa % u) + u) % u, decimals: x.decimals };
};
)js"},
    {"rounded", "fit whole", R"js(const rounded = (x, mantissa, decimals, mode) => {
  const most = Math.max(x.decimals, decimals);
  const a = fit(x.mantissa * 10n ** BigInt(most - x.decimals), most).mantissa;
  const u = fit(mantissa * 10n ** BigInt(most - decimals), most).mantissa;
  return fit(whole(a, u, mode) * mantissa, decimals);
};
)js"},
    {"figures", "", R"js(const figures = (x) => String(x.mantissa).replace("-", "");
)js"},
    {"significant", "rounded figures", R"js(const significant = (x, n) => {
  const cut = figures(x).length - n, d = x.decimals - cut;
  if (x.mantissa === 0n || cut <= 0) return x;
  return d >= 0 ? rounded(x, 1n, d, "half up") : rounded(x, 10n ** BigInt(-d), 0, "half up");
};
)js"},
    {"significand", "fit figures", R"js(const significand = (x) => {
  const digits = figures(x).replace(/0+$/u, "") || "0";
  return fit(BigInt(digits) * (x.mantissa < 0n ? -1n : 1n), digits.length - 1);
};
)js"},
    {"power_of", "integer figures", R"js(const power_of = (x) =>
  integer(x.mantissa === 0n ? 0 : figures(x).length - 1 - x.decimals);
)js"},
    {"show", "rounded figures",
     R"js(const show = (x, least, most, width, pad, tail, groups, mark, group, sign, bare, absolute) => {
  if (x.decimals > most) x = rounded(x, 1n, most, "half up");
  const digits = figures(x).padStart(x.decimals + 1, "0");
  let head = digits.slice(0, digits.length - x.decimals);
  let rest = digits.slice(digits.length - x.decimals);
  while (rest.endsWith("0") && (rest.length > least || tail !== "0")) rest = rest.slice(0, -1);
  rest = rest.padEnd(least, tail);
  if (head === "0" && bare && rest !== "") head = "";
  if (groups === "thousands") head = head.replace(/(?<=[0-9])(?=(?:[0-9]{3})+$)/g, group);
  if (groups === "indian") head = head.replace(/(?<=[0-9])(?=(?:[0-9]{2})*[0-9]{3}$)/g, group);
  const before = absolute ? "" : x.mantissa < 0n ? "-" : sign;
  return before + head.padStart(width, pad) + (rest === "" ? "" : mark + rest);
};
)js"},
    {"months", "",
     R"js(const months =
  ("January February March April May June July August September October November December").split(" ");
)js"},
    {"moment", "fail months", R"js(const moment = (s, order) => {
  const t = [...s.matchAll(/[0-9]+|[A-Za-z]+/g)]
    .map((m) => ({ text: m[0], begin: m.index, end: m.index + m[0].length }));
  const digit = (i) => i < t.length && /^[0-9]/.test(t[i].text);
  const after = (i, c) => digit(i + 1) && t[i + 1].begin === t[i].end + 1 && s[t[i].end] === c;
  const colon = (i) => digit(i) && after(i, ":") && t[i + 1].text.length <= 2;
  let year = null, month = null, day = null, second = null;
  for (let i = 0; i < t.length; ++i) {
    if (!digit(i) || t[i].text.length > 2) continue;
    let n = 1, mi = 0, se = 0, half = "";
    if (colon(i)) {
      n = 2;
      mi = Number(t[i + 1].text);
      if (colon(i + 1)) {
        n = after(i + 2, ".") ? 4 : 3;
        se = Number(t[i + 2].text);
      }
    }
    const j = i + n;
    if (j < t.length && /^[ap]m?$/i.test(t[j].text) && t[j].begin <= t[j - 1].end + 1) {
      half = t[j].text[0].toLowerCase();
      const dotted = j + 1 < t.length && /^m$/i.test(t[j + 1].text) && t[j + 1].begin === t[j].end + 1;
      if (t[j].text.length === 1 && dotted) ++n;
      ++n;
    }
    if (n === 1 && half === "") continue;
    let h = Number(t[i].text);
    if (mi > 59 || se > 59 || (half !== "" && (h === 0 || h > 23))) fail();
    if (half !== "" && h <= 12) h = (h % 12) + (half === "p" ? 12 : 0);
    second = h * 3600 + mi * 60 + se;
    t.splice(i, n);
    break;
  }
  let n = [];
  for (const { text } of t) {
    if (/^[0-9]/.test(text)) {
      n.push({ length: text.length, value: Number(text.slice(0, 9)) });
    } else if (month === null && text.length >= 3) {
      const k = months.findIndex((name) => name.toLowerCase().startsWith(text.toLowerCase()));
      if (k >= 0) month = k + 1;
    }
  }
  if (n.length === 1 && (n[0].length === 6 || n[0].length === 8)) {
    const digits = String(n[0].value).padStart(n[0].length, "0");
    let begin = 0;
    n = [...order].map((c) => {
      const length = c === "y" ? digits.length - 4 : 2;
      begin += length;
      return { length, value: Number(digits.slice(begin - length, begin)) };
    });
  }
  const days_of = (y) => {
    const leap = y === null || (y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0));
    return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  };
  const full = (x) => x.length === 4 ? x.value : x.length > 2 ? -2 : x.value + (x.value < 30 ? 2000 : 1900);
  if (month !== null) {
    if (n.length > 0) {
      const first = n[0].length > 2 || n[0].value > 31;
      if (n.length > 1) {
        year = full(n[first ? 0 : 1]);
        day = n[first ? 1 : 0].value;
      } else if (first) {
        year = full(n[0]);
      } else {
        day = n[0].value;
      }
    }
  } else if (n.length === 1) {
    if (n[0].length === 4) year = n[0].value;
    else if (second === null) fail();
  } else if (n.length === 2) {
    if (n[0].length === 4 || n[1].length === 4) {
      [year, month] = (n[0].length === 4 ? n : [n[1], n[0]]).map((x) => x.value);
      const days = days_of(year);
      if (month > 12 && month <= days.reduce((a, b) => a + b)) {
        day = month;
        for (month = 1; day > days[month - 1]; ++month) day -= days[month - 1];
      }
    } else {
      [day, month] = (order === "dmy" || order === "ydm" ? n : [n[1], n[0]]).map((x) => x.value);
    }
  } else if (n.length > 2) {
    if (n[0].length === 4 && order !== "ydm") order = "ymd";
    year = full(n[order.indexOf("y")]);
    month = n[order.indexOf("m")].value;
    day = n[order.indexOf("d")].value;
  }
  const days = days_of(year);
  if (month !== null && (month < 1 || month > 12)) fail();
  if (year !== null && (year < 0 || (year === 0 && second === null))) fail();
  if (day !== null && (month === null || day < 1 || day > days[month - 1])) fail();
  if (year === null && month === null && second === null) fail();
  return { year, month, day, second };
};
)js"},
    {"either", "moment", R"js(const either = (s, first, second) => {
  try {
    return moment(s, first);
  } catch {
    return moment(s, second);
  }
};
)js"},
    {"rounded_time", "fail", R"js(const rounded_time = (m, unit, start, mode, add, wrap) => {
  if (m.second === null) fail();
  let second = m.second;
  if (unit > 0) {
    const rest = (((second - start) % unit) + unit) % unit;
    second -= rest;
    if (rest > 0 && (mode === "ceil" || (mode === "half up" && rest * 2 >= unit))) second += unit;
  }
  second += add;
  if (wrap && m.second < 86400) second = ((second % 86400) + 86400) % 86400;
  return second < 0 ? fail() : { ...m, second };
};
)js"},
    {"days_later", "fail", R"js(const days_later = (m, n) => {
  let [year, month, day] = [m.year ?? fail(), m.month ?? fail(), (m.day ?? fail()) + n];
  const length = () => {
    const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
    return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  };
  while (day < 1) {
    if (--month === 0) [year, month] = [year - 1, 12];
    day += length();
  }
  while (day > length()) {
    day -= length();
    if (++month === 13) [year, month] = [year + 1, 1];
  }
  return year > 0 && year <= 9999 ? { ...m, year, month, day } : fail();
};
)js"},
    {"months_later", "fail", R"js(const months_later = (m, n) => {
  const months = (m.year ?? fail()) * 12 + (m.month ?? fail()) - 1 + n;
  if (months < 12 || months >= 120000) fail();
  const year = Math.floor(months / 12), month = (months % 12) + 1;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const last = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return { ...m, year, month, day: Math.min(m.day ?? fail(), last) };
};
)js"},
    {"first_of", "fail", R"js(const first_of = (m, what) => {
  if (m.year === null || m.month === null) fail();
  const month = what === "month" ? m.month : what === "quarter" ? m.month - ((m.month - 1) % 3) : 1;
  return { ...m, month, day: 1 };
};
)js"},
    {"field_number", "fail", R"js(const field_number = (m, name) => {
  const part = (key) => m[key] ?? fail();
  const days = (y, mo, d) => {
    const z = mo <= 2 ? y - 1 : y;
    return 365 * z + Math.floor(z / 4) - Math.floor(z / 100) + Math.floor(z / 400)
      + Math.floor((153 * ((mo + 9) % 12) + 2) / 5) + d;
  };
  const date = () => days(part("year"), part("month"), part("day"));
  const weekday = () => (date() + 1) % 7;
  const week = () => {
    const thursday = date() - weekday() + 3;
    let year = m.year + 1;
    while (days(year, 1, 1) > thursday) --year;
    return Math.floor((thursday - days(year, 1, 1)) / 7) + 1;
  };
  switch (name) {
    case "quarter": return Math.floor((part("month") + 2) / 3);
    case "day of year": return date() - days(m.year, 1, 1) + 1;
    case "weekday": return weekday() + 1;
    case "week": return week();
    case "hour": return Math.floor(part("second") / 3600);
    case "hour12": return part("second") >= 86400 ? fail() : ((Math.floor(m.second / 3600) + 11) % 12) + 1;
    case "minute": return Math.floor(part("second") / 60) % 60;
    case "second": return part("second") % 60;
    case "total minutes": return Math.floor(part("second") / 60);
    case "total seconds": return part("second");
    case "total days": return date();
    case "months and days": return (part("year") * 12 + part("month") - 1) * 100 + part("day");
    default: return part(name);
  }
};
)js"},
    {"week_of", "days_later field_number",
     R"js(const week_of = (m, first) => days_later(m, -((field_number(m, "weekday") + 6 - first) % 7));
)js"},
    {"field", "field_number",
     R"js(const field = (m, name, width) => String(field_number(m, name)).padStart(width, "0");
)js"},
    {"year2", "field_number",
     R"js(const year2 = (m) => String(field_number(m, "year") % 100).padStart(2, "0");
)js"},
    {"month_name", "months field_number",
     R"js(const month_name = (m, length) => months[field_number(m, "month") - 1].slice(0, length);
)js"},
    {"weekday_name", "field_number", R"js(const weekday_name = (m, length) =>
  "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
    .split(" ")[field_number(m, "weekday") - 1].slice(0, length);
)js"},
    {"am_pm", "field_number",
     R"js(const am_pm = (m, length) =>
  (field_number(m, "hour12") && m.second < 43200 ? "AM" : "PM").slice(0, length);
)js"},
    {"ordinal", "field_number", R"js(const ordinal = (m) => {
  const n = field_number(m, "day");
  return n + (n >= 11 && n <= 13 ? "th" : ["th", "st", "nd", "rd"][n % 10] ?? "th");
};
)js"},
    {"table", "fail", R"js(const table = (rows, ...row) =>
  (rows.find((r) => row.every((x, i) => x === r[i])) ?? fail())[row.length];
)js"},
    {"has", "", R"js(const has = (s, text) => s.includes(text);
)js"},
    {"starts", "", R"js(const starts = (s, text) => s.startsWith(text);
)js"},
    {"ends", "", R"js(const ends = (s, text) => s.endsWith(text);
)js"},
    {"equals", "", R"js(const equals = (s, text) => s === text;
)js"},
    {"empty", "trimmed", R"js(const empty = (s) => trimmed(s) === "";
)js"},
    {"length_is", "chars", R"js(const length_is = (s, n) => chars(s).length === n;
)js"},
    {"has_token", "matches", R"js(const has_token = (s, name) => matches(s, name).length > 0;
)js"},
    {"starts_token", "matches",
     R"js(const starts_token = (s, name) => matches(s, name)[0]?.[0] === 0;
)js"},
    {"tokens_are", "matches", R"js(const tokens_are = (s, name, n) => matches(s, name).length === n;
)js"},
    {"holds", "", R"js(const holds = (test) => {
  try {
    return test();
  } catch (e) {
    if (!(e instanceof RangeError)) throw e;
    return false;
  }
};
)js"},
    {"multiple", "numbers rest_of", R"js(const multiple = (s, n) => {
  try {
    const x = numbers(s, false)[0];
    return n > 0n && x != null && rest_of(x, n).mantissa === 0n;
  } catch {
    return false;
  }
};
)js"},
    {"at_least", "numbers plus", R"js(const at_least = (s, mantissa, decimals) => {
  try {
    const x = numbers(s, false)[0];
    return x != null && plus(x, -mantissa, decimals).mantissa >= 0n;
  } catch {
    return false;
  }
};
)js"},
};

}  // namespace weir::search::text
