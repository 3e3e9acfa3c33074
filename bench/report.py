#!/usr/bin/env python3
"""Runs the main job and the runtime's patterns from a finished build; prints one table, writes result.json.

Called by bench/run. Rows: engine, name, value, unit, better (higher|lower|none), n, min, max, reference, ratio. value
is the median of n runs; ratio is value over the reference's, null without one.
"""
import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from mccfr_rows import mccfr_job
from search_rows import search_job

ENGINES = ('segmentation', 'mccfr', 'search', 'runtime')
# What each pattern is held against; `best` is the fastest contender that makes the same promises.
REFERENCES = {
    'ring_1t': 'bare', 'ring_burst': 'best', 'ring_1p1c': 'best', 'ring_2p2c': 'best', 'ring_batch32': 'bare',
    'round_trip': 'best', 'edge_1t': 'bare', 'lane_1p1c': 'spsc', 'inbox_1p1c': 'tbb', 'task_external': 'tbb',
    'task_external_n64': 'tbb', 'fib32': 'tbb', 'chain_1m': 'tbb', 'wide_100k': 'best',
    'wavefront_512': 'tbb_task_group', 'stream_4x64': 'tbb', 'start_stop': 'bare',
}
QUICK_PATTERNS = ('ring_1t', 'ring_1p1c', 'edge_1t', 'lane_1p1c', 'inbox_1p1c', 'task_external_n64', 'fib32',
                  'stream_4x64', 'barrier_hot', 'start_stop')
PASSES_MIN, PASSES_MAX = 3, 5  # of the main job over one corpus
NOT_PEERS = ('weir', 'weir_unrecorded', 'spsc', 'bare')


class Failure(Exception):
    """The job could not be done, or its answer is wrong."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def make_row(engine, name, values, unit, better, reference=None, reference_value=None):
    value = statistics.median(values)
    return {'engine': engine, 'name': name, 'value': value, 'unit': unit, 'better': better, 'n': len(values),
            'min': min(values), 'max': max(values), 'reference': reference,
            'ratio': value / reference_value if reference_value else None}


# --- the main job: measurement files to Parquet to sweeps ------------------------------------------------------------

def timed(call):
    """Seconds that the call takes."""
    from_s = time.monotonic()
    call()
    return time.monotonic() - from_s


def run_program(command, timeout_s, quiet):
    """The one JSON object that the program prints; its progress goes on to our stderr."""
    if quiet:
        command = command + ['--quiet']
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, timeout=timeout_s, text=True, check=False)
    except subprocess.TimeoutExpired as gone:
        raise Failure(f'{os.path.basename(command[0])} {command[1]} was stopped after {timeout_s} s') from gone
    if done.returncode != 0:
        raise Failure(f'{os.path.basename(command[0])} {command[1]} ended with {done.returncode}: {why(done.stdout)}')
    return done.stdout


def run_json(command, timeout_s):
    """The JSON object that a program prints, its progress unseen."""
    return json.loads(run_program(command, timeout_s, quiet=True))


def why(text):
    """What a JSON result names as its error, else the end of the text."""
    try:
        error = json.loads(text)['error']
        return f'{error["where"]}: {error["what"]}'
    except (ValueError, KeyError, TypeError):
        return text.strip()[-500:]


def pipeline(program, raw, work, workers, timeout_s, quiet=False):
    """One pass over `raw`: its JSON. The outputs stay until all is measured: where thousands of files were just
    deleted, ext4 makes new ones several times slower for minutes."""
    out = tempfile.mkdtemp(prefix='out-', dir=work)
    command = [program, 'pipeline', '--raw-root', raw, '--stage-root', os.path.join(out, 'stage'),
               '--output-root', os.path.join(out, 'segments'), '--json']
    if workers is not None:
        command += ['--workers', str(workers)]
    text = run_program(command, timeout_s, quiet)
    try:
        return json.loads(text)
    except ValueError as error:
        raise Failure(f'pipeline --json did not print one JSON object: {error}') from error


def generate(program, out, files):
    run_program([program, 'generate', out, '--files', str(files), '--kind', 'dirty', '--seed', '1'], 300, quiet=True)
    return os.path.join(out, 'raw')


def check_against_truth(truth_path, got):
    """The generator's truth bounds how many files may be staged; every file is staged or rejected."""
    expect = {'ok': 0, 'reject': 0, 'ok_or_reject': 0}
    with open(truth_path, encoding='utf-8') as truth:
        for line in truth:
            word = line.rstrip('\n').split('\t')[1:2]
            if word and word[0] in expect:
                expect[word[0]] += 1
    staged, rejected = got['staged'], got['rejected']
    if got['files'] != sum(expect.values()) or staged + rejected + got.get('skipped', 0) != got['files']:
        raise Failure(f'of {sum(expect.values())} files {got["files"]} were seen, {staged} staged, {rejected} rejected')
    if not expect['ok'] <= staged <= expect['ok'] + expect['ok_or_reject']:
        raise Failure(f'{staged} staged, but {expect["ok"]} to {expect["ok"] + expect["ok_or_reject"]} are good files')


