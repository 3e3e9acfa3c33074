#!/usr/bin/env python3
"""The three hangs that weir was made against, in Python's multiprocessing: each is run and shown to hang.

Each shape runs in a process of its own with a time limit. A shape hangs when it printed `ready` (so that it got to the
point in question) and had not ended at the limit; it is killed then, with all that it started. Exit 0: all three hang.

usage: tests/origin/originals_test.py          (runs all)
       tests/origin/originals_test.py SHAPE    (runs one, in this process: it will not end)
"""
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

HANG_S = 2.0        # after `ready`: who has not ended by then hangs; without its fault a shape takes a tenth of it
PATIENCE_S = 60.0   # for what is to end, on a busy machine


def produce(results, ready):
    """A worker whose results do not fit the pipe: put() hands them to a thread, and exit waits for that thread."""
    for i in range(64):
        results.put(bytes(16 * 1024))
    ready.set()


def join_before_drain(faulty=True):
    """(a) The parent waits for its workers' end before it reads their results; they end when the results are read."""
    context = multiprocessing.get_context('fork')
    results, ready = context.Queue(), context.Event()
    worker = context.Process(target=produce, args=(results, ready))
    worker.start()
    ready.wait()
    print('ready', flush=True)
    if faulty:
        worker.join()
    for _ in range(64):
        results.get()
    worker.join()


class Library:
    """Any library with a lock and a thread of its own: a logger, an allocator's arena, a numeric library's pool."""

    def __init__(self):
        self.lock = threading.Lock()
        self.holding = threading.Event()

    def work(self, seconds):
        with self.lock:
            self.holding.set()
            time.sleep(seconds)


LIBRARY = Library()


def use_library(number):
    with LIBRARY.lock:
        return number * number


def fork_with_threads(faulty=True):
    """(b) The second stage's pool is forked while a thread of the first stage's library holds a lock: the child has the
    lock, but not the thread that would release it."""
    thread = threading.Thread(target=LIBRARY.work, args=(0.3,), daemon=True)
    thread.start()
    LIBRARY.holding.wait()
    if not faulty:
        thread.join()
    pool = multiprocessing.get_context('fork').Pool(2)
    print('ready', flush=True)
    pool.map(use_library, range(8))
    pool.close()
    pool.join()


def evaluate(requests, replies):
    """Guidance: one reply a request. put() waits where the replies are full."""
    while True:
        request = requests.get()
        if request is None:
            return
        replies.put(request)


def request_cycle(faulty=True):
    """(c) Requests and replies both bounded, and each side blocks in put() on the other's full queue."""
    context = multiprocessing.get_context('fork')
    requests, replies = context.Queue(2), context.Queue(2)
    evaluator = context.Process(target=evaluate, args=(requests, replies), daemon=True)
    evaluator.start()
    print('ready', flush=True)
    got = 0
    for number in range(100):  # the search: all its questions first, the answers later
        if not faulty and number - got >= 2:
            replies.get()
            got += 1
        requests.put(number)
    while got < 100:
        replies.get()
        got += 1
    requests.put(None)
    evaluator.join()


SHAPES = {
    'join_before_drain': (join_before_drain, 'results_join'),
    'fork_with_threads': (fork_with_threads, 'back_to_back'),
    'request_cycle': (request_cycle, 'request_cycle'),
}


def run(arguments, limit_s):
    """(ready, ended) of a shape in a process group of its own, killed `limit_s` after it was ready."""
    process = subprocess.Popen([sys.executable, os.path.abspath(__file__)] + arguments, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True, start_new_session=True)
    killer = threading.Timer(PATIENCE_S, lambda: os.killpg(process.pid, signal.SIGKILL))
    killer.start()
    try:
        ready = process.stdout.readline().strip() == 'ready'
        try:
            process.wait(limit_s)
            ended = process.returncode == 0
        except subprocess.TimeoutExpired:
            ended = False
    finally:
        killer.cancel()
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        process.stdout.close()
    return ready, ended


def main():
    if len(sys.argv) > 1:
        SHAPES[sys.argv[1]][0](faulty=len(sys.argv) == 2)
        return 0
    as_claimed = True
    for name, (shape, suite) in SHAPES.items():
        ready, ended = run([name], HANG_S)
        hangs = ready and not ended
        mended_ready, mended_ended = run([name, 'mended'], PATIENCE_S)
        mended = mended_ready and mended_ended
        as_claimed = as_claimed and hangs and mended
        print(f"{name}: hangs: {'yes' if hangs else 'no'}; without the fault it ends: {'yes' if mended else 'no'}")
        print(f'  {" ".join(shape.__doc__.split())}')
        print(f'  in weir: weir-test-origin --test-case="{suite}*" does the same and ends')
    return 0 if as_claimed else 1


if __name__ == '__main__':
    sys.exit(main())
