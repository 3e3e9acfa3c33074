"""chart.py: an SVG of ratios, one bar a pattern on a logarithmic scale. Used by table.py --svg.

A bar goes from 1 to weir's median over the reference's: to the left weir is faster. Whiskers are weir's fastest and
slowest repetition over the reference's median.
"""
import html
import math

WIDTH, ROW, TOP, BOTTOM = 960, 24, 84, 76
LEFT, RIGHT = 300, 880  # of the bars
FASTER, SLOWER, INK, FAINT = '#2a7f62', '#b8562b', '#1f2328', '#d5d9de'
FONT = 'font-family="DejaVu Sans, Helvetica, Arial, sans-serif"'


def text(x, y, what, size=13, anchor='start', fill=INK, weight='normal'):
    return (f'<text x="{x:.1f}" y="{y:.1f}" {FONT} font-size="{size}" text-anchor="{anchor}" fill="{fill}" '
            f'font-weight="{weight}">{html.escape(what)}</text>')


def line(x1, y1, x2, y2, stroke, width=1.0):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" stroke-width="{width}"/>'


def ticks(low, high):
    """1, 2, 5 and their tenfolds that lie in the range."""
    found = []
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        found += [digit * 10.0 ** power for digit in (1, 2, 5)]
    return [value for value in found if low * 0.999 <= value <= high * 1.001]


def draw(bars, title, lines_below):
    """bars: (pattern, reference, ratio, least, most), ratio None where the reference is missing."""
    known = [bar for bar in bars if bar[2] is not None]
    low = min([bar[3] for bar in known] + [0.5]) / 1.15
    high = max([bar[4] for bar in known] + [2.0]) * 1.15

    def place(ratio):
        return LEFT + (RIGHT - LEFT) * (math.log(ratio) - math.log(low)) / (math.log(high) - math.log(low))

    height = TOP + ROW * len(bars) + BOTTOM
    bottom = TOP + ROW * len(bars)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
           f'viewBox="0 0 {WIDTH} {height}" role="img">', f'<title>{html.escape(title)}</title>',
           f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>', text(16, 28, title, 17, weight='bold')]
    middle = place(1)
    out.append(text(middle - 10, TOP - 26, '\u2190 weir is faster', 12, 'end', FASTER, 'bold'))
    out.append(text(middle + 10, TOP - 26, 'weir is slower \u2192', 12, 'start', SLOWER, 'bold'))
    for tick in ticks(low, high):
        x = place(tick)
        out.append(line(x, TOP - 4, x, bottom, INK if tick == 1 else FAINT, 1.6 if tick == 1 else 1))
        out.append(text(x, TOP - 9, f'{tick:g}', 11, 'middle', '#57606a'))
    for index, (pattern, reference, ratio, least, most) in enumerate(bars):
        y = TOP + ROW * index + ROW / 2
        out.append(text(16, y + 4.5, pattern, 13, weight='bold'))
        out.append(text(LEFT - 12, y + 4.5, f'against {reference}' if reference else 'nothing to hold it against', 12,
                        'end', '#57606a'))
        if ratio is None:
            continue
        x = place(ratio)
        colour = FASTER if ratio <= 1 else SLOWER
        out.append(f'<rect x="{min(x, middle):.1f}" y="{y - 7:.1f}" width="{max(abs(x - middle), 1):.1f}" height="14" '
                   f'fill="{colour}" fill-opacity="0.72"/>')
        out += [line(place(least), y, place(most), y, INK, 1.4)]
        out += [line(place(end), y - 4, place(end), y + 4, INK, 1.4) for end in (least, most)]
        out.append(text(WIDTH - 16, y + 4.5, f'{ratio:.2f}', 13, 'end', colour, 'bold'))
    for index, below in enumerate(lines_below):
        out.append(text(16, bottom + 24 + 18 * index, below, 12, fill='#57606a'))
    return '\n'.join(out + ['</svg>', ''])
