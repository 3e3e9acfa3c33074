#!/usr/bin/env python3
"""weir-segment where something is missing or in the way: room, descriptors, permissions, inputs that are no files. Each
run ends within its time with a clear error or reject records; nothing is half-written under a final name; when the
cause is gone, the next run ends with the tree of a run that nobody disturbed.

What only root can set up is left out, aloud, where this is not root.
Environment: segment_support.py.
"""
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
import segment_support as support  # noqa: E402

FILES = 8
NOBODY = 65534
LIMIT_S = 60


class Bench:
    def __init__(self, top, verdict):
        self.top, self.verdict, self.cases = top, verdict, 0
        self.corpus = os.path.join(top, 'corpus-0')
        support.generate(self.corpus, FILES)
        whole = support.place(os.path.join(top, 'whole'), self.corpus)
        done = support.must_run(whole, support.command('pipeline', '--json'), 'the undisturbed run')
        self.rejects = json.loads(done.stdout)['stage']['rejects']
        self.want = support.tree(os.path.join(whole, 'out'))
        self.bytes = sum(os.path.getsize(os.path.join(whole, 'out', path)) for path, value in self.want.items()
                         if value != 'folder')
        self.place = ''
        with open(os.path.join(whole, 'out', 'stage', '_manifest', 'journal.jsonl'), encoding='utf-8') as file:
            records = [json.loads(line) for line in file]
        self.good = next(r['path'] for r in records if r['status'] == 'ok' and r['proc'] == 'IV')  # an input

    def begin(self, own_corpus=False):
        """A new place; with a corpus of its own if that is to be changed."""
        self.cases += 1
        folder = os.path.join(self.top, f'place{self.cases}')
        corpus = self.corpus
        if own_corpus:
            corpus = folder + '-corpus'
            shutil.copytree(self.corpus, corpus)
        self.place = support.place(folder, corpus)
        return self.place

    def path(self, *parts):
        return os.path.join(self.place, *parts)

    def run(self, name, code, says=None, **more):
        """One run: its exit, and what its error must say (regular expressions). Returns its document."""
        done = support.run(self.place, support.command('pipeline', '--json', fsync='commit'), limit_s=LIMIT_S, **more)
        codes = code if isinstance(code, tuple) else (code,)
        if done.returncode not in codes:
            self.verdict.flag(f'{name}: exit {done.returncode}, wanted {codes}: {done.stderr[-300:]}')
        told = re.search(r'^weir-segment: error: (.+)', done.stderr, re.MULTILINE)
        if done.returncode == 1 and told is None:
            self.verdict.flag(f'{name}: exit 1 and no error: {done.stderr[-300:]!r}')
        for word in says or ():
            if done.returncode == 1 and told is not None and re.search(word, told.group(1)) is None:
                self.verdict.flag(f'{name}: the error does not say "{word}": {told.group(1)}')
        got = support.tree(self.path('out')) if os.path.isdir(self.path('out')) else {}
        halves = support.half_written(got, self.want)
        if halves and code != 0:
            self.verdict.flag(f'{name}: half-written: {halves[:3]}')
        try:
            return json.loads(done.stdout)
        except ValueError:
            return {}

    def rejected(self, name, document, **more):
        """The rejects of the undisturbed run, and these."""
        want = dict(self.rejects)
        for reason, count in more.items():
            want[reason] = want.get(reason, 0) + count
        got = document.get('stage', {}).get('rejects')
        if got != want:
            self.verdict.flag(f'{name}: rejects {got}, wanted {want}')

    def mended(self, name):
        done = support.run(self.place, support.command(), limit_s=LIMIT_S)
        if done.returncode != 0:
            self.verdict.flag(f'{name}, mended: exit {done.returncode}: {done.stderr[-300:]}')
        self.verdict.same_tree(f'{name}, mended', self.want, self.place)


def no_room(bench):
    """A tmpfs that is too small by turns, and one with too few inodes."""
    steps = support.amount(3, 6, 60)
    options = [f'size={max(4096, bench.bytes * (k + 1) * 3 // (steps * 2)) // 4096 * 4}k' for k in range(steps)]
    options += ['nr_inodes=12', 'nr_inodes=40']
    for option in options:
        bench.begin()
        out = bench.path('out')
        os.mkdir(out)
        mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', option, 'weir', out], capture_output=True, text=True,
                                 check=False)
        if mounted.returncode != 0:
            print(f'left out: a file system without room: {mounted.stderr.strip()}')
            return
        try:
            name = f'tmpfs {option}'
            bench.run(name, (0, 1), ['No space left on device'])
            subprocess.run(['mount', '-o', 'remount,size=256m,nr_inodes=100000', out], check=True)
            bench.mended(name)
        finally:
            subprocess.run(['umount', out], check=True)


