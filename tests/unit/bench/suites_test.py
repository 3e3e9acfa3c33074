#!/usr/bin/env python3
"""weir-bench-runtime --robustness and --scaling as they are run: rows, files, refusals, signals. Nothing is timed.

The program is that of WEIR_BIN, else that of bench/run (build/bin) when no source is newer: the dev build has none.
"""
import contextlib
import glob
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', '..', '..'))
BENCH = os.path.join(SOURCE, 'bench')
FOLDERS = (os.environ.get('WEIR_BIN'), os.path.join(SOURCE, 'build', 'bin'))
PROGRAM = next((path for path in (os.path.join(folder, 'weir-bench-runtime') for folder in FOLDERS if folder)
                if os.path.exists(path)), None)
LONG_S = 200  # of a call: only a hang reaches it


def why_not():
    if PROGRAM is None:
        return 'no weir-bench-runtime: bench/run builds it'
    built = os.path.getmtime(PROGRAM)
    for folder in ('bench', 'platform', 'runtime'):
        for path in glob.glob(os.path.join(SOURCE, folder, '**', '*.[ch]pp'), recursive=True):
            if os.path.getmtime(path) > built:
                old, new = (os.path.relpath(name, SOURCE) for name in (PROGRAM, path))
                return f'{old} is older than {new}: bench/run builds it anew'
    return None


def call(*arguments):
    return subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=LONG_S, check=False)


def counts(last):
    """1, 2, 4, ... and the last."""
    return [2 ** power for power in range(last.bit_length()) if 2 ** power < last] + [last]


class SuitesTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name
        self.path = os.path.join(scratch.name, 'result.json')

    def measure(self, kind, *arguments):
        """(process, document) of a suite with --json; the file is what bench/table.py and bench/compare need."""
        done = call('--' + kind, '--seconds', '0.05', '--json', self.path, *arguments)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        with open(self.path, encoding='utf-8') as file:
            document = json.load(file)
        self.assertEqual(document['schema'], f'weir.{kind}/1')
        self.assertEqual(os.listdir(self.folder), ['result.json'])
        for field in ('machine', 'system', 'compiler', 'build', 'commit', 'left_out', 'version'):
            self.assertTrue(document['context']['weir_' + field])
        self.assertRegex(document['context']['date'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$')
        self.assertEqual(document['context']['num_cpus'], len(os.sched_getaffinity(0)))
        self.assertEqual(len(document['context']['load_avg']), 3)
        self.rows_are_of_results(document)
        return done, document

    def rows_are_of_results(self, document):
        """A row for each number, a number for each row, and none beside a result that is not right."""
        wanted = {}
        for result in document['results']:
            self.assertRegex(result['status'], r'^(ok|wrong: |hung: |died: |skipped: )')
            if result['status'].startswith(('wrong', 'hung', 'died')):
                self.assertEqual(set(result['values']) - {'throttled_share'}, set(), result)
            for key, value in result['values'].items():
                wanted[f'{result["scenario"]}.{key}/impl:{result["contender"]}'] = value
        rows = {row['name']: row for row in document['rows']}
        self.assertEqual(len(rows), len(document['rows']))
        self.assertEqual({name: row['value'] for name, row in rows.items()}, wanted)
        for row in rows.values():
            self.assertEqual((row['engine'], row['n'], row['min'], row['max']),
                             ('runtime', 1, row['value'], row['value']))
            self.assertIn(row['better'], ('higher', 'lower', 'none'))

    def shown(self, document):
        """What bench/table.py makes of it; bench/compare finds no loss against itself."""
        shown = subprocess.run([os.path.join(BENCH, 'table.py'), self.path, '--keep', self.folder],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
        with open(os.path.join(self.folder, shown.stderr.strip()), encoding='utf-8') as file:
            self.assertEqual(json.load(file)['results'], document['results'])
        same = subprocess.run([os.path.join(BENCH, 'compare'), '--spread', '1.1', self.path, self.path],
                              stdout=subprocess.PIPE, text=True, check=False)
        self.assertEqual(same.returncode, 0, same.stdout)
        self.assertIn('no loss', same.stdout)
        return shown.stdout

    def picked(self, document):
        """{scenario: {contender: result}}"""
        found = {}
        for result in document['results']:
            contenders = found.setdefault(result['scenario'], {})
            self.assertNotIn(result['contender'], contenders)
            contenders[result['contender']] = result
        return found

    def test_a_scenario_by_its_name(self):
        done, document = self.measure('robustness', '--only', 'exceptions')
        found = self.picked(document)
        self.assertEqual(list(found), ['exceptions'])
        self.assertEqual(set(found['exceptions']) - {'tbb_task_group'}, {'weir', 'mutex_condvar'})
        weir = found['exceptions']['weir']
        self.assertEqual(weir['status'], 'ok')
        self.assertEqual(weir['values'], {'ran': 2700, 'threw': 301, 'reported': 301})
        self.assertEqual(found['exceptions']['mutex_condvar']['status'], 'died: Aborted')
        self.assertEqual(done.returncode, 0, done.stdout)
        out = self.shown(document)
        self.assertRegex(out, r'\| weir \|.* 2,700 \| 301 \| 301 \|')
        self.assertRegex(out, r'\| mutex_condvar \|.* died: Aborted')

    def test_all_scenarios_that_begin_so(self):
        done, document = self.measure('robustness', '--only', 'pool_o')
        found = self.picked(document)
        self.assertEqual(list(found), ['pool_oversubscribed', 'pool_one_cpu'])
        out = self.shown(document)
        for scenario, contenders in found.items():
            self.assertEqual(set(contenders) - {'tbb_task_group', 'tbb_arena', 'omp'},
                             {'weir', 'bare', 'mutex_condvar'})
            self.assertEqual(contenders['weir']['status'], 'ok', scenario)
            self.assertGreater(contenders['weir']['values']['items_per_s'], 0)
            self.assertIn(f'| {scenario} | M/s |', out)
            self.assertEqual(len(re.findall(r'^\| weir \| ', out, re.MULTILINE)), len(found))
        self.assertEqual((done.returncode, document['targets']), (0, []))

    def test_promises_are_targets(self):
        done, document = self.measure('robustness', '--only', 'thread_refused')
        weir = self.picked(document)['thread_refused']['weir']
        self.assertEqual(done.returncode, 0, done.stdout)
        if weir['status'].startswith('skipped: '):
            self.assertNotEqual(os.getuid(), 0)
            self.assertEqual(document['targets'], [])
            return
        self.assertEqual((weir['status'], weir['values']),
                         ('ok', {'refused_starts': 4, 'good_starts': 1, 'threads_left': 0}))
        self.assertEqual([(target['scenario'], target['what'], target['value'], target['met'])
                          for target in document['targets']],
                         [('thread_refused', 'refused_starts', 4, True), ('thread_refused', 'threads_left', 0, True)])
        self.assertIn('- met: thread_refused: a clean join (0)', self.shown(document))

    def test_scaling_has_every_count_and_its_speed_up(self):
        cpus = len(os.sched_getaffinity(0))
        done, document = self.measure('scaling', '--only', 'wide_10k')
        found = self.picked(document)
        self.assertEqual(list(found), [f'wide_10k_5us.t{count}' for count in counts(cpus)])
        for scenario, contenders in found.items():
            self.assertEqual(set(contenders) - {'tbb'}, {'weir', 'bare'})
            count = int(scenario.rpartition('.t')[2])
            for name, result in contenders.items():
                self.assertEqual(result['status'], 'ok', (scenario, name))
                values, alone = result['values'], found['wide_10k_5us.t1'][name]['values']
                self.assertTrue(0 < values['least'] <= values['items_per_s'] <= values['most'])
                ratio = values['items_per_s'] / alone['items_per_s']
                self.assertAlmostEqual(values['speed_up'] / ratio, 1, places=4)
                self.assertAlmostEqual(values['efficiency'] / ratio * count, 1, places=4)
        self.assertEqual((done.returncode, document['targets']), (0, []))
        out = self.shown(document)
        self.assertIn('| wide_10k_5us | ' + ' | '.join(str(count) for count in counts(cpus)) + ' |', out)
        self.assertRegex(out, r'\n\| weir \| \S+ M/s, 1.00x, 100 % \|')

    def test_an_unknown_name_is_refused_by_name(self):
        for kind in ('robustness', 'scaling'):
            done = call('--' + kind, '--only', 'nonsense', '--json', self.path)
            self.assertEqual((done.returncode, done.stdout), (2, ''))
            self.assertRegex(done.stderr, r'^no (scenario|pattern) begins with nonsense\n$')
            self.assertEqual(os.listdir(self.folder), [])

    def test_usage(self):
        for kind in ('robustness', 'scaling'):
            for options in (('--nonsense', '1'), ('--seconds', 'x'), ('--seconds', '0'), ('--only',)):
                done = call('--' + kind, *options)
                self.assertEqual((done.returncode, done.stdout), (2, ''), options)
                self.assertIn(f'--{kind}: {options[0]}', done.stderr)
                self.assertIn(f'usage: weir-bench-runtime --{kind}', done.stderr)

    def test_a_file_that_cannot_be_written_is_refused_before_the_run(self):
        for kind in ('robustness', 'scaling'):
            for path in (os.path.join(self.folder, 'none', 'result.json'), self.folder):
                done = call('--' + kind, '--json', path)
                self.assertEqual((done.returncode, done.stdout), (2, ''))
                self.assertTrue(done.stderr.startswith(path + ': '), done.stderr)

    def test_an_interrupt_ends_it_and_leaves_the_earlier_file(self):
        for kind, only, number in (('robustness', 'slow_consumer', signal.SIGINT),
                                   ('scaling', 'fib32', signal.SIGTERM)):
            with open(self.path, 'w', encoding='utf-8') as file:
                file.write('earlier')
            child = subprocess.Popen([PROGRAM, '--' + kind, '--seconds', '10', '--only', only, '--json', self.path],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            with contextlib.closing(child.stderr):
                self.assertIn(only, child.stderr.readline())
                child.send_signal(number)
                said = child.stderr.read()
            self.assertEqual(child.wait(LONG_S), 128 + number)
            self.assertTrue(said.endswith(f'stopped by {number.name}: no result is written\n'), said)
            self.assertEqual(os.listdir(self.folder), ['result.json'])
            with open(self.path, encoding='utf-8') as file:
                self.assertEqual(file.read(), 'earlier')


if __name__ == '__main__':
    reason = why_not()
    if reason:
        print('SKIP: ' + reason)
        sys.exit(77)
    unittest.main()
