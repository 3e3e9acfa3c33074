#!/usr/bin/env python3
"""What weir-segment's journals say is done is durable before they say it (--fsync commit and file).

The calls of a run, as strace saw them, are replayed into a model of what a power cut would leave: data after fsync,
fdatasync or syncfs, a name after fsync of its directory or syncfs, nothing else. A record may reach the disk as soon as
it is written, so all that it names must be durable by then; and what replaces a journal by rename must have its data
before it has the name. Files of earlier runs count as never synced; what a failed
sync was to write is lost, whatever a later one answers. The checker is shown to object to traces in
which a sync is missing or comes too late, and to a run with --fsync none.
Environment: segment_support.py; needs strace.
"""
import json
import os
import re
import shutil
import sys

sys.dont_write_bytecode = True
import segment_support as support  # noqa: E402

FILES = support.amount(8, 12, 60)
CALLS = 'openat,open,creat,close,write,writev,pwrite64,ftruncate,fsync,fdatasync,sync,syncfs,rename,renameat,' \
        'renameat2,link,linkat,unlink,unlinkat,rmdir,mkdir,mkdirat,mmap,dup,dup2,fcntl'
UNKNOWN = ('pwrite64', 'link', 'linkat', 'creat', 'dup', 'dup2')  # the model would have to learn them


def unescape(text):
    """strace's C string (quotes taken off) as bytes."""
    simple = {'n': 10, 't': 9, 'r': 13, 'v': 11, 'f': 12, '"': 34, '\\': 92}

    def one(match):
        word = match.group(1)
        return chr(simple[word]) if word in simple else chr(int(word, 8) if word[0] != 'x' else int(word[1:], 16))
    return re.sub(r'\\([ntrvf"\\]|x[0-9a-f]{2}|[0-7]{1,3})', one, text).encode('latin-1')


class Call:
    """One call: its name, its arguments as text, its answer."""
    LINE = re.compile(r'(\w+)\((.*)\) += (-?\d+|0x[0-9a-f]+)(.*)$')

    def __init__(self, name, words, answer):
        self.name, self.words, self.answer = name, words, answer

    def strings(self):
        return [unescape(text) for text in re.findall(r'"((?:[^"\\]|\\.)*)"', self.words)]

    def descriptor(self):
        return int(self.words.split(',')[0].split('<')[0])


SYNCS = ('fsync', 'fdatasync', 'sync', 'syncfs')
AT_BEGIN = (*SYNCS, 'close')


def read_trace(path):
    """The calls that succeeded, and syncs that did not, in the order in which they ended; but syncs where they began,
    since they answer for nothing that came later, and close, whose number another thread may get before it returns."""
    calls, begun = [], {}
    with open(path, encoding='latin-1') as file:
        for line in file:
            process, _, rest = line.rstrip('\n').partition(' ')
            rest, at = rest.strip(), len(calls)
            calls.append(None)
            if rest.endswith('<unfinished ...>'):
                begun[process] = rest[:-len('<unfinished ...>')], at
                continue
            resumed = re.match(r'<\.\.\. (\w+) resumed>(.*)$', rest)
            if resumed:
                head, began_at = begun.pop(process)
                rest = head + resumed.group(2)
                at = began_at if resumed.group(1) in AT_BEGIN else at
            match = Call.LINE.match(rest)
            if match and (match.group(1) in SYNCS or not match.group(3).startswith('-')):
                calls[at] = Call(match.group(1), match.group(2), int(match.group(3), 0))
    return [call for call in calls if call is not None]


class Inode:
    def __init__(self, data=b'', synced=None):
        self.data, self.synced = data, synced  # bytes now; bytes that survive, None: nobody knows
        self.lost = False  # a sync failed: what was not on the disk never comes there, and no later sync says so

    def sync(self, answer):
        if answer == 0 and not self.lost:
            self.synced = self.data
        self.lost = self.lost or (answer != 0 and self.synced != self.data)


class Disk:
    """Files and folders below `root` now, and what of them a power cut leaves."""

    def __init__(self, root):
        self.root, self.files, self.folders = root, {}, {''}
        self.names, self.name_folders = {}, {''}  # those that survive
        self.open, self.folder_open = {}, {}
        for folder, folders, names in os.walk(os.path.join(root, 'out')):
            self.folders |= {os.path.relpath(folder, root)}
            for name in names:
                with open(os.path.join(folder, name), 'rb') as file:
                    self.files[os.path.relpath(os.path.join(folder, name), root)] = Inode(file.read())

    def inside(self, raw):
        path = os.path.normpath(raw.decode('latin-1'))
        if os.path.isabs(path):
            path = os.path.relpath(path, self.root)
        return path if path == 'out' or path.startswith('out/') else None

    def sync_folder(self, folder):
        """The entries of one folder as they are now."""
        self.names = {p: i for p, i in self.names.items() if os.path.dirname(p) != folder}
        self.names.update({p: i for p, i in self.files.items() if os.path.dirname(p) == folder})
        self.name_folders = {p for p in self.name_folders if os.path.dirname(p) != folder or p == folder}
        self.name_folders |= {p for p in self.folders if os.path.dirname(p) == folder}

    def sync_all(self, answer):
        if answer == 0:
            self.names, self.name_folders = dict(self.files), set(self.folders)
        for inode in self.files.values():
            inode.sync(answer)

    def durable(self, path):
        """The bytes that a power cut leaves under this name; None: the name or its data may be gone."""
        folder = os.path.dirname(path)
        while folder:
            if folder not in self.name_folders:
                return None
            folder = os.path.dirname(folder)
        inode = self.names.get(path)
        return None if inode is None else inode.synced