def read_only(bench):
    bench.begin()
    out = bench.path('out')
    os.mkdir(out)
    mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'ro', 'weir', out], capture_output=True, text=True,
                             check=False)
    if mounted.returncode != 0:
        print(f'left out: a read-only file system: {mounted.stderr.strip()}')
        return
    try:
        bench.run('read-only', 1, ['Read-only file system', '^out/'])
        subprocess.run(['mount', '-o', 'remount,rw', out], check=True)
        bench.mended('read-only')
    finally:
        subprocess.run(['umount', out], check=True)


def small_files(bench):
    """RLIMIT_FSIZE: writes that are cut short, then fail; SIGXFSZ must not end the program."""
    draw = support.random_of('sizes')
    sizes = [0, 1, 4096] + [draw.randrange(100, 30_000) for _ in range(support.amount(2, 8, 100))]
    for size in sizes:
        bench.begin()
        name = f'files of at most {size} bytes'
        bench.run(name, (0, 1) if size > 4096 else 1, ['File too large', r'^out/'],
                  preexec_fn=lambda size=size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
        bench.mended(name)


def few_descriptors(bench):
    for count in range(4, support.amount(12, 24, 40), support.amount(3, 3, 1)):
        bench.begin()
        name = f'{count} descriptors'
        bench.run(name, (0, 1, 127), ['Too many open files|all files were rejected'],  # 127: the loader's own
                  preexec_fn=lambda count=count: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count)))
        bench.mended(name)


def no_permission(bench):
    """As a user who is not root."""
    as_root = os.geteuid() == 0
    user = {'user': NOBODY, 'group': NOBODY, 'extra_groups': []} if as_root else {}
    probe = subprocess.run([support.EXE, '--version'], capture_output=True, check=False, **user) \
        if os.access(support.EXE, os.X_OK) else None
    if probe is None or probe.returncode != 0:
        print('left out: permissions: another user cannot run the program where it is')
        return

    def own():
        if as_root:
            for folder, _, names in os.walk(bench.place, followlinks=True):
                for entry in (folder, *(os.path.join(folder, name) for name in names)):
                    os.chown(entry, NOBODY, NOBODY)

    def closed(name, path, mode, code, says, all_others=False, **rejects):
        own()
        usual = os.stat(path).st_mode & 0o777
        os.chmod(path, mode)
        document = bench.run(name, code, says, **user)
        os.chmod(path, usual)
        if code == 0:
            bench.rejected(name, document, **rejects)
        if all_others and support.tree(bench.path('out')) != bench.want:
            bench.verdict.flag(f'{name}: what could be read is not all there')
        bench.mended(name)

    bench.begin(own_corpus=True)
    folder = os.path.dirname(support.inputs(bench.path('corpus'))[0])
    closed('a folder of inputs that cannot be read', folder, 0, 1, ['Permission denied', 'corpus/raw'])
    bench.begin(own_corpus=True)
    folder = bench.path('corpus', 'raw', 'closed')
    os.mkdir(folder)
    closed('one folder of inputs that cannot be read', folder, 0, 1, ['Permission denied', 'corpus/raw/closed'],
           all_others=True)
    bench.begin(own_corpus=True)
    closed('the root of the inputs cannot be read', bench.path('corpus', 'raw'), 0, 1, ['Permission denied',
                                                                                         'corpus/raw'])
    bench.begin(own_corpus=True)
    closed('an input that cannot be read', bench.path(bench.good), 0, 0, None, unreadable=1)
    bench.begin(own_corpus=True)
    os.mkdir(bench.path('out'))
    closed('an output folder that cannot be written', bench.path('out'), 0o555, 1, ['Permission denied', '^out'])
    bench.begin(own_corpus=True)
    own()
    bench.run('a run of another user', 0, **user)
    os.chmod(bench.path('out', 'stage', '_manifest'), 0o555)
    bench.run('a manifest that cannot be replaced', 1, ['Permission denied', '_manifest'], **user)
    os.chmod(bench.path('out', 'stage', '_manifest'), 0o755)
    bench.mended('a manifest that cannot be replaced')

    # What analyse can see it does, then it ends with 1; and so again, until the cause is gone.
    days = bench.path('out', 'segments', 'iv_segments', 'proc=IV')
    day = next(name for name in sorted(os.listdir(days)))
    run = os.path.join(days, day, sorted(os.listdir(os.path.join(days, day)))[0])
    words = [support.EXE, 'analyse', '--intermediate-root', 'out/segments', '--date', 'all', '--output-root',
             'out/analysis', '--quiet', '--fsync', 'none']
    own()
    for mode, code in ((0, 1), (0, 1), (0o755, 0)):
        os.chmod(run, mode)
        done = support.run(bench.place, words, limit_s=LIMIT_S, **user)
        if done.returncode != code or (code and 'Permission denied' not in done.stderr):
            bench.verdict.flag(f'analyse of a folder of mode {mode:o}: exit {done.returncode}: {done.stderr[-300:]}')