def main_job(options, bin_dir, scratch):
    program = os.path.join(bin_dir, 'weir-segment')
    if not os.path.exists(program):
        raise FileNotFoundError('segmentation: build/bin/weir-segment is not there')
    target_s = 10 if options.quick else 25  # and as much again to remove what was written
    if options.input:
        raw, truth = os.path.abspath(options.input), None
        say(f'main job: pipeline over {raw}')
    else:
        # A small trial gives the number of files with which corpus and PASSES_MIN passes take about target_s here.
        trial, from_s = os.path.join(scratch, 'trial'), time.monotonic()
        raw = generate(program, trial, 200)
        generated_s = time.monotonic() - from_s
        once_s = min(timed(lambda: pipeline(program, raw, scratch, options.workers, 300, quiet=True)) for _ in range(2))
        files = int(min(100_000, max(200, target_s / (generated_s + PASSES_MIN * once_s) * 200)))
        say(f'main job: generating {files} measurement files ...')
        corpus = os.path.join(scratch, 'corpus')
        raw, truth = generate(program, corpus, files), os.path.join(corpus, 'truth.tsv')
    results, from_s, last_s = [], time.monotonic(), 0
    while len(results) < PASSES_MAX:
        spent_s = time.monotonic() - from_s
        if results and (spent_s > 1.5 * target_s or len(results) >= PASSES_MIN and spent_s + last_s > target_s):
            break
        say(f'main job: pipeline, pass {len(results) + 1}')
        last_s = timed(lambda: results.append(pipeline(program, raw, scratch, options.workers, 900)))
        if truth:
            check_against_truth(truth, results[-1]['stage'])
    return segmentation_rows(results), segmentation_notes(results[-1])


def segmentation_rows(results):
    rows = []

    def add(name, pick, unit, better):
        try:
            values = [float(pick(result)) for result in results]
        except (KeyError, IndexError, TypeError):
            return
        rows.append(make_row('segmentation', name, values, unit, better))

    add('elapsed', lambda r: r['elapsed_s'], 's', 'lower')
    add('stage files', lambda r: r['stage']['files_per_s'], 'files/s', 'higher')
    add('stage input', lambda r: r['stage']['mb_per_s'], 'MB/s', 'higher')
    add('preprocess runs', lambda r: r['preprocess']['runs_per_s'], 'runs/s', 'higher')
    add('preprocess points', lambda r: r['preprocess']['points_per_s'], 'points/s', 'higher')
    add('files', lambda r: r['stage']['files'], 'files', 'none')
    add('staged', lambda r: r['stage']['staged'], 'files', 'none')
    add('rejected', lambda r: r['stage']['rejected'], 'files', 'none')
    add('segments', lambda r: r['preprocess']['segments'], 'segments', 'none')
    for name in sorted({b['name'] for r in results for b in r.get('runtime', {}).get('barriers', [])}):
        add(f'barrier {name}', lambda r, name=name: max(
            [b['us'] for b in r['runtime']['barriers'] if b['name'] == name]), 'us', 'lower')
    add('peak RSS', lambda r: r['peak_rss_bytes'] / 1e6, 'MB', 'lower')
    add('memory()', lambda r: r['memory_bytes'] / 1e6, 'MB', 'lower')
    add('lost wake-ups', lambda r: r['runtime']['lost_wakeups'], '', 'lower')
    return rows


def segmentation_notes(result):
    notes = []
    rejects = result.get('stage', {}).get('rejects', {})
    if rejects:
        counts = ', '.join(f'{reason} {count}' for reason, count in sorted(rejects.items()))
        notes.append('rejects by reason: ' + counts)
    blocked = result.get('runtime', {}).get('would_block', {})
    blocked = ', '.join(f'{edge} {count}' for edge, count in sorted(blocked.items(), key=lambda x: -x[1]) if count)
    notes.append('would_block by edge: ' + (blocked or 'none'))
    return notes