class Checker:
    """Replays a trace; `found` is what it objects to, `records` how many records it looked at."""

    def __init__(self, root):
        self.disk, self.found, self.records, self.journals = Disk(root), [], 0, 0

    def flag(self, what):
        self.found.append(what)

    def run(self, calls):
        for call in calls:
            if call.name in UNKNOWN and any(self.disk.inside(text) for text in call.strings()):
                self.flag(f'the model does not know {call.name}({call.words[:100]})')
            step = getattr(self, 'do_' + call.name, None)
            if step is not None:
                step(call)
        return self

    def do_openat(self, call):
        self.disk.open.pop(call.answer, None)
        self.disk.folder_open.pop(call.answer, None)
        path = self.disk.inside(call.strings()[0])
        if path is None:
            return
        if 'O_DIRECTORY' in call.words:
            self.disk.folder_open[call.answer] = path
            return
        if 'O_CREAT' in call.words and path not in self.disk.files:
            self.disk.files[path] = Inode()
        if 'O_TRUNC' in call.words:
            self.disk.files[path].data = b''
        self.disk.open[call.answer] = (self.disk.files.get(path), path)

    do_open = do_openat

    def do_close(self, call):
        self.disk.open.pop(call.descriptor(), None)
        self.disk.folder_open.pop(call.descriptor(), None)

    def do_write(self, call):
        inode, path = self.disk.open.get(call.descriptor(), (None, None))
        if inode is None:
            return
        data = call.strings()[0][:call.answer]
        if len(data) != call.answer:
            sys.exit(f'strace cut what was written to {path}')
        inode.data += data
        if path.endswith('/journal.jsonl'):
            self.check_records(path, data)

    def do_writev(self, call):
        if call.descriptor() in self.disk.open:
            self.flag(f'the model does not know writev to {self.disk.open[call.descriptor()][1]}')

    def do_ftruncate(self, call):
        inode, _ = self.disk.open.get(call.descriptor(), (None, None))
        if inode is not None:
            inode.data = inode.data[:int(call.words.split(',')[1])]

    def do_fdatasync(self, call):
        descriptor = call.descriptor()
        if descriptor in self.disk.open:
            self.disk.open[descriptor][0].sync(call.answer)
        elif descriptor in self.disk.folder_open and call.answer == 0:
            self.disk.sync_folder(self.disk.folder_open[descriptor])

    do_fsync = do_fdatasync

    def do_syncfs(self, call):
        self.disk.sync_all(call.answer)

    do_sync = do_syncfs

    def do_mkdir(self, call):
        path = self.disk.inside(call.strings()[0])
        if path is not None:
            self.disk.folders.add(path)

    do_mkdirat = do_mkdir

    def do_rename(self, call):
        before, after = (self.disk.inside(text) for text in call.strings()[:2])
        if before is None or after is None:
            return
        inode = self.disk.files.pop(before)
        self.disk.files[after] = inode
        if after.endswith('/journal.jsonl'):
            self.journals += 1
            if inode.synced != inode.data:
                self.flag(f'{after} gets its name before its data are durable')
            self.check_records(after, inode.data)

    do_renameat = do_renameat2 = do_rename

    def do_unlink(self, call):
        path = self.disk.inside(call.strings()[0])
        self.disk.files.pop(path, None)
        self.disk.folders.discard(path)

    do_unlinkat = do_rmdir = do_unlink

    def check_records(self, journal, data):
        root = journal[:-len('/_manifest/journal.jsonl')]
        for line in data.decode().splitlines():
            if not line:
                continue
            record = json.loads(line)
            if record['status'] != 'ok':
                continue
            self.records += 1
            folder = f'{root}/proc={record["proc"]}/date={record["date"]}/run_id={record["run_id"]}'
            paths = [f'{folder}/segment={k}/part-000.parquet' for k in range(len(record.get('segments', [])))] \
                if 'segments' in root else [f'{folder}/part-000.parquet']
            size = 0
            for path in paths:
                kept = self.disk.durable(path)
                now = self.disk.files.get(path)
                if now is None or kept != now.data:
                    self.flag(f'{journal} says that {path} is done, and it is not durable')
                    return
                size += len(kept)
            if size != record['bytes']:
                self.flag(f'{folder}: {size} bytes, and the record says {record["bytes"]}')


