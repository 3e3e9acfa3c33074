#!/usr/bin/env python3
"""What all programs promise of their command lines and configuration files, asked of each command."""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

BIN = os.environ['WEIR_BIN']
PROGRAMS = ('weir-segment', 'weir-mccfr', 'weir-search')
COMMON = ('--workers', '--num-workers', '--seed', '--config', '--json', '--quiet', '--graph', '--trace')


def ask(*words, feed=''):
    done = subprocess.run((os.path.join(BIN, words[0]),) + words[1:], input=feed, capture_output=True, text=True,
                          timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def commands_of(*words):
    """The commands that the help names, those of groups with their group."""
    _, text, _ = ask(*words, '--help')
    after = text.partition('Subcommands:')[2].partition('Example:')[0]
    for name in re.findall(r'^  ([a-z0-9]+)', after, re.MULTILINE):
        inner = list(commands_of(*words, name))
        yield from inner if inner else [words + (name,)]


class CommandLines(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.programs = [name for name in PROGRAMS if os.path.exists(os.path.join(BIN, name))]
        cls.commands = [command for name in cls.programs for command in commands_of(name)]

    def test_commands_are_found(self):
        for name in self.programs:
            self.assertGreaterEqual(sum(command[0] == name for command in self.commands), 7, name)

    def test_each_command_has_the_common_options_and_an_example(self):
        for command in self.commands:
            exit_code, text, _ = ask(*command, '--help')
            self.assertEqual(exit_code, 0, command)
            for option in COMMON:
                self.assertRegex(text, option + r'\b', command)
            self.assertIn('Example:\n  ' + ' '.join(command), text)

    def test_an_unknown_option_names_the_nearest(self):
        for command in self.commands:
            exit_code, out, told = ask(*command, '--wrokers', '2')
            self.assertEqual((exit_code, out), (2, ''), command)
            self.assertIn('unknown option "--wrokers"; the nearest is --workers', told, command)
        for name in self.programs:
            self.assertEqual(ask(name, 'hepl')[0], 2)
            self.assertEqual(ask(name)[0], 2)
            exit_code, out, _ = ask(name, '--version')
            self.assertEqual(exit_code, 0)
            for part in ('weir ', 'commit ', 'malloc'):
                self.assertIn(part, out)

    def test_an_error_is_one_json_object_where_that_is_asked_for(self):
        for command in self.commands:
            exit_code, out, _ = ask(*command, '--json=true' if command is self.commands[0] else '--json', '--workers',
                                    '257')
            self.assertEqual(exit_code, 2, command)
            document = json.loads(out)
            self.assertEqual((document['ok'], document['exit'], document['error']['code']), (False, 2, 'usage'))
            self.assertIn('257', document['error']['what'])


class Settings(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def put(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def search(self, settings, *words):
        if not os.path.exists(os.path.join(BIN, 'weir-search')):
            self.skipTest('no weir-search')
        table = self.put('names.csv', 'a,b\nx,X\nyy,YY\n')
        return ask('weir-search', 'generate', table, '--config', self.put('c.yml', settings), '--json', *words)

    def test_a_file_says_what_the_command_line_leaves_open(self):
        _, out, _ = self.search('seed: 7\nnum_workers: 1\nqueue: 9\nlang: [cpp, js]\nsimulations: 50\n')
        document = json.loads(out)
        self.assertEqual((document['config']['seed'], document['config']['workers']), (7, 1))
        self.assertEqual(set(document['programs'][0]['text']), {'cpp', 'js'})
        _, out, _ = self.search('{"seed": 7, "simulations": 50}', '--seed', '9')
        self.assertEqual(json.loads(out)['config']['seed'], 9)
        for empty in ('', '# nothing\n', 'seed: 1\n---\n', 'seed: 1\n...\n'):
            self.assertEqual(self.search(empty)[0], 0, empty)

    def test_what_a_file_cannot_say_is_refused_with_its_line(self):
        for text, line, what in (
                ('seed: 1\nsimulatoins: 5\n', 2, 'unknown key "simulatoins"; the nearest is simulations'),
                ('simulations: many\n', 1, 'many'),
                ('first: 2\n', 1, '"first" is true or false, not "2"'),
                ('workers: 1\nnum-workers: 1\n', 2, 'says again what "workers" has said'),
                ('config: other.yml\n', 1, 'unknown key "config"'),
                ('search:\n  seed: 1\n', 2, 'must be a plain value'),
                ('lang: [[cpp]]\n', 1, 'must be a list of plain values'),
                ('seed: 1\n---\nseed: 2\n', 3, 'something follows the document'),
                (',,,,,,,,V:{\n    ....\nData: {a: b}\n', None, ''),  # yaml-cpp reads nothing of it
                ('- seed\n', 1, 'must be a map'),
                ('seed: [1\n', None, ''),
                ('&a [x]: 1\n', 1, 'a key must be a word'),
                ('seed: 1\0\n', 1, 'a zero byte'),
                ('a: ' + '[' * 100 + ']' * 100, 1, 'nested deeper than 64')):
            exit_code, out, _ = self.search(text)
            self.assertEqual(exit_code, 2, text)
            error = json.loads(out)['error']
            self.assertEqual(error['code'], 'bad_config', text)
            self.assertIn(what, error['what'])
            if line is not None:
                self.assertTrue(error['where'].endswith(f'c.yml:{line}'), (text, error))

    def test_a_file_that_is_not_there_is_an_error_that_names_it(self):
        none = os.path.join(self.folder, 'none.yml')
        exit_code, _, told = ask('weir-search', 'train', '--out', 'x', '--config', none)
        self.assertEqual(exit_code, 1)
        self.assertIn('none.yml', told)

    def test_aliases_take_no_memory(self):
        doubled = 'a0: &a0 [x, x]\n' + ''.join(
            f'a{k}: &a{k} [*a{k - 1}, *a{k - 1}]\n' for k in range(1, 40)) + 'seed: 1\n'
        self.assertEqual(self.search(doubled)[0], 2)
        repeated = self.put('r.yml', 'a: &a [' + 'x,' * 999 + 'x]\n' + ''.join(f'b{k}: *a\n' for k in range(199)))
        for words in (('weir-search', 'train', '--out', 'x'), ('weir-mccfr', 'train'), ('weir-segment', 'stage')):
            if not os.path.exists(os.path.join(BIN, words[0])):
                continue
            exit_code, out, _ = ask(*words, '--config', repeated, '--json')
            error = json.loads(out)['error']
            self.assertEqual((exit_code, error['code']), (2, 'bad_config'))
            if words[0] != 'weir-segment':  # whose lists have names
                self.assertIn('more than 131072 values', error['what'])

    def test_batch_is_one_document_with_all_replies(self):
        if not os.path.exists(os.path.join(BIN, 'weir-search')):
            self.skipTest('no weir-search')
        lines = ''.join(json.dumps({'id': k, 'examples': [{'in': ['x'], 'out': 'X'}, {'in': ['yy'], 'out': 'YY'}]}) +
                        '\n' for k in range(5)) + 'no request\n'
        exit_code, out, _ = ask('weir-search', 'batch', '-', '--json', feed=lines)
        document = json.loads(out)
        self.assertEqual((exit_code, document['exit'], document['lines']), (0, 0, 6))
        self.assertEqual(sorted(str(reply['id']) for reply in document['replies']), ['0', '1', '2', '3', '4', 'None'])
        self.assertEqual(document['malformed'], 1)
        exit_code, out, _ = ask('weir-search', 'serve', '--json')
        self.assertEqual((exit_code, json.loads(out)['error']['code']), (2, 'usage'))


if __name__ == '__main__':
    unittest.main(verbosity=2, argv=sys.argv)
