#!/usr/bin/env python3
"""What `weir-mccfr train` leaves behind and says before it starts, and what reads single rows of it.

Charts, curves, snapshots, exports by street, queries, announced memory, flags of the original program.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as xml

PROGRAM = os.path.abspath(os.path.join(os.environ.get('WEIR_BIN', 'build/bin'), 'weir-mccfr'))
SVG = '{http://www.w3.org/2000/svg}'
MIB = 1 << 20

ORIGINAL = """\
num_iterations: 1500
checkpoint_interval: 1000
discount_factor: 1.0
exploration_epsilon: 0.6
epsilon_schedule: [[0, 0.6], [100000, 0.4]]
num_players: 2
use_linear_weighting: true
discount_interval: 1000
discount_mode: static
regret_discount_alpha: 0.9
strategy_discount_beta: 0.8
dcfr_reset_negative_regrets: true
enable_pruning: true
pruning_threshold: -300000000.0
pruning_probability: 0.95
time_budget_seconds: 50
snapshot_interval_seconds: 600
tensorboard_log_interval: 1000
preflop_equity_samples: 100
num_workers: 1
batch_size: 100
adaptive_target_ips: 35
enable_chunked_training: true
chunk_size_iterations: 100
chunk_size_minutes: 5
chunk_restart_delay_seconds: 5
include_action_history_in_infoset: true
storage_mode: compact
bucket:
  k_flop: 80
  num_samples: 500000