# --- the runtime's patterns, beside references and peers -------------------------------------------------------------

def ns_per_item(benchmark):
    if benchmark.get('items_per_second'):
        return 1e9 / benchmark['items_per_second']
    return benchmark['real_time'] * {'ns': 1, 'us': 1e3, 'ms': 1e6, 's': 1e9}[benchmark['time_unit']]


def run_pattern(program, pattern, quick, timeout_s):
    """{contender: [ns an item, one a repetition]}, contenders interleaved at random."""
    # Each wait of barrier_parked comes after an untimed sleep some fifty times as long.
    min_time_s = 0.005 if pattern == 'barrier_parked' else 0.02 if quick else 0.1
    command = [program, f'--benchmark_filter=^{pattern}/', '--benchmark_format=json', '--benchmark_repetitions=3',
               f'--benchmark_min_time={min_time_s}', '--benchmark_enable_random_interleaving=true']
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout_s,
                              check=False)
    except subprocess.TimeoutExpired as gone:
        raise Failure(f'weir-bench-runtime: {pattern} was stopped after {timeout_s:.0f} s') from gone
    if done.returncode != 0:
        raise Failure(f'weir-bench-runtime: {pattern} ended with {done.returncode}: {done.stderr[-500:]}')
    samples = {}
    for benchmark in json.loads(done.stdout).get('benchmarks', []):
        match = re.match(r'\w+/impl:(\w+)', benchmark.get('run_name', ''))
        if benchmark.get('error_occurred'):
            raise Failure(f'weir-bench-runtime: {benchmark["name"]}: {benchmark.get("error_message")}')
        if match and benchmark.get('run_type') == 'iteration':
            samples.setdefault(match.group(1), []).append(ns_per_item(benchmark))
    return samples


def pattern_rows(pattern, samples):
    medians = {name: statistics.median(values) for name, values in samples.items()}
    reference = REFERENCES.get(pattern)
    if reference == 'best':
        peers = {name: value for name, value in medians.items() if name not in NOT_PEERS}
        reference = min(peers, key=peers.get) if peers else None
    rows = []
    for name, values in samples.items():
        mine = name == 'weir' and reference in medians
        rows.append(make_row('runtime', f'{pattern}/impl:{name}', values, 'ns/item', 'lower',
                             reference if mine else None, medians[reference] if mine else None))
    return rows


def runtime_patterns(options, bin_dir, budget_s):
    program = os.path.join(bin_dir, 'weir-bench-runtime')
    if not os.path.exists(program):
        raise FileNotFoundError('runtime: build/bin/weir-bench-runtime is not there')
    listed = subprocess.run([program, '--benchmark_list_tests=true'], stdout=subprocess.PIPE, text=True, check=True)
    patterns = list(dict.fromkeys(line.split('/')[0] for line in listed.stdout.splitlines() if '/impl:' in line))
    if options.quick:
        patterns = [pattern for pattern in patterns if pattern in QUICK_PATTERNS]
    rows, left_out, from_s = [], [], time.monotonic()
    for number, pattern in enumerate(patterns):
        if time.monotonic() - from_s > budget_s:
            left_out.append(pattern)
            continue
        say(f'runtime: {pattern} ({number + 1} of {len(patterns)})')
        rows += pattern_rows(pattern, run_pattern(program, pattern, options.quick, timeout_s=120))
    return rows, [f'left out for want of time: {" ".join(left_out)}'] if left_out else []


# --- the table -------------------------------------------------------------------------------------------------------

def number(value):
    if value is None:
        return '-'
    if abs(value) >= 1000:
        return f'{value:,.0f}'
    return f'{value:.0f}' if value == int(value) else f'{value:.3g}'


def print_table(rows):
    head = ('engine', 'what', 'value', 'unit', 'min', 'max', 'n', 'reference', 'ratio')
    lines = [head]
    for row in rows:
        # Peers stand in result.json and behind the ratio; a table of all is too long to read.
        if row['engine'] == 'runtime' and not row['name'].endswith('/impl:weir'):
            continue
        lines.append((row['engine'], row['name'].replace('/impl:weir', ''), number(row['value']), row['unit'],
                      number(row['min']), number(row['max']), str(row['n']), row['reference'] or '-',
                      '-' if row['ratio'] is None else f'{row["ratio"]:.2f}'))
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    right = {2, 4, 5, 6, 8}
    for line in lines:
        print('  '.join(cell.rjust(width) if column in right else cell.ljust(width)
                        for column, (cell, width) in enumerate(zip(line, widths))).rstrip())


