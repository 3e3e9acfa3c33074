#!/bin/sh
# The staged and segmented files of made-up and (where they are) real measurements, read by hyparquet from npm, equal
# what our own reader shows of them.
set -eu
bin=${WEIR_BIN:-build/bin}
build=${WEIR_BUILD:-build}
source=${WEIR_SOURCE:-.}
data=${WEIR_TEST_DATA:-$source/../shared/data}

if ! command -v npm >/dev/null 2>&1 || ! command -v node >/dev/null 2>&1; then
  echo 'SKIP: npm is not on PATH'
  exit 77
fi
if [ ! -x "$bin/weir-segment" ]; then
  echo 'SKIP: weir-segment is not built'
  exit 77
fi
modules=$build/interop
mkdir -p "$modules"
if [ ! -d "$modules/node_modules/hyparquet" ] || [ ! -d "$modules/node_modules/hyparquet-compressors" ]; then
  if ! (cd "$modules" && npm install --no-audit --no-fund --silent hyparquet@1 hyparquet-compressors@1) \
      >"$modules/npm.log" 2>&1; then
    echo 'SKIP: npm could not install hyparquet'
    exit 77
  fi
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

segment() { "$bin/weir-segment" "$@" --quiet >/dev/null; }
segment generate "$work/corpus" --files 60 --kind dirty
for codec in zstd zstd-split snappy none; do
  segment pipeline --raw-root "$work/corpus/raw" --stage-root "$work/$codec/stage" \
    --output-root "$work/$codec/segments" --compression "$codec"
done
segment pipeline --raw-root "$work/corpus/raw" --stage-root "$work/parts/stage" \
  --output-root "$work/parts/segments" --layout partition
if [ -d "$data/measurements/data" ]; then
  segment stage --raw-root "$data/measurements/data/01_raw" --stage-root "$work/real"
else
  echo "no real measurements at $data: made-up ones only"
fi
node "$source/tests/interop/compare.mjs" "$modules" "$bin/weir-segment" "$work"
