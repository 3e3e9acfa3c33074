#!/usr/bin/env python3
"""System calls of weir-segment fail one after the other, or it is killed at them: it says what failed and where, leaves
nothing half-written under a final name, and the next run ends with the tree of a run that nobody disturbed.

One virtual thread (WEIR_SCHED=det) makes the same calls each time, so that strace can make the n-th fail for every n
(long tier; evenly spread ones in the others); then some with real workers. A short transfer is left out here: strace
would claim bytes that were not moved; segment_limits_test.py has real ones. `read` answering 0, a file that has become
shorter, is sound.
Environment: segment_support.py; needs strace.
"""
import concurrent.futures
import errno
import json
import os
import re
import shutil
import sys

sys.dont_write_bytecode = True
import segment_support as support  # noqa: E402

FILES = 6
WRITERS = {'write', 'writev', 'pwrite64', 'mkdir', 'mkdirat', 'rename', 'renameat', 'renameat2', 'fsync', 'fdatasync',
           'syncfs', 'unlink', 'unlinkat', 'rmdir', 'ftruncate'}
OPENERS = {'openat', 'open'}
READERS = {'read', 'pread64', 'getdents64', 'newfstatat', 'fstat', 'stat', 'lstat', 'statx'}
OTHERS = {'close', 'flock', 'lseek'}
FULL = {'write', 'writev', 'pwrite64', 'mkdir', 'mkdirat', 'rename', 'renameat', 'renameat2', 'openat', 'open',
        'fsync', 'fdatasync', 'syncfs'}


class Scenario:
    """A run to be disturbed: what lies there before it, its words, and what it leaves when nobody disturbs it."""

    def __init__(self, top, name, corpus, before, words, det):
        self.top, self.name, self.corpus, self.before, self.words, self.det = top, name, corpus, before, words, det
        self.before_tree = support.tree(before) if before else {}
        whole = self.make('whole')
        trace = os.path.join(top, f'{name}.trace')
        done = support.run(whole, ['strace', '-f', '-o', trace, *words], env=self.environment())
        if done.returncode != 0:
            sys.exit(f'{name}: the undisturbed run ended with {done.returncode}: {done.stderr[-500:]}')
        self.want = support.tree(os.path.join(whole, 'out'))
        self.rejects = rejects_of(done.stdout)
        self.calls = count_calls(trace)

    def environment(self):
        return {**os.environ, 'WEIR_SCHED': 'det:1'} if self.det else dict(os.environ)

    def make(self, name):
        folder = support.place(os.path.join(self.top, f'{self.name}-{name}'), self.corpus)
        if self.before:
            shutil.copytree(self.before, os.path.join(folder, 'out'))
        return folder


def count_calls(trace):
    """{system call: (number of its first after the program's start, number of its last)}, counted as strace does."""
    counts, first, started = {}, {}, False
    with open(trace, encoding='utf-8', errors='replace') as file:
        for line in file:
            call = re.match(r'\d+ +(\w+)\(', line)
            if call is None:
                continue
            name = call.group(1)
            counts[name] = counts.get(name, 0) + 1
            started = started or (name == 'rt_sigaction' and 'SIGXFSZ' in line)  # main's first call
            if started:
                first.setdefault(name, counts[name])
    return {name: (number, counts[name]) for name, number in first.items()}


def rejects_of(text):
    """{reason: count} of both stages, warnings counted as one."""
    found = {}
    try:
        document = json.loads(text)
    except ValueError:
        return None
    for stage in ('stage', 'preprocess'):
        part = document.get(stage) or {}
        for reason, count in {**part.get('rejects', {}), **part.get('error_reasons', {})}.items():
            found[reason] = found.get(reason, 0) + count
    return found


def faults_for(name):
    """The ways in which a call can fail: (text for strace, errno or None, whether all later ones fail too)."""
    out = []
    if name in WRITERS | OPENERS | READERS | OTHERS:
        out.append(('error=EIO', errno.EIO, False))
        out.append(('error=EINTR', errno.EINTR, False))
    if name in WRITERS | {'openat', 'open', 'getdents64', 'read'}:
        out.append(('error=EIO', errno.EIO, True))
    if name in FULL:
        out.append(('error=ENOSPC', errno.ENOSPC, False))
        out.append(('error=ENOSPC', errno.ENOSPC, True))
    if name in OPENERS:
        out.append(('error=EMFILE', errno.EMFILE, False))
        out.append(('error=EMFILE', errno.EMFILE, True))
    if name == 'read':
        out.append(('retval=0', None, False))
    if name in WRITERS | OPENERS:
        out.append(('signal=KILL', None, False))
    return out


