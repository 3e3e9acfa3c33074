#!/usr/bin/env python3
"""weir-search serve and batch as clients meet them: one final reply an id, whatever happens at the same time."""
import contextlib
import json
import os
import pty
import resource
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

PROGRAM = os.path.join(os.environ.get('WEIR_BIN', 'build/bin'), 'weir-search')
EASY = {'examples': [{'in': ['abcd'], 'out': 'ab'}, {'in': ['xyz'], 'out': 'xy'}, {'in': ['hello'], 'out': 'he'}]}
# No short program makes these, so it searches until it is told to stop.
HARD = {'sygus': '(set-logic SLIA)(synth-fun f ((x String)) String ((Start String (ntS)) (ntS String (x "a" "b" "c" '
                 '(str.++ ntS ntS) (str.replace ntS ntS ntS)))))'
                 '(constraint (= (f "abacus") "cabbagebabcc"))(constraint (= (f "bbcac") "accbabcbabac"))'
                 '(constraint (= (f "ccab") "bacbacacbbbca"))(check-synth)'}


def request(name, task=None, **more):
    return {'id': name, **(task or EASY), **more}


class Server:
    """A process of `serve` on pipes; replies are read by a thread unless it is told not to."""

    def __init__(self, *arguments, command='serve', read=True):
        self.process = subprocess.Popen([PROGRAM, command, *arguments, '--quiet'], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.replies, self.arrived = [], threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        if read:
            self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.arrived:
                self.replies.append(json.loads(line))
                self.arrived.notify_all()

    def send(self, *lines):
        text = ''.join((line if isinstance(line, str) else json.dumps(line)) + '\n' for line in lines)
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def wait_for(self, found, seconds=60):
        with self.arrived:
            self.arrived.wait_for(lambda: any(found(reply) for reply in self.replies), seconds)
            return next((reply for reply in self.replies if found(reply)), None)

    def end(self, close=True):
        """The exit status, after the end of the input and of the replies."""
        if close:
            self.process.stdin.close()
        if self.reader.is_alive():
            self.reader.join(120)
        status = self.process.wait(120)
        self.process.stderr.close()
        self.process.stdout.close()
        return status

    def of(self, name):
        return [reply for reply in self.replies if reply.get('id') == name]


class ServeTest(unittest.TestCase):
    def setUp(self):
        if not os.path.exists(PROGRAM):
            self.skipTest('weir-search is not built')

    def check_once(self, server, names):
        for name in names:
            self.assertEqual(len(server.of(name)), 1, f'replies to {name}')

    def test_ids_come_back_as_they_were(self):
        server = Server()
        server.send(request('a'), request(7), request('7'))
        self.assertEqual(server.end(), 0)
        self.assertEqual(sorted(str(type(reply['id'])) + str(reply['id']) for reply in server.replies),
                         ["<class 'int'>7", "<class 'str'>7", "<class 'str'>a"])
        for reply in server.replies:
            self.assertEqual(reply['status'], 'solved')
            self.assertIn('def ', reply['programs'][0]['text']['python'])

    def test_cancel_of_one_that_runs_and_of_one_that_waits(self):
        server = Server('--workers', '1')
        names = [f'h{i}' for i in range(40)]
        server.send(*[request(name, HARD, deadline_ms=600000) for name in names])
        server.send(*[{'cancel': name} for name in names])
        self.assertEqual(server.end(), 0)
        self.check_once(server, names)
        self.assertEqual({reply['status'] for reply in server.replies}, {'cancelled'})

    def test_a_deadline_counts_from_the_first_byte_of_its_line(self):
        server = Server('--workers', '1')
        line = json.dumps(request('slow', HARD, deadline_ms=6000)) + '\n'
        server.process.stdin.write(line[:100].encode())
        server.process.stdin.flush()
        time.sleep(4)
        server.process.stdin.write(line[100:].encode())
        self.assertEqual(server.end(), 0)
        self.check_once(server, ['slow'])
        self.assertLess(server.of('slow')[0]['ms'], 4000)  # 2,000 are left to it

    def test_a_deadline_of_a_line_that_waits_for_room_counts_from_when_there_is_some(self):
        server = Server('--workers', '1', '--queue', '1', '-', command='batch')
        names = [f'w{i}' for i in range(4)]
        server.send(*[request(name, HARD, deadline_ms=400) for name in names])
        self.assertEqual(server.end(), 0)
        self.check_once(server, names)
        for reply in server.replies:
            self.assertGreater(reply['simulations'], 0)

    def test_cancel_of_an_unknown_id_has_no_reply(self):
        server = Server()
        server.send({'cancel': 'nobody'}, request('a'), {'cancel': 3})
        self.assertEqual(server.end(), 0)
        self.assertEqual([reply['id'] for reply in server.replies], ['a'])

    def test_cancel_races_the_answer(self):
        server = Server()
        names = [f'r{i}' for i in range(500)]
        for name in names:
            server.send(request(name), {'cancel': name})
        self.assertEqual(server.end(), 0)
        self.check_once(server, names)
        self.assertLessEqual({reply['status'] for reply in server.replies}, {'solved', 'cancelled'})

    def test_deadline_races_the_answer(self):
        server = Server()
        names = [f'd{i}' for i in range(300)]
        server.send(*[request(name, deadline_ms=i % 12) for i, name in enumerate(names)])
        self.assertEqual(server.end(), 0)
        self.check_once(server, names)
        self.assertLessEqual({reply['status'] for reply in server.replies}, {'solved', 'partial', 'expired'})

    def test_a_live_id_is_not_taken_twice(self):
        server = Server()
        server.send(request('a', HARD, deadline_ms=600000), request('a'), {'cancel': 'a'})
        self.assertEqual(server.end(), 0)
        self.assertEqual(len(server.of('a')), 1)
        self.assertEqual(server.of('a')[0]['status'], 'cancelled')
        self.assertEqual([reply['status'] for reply in server.of(None)], ['error'])

    def test_an_id_is_free_as_soon_as_its_reply_is_read(self):
        server = Server()
        for n in range(1, 101):
            server.send(request('again'))
            self.assertIsNotNone(server.wait_for(lambda reply, n=n: len(server.replies) >= n))
        self.assertEqual(server.end(), 0)
        self.assertEqual([reply['status'] for reply in server.replies], ['solved'] * 100)

    def test_a_cancel_that_its_ids_reuse_has_overtaken_meets_the_new_one_alone(self):
        server = Server()
        server.send(request('x'))
        self.assertIsNotNone(server.wait_for(lambda reply: reply['id'] == 'x'))
        server.send({'cancel': 'x'}, request('x'))
        self.assertEqual(server.end(), 0)
        self.assertEqual([reply['status'] for reply in server.of('x')], ['solved', 'solved'])

    def test_rejected_beyond_the_queue(self):
        server = Server('--queue', '3', '--workers', '1')
        names = [f'q{i}' for i in range(200)]
        server.send(*[request(name, HARD, deadline_ms=600000) for name in names])
        self.assertIsNotNone(server.wait_for(lambda reply: reply['status'] == 'rejected'))
        server.send(*[{'cancel': name} for name in names])
        self.assertEqual(server.end(), 0)
        self.check_once(server, names)
        rejected = [reply for reply in server.replies if reply['status'] == 'rejected']
        self.assertGreater(len(rejected), 100)
        self.assertTrue(all(reply['retry_after_ms'] > 0 for reply in rejected))

    def test_lines_that_are_no_requests(self):
        server = Server()
        server.send('', '   ', 'nonsense', '[]', '{"id": 1.5, "examples": []}', '{"id": "e"}',
                    '{"id": "u", "exmples": []}',
                    '{"id": "k", "examples": [{"in": [1], "out": "a"}, {"in": ["b"], "out": "c"}]}',
                    '{"id": "n", "examples": [{"in": ["b"]}]}', '{"id": "f", "examples": [{"in": [0.5], "out": "c"}]}',
                    '{"id": "r", "name": "sum", "examples": [{"in": ["b"], "out": "b"}]}',
                    '{"id": "s", "sygus": "(("}', '{"id": "\xff"}', '{"stats": true}')
        self.assertEqual(server.end(), 0)
        for name in 'euknfrs':
            self.assertEqual([reply['status'] for reply in server.of(name)], ['error'], name)
            self.assertTrue(server.of(name)[0]['error']['message'])
        self.assertEqual(server.of('k')[0]['error']['line'], 8)
        nothing = [reply for reply in server.replies if reply.get('status') == 'error' and reply['id'] is None]
        self.assertEqual(len(nothing), 3)
        self.assertEqual(nothing[0]['error']['line'], 3)
        self.assertEqual(sum('stats' in reply for reply in server.replies), 1)

    def test_a_line_that_is_too_long_is_refused_and_the_next_one_served(self):
        server = Server()
        server.send('{"id": "long", "x": "' + 'a' * 3_000_000 + '"}', request('next'))
        self.assertEqual(server.end(), 0)
        self.assertEqual([reply['status'] for reply in server.of('next')], ['solved'])
        self.assertEqual(len(server.replies), 2)

    def test_a_line_that_is_a_little_too_long_is_refused_alike_however_it_arrives(self):
        line = json.dumps({'id': 'x', **EASY})
        line = line[:-1] + ' ' * ((1 << 20) + 1 - len(line)) + '}'
        server = Server()
        for part in (line + '\n' + line[:-1], line[-1] + '\n'):
            server.process.stdin.write(part.encode())
            server.process.stdin.flush()
            time.sleep(0.2)
        server.send(line[:500_000] + line[500_001:], request('next'))
        self.assertEqual(server.end(), 0)
        refused = [(reply['status'], reply['error']['message']) for reply in server.replies if reply['id'] is None]
        self.assertEqual(refused, [('error', 'a line of more than 1048576 bytes')] * 2)
        self.assertEqual([reply['status'] for reply in server.replies if reply['id'] is not None], ['solved'] * 2)

    def test_contradicting_examples_are_named(self):
        server = Server()
        server.send(request('c', {'examples': [{'in': ['a'], 'out': 'b'}, {'in': ['q'], 'out': 'r'},
                                               {'in': ['a'], 'out': 'c'}]}))
        self.assertEqual(server.end(), 0)
        self.assertEqual(server.replies[0]['status'], 'infeasible')
        self.assertIn('examples 1 and 3', server.replies[0]['error']['message'])

    def test_what_is_found_out_about_an_example_has_its_place(self):
        row = '{"in": [[1, 2]], "out": 3}'
        cases = [('string', '{"in": ["a"], "out": "b"}', '{"in": ["a"], "out": "c"}', 'infeasible'),
                 ('string', '{"in": ["a"], "out": "b"}', '{"in": ["c"], "out": "d"}, {"in": ["a"], "out": "c"}',
                  'infeasible'), ('list', row, '{"in": [[1, 2]], "out": 4}', 'infeasible'),
                 ('list', row, '{"in": [[1, 256]], "out": 4}', 'error'),
                 ('list', row, '{"in": [[1]], "out": 256}', 'error')]
        lines = [f'{{"id": {i}, "domain": "{domain}", "examples": [{first}, {later}]}}'
                 for i, (domain, first, later, _) in enumerate(cases)]
        server = Server()
        server.send(*lines)
        self.assertEqual(server.end(), 0)
        for i, (domain, _, later, status) in enumerate(cases):
            reply = server.of(i)[0]
            self.assertEqual(reply['status'], status)
            self.assertEqual(reply['error']['line'], i + 1)
            self.assertEqual(reply['error']['column'], lines[i].rindex('{"in"') + 1, reply['error'])
            self.assertIn('example', reply['error']['message'])

    def test_generate_names_the_line_of_a_file_that_an_example_is_on(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'task.json')
            with open(path, 'w', encoding='utf-8') as file:
                file.write('{"domain": "list",\n "examples": [\n'
                           '  {"in": [[1]], "out": 1},\n  {"in": [[999]], "out": 1}]}')
            done = subprocess.run([PROGRAM, 'generate', path], stderr=subprocess.PIPE, check=False, timeout=120)
            self.assertEqual(done.returncode, 1)
            self.assertIn(b'task.json:4:3', done.stderr)
            self.assertIn(b'example 2', done.stderr)
            done = subprocess.run([PROGRAM, 'generate', '--lang', 'sygus', '-'], stderr=subprocess.PIPE, check=False,
                                  input=b'{"domain": "list", "examples": [{"in": [[1, 2]], "out": 3}]}', timeout=120)
            self.assertEqual(done.returncode, 1)
            self.assertIn(b'not written in sygus', done.stderr)

    def test_a_quote_that_is_not_closed_is_named_where_it_opens(self):
        done = subprocess.run([PROGRAM, 'generate', '-'], stderr=subprocess.PIPE, check=False, timeout=120,
                              input=b'name,out\nx,"ab\nc,d\ne,f\n')
        self.assertEqual(done.returncode, 1)
        self.assertIn(b':2:3: a quote is not closed', done.stderr)

    def test_drain_is_the_last_line(self):
        server = Server()
        names = [f'n{i}' for i in range(50)]
        server.send(*[request(name) for name in names], {'drain': True}, request('late'))
        self.assertEqual(server.end(close=False), 0)
        server.process.stdin.close()
        self.assertIn('drained', server.replies[-1])
        self.check_once(server, names)
        self.assertLessEqual({reply['status'] for reply in server.of('late')}, {'rejected'})

    def test_the_end_of_the_input_ends_half_a_line(self):
        server = Server()
        server.process.stdin.write(json.dumps(request('half')).encode())
        self.assertEqual(server.end(), 0)
        self.check_once(server, ['half'])

    def test_a_second_signal_has_all_answered_with_what_was_found(self):
        for arguments, signals in [((), 2), (('--drain-timeout', '0.3'), 1)]:
            server = Server(*arguments)
            endless = [f'e{i}' for i in range(40)]
            server.send(request('quick'), *[request(name, HARD, simulations=10**15) for name in endless])
            self.assertIsNotNone(server.wait_for(lambda reply: reply.get('id') == 'quick'))
            server.process.send_signal(signal.SIGTERM)
            if signals == 2:
                time.sleep(0.5)
                self.assertIsNone(server.process.poll())
                self.assertEqual(len(server.replies), 1)
                server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.end(close=False), 128 + signal.SIGTERM)
            server.process.stdin.close()
            self.check_once(server, endless)
            self.assertLessEqual({reply['status'] for reply in server.replies}, {'solved', 'partial', 'expired'})

    def test_weights_that_take_the_place_of_others_guide_later_requests(self):
        with tempfile.TemporaryDirectory() as folder:
            old, new, used = (os.path.join(folder, name) for name in ('old', 'new', 'used'))
            for seed, file in [('1', old), ('2', new)]:
                subprocess.run([PROGRAM, 'train', '--out', file, '--steps', '1', '--tasks', '100', '--seed', seed,
                                '--quiet'], check=True, stdout=subprocess.DEVNULL)
            os.rename(old, used)
            task = {'domain': 'list', 'examples': [{'in': [[3, 1, 2]], 'out': [2, 4, 6]},
                                                   {'in': [[5, 9]], 'out': [10, 18]}]}
            server = Server('--guidance', used)

            def weights_of(name):
                server.send(request(name, task))
                return server.wait_for(lambda reply: reply.get('id') == name)['weights']

            first = weights_of('first')
            self.assertNotEqual(first, 'default')
            with open(os.path.join(folder, 'spoilt'), 'wb') as spoilt:
                spoilt.write(b'no weights')
            os.rename(os.path.join(folder, 'spoilt'), used)
            time.sleep(1.5)
            self.assertEqual(weights_of('beside what is spoilt'), first)
            os.rename(new, used)
            names = (f'later {i}' for i in range(600))
            self.assertTrue(any(weights_of(name) != first or time.sleep(0.1) for name in names))
            server.process.stdin.close()
            self.assertIn(b'the former weights stay', server.process.stderr.read())
            server.end(close=False)

    def test_a_client_asks_for_its_share(self):
        server = Server()
        server.send({'share': 3}, {'share': 0}, {'share': 'half'}, request('one'))
        self.assertEqual(server.end(), 0)
        self.check_once(server, ['one'])
        errors = [reply['error']['message'] for reply in server.replies if reply['id'] is None]
        self.assertEqual(len(errors), 2)
        self.assertTrue(all('"share" is a number' in error for error in errors))

    def test_why_standard_output_or_input_was_given_up_is_told(self):
        line = (json.dumps(request('one')) + '\n').encode()
        with open('/dev/full', 'wb') as full:
            ended = subprocess.run([PROGRAM, 'batch', '-', '--quiet'], input=line, stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(ended.returncode, 1)
        self.assertIn(b'No space left on device', ended.stderr)
        ended = subprocess.run([PROGRAM, 'batch', tempfile.gettempdir(), '--quiet'], capture_output=True)
        self.assertEqual(ended.returncode, 1)
        self.assertIn(b'Is a directory', ended.stderr)

    def test_sigterm_drains(self):
        server = Server()
        names = [f's{i}' for i in range(200)]
        server.send(*[request(name) for name in names])
        self.assertIsNotNone(server.wait_for(lambda reply: True))
        server.process.stdin.write(b'{"id": "half a line')
        server.process.stdin.flush()
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.end(close=False), 128 + signal.SIGTERM)
        server.process.stdin.close()
        seen = [reply['id'] for reply in server.replies]
        self.assertEqual(len(seen), len(set(seen)))
        self.assertLessEqual(set(seen), set(names))

    def test_a_reader_that_is_late_gets_everything(self):
        server = Server('--queue', '50', read=False)
        names = [f'l{i}' for i in range(3000)]
        text = ''.join(json.dumps(request(name)) + '\n' for name in names).encode()
        writer = threading.Thread(target=lambda: (server.process.stdin.write(text), server.process.stdin.close()))
        writer.start()
        time.sleep(0.5)
        server.reader.start()
        writer.join(120)
        self.assertFalse(writer.is_alive())
        self.assertEqual(server.end(close=False), 0)
        self.check_once(server, names)

    def test_a_reader_that_goes_away_ends_it(self):
        server = Server(read=False)
        server.send(*[request(f'g{i}', HARD, deadline_ms=600000) for i in range(20)])
        server.process.stdout.close()
        server.send(request('one more'))
        server.process.stdin.close()
        self.assertEqual(server.process.wait(60), 1)
        self.assertIn(b'nobody reads', server.process.stderr.read())
        server.process.stderr.close()

    def test_a_reader_that_goes_away_while_it_drains_ends_it(self):
        server = Server(read=False)
        server.send(*[request(f'd{i}', HARD, deadline_ms=600000) for i in range(20)], {'drain': True})
        server.process.stdout.close()
        self.assertEqual(server.process.wait(60), 1)
        self.assertIn(b'nobody reads', server.process.stderr.read())
        server.process.stderr.close()
        server.process.stdin.close()

    def test_numbers_and_texts_that_are_none(self):
        example = '"examples": [{"in": ["abcd"], "out": "ab"}, {"in": ["xyz"], "out": "xy"}]'
        lines = ['{"id": "n", %s, "deadline_ms": NaN}', '{"id": "i", %s, "deadline_ms": Infinity}',
                 '{"id": "x", %s, "deadline_ms": 1e400}', '{"id": "y", %s, "simulations": 1e30}',
                 '{"id": "m", %s, "deadline_ms": -1}', '{"id": 123456789012345678901234567890, %s}',
                 '{"id": "t", "id": "u", %s}', '{"id": "d", %s, "seed": 1, "seed": 2}', '{"id": "e", %s} trailing']
        lines = [line % example for line in lines]
        lines += ['[' * 100_000, '{"a":' * 100_000, '{"id": "b", "examples": [{"in": ["\\ud800"], "out": "a"}]}']
        server = Server()
        server.send(*lines)
        server.process.stdin.write(b'{"id": "w", "examples": [{"in": ["\xc3\x28"], "out": "a"}]}\n')
        server.process.stdin.write(b'{"id": "o", "examples": [{"in": ["\xf5\x80\x80\x80"], "out": "a"}]}\n')
        self.assertEqual(server.end(), 0)
        self.assertEqual(len(server.replies), len(lines) + 2)
        self.assertEqual({reply['status'] for reply in server.replies}, {'error'})
        for reply in server.replies:
            self.assertTrue(reply['error']['message'])
            self.assertGreaterEqual(reply['error']['column'], 1)
        self.assertEqual([reply['error']['line'] for reply in server.replies], list(range(1, len(lines) + 3)))

    def test_a_fault_has_the_column_of_its_value(self):
        rows = '"examples": [{"in": ["a"], "out": "b"}]'
        first = '{"id": 1, "examples": [{"in": ["a"], "out": "b"}, '
        cases = [  # a line, and what stands where its fault is
            (first + '{"in": ["a", {}], "out": "b"}]}', '{}]'),
            ('{"id": "top", "examples": [{"in": [" ] , "], "out": null}, {"in": ["a"], "out": {}}]}', '{}}'),
            (first + '{"in": ["a"], "is": "b"}]}', '"b"}]}'), (first + '{"out": "a"}]}', '{"out": "a"}'),
            (first + '{"in": "text"}]}', '"text"'), (first + '{"in": []}]}', '[]'), (first + '7]}', '7]'),
            (first + '{"in": [' + ', '.join(['1'] * 65) + ']}]}', '[1, 1'),
            (first + '{"in": ["a", "b"], "out": "b"}]}', '{"in": ["a", "b"]'),
            (first + '{"in": [77], "out": "b"}]}', '77'), (first + '{"in": ["a"], "out": 88}]}', '88'),
            (first + '{"in": ["a"], "out": 9223372036854775808}]}', '9223372036854775808'),
            ('{"id": 1, "examples": [{"in": ["a"]}]}', '[{"in"'), ('{"id": 1, "examples": []}', '[]'),
            ('{"id": 1, "examples": "some"}', '"some"'), ('{"id": 1, "top": 3}', '{"id"'),
            ('{"id": 1, "sygus": "", %s}' % rows, '[{"in"'), ('{"id": 1, "sygus": ["s"]}', '["s"]'),
            ('{"id": "top", "top": 0, %s}' % rows, '0, "ex'), ('{"id": "top", "top": 101, %s}' % rows, '101'),
            ('{"id": 1, "seed": -5, %s}' % rows, '-5'), ('{"id": 1, "level": 3, %s}' % rows, '3'),
            ('{"id": 1, "simulations": 0, %s}' % rows, '0'), ('{"id": 1, "deadline_ms": "9", %s}' % rows, '"9"'),
            ('{"id": 1, "first": 5, %s}' % rows, '5'), ('{"id": 1, "lang": "js", %s}' % rows, '"js"'),
            ('{"id": 1, "top": 3, "lang": ["js", "top"], %s}' % rows, '"top"]'),
            ('{"id": 1, "domain": "lists", %s}' % rows, '"lists"'), ('{"id": 1, "name": "a b", %s}' % rows, '"a b"'),
            ('{"id": 2, %s, "b\\"c": [1, 2]}' % rows, '[1, 2]'), ('{"id": 2, "\\u0061b": [8], %s}' % rows, '[8]'),
            ('{"id": 1.5, %s}' % rows, '1.5'), ('{%s}' % rows, '{"ex'), ('   [5]', '[5]'),
            ('{"id": 3, "id": 4, "name": "id", %s}' % rows, '"id": 4'),
            ('{"id": 3, "\\u0069d": 4, %s}' % rows, '"\\u0069d"'),
            ('{"id": 3, "examples": [{"in": ["a"], "in" : ["b"]}, {"in": ["c"]}]}', '"in" :'),
            ('{"id": 3, "a\\"\\\\": 1, "a\\"\\\\" : 2}', '"a\\"\\\\" :'),
            ('{' + ', '.join(f'"{i}": 0' for i in range(70)) + '}', '"64": 0'),
            ('{"id": 1, "name": "typeid", %s}' % rows, '"typeid"'), ('{"drain": false}', 'false'),
            ('{"stats": false}', 'false'), ('{"stats": 1}', '1'),
            ('{"cancel": [7]}', '[7]'), ('{"feedback": 1.5, "good": true}', '1.5'),
            ('{"feedback": 1, "good": 3}', '3'), ('{"feedback": 1}', '{"fe'), ('{"id": 1, %s]' % rows, '] at the end')]
        server = Server()
        server.send(*[line for line, _ in cases])
        self.assertEqual(server.end(), 0)
        columns = {reply['error']['line']: reply['error']['column'] for reply in server.replies}
        self.assertEqual(len(columns), len(cases))
        for number, (line, what) in enumerate(cases, 1):
            wanted = len(line) if what == '] at the end' else line.index(what) + 1
            self.assertEqual(columns[number], wanted, line)

    def test_a_line_of_many_objects_holds_nobody_up(self):
        server = Server()
        server.send('{"id": 1, "examples": [' + ', '.join(['{}'] * 200_000) + ']}',
                    '{"id": 2, ' + ', '.join(f'"{i}": 0' for i in range(100_000)) + '}')
        self.assertEqual(server.end(), 0)
        self.assertEqual([reply['status'] for reply in server.replies], ['error', 'error'])

    def test_the_document_of_batch_is_written_as_replies_come(self):
        batch = subprocess.Popen([PROGRAM, 'batch', '-', '--json', '--quiet'], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE)
        batch.stdin.write((json.dumps(request('first')) + '\n').encode())
        batch.stdin.flush()
        begun = batch.stdout.readline() + batch.stdout.readline()
        self.assertIn(b'"id":"first"', begun.replace(b' ', b''))  # while there is more to ask
        count = 200_000

        def ask():
            for _ in range(count // 1000):
                batch.stdin.write(b'x\n' * 1000)
            batch.stdin.close()

        asking = threading.Thread(target=ask)
        asking.start()
        told = json.loads(begun + batch.stdout.read())
        asking.join()
        self.assertEqual(batch.wait(60), 0)
        batch.stdout.close()
        self.assertEqual((len(told['replies']), told['malformed'], told['answered']), (count + 1, count, 1))
        self.assertEqual(told['replies'][-1]['error']['line'], count + 1)
        self.assertTrue(told['ok'])
        self.assertLess(told['peak_rss_bytes'], 100 << 20)  # all replies together are 20 MB, and as JSON ten times that

    def test_a_time_limit_waits_for_no_input(self):
        for command in ('generate', 'batch'):
            with subprocess.Popen([PROGRAM, command, '-', '--time-limit', '0.5', '--quiet'], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                if command == 'batch':
                    process.stdin.write((json.dumps(request('a')) + '\n' + json.dumps(request('half'))[:-1]).encode())
                    process.stdin.flush()
                told = process.stdout.read()  # while nobody closes its input
                self.assertEqual(process.wait(60), 1 if command == 'generate' else 0)
                if command == 'generate':
                    self.assertEqual(told, b'')
                    self.assertIn(b'not read within the limits', process.stderr.read())
                else:
                    replies = [json.loads(line) for line in told.splitlines()]
                    self.assertEqual([(reply['id'], reply['status']) for reply in replies],
                                     [('a', 'solved'), (None, 'error')])

    def test_a_signal_ends_generate_while_it_reads(self):
        process = subprocess.Popen([PROGRAM, 'generate', '-'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        while len(os.listdir(f'/proc/{process.pid}/task')) < 2:  # its reader has begun
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.stdout.read(), b'')
        self.assertEqual(process.wait(60), 128 + signal.SIGTERM)
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()

    def test_batch_rejects_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'requests.jsonl')
            with open(path, 'w', encoding='utf-8') as file:
                file.writelines(json.dumps(request(i)) + '\n' for i in range(500))
            done = subprocess.run([PROGRAM, 'batch', path, '--queue', '4', '--quiet'], stdout=subprocess.PIPE,
                                  check=False, timeout=120)
            self.assertEqual(done.returncode, 0)
            replies = [json.loads(line) for line in done.stdout.splitlines()]
            self.assertEqual(sorted(reply['id'] for reply in replies), list(range(500)))
            self.assertEqual({reply['status'] for reply in replies}, {'solved'})
            missing = subprocess.run([PROGRAM, 'batch', path + '.not'], stderr=subprocess.PIPE, check=False, timeout=60)
            self.assertEqual(missing.returncode, 1)
            self.assertIn(b'No such file', missing.stderr)


class Connect4Test(unittest.TestCase):
    def test_a_long_solve_shows_how_far_it_is_and_a_signal_ends_it(self):
        if not os.path.exists(PROGRAM):
            self.skipTest('weir-search is not built')
        screen, terminal = pty.openpty()
        solve = subprocess.Popen([PROGRAM, 'connect4', 'solve', '-'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=terminal)
        os.close(terminal)
        solve.stdin.write(b'1212121\n\n')
        solve.stdin.close()
        seen = b''
        while b'nodes' not in seen and select.select([screen], [], [], 60)[0]:
            seen += os.read(screen, 4096)
        self.assertIn(b'line 2 of 2: the score is from', seen)
        solve.send_signal(signal.SIGINT)
        self.assertEqual(solve.stdout.read(), b'1212121 -18\n')
        self.assertEqual(solve.wait(60), 130)
        solve.stdout.close()
        with contextlib.suppress(OSError):  # the terminal's last words
            while more := os.read(screen, 4096):
                seen += more
        os.close(screen)
        self.assertIn(b'-:2: the run ended before this line was solved: the score is from', seen)


class ExperienceTest(unittest.TestCase):
    """What a log has seen seeds later requests, of this process and of the next."""
    INITIALS = {'examples': [{'in': ['Ada Lovelace'], 'out': 'A.L.'}, {'in': ['Alan Turing'], 'out': 'A.T.'}]}
    OTHERS = {'examples': [{'in': ['Grace Hopper'], 'out': 'G.H.'}, {'in': ['Edsger Dijkstra'], 'out': 'E.D.'}]}

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.log = os.path.join(self.folder.name, 'search.log')

    def run_program(self, *arguments, text=''):
        return subprocess.run([PROGRAM, *arguments], input=text, capture_output=True, text=True, timeout=120)

    def lines(self):
        with open(self.log) as file:
            return file.read().splitlines()

    def ask(self, task, **more):
        done = self.run_program('batch', '-', '--experience', self.log, '--quiet',
                                text=json.dumps(request(1, task, **more)) + '\n')
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_a_task_solved_before_is_answered_in_fewer_programs(self):
        first = self.ask(self.INITIALS, first=True)
        again = self.ask(self.OTHERS, first=True)
        self.assertEqual((first['status'], again['status']), ('solved', 'solved'))
        self.assertTrue(first['experience'].startswith('0-'), first)
        self.assertTrue(again['experience'].startswith('1-'), again)
        self.assertEqual(again['nodes'], 1)
        self.assertGreater(first['nodes'], 1)

    def test_a_program_called_bad_seeds_nothing(self):
        first = self.ask(self.INITIALS, first=True)
        judged = self.run_program('experience', 'feedback', self.log, '1', 'bad')
        self.assertEqual(judged.returncode, 0, judged.stderr)
        again = self.ask(self.INITIALS, first=True)
        self.assertEqual((again['status'], again['nodes']), ('solved', first['nodes']))
        self.assertEqual(again['programs'][0]['text'], first['programs'][0]['text'])

    def test_what_is_no_text_and_what_nests_deeply_is_refused(self):
        path = os.path.join(self.folder.name, 'bad.sl')
        with open(path, 'wb') as file:
            file.write(b'(set-logic SLIA) ; \xff\n')
        bad = self.run_program('generate', path, '--experience', self.log)
        self.assertEqual(bad.returncode, 1, bad.stderr)
        self.assertIn('UTF-8', bad.stderr)
        with open(self.log, 'w', encoding='utf-8') as file:
            file.write('{"n":1,"status":"solved","request":' + '[' * 300_000 + ']' * 300_000 + '}\n')
        deep = self.run_program('experience', 'list', self.log)
        self.assertEqual(deep.returncode, 1, deep.stderr)
        self.assertIn('search.log:1', deep.stderr)

    def test_the_terminal_answers_once(self):
        for text in ('Ada => A\n\n', 'Ada => A\n'):  # asked by an empty line, or by the end of the input
            done = self.run_program('generate', '--interactive', text=text)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout.count('def f('), 1)

    def test_what_is_no_text_is_refused_with_its_place(self):
        told = b'Ada => A\n\xff => x\n\n'
        done = subprocess.run([PROGRAM, 'generate', '--interactive'], input=told, capture_output=True, timeout=120)
        self.assertEqual((done.returncode, done.stdout), (1, b''))
        self.assertIn(b'-:2:1: not UTF-8', done.stderr)
        ours, theirs = os.openpty()  # where a person may say it again
        asked = subprocess.Popen([PROGRAM, 'generate', '--interactive'], stdin=theirs, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
        os.close(theirs)
        os.write(ours, b'Ada \xff => A\nAda => A\n\nexit\n')
        said = asked.communicate(timeout=120)[0]
        os.close(ours)
        self.assertEqual(asked.returncode, 0)
        self.assertTrue(said.startswith(b'1:5: not UTF-8\n'), said)
        self.assertIn(b'def f(', said)

    def test_a_language_that_a_program_is_not_written_in_is_named(self):
        def reply(task):
            return json.loads(self.run_program('batch', '-', text=json.dumps({'id': 1, **task}) + '\n').stdout)
        lists = {'domain': 'list', 'examples': [{'in': [[3, 1, 2]], 'out': [1, 2, 3]}]}
        for task in (lists, {'examples': [{'in': ['Ada'], 'out': 'A'}]}):
            refused = reply({**task, 'lang': ['sygus']})
            self.assertEqual(refused['status'], 'error')
            self.assertIn('"lang": only a "sygus" request', refused['error']['message'])
            self.assertGreater(refused['error']['column'], 1)
            mixed = reply({**task, 'lang': ['python', 'sygus']})
            self.assertEqual(mixed['status'], 'solved')
            self.assertEqual(list(mixed['programs'][0]['text']), ['python'])
            self.assertIn('not written in sygus', mixed['error']['message'])
            self.assertNotIn('error', reply({**task, 'lang': ['python', 'js', 'cpp']}))

    def test_the_terminal_tells_its_last_answer_as_json(self):
        for text, status in (('Ada => A\nexamples\n\nexit\n', 'solved'), ('help\n', 'unsolved')):
            done = self.run_program('generate', '--interactive', '--json', '--simulations', '50', text=text)
            self.assertEqual(done.returncode, 0, done.stderr)
            told = json.loads(done.stdout)  # one document, and nothing else
            self.assertEqual(told['status'], status)
            self.assertEqual(told['schema'], 'weir.search.generate/1')
            programs = [program['text']['python'] for program in told['programs']]
            self.assertEqual(len(programs) > 0, status == 'solved')
            for program in programs[:1]:
                self.assertIn(program, done.stderr)

    def test_a_signal_ends_the_terminal(self):
        asked = subprocess.Popen([PROGRAM, 'generate', '--interactive'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        asked.stdin.write(b'Ada => A\nexamples\n')
        asked.stdin.flush()
        self.assertEqual(asked.stdout.readline(), b'Ada => A\n')
        asked.send_signal(signal.SIGINT)
        self.assertEqual(asked.wait(60), 130)
        asked.stdin.close()
        asked.stdout.close()

    def test_the_terminal_keeps_what_it_asks(self):
        done = self.run_program('generate', '--interactive', '--experience', self.log, '--simulations', '50',
                                text='Ada Lovelace => A.L.\nAlan Turing => A.T.\n\nexit\n')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(self.lines()), 1)

    def test_a_running_service_learns(self):
        server = Server('--experience', self.log, '--workers', '1')
        names = list(range(20))
        for name in names:
            server.send(request(name, {'examples': [{'in': [f'{name} Lovelace'], 'out': f'Lovelace-{name}'}]}))
        for name in names:
            server.wait_for(lambda reply: reply['id'] == name)
        server.send(request('later'))
        server.wait_for(lambda reply: reply['id'] == 'later')
        before = server.of('later')[0]['experience']
        server.send({'feedback': 'later', 'good': False})
        after = before
        for name in (f'last {i}' for i in range(200)):  # what is read at once with the feedback may begin before it
            server.send(request(name))
            server.wait_for(lambda reply: reply['id'] == name)
            after = server.of(name)[0]['experience']
            if after != before:
                break
        server.end()
        self.assertTrue(all(server.of(name)[0]['status'] == 'solved' for name in names))
        self.assertFalse(before.startswith('0-'), before)
        self.assertNotEqual(before, after)

    def test_several_processes_write_one_log(self):
        server = Server('--experience', self.log, '--workers', '1')
        for n in range(1, 6, 2):
            server.send(request(n))
            self.assertIsNotNone(server.wait_for(lambda reply, n=n: reply['id'] == n))
            if n == 3:  # one that was killed while it wrote
                with open(self.log, 'a') as file:
                    file.write('{"n": 4, "time": 1, "requ')
            self.ask(self.INITIALS)
        self.assertEqual(server.end(), 0)
        listed = self.run_program('experience', 'export', self.log)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertEqual([json.loads(line)['n'] for line in listed.stdout.splitlines()], list(range(1, 7)))

    def test_feedback_means_the_last_request_of_its_id(self):
        server = Server('--experience', self.log, '--workers', '1')
        server.send(request('a'))
        self.assertIsNotNone(server.wait_for(lambda reply: reply['id'] == 'a'))
        server.send(request('a', HARD, deadline_ms=600000), {'cancel': 'a'})
        self.assertIsNotNone(server.wait_for(lambda reply: reply['status'] == 'cancelled'))
        server.send({'feedback': 'a', 'good': False}, request('b'))
        self.assertEqual(server.end(), 0)
        listed = self.run_program('experience', 'export', self.log)
        self.assertEqual([json.loads(line)['good'] for line in listed.stdout.splitlines()], [None] * 2)

    def test_generate_keeps_and_learns_and_a_torn_tail_is_skipped(self):
        table = os.path.join(self.folder.name, 'names.csv')
        with open(table, 'w') as file:
            file.write('name,short\nAda Lovelace,A.L.\nAlan Turing,A.T.\n')
        first = self.run_program('generate', table, '--experience', self.log, '--json')
        self.assertEqual(first.returncode, 0, first.stderr)
        with open(self.log, 'a') as file:
            file.write('{"n": 2, "time": 1, "requ')
        again = self.run_program('generate', table, '--experience', self.log, '--json')
        self.assertEqual(again.returncode, 0, again.stderr)
        versions = [json.loads(done.stdout)['experience'] for done in (first, again)]
        self.assertTrue(versions[0].startswith('0-') and versions[1].startswith('1-'), versions)
        self.assertEqual(len(self.lines()), 3)

    def test_a_log_that_is_none_is_refused_with_its_place(self):
        with open(self.log, 'w') as file:
            file.write('{"n": 7}\n')
        for arguments in (['batch', '-'], ['serve'], ['generate', '-']):
            done = self.run_program(*arguments, '--experience', self.log, text=json.dumps(request(1)) + '\n')
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(self.log + ':1', done.stderr)

    def test_recipes_that_were_planted_break_no_answer(self):
        alone = self.ask(self.INITIALS)
        record = json.loads(self.lines()[0])
        with open(self.log, 'w') as file:
            planted = ['text 9,1,', 'list 0:0:0', '(define-fun', 'x' * 5000, record['recipe'] + '1,']
            for number, recipe in enumerate(planted):
                file.write(json.dumps({**record, 'n': number + 1, 'recipe': recipe}) + '\n')
        again = self.ask(self.INITIALS)
        self.assertEqual((again['status'], again['programs']), (alone['status'], alone['programs']))

    def test_a_planted_recipe_that_fits_and_says_it_is_free_is_no_answer(self):
        task = {'examples': [*self.INITIALS['examples'], {'in': ['Frizz Buzz']}]}
        alone = self.ask(task)
        record = json.loads(self.lines()[0])
        word, fields = record['recipe'].split(' ', 1)
        _, branches, rest = fields.split(',', 2)
        self.assertEqual(branches, '1')
        dead = '3,0,0,0,0,2:zz0,0,1,0,1:x0,0,0,0,0,'  # has "zz": "x"
        with open(self.log, 'w') as file:
            file.write(json.dumps({**record, 'recipe': f'{word} 0,2,{dead}{rest}'}) + '\n')
        again = self.ask(task)
        self.assertTrue(again['experience'].startswith('1-'), again)
        for member in ('status', 'smallest'):
            self.assertEqual(again[member], alone[member])
        for member in ('text', 'size'):
            self.assertEqual(again['programs'][0][member], alone['programs'][0][member])


class SocketTest(unittest.TestCase):
    def setUp(self):
        if not os.path.exists(PROGRAM):
            self.skipTest('weir-search is not built')
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, 'socket')
        self.figures = os.path.join(self.folder.name, 'figures.prom')
        self.process = subprocess.Popen([PROGRAM, 'serve', '--socket', self.path, '--prometheus', self.figures,
                                         '--quiet'])
        until = time.monotonic() + 30
        while not self.listens() and time.monotonic() < until:
            time.sleep(0.01)

    def listens(self):
        """The file is there a moment before somebody listens."""
        try:
            self.connect().close()
            return True
        except (FileNotFoundError, ConnectionRefusedError):
            return False

    def tearDown(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.folder.cleanup()

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(60)
        client.connect(self.path)
        return client

    def stats(self):
        with self.connect() as client:
            client.sendall(b'{"stats": true}\n')
            return json.loads(client.makefile().readline())['stats']

    def test_clients_have_their_own_ids_and_their_own_replies(self):
        clients = [self.connect() for _ in range(8)]
        for client in clients:
            client.sendall(''.join(json.dumps(request(i)) + '\n' for i in range(30)).encode())
            client.shutdown(socket.SHUT_WR)
        for client in clients:
            replies = [json.loads(line) for line in client.makefile()]
            self.assertEqual(sorted(reply['id'] for reply in replies), list(range(30)))
            client.close()

    def test_a_disconnect_cancels(self):
        client = self.connect()
        client.sendall(''.join(json.dumps(request(i, HARD, deadline_ms=600000)) + '\n' for i in range(60)).encode())
        until = time.monotonic() + 30
        while self.stats()['running'] == 0 and time.monotonic() < until:
            time.sleep(0.01)
        client.close()
        while self.stats()['requests']['cancelled'] < 60 and time.monotonic() < until:
            time.sleep(0.01)
        figures = self.stats()
        self.assertEqual(figures['requests']['cancelled'], 60)
        self.assertEqual(figures['running'] + figures['waiting'], 0)
        self.assertEqual(figures['arena_bytes'], 0)

    def test_a_disconnect_in_the_middle_of_a_reply(self):
        for _ in range(20):
            client = self.connect()
            client.sendall(''.join(json.dumps(request(i)) + '\n' for i in range(200)).encode())
            self.assertTrue(client.recv(37))
            client.close()
        with self.connect() as client:
            client.sendall((json.dumps(request('one')) + '\n').encode())
            self.assertEqual(json.loads(client.makefile().readline())['status'], 'solved')
        until = time.monotonic() + 30
        figures = self.stats()
        while figures['running'] + figures['waiting'] + figures['arena_bytes'] and time.monotonic() < until:
            time.sleep(0.01)
            figures = self.stats()
        self.assertEqual(figures['running'] + figures['waiting'] + figures['arena_bytes'], 0)

    def test_a_client_that_floods_does_not_hold_up_another(self):
        flood = self.connect()
        flood.sendall(''.join(json.dumps(request(i, HARD, simulations=200)) + '\n' for i in range(400)).encode())
        with self.connect() as client:
            client.sendall((json.dumps(request('one')) + '\n').encode())
            self.assertEqual(json.loads(client.makefile().readline())['status'], 'solved')
        self.assertGreater(self.stats()['waiting'], 50)
        flood.close()

    def test_many_clients_at_once_have_a_reply_each(self):
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        count = 600 if most == resource.RLIM_INFINITY else min(600, most - 100)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        clients = [self.connect() for _ in range(count)]
        for number, client in enumerate(clients):
            client.sendall((json.dumps(request(number, simulations=20)) + '\n').encode())
        for number, client in enumerate(clients):
            reply = json.loads(client.makefile().readline())
            self.assertEqual((reply['id'], reply['status']), (number, 'solved'))
        for client in clients[::2]:
            client.close()
        for client in clients[1::2]:
            client.sendall((json.dumps(request('again', simulations=20)) + '\n').encode())
            self.assertEqual(json.loads(client.makefile().readline())['id'], 'again')
            client.close()

    def test_a_client_that_never_reads_does_not_keep_it_from_its_end(self):
        with self.connect() as stuck:
            stuck.sendall(b'{"stats": true}\n' * 5000)  # replies of 2 MB: more than a socket holds
            for _ in range(10):
                self.stats()
            self.process.terminate()
            self.assertEqual(self.process.wait(60), 128 + signal.SIGTERM)

    def test_sigterm_removes_the_socket_and_leaves_the_figures(self):
        with self.connect() as client:
            client.sendall((json.dumps(request('one')) + '\n').encode())
            client.makefile().readline()
            self.process.terminate()
            self.assertEqual(self.process.wait(60), 128 + signal.SIGTERM)
        self.assertFalse(os.path.exists(self.path))
        with open(self.figures, encoding='utf-8') as file:
            figures = file.read()
        self.assertIn('weir_search_requests_total{outcome="solved"} 1', figures)
        self.assertIn('weir_search_request_seconds_count 1\n', figures)
        self.assertRegex(figures, r'weir_search_request_seconds_sum 0\.\d')
        # One request came, when none waited; the network, if it was asked, had a row.
        self.assertIn('weir_search_queue_depth_bucket{le="0"} 1\n', figures)
        self.assertIn('weir_search_queue_depth_bucket{le="+Inf"} 1\n', figures)
        self.assertIn('weir_search_queue_depth_sum 0\n', figures)
        self.assertIn('weir_search_batch_rows_bucket{le="+Inf"} ', figures)

    def test_figures_count_each_reply_to_an_id_once(self):
        with self.connect() as client:
            client.sendall(b'{"id": 1, "examples": []}\nno JSON\n{"id": 2, "examples": [{"in": ["a"], "out": "a"}]}\n'
                           b'{"drain": true}\n{"id": 3, "examples": [{"in": ["a"], "out": "a"}]}\n')
            replies = [json.loads(line) for line in client.makefile()]
        self.assertEqual([reply['drained'] for reply in replies if 'drained' in reply], [2])
        counts = self.stats()['requests']
        self.assertEqual({status: n for status, n in counts.items() if n}, {'error': 1, 'solved': 1, 'rejected': 1})

    def test_without_descriptors_for_more_clients_it_waits_for_some(self):
        limit = 30
        resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
        clients = [self.connect() for _ in range(limit + 5)]  # the last ones wait to be accepted

        def processor_s():
            with open(f'/proc/{self.process.pid}/stat', encoding='utf-8') as file:
                ticks = file.read().rpartition(')')[2].split()[11:13]
            return sum(map(int, ticks)) / os.sysconf('SC_CLK_TCK')

        def rests():
            before = processor_s()
            time.sleep(0.5)
            return processor_s() - before <= 0.02  # two ticks; who spins has more beside thirty others

        self.assertTrue(any(rests() for _ in range(60)))
        clients[-1].sendall((json.dumps(request('one')) + '\n').encode())
        for client in clients[:-1]:
            client.close()
        self.assertEqual(json.loads(clients[-1].makefile().readline())['status'], 'solved')
        clients[-1].close()

    def test_a_socket_that_is_in_use_is_refused_and_one_that_is_left_over_is_taken(self):
        second = subprocess.run([PROGRAM, 'serve', '--socket', self.path], stderr=subprocess.PIPE, check=False,
                                timeout=60)
        self.assertEqual(second.returncode, 1)
        self.assertIn(b'somebody listens there', second.stderr)
        self.process.kill()
        self.process.wait()
        self.process = subprocess.Popen([PROGRAM, 'serve', '--socket', self.path, '--quiet'])
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                self.stats()
                return
            except OSError:
                time.sleep(0.01)
        self.fail('nobody listens')


if __name__ == '__main__':
    unittest.main(verbosity=2)
