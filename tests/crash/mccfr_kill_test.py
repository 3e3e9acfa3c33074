#!/usr/bin/env python3
"""Kills training at chosen moments, goes on with another number of workers, and wants the table of a run that nobody
disturbed.

After each SIGKILL the newest checkpoint, if there is one, is whole: it is measured. A deterministic run that was killed
and gone on with several times ends with the table of an undisturbed one, byte for byte, and leaves no temporary file,
none among its snapshots either.
Kills: 4 in the fast tier, 10 in ci, 100 in long.
"""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

KILLS = {'fast': 4, 'ci': 10, 'long': 100, 'soak': 100}
KILLS_A_RUN = 3  # so many before a run is finished and compared
SNAPSHOT_S = '0.02'
WHOLE_S = 1.5    # about as long as an undisturbed run is made to take
CONFIG = 'game: nolimit\nstack: 20\nbuckets: [169, 8, 8, 8]\n'  # a table of megabytes: its writing can be hit


def command(program, game, folder, iterations, workers):
    return [program, 'train', *game, '--mode', 'deterministic', '--seed', '3', '--iters', str(iterations),
            '--checkpoint-interval', '1000', '--snapshot-interval', SNAPSHOT_S, '--snapshots-kept', '2', '--out',
            folder, '--resume', '--workers', str(workers), '--quiet', '--json']


def finish(program, game, folder, iterations, workers):
    """The SHA-256 of the table at the end."""
    done = subprocess.run(command(program, game, folder, iterations, workers), capture_output=True, text=True,
                          timeout=240, check=False)
    if done.returncode != 0:
        sys.exit(f'training ended with {done.returncode}: {done.stderr[-800:]}')
    said = json.loads(done.stdout)
    if said['iterations'] != iterations:
        sys.exit(f'training ended after {said["iterations"]} iterations of {iterations}')
    return said['table_sha256']


def newest_is_whole(program, folder, what):
    latest = os.path.join(folder, 'latest')
    if not os.path.lexists(latest):
        return 0
    out = os.path.join(folder, 'strategy.json')
    read = subprocess.run([program, 'export', latest, '--out', out, '--quiet', '--json'], capture_output=True,
                          text=True, timeout=240, check=False)
    if read.returncode != 0:
        sys.exit(f'{what}: the newest checkpoint is refused: {read.stdout[-400:]} {read.stderr[-400:]}')
    os.remove(out)
    return 1


def strike(program, game, folder, iterations, workers, delay_s):
    """Whether it could be killed before it was done."""
    running = subprocess.Popen(command(program, game, folder, iterations, workers), stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    time.sleep(delay_s)
    killed = running.poll() is None
    if killed:
        running.send_signal(signal.SIGKILL)
    _, said = running.communicate(timeout=60)
    if not killed and running.returncode != 0:
        sys.exit(f'going on ended with {running.returncode}: {said[-800:]}')
    return killed


def leftovers(folder):
    snapshots = os.path.join(folder, 'snapshots')
    left = [name for name in os.listdir(folder)
            if not re.fullmatch(r'checkpoint-\d+\.weir|latest|curve\.json|snapshots', name)]
    kept = os.listdir(snapshots) if os.path.isdir(snapshots) else []
    return left + [os.path.join('snapshots', name) for name in kept
                   if not re.fullmatch(r'snapshot_iter\d+_t\d+s\.weir|latest', name)]


def kill_runs(program, game, iterations, want, whole_s, kills, work):
    chance, done, misses, read = random.Random(1), 0, 0, 0
    while done < kills or (read == 0 and done < kills + 20):  # some are struck before they have anything to lose
        folder = os.path.join(work, f'killed{done}')
        for _ in range(KILLS_A_RUN):
            if strike(program, game, folder, iterations, chance.choice((1, 2)), chance.uniform(0, whole_s)):
                done += 1
                read += newest_is_whole(program, folder, f'after {done} kills')
            else:
                misses += 1
                if misses > kills * 10 + 50:
                    sys.exit('training always ended before it could be killed')
                whole_s *= 0.9
        got = finish(program, game, folder, iterations, chance.choice((1, 2)))
        if got != want:
            sys.exit(f'after {done} kills the table is {got}, undisturbed {want}')
        if leftovers(folder):
            sys.exit(f'after {done} kills there is left: {leftovers(folder)}')
        shutil.rmtree(folder)
    if read == 0:
        sys.exit('no kill left a checkpoint: nothing was tried')
    return done, read


def try_game(program, game, iterations, kills, work):
    whole_s = 0.0
    while True:  # as many iterations as take long enough to be killed in
        folder = os.path.join(work, f'whole{iterations}')
        begin = time.monotonic()
        want = finish(program, game, folder, iterations, 2)
        whole_s = time.monotonic() - begin
        shutil.rmtree(folder)
        if whole_s >= WHOLE_S / 2 or iterations >= 1 << 24:
            break
        iterations *= 2
    done, read = kill_runs(program, game, iterations, want, whole_s, kills, work)
    print(f'{game[1]}: {done} kills, {iterations} iterations, {read} times a checkpoint to go on from')


def main():
    program = os.path.join(os.environ['WEIR_BIN'], 'weir-mccfr')
    if not os.path.exists(program):
        print('SKIP: weir-mccfr is not built')
        return 77
    kills = KILLS[os.environ.get('WEIR_TEST_TIER', 'fast')]
    work = tempfile.mkdtemp(prefix='weir-crash-')
    try:
        config = os.path.join(work, 'game.yaml')
        with open(config, 'w', encoding='utf-8') as file:
            file.write(CONFIG)
        try_game(program, ['--game', 'leduc'], 4096, kills // 2, work)
        try_game(program, ['--config', config], 16384, kills - kills // 2, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