"""


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def ask(self, *arguments):
        """Exit code, the JSON document, what stood on stderr."""
        done = subprocess.run([PROGRAM, arguments[0], '--json', *arguments[1:]], capture_output=True, text=True,
                              cwd=self.folder)
        return done.returncode, json.loads(done.stdout), done.stderr

    def train(self, *arguments):
        code, document, told = self.ask('train', '--workers', '2', *arguments)
        self.assertEqual(code, 0, told)
        return document

    def query(self, *arguments):
        code, document, told = self.ask('query', *arguments)
        self.assertEqual(code, 0, told)
        return document

    def read(self, name):
        with open(self.path(name), encoding='utf-8') as file:
            return file.read()

    def bytes_of(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read()

    def write(self, name, content):
        with open(self.path(name), 'wb') as file:
            file.write(content)


class Charts(Files):
    def points(self):
        root = xml.fromstring(self.read('curve.svg'))
        self.assertEqual(root.tag, SVG + 'svg')
        words = [text.text for text in root.iter(SVG + 'text')]
        for label in ('iterations', 'time of training (s)', 'exploitability (chips)', 'leduc, es: exploitability'):
            self.assertIn(label, words)
        lines = [line.get('points').split() for line in root.iter(SVG + 'polyline')]
        self.assertEqual(len(lines), 2)
        for point in lines[0] + lines[1]:
            x, y = map(float, point.split(','))
            self.assertTrue(90 < x < 740 and 60 < y < 620, point)
        self.assertEqual(len(lines[0]), len(lines[1]))
        return len(lines[0])

    def test_each_point_is_drawn_and_a_resumed_run_goes_on_with_the_curve(self):
        common = ('--game', 'leduc', '--mode', 'deterministic', '--out', 'run', '--plot', 'curve.svg')
        first = self.train(*common, '--iters', '10000')
        self.assertEqual(self.points(), len(first['curve']))
        more = self.train(*common, '--iters', '60000', '--resume')
        self.assertEqual(more['curve'][:len(first['curve'])], first['curve'])
        self.assertGreater(len(more['curve']), len(first['curve']))
        self.assertEqual(self.points(), len(more['curve']))
        seconds = [point[1] for point in more['curve']]
        self.assertEqual(seconds, sorted(seconds))
        self.write('run/curve.json', b'{"points": [[1, "x"]]}')  # a curve that cannot be read is none
        again = self.train(*common, '--iters', '61000', '--resume')
        self.assertLess(len(again['curve']), len(more['curve']))

    def test_metrics_say_how_it_goes(self):
        self.train('--game', 'kuhn', '--iters', '5000', '--metrics', 'm.jsonl')
        lines = [json.loads(line) for line in self.read('m.jsonl').splitlines()]
        self.assertGreaterEqual(len(lines), 3)
        for key in ('iterations_per_s', 'nodes_per_s', 'infosets_visited', 'mean_regret', 'exploitability', 'eta_s'):
            self.assertIn(key, lines[-1])
        self.assertEqual(lines[-1]['infosets_visited'], 12)
        self.assertEqual(lines[-1]['eta_s'], 0)


class Graphs(Files):
    def test_each_way_that_takes_all_workers_is_one_graph(self):
        ways = {'sampled': ('--game', 'leduc'), 'in batches': ('--game', 'leduc', '--mode', 'deterministic'),
                'by visits': ('--game', 'kuhn', '--players', '3'),
                'boards': ('--game', 'nolimit', '--algorithm', 'cfr', '--stack', '4', '--batch-size', '1',
                           '--buckets', '169,4,4,4', '--response-deals', '0')}
        for name, way in ways.items():
            with self.subTest(name):
                self.train(*way, '--iters', '2', '--out', name, '--graph', 'graph.json')
                graph = json.loads(self.read('graph.json'))
                self.assertEqual([node['name'] for node in graph['nodes']], ['blocks', 'walk', 'tally'])
                os.remove(self.path('graph.json'))

    def test_one_without_says_so(self):
        code, _, told = self.ask('train', '--game', 'kuhn', '--algorithm', 'cfr', '--iters', '3', '--out', 'run',
                                 '--graph', 'graph.json')
        self.assertEqual(code, 0)
        self.assertIn('--graph', told)
        self.assertFalse(os.path.exists(self.path('graph.json')))


class Snapshots(Files):
    def test_the_newest_are_kept_and_are_read_as_checkpoints_are(self):
        made = self.train('--game', 'leduc', '--time-budget', '3', '--snapshot-interval', '0.2', '--snapshots-kept',
                          '2', '--out', 'run')
        self.assertGreaterEqual(made['snapshots'], 1)
        self.assertEqual(made['snapshots_failed'], 0)
        names = [name for name in os.listdir(self.path('run/snapshots')) if name.endswith('.weir')]
        self.assertEqual(len(names), min(made['snapshots'], 2))
        latest = 'run/snapshots/latest'
        self.assertEqual(os.readlink(self.path(latest)), max(names))
        code, measured, told = self.ask('exploit', latest)
        self.assertEqual(code, 0, told)
        self.assertLess(measured['exploitability'], 1)
        self.assertGreater(measured['iterations'], 0)
        code, _, told = self.ask('export', latest, '--out', 's.json')
        self.assertEqual(code, 0, told)
        exported = json.loads(self.read('s.json'))['infosets']
        self.assertEqual(len(exported), 288)
        for key in ('K::', 'Q::cr', 'K:Q:crc/', 'J:J:crrc/r'):
            self.assertEqual(self.query(latest, key)['strategy'], exported[key])
        code, refused, _ = self.ask('train', '--game', 'leduc', '--resume-from', latest)
        self.assertEqual((code, refused['error']['code']), (2, 'usage'))

    def test_a_row_of_short_averages_is_found(self):
        self.train('--game', 'leduc', '--time-budget', '1', '--snapshot-interval', '0.1', '--out', 'run',
                   '--table-bits', '16,8,32,32')
        latest = 'run/snapshots/latest'
        self.assertEqual(self.ask('export', latest, '--out', 's.json')[0], 0)
        exported = json.loads(self.read('s.json'))['infosets']
        for key in ('K::', 'Q::cr', 'K:Q:crc/', 'J:J:crrc/r'):
            self.assertEqual(self.query(latest, key)['strategy'], exported[key])

    def test_what_a_killed_run_left_goes_first(self):
        gone = subprocess.Popen(['true'])
        gone.wait()
        os.makedirs(self.path('run/snapshots'))
        for folder, stale in (('run', 'checkpoint-999999999999999.weir'),
                              ('run/snapshots', 'snapshot_iter999999999999999_t9s.weir')):
            self.write(f'{folder}/{stale}', b'half')
            self.write(f'{folder}/.{stale}.{gone.pid}-1.weir-tmp', b'half')
            os.symlink(stale, self.path(f'{folder}/.latest.{gone.pid}.weir-tmp'))
        made = self.train('--game', 'leduc', '--time-budget', '2', '--snapshot-interval', '0.1', '--snapshots-kept',
                          '1', '--checkpoint-interval', '1000', '--out', 'run')
        self.assertGreaterEqual(made['snapshots'], 1)
        latest = os.readlink(self.path('run/snapshots/latest'))
        self.assertEqual(sorted(os.listdir(self.path('run/snapshots'))), ['latest', latest])
        self.assertFalse([name for name in os.listdir(self.path('run')) if name.startswith('.')])
        latest = os.readlink(self.path('run/latest'))
        self.assertNotIn('999999999999999', latest)
        self.assertTrue(os.path.exists(self.path('run/' + latest)))

    def test_training_comes_to_the_same_bytes_with_and_without(self):
        for game in (('--game', 'leduc'), ('--game', 'kuhn', '--players', '3', '--table-memory', '1')):
            kept = {}
            for name, more in (('without', ()), ('with', ('--snapshot-interval', '0.05'))):
                out = name + game[1]
                self.train(*game, '--mode', 'deterministic', '--seed', '5', '--iters', '100000', '--out', out, *more)
                kept[name] = self.bytes_of(out + '/latest')
            self.assertEqual(kept['with'], kept['without'])


class Queries(Files):
    def test_a_row_is_what_the_export_says(self):
        for game in (('--game', 'leduc', '--algorithm', 'es'), ('--game', 'leduc', '--algorithm', 'cfr+'),
                     ('--game', 'leduc', '--table-bits', '16'), ('--game', 'leduc', '--table-bits', '8', '--baselines'),
                     ('--game', 'leduc', '--table-bits', '32,16,32,32'),
                     ('--game', 'leduc', '--table-bits', '16', '--average-rounds', '1'),
                     ('--game', 'leduc', '--players', '5', '--table-memory', '64')):
            out = 'run' + '-'.join(game).replace('--', '')
            self.train(*game, '--iters', '4000', '--out', out, '--mode', 'deterministic')
            code, _, told = self.ask('export', out + '/latest', '--out', 's.json')
            self.assertEqual(code, 0, told)
            exported = json.loads(self.read('s.json'))['infosets']
            keys = list(exported)
            if '--players' in game:
                self.assertGreater(len(keys), 2 * 16384)  # so that marks are led by
            for key in keys[:3] + keys[len(keys) // 3::max(len(keys) // 9, 1)] + keys[-2:]:
                self.assertEqual(self.query(out + '/latest', key)['strategy'], exported[key], key)

    def test_cards_and_what_is_near(self):
        self.train('--game', 'leduc', '--iters', '1000', '--out', 'run')
        asked = self.query('run/latest', 'crc/', '--cards', 'K', '--board', 'Q')
        self.assertEqual(asked['key'], 'K:Q:crc/')
        self.assertEqual(asked['strategy'], self.query('run/latest', 'K:Q:crc/')['strategy'])
        self.assertEqual(self.query('run/latest', 'K:Q:crc/', '--cards')['cards'], {'hand': 'K', 'board': 'Q'})
        self.assertEqual(self.query('run/latest', '--cards', 'K')['key'], 'K::')
        for key, near in (('K:Q:crx/', 'K:Q:crc/'), ('X:Q:crc/', ':Q:crc/'), ('K:Q:cc', 'K:Q:cc/')):
            code, refused, _ = self.ask('query', 'run/latest', key)
            self.assertEqual((code, refused['error']['code']), (2, 'usage'))
            self.assertIn(near, refused['error']['what'])
        code, refused, _ = self.ask('query', 'run/latest', 'crc/', '--cards', 'K')
        self.assertEqual(code, 2)
        self.assertIn('--board', refused['error']['what'])

    def test_a_row_of_a_file_that_is_not_whole_is_refused(self):
        for bits in ('32', '16', '8', '8,16,32,32'):
            self.train('--game', 'leduc', '--iters', '4000', '--out', bits, '--table-bits', bits)
            whole = self.bytes_of(bits + '/latest')
            self.write('changed', whole[:-1] + bytes([whole[-1] ^ 1]))
            for command in (('query', 'changed', 'K:Q:crc/'), ('export', 'changed', '--out', 's.json')):
                code, refused, _ = self.ask(*command)
                self.assertEqual((code, refused['error']['code']), (1, 'corrupt'))

    def test_broken_files_are_refused_by_size_and_header(self):
        self.train('--game', 'leduc', '--iters', '1000', '--out', 'run')
        self.train('--game', 'kuhn', '--players', '3', '--table-memory', '1', '--iters', '1000', '--out', 'many')
        self.train('--game', 'leduc', '--iters', '1000', '--out', 'short', '--table-bits', '16,8,32,32')
        for name, key in (('run/latest', 'K:Q:crc/'), ('many/latest', 'A::rf'), ('short/latest', 'K:Q:crc/')):
            whole = self.bytes_of(name)
            begin = whole.index(b'{')
            number = whole.index(b'"seed":1') + len('"seed":')
            flipped = whole[:number] + b'2' + whole[number + 1:]
            for content, code in ((whole[:-1], 'truncated'), (whole[:len(whole) // 2], 'truncated'),
                                  (whole[:begin + 20], 'truncated'), (whole + b'x', 'corrupt'),
                                  (flipped, 'corrupt')):
                self.write('broken', content)
                exit_code, refused, _ = self.ask('query', 'broken', key)
                self.assertEqual((exit_code, refused['error']['code']), (1, code))


class Exports(Files):
    def test_streets_together_are_the_whole(self):
        self.train('--game', 'leduc', '--iters', '1000', '--out', 'run')
        code, told, _ = self.ask('export', 'run/latest', '--out', 'all.json', '--per-street', 'a/b')
        self.assertEqual(code, 0)
        self.assertEqual(told['per_street'], {'preflop': 18, 'flop': 270})
        whole, rows = json.loads(self.read('all.json'))['infosets'], {}
        for street in told['per_street']:
            document = json.loads(self.read(f'a/b/{street}.json'))
            self.assertEqual((document['game'], document['street']), ('leduc', street))
            self.assertEqual(len(document['infosets']), told['per_street'][street])
            rows.update(document['infosets'])
        self.assertEqual(rows, whole)
        self.assertEqual(self.ask('export', 'run/latest')[0], 2)


class Memory(Files):
    def test_what_is_announced_is_what_platform_counts(self):
        deterministic = ('--mode', 'deterministic')
        games = [('--game', 'kuhn'), ('--game', 'leduc'), ('--game', 'leduc', *deterministic),
                 ('--game', 'leduc', '--algorithm', 'cfr+'),
                 ('--game', 'leduc', '--players', '3', '--table-memory', '16', *deterministic)]
        if 'sanitized' not in self.train('--game', 'kuhn', '--iters', '1')['machine']['build']:  # cards take a minute
            small = ('--game', 'nolimit', '--stack', '20', '--response-deals', '2000', '--buckets')
            games += [(*small, '169,20,20,20'), (*small, '169,20,20,300', *deterministic),
                      (*small, '169,90,90,90', '--table-bits', '16'),
                      ('--game', 'nolimit', '--response-deals', '1000')]
        for game in games:
            made = self.train(*game, '--iters', '3000')
            counted = made['announced_platform_bytes']
            self.assertLessEqual(abs(made['platform_peak_bytes'] - counted), MIB, game)
            self.assertGreaterEqual(made['announced_bytes'], counted)
            if made['machine']['build'] == 'Release':
                self.assertLessEqual(made['peak_rss_bytes'], made['announced_bytes'] + 16 * MIB, game)

    def test_tables_and_batches_take_what_was_announced_to_the_byte(self):
        short, deterministic = ('--table-bits', '16'), ('--mode', 'deterministic')
        for more in ((), short, ('--baselines',), deterministic, (*deterministic, *short),
                     (*deterministic, '--algorithm', 'os', *short),
                     (*deterministic, '--algorithm', 'os', *short, '--batch-size', '100000')):
            made = self.train('--game', 'leduc', '--iters', '1000', *more)
            announced = made['announced']
            self.assertEqual(made['table_bytes'], announced['tables'] + announced['batches'], more)

    def test_what_a_run_takes_beside_its_tables_is_announced(self):
        def announced(*more):
            return self.train('--game', 'leduc', '--iters', '100', '--mode', 'deterministic', *more)['announced']
        self.assertGreater(announced('--baselines')['logs'], announced()['logs'])
        several = ('--players', '3', '--table-memory')
        small, large = announced(*several, '1'), announced(*several, '16')
        self.assertGreaterEqual(large['copies'], 8 * small['copies'])  # rows in the order of a file
        self.assertGreater(small['copies'], 0)
        # No batch is longer than what an entry can take.
        longest = announced(*several, '1', '--algorithm', 'os', '--batch-size', '1000000')
        self.assertEqual(longest['logs'], announced(*several, '1', '--algorithm', 'os', '--batch-size', '256')['logs'])

    def test_a_tree_of_many_bets_is_announced(self):
        def tree_of(bets):
            made = self.train('--game', 'nolimit', '--iters', '10', '--buckets', '169,2,2,2', '--response-deals', '0',
                              '--bets', bets)
            if made['machine']['build'] == 'Release':
                self.assertLessEqual(made['peak_rss_bytes'], made['announced_bytes'] + 16 * MIB, bets)
            return made['announced']['tree']
        small, large = tree_of('100%,a'), tree_of('50%,100%,a')
        self.assertGreater(large, 20 * small)
        self.assertGreater(large, 8 * MIB)

    def test_too_much_is_refused_with_what_to_cut(self):
        for arguments, cut in ((('--game', 'leduc', '--players', '4', '--table-memory', '500'), '--table-memory'),
                               (('--game', 'nolimit',), '--buckets on the river')):
            code, refused, _ = self.ask('train', *arguments, '--iters', '10', '--memory-limit', '100')
            self.assertEqual((code, refused['error']['code']), (1, 'too_large'))
            self.assertIn(cut, refused['error']['what'])

    def test_what_rows_by_visits_cannot_have_is_refused_before_anything_is_made(self):
        for more, name in ((('--table-bits', '16'), '--table-bits'), (('--baselines',), '--baselines'),
                           (('--algorithm', 'cfr'), '--algorithm')):
            code, refused, _ = self.ask('train', '--game', 'leduc', '--players', '3', '--memory-limit', '1', *more)
            self.assertEqual((code, refused['error']['code']), (2, 'usage'))
            self.assertIn(name, refused['error']['where'])


class Original(Files):
    def test_its_keys_work_or_are_said_to_have_no_effect(self):
        self.write('o.yaml', ORIGINAL.encode())
        code, made, told = self.ask('train', '--config', 'o.yaml', '--game', 'leduc', '--out', 'run')
        self.assertEqual((code, made['iterations']), (0, 1500), told)
        for word in ('chunked', 'storage-mode', 'epsilon-schedule', 'adaptive-target-ips', 'bucket: num-samples'):
            self.assertRegex(told, word + '.* is accepted, and has no effect')
        header = self.bytes_of('run/latest')
        self.assertIn(b'"discount":"static:0.9,0.8"', header)
        self.assertIn(b'"pruning":true', header)

    def test_what_the_game_has_not_is_said_and_not_kept(self):
        code, made, told = self.ask('train', '--game', 'leduc', '--iters', '10', '--stack', '50', '--k-flop', '9',
                                    '--measure', 'e_hs', '--mode', 'deterministic', '--out', 'run')
        self.assertEqual((code, made['iterations']), (0, 10), told)
        for word in ('stack for leduc', 'k-flop for leduc', 'measure for leduc'):
            self.assertIn(word + ' is accepted, and has no effect', told)
        self.assertNotIn(b'"stack"', self.bytes_of('run/latest'))
        code, made, told = self.ask('train', '--game', 'limit', '--iters', '10', '--stack', '50', '--buckets',
                                    '169,4,4,4', '--response-deals', '0', '--out', 'limit')
        self.assertEqual((code, made['iterations']), (0, 10), told)
        self.assertIn('stack for limit is accepted, and has no effect', told)
        self.assertNotIn('buckets for limit', told)
        self.assertIn(b'"stack":48', self.bytes_of('limit/latest'))

    def test_its_flags_work_and_mistakes_name_the_nearest(self):
        made = self.train('--game', 'leduc', '--iters', '10', '--tensorboard', '--num-instances', '2', '--chunked',
                          '--chunk-iterations', '5', '--chunk-minutes', '3', '--chunk-restart-delay', '1')
        self.assertEqual(made['iterations'], 10)
        self.train('--game', 'leduc', '--iters', '10', '--use-linear-weighting', '--out', 'linear')
        self.assertIn(b'"discount":"linear"', self.bytes_of('linear/latest'))
        self.write('bad.yaml', b'chunk_size_iteration: 5\n')
        code, refused, _ = self.ask('train', '--config', 'bad.yaml')
        self.assertEqual(code, 2)
        self.assertIn('chunk-size-iterations', refused['error']['what'])
        self.assertEqual(self.ask('train', '--game', 'nolimit', '--buckets', 'no/file.buckets')[0], 1)
        self.assertEqual(self.ask('train', '--game', 'nolimit', '--buckets', '1,2,x,4')[0], 2)


class Ends(Files):
    SMALL = ['--game', 'nolimit', '--stack', '20', '--buckets', '169,20,20,20']

    def interrupted(self, ready, *arguments):
        """The exit status and stdout of a run that gets SIGINT once ready() is true."""
        process = subprocess.Popen([PROGRAM, *arguments, '--quiet'], cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + 120
        while not ready() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, told = process.communicate(timeout=120)
        return process.returncode, out, told

    def test_a_signal_keeps_what_was_learnt_and_waits_for_no_measure(self):
        # A response to be learnt by so many deals takes half an hour.
        status, out, told = self.interrupted(lambda: os.path.exists(self.path('m.jsonl')), 'train', *self.SMALL,
                                             '--out', 'run', '--iters', '1000000000', '--response-deals',
                                             '1000000000', '--metrics', 'm.jsonl', '--json')
        self.assertEqual(status, 130, told)
        made = json.loads(out)
        self.assertGreater(made['iterations'], 0)
        self.assertTrue(os.path.exists(self.path('run/latest')))
        begun = time.monotonic()
        status, _, told = self.interrupted(lambda: time.monotonic() > begun + 1, 'exploit', 'run/latest',
                                           '--response-deals', '1000000000')
        self.assertEqual(status, 130, told)
        code, played, told = self.ask('eval', 'run/latest', '--against', 'call', '--hands', '1')
        self.assertEqual((code, played['ci95']), (0, None), told)  # of one hand
        code, _, told = self.ask('train', *self.SMALL, '--out', 'run', '--memory-limit', '1')
        self.assertEqual(code, 1)
        self.assertIn('has checkpoints of a run before', told)

    def test_a_checkpoint_comes_by_the_clock_and_a_killed_run_goes_on_from_it(self):
        run = ('--game', 'leduc', '--mode', 'deterministic', '--out', 'run')
        process = subprocess.Popen([PROGRAM, 'train', *run, '--iters', '1000000000', '--checkpoint-seconds', '0.2',
                                    '--quiet'], cwd=self.folder, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 120
        while not os.path.exists(self.path('run/latest')) and time.monotonic() < until:
            time.sleep(0.02)
        self.assertIsNone(process.poll())
        process.kill()
        process.wait()
        found = self.ask('exploit', 'run/latest')[1]['iterations']
        self.assertGreater(found, 0)
        resumed = self.train(*run, '--iters', str(found + 1000), '--resume')
        whole = self.train('--game', 'leduc', '--mode', 'deterministic', '--iters', str(found + 1000))
        self.assertEqual(resumed['table_sha256'], whole['table_sha256'])

    def test_how_many_processors_were_busy_is_told(self):
        made = self.train('--game', 'leduc', '--time-budget', '0.5')
        self.assertGreater(made['cpus_busy'], 0.05)
        self.assertLess(made['cpus_busy'], 3.5)  # two workers, and who looks at them

    def test_holdem_has_known_bytes(self):
        # Every compiler and sanitizer comes to them, with any number of workers.
        for workers in ('1', '2', '3'):
            code, made, told = self.ask('train', *self.SMALL, '--mode', 'deterministic', '--iters', '9000',
                                        '--response-deals', '0', '--workers', workers)
            self.assertEqual(code, 0, told)
            self.assertEqual(made['table_sha256'][:16], '3e3445fa23d1ed71')

    def test_what_was_learnt_is_kept_before_it_is_measured(self):
        process = subprocess.Popen([PROGRAM, 'train', *self.SMALL, '--out', 'run', '--iters', '2000', '--quiet',
                                    '--response-deals', '1000000000'], cwd=self.folder, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 120
        while not os.path.exists(self.path('run/latest')) and time.monotonic() < until:
            time.sleep(0.05)
        self.assertIsNone(process.poll())  # it measures
        process.kill()
        process.wait()
        code, _, told = self.ask('export', 'run/latest', '--out', 'kept.json')
        self.assertEqual(code, 0, told)

    def test_places_that_cannot_be_written_to_are_refused_before_any_work(self):
        for option, name in (('--metrics', 'none/m.jsonl'), ('--plot', 'none/p.svg')):
            code, refused, _ = self.ask('train', '--game', 'kuhn', option, name)
            self.assertEqual((code, refused['error']['code'], refused['error']['where']), (1, 'not_found', name))
        code, refused, _ = self.ask('buckets', '--out', 'none/x.buckets')
        self.assertEqual((code, refused['error']['code']), (1, 'not_found'))

    def test_an_opponent_that_is_none_is_told_at_once_with_the_nearest(self):
        code, refused, _ = self.ask('eval', 'none', '--against', 'tigth')
        self.assertEqual((code, refused['error']['code']), (1, 'not_found'))
        self.assertIn('the nearest baseline is tight', refused['error']['what'])

    def test_a_file_that_is_no_bucket_file_stays(self):
        self.write('precious', b'something else\n')
        code, refused, _ = self.ask('buckets', '--out', 'precious')
        self.assertEqual((code, refused['error']['code']), (1, 'corrupt'))
        self.assertEqual(self.bytes_of('precious'), b'something else\n')


if __name__ == '__main__':
    if not os.path.exists(PROGRAM):
        print('SKIP: weir-mccfr is not built')
        sys.exit(77)
    unittest.main()
