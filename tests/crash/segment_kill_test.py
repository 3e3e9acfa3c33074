#!/usr/bin/env python3
"""weir-segment is killed or stopped at random instants of a pipeline and started again: the trees it leaves equal those
of an undisturbed run byte for byte (journals included), no temporary file is left, and in between no output is
half-written.

Beside kill_test.py: relative paths; both stages overlapped and apart; inputs changed since the last whole run; kill
upon kill without a whole run between; some kills before the first output, and, by strace, some while a file is written,
before it gets its name, and before a manifest or a journal gets its own.
Environment: segment_support.py, WEIR_KILL_FILES (corpus; default by tier).
"""
import collections
import os
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import segment_support as support  # noqa: E402

KILLS = support.amount(4, 10, 200)
FILES = int(os.environ.get('WEIR_KILL_FILES', support.amount(100, 200, 2000)))
KILLS_A_TREE_MAX = 4
IN_A_CALL = ('write', 'rename', 'fold')  # by strace, which counts the calls of one thread
ONE_THREAD = {**os.environ, 'WEIR_SCHED': 'det:1'}


class Scenario:
    def __init__(self, top, name, corpus, before, words):
        self.name, self.corpus, self.before, self.words = name, corpus, before, words
        whole = self.begin(os.path.join(top, f'whole-{name}'))
        begin = time.monotonic()
        support.must_run(whole, words, name)
        self.usual_s = time.monotonic() - begin
        self.want = support.tree(os.path.join(whole, 'out'))
        self.before_tree = support.tree(before) if before else {}
        shutil.rmtree(whole)
        self.renames, self.folds = 0, []

    def count_renames(self, folder):
        """How many there are, and which of them give journals and manifests their names."""
        trace = os.path.join(os.path.dirname(folder), 'renames')
        self.begin(folder)
        subprocess.run(['strace', '-f', '--seccomp-bpf', '-o', trace, '-e', 'trace=rename', *self.words], cwd=folder,
                       env=ONE_THREAD, stdout=subprocess.DEVNULL, check=True, timeout=support.LIMIT_S)
        with open(trace, encoding='utf-8') as file:
            lines = [line for line in file if 'rename(' in line]
        self.renames = len(lines)
        self.folds = [number for number, line in enumerate(lines, 1) if '_manifest/' in line]
        same = support.tree(os.path.join(folder, 'out')) == self.want
        shutil.rmtree(folder)
        return same and len(self.folds) >= 4

    def begin(self, folder):
        support.place(folder, self.corpus)
        if self.before:
            shutil.copytree(self.before, os.path.join(folder, 'out'))
        return folder


def in_a_call(scenario, instant, draw):
    """What strace must be told to kill at an instant that chance seldom hits: while a file is written, before it gets
    its name, before a manifest or a journal gets its own."""
    call = 'write' if instant == 'write' else 'rename'
    number = draw.choice(scenario.folds) if instant == 'fold' else draw.randint(1, scenario.renames)
    return ['strace', '-f', '-o', '/dev/null', '-e', f'trace={call}', '-e', f'inject={call}:signal=KILL:when={number}']


