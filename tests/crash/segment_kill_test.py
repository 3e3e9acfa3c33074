#!/usr/bin/env python3
"""weir-segment is killed or stopped at random instants of a pipeline and started again: the trees it leaves equal those
of an undisturbed run byte for byte (journals included), and no temporary file is left.

Beside kill_test.py: relative paths, kill upon kill, journals and temporary files compared too.
Environment: WEIR_BIN (folder of the programs), WEIR_TEST_TIER (fast, ci, long), WEIR_KILL_FILES (corpus; default 200).
"""
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

EXE = os.path.join(os.environ.get('WEIR_BIN', os.path.join(os.getcwd(), 'build', 'bin')), 'weir-segment')
ATTEMPTS = {'fast': 3, 'ci': 5, 'long': 100}.get(os.environ.get('WEIR_TEST_TIER', 'fast'), 3)
FILES = int(os.environ.get('WEIR_KILL_FILES', '200'))
LIMIT_S = 120


def tree(root):
    found = {}
    for folder, _, files in os.walk(root):
        for name in files:
            path = os.path.join(folder, name)
            with open(path, 'rb') as file:
                found[os.path.relpath(path, root)] = hashlib.sha256(file.read()).hexdigest()
    return found


def pipeline(folder):
    """The command; each attempt has a folder of its own, so that relative paths and ids are equal."""
    os.makedirs(folder, exist_ok=True)
    link = os.path.join(folder, 'corpus')
    if not os.path.islink(link):
        os.symlink(os.path.join(os.path.dirname(folder), 'corpus'), link)
    command = [EXE, 'pipeline', '--raw-root', 'corpus/raw/', '--stage-root', 'out/stage', '--output-root',
               'out/segments', '--workers', '2', '--quiet', '--fsync', 'none']
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def compare(name, want, folder):
    got = tree(os.path.join(folder, 'out'))
    differ = sorted(p for p in want.keys() | got.keys() if want.get(p) != got.get(p))
    if differ:
        print(f'{name}: {len(differ)} files differ, first {differ[0]}')
    return not differ


def main():
    if not os.path.exists(EXE):
        print(f'SKIP: no {EXE}')
        return 77
    draw = random.Random(int(os.environ.get('WEIR_SEED', '1')))
    bad = kills = stops = 0
    with tempfile.TemporaryDirectory() as top:
        subprocess.run([EXE, 'generate', os.path.join(top, 'corpus'), '--files', str(FILES), '--quiet'], check=True,
                       stdout=subprocess.DEVNULL, timeout=LIMIT_S)
        begin = time.monotonic()
        whole = os.path.join(top, 'whole')
        if pipeline(whole).wait(LIMIT_S) != 0:
            print('the undisturbed run failed')
            return 1
        usual_s = time.monotonic() - begin
        want = tree(os.path.join(whole, 'out'))
        for attempt in range(ATTEMPTS):
            folder = os.path.join(top, f'attempt{attempt}')
            with_kill = attempt % 3 != 2
            for _ in range(2):  # twice, so that a second kill meets what the first one left
                process = pipeline(folder)
                time.sleep(draw.random() * usual_s * 0.7)  # most strikes must land
                process.send_signal(signal.SIGKILL if with_kill else signal.SIGINT)
                code = process.wait(LIMIT_S)
                kills += code == -signal.SIGKILL
                stops += code == 130
                if code not in (0, -signal.SIGKILL, 130, -signal.SIGINT):
                    print(f'attempt {attempt}: exit {code}')
                    bad += 1
            if pipeline(folder).wait(LIMIT_S) != 0:
                print(f'attempt {attempt}: the last run failed')
                bad += 1
            bad += not compare(f'attempt {attempt}', want, folder)
    print(f'{ATTEMPTS} attempts over {FILES} files ({len(want)} outputs): {kills} killed, {stops} stopped by SIGINT, '
          f'{bad} wrong')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
