#!/usr/bin/env python3
"""bench/segment_speed, small: every line that it is asked for has its row and its figures, goals are judged by them."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', '..', '..'))
PROGRAM = os.path.join(ROOT, 'bench', 'segment_speed')
NEEDED = [os.path.join(ROOT, 'build', 'bin', name) for name in ('weir-segment', 'weir-bench-segmentation')]


def run(*words):
    return subprocess.run([sys.executable, PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, timeout=200)


class SegmentSpeedTest(unittest.TestCase):
    def measure(self, only):
        with tempfile.TemporaryDirectory() as scratch:
            path = os.path.join(scratch, 'speed.json')
            done = run('--files', '100', '--peer-files', '0', '--only', only, '--work', scratch, '--json', path)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(path, encoding='utf-8') as file:
                return done.stdout, json.load(file)

    def test_lines_have_rows_figures_and_goals(self):
        if not all(map(os.path.exists, NEEDED)):
            print('\nSKIP: the release build is not there (bench/run --build-only)', flush=True)
            self.skipTest('no release build')
        for only, lines, over in (('stage_run', {'bare_copy', 'stage_run', 'stage_run_commit'}, 'bare_copy'),
                                  ('parse', {'parse'}, None)):
            said, result = self.measure(only)
            self.assertEqual(result['schema'], 'weir.segmentation_speed/1')
            self.assertEqual(set(result['lines']), lines)
            for name, row in result['lines'].items():
                self.assertIn(f'| {name} | 100 |', said)
                self.assertEqual((row['n'], row['files']), (7, 100))
                self.assertEqual(len(result['samples'][name]), 7)
                self.assertLessEqual(row['seconds_min'], row['seconds'])
                self.assertLessEqual(row['seconds'], row['seconds_max'])
            goal, = result['goals']
            self.assertEqual((goal['line'], goal['over']), (only, over))
            value = result['lines'][only][goal['figure']]
            if over is not None:
                value /= result['lines'][over][goal['figure']]
            self.assertAlmostEqual(goal['value'], value)
            self.assertEqual(goal['met'], value <= goal['goal'] if goal['at'] == 'most' else value >= goal['goal'])

    def test_too_few_rounds_files_and_unknown_lines_are_refused(self):
        for words in (['--rounds', '6'], ['--files', '99'], ['--peer-files', '-1']):
            self.assertEqual(run(*words).returncode, 2, words)


if __name__ == '__main__':
    unittest.main()
