#!/usr/bin/env bash
# bench/bundle: what it collects runs where nothing is installed, and its own check can fail.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
bin=${WEIR_BIN:-$root/build/bin}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
failed=0
check() { local what=$1; shift; if "$@"; then echo "ok: $what"; else echo "FAILED: $what"; failed=1; fi; }
refused() { ! "$@" >/dev/null 2>&1; }

[ -x "$bin/weir-segment" ] || { echo "SKIP: no weir-segment in $bin"; exit 77; }
mkdir "$work/bin"; cp "$bin/weir-segment" "$work/bin/"  # one program: the bundle is then small
touch "$work/bin/weir-test-nothing"; chmod +x "$work/bin/weir-test-nothing"

"$root/bench/bundle" --bin "$work/bin" "$work/out/folder"
version=$("$bin/weir-segment" --version)
same() { [ "$("$@" --version)" = "$version" ]; }
check "starts with an empty environment" same env -i "$work/out/folder/bin/weir-segment"
ln -s "$work/out/folder/bin/weir-segment" "$work/link"
check "starts through a link from elsewhere" same env -i "$work/link"
mv "$work/out/folder" "$work/out/moved by hand"
check "starts from another place, with spaces" same env -i "$work/out/moved by hand/bin/weir-segment"
bundle=$work/bundle; mv "$work/out/moved by hand" "$bundle"
check "tests are not in it" test ! -e "$bundle/bin/weir-test-nothing"
check "says where its libraries are from" grep -q '^lib/libc.so.6  ' "$bundle/contents.txt"
check "a folder that is not empty is refused" refused "$root/bench/bundle" --bin "$work/bin" "$bundle"
check "a folder without programs is refused" refused "$root/bench/bundle" --bin "$work/out" "$work/none"
check "an unknown option is refused" refused "$root/bench/bundle" --nonsense

"$root/bench/bundle" --bin "$work/bin" "$work/a.tar.gz"
mkdir "$work/unpacked"; tar -C "$work/unpacked" -xzf "$work/a.tar.gz"
check "starts from an unpacked archive" same env -i "$work/unpacked/weir/bin/weir-segment"

# A machine with a shell, the C library, and nothing else.
mkdir -p "$work/bare/bin" "$work/bare/tmp"
chroot=$(PATH=$PATH:/usr/sbin:/sbin command -v chroot || true)
if [ "$(id -u)" = 0 ] && [ -n "$chroot" ]; then
  for library in $(ldd /bin/sh | grep -oE '/[^ ]+'); do
    mkdir -p "$work/bare/${library%/*}"; cp -L "$library" "$work/bare/$library"
  done
  cp -L /bin/sh "$work/bare/bin/sh"
  cp -r "$bundle" "$work/bare/weir"
  inside() { env -i "$chroot" "$work/bare" /weir/bin/weir-segment "$@"; }
  check "starts where nothing is installed" same inside
  works() {
    inside generate /corpus --files 20 --quiet &&
      inside stage --raw-root /corpus/raw --stage-root /stage --local-tz America/Santiago --quiet
  }
  check "works there, with time zones" works
  rm "$work/bare/weir/lib/libhwloc.so.15"
  check "does not start there without one of its libraries" refused inside --version
else
  echo "not tried where nothing is installed: this is not root"
fi
exit "$failed"
