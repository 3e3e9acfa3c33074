#!/usr/bin/env python3
"""bench/recorder_cost on made-up runs: medians, minima, the interval, the verdict; what is no run is named."""
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import stat
import sys
import tempfile
import unittest

PROGRAM = os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', '..', '..', 'bench', 'recorder_cost')
sys.dont_write_bytecode = True
LOADER = importlib.machinery.SourceFileLoader('recorder_cost', PROGRAM)
recorder_cost = importlib.util.module_from_spec(importlib.util.spec_from_loader('recorder_cost', LOADER))
LOADER.exec_module(recorder_cost)
WITH, WITHOUT = 'stream_4x64/impl:weir', 'stream_4x64/impl:weir_unrecorded'
CONTEXT = {'date': '2026-01-02T03:04:05+00:00', 'load_avg': [0.5, 0.4, 0.3], 'weir_machine': 'm',
           'weir_compiler': 'c', 'weir_build': 'Release', 'weir_commit': 'abcdef'}


def run_of(lines):
    runs = [{'run_name': name + '/real_time', 'run_type': 'iteration', 'items_per_second': 1e9 / ns}
            for name, costs in lines.items() for ns in costs]
    # What lies beside the two lines is not taken for them.
    runs.append({'run_name': WITH + '/real_time', 'run_type': 'aggregate', 'items_per_second': 1.0})
    runs.append({'run_name': WITH + '_sleepable/real_time', 'run_type': 'iteration', 'items_per_second': 1.0})
    return {'context': CONTEXT, 'benchmarks': runs}


