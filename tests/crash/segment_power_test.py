#!/usr/bin/env python3
"""Power cuts under a real file system: weir-segment works on an ext4 in a file, is killed, and the file is copied
at once, before the kernel writes back what nobody synced. On the copy every record of the journals must have its
outputs, whole, and the pipeline goes on to the tree of an undisturbed run. The same with a disk that lies, syncs that
answer 0 and do nothing, must be found out.

Environment: segment_support.py; needs root, loop devices and mkfs.ext4, and strace for the lying disk.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import segment_support as support  # noqa: E402

FILES = support.amount(100, 150, 2000)
CUTS = support.amount(1, 1, 12)  # of each policy, beside one when all is done
MEBIBYTES = support.amount(64, 64, 256)


def must(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=support.LIMIT_S)
    if done.returncode != 0:
        raise OSError(f'{" ".join(words)}: {done.stderr.strip()}')


class Disk:
    """An ext4 in `image`, mounted at `at`."""

    def __init__(self, image, at):
        self.image, self.at = image, at
        os.makedirs(at, exist_ok=True)
        must('mount', '-o', 'loop,commit=600', image, at)  # no commit but those that are asked for

    def __enter__(self):
        return self

    def __exit__(self, *_):
        must('umount', self.at)


def make_image(path):
    with open(path, 'wb') as file:
        file.truncate(MEBIBYTES * 2**20)
    must('mkfs.ext4', '-q', '-F', path)


def lost(want, out):
    """(records that are ok, those of them whose outputs are not whole)"""
    done, bad = 0, []
    for part in ('stage', 'segments/iv_segments'):
        journal = os.path.join(out, part, '_manifest', 'journal.jsonl')
        if not os.path.exists(journal):
            continue
        with open(journal, 'rb') as file:
            lines = file.read().split(b'\n')[:-1]
        for line in lines:
            try:
                record = json.loads(line)
            except ValueError:
                continue  # it names nothing: its run is done again
            if record['status'] != 'ok':
                continue
            done += 1
            folder = f'{part}/proc={record["proc"]}/date={record["date"]}/run_id={record["run_id"]}'
            names = ['part-000.parquet'] if part == 'stage' else \
                [f'segment={k}/part-000.parquet' for k in range(len(record.get('segments', [])))]
            for name in names:
                path = f'{folder}/{name}'
                try:
                    with open(os.path.join(out, path), 'rb') as file:
                        whole = hashlib.sha256(file.read()).hexdigest() == want.get(path)
                except OSError:
                    whole = False
                if not whole:
                    bad.append(path)
    return done, bad


class Bench:
    def __init__(self, top):
        self.top, self.corpus, self.number = top, os.path.join(top, 'corpus-0'), 0
        support.generate(self.corpus, FILES)
        whole = support.place(os.path.join(top, 'whole'), self.corpus)
        begin = time.monotonic()
        support.must_run(whole, support.command(fsync='commit'), 'the undisturbed run')
        self.usual_s = time.monotonic() - begin
        self.want = support.tree(os.path.join(whole, 'out'))

    def cut(self, policy, part, wrap=()):
        """Power goes after `part` of the usual time (None: when the run is done). What lost() says, and the end."""
        self.number += 1
        image, copy = (os.path.join(self.top, f'{name}{self.number}.img') for name in ('disk', 'after'))
        make_image(image)
        with Disk(image, os.path.join(self.top, 'disk')) as disk:
            folder = support.place(os.path.join(disk.at, 'place'), self.corpus)
            must('sync', '-f', disk.at)
            process = subprocess.Popen([*wrap, *support.command(fsync=policy)], cwd=folder, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            try:
                process.wait(support.LIMIT_S if part is None else part * self.usual_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            shutil.copyfile(image, copy)
        with Disk(copy, os.path.join(self.top, 'after')) as disk:
            folder = os.path.join(disk.at, 'place')
            found = lost(self.want, os.path.join(folder, 'out'))
            done = support.run(folder, support.command())
            end = done.stderr if done.returncode != 0 else \
                support.differences(self.want, support.tree(os.path.join(folder, 'out')))
        os.remove(image)
        os.remove(copy)
        return *found, end


def main():
    support.need_program()
    draw, verdict, done = support.random_of('power'), support.Verdict(), []
    with support.scratch('power') as top:
        bench = Bench(top)
        try:
            make_image(os.path.join(top, 'probe.img'))
            with Disk(os.path.join(top, 'probe.img'), os.path.join(top, 'disk')):
                pass
        except OSError as error:
            print(f'SKIP: no ext4 in a file can be mounted here: {error}')
            return 77
        for policy in ('commit', 'file'):
            for part in [draw.random() for _ in range(CUTS)] + [None]:
                records, bad, end = bench.cut(policy, part)
                done.append(records)
                what = f'--fsync {policy}, cut after {"all" if part is None else f"{part:.2f}"}'
                if bad:
                    verdict.flag(f'{what}: of {records} records {len(bad)} outputs are lost, e.g. {bad[0]}')
                if end:
                    verdict.flag(f'{what}: then the end is another: {end[:3]}')
                if part is None and records < FILES // 4:
                    verdict.flag(f'{what}: only {records} records')
        records, bad, end = bench.cut('none', draw.random())
        if end:
            verdict.flag(f'--fsync none: then the end is another: {end[:3]}')
        if support.has_strace(top):
            records, bad, _ = bench.cut('commit', None, ['strace', '-f', '--seccomp-bpf', '-o', '/dev/null', '-e',
                                                         'trace=syncfs', '-e', 'inject=syncfs:retval=0'])
            if records == 0 or not bad:
                verdict.flag(f'a disk that lies was not found out: {records} records')
        else:
            print('left out: the disk that lies: strace is not there, or cannot trace')
    print(f'seed {support.SEED}: {len(done) + 1} power cuts, {done} records survived, none without its outputs; '
          f'{verdict.bad} wrong' if not verdict.bad else f'{verdict.bad} wrong')
    return 1 if verdict.bad else 0


if __name__ == '__main__':
    sys.exit(main())
