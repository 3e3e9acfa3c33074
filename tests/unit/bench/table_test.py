#!/usr/bin/env python3
"""bench/table.py on a made-up result: the ratios, the name of a kept run, the picture."""
import contextlib
import io
import json
import os
import re
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

sys.dont_write_bytecode = True
BENCH = os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', '..', '..', 'bench')
sys.path.insert(0, BENCH)
import suites  # noqa: E402
import table  # noqa: E402

CONTEXT = {'date': '2026-01-02T03:04:05+00:00', 'num_cpus': 4, 'load_avg': [0.5, 0.4, 0.3], 'executable': '/x/program',
           'weir_machine': 'Some CPU & Co, 4 cores, 4 CPUs allowed', 'weir_system': 'Linux',
           'weir_compiler': 'gcc 12.2.0', 'weir_build': 'Release', 'weir_commit': 'abcdef', 'weir_left_out': 'none'}


def document(lines):
    runs = [{'name': name, 'run_name': name + '/real_time', 'run_type': 'iteration', 'repetition_index': index,
             'items_per_second': 1e9 / ns} for name, costs in lines.items() for index, ns in enumerate(costs)]
    return {'context': CONTEXT, 'benchmarks': runs}


class TableTest(unittest.TestCase):
    def call(self, lines, *options):
        """(stdout, stderr, files by name) of table.py on a run, or on a whole document; FOLDER in options is a fresh
        folder."""
        with tempfile.TemporaryDirectory() as folder:
            result = os.path.join(folder, 'result.json')
            with open(result, 'w', encoding='utf-8') as file:
                json.dump(lines if 'schema' in lines else document(lines), file)
            sys.argv = ['table.py', result] + [option.replace('FOLDER', folder) for option in options]
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                self.assertEqual(table.main(), 0)
            files = {}
            for name in os.listdir(folder):
                with open(os.path.join(folder, name), encoding='utf-8') as file:
                    files[name] = file.read()
        return out.getvalue(), err.getvalue(), files

    def test_ratios_are_of_medians_and_best_is_the_fastest_peer(self):
        out, _, _ = self.call({'ring_1p1c/impl:weir': (20, 30, 25), 'ring_1p1c/impl:tbb': (100, 101, 102),
                               'ring_1p1c/impl:boost': (50, 51, 40), 'ring_1p1c/impl:bare': (10, 10, 10)})
        self.assertIn('| ring_1p1c | 25.0 (20.0-30.0) | boost 50.0 | **0.50** | 0.50 |', out)

    def test_ratios_of_several_runs_stand_side_by_side(self):
        runs = ({'ring_1p1c/impl:weir': (20, 30, 25), 'ring_1p1c/impl:tbb': (100, 101, 102)},
                {'ring_1p1c/impl:weir': (30,), 'ring_1p1c/impl:boost': (20,), 'fib32/impl:weir': (1,)})
        with tempfile.TemporaryDirectory() as folder:
            names = [os.path.join(folder, f'{index}.json') for index in range(len(runs))]
            for name, lines in zip(names, runs):
                with open(name, 'w', encoding='utf-8') as file:
                    json.dump(document(lines), file)
            sys.argv = ['table.py', *names]
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out):
                self.assertEqual(table.main(), 0)
            sys.argv.append('--keep=x')
            with contextlib.redirect_stderr(err), self.assertRaises(SystemExit) as refused:
                table.main()
        self.assertIn('| ring_1p1c | tbb, boost | **0.25** (0.20; 25.0) | **1.50** (1.50; 30.0) |', out.getvalue())
        self.assertNotIn('fib32', out.getvalue())
        self.assertEqual(refused.exception.code, 2)
        self.assertIn('several results', err.getvalue())

    def test_the_picture_is_well_formed_and_holds_every_pattern(self):
        lines = {'fib32/impl:weir': (4, 5, 6), 'fib32/impl:tbb': (20, 25, 30), 'start_stop/impl:weir': (10, 11, 12)}
        _, _, files = self.call(lines, '--svg', 'FOLDER/a.svg')
        root = xml.fromstring(files['a.svg'])
        said = [element.text for element in root.iter() if element.text and element.text.strip()]
        self.assertIn('weir abcdef, Some CPU & Co, 4 CPUs, 2026-01-02', said)
        for word in ('fib32', 'against tbb', '0.20', 'start_stop', 'nothing to hold it against'):
            self.assertIn(word, said)
        width = float(root.get('width'))
        for element in root.iter():
            for name in ('x', 'x1', 'x2'):
                if element.get(name) is not None:
                    self.assertTrue(0 <= float(element.get(name)) <= width)

    def test_a_kept_run_is_named_by_commit_machine_time_and_compiler(self):
        _, err, files = self.call({'fib32/impl:weir': (4, 5, 6)}, '--keep', 'FOLDER')
        name = 'abcdef.some-cpu-co-4-cpus.20260102t0304.gcc-12-2-0.json'
        self.assertEqual(err.strip(), name)
        kept = json.loads(files[name])
        self.assertEqual(len(kept['benchmarks']), 3)
        self.assertEqual(kept['context']['executable'], 'program')

    def suite(self, kind, results):
        targets = [{'scenario': 'fork', 'what': 'x', 'goal': 'never hangs', 'value': 4, 'met': False}]
        return {'schema': f'weir.{kind}/1', 'context': CONTEXT, 'rows': [], 'results': results, 'targets': targets}

    def test_the_suites_are_kept_under_the_same_name_and_shown(self):
        results = [{'scenario': 'burst', 'contender': 'weir', 'status': 'ok', 'note': '',
                    'values': {'items_per_s': 2e6}},
                   {'scenario': 'burst', 'contender': 'tbb', 'status': 'hung: killed', 'note': 'n', 'values': {}}]
        out, err, files = self.call(self.suite('robustness', results), '--keep', 'FOLDER')
        name = 'abcdef.some-cpu-co-4-cpus.20260102t0304.gcc-12-2-0.robustness.json'
        self.assertEqual(err.strip(), name)
        self.assertEqual(json.loads(files[name])['results'], results)
        self.assertIn('| burst | M/s |  |', out)
        self.assertIn('| weir | 2 |  |', out)
        self.assertIn('| tbb | - | hung: killed; n |', out)
        self.assertIn('MISSED: fork: never hangs (4)', out)

    def test_every_key_of_the_robustness_suite_has_a_column(self):
        with open(os.path.join(BENCH, 'robustness', 'suite.cpp'), encoding='utf-8') as file:
            keys = re.findall(r'^    \{"(\w+)", "[^"]*", "[^"]*", "(?:higher|lower|none)"', file.read(), re.MULTILINE)
        self.assertEqual(set(keys), set(suites.COLUMNS))

    def test_scaling_has_a_column_a_count(self):
        values = {'items_per_s': 3e6, 'speed_up': 1.5, 'efficiency': 0.75}
        results = [{'scenario': f'fib32.t{n}', 'contender': 'weir', 'status': 'ok', 'note': '', 'values': values}
                   for n in (1, 2)]
        out, err, _ = self.call(self.suite('scaling', results), '--keep', 'FOLDER')
        self.assertTrue(err.strip().endswith('.scaling.json'))
        self.assertIn('| fib32 | 1 | 2 |', out)
        self.assertIn('| weir | 3 M/s, 1.50x, 75 % | 3 M/s, 1.50x, 75 % |', out)

    def test_scaling_of_pairs_says_so_and_a_failed_cell_has_its_status(self):
        results = [{'scenario': 'ring_npnc.t1', 'contender': 'weir', 'status': 'wrong: x', 'note': '', 'values': {}},
                   {'scenario': 'ring_npnc.t2', 'contender': 'weir', 'status': 'ok', 'note': '',
                    'values': {'items_per_s': 3e6}}]
        out, _, _ = self.call(self.suite('scaling', results))
        self.assertIn('| ring_npnc | 1p1c | 2p2c |', out)
        self.assertIn('| weir | wrong: x | 3 M/s |', out)


if __name__ == '__main__':
    unittest.main()
