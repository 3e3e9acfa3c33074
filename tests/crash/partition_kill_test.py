#!/usr/bin/env python3
"""weir-segment --layout partition is killed or stopped at random instants, over a fresh root and over one whose inputs
have changed. At every instant each partition on disk is one that the journal before or after the change would have:
no run is missing in it, none is there twice. Started again, it ends with the bytes of an undisturbed run.

Beside segment_kill_test.py: partitions of several parts, changed inputs, what a reader sees right after the kill.
Environment: WEIR_BIN (folder of the programs), WEIR_TEST_TIER (fast, ci, long), WEIR_SEED.
"""
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

EXE = os.path.join(os.environ.get('WEIR_BIN', os.path.join(os.getcwd(), 'build', 'bin')), 'weir-segment')
ATTEMPTS = {'fast': 2, 'ci': 4, 'long': 200}.get(os.environ.get('WEIR_TEST_TIER', 'fast'), 2)
RUNS = 1100  # of one day: more than a part holds
LIMIT_S = 120
ROOTS = ('stage', 'segments/iv_segments')


def write_run(folder, name, start_s, current):
    rows = ''.join(f'{v / 10},{current}\n' for v in (0, -1, -2, -3, -2, -1, 1, 2, 3, 2, 1))
    with open(os.path.join(folder, name), 'w', encoding='ascii') as file:
        file.write(f'#Procedure: <a.IV>\n#Metadata:\n#\tStart time: {start_s}\n#Data:\nVsd (V),I (A)\n{rows}')


def write_corpus(raw):
    """A day of many runs, and twenty of three."""
    os.makedirs(raw)
    for k in range(RUNS):
        write_run(raw, f'many{k}.csv', 1757080000 + k * 7 % 5000, 1e-9)
    for k in range(60):
        write_run(raw, f'few{k}.csv', 1757180000 + k % 20 * 86400 + k, 1e-9)


def change_corpus(raw):
    """New, changed, moved and vanished runs."""
    write_run(raw, 'new.csv', 1757080100.5, 1e-9)
    write_run(raw, 'many7.csv', 1757080049, 2e-9)
    write_run(raw, 'many8.csv', 1757180000, 1e-9)
    for k in range(3):
        write_run(raw, f'few{k}.csv', 1757180000 + k * 86400 + k, 3e-9)
        os.remove(os.path.join(raw, f'few{10 + k}.csv'))


def tree(root):
    found = {}
    for folder, _, files in os.walk(root):
        for name in files:
            path = os.path.join(folder, name)
            with open(path, 'rb') as file:
                found[os.path.relpath(path, root)] = hashlib.sha256(file.read()).hexdigest()
    return found


def partitions(root):
    """The parts of each partition, whole ones: {folder: {name: digest}}."""
    found = {}
    for path, digest in tree(root).items():
        folder, name = os.path.split(path)
        if folder.startswith('proc=') and not name.startswith('.'):
            found.setdefault(folder, {})[name] = digest
    return found


def pipeline(folder):
    command = [EXE, 'pipeline', '--layout', 'partition', '--raw-root', 'raw', '--stage-root', 'stage',
               '--output-root', 'segments', '--workers', '2', '--quiet', '--fsync', 'none']
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def whole_run(folder):
    begin = time.monotonic()
    if pipeline(folder).wait(LIMIT_S) != 0:
        raise RuntimeError('an undisturbed run failed')
    return time.monotonic() - begin


class Test:
    def __init__(self, top, draw):
        self.draw, self.bad, self.kills, self.stops, self.looks = draw, 0, 0, 0, 0
        self.before, self.after = os.path.join(top, 'before'), os.path.join(top, 'after')
        write_corpus(os.path.join(self.before, 'raw'))
        self.usual_s = whole_run(self.before)
        shutil.copytree(self.before, self.after)  # copies have the times of their files
        change_corpus(os.path.join(self.after, 'raw'))
        self.again_s = whole_run(self.after)
        self.good = {root: [partitions(os.path.join(w, root)) for w in (self.before, self.after)] for root in ROOTS}
        self.want = tree(self.after)

    def fail(self, what):
        print(what)
        self.bad += 1

    def look(self, folder, name, fresh):
        """What a reader finds now."""
        for root in ROOTS:
            there = partitions(os.path.join(folder, root))
            lasting = set() if fresh else self.good[root][0].keys() & self.good[root][1].keys()
            for partition in sorted(lasting - there.keys()):
                self.fail(f'{name}: {root}/{partition} is not there')
            for partition, parts in there.items():
                self.looks += 1
                if all(good.get(partition) != parts for good in self.good[root]):
                    self.fail(f'{name}: {root}/{partition} is neither as before nor as after: {sorted(parts)}')

    def strike(self, folder, name, fresh, kill):
        process = pipeline(folder)
        time.sleep(self.draw.random() * (self.usual_s if fresh else self.again_s) * 0.9)
        process.send_signal(signal.SIGKILL if kill else signal.SIGINT)
        code = process.wait(LIMIT_S)
        self.kills += code == -signal.SIGKILL
        self.stops += code == 130
        if code not in (0, -signal.SIGKILL, 130, -signal.SIGINT):
            self.fail(f'{name}: exit {code}')
        self.look(folder, name, fresh)

    def attempt(self, folder, name, number):
        """Even attempts begin with an empty root, odd ones with that of the inputs before the change."""
        fresh = number % 2 == 0
        shutil.copytree(self.before, folder)
        for part in ('stage', 'segments', 'raw') if fresh else ('raw',):
            shutil.rmtree(os.path.join(folder, part))
        shutil.copytree(os.path.join(self.after, 'raw'), os.path.join(folder, 'raw'))
        for strike in range(3):
            self.strike(folder, name, fresh, kill=(number + strike) % 3 != 2)
        whole_run(folder)
        got = tree(folder)
        differ = sorted(p for p in self.want.keys() | got.keys() if self.want.get(p) != got.get(p))
        if differ:
            self.fail(f'{name}: {len(differ)} files differ, first {differ[0]}')
        shutil.rmtree(folder)


def main():
    if not os.path.exists(EXE):
        print(f'SKIP: no {EXE}')
        return 77
    with tempfile.TemporaryDirectory() as top:
        test = Test(top, random.Random(int(os.environ.get('WEIR_SEED', '1'))))
        for number in range(ATTEMPTS):
            test.attempt(os.path.join(top, f'attempt{number}'), f'attempt {number}', number)
    print(f'{ATTEMPTS} attempts over {RUNS + 60} runs: {test.kills} killed, {test.stops} stopped by SIGINT, '
          f'{test.looks} partitions looked at, {test.bad} wrong')
    return 1 if test.bad else 0


if __name__ == '__main__':
    sys.exit(main())