def odd_inputs(bench):
    """What is no regular file is a reject where it has the name of an input, and nothing elsewhere."""
    bench.begin(own_corpus=True)
    raw = bench.path('corpus', 'raw')
    made = []

    def make(name, maker):
        maker(os.path.join(raw, name))
        made.append(os.path.join(raw, name))

    listener = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(raw)  # a socket's path is short
    listener.bind('socket.csv')
    os.chdir(here)
    made.append(os.path.join(raw, 'socket.csv'))
    make('fifo.csv', os.mkfifo)
    make('device.csv', lambda path: os.symlink('/dev/zero', path))
    make('loop.csv', lambda path: os.symlink('loop.csv', path))
    make('gone.csv', lambda path: os.symlink('nowhere', path))
    make('empty.csv', lambda path: open(path, 'w', encoding='utf-8').close())
    make('pipe', os.mkfifo)
    make('loop', lambda path: os.symlink('loop', path))
    make('up', lambda path: os.symlink('..', path))
    make('up.csv', lambda path: os.symlink('..', path))  # a link to a folder: passed over
    make('folder.csv', os.mkdir)
    make('folder.csv/also.csv', lambda path: open(path, 'w', encoding='utf-8').close())
    document = bench.run('inputs that are no files', 0)
    bench.rejected('inputs that are no files', document, unreadable=5, empty_file=2)
    listener.close()
    for path in reversed(made):
        os.rmdir(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)
    shutil.rmtree(bench.path('out'))  # the journal keeps the record of an input that is gone
    bench.mended('inputs that are no files')


def kept_outputs(bench):
    """An input that cannot be read any more, or is gone, keeps what was made of it."""
    bench.begin(own_corpus=True)
    bench.run('before', 0)
    before = support.parquet(support.tree(bench.path('out')))
    path = bench.path(bench.good)
    os.rename(path, path + '.aside')
    os.symlink(os.path.basename(path), path)
    document = bench.run('an input that became a loop', 0)
    bench.rejected('an input that became a loop', document, unreadable=1)
    if support.parquet(support.tree(bench.path('out'))) != before:
        bench.verdict.flag('an input that became a loop: outputs of it are gone')
    os.remove(path)
    bench.run('an input that is gone', 0)
    if support.parquet(support.tree(bench.path('out'))) != before:
        bench.verdict.flag('an input that is gone: outputs of it are gone')
    os.rename(path + '.aside', path)
    bench.mended('an input that came back')


def in_the_way(bench):
    """A file where a folder must be, a folder where a file must be."""
    some = next(path for path in sorted(bench.want) if path.endswith('segment=0/part-000.parquet'))
    staged = next(path for path in sorted(support.parquet(bench.want)) if path.startswith('stage/'))
    for part in ('', 'stage', 'segments', 'stage/proc=IV', 'stage/_manifest', os.path.dirname(some),
                 'segments/iv_segments/_manifest', os.path.dirname(staged)):
        bench.begin()
        path = bench.path('out', part).rstrip('/')
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8'):
            pass
        name = f'a file in the place of out/{part}'
        bench.run(name, 1, ['Not a directory|must be a directory', '^out'])
        os.remove(path)
        bench.mended(name)
    for part in (staged, some, 'stage/_manifest/manifest.parquet', 'stage/_manifest/journal.jsonl'):
        bench.begin()
        os.makedirs(bench.path('out', part))
        name = f'a folder in the place of out/{part}'
        bench.run(name, 1, ['Is a directory|regular file|directory', re.escape(part)])
        os.rmdir(bench.path('out', part))
        bench.mended(name)


def left_behind(bench):
    """Temporary files of killed runs go, wherever they lie; those of others stay."""
    bench.begin()
    words = ['--events', 'files', '--manifest', 'elsewhere/manifest.parquet']
    support.must_run(bench.place, support.command('pipeline', *words), 'side files')
    dead = 2**22 - 1  # no process has this id
    planted = [bench.path(*parts, f'.name.{dead}-3{support.TEMPORARY}') for parts in (
        ('out', '_rejects'), ('out', 'stage'), ('out', 'stage', '_manifest', 'events'),
        ('out', 'segments', 'iv_segments'), ('elsewhere',), ('out', 'stage', 'proc=IV'))]
    for path in planted:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write('half')
    stranger = bench.path('elsewhere', '.name.tmp')
    with open(stranger, 'w', encoding='utf-8') as file:
        file.write('not ours')
    support.must_run(bench.place, support.command('pipeline', *words), 'side files again')
    left = [path for path in planted if os.path.exists(path)]
    if left:
        bench.verdict.flag(f'temporary files are left: {left}')
    if not os.path.exists(stranger):
        bench.verdict.flag('a file of somebody else is gone')


def main():
    support.need_program()
    verdict = support.Verdict()
    with support.scratch('limits') as top:
        os.chmod(top, 0o755)
        bench = Bench(top, verdict)
        for part in (small_files, few_descriptors, odd_inputs, kept_outputs, in_the_way, left_behind, no_permission,
                     read_only, no_room):
            part(bench)
    print(f'seed {support.SEED}: {bench.cases} places, {verdict.bad} wrong')
    return 1 if verdict.bad else 0


if __name__ == '__main__':
    sys.exit(main())
