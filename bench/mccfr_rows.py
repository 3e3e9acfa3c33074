"""The rows of the mccfr engine: what training Leduc comes to, and how fast hands are ranked."""
import os

# Seconds of training a pass, passes; the exploitability that must be reached: otherwise it does not learn.
LEDUC_ITERATIONS, LEDUC_LIMIT = 1_000_000, 0.02
PASSES = 3


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
        worst = max(run['exploitability'] for run in runs)
        if worst > LEDUC_LIMIT:
            raise failure(f'leduc, {mode}: exploitability {worst} after {LEDUC_ITERATIONS} iterations')
        return runs

    fast, fixed = train('fast'), train('deterministic')
    for name, runs in (('leduc', fast), ('leduc deterministic', fixed)):
        rows.append(make_row('mccfr', f'{name} nodes', [r['nodes_per_s'] for r in runs], 'nodes/s', 'higher'))
        rows.append(make_row('mccfr', f'{name} 1 M iterations', [r['train_s'] for r in runs], 's', 'lower'))
        rows.append(make_row('mccfr', f'{name} exploitability', [r['exploitability'] for r in runs], 'chips', 'lower'))
    hands = [run_json([program, 'hands', '--cards', '7', '--json'], 60) for _ in range(PASSES)]
    rows.append(make_row('mccfr', '7-card hands', [r['per_s'] for r in hands], 'hands/s', 'higher'))
    return rows, []
