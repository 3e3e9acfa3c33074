#!/usr/bin/env python3
"""Journals of weir-segment that a power cut or a hand has damaged: the runs they lost are done again, the others not,
nothing ends in a crash, and the tree is the one from before, byte for byte.

The last record cut at each byte (long tier; evenly spread in the others), bytes flipped, lines of rubbish, NULs,
nothing at all; and whole journals of before there were checksums.
Environment: segment_support.py.
"""
import json
import os
import re
import shutil
import sys

sys.dont_write_bytecode = True
import segment_support as support  # noqa: E402

FILES = 10


class Bench:
    def __init__(self, top, verdict):
        self.verdict, self.top = verdict, top
        corpus = os.path.join(top, 'corpus-0')
        support.generate(corpus, FILES)
        self.place = support.place(os.path.join(top, 'place'), corpus)
        support.must_run(self.place, support.command(), 'the first run')
        self.want = support.tree(os.path.join(self.place, 'out'))
        self.cases = 0

    def journal(self, stage):
        part = 'stage' if stage == 'stage' else 'segments/iv_segments'
        return os.path.join(self.place, 'out', part, '_manifest', 'journal.jsonl')

    def damage(self, stage, data, lost, what):
        """Puts `data` in the journal's place; `lost` records of it are not there to be read any more. What the command
        warned of."""
        self.cases += 1
        name = f'{stage}: {what}'
        with open(self.journal(stage), 'wb') as file:
            file.write(data)
        done = support.run(self.place, support.command('pipeline', '--json'))
        part = {}
        if done.returncode != 0:
            self.verdict.flag(f'{name}: exit {done.returncode}: {done.stderr[-300:]}')
        else:
            part = json.loads(done.stdout)['stage' if stage == 'stage' else 'preprocess']
            again = part['staged'] + part['rejected'] if stage == 'stage' else part['segmented'] + part['errors']
            kept = self.refused if stage == 'stage' else 0  # a reject that the journal knows is counted as one again
            if not lost <= again <= lost + kept:
                self.verdict.flag(f'{name}: {again} done again, {lost} were lost')
        if not self.verdict.same_tree(name, self.want, self.place):
            support.must_run(self.place, support.command('pipeline', '--force'), name)
        return part.get('warnings', [])

    def each(self, stage):
        with open(self.journal(stage), 'rb') as file:
            whole = file.read()
        lines = whole.splitlines(keepends=True)
        self.refused = sum(b'"status":"reject"' in line for line in lines)
        last = whole.rindex(b'\n', 0, -1) + 1
        wanted = support.amount(5, 12, 10**9)
        cuts = range(last, len(whole))
        for cut in cuts if wanted >= len(cuts) else [cuts[k * len(cuts) // wanted] for k in range(wanted)] + [cuts[-1]]:
            self.damage(stage, whole[:cut], 1, f'cut at byte {cut - last} of its last record')
        middle = len(lines) // 2
        start = sum(len(line) for line in lines[:middle])
        flips = range(len(lines[middle]) - 1)
        for at in flips if wanted >= len(flips) else flips[::max(1, len(flips) // wanted)]:
            flipped = bytearray(whole)
            flipped[start + at] ^= 0x04  # no byte of a record becomes a line's end by it
            told = self.damage(stage, bytes(flipped), 1, f'byte {at} of a record flipped')
            if len(told) != 1 or f'journal.jsonl:{middle + 1} (byte {start}): ' not in told[0]:
                self.verdict.flag(f'{stage}: byte {at} of line {middle + 1} flipped, and told: {told[:3]}')
        self.damage(stage, b''.join(re.sub(rb',"crc32":"[0-9a-f]{8}"', b'', line).replace(b'"v":2', b'"v":1', 1)
                                    for line in lines), 0, 'a journal without checksums')
        size = len(lines[middle]) - 1
        for rubbish, lost, what in (
                (b'rubbish', 1, 'a line of rubbish'), (b'\x00' * size, 1, 'a line of NULs'),
                (b'\xff\xfe' * (size // 2), 1, 'a line that is no UTF-8'), (b'[' * 300_000, 1, 'a line of brackets'),
                (b'{"v":1,"path":7}', 1, 'a record of the wrong types'), (lines[middle][:size // 2], 1, 'half a line')):
            self.damage(stage, b''.join(lines[:middle]) + rubbish + b'\n' + b''.join(lines[middle + 1:]), lost, what)
        self.damage(stage, whole + b'\x00' * 4096, 0, 'a tail of NULs')
        self.damage(stage, whole[:last] + b'\x00' * (len(whole) - last), 1, 'NULs for the last record')
        self.damage(stage, whole[:-30] + b'\x00' * 30, 1, 'NULs for the end of the last record')
        self.damage(stage, whole + b'\n\n\n', 0, 'empty lines')
        self.damage(stage, b'\x00' * len(whole), len(lines), 'NULs alone')
        self.damage(stage, b'', len(lines), 'no byte')
        self.damage(stage, os.urandom(len(whole)).replace(b'\n', b'_'), len(lines), 'noise')


def main():
    support.need_program()
    verdict = support.Verdict()
    with support.scratch('journal') as top:
        bench = Bench(top, verdict)
        bench.each('stage')
        bench.each('segments')
        shutil.rmtree(bench.place)
    print(f'{bench.cases} damaged journals, {verdict.bad} wrong')
    return 1 if verdict.bad else 0


if __name__ == '__main__':
    sys.exit(main())