def around(middle, n=21, step=0.001):
    """n costs whose median is `middle`, each `step` of it from the next."""
    return [middle * (1 + step * (index - n // 2)) for index in range(n)]


class RecorderCostTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text if isinstance(text, str) else json.dumps(text))
        return path

    def call(self, *arguments):
        """(exit status, stdout, stderr)"""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                sys.argv = ['recorder_cost', *arguments]
                status = recorder_cost.main()
            except SystemExit as gone:
                status = gone.code
        return status, out.getvalue(), err.getvalue()

    def figures(self, over, under):
        """(document of --json, stdout)"""
        out_path = os.path.join(self.folder, 'cost.json')
        status, out, err = self.call('--json', out_path, self.write('run.json', run_of({WITH: over, WITHOUT: under})))
        self.assertEqual((status, err), (0, ''))
        with open(out_path, encoding='utf-8') as file:
            return json.load(file), out

    def test_ratios_are_of_medians_and_of_minima(self):
        found, out = self.figures(around(30, 9) + [900], around(20, 9) + [1])
        lines = found['lines']
        self.assertEqual((lines['weir']['n'], lines['weir_unrecorded']['n']), (10, 10))
        self.assertAlmostEqual(lines['weir']['median'], 30.015)
        self.assertAlmostEqual(lines['weir_unrecorded']['median'], 19.99)
        self.assertAlmostEqual(lines['weir']['max'], 900)
        self.assertAlmostEqual(found['cost']['of_medians'], 30.015 / 19.99)
        self.assertAlmostEqual(found['cost']['of_minima'], 30 * 0.996 / 1)
        self.assertIn('cost: 1.502 of medians, 95 % ', out)
        self.assertIn('m; c; Release; abcdef; 2026-01-02 03:04; load average at the start 0.5, 0.4, 0.3', out)
        self.assertEqual((found['schema'], found['pattern']), ('weir.recorder_cost/1', 'stream_4x64'))
        self.assertEqual(found['context'], CONTEXT)
        self.assertEqual(len(lines['weir']['repetitions']), 10)

    def test_the_interval_holds_the_ratio_and_is_the_same_each_time(self):
        found, out = self.figures(around(10.3), around(10))
        low, high = found['cost']['low'], found['cost']['high']
        self.assertTrue(1.02 < low < found['cost']['of_medians'] < high < 1.04, found['cost'])
        self.assertEqual(self.figures(around(10.3), around(10)), (found, out))

    def test_the_interval_is_that_of_95_per_cent(self):
        # Of 61 drawn from 61 the median is the 23rd value or less in 2.5 % of all draws (binomial).
        values, same = around(10, 61), [10.0] * 61
        for cost, turned in ((self.figures(values, same)[0]['cost'], False),
                             (self.figures(same, values)[0]['cost'], True)):
            low, high = (1 / cost['high'], 1 / cost['low']) if turned else (cost['low'], cost['high'])
            self.assertTrue(values[21] <= 10 * low + 1e-9 and 10 * low - 1e-9 <= values[23], cost)
            self.assertTrue(values[37] <= 10 * high + 1e-9 and 10 * high - 1e-9 <= values[39], cost)

    def test_more_repetitions_or_less_noise_make_it_narrower(self):
        def width(n, step):
            cost = self.figures(around(10, n, step), around(10, n, step))[0]['cost']
            self.assertTrue(cost['low'] <= 1 <= cost['high'])
            return cost['high'] - cost['low']
        self.assertLess(width(21, 0.0001), width(21, 0.001))
        # The same range in ten times as many steps.
        self.assertLess(width(201, 0.0001), width(21, 0.001))
        self.assertEqual(width(9, 0), 0)

    def test_the_goal_is_met_missed_or_open(self):
        for ratio, step, said in ((1.0, 0.0001, 'met'), (1.05, 0.0001, 'missed'), (1.02, 0.01, 'not told apart')):
            _, out = self.figures(around(10 * ratio, step=step), around(10, step=step))
            self.assertIn(f'goal, at most 1.02 of medians: {said}', out)

    def test_a_failed_or_missing_line_is_named(self):
        broken = run_of({WITH: around(10), WITHOUT: around(10)})
        broken['benchmarks'][3].update(error_occurred=True, error_message='wrong result')
        status, out, err = self.call(self.write('run.json', broken))
        self.assertEqual((status, out), (1, ''))
        self.assertIn(WITH + '/real_time: wrong result', err)
        status, out, err = self.call(self.write('run.json', run_of({WITH: around(10), WITHOUT: around(10, 8)})))
        self.assertEqual((status, out), (1, ''))
        self.assertIn(WITHOUT + ': 8 repetitions, at least 9', err)

    def test_what_is_no_run_is_refused_by_name(self):
        for text in ('', '[]', '{}', '{"benchmarks": 3}'):
            path = self.write('run.json', text)
            status, out, err = self.call(path)
            self.assertEqual((status, out), (2, ''))
            self.assertIn(path + ': ', err)
        self.assertIn('/nowhere/run.json: No such file', self.call('/nowhere/run.json')[2])
        self.assertEqual(self.call('--program', '/nowhere/program')[0], 2)
        good = self.write('run.json', run_of({WITH: around(10), WITHOUT: around(10)}))
        self.assertEqual(self.call('--json', '/nowhere/cost.json', good)[0], 2)

    def test_usage(self):
        for options in (('--repetitions', '8'), ('--repetitions', 'x'), ('--min-time', '0'), ('--pattern', 'x'),
                        ('--nonsense',)):
            self.assertEqual(self.call(*options)[0], 2)
        self.assertIn('usage: bench/recorder_cost', self.call('--help')[1])

    def test_the_program_is_told_what_to_run(self):
        run = self.write('run.json', run_of({WITH: around(10), WITHOUT: around(10)}))
        program = self.write('program', f'#!/bin/sh\nprintf "%s\\n" "$@" >"$0.told"\ncat {run}\n')
        os.chmod(program, stat.S_IRWXU)
        status, out, _ = self.call('--program', program, '--repetitions', '21', '--min-time', '0.01')
        self.assertEqual(status, 0)
        self.assertIn('cost: 1.000 of medians', out)
        with open(program + '.told', encoding='utf-8') as file:
            told = file.read().splitlines()
        self.assertIn('--benchmark_filter=^stream_4x64/impl:(weir|weir_unrecorded)/', told)
        self.assertIn('--benchmark_repetitions=21', told)
        self.assertIn('--benchmark_min_time=0.01', told)
        self.assertIn('--benchmark_enable_random_interleaving=true', told)


if __name__ == '__main__':
    unittest.main()
