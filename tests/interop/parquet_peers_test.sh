#!/bin/sh
# Parquet files of DuckDB and arrow-rs, from npm, are read by weir-segment; its files are read by them and by hyparquet.
set -eu
bin=${WEIR_BIN:-build/bin}
build=${WEIR_BUILD:-build}
source=${WEIR_SOURCE:-.}

if ! command -v npm >/dev/null 2>&1 || ! command -v node >/dev/null 2>&1; then
  echo 'SKIP: npm is not on PATH'
  exit 77
fi
if [ ! -x "$bin/weir-segment" ] || [ ! -x "$bin/weir-test-segmentation" ]; then
  echo 'SKIP: weir-segment and its tests are not built'
  exit 77
fi
modules=$build/interop-peers
mkdir -p "$modules"
if [ ! -e "$modules/whole" ]; then
  if ! (cd "$modules" && npm install --no-audit --no-fund --silent hyparquet@1 hyparquet-compressors@1 \
      parquet-wasm@0.8 apache-arrow@21 @duckdb/node-api) >"$modules/npm.log" 2>&1; then
    echo 'SKIP: npm could not install DuckDB, parquet-wasm and hyparquet'
    exit 77
  fi
  touch "$modules/whole"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

segment() { "$bin/weir-segment" "$@" --quiet >/dev/null; }
segment generate "$work/corpus" --files 12 --kind dirty
segment pipeline --raw-root "$work/corpus/raw" --stage-root "$work/ours/stage" --output-root "$work/ours/segments"
segment pipeline --raw-root "$work/corpus/raw" --stage-root "$work/ours/parts/stage" \
  --output-root "$work/ours/parts/segments" --layout partition
mkdir "$work/ours/made" "$work/theirs"
WEIR_INTEROP_OUT=$work/ours/made "$bin/weir-test-segmentation" -tc='*files for other readers*' >"$work/made.log"
node "$source/tests/interop/parquet_peers.mjs" "$modules" "$bin/weir-segment" "$work/ours" "$work/theirs"
