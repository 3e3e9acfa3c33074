#!/usr/bin/env python3
"""Markdown of one run of weir-bench-runtime: what weir is held against, and medians (min-max) of all contenders.
Of what --robustness or --scaling wrote: its tables.

usage: bench/table.py RESULT.json [--keep FOLDER] [--svg FILE]
       bench/table.py RESULT.json RESULT.json...
  RESULT.json  made with --benchmark_repetitions=N, not with aggregates only; of several the ratios side by side
  --keep       writes the repetitions alone, one a line, to FOLDER/commit.machine.time.compiler.json
               (the suites' files end in .robustness.json and .scaling.json)
  --svg        draws the ratios: one bar a pattern, logarithmic, whiskers from the fastest to the slowest repetition
Figures are ns an item. Ratios are of medians in the same run; `of minima` is that of the fastest repetitions, which
others on the machine disturb least.
"""
import argparse
import json
import os
import re
import statistics
import sys

import chart
import suites

RINGS = ('ring_1t', 'ring_burst', 'ring_1p1c', 'ring_2p2c', 'ring_batch32', 'round_trip')
LANES = ('edge_1t', 'lane_1p1c', 'inbox_1p1c')
TASKS = ('task_external', 'task_external_n64', 'fib32', 'chain_1m', 'wide_100k', 'wavefront_512', 'stream_4x64')
WAITS = ('barrier_hot', 'barrier_parked', 'start_stop')
SPAWNS = ('chain_1m_spawn', 'wide_100k_spawn', 'wavefront_512_spawn')
# What each pattern is held against; `best` is the fastest contender that is not one of our own references.
REFERENCES = {
    'ring_1t': 'bare', 'ring_burst': 'bare', 'ring_1p1c': 'best', 'ring_2p2c': 'best', 'ring_batch32': 'bare',
    'round_trip': 'best', 'edge_1t': 'bare', 'lane_1p1c': 'spsc', 'inbox_1p1c': 'tbb', 'task_external': 'tbb',
    'task_external_n64': 'tbb', 'fib32': 'tbb', 'chain_1m': 'tbb', 'wide_100k': 'best',
    'wavefront_512': 'tbb_task_group', 'stream_4x64': 'tbb', 'barrier_hot': 'tbb', 'barrier_parked': 'tbb',
    'start_stop': 'bare',
}
OWN = ('weir', 'weir_sleepable', 'weir_again', 'weir_unrecorded', 'bare', 'bare_edge', 'bare_pinned', 'spsc')


def read(document):
    """(context, {pattern: {contender: [ns an item]}})"""
    samples = {}
    for run in document['benchmarks']:
        name = re.match(r'(\w+)/impl:(\w+)', run['run_name'])
        if name and run['run_type'] == 'iteration' and not run.get('error_occurred'):
            samples.setdefault(name[1], {}).setdefault(name[2], []).append(1e9 / run['items_per_second'])
    return document['context'], samples


def repetitions_of(samples):
    return max(len(values) for group in samples.values() for values in group.values())


def number(value):
    return f'{value:,.0f}' if value >= 100 else f'{value:.1f}'


def cell(values):
    if not values:
        return '-'
    return f'{number(statistics.median(values))} ({number(min(values))}-{number(max(values))})'


def held_against(samples, pattern):
    """The name of the contender that a pattern's goal names; None when it was not measured."""
    reference = REFERENCES[pattern]
    if reference == 'best':
        peers = {name: statistics.median(values) for name, values in samples[pattern].items() if name not in OWN}
        reference = min(peers, key=peers.get) if peers else None
    return reference if reference in samples[pattern] else None


def ratios(samples):
    print('| pattern | weir | held against | ratio | of minima | weir / bare | weir / mutex | weir / oneTBB '
          '| weir / OpenMP |')
    print('|---' * 9 + '|')
    for pattern in REFERENCES:
        medians = {name: statistics.median(values) for name, values in samples.get(pattern, {}).items()}
        if 'weir' not in medians:
            continue
        name = held_against(samples, pattern)
        row = [pattern, cell(samples[pattern]['weir'])]
        if name is not None:
            least = min(samples[pattern]['weir']) / min(samples[pattern][name])
            row += [f'{name} {number(medians[name])}', f'**{medians["weir"] / medians[name]:.2f}**', f'{least:.2f}']
        else:
            row += ['-', '-', '-']
        for other in ('bare', 'mutex', 'tbb', 'omp'):
            row.append(f'{medians["weir"] / medians[other]:.2f}' if other in medians else '-')
        print('| ' + ' | '.join(row) + ' |')


def across(runs):
    """The ratios of several runs side by side, each with that of minima and weir's median."""
    for index, (context, samples) in enumerate(runs):
        print(f'{chr(65 + index)}: ', end='')
        say_where(context, repetitions_of(samples))
    print('| pattern | held against | ' + ' | '.join(chr(65 + index) for index in range(len(runs))) + ' |')
    print('|---' * (len(runs) + 2) + '|')
    for pattern in REFERENCES:
        names, cells = [], []
        for _, samples in runs:
            values = samples.get(pattern, {})
            name = held_against(samples, pattern) if 'weir' in values else None
            if name is None:
                cells.append('-')
                continue
            ratio = statistics.median(values['weir']) / statistics.median(values[name])
            least = min(values['weir']) / min(values[name])
            cells.append(f'**{ratio:.2f}** ({least:.2f}; {number(statistics.median(values["weir"]))})')
            if name not in names:
                names.append(name)
        if names:
            print(f'| {pattern} | {", ".join(names)} | ' + ' | '.join(cells) + ' |')


