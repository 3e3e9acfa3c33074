// text_python_helpers.hpp: the helpers of generated Python; each says what the evaluator says.
#pragma once

#include <array>

#include "text_helpers.hpp"

namespace weir::search::text {

inline constexpr Helper python_helpers[] = {
    {"spaces", "", R"py(spaces = " \t\n\r\u00a0\u3000"
)py"},
    {"letters", "",
     R"py(letters = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u2c00-\u2dff\u3040-\ud7ff\uf900-\ufaff"
)py"},
    {"uppers", "",
     R"py(uppers = "A-Z\u00c0-\u00d6\u00d8-\u00de\u0391-\u03a1\u03a3-\u03a9\u0400-\u042f"
)py"},
    {"lowers", "", R"py(lowers = "a-z\u00df-\u00f6\u00f8-\u00ff\u03b1-\u03c9\u0430-\u045f"
)py"},
    {"cased", "", R"py(cased = (
    "[A-Za-z\u00c0-\u00d6\u00d8-\u00de\u00e0-\u00f6\u00f8-\u00fe\u0100-\u012f\u0132-\u0137\u0139-\u0148"
    "\u014a-\u0177\u0179-\u017e\u0391-\u03a1\u03a3-\u03a9\u03b1-\u03c1\u03c3-\u03c9\u0400-\u045f]"
)
)py"},
    {"upper", "cased", R"py(def upper(s):
    return re.sub(cased, lambda m: m[0].upper(), s)
)py"},
    {"lower", "cased", R"py(def lower(s):
    return re.sub(cased, lambda m: m[0].lower(), s)
)py"},
    {"capital", "upper lower", R"py(def capital(s):
    return upper(s[:1]) + lower(s[1:])
)py"},
    {"first_upper", "upper", R"py(def first_upper(s):
    return upper(s[:1]) + s[1:]
)py"},
    {"title", "letters capital", R"py(def title(s):
    return re.sub("[" + letters + "]+", lambda m: capital(m[0]), s)
)py"},
    {"place", "", R"py(def place(s, pattern, k, end, otherwise=None):
    found = [m.span()[end] for m in re.finditer(pattern, s)]
    if -len(found) <= k < len(found):
        return found[k]
    if otherwise is None:
        raise LookupError(pattern)
    return otherwise
)py"},
    {"cut", "", R"py(def cut(s, begin, end):
    if begin > end:
        raise LookupError("nothing between")
    return s[begin:end]
)py"},
    {"words", "spaces", R"py(def words(s):
    return re.findall("[^" + spaces + "]+", s)
)py"},
    {"scan", "letters", R"py(def scan(s, mark, group, beside):
    d, g, m = "[0-9]", re.escape(group), re.escape(mark)
    pattern = re.compile(
        f"{d}+(?:{g}(?=(?:{d}{{2}}{g})*{d}{{3}}(?!{d})){d}+)*(?:{m}{d}+)?"
        f"|(?<![0-9{letters}]){m}{d}+"
    )
    found, at = [], pattern.search(s)
    while at:
        head, _, tail = at[0].replace(group, "").partition(mark)
        value = int(head + tail)
        before = re.sub("[$\u00a2-\u00a5\u20a0-\u20cf]\\Z", "", s[: at.start()])
        if re.search(f"(?:\\A|[^0-9{letters})])[-\u2212]\\Z", before):
            value = -value
        elif before == "(" and s[at.end() :] == ")":
            value = -value
        valid = abs(value) < 2**63 and len(tail) <= 12
        x, end = beside((value, len(tail)) if valid else None, at.end())
        found.append(x)
        at = pattern.search(s, end)
    return found
)py"},
    {"numbers", "scan", R"py(def numbers(s, mark=".", group=","):
    return scan(s, mark, group, lambda x, end: (x, end))
)py"},
    {"number", "numbers", R"py(def number(s, k, mark=".", group=","):
    value = numbers(s, mark, group)[k]
    if value is None:
        raise LookupError("too long a number")
    return value
)py"},
    {"fit", "", R"py(def fit(mantissa, decimals):
    if abs(mantissa) >= 2**63 or decimals > 12:
        raise LookupError("too long a number")
    return mantissa, decimals
)py"},
    {"scaled", "fit", R"py(def scaled(x, power):
    mantissa, decimals = x[0], x[1] - power
    if decimals >= 0:
        return fit(mantissa, decimals)
    return fit(mantissa * 10**-decimals, 0)
)py"},
    {"plus", "fit", R"py(def plus(x, y):
    decimals = max(x[1], y[1])
    a, _ = fit(x[0] * 10 ** (decimals - x[1]), decimals)
    b, _ = fit(y[0] * 10 ** (decimals - y[1]), decimals)
    return fit(a + b, decimals)
)py"},
    {"minus", "plus", R"py(def minus(x, y):
    return plus(x, (-y[0], y[1]))
)py"},
    {"total", "numbers plus", R"py(def total(s, mark=".", group=","):
    found = numbers(s, mark, group)
    if not found or None in found:
        raise LookupError("no number")
    x = (0, 0)
    for y in found:
        x = plus(x, y)
    return x
)py"},
    {"pick", "plus", R"py(def pick(found, k):
    chosen = [found[k]] if k is not None else found
    if not chosen or None in chosen:
        raise LookupError("no number")
    x = (0, 0)
    for y in chosen:
        x = plus(x, y)
    return x
)py"},
    {"measured", "scan pick spaces", R"py(def measured(s, k, sizes, mark=".", group=","):
    unit = re.compile("[" + spaces + "]*([" + letters + "]+|['\"]|)")
    def beside(x, end):
        size = sizes.get(unit.match(s, end)[1].lower())
        good = x and size and abs(x[0]) * size < 2**63
        return (x[0] * size, x[1]) if good else None, end
    return pick(scan(s, mark, group, beside), k)
)py"},
    {"powers", "scan pick scaled", R"py(def powers(s, k, mark=".", group=","):
    power = re.compile("(?:[eE]| ?[xX*\u00d7] ?10\\^)([-+\u2212]?)([0-9]{1,3})(?![0-9" + letters + "])")
    def beside(x, end):
        at = power.match(s, end)
        if not at:
            return x, end
        n = int(at[2])
        try:
            return (scaled(x, n if at[1] in ("", "+") else -n) if x and n <= 18 else None), at.end()
        except LookupError:
            return None, at.end()
    return pick(scan(s, mark, group, beside), k)
)py"},
    {"times", "fit", R"py(def times(x, y):
    return fit(x[0] * y[0], x[1] + y[1])
)py"},
    {"whole", "", R"py(def whole(a, unit, mode):
    if unit > (2**63 - 1) // 4:
        raise LookupError("too coarse")
    q, rest = divmod(a, unit)
    up = (
        mode == "ceil"
        or mode == "truncate" and a < 0
        or mode == "half up" and (rest * 2 > unit or rest * 2 == unit and a > 0)
        or mode == "half even" and (rest * 2 > unit or rest * 2 == unit and q % 2)
    )
    return q + 1 if rest and up else q
)py"},
    {"divided", "fit whole", R"py(def divided(x, y, mode, places):
    up = places - x[1] + y[1]
    if y[0] == 0 or abs(up) > 18:
        raise LookupError("no quotient")
    a, _ = fit(x[0] * 10 ** max(up, 0), 0)
    b, _ = fit(y[0] * 10 ** max(-up, 0), 0)
    return fit(whole(a if b > 0 else -a, abs(b), mode), places)
)py"},
    {"rest_of", "fit", R"py(def rest_of(x, unit):
    return x[0] % fit(unit * 10 ** x[1], 0)[0], x[1]
)py"},
    {"rounded", "fit whole", R"py(def rounded(x, unit, mode):
    decimals = max(x[1], unit[1])
    a, _ = fit(x[0] * 10 ** (decimals - x[1]), decimals)
    u, _ = fit(unit[0] * 10 ** (decimals - unit[1]), decimals)
    return fit(whole(a, u, mode) * unit[0], unit[1])
)py"},
    {"significant", "rounded", R"py(def significant(x, n):
    cut = len(str(abs(x[0]))) - n
    d = x[1] - cut
    return rounded(x, (1, d) if d >= 0 else (10**-d, 0), "half up") if x[0] and cut > 0 else x
)py"},
    {"significand", "fit", R"py(def significand(x):
    digits = str(abs(x[0])).rstrip("0") or "0"
    return fit(int(digits) * (-1 if x[0] < 0 else 1), len(digits) - 1)
)py"},
    {"power_of", "", R"py(def power_of(x):
    return (len(str(abs(x[0]))) - 1 - x[1] if x[0] else 0), 0
)py"},
    {"show", "rounded",
     R"py(def show(x, least=0, most=0, width=0, pad="0", tail="0", groups=None, mark=".", group=",",
         plus="", bare=False, absolute=False):
    if x[1] > most:
        x = rounded(x, (1, most), "half up")
    digits = str(abs(x[0])).rjust(x[1] + 1, "0")
    head, rest = (digits[: -x[1]], digits[-x[1] :]) if x[1] else (digits, "")
    while rest.endswith("0") and (len(rest) > least or tail != "0"):
        rest = rest[:-1]
    rest = rest.ljust(least, tail)
    if head == "0" and bare and rest:
        head = ""
    if groups == "thousands":
        head = re.sub("(?<=[0-9])(?=(?:[0-9]{3})+\\Z)", group, head)
    elif groups == "indian":
        head = re.sub("(?<=[0-9])(?=(?:[0-9]{2})*[0-9]{3}\\Z)", group, head)
    sign = "" if absolute else "-" if x[0] < 0 else plus
    return sign + head.rjust(width, pad) + (mark + rest if rest else "")
)py"},
    {"months", "", R"py(months = (
    "January February March April May June July August September October November December"
).split()
)py"},
    {"moment", "months", R"py(def moment(s, order):
    t = [(m[0], m.start(), m.end()) for m in re.finditer("[0-9]+|[A-Za-z]+", s)]
    digit = lambda i: i < len(t) and t[i][0].isdigit()
    after = lambda i, c: digit(i + 1) and t[i + 1][1] == t[i][2] + 1 and s[t[i][2]] == c
    colon = lambda i: digit(i) and after(i, ":") and len(t[i + 1][0]) <= 2
    year = month = day = second = None
    for i in range(len(t)):
        if not digit(i) or len(t[i][0]) > 2:
            continue
        n, mi, se, half = 1, 0, 0, ""
        if colon(i):
            n, mi = 2, int(t[i + 1][0])
            if colon(i + 1):
                n, se = 3, int(t[i + 2][0])
                if after(i + 2, "."):
                    n = 4
        j = i + n
        if j < len(t) and re.fullmatch("[ap]m?", t[j][0].lower()) and t[j][1] <= t[j - 1][2] + 1:
            half = t[j][0][0].lower()
            if len(t[j][0]) == 1 and j + 1 < len(t) and t[j + 1][0] in ("m", "M"):
                n += t[j + 1][1] == t[j][2] + 1
            n += 1
        if n == 1 and not half:
            continue
        h = int(t[i][0])
        if mi > 59 or se > 59 or half and (h == 0 or h > 23):
            raise LookupError("no time")
        if half and h <= 12:
            h = h % 12 + 12 * (half == "p")
        second = h * 3600 + mi * 60 + se
        del t[i : i + n]
        break
    n = []
    for word, _, _ in t:
        if word.isdigit():
            n.append((len(word), int(word[:9])))
        elif month is None and len(word) >= 3:
            for k, name in enumerate(months):
                if month is None and name.lower().startswith(word.lower()):
                    month = k + 1
    if len(n) == 1 and n[0][0] in (6, 8):
        digits = str(n[0][1]).rjust(n[0][0], "0")
        widths = [n[0][0] - 4 if c == "y" else 2 for c in order]
        starts = [sum(widths[:k]) for k in range(3)]
        n = [(w, int(digits[b : b + w])) for w, b in zip(widths, starts)]
    def days_of(y):
        leap = y is None or y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)
        return [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    full = lambda x: x[1] if x[0] == 4 else -2 if x[0] > 2 else x[1] + (2000 if x[1] < 30 else 1900)
    if month is not None:
        if n:
            first = n[0][0] > 2 or n[0][1] > 31
            if len(n) > 1:
                year, day = full(n[0 if first else 1]), n[1 if first else 0][1]
            elif first:
                year = full(n[0])
            else:
                day = n[0][1]
    elif len(n) == 1:
        if n[0][0] == 4:
            year = n[0][1]
        elif second is None:
            raise LookupError("no date")
    elif len(n) == 2:
        if 4 in (n[0][0], n[1][0]):
            year, month = [x[1] for x in (n if n[0][0] == 4 else n[::-1])]
            days = days_of(year)
            if 12 < month <= sum(days):
                month, day = 1, month
                while day > days[month - 1]:
                    month, day = month + 1, day - days[month - 1]
        else:
            day, month = [x[1] for x in (n if order in ("dmy", "ydm") else n[::-1])]
    elif n:
        if n[0][0] == 4 and order != "ydm":
            order = "ymd"
        year = full(n[order.index("y")])
        month, day = n[order.index("m")][1], n[order.index("d")][1]
    days = days_of(year)
    if month is not None and not 1 <= month <= 12 or year is not None and year < 0 or year == 0 and second is None:
        raise LookupError("no date")
    if day is not None and (month is None or not 1 <= day <= days[month - 1]):
        raise LookupError("no date")
    if year is None and month is None and second is None:
        raise LookupError("no date")
    return {"year": year, "month": month, "day": day, "second": second}
)py"},
    {"either", "moment", R"py(def either(s, first, second):
    try:
        return moment(s, first)
    except LookupError:
        return moment(s, second)
)py"},
    {"rounded_time", "", R"py(def rounded_time(m, unit, offset=0, mode="floor", add=0, wrap=True):
    if m["second"] is None:
        raise LookupError("no time")
    second = m["second"]
    if unit:
        q, rest = divmod(second - offset, unit)
        if rest and (mode == "ceil" or mode == "half up" and rest * 2 >= unit):
            q += 1
        second = q * unit + offset
    second += add
    if wrap and m["second"] < 86400:
        second %= 86400
    if second < 0:
        raise LookupError("no time")
    return {**m, "second": second}
)py"},
    {"part", "", R"py(def part(m, name):
    if m[name] is None:
        raise LookupError(name)
    return m[name]
)py"},
    {"day_number", "part", R"py(def day_number(m, year=None, month=None, day=None):
    y = part(m, "year") if year is None else year
    mo, d = month or part(m, "month"), day or part(m, "day")
    y -= mo <= 2
    return 365 * y + y // 4 - y // 100 + y // 400 + (153 * ((mo + 9) % 12) + 2) // 5 + d
)py"},
    {"weekday", "day_number", R"py(def weekday(m):
    return (day_number(m) + 1) % 7
)py"},
    {"day_of_year", "day_number", R"py(def day_of_year(m):
    return day_number(m) - day_number(m, part(m, "year"), 1, 1) + 1
)py"},
    {"iso_week", "weekday", R"py(def iso_week(m):
    thursday = day_number(m) - weekday(m) + 3
    year = part(m, "year") + 1
    while day_number(m, year, 1, 1) > thursday:
        year -= 1
    return (thursday - day_number(m, year, 1, 1)) // 7 + 1
)py"},
    {"months_days", "part", R"py(def months_days(m):
    return (part(m, "year") * 12 + part(m, "month") - 1) * 100 + part(m, "day")
)py"},
    {"hour12", "part", R"py(def hour12(m):
    if part(m, "second") >= 86400:
        raise LookupError("no hour of a day")
    return (m["second"] // 3600 + 11) % 12 + 1
)py"},
    {"am_pm", "part", R"py(def am_pm(m):
    if part(m, "second") >= 86400:
        raise LookupError("no hour of a day")
    return "AM" if m["second"] < 43200 else "PM"
)py"},
    {"ordinal", "", R"py(def ordinal(n):
    teen = 11 <= n % 100 <= 13
    return str(n) + ("th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th"))
)py"},
    {"ordinal_text", "ordinal", R"py(def ordinal_text(s):
    digits = re.fullmatch("[0-9]+", s)
    return s + ordinal(int(s[-2:]))[len(str(int(s[-2:]))):] if digits else s
)py"},
    {"days_later", "part", R"py(def days_later(m, n):
    y, mo, d = part(m, "year"), part(m, "month"), part(m, "day") + n
    def length():
        leap = y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)
        return [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][mo - 1]
    while d < 1:
        y, mo = (y - 1, 12) if mo == 1 else (y, mo - 1)
        d += length()
    while d > length():
        d -= length()
        y, mo = (y + 1, 1) if mo == 12 else (y, mo + 1)
    if not 0 < y <= 9999:
        raise LookupError("no year")
    return {**m, "year": y, "month": mo, "day": d}
)py"},
    {"months_later", "part", R"py(def months_later(m, n):
    month = part(m, "year") * 12 + part(m, "month") - 1 + n
    if not 12 <= month < 120000:
        raise LookupError("no year")
    y, mo = month // 12, month % 12 + 1
    leap = y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)
    last = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][mo - 1]
    return {**m, "year": y, "month": mo, "day": min(part(m, "day"), last)}
)py"},
    {"first_of", "part", R"py(def first_of(m, what):
    part(m, "year"), part(m, "month")
    month = {"month": m["month"], "quarter": m["month"] - (m["month"] - 1) % 3, "year": 1}[what]
    return {**m, "month": month, "day": 1}
)py"},
    {"week_of", "days_later weekday", R"py(def week_of(m, first):
    return days_later(m, -((weekday(m) - first) % 7))
)py"},
    {"part_case", "uppers lowers", R"py(def part_case(s, mark):
    return re.sub("(?<=[0-9" + lowers + "])(?=[" + uppers + "])", lambda m: mark, s)
)py"},
    {"grouped", "", R"py(def grouped(s, mark):
    integer = re.fullmatch("-?[0-9]+", s)
    return re.sub("(?<=[0-9])(?=(?:[0-9]{3})+\\Z)", lambda m: mark, s) if integer else s
)py"},
    {"spread", "spaces", R"py(def spread(s, width, fill):
    gaps = list(re.finditer("[" + spaces + "]+", s))
    if not gaps:
        return s
    begin, end = gaps[-1].span()
    return s[:begin] + fill * (width - len(s) + end - begin) + s[end:]
)py"},
    {"holds", "", R"py(def holds(test):
    try:
        return test()
    except LookupError:
        return False
)py"},
    {"multiple", "numbers rest_of", R"py(def multiple(s, n):
    found = numbers(s)
    try:
        return n > 0 and bool(found) and found[0] is not None and rest_of(found[0], n)[0] == 0
    except LookupError:
        return False
)py"},
    {"roman", "", R"py(def roman(s):
    if not re.fullmatch("[1-9][0-9]{0,2}|[1-3][0-9]{3}", s):
        return s
    n, out = int(s), ""
    values = [1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1]
    for value, figures in zip(values, "M CM D CD C XC L XL X IX V IV I".split()):
        out += figures * (n // value)
        n %= value
    return out
)py"},
    {"at_least", "numbers plus", R"py(def at_least(s, limit):
    found = numbers(s)
    try:
        return bool(found) and found[0] is not None and plus(found[0], (-limit[0], limit[1]))[0] >= 0
    except LookupError:
        return False
)py"},
};

}  // namespace weir::search::text
