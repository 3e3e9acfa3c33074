"""suites.py: Markdown of what --robustness and --scaling wrote. Used by table.py."""

# key: (column, factor)
COLUMNS = {
    'items_per_s': ('M/s', 1e-6), 'call_p99_ns': ('call p99 us', 1e-3), 'call_p999_ns': ('p99.9 us', 1e-3),
    'call_max_ns': ('max ms', 1e-6), 'inside_p99_ns': ('inside p99 ms', 1e-6),
    'inside_p999_ns': ('inside p99.9 ms', 1e-6), 'inside_max_ns': ('max ms', 1e-6),
    'least_over_most': ('least/most', 1), 'burst_ms': ('burst ms', 1), 'stops': ('stops', 1),
    'by_breakpoint': ('by breakpoint', 1), 'frozen': ('frozen', 1), 'others_frozen': ('other ring frozen', 1),
    'other_rate': ('other ring / normal', 1), 'stuck': ('stuck', 1), 'stuck_most': ('stuck at most', 1),
    'stuck_spawned': ('stuck children', 1),
    'accepted': ('accepted', 1), 'would_block': ('would_block', 1), 'ran': ('ran', 1), 'threw': ('threw', 1),
    'reported': ('reported', 1), 'closed': ('closed', 1), 'forked': ('forked', 1),
    'refused_starts': ('refused starts', 1), 'good_starts': ('good starts', 1), 'threads_left': ('threads left', 1),
    'cores': ('cores', 1), 'waiting_cores': ('cores of waiters', 1), 'memory_bytes': ('MB', 1e-6),
    'throttled_share': ('throttled', 1),
}


def figure(value):
    if value is None:
        return '-'
    if value == int(value) or abs(value) >= 100:
        return f'{value:,.0f}'
    return f'{value:.3g}'


def line(cells):
    print('| ' + ' | '.join(cells) + ' |')


def said(result):
    parts = ([] if result['status'] == 'ok' else [result['status']]) + ([result['note']] if result['note'] else [])
    return '; '.join(parts)


def robustness(document):
    scenarios = {}
    for result in document['results']:
        scenarios.setdefault(result['scenario'], []).append(result)
    for scenario, results in scenarios.items():
        keys = [key for key in COLUMNS if any(key in result['values'] for result in results)]
        noted = any(said(result) for result in results)
        line([scenario] + [COLUMNS[key][0] for key in keys] + ([''] if noted else []))
        print('|---' * (1 + len(keys) + noted) + '|')
        for result in results:
            cells = [result['contender']]
            for key in keys:
                value = result['values'].get(key)
                cells.append('-' if value is None else figure(value * COLUMNS[key][1]))
            line(cells + ([said(result)] if noted else []))
        print()
    for target in document['targets']:
        print(f'- {"met" if target["met"] else "MISSED"}: {target["scenario"]}: {target["goal"]} '
              f'({figure(target["value"])})')


def scaling(document):
    patterns = {}
    for result in document['results']:
        name, _, count = result['scenario'].rpartition('.t')
        patterns.setdefault(name, {}).setdefault(result['contender'], {})[int(count)] = result
    for name, contenders in patterns.items():
        counts = sorted({count for cells in contenders.values() for count in cells})
        line([name] + [f'{count}p{count}c' if name == 'ring_npnc' else str(count) for count in counts])
        print('|---' * (1 + len(counts)) + '|')
        for contender, cells in contenders.items():
            row = [contender]
            for count in counts:
                values = cells.get(count, {}).get('values', {})
                if 'items_per_s' not in values:
                    row.append(cells.get(count, {}).get('status', '-'))
                    continue
                rate = f'{figure(values["items_per_s"] * 1e-6)} M/s'
                known = 'speed_up' in values  # not where one thread's result is missing
                row.append(f'{rate}, {values["speed_up"]:.2f}x, {100 * values["efficiency"]:.0f} %' if known else rate)
            line(row)
        print()


def show(document):
    kind = document['schema'].split('/')[0]
    {'weir.robustness': robustness, 'weir.scaling': scaling}[kind](document)
