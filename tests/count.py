#!/usr/bin/env python3
"""Counts one stage of tests/run from CTest's JUnit file: prints failures with their output, skips with their reason."""
import argparse
import os
import re
import xml.etree.ElementTree as tree

KILLED = (124, 137)  # how timeout(1) ends when the cap was reached


def skip_message(case):
    skipped = case.find('skipped')
    return '' if skipped is None else skipped.get('message') or ''


def skip_reason(case, output):
    match = re.search(r'SKIP: *(.*)', output)
    if match:
        return match.group(1).strip()
    return skip_message(case) or 'no reason given'


def read_cases(path):
    """(passed, failed [(name, why, output)], skipped [(name, reason)], slowest [(seconds, name)])."""
    passed, failed, skipped, slowest = 0, [], [], []
    for case in tree.parse(path).getroot().iter('testcase'):
        name, status = case.get('name'), case.get('status')
        output = case.findtext('system-out') or ''
        slowest.append((float(case.get('time') or 0), name))
        if status == 'run':
            passed += 1
        elif status == 'fail':
            failure = case.find('failure')
            failed.append((name, (failure.get('message') if failure is not None else '') or 'failed', output))
        elif status == 'notrun' and 'SKIP' in skip_message(case):
            skipped.append((name, skip_reason(case, output)))
        elif status == 'disabled':
            skipped.append((name, 'disabled'))
        else:  # not run for want of its executable, or of anything else: never a pass
            failed.append((name, 'did not run', output))
    return passed, failed, skipped, sorted(slowest, reverse=True)


def main():
    parser = argparse.ArgumentParser()
    for option in ('--stage', '--xml', '--log', '--totals'):
        parser.add_argument(option, required=True)
    for option in ('--rc', '--cap-s', '--seconds'):
        parser.add_argument(option, type=int, required=True)
    args = parser.parse_args()

    passed, failed, skipped, slowest = 0, [], [], []
    if os.path.exists(args.xml):
        passed, failed, skipped, slowest = read_cases(args.xml)
        if not passed and not failed and not skipped:
            skipped = [(args.stage, 'there is no test of this kind')]
    if args.rc in KILLED:
        running = re.findall(r'Start +\d+: (.*)', open(args.log).read())
        failed.append((args.stage, f'over its cap of {args.cap_s} s', 'last started: ' + ', '.join(running[-4:])))
    elif not os.path.exists(args.xml) or (args.rc != 0 and not failed):
        failed.append((args.stage, f'ctest ended with {args.rc}', open(args.log).read()))
    for name, why, output in failed:
        print(f'FAILED {name}: {why}')
        lines = output.splitlines()
        for line in (lines if len(lines) <= 80 else lines[:30] + ['...'] + lines[-49:]):
            print('    ' + line)
    for reason in dict.fromkeys(reason for _, reason in skipped):
        names = [name for name, why in skipped if why == reason]
        print(f'skipped {names[0]}: {reason}' if len(names) == 1 else
              f'skipped {len(names)}: {reason}: ' + '; '.join(names))
    slow = ', '.join(f'{name} {seconds:.1f} s' for seconds, name in slowest[:3] if seconds >= 1)
    print(f'stage {args.stage}: {passed} passed, {len(failed)} failed, {len(skipped)} skipped in {args.seconds} s'
          + (f'; slowest: {slow}' if slow else ''), flush=True)
    with open(args.totals, 'a') as totals:
        totals.write(f'{passed} {len(failed)} {len(skipped)}\n')


if __name__ == '__main__':
    main()