def judge(scenario, what, fault, done, folder, verdict):
    """What a disturbed run may do."""
    inject, number, later = fault
    got = support.tree(os.path.join(folder, 'out'))
    halves = support.half_written(got, scenario.want, scenario.before_tree)
    if halves:
        verdict.flag(f'{what}: half-written: {halves[:3]}')
    if inject == 'signal=KILL':
        if done.returncode != -9 and (scenario.det or done.returncode != 0):
            verdict.flag(f'{what}: exit {done.returncode} instead of a kill')
    elif done.returncode == 0:
        if support.differences(scenario.want, got):
            rejects = rejects_of(done.stdout)
            other = rejects is not None and rejects != scenario.rejects and \
                sum(rejects.values()) >= sum(scenario.rejects.values())
            if not other or not set(rejects) <= support.REASONS:
                verdict.flag(f'{what}: exit 0, another tree, and rejects {rejects}')
    elif done.returncode == 1:
        told = re.search(r'^weir-segment: error: (.+)', done.stderr, re.MULTILINE)
        mute = later and 'write' in what  # the message could not be written either
        if told is None and not mute:
            verdict.flag(f'{what}: exit 1 without an error: {done.stderr[-300:]!r}')
        elif told is not None and number is not None and os.strerror(number) not in told.group(1) and \
                'all_' not in told.group(1) and 'nothing_found' not in told.group(1):
            verdict.flag(f'{what}: the error does not say "{os.strerror(number)}": {told.group(1)}')
    else:
        verdict.flag(f'{what}: exit {done.returncode}: {done.stderr[-300:]!r}')


def disturb(scenario, name, when, fault, verdict):
    inject, _, later = fault
    what = f'{scenario.name} {name}:{inject}:when={when}{"+" if later else ""}'
    folder = scenario.make(re.sub(r'\W', '_', what))
    try:
        trace = folder + '.trace'
        faster = [] if inject == 'signal=KILL' else ['--seccomp-bpf']  # with it strace sends no signals
        words = ['strace', '-f', *faster, '-o', trace, '-e', f'trace={name}', '-e',
                 f'inject={name}:{inject}:when={when}{"+" if later else ""}', *scenario.words]
        try:
            done = support.run(folder, words, env=scenario.environment())
        except Exception as error:  # a hang
            verdict.flag(f'{what}: {error}')
            return
        with open(trace, encoding='utf-8', errors='replace') as file:
            if scenario.det and inject != 'signal=KILL' and '(INJECTED)' not in file.read():
                verdict.flag(f'{what}: that call was not made')
        os.remove(trace)
        judge(scenario, what, fault, done, folder, verdict)
        if inject == 'signal=KILL' or support.differences(scenario.want, support.tree(os.path.join(folder, 'out'))):
            again = support.run(folder, scenario.words)
            if again.returncode != 0:
                verdict.flag(f'{what}: then exit {again.returncode}: {again.stderr[-300:]}')
            verdict.same_tree(f'{what}, then again', scenario.want, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def spread(cases, wanted):
    """`wanted` of them, evenly, beginning at a place that the seed says."""
    if wanted >= len(cases):
        return cases
    shift = support.random_of('spread').random()
    return [cases[int((k + shift) * len(cases) / wanted)] for k in range(wanted)]


def cases_of(scenario):
    """All calls, each with one of its faults in turn: all of them would be eight times as many."""
    cases, turn = [], support.SEED
    for name, (first, last) in sorted(scenario.calls.items()):
        faults = faults_for(name)
        for when in range(first, last + 1) if faults else ():
            cases.append((scenario, name, when, faults[turn % len(faults)]))
            turn += 1
    return cases


def main():
    support.need_program()
    verdict = support.Verdict()
    with support.scratch('faults') as top:
        support.need_strace(top)
        one, two, before = support.two_corpora(top, FILES)
        pipeline = lambda *more, fsync: support.command('pipeline', '--json', *more, fsync=fsync)  # noqa: E731
        scenarios = [
            (Scenario(top, 'fresh', one, None, pipeline(fsync='commit'), True), support.amount(12, 30, 10**9)),
            (Scenario(top, 'again', two, before, pipeline(fsync='file'), True), support.amount(8, 30, 10**9)),
            (Scenario(top, 'apart', two, before, pipeline('--barrier', fsync='none'), True),
             support.amount(4, 10, 300)),
            (Scenario(top, 'workers', two, before, pipeline(fsync='commit'), False), support.amount(4, 10, 300)),
        ]
        cases = [case for scenario, wanted in scenarios for case in spread(cases_of(scenario), wanted)]
        print(f'seed {support.SEED}: {len(cases)} of {sum(len(cases_of(s)) for s, _ in scenarios)} calls', flush=True)
        with concurrent.futures.ThreadPoolExecutor(max(2, len(os.sched_getaffinity(0)))) as pool:
            for _ in pool.map(lambda case: disturb(*case, verdict), cases):
                pass
    print(f'{len(cases)} faults, {verdict.bad} wrong')
    return 1 if verdict.bad else 0


if __name__ == '__main__':
    sys.exit(main())
