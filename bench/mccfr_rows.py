"""The rows of the mccfr engine: what training Leduc comes to, and how fast hands are ranked."""
import os

# Seconds of training a pass, passes; the exploitability that must be reached: otherwise it does not learn.
LEDUC_ITERATIONS, LEDUC_LIMIT = 1_000_000, 0.02
PASSES = 3
RSS_BEYOND_MAX = 16 << 20  # bytes: what a run may take more than it announced
NOLIMIT_QUICK_S, NOLIMIT_FIRST, NOLIMIT_S = 2, 100_000, 20  # the preset: fold, call, pot, all-in at 200 big blinds


def check_memory(run, name, failure):
    beyond = run['peak_rss_bytes'] - run['announced_bytes']
    if beyond > RSS_BEYOND_MAX:
        raise failure(f'{name}: took {beyond} bytes more than the {run["announced_bytes"]} it announced')


def mccfr_job(options, bin_dir, scratch, run_json, make_row, failure):
    """(rows, notes). `run_json(command, timeout_s)` runs a program and reads its one JSON object."""
    program = os.path.join(bin_dir, 'weir-mccfr')
    if not os.path.exists(program):
        raise FileNotFoundError('mccfr: build/bin/weir-mccfr is not there')
    workers = [] if options.workers is None else ['--workers', str(options.workers)]
    rows = []

    def train(mode):
        runs = [run_json([program, 'train', '--game', 'leduc', '--algorithm', 'es', '--mode', mode, '--iters',
                          str(LEDUC_ITERATIONS), '--seed', str(k + 1), '--json', *workers], 120)
                for k in range(PASSES)]
        for run in runs:
            check_memory(run, f'leduc, {mode}', failure)
        worst = max(run['exploitability'] for run in runs)
        if worst > LEDUC_LIMIT:
            raise failure(f'leduc, {mode}: exploitability {worst} after {LEDUC_ITERATIONS} iterations')
        return runs

    fast, fixed = train('fast'), train('deterministic')
    for name, runs in (('leduc', fast), ('leduc deterministic', fixed)):
        rows.append(make_row('mccfr', f'{name} nodes', [r['nodes_per_s'] for r in runs], 'nodes/s', 'higher'))
        rows.append(make_row('mccfr', f'{name} 1 M iterations', [r['train_s'] for r in runs], 's', 'lower'))
        rows.append(make_row('mccfr', f'{name} exploitability', [r['exploitability'] for r in runs], 'chips', 'lower'))
    rows += no_limit(program, workers, options.quick, run_json, make_row, failure)
    hands = [run_json([program, 'hands', '--cards', '7', '--json'], 60) for _ in range(PASSES)]
    rows.append(make_row('mccfr', '7-card hands', [r['per_s'] for r in hands], 'hands/s', 'higher'))
    return rows, []


def no_limit(program, workers, quick, run_json, make_row, failure):
    """The no-limit preset: nodes a second, and unless `quick` two points of a curve that must fall."""
    def train(*arguments):
        run = run_json([program, 'train', '--game', 'nolimit', '--json', *workers, *arguments], 120)
        check_memory(run, 'no-limit', failure)
        return run

    if quick:
        run = train('--time-budget', str(NOLIMIT_QUICK_S), '--response-deals', '0')
        return [make_row('mccfr', 'no-limit nodes', [run['nodes_per_s']], 'nodes/s', 'higher')]
    first, last = train('--iters', str(NOLIMIT_FIRST)), train('--time-budget', str(NOLIMIT_S))
    if last['exploitability'] + last['ci95'] >= first['exploitability'] - first['ci95']:
        raise failure(f'no-limit: exploitability {first["exploitability"]}, later {last["exploitability"]} mbb/hand')
    rows = [make_row('mccfr', 'no-limit nodes', [last['nodes_per_s']], 'nodes/s', 'higher')]
    for name, run in ((f'no-limit after {NOLIMIT_FIRST // 1000} k', first), (f'no-limit after {NOLIMIT_S} s', last)):
        row = make_row('mccfr', f'{name}, at least', [run['exploitability']], 'mbb/hand', 'lower')
        row['min'], row['max'] = run['exploitability'] - run['ci95'], run['exploitability'] + run['ci95']
        rows.append(row)
    return rows
