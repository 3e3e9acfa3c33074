#!/usr/bin/env python3
"""bench/compare on made-up results: a loss is caught, noise is none, a broken file is named with its field."""
import contextlib
import copy
import importlib.machinery
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', '..', '..', 'bench', 'compare')
sys.dont_write_bytecode = True
LOADER = importlib.machinery.SourceFileLoader('compare', PROGRAM)
compare = importlib.util.module_from_spec(importlib.util.spec_from_loader('compare', LOADER))
LOADER.exec_module(compare)
QUIET = (100, 101, 102)
PEERS = ('bare', 'mutex', 'tbb', 'boost', 'xenium')


def run_of(name, ns, **more):
    return {'run_name': name + '/real_time', 'run_type': 'iteration', 'items_per_second': 1e9 / ns, **more}


def google(lines, aa=(100, 102, 104)):
    """A result of weir-bench-runtime: {line: ns of its repetitions}; {} has the aa lines and five quiet peers."""
    every = {'aa/impl:weir': aa, 'aa/impl:weir_again': aa}
    every.update({f'ring_1t/impl:{peer}': QUIET for peer in PEERS})
    every.update(lines)
    return {'context': {'weir_machine': 'm', 'weir_compiler': 'c', 'weir_build': 'Release'},
            'benchmarks': [run_of(name, ns) for name, costs in every.items() for ns in costs]}


def row(name, value, engine='runtime', better='lower', spread=0.01, n=3):
    return {'engine': engine, 'name': name, 'value': value, 'unit': 'u', 'better': better, 'n': n,
            'min': value * (1 - spread), 'max': value * (1 + spread), 'reference': None, 'ratio': None}


def rows(*lines):
    return {'schema': 'weir.bench/1', 'machine': {'cpu': 'm', 'cpus': 2}, 'rows': list(lines)}


