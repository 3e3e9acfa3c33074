"""The rows of the search engine: requests, strings, lists and what guides them, the tree."""
import json
import os
import random
import re
import subprocess

REQUESTS, REQUESTS_QUICK = 4000, 1000
PASSES = 3
# Strings within a grammar, in the manner of SyGuS files: names, numbers, paths.
GRAMMAR = ('((Start String (ntS)) (ntS String (x " " "." "-" "/" (str.++ ntS ntS) (str.replace ntS ntS ntS) '
           '(str.at ntS ntI) (str.substr ntS ntI ntI) (int.to.str ntI) (ite ntB ntS ntS))) '
           '(ntI Int (0 1 2 (+ ntI ntI) (- ntI ntI) (str.len ntS) (str.indexof ntS ntS ntI))) '
           '(ntB Bool ((str.prefixof ntS ntS) (str.suffixof ntS ntS) (str.contains ntS ntS))))')
STRINGS = {
    'initials': [('Ada Lovelace', 'A.L.'), ('Alan Turing', 'A.T.'), ('Grace Hopper', 'G.H.')],
    'last first': [('Ada Lovelace', 'Lovelace Ada'), ('Alan Turing', 'Turing Alan')],
    'area code': [('938-242-504', '938'), ('308-916-545', '308'), ('62-59-84', '62')],
    'slashes': [('2024-03-05', '2024/03/05'), ('1999-12-31', '1999/12/31')],
    'after the dot': [('a.txt', 'txt'), ('report.pdf', 'pdf'), ('x.y', 'y')],
}


def literal(text):
    return '"' + text.replace('"', '""') + '"'


def sygus_text(examples):
    lines = ['(set-logic SLIA)', f'(synth-fun f ((x String)) String {GRAMMAR})', '(declare-var x String)']
    lines += [f'(constraint (= (f {literal(given)}) {literal(wanted)}))' for given, wanted in examples]
    return '\n'.join(lines + ['(check-synth)']) + '\n'


def people_requests(count):
    """Rows as in a sheet: a name, an amount; what is wanted is one of four things of them."""
    draw = random.Random(5)
    wants = [lambda n, a: n.split()[0][0] + '. ' + n.split()[1], lambda n, a: n.split()[1].upper(),
             lambda n, a: a.split('.')[0], lambda n, a: n[:3] + '-' + a]

    def word():
        return ''.join(draw.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(draw.randint(3, 9))).title()

    lines = []
    for number in range(count):
        want, examples = wants[number % len(wants)], []
        for row in range(6):
            name, amount = f'{word()} {word()}', f'{draw.randint(1, 9999)}.{draw.randint(10, 99)}'
            examples.append({'in': [name, amount]} | ({'out': want(name, amount)} if row < 3 else {}))
        lines.append(json.dumps({'id': number, 'examples': examples, 'simulations': 200}))
    return '\n'.join(lines) + '\n'


def search_job(options, bin_dir, scratch, run_json, make_row, failure):
    """(rows, notes). `run_json(command, timeout_s)` runs a program and reads its one JSON object."""
    program = os.path.join(bin_dir, 'weir-search')
    if not os.path.exists(program):
        raise FileNotFoundError('search: build/bin/weir-search is not there')
    workers = [] if options.workers is None else ['--workers', str(options.workers)]
    rows = requests_row(program, workers, options.quick, scratch, make_row, failure)
    rows += strings_row(program, scratch, run_json, make_row, failure)
    rows += bench_rows(os.path.join(bin_dir, 'weir-bench-search'), options.quick, make_row, failure)
    return rows, []


