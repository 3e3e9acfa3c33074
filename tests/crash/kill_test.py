#!/usr/bin/env python3
"""Kills the pipeline at chosen moments, runs it again, and wants the bytes of a run that nobody disturbed.

SIGKILL: what is left is whole, and a second run ends with the same Parquet files. SIGINT and SIGTERM: the program says
how far it got, saves, and answers 130 or 143. Kills: 4 in the fast tier, 10 in ci, 1,000 in long.
"""
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

KILLS = {'fast': 4, 'ci': 10, 'long': 1000, 'soak': 1000}
FILES = 250
KILLS_A_TREE = 3  # so many kills before a tree is finished and compared


def command(program, raw, out):
    return [program, 'pipeline', '--raw-root', raw, '--stage-root', os.path.join(out, 'stage'), '--output-root',
            os.path.join(out, 'segments'), '--workers', '2', '--quiet']


def finish(program, raw, out):
    done = subprocess.run(command(program, raw, out), capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        sys.exit(f'the pipeline ended with {done.returncode}: {done.stderr[-800:]}')


def parquet_hashes(out):
    """{path: SHA-256} of every Parquet file; every journal's line but a torn last one must be JSON."""
    hashes = {}
    for folder, _, names in os.walk(out):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, 'rb') as file:
                data = file.read()
            if name.endswith('.parquet'):
                hashes[os.path.relpath(path, out)] = hashlib.sha256(data).hexdigest()
            elif name == 'journal.jsonl':
                for line in data.decode().splitlines():
                    if line:
                        json.loads(line)
    return hashes


def compare(want, out, what):
    got = parquet_hashes(out)
    if got != want:
        differ = sorted(set(want.items()) ^ set(got.items()))
        sys.exit(f'{what}: {len(differ)} entries differ, e.g. {differ[:3]}; {len(want)} files wanted, {len(got)} there')


def strike(program, raw, out, delay_s, number):
    """Starts the pipeline and sends it signal `number` after delay_s; None when it was done before, else its answer."""
    running = subprocess.Popen(command(program, raw, out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(delay_s)
    if running.poll() is not None:
        running.communicate()
        return None
    running.send_signal(number)
    _, said = running.communicate(timeout=60)
    return running.returncode, said


def kill_trees(program, raw, want, whole_s, kills, work):
    chance, done, misses = random.Random(1), 0, 0
    while done < kills:
        out = os.path.join(work, f'kill{done}')
        for _ in range(min(KILLS_A_TREE, kills - done)):
            if strike(program, raw, out, chance.uniform(0, whole_s), signal.SIGKILL) is None:
                misses += 1
                if misses > kills * 10 + 50:
                    sys.exit('the pipeline always ended before it could be killed')
                whole_s *= 0.9
            else:
                done += 1
        finish(program, raw, out)
        compare(want, out, f'after {done} kills')
        shutil.rmtree(out)
    return done


def soft_stops(program, raw, want, whole_s, work):
    for number, answer in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        delay_s = whole_s / 2
        for _ in range(20):
            out = os.path.join(work, 'soft')
            struck = strike(program, raw, out, delay_s, number)
            if struck is not None and struck[0] == answer:
                break
            if struck is not None and struck[0] not in (0, -number):
                sys.exit(f'{number.name}: answered {struck[0]}, wanted {answer}: {struck[1][-500:]}')
            # It was done, or had not got as far as installing its handlers: another moment.
            delay_s *= 0.7 if struck is None or struck[0] == 0 else 1.2
            shutil.rmtree(out, ignore_errors=True)
        else:
            sys.exit(f'{number.name}: no answer {answer} in 20 tries')
        finish(program, raw, out)
        compare(want, out, f'after {number.name}')
        shutil.rmtree(out)


def main():
    program = os.path.join(os.environ['WEIR_BIN'], 'weir-segment')
    if not os.path.exists(program):
        print('SKIP: weir-segment is not built')
        return 77
    work = tempfile.mkdtemp(prefix='weir-crash-')
    try:
        subprocess.run([program, 'generate', os.path.join(work, 'corpus'), '--files', str(FILES), '--kind', 'dirty',
                        '--seed', '7', '--quiet'], stdout=subprocess.DEVNULL, check=True, timeout=120)
        raw, out = os.path.join(work, 'corpus', 'raw'), os.path.join(work, 'whole')
        from_s = time.monotonic()
        finish(program, raw, out)
        whole_s = time.monotonic() - from_s
        want = parquet_hashes(out)
        if len(want) < FILES // 4:
            sys.exit(f'only {len(want)} Parquet files of {FILES} inputs: nothing to compare')
        soft_stops(program, raw, want, whole_s, work)
        done = kill_trees(program, raw, want, whole_s, KILLS[os.environ.get('WEIR_TEST_TIER', 'fast')], work)
        print(f'{done} kills and two soft stops, {len(want)} files equal each time')
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
