"""What the tests of weir-segment under faults share: corpora, commands, trees and how they are compared.

Environment: WEIR_BIN (folder of the programs), WEIR_TEST_TIER (fast, ci, long, soak), WEIR_SEED.
"""
import hashlib
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

EXE = os.path.join(os.environ.get('WEIR_BIN', os.path.join(os.getcwd(), 'build', 'bin')), 'weir-segment')
TIER = os.environ.get('WEIR_TEST_TIER', 'fast')
SEED = int(os.environ.get('WEIR_SEED', '1'))
LIMIT_S = 120  # of any run: what takes longer hangs
TEMPORARY = '.weir-tmp'
REASONS = set('empty_file no_procedure no_data_marker no_columns unknown_columns empty_table bad_encoding nul_bytes '
              'text_in_data ragged_columns unreadable changed_while_read too_large'.split())


def amount(fast, ci, long):
    return {'fast': fast, 'ci': ci}.get(TIER, long)


def scratch(name):
    """A temporary folder, in memory where there is room: others' unwritten data make a sync on a disk slow."""
    memory = '/dev/shm'
    room = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return tempfile.TemporaryDirectory(prefix=f'weir-{name}-', dir=memory if room else None)


def need_program():
    if not os.path.exists(EXE):
        print(f'SKIP: no {EXE}')
        sys.exit(77)


def has_strace(top):
    """Whether strace is there and may trace."""
    try:
        probe = os.path.join(top, 'probe')
        done = subprocess.run(['strace', '-f', '-o', probe, '-e', 'inject=getpid:retval=1', 'true'],
                              capture_output=True, check=False, timeout=LIMIT_S)
    except FileNotFoundError:
        return False
    return done.returncode == 0


def need_strace(top):
    """Ends the test, aloud, where that is not so."""
    if not has_strace(top):
        print('SKIP: strace is not there, or cannot trace')
        sys.exit(77)


def generate(folder, files, seed=7):
    subprocess.run([EXE, 'generate', folder, '--files', str(files), '--kind', 'dirty', '--seed', str(seed), '--quiet'],
                   check=True, stdout=subprocess.DEVNULL, timeout=LIMIT_S)


def inputs(corpus):
    paths = [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(corpus, 'raw')) for name in names]
    return sorted(path for path in paths if path.endswith('.csv'))


def change_inputs(corpus):
    """Every other file says something else now: another start (so another run id), fewer rows (so fewer segments),
    other values, or nothing that could be staged."""
    number = 0
    for path in inputs(corpus)[::2]:
        with open(path, 'rb') as file:
            data = file.read()
        begin = re.search(rb'Start time: (\d+)', data)
        if begin is None:
            continue
        if number % 4 == 0:
            data = data.replace(begin.group(), b'Start time: %d' % (int(begin.group(1)) + 200_000))
        elif number % 4 == 1:
            lines = data.splitlines(keepends=True)
            head = next(k for k, line in enumerate(lines) if line.startswith(b'#Data')) + 2
            data = b''.join(lines[:head + (len(lines) - head) // 2])
        elif number % 4 == 2:
            data = re.sub(rb'(?<=,)(-?\d+\.\d+e)', rb'-\1', data, count=40)
        else:
            data = b''
        number += 1
        with open(path, 'wb') as file:
            file.write(data)
        os.utime(path, ns=(1_700_000_000_000_000_000 + number, 1_700_000_000_000_000_000 + number))
    return number


def command(kind='pipeline', *more, fsync='none', workers=2):
    """Relative paths: with each attempt in a folder of its own, run ids and journals are equal."""
    roots = {'stage': ['--raw-root', 'corpus/raw', '--stage-root', 'out/stage'],
             'preprocess': ['--stage-root', 'out/stage', '--output-root', 'out/segments'],
             'pipeline': ['--raw-root', 'corpus/raw', '--stage-root', 'out/stage', '--output-root', 'out/segments']}
    return [EXE, kind, *roots[kind], '--workers', str(workers), '--quiet', '--fsync', fsync, *more]


def place(folder, corpus):
    """Makes `folder`, and in it `corpus` a link to what stands there."""
    os.makedirs(folder, exist_ok=True)
    link = os.path.join(folder, 'corpus')
    if os.path.islink(link):
        os.remove(link)
    os.symlink(os.path.abspath(corpus), link)
    return folder


def run(folder, words, limit_s=LIMIT_S, **more):
    """Runs to its end; a run that has none is an error of the test."""
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, errors='replace', check=False,
                          timeout=limit_s, **more)


def must_run(folder, words, what):
    done = run(folder, words)
    if done.returncode != 0:
        sys.exit(f'{what}: exit {done.returncode}: {done.stderr[-600:]}')
    return done


def two_corpora(top, files):
    """A corpus, the same with changed inputs, and what a run over the first one left."""
    one, two = os.path.join(top, 'one'), os.path.join(top, 'two')
    generate(one, files)
    shutil.copytree(one, two)
    if change_inputs(two) < 3:
        sys.exit('the corpus is not what this test thinks')
    first = place(os.path.join(top, 'first'), one)
    must_run(first, command(), 'the first run')
    return one, two, os.path.join(first, 'out')


def tree(root):
    """{path: SHA-256, or `folder`} of all below `root`, temporary files included."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in folders:
            found[os.path.relpath(os.path.join(folder, name), root)] = 'folder'
        for name in files:
            path = os.path.join(folder, name)
            with open(path, 'rb') as file:
                found[os.path.relpath(path, root)] = hashlib.sha256(file.read()).hexdigest()
    return found


def parquet(files):
    return {path: value for path, value in files.items()
            if path.endswith('.parquet') and '_manifest' not in path and value != 'folder'}


def differences(want, got):
    return sorted(path for path in want.keys() | got.keys() if want.get(path) != got.get(path))


def half_written(got, *wholes):
    """Outputs under their final names that are none of those that undisturbed runs wrote there."""
    return sorted(path for path, value in parquet(got).items() if all(whole.get(path) != value for whole in wholes))


class Verdict:
    """Counts what went wrong and says the first of it."""

    def __init__(self):
        self.bad = 0

    def flag(self, what):
        self.bad += 1
        if self.bad <= 20:
            print(f'WRONG {what}', flush=True)

    def same_tree(self, name, want, folder):
        got = tree(os.path.join(folder, 'out'))
        differ = differences(want, got)
        if differ:
            left = [path for path in differ if path.endswith(TEMPORARY)]
            self.flag(f'{name}: {len(differ)} entries differ, e.g. {differ[:3]}; {len(left)} temporary files are left')
        return not differ


def random_of(name):
    return random.Random(f'{SEED} {name}')
