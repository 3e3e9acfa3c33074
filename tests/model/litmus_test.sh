#!/bin/sh
# The litmus tests under herd7, where it is: each file names its expected outcome. Without herd7 the files are
# read for that line only, and the test says that it was skipped.
set -eu
cd "$(dirname "$0")/litmus"
for file in *.litmus; do
  grep -q 'Expected: \(Never\|Sometimes\|Always\)' "$file" || { echo "$file names no expected outcome"; exit 1; }
done
command -v herd7 >/dev/null || { echo "SKIP: herd7 is not on PATH (opam install herdtools7)"; exit 77; }
failed=0
for file in *.litmus; do
  expected=$(sed -n 's/.*Expected: \([A-Za-z]*\).*/\1/p' "$file")
  found=$(herd7 -model rc11.cat "$file" | sed -n 's/^Observation  *[^ ]* \([A-Za-z]*\) .*/\1/p')
  echo "$file: $found"
  [ "$found" = "$expected" ] || { echo "$file: expected $expected"; failed=1; }
done
exit $failed