def strike(scenario, folder, instant, number, draw):
    """Starts a run and sends it signal `number` at an instant of a kind; its exit."""
    wrap = in_a_call(scenario, instant, draw) if instant in IN_A_CALL else []
    process = subprocess.Popen([*wrap, *scenario.words], cwd=folder, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env=ONE_THREAD if wrap else None)
    if wrap:
        try:
            return process.wait(support.LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return 'a hang'
    if instant == 'early':
        time.sleep(draw.random() * min(0.02, scenario.usual_s * 0.2))
    else:
        time.sleep(draw.random() * scenario.usual_s)
    process.send_signal(number)
    try:
        return process.wait(support.LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return 'a hang'


def kill_tree(scenario, folder, instants, draw, counts, verdict):
    """One tree: its kills, a look at what each left, and the run that ends it. Returns the kills that landed."""
    scenario.begin(folder)
    landed = 0
    for instant in instants:
        number = signal.SIGINT if draw.random() < 0.1 else signal.SIGKILL
        code = strike(scenario, folder, instant, number, draw)
        if code not in (0, 130, -signal.SIGKILL, -signal.SIGINT):
            verdict.flag(f'{scenario.name}: exit {code} at a signal')
        got = support.tree(os.path.join(folder, 'out')) if os.path.isdir(os.path.join(folder, 'out')) else {}
        halves = support.half_written(got, scenario.want, scenario.before_tree)
        if halves:
            verdict.flag(f'{scenario.name}: half-written: {halves[:3]}')
        if code == -signal.SIGKILL:
            landed += 1
            fresh = len(support.parquet(got)) == len(support.parquet(scenario.before_tree))
            counts['before the first output'] += fresh and not scenario.before
            counts['during a fold'] += any('_manifest' in path and path.endswith(support.TEMPORARY) for path in got)
            counts['with a temporary file'] += any(path.endswith(support.TEMPORARY) for path in got)
        counts['stops'] += code == 130
    done = support.run(folder, scenario.words)
    if done.returncode != 0:
        verdict.flag(f'{scenario.name}: the last run ended with {done.returncode}: {done.stderr[-300:]}')
    verdict.same_tree(f'{scenario.name} after {instants}', scenario.want, folder)
    shutil.rmtree(folder)
    return landed


def main():
    support.need_program()
    draw, verdict, counts = support.random_of('kills'), support.Verdict(), collections.Counter()
    print(f'seed {support.SEED} (WEIR_SEED)', flush=True)
    with support.scratch('kill') as top:
        one, two, before = support.two_corpora(top, FILES)
        scenarios = [Scenario(top, 'overlapped', one, None, support.command()),
                     Scenario(top, 'apart', one, None, support.command('pipeline', '--barrier')),
                     Scenario(top, 'changed', two, before, support.command()),
                     Scenario(top, 'changed-apart', two, before, support.command('pipeline', '--barrier')),
                     Scenario(top, 'commit', one, None, support.command(fsync='commit'))]
        fresh = Scenario(top, 'fresh', two, None, support.command())
        for scenario in scenarios[2:4]:
            differ = support.differences(fresh.want, scenario.want)
            if differ:
                verdict.flag(f'{scenario.name}: what a fresh run makes of these inputs is another: {differ[:3]}')
        landed, trees = 0, 0
        forced = ['early', 'fold', 'write', 'rename', 'early']  # some of each, however few there are
        kinds = ['any', 'any', 'any', 'any', 'early', *IN_A_CALL]
        if support.has_strace(top):
            for scenario in scenarios:
                if not scenario.count_renames(os.path.join(top, f'renames-{scenario.name}')):
                    verdict.flag(f'{scenario.name}: on one thread it ends otherwise')
        else:
            print('left out: kills in chosen calls: strace is not there, or cannot trace')
            forced, kinds = ['early', 'early'], ['any', 'any', 'any', 'early']
        while landed < KILLS:
            if trees > KILLS * 5:
                verdict.flag('the pipeline nearly always ended before it could be killed')
                break
            kills = min(draw.randint(1, KILLS_A_TREE_MAX), KILLS - landed)
            instants = [forced.pop() if forced else draw.choice(kinds)
                        for _ in range(kills)]
            landed += kill_tree(scenarios[trees % len(scenarios)], os.path.join(top, f'tree{trees}'), instants, draw,
                                counts, verdict)
            trees += 1
    print(f'{landed} kills ({", ".join(f"{n} {what}" for what, n in sorted(counts.items()))}) in {trees} trees over '
          f'{FILES} files, {verdict.bad} wrong')
    return 1 if verdict.bad else 0


if __name__ == '__main__':
    sys.exit(main())