def svg(context, samples, path):
    bars = []
    for pattern in REFERENCES:
        values = samples.get(pattern, {})
        if 'weir' not in values:
            continue
        name = held_against(samples, pattern)
        if name is None:
            bars.append((pattern, None, None, None, None))
        else:
            base = statistics.median(values[name])
            bars.append((pattern, name, statistics.median(values['weir']) / base, min(values['weir']) / base,
                         max(values['weir']) / base))
    title = (f'weir {context["weir_commit"]}, {context["weir_machine"].split(",")[0]}, {context["num_cpus"]} CPUs, '
             f'{context["date"][:10]}')
    below = ['Ratio of times an item, medians of one interleaved run; whiskers: the fastest and slowest repetition of '
             'weir over',
             'the median of what it is held against: the best peer, or the reference without promises that the goal '
             'names.',
             f'{context["weir_machine"]}; {context["weir_compiler"]}, {context["weir_build"]}; '
             f'{context["weir_system"]}; n = {repetitions_of(samples)}']
    with open(path, 'w', encoding='utf-8') as file:
        file.write(chart.draw(bars, title, below))


def matrix(samples, patterns):
    patterns = [pattern for pattern in patterns if pattern in samples]
    if not patterns:
        return
    print()
    names = sorted({name for pattern in patterns for name in samples[pattern]}, key=lambda name: (name != 'weir', name))
    print('| contender | ' + ' | '.join(patterns) + ' |')
    print('|---' * (len(patterns) + 1) + '|')
    for name in names:
        print(f'| {name} | ' + ' | '.join(cell(samples[pattern].get(name)) for pattern in patterns) + ' |')


def name_of(context, ending):
    parts = (context['weir_commit'], f'{context["weir_machine"].split(",")[0]} {context["num_cpus"]} cpus',
             re.sub(r'[-:]', '', context['date'][:16]), context['weir_compiler'])
    return '.'.join(re.sub(r'[^a-z0-9]+', '-', part.lower()) for part in parts) + ending


def keep(path, folder):
    """The run without aggregates and without the paths of the machine that it was made on; the name of its file."""
    with open(path, encoding='utf-8') as file:
        document = json.load(file)
    context = document['context']
    context['executable'] = os.path.basename(context['executable'])
    os.makedirs(folder, exist_ok=True)
    if 'schema' in document:
        name = name_of(context, '.' + document['schema'].split('/')[0].split('.')[-1] + '.json')
        lists = {'rows': document['rows'], 'results': document['results'], 'targets': document['targets']}
        head = '{"schema": ' + json.dumps(document['schema']) + ',\n"context": '
    else:
        name = name_of(context, '.json')
        fields = ('name', 'run_name', 'run_type', 'repetitions', 'repetition_index', 'threads', 'iterations',
                  'real_time', 'cpu_time', 'time_unit', 'items_per_second', 'error_occurred', 'error_message')
        lists = {'benchmarks': [{field: run[field] for field in fields if field in run}
                                for run in document['benchmarks'] if run['run_type'] == 'iteration']}
        head = '{"context": '
    with open(os.path.join(folder, name), 'w', encoding='utf-8') as file:
        file.write(head + json.dumps(context, indent=1))
        for key, items in lists.items():
            file.write(f',\n"{key}": [\n' + ',\n'.join(json.dumps(item) for item in items) + '\n]')
        file.write('}\n')
    return name


def say_where(context, repetitions):
    print(f'{context["weir_machine"]}; {context["weir_system"]}; {context["weir_compiler"]}, {context["weir_build"]};'
          f' commit {context["weir_commit"]}; {context["date"][:16].replace("T", " ")};'
          f' load average at the start {", ".join(f"{x:.1f}" for x in context["load_avg"])};'
          f' n = {repetitions}; left out: {context["weir_left_out"]}.\n')


def main():
    parser = argparse.ArgumentParser(prog='bench/table.py', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS)
    parser.add_argument('results', nargs='+')
    parser.add_argument('--keep', metavar='FOLDER')
    parser.add_argument('--svg', metavar='FILE')
    options = parser.parse_args()
    documents = []
    for path in options.results:
        with open(path, encoding='utf-8') as file:
            documents.append(json.load(file))
    if len(documents) > 1:
        if options.keep or options.svg or any('schema' in document for document in documents):
            parser.error('several results: only of runs without a suite, and without --keep and --svg')
        across([read(document) for document in documents])
        return 0
    document = documents[0]
    if options.keep:
        print(keep(options.results[0], options.keep), file=sys.stderr)
    if 'schema' in document:
        say_where(document['context'], 1)
        suites.show(document)
        return 0
    context, samples = read(document)
    if options.svg:
        svg(context, samples, options.svg)
    say_where(context, repetitions_of(samples))
    again = samples.get('aa', {})
    if 'weir' in again and 'weir_again' in again:
        spread = statistics.median(again['weir']) / statistics.median(again['weir_again'])
        print(f'A/A (one line twice): {cell(again["weir"])} and {cell(again["weir_again"])}, ratio {spread:.2f}.\n')
    ratios(samples)
    for group in (RINGS, LANES, TASKS, WAITS, SPAWNS):
        matrix(samples, group)
    return 0


if __name__ == '__main__':
    sys.exit(main())
