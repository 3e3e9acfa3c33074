#!/bin/sh
# The SPIN models of parking and of the barrier: verified as they are, and each mutant (-D) must give an error.
set -eu
cd "$(dirname "$0")/spin"
for tool in spin gcc; do
  command -v "$tool" >/dev/null || { echo "SKIP: $tool is not on PATH"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

verify() {  # MODEL [MUTANT]: prints the number of errors
  folder=$work/$1${2:+.$2}
  mkdir "$folder"
  (cd "$folder" && spin ${2:+-D"$2"} -a "$here/$1.pml" >spin.log 2>&1 && gcc -O0 -DSAFETY -w -o pan pan.c &&
    ./pan -m100000 >pan.log 2>&1) || { cat "$folder"/*.log >&2; echo "spin failed on $1 ${2:-}" >&2; exit 1; }
  if grep -q 'max search depth too small\|search interrupted: out of' "$folder/pan.log"; then
    [ -n "${2:-}" ] || { echo "$1: the search was cut off" >&2; exit 1; }
  fi
  sed -n 's/.*errors: \([0-9]*\).*/\1/p' "$folder/pan.log"
}

here=$PWD
failed=0
check() {  # MODEL MUTANT...
  model=$1; shift
  errors=$(verify "$model")
  states=$(sed -n 's/ *\([0-9]*\) states, stored.*/\1/p' "$work/$model/pan.log")
  echo "$model: $errors errors, $states states"
  [ "$errors" = 0 ] || { failed=1; grep -m1 'pan:1' "$work/$model/pan.log" || true; }
  for mutant; do
    errors=$(verify "$model" "$mutant")
    echo "$model $mutant: $errors errors"
    [ "$errors" != 0 ] || { echo "the mutant $mutant of $model is not caught"; failed=1; }
  done
}
check parking NO_RECHECK CHECK_FIRST BUMP_LATE NO_BATON TRUST_THE_WORD
check barrier SWAPPED NO_GRACE RETIRE_EARLY COUNT_LATE
exit $failed