def requests_row(program, workers, quick, scratch, make_row, failure):
    count = REQUESTS_QUICK if quick else REQUESTS
    path = os.path.join(scratch, 'requests.jsonl')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(people_requests(count) + '{"stats": true}\n')
    rates, medians = [], []
    for _ in range(PASSES):
        done = subprocess.run([program, 'batch', path, '--quiet', *workers], stdout=subprocess.PIPE, text=True,
                              timeout=120, check=True)
        replies = [json.loads(line) for line in done.stdout.splitlines()]
        solved = [reply['ms'] for reply in replies if reply.get('status') == 'solved']
        if len(solved) != count:
            raise failure(f'search: {len(solved)} of {count} requests were solved')
        rates.append(count / (max(solved) / 1000))  # all were asked at once
        medians.append(sorted(solved)[count // 2])
    return [make_row('search', f'{count} requests at once', rates, 'requests/s', 'higher')]


def strings_row(program, scratch, run_json, make_row, failure):
    first, sizes = [], []
    for _ in range(PASSES):
        total = 0
        for name, examples in STRINGS.items():
            path = os.path.join(scratch, 'strings.sl')
            with open(path, 'w', encoding='utf-8') as file:
                file.write(sygus_text(examples))
            found = run_json([program, 'generate', path, '--time-limit', '0.5', '--json'], 60)
            if found['status'] != 'solved':
                raise failure(f'search: {name} was not solved')
            first.append(found['first_answer_ms'])
            total += found['programs'][0]['size']
        sizes.append(total)
    return [make_row('search', 'strings, first answer', first, 'ms', 'lower'),
            make_row('search', f'strings, size of {len(STRINGS)}', sizes, 'nodes', 'lower')]


def bench_rows(bench, quick, make_row, failure):
    """What weir-bench-search measures: beside the bare enumerator, beside plain order, beside one request."""
    if not os.path.exists(bench):
        return []

    def measured(*arguments):
        done = subprocess.run([bench, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              timeout=120, check=False)
        if done.returncode != 0:
            raise failure(f'search: weir-bench-search {arguments[0]} failed')
        return done.stdout

    rows = list_rows(json.loads(measured('lists', '--calls', '4', '--tasks', '20' if quick else '100')), make_row)
    rows += guidance_rows(json.loads(measured('guidance', '--tasks', '20' if quick else '100')), make_row)
    if not quick:
        rows += request_rows(json.loads(measured('requests')), make_row)
        rows += tree_rows(measured('tree', '--quick'), make_row, failure)
    return rows


def list_rows(lists, make_row):
    """Reference: the bare enumerator, on the same tasks."""
    kernel, bare = lists['kernel']['ms'], lists['bare']['ms']
    return [make_row('search', f'lists of 4 calls, {name}', [kernel[part]], 'ms', 'lower', 'bare enumerator',
                     bare[part])
            for name, part in (('median', '50'), ('slowest', '100'))]


def guidance_rows(guidance, make_row):
    """Reference: the same search in plain order."""
    rows = []
    for length in guidance['lengths']:
        guided, plain = length['late'], length['plain']
        name = f"lists of {length['calls']} calls, guided, "
        rows.append(make_row('search', name + 'nodes', [guided['nodes_median']], 'nodes', 'lower', 'plain order',
                             plain['nodes_median']))
        rows.append(make_row('search', name + 'median', [guided['ms_median']], 'ms', 'lower', 'plain order',
                             plain['ms_median']))
    return rows


def request_rows(requests, make_row):
    """Several requests over one, and over the network's bare batches; throughput by requests outstanding."""
    def row(name, key, unit, better):
        of = requests[key]
        return make_row('search', name, [of['min'], of['median'], of['max']], unit, better) | {'n': of['rounds']}

    return [row('5 requests of one leaf over 1', 'five_over_one', 'x', 'lower'),
            row('16 requests, of bare batches of 16', 'sixteen_rate_over_bare_batches_of_sixteen', 'x', 'higher'),
            *(row(f'{count} requests outstanding', f'requests_per_s_of_{count}', 'requests/s', 'higher')
              for count in (5, 10000))]


def tree_rows(text, make_row, failure):
    """Lines of `weir-bench-search tree`: what, simulations, a number, its unit."""
    rows = []
    for line in text.splitlines():
        found = re.match(r'(random playouts|constant|constant, full arena) +(\d+) +([\d.]+) M/s', line)
        if found:
            rows.append(make_row('search', f'Connect Four, {found[1]}, {int(found[2]):,} simulations',
                                 [float(found[3]) * 1e6], 'simulations/s', 'higher'))
    if not rows:
        raise failure('search: weir-bench-search tree says nothing of simulations a second')
    return rows