def machine(bin_dir):
    cpu = ''
    with open('/proc/cpuinfo', encoding='utf-8', errors='replace') as info:
        for line in info:
            if line.startswith('model name'):
                cpu = line.split(':', 1)[1].strip()
                break
    version = ''
    if os.path.exists(os.path.join(bin_dir, 'weir-segment')):
        version = subprocess.run([os.path.join(bin_dir, 'weir-segment'), '--version'], stdout=subprocess.PIPE,
                                 text=True, check=False).stdout.strip()
    return {'cpu': cpu, 'cpus': len(os.sched_getaffinity(0)), 'version': version,
            'date': time.strftime('%Y-%m-%d', time.gmtime())}


def write_json(path, result):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path + '.part', 'w', encoding='utf-8') as out:
        json.dump(result, out, indent=1)
        out.write('\n')
    os.replace(path + '.part', path)


def unwritable(path):
    """Why no file can be put there, or None: said before minutes of work, not after."""
    if not path or os.path.isdir(path):
        return 'is a folder' if path else 'needs the name of a file'
    folder = os.path.dirname(os.path.abspath(path))
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    if not os.path.isdir(folder) or not os.access(folder, os.W_OK | os.X_OK):
        return f'nothing can be written to {folder}'
    return None


def parse_options():
    parser = argparse.ArgumentParser(prog='bench/run')
    parser.add_argument('--root', required=True)
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--input')
    parser.add_argument('--only', choices=ENGINES)
    parser.add_argument('--workers', type=int)
    parser.add_argument('--json')
    options = parser.parse_args()
    if options.workers is not None and not 0 <= options.workers <= 256:
        parser.error('--workers: 0 to 256')
    if options.input and not os.path.isdir(options.input):
        parser.error(f'--input: {options.input} is not a folder')
    if options.json is not None and (reason := unwritable(options.json)):
        parser.error(f'--json: {options.json}: {reason}')
    return options


def run_jobs(options, bin_dir, scratch):
    """(rows, notes, failures) of what was asked for and is there."""
    rows, notes, failures, from_s = [], [], [], time.monotonic()
    whole_s = 80 if options.quick else 340
    jobs = {'segmentation': lambda: main_job(options, bin_dir, scratch),
            'mccfr': lambda: mccfr_job(options, bin_dir, scratch, run_json, make_row, Failure),
            'search': lambda: search_job(options, bin_dir, scratch, run_json, make_row, Failure),
            'runtime': lambda: runtime_patterns(options, bin_dir, whole_s - (time.monotonic() - from_s) - 10)}
    for engine in ENGINES:
        if options.only not in (None, engine):
            continue
        if engine not in jobs:
            if options.only:
                failures.append(f'{engine}: not in this version')
            continue
        try:
            job_rows, job_notes = jobs[engine]()
            rows += job_rows
            notes += job_notes
        except FileNotFoundError as absent:
            (failures if options.only else notes).append(str(absent))
        except (Failure, OSError, KeyError, ValueError) as error:
            failures.append(f'{engine}: {error}')
    return rows, notes, failures


def main():
    options = parse_options()
    if options.check:
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bin_dir, bench_dir = os.path.join(options.root, 'build', 'bin'), os.path.join(options.root, 'build', 'bench')
    os.makedirs(bench_dir, exist_ok=True)
    from_s = time.monotonic()
    scratch = tempfile.mkdtemp(prefix='work-', dir=bench_dir)
    try:
        rows, notes, failures = run_jobs(options, bin_dir, scratch)
    except KeyboardInterrupt:
        say('bench/run: stopped')
        return 130
    finally:
        say('removing what was written to measure ...')
        subprocess.run(['rm', '-rf', scratch], check=False)
    result = {'schema': 'weir.bench/1', 'machine': machine(bin_dir), 'quick': options.quick,
              'elapsed_s': time.monotonic() - from_s, 'rows': rows, 'notes': notes, 'failures': failures}
    for path in filter(None, (os.path.join(bench_dir, 'result.json'), options.json)):
        try:
            write_json(path, result)
        except OSError as error:
            failures.append(f'{path}: {error.strerror}')
    print_table(rows)
    print(f'{result["machine"]["cpus"]} x {result["machine"]["cpu"]}; {result["machine"]["version"]}')
    for note in notes:
        print(note)
    for failure in failures:
        print(f'FAILED {failure}')
    print(f'{len(rows)} rows in build/bench/result.json, {result["elapsed_s"]:.0f} s')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