class CompareTest(unittest.TestCase):
    def compare(self, a, b, *options):
        """(exit status, stdout, stderr) for two documents; a string is written as it is."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ('a.json', 'b.json')]
            for path, document in zip(paths, (a, b)):
                with open(path, 'w', encoding='utf-8') as file:
                    file.write(document if isinstance(document, str) else json.dumps(document))
            return self.call(*options, *paths)

    def call(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                sys.argv = ['compare', *arguments]
                status = compare.main()
            except SystemExit as gone:
                status = gone.code
        return status, out.getvalue(), err.getvalue()

    def line(self, out, name):
        return next(line for line in out.splitlines() if line.startswith(name))

    def test_a_loss_is_caught_and_named(self):
        status, out, _ = self.compare(google({'fib32/impl:weir': QUIET}), google({'fib32/impl:weir': (120, 121, 122)}))
        self.assertEqual(status, 1)
        self.assertIn('1 lost: fib32/impl:weir', out)
        self.assertIn('1.20', self.line(out, 'fib32/impl:weir'))

    def test_a_gain_is_no_loss(self):
        status, out, _ = self.compare(google({'fib32/impl:weir': (120, 121, 122)}), google({'fib32/impl:weir': QUIET}))
        self.assertEqual(status, 0)
        self.assertIn('gain', self.line(out, 'fib32/impl:weir'))

    def test_a_slower_median_with_overlapping_repetitions_is_noise(self):
        status, out, _ = self.compare(google({'fib32/impl:weir': (100, 101, 130)}),
                                      google({'fib32/impl:weir': (125, 140, 150)}))
        self.assertEqual(status, 0, out)
        self.assertIn('1.39', self.line(out, 'fib32/impl:weir'))

    def test_what_the_aa_lines_do_by_themselves_is_noise(self):
        a, b = {'fib32/impl:weir': QUIET}, {'fib32/impl:weir': (120, 121, 122)}
        for noisy in (0, 1):  # the noisier file decides, whichever it is
            aa = [(100, 102, 104), (100, 102, 104)]
            aa[noisy] = (100, 102, 130)
            status, out, _ = self.compare(google(a, aa[0]), google(b, aa[1]))
            self.assertEqual(status, 0, out)
            self.assertIn('spread S = 1.27', out)

    def test_a_slower_machine_is_no_loss_but_what_exceeds_it_is(self):
        slow = {f'ring_1t/impl:{peer}': (150, 151, 152) for peer in PEERS}
        status, out, _ = self.compare(google({'fib32/impl:weir': QUIET}),
                                      google({'fib32/impl:weir': (150, 151, 152), **slow}))
        self.assertEqual(status, 0, out)
        self.assertRegex(self.line(out, 'fib32/impl:weir'), r'1.50 +1.50 +1.50$')
        status, out, _ = self.compare(google({'fib32/impl:weir': QUIET}),
                                      google({'fib32/impl:weir': (190, 191, 192), **slow}))
        self.assertEqual(status, 1, out)

    def test_a_pattern_has_its_own_drift(self):
        slow = {f'ring_2p2c/impl:{peer}': (200, 202, 204) for peer in PEERS}
        same = {f'ring_2p2c/impl:{peer}': QUIET for peer in PEERS}
        a = google({'ring_1t/impl:weir': QUIET, 'ring_2p2c/impl:weir': QUIET, **same})
        b = google({'ring_1t/impl:weir': (120, 121, 122), 'ring_2p2c/impl:weir': (200, 202, 204), **slow})
        status, out, _ = self.compare(a, b)
        self.assertEqual(status, 1)
        self.assertIn('1 lost: ring_1t/impl:weir', out)

    def test_a_faster_machine_hides_no_loss_and_makes_none(self):
        fast = {f'ring_1t/impl:{peer}': (50, 51, 52) for peer in PEERS}
        a = google({'fib32/impl:weir': QUIET})
        self.assertEqual(self.compare(a, google({'fib32/impl:weir': QUIET, **fast}))[0], 0)
        status, _, _ = self.compare(google({'fib32/impl:weir': QUIET}),
                                    google({'fib32/impl:weir': (120, 121, 122), **fast}))
        self.assertEqual(status, 1)

    def test_peers_are_never_a_loss(self):
        status, out, _ = self.compare(google({}), google({'ring_1t/impl:tbb': (300, 301, 302)}), '--all')
        self.assertEqual(status, 0)
        self.assertIn('(loss)', self.line(out, 'ring_1t/impl:tbb'))

    def test_an_error_in_b_is_a_loss(self):
        b = google({})
        b['benchmarks'].append({'run_name': 'fib32/impl:weir', 'run_type': 'iteration', 'error_occurred': True,
                                'error_message': 'wrong result'})
        status, out, _ = self.compare(google({'fib32/impl:weir': QUIET}), b)
        self.assertEqual(status, 1)
        self.assertIn('wrong result', self.line(out, 'fib32/impl:weir'))

    def test_lines_of_one_file_only_are_said(self):
        status, out, _ = self.compare(google({'fib32/impl:weir': QUIET}), google({'chain_1m/impl:weir': QUIET}))
        self.assertEqual(status, 0)
        self.assertRegex(out, r'only in \S*a.json: fib32/impl:weir\n')
        self.assertRegex(out, r'only in \S*b.json: chain_1m/impl:weir\n')

    def test_rows_of_bench_run_know_their_direction(self):
        aa = [row('aa/impl:weir', 10), row('aa/impl:weir_again', 10)]
        a = rows(row('stage files', 1000, 'segmentation', 'higher'), row('elapsed', 5, 'segmentation'), *aa)
        b = rows(row('stage files', 700, 'segmentation', 'higher'), row('elapsed', 4, 'segmentation'), *aa)
        status, out, _ = self.compare(a, b)
        self.assertEqual(status, 1)
        self.assertIn('1 lost: segmentation: stage files', out)
        self.assertIn('1.43', self.line(out, 'segmentation: stage files'))
        self.assertIn('gain', self.line(out, 'segmentation: elapsed'))

    def test_rows_without_a_direction_are_shown_when_they_differ(self):
        a, b = row('files', 10, 'segmentation', 'none'), row('files', 90, 'segmentation', 'none')
        status, out, _ = self.compare(rows(a), rows(b))
        self.assertEqual(status, 0)
        self.assertIn('segmentation: files', out)

    def test_a_count_that_was_zero_is_a_loss(self):
        a = rows(row('lost wake-ups', 0, 'segmentation'), row('x', 10))
        b = rows(row('lost wake-ups', 2, 'segmentation'), row('x', 10))
        self.assertEqual(self.compare(a, b)[0], 1)
        self.assertEqual(self.compare(a, a)[0], 0)

    def test_both_kinds_of_file_compare(self):
        status, out, _ = self.compare(google({'fib32/impl:weir': QUIET}), rows(row('fib32/impl:weir', 140)))
        self.assertEqual(status, 1)
        self.assertIn('NOT THE SAME MACHINE', out)

    def test_without_aa_and_repetitions_the_spread_must_be_given(self):
        one = rows(row('x', 10, n=1))
        status, _, err = self.compare(one, one)
        self.assertEqual(status, 2)
        self.assertIn('give --spread', err)
        worse = rows(row('x', 14, n=1))
        self.assertEqual(self.compare(one, worse, '--spread', '1.3')[0], 1)
        self.assertEqual(self.compare(one, worse, '--spread', '1.5')[0], 0)

    def test_only_narrows_the_lines_and_not_the_spread(self):
        a, b = google({'fib32/impl:weir': QUIET}), google({'fib32/impl:weir': (120, 121, 122)})
        self.assertEqual(self.compare(a, b, '--only', 'chain')[0], 2)
        b['benchmarks'].append(run_of('chain_1m/impl:weir', 5))
        a['benchmarks'].append(run_of('chain_1m/impl:weir', 5))
        status, out, _ = self.compare(a, b, '--only', 'chain')
        self.assertEqual(status, 0)
        self.assertNotIn('fib32', out)
        self.assertIn('2 aa lines', out)

    def broken(self, change, kind=google):
        document = copy.deepcopy(google({}) if kind is google else rows(row('x', 10), row('y', 10)))
        change(document)
        status, out, err = self.compare(google({}) if kind is google else rows(row('x', 10)), document)
        self.assertEqual((status, out), (2, ''))
        self.assertIn('b.json: ', err)
        return err

    def test_a_broken_field_is_named(self):
        def set_run(field, value):
            return lambda d: d['benchmarks'][3].update({field: value})
        self.assertIn('benchmarks[3].run_type', self.broken(lambda d: d['benchmarks'][3].pop('run_type')))
        self.assertIn('benchmarks[3].items_per_second', self.broken(set_run('items_per_second', 'fast')))
        self.assertIn('benchmarks[3].items_per_second', self.broken(set_run('items_per_second', 0)))
        self.assertIn('benchmarks[3].items_per_second', self.broken(set_run('items_per_second', True)))
        self.assertIn('benchmarks[3].run_name', self.broken(set_run('run_name', 5)))
        self.assertIn('benchmarks[3].time_unit', self.broken(lambda d: d['benchmarks'][3].pop('items_per_second')))
        self.assertIn('benchmarks[2]', self.broken(lambda d: d['benchmarks'].__setitem__(2, 'x')))
        self.assertIn('benchmarks: {} is not a list', self.broken(lambda d: d.update(benchmarks={})))
        self.assertIn('aggregates', self.broken(lambda d: [r.update(run_type='aggregate') for r in d['benchmarks']]))
        self.assertIn('context: ', self.broken(lambda d: d.update(context=7)))

    def test_a_broken_row_is_named(self):
        def set_row(field, value):
            return lambda d: d['rows'][1].update({field: value})
        self.assertIn('rows[1].value', self.broken(set_row('value', None), rows))
        self.assertIn('rows[1].better', self.broken(set_row('better', 'bigger'), rows))
        self.assertIn('rows[1].min', self.broken(lambda d: d['rows'][1].pop('min'), rows))
        self.assertIn('rows[1].value', self.broken(set_row('value', 99), rows))
        self.assertIn('machine: missing', self.broken(lambda d: d.pop('machine'), rows))
        self.assertIn('rows: none', self.broken(lambda d: d.update(rows=[]), rows))

    def test_what_is_no_result_is_refused_by_name(self):
        for text, word in (('', 'not JSON'), ('{"benchmarks": [', 'not JSON'), ('[]', 'not an object'),
                           ('{}', 'benchmarks: missing')):
            status, _, err = self.compare(google({}), text)
            self.assertEqual(status, 2)
            self.assertRegex(err, r'b.json: .*' + word)
        status, _, err = self.call('/nowhere/a.json', 'b.json')
        self.assertEqual(status, 2)
        self.assertIn('/nowhere/a.json: No such file', err)

    def test_usage(self):
        for options in (('--spread', '0.9'), ('--spread', 'x'), ('--nonsense',)):
            self.assertEqual(self.compare(google({}), google({}), *options)[0], 2)
        self.assertEqual(self.call('one.json')[0], 2)
        said = subprocess.run([PROGRAM, '--help'], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertIn('The rule.', said)


if __name__ == '__main__':
    unittest.main()
