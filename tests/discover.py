#!/usr/bin/env python3
"""Writes one CTest test for each case of a doctest executable.

usage: discover.py EXECUTABLE OUT.cmake PREFIX LABEL TIMEOUT_S
doctest's own module splits names at ; and [ ]; here a name may hold anything that stands on one line.
"""
import os
import re
import subprocess
import sys


def list_cases(executable, smallest):
    listed = subprocess.run([executable, '--list-test-cases', '--no-colors'], stdout=subprocess.PIPE, text=True,
                            check=False, env={**os.environ, 'WEIR_SMALLEST': smallest})
    if listed.returncode != 0:
        sys.exit(f'{executable} cannot list its cases: {listed.returncode}\n{listed.stdout}')
    return [line for line in listed.stdout.splitlines() if line and not line.startswith(('[doctest]', '====='))]


def main():
    executable, out, prefix, label, timeout_s = sys.argv[1:]
    names = list_cases(executable, smallest='0')
    # Cases that need room are left out where every bound is the smallest (WEIR_SMALLEST=1): ctest says so.
    smallest = set(list_cases(executable, smallest='1'))
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        sys.exit(f'{executable}: two cases have one name: {sorted(twice)}')
    lines = []
    for name in names:
        # In a filter , separates and * ? \ are special: ? stands for any one character.
        chosen = re.sub(r'[,*?\\\[\]"]', '?', name)
        test = f'[==[{prefix}/{name}]==]'
        command = f'[==[{executable}]==] [==[--test-case={chosen}]==]'
        if name not in smallest:
            lines.append('if("$ENV{WEIR_SMALLEST}" STREQUAL "1")')
            lines.append(f'add_test({test} echo "SKIP: needs more than the smallest bounds")')
            lines.append('else()')
        lines.append(f'add_test({test} {command})')
        if name not in smallest:
            lines.append('endif()')
        lines.append(f'set_tests_properties({test} PROPERTIES LABELS {label} TIMEOUT {timeout_s}'
                     ' SKIP_REGULAR_EXPRESSION "SKIP: "'
                     ' FAIL_REGULAR_EXPRESSION "test cases: +0 ")')  # a filter that met nothing must not pass
    with open(out + '.part', 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines) + '\n')
    os.replace(out + '.part', out)


if __name__ == '__main__':
    main()
