#!/bin/sh
# The shipped containers under helgrind and drd, which have their own idea of a race: no report where releases and
# acquires are told to them (races/include), and reports in each case where the releases are not.
set -eu
for tool in valgrind g++; do
  command -v "$tool" >/dev/null || { echo "SKIP: $tool is not on PATH"; exit 77; }
done
[ -e /usr/include/valgrind/drd.h ] || { echo "SKIP: valgrind's headers are not installed"; exit 77; }
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
for detector in helgrind drd; do
  define=; [ "$detector" = helgrind ] || define=-DWEIR_RACES_DRD
  # Baseline x86-64, as all of weir: valgrind knows no newer vector instructions.
  g++ -std=c++20 -O1 -g -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -DWEIR_MODEL $define \
    -Itests/stress/races/include -Iruntime/include -Iplatform/include tests/stress/races/containers.cpp \
    platform/src/check.cpp -o "$work/$detector" -pthread
  watch() {  # LOG ARGUMENT...: 9: there were reports
    log=$1; shift; rc=0
    valgrind --tool=$detector --fair-sched=yes --error-exitcode=9 "$work/$detector" "$@" >"$log" 2>&1 || rc=$?
  }
  for name in ring lane edge deque stack gate; do
    watch "$work/$detector.$name.log" $name
    [ $rc = 0 ] || { failed=1; echo "FAILED $detector $name: $rc"; head -n 60 "$log"; }
    watch "$work/$detector.$name.forget.log" $name --forget
    [ $rc = 9 ] || { failed=1; echo "FAILED $detector $name: releases kept from it are not noticed: $rc"; }
    reports=$(sed -n 's/.*ERROR SUMMARY: \([0-9]*\) .*/\1/p' "$log")
    echo "$detector $name: no report; without releases $reports"
  done
done
exit $failed
