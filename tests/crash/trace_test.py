#!/usr/bin/env python3
"""weir-segment --trace leaves a whole trace however it ends: by itself, at SIGTERM, in a crash; and at SIGUSR1 before.

Environment: WEIR_BIN (folder of the programs).
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

EXE = os.path.join(os.environ.get('WEIR_BIN', os.path.join(os.getcwd(), 'build', 'bin')), 'weir-segment')
LIMIT_S = 120


def look(path):
    """The names of a trace's events; raises where it is no trace."""
    with open(path, encoding='utf-8') as file:
        events = json.load(file)['traceEvents']
    last = {}
    for event in events:
        assert event['ph'] in 'MXi', event
        if event['ph'] == 'M':
            continue
        assert event['ts'] >= last.get(event['tid'], 0), f'{event} goes back'
        assert event.get('dur', 0) >= 0, event
        last[event['tid']] = event['ts']
    return {event['name'] for event in events}


def run(top, name, act):
    """Starts a pipeline, lets act(process, trace) happen on its way; its exit and the names in its trace."""
    trace = os.path.join(top, name + '.json')
    process = subprocess.Popen(
        [EXE, 'pipeline', '--raw-root', os.path.join(top, 'corpus', 'raw'), '--stage-root',
         os.path.join(top, name, 'stage'), '--output-root', os.path.join(top, name, 'segments'), '--workers', '2',
         '--fsync', 'none', '--trace', trace], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    # The first line is written when the runtime has started, and with it the signals' handlers.
    process.stderr.readline()
    if act is not None:
        while not os.path.isdir(os.path.join(top, name, 'stage')) and process.poll() is None:
            time.sleep(0.01)
        act(process, trace)
    process.communicate(timeout=LIMIT_S)
    return process.returncode, look(trace)


def ask(process, trace):
    process.send_signal(signal.SIGUSR1)
    begin = time.monotonic()
    while not os.path.exists(trace) and time.monotonic() - begin < LIMIT_S:
        time.sleep(0.01)
    assert look(trace), 'nothing at SIGUSR1'
    os.remove(trace)  # the one at the end is another


def main():
    if not os.path.exists(EXE):
        print(f'SKIP: no {EXE}')
        return 77
    with tempfile.TemporaryDirectory() as top:
        subprocess.run([EXE, 'generate', os.path.join(top, 'corpus'), '--files', '1500', '--quiet'], check=True,
                       stdout=subprocess.DEVNULL, timeout=LIMIT_S)
        code, whole = run(top, 'whole', None)
        assert code == 0 and any('detect' in name for name in whole), (code, whole)
        code, asked = run(top, 'asked', ask)
        assert code == 0 and any('detect' in name for name in asked), (code, asked)
        code, stopped = run(top, 'stopped', lambda process, _: process.terminate())
        assert code == 143 and any('read' in name for name in stopped), (code, stopped)
        code, crashed = run(top, 'crashed', lambda process, _: process.send_signal(signal.SIGSEGV))
        assert code == -signal.SIGSEGV and any('read' in name for name in crashed), (code, crashed)
    print('4 traces are whole')
    return 0


if __name__ == '__main__':
    sys.exit(main())
