# common.sh: what bench/run and tests/run share. Sourced by bash; the caller has set `root` (the checkout).
set -o pipefail

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# packages_in LIST: the names of one list of tests/packages.
packages_in() {
  awk -v want="[$1]" '{ sub(/#.*/, "") } /^\[/ { on = ($1 == want); next } on { for (i = 1; i <= NF; i++) print $i }' \
    "$root/tests/packages"
}

# packages_missing NAME...: those that dpkg does not have installed.
packages_missing() {
  local have
  have=$(dpkg-query -W -f='${db:Status-Abbrev}${Package}\n' "$@" 2>/dev/null | sed -n 's/^.i *//p') || true
  comm -23 <(printf '%s\n' "$@" | sort -u) <(printf '%s\n' "$have" | sort -u)
}

# apt_get ARGUMENT...: as root or through sudo, never asking.
apt_get() {
  local as_root=()
  if [ "$(id -u)" != 0 ]; then as_root=(sudo -n); fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# can_install: whether apt_get has a chance; says on stdout why not.
can_install() {
  if ! command -v apt-get >/dev/null; then echo "there is no apt-get here"; return 1; fi
  if [ "$(id -u)" = 0 ]; then return 0; fi
  if ! command -v sudo >/dev/null; then echo "this is not root, and there is no sudo"; return 1; fi
  if sudo -n true 2>/dev/null; then return 0; fi
  # A person can type the password once; a script without a terminal cannot.
  if [ -t 0 ] && sudo -v; then return 0; fi
  echo "this is not root, and sudo asks for a password"; return 1
}

# install_list LIST [optional]: installs what is missing of a list. Without `optional` a failure ends the script.
install_list() {
  local list=$1 optional=${2:-} missing why log="$root/build/apt.log"
  if ! command -v dpkg-query >/dev/null; then
    say "no dpkg here: taking the packages of list '$list' in tests/packages for granted"; return 0
  fi
  mapfile -t missing < <(packages_missing $(packages_in "$list"))
  if [ "${#missing[@]}" = 0 ]; then return 0; fi
  if ! why=$(can_install); then
    if [ -n "$optional" ]; then say "not installed (${why}): ${missing[*]}"; return 0; fi
    die "Missing packages, and $why. As root: apt-get install --no-install-recommends ${missing[*]}"
  fi
  mkdir -p "$root/build"
  say "installing (${list}): ${missing[*]}"
  if apt_get update >"$log" 2>&1 && apt_get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    return 0
  fi
  if [ -n "$optional" ]; then
    local name
    for name in "${missing[@]}"; do
      apt_get install -y --no-install-recommends "$name" >>"$log" 2>&1 || say "not installable here: $name"
    done
    return 0
  fi
  tail -n 20 "$log" >&2
  die "apt-get failed; the whole of it is in build/apt.log"
}

# build_preset PRESET [TARGET...]: configures (quickly, when nothing changed) and builds into build/ or build/PRESET,
# with $jobs compilers at once, the targets or else those that the preset names. 1 on failure, with the errors and the
# end of its log.
build_preset() {
  local preset=$1 folder log build; shift
  build=(cmake --build --preset "$preset" --parallel "$jobs")
  if [ $# -gt 0 ]; then build+=(--target "$@"); fi
  case $preset in release | ci) folder=$root/build ;; *) folder=$root/build/$preset ;; esac
  mkdir -p "$folder"; log=$folder/build.log
  if ! (cd "$root" && cmake --preset "$preset") >"$log" 2>&1; then
    tail -n 40 "$log" >&2; say "configuring '$preset' failed; the whole of it is in ${log#"$root"/}"; return 1
  fi
  if [ -t 2 ]; then
    (cd "$root" && "${build[@]}") 2>&1 | tee -a "$log" >&2 || return 1
  elif ! (cd "$root" && "${build[@]}" -- -k 0) >>"$log" 2>&1; then
    grep -E '(error|undefined reference to)\b.*' "$log" | grep -v '^/usr/bin' | head -n 60 >&2 || true
    say "building '$preset' failed; the whole of it is in ${log#"$root"/}"; return 1
  fi
}