def trace_of(folder, words, det, injects=()):
    trace = os.path.join(os.path.dirname(folder), os.path.basename(folder) + '.trace')
    environment = {**os.environ, 'WEIR_SCHED': 'det:1'} if det else None
    faults = [word for inject in injects for word in ('-e', f'inject={inject}')]
    done = support.run(folder, ['strace', '-f', '-s', '10000000', '-o', trace, '-e', f'trace={CALLS}', *faults, *words],
                       env=environment)
    if done.returncode != (1 if injects else 0):
        sys.exit(f'the traced run ended with {done.returncode}: {done.stderr[-500:]}')
    return read_trace(trace)


def without(calls, name, which):
    """The trace as if the calls of that name had not been made (which: a predicate over their numbers)."""
    out, number = [], 0
    for call in calls:
        if call.name == name:
            number += 1
            if which(number):
                continue
        out.append(call)
    return out


def later(calls, name):
    """The trace as if each such call had come two writes later."""
    out, waiting = [], []
    for call in calls:
        if call.name == name:
            waiting.append([2, call])
            continue
        out.append(call)
        if call.name == 'write':
            for entry in waiting:
                entry[0] -= 1
            out += [entry[1] for entry in waiting if entry[0] == 0]
            waiting = [entry for entry in waiting if entry[0] > 0]
    return out


def main():
    support.need_program()
    verdict = support.Verdict()
    with support.scratch('sync') as top:
        support.need_strace(top)
        one, two, left = support.two_corpora(top, FILES)
        start = os.path.join(top, 'start')

        def begin(corpus, before):
            shutil.rmtree(start, ignore_errors=True)
            support.place(start, corpus)
            if before:
                shutil.copytree(left, os.path.join(start, 'out'))

        looked = planted = 0
        for policy in ('commit', 'file'):
            for name, corpus, before, more, det in (
                    ('fresh', one, False, (), True), ('fresh with workers', one, False, (), False),
                    ('apart', one, False, ('--barrier',), True), ('changed', two, True, (), True),
                    ('nothing to do', one, True, (), True), ('by files', one, False, ('--events', 'files'), True)):
                begin(corpus, before)
                calls = trace_of(start, support.command('pipeline', *more, fsync=policy), det)
                what = f'--fsync {policy}, {name}'
                begin(corpus, before)
                checker = Checker(start).run(calls)
                for found in checker.found[:3]:
                    verdict.flag(f'{what}: {found}')
                if checker.records < 3 or checker.journals < 2:
                    verdict.flag(f'{what}: {checker.records} records, {checker.journals} journals: what was checked?')
                looked += checker.records
                # Every sync that there is holds something up.
                broken = [('no syncfs', without(calls, 'syncfs', lambda _: True)),
                          ('syncfs too late', later(calls, 'syncfs')),
                          ('no fdatasync', without(calls, 'fdatasync', lambda _: True))]
                if not before:
                    broken.append(('no first syncfs', without(calls, 'syncfs', lambda n: n == 1)))
                for mutation, changed in broken:
                    planted += 1
                    if not Checker(start).run(changed).found:
                        verdict.flag(f'{what}: the checker has nothing against a trace with {mutation}')
        # A write-back error is told once to each descriptor: to both journals of a pipeline. Slow renames make a batch
        # that ends before its stage, so that there is a second sync to be believed.
        slow = 'rename:delay_exit=300000:when=1..12'
        for kind, policy, *injects in (('pipeline', 'commit', 'syncfs:error=EIO:when=1..2'),
                                       ('stage', 'commit', 'syncfs:error=EIO:when=1', slow),
                                       ('stage', 'file', 'syncfs:error=EIO:when=1', slow),
                                       ('pipeline', 'file', 'fdatasync:error=EIO:when=3'),
                                       ('pipeline', 'commit', 'fdatasync:error=EIO:when=1')):
            begin(one, False)
            calls = trace_of(start, support.command(kind, fsync=policy), True, injects)
            begin(one, False)
            for found in Checker(start).run(calls).found[:3]:
                verdict.flag(f'{kind} --fsync {policy}, {injects}: {found}')
        begin(one, False)
        calls = trace_of(start, support.command('pipeline', fsync='none'), True)
        begin(one, False)
        if not Checker(start).run(calls).found:
            verdict.flag('the checker has nothing against --fsync none')
    print(f'{looked} records named what was durable; {planted + 1} broken traces were found out; {verdict.bad} wrong')
    return 1 if verdict.bad else 0


if __name__ == '__main__':
    sys.exit(main())
