#!/bin/sh
# Runs each libFuzzer target of a build for some seconds, from its corpus in the tree, which stays as it is; with --keep
# it takes the inputs that reached something new (for long runs by hand; the tree's corpora are also run by ordinary builds).
#   CXX=clang++-19 meson setup BUILD_DIR -Dfuzz=true -Ddataplane=disabled && ninja -C BUILD_DIR
#   tests/fuzz/run.sh [--keep] BUILD_DIR SECONDS [TARGET...]          (TARGET: wire, engine, …; default: all)
# Prints one line a target: name, executions, result. Exits with 1 when one has a finding; the input that caused it and
# the whole output then lie in BUILD_DIR/tests/fuzz/findings.
set -u

keep=false
if [ "${1:-}" = --keep ]; then
  keep=true
  shift
fi
if [ $# -lt 2 ]; then
  echo "usage: $0 [--keep] BUILD_DIR SECONDS [TARGET...]" >&2
  exit 2
fi
targets=$1/tests/fuzz
seconds=$2
shift 2
wanted=" $* "
corpora=$(dirname "$0")/corpus
findings=$targets/findings
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT INT TERM

# run TARGET: one program; its line on stdout.
run() {
  target=$1
  name=$(basename "$target")
  mkdir -p "$findings" "$work/$name"
  cp "$corpora/${name#fuzz_}"/* "$work/$name/" || exit 2
  log=$work/$name.log
  if "$target" -max_total_time="$seconds" -timeout=5 -max_len=4096 -print_final_stats=1 \
      -artifact_prefix="$findings/$name-" "$work/$name" > "$log" 2>&1 &&
    { ! $keep || "$target" -merge=1 "$corpora/${name#fuzz_}" "$work/$name" >> "$log" 2>&1; }; then
    result=ok
  else
    cp "$log" "$findings/$name.log"
    result="FINDING, see $findings/$name.log"
  fi
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  echo "$name ${executions:-unknown} $result"
  [ "$result" = ok ]
}

status=0
ran=0
running=
# take_in PID...: waits for these.
take_in() {
  for pid in "$@"; do wait "$pid" || status=1; done
}
for target in "$targets"/fuzz_*; do
  [ -f "$target" ] && [ -x "$target" ] || continue
  name=$(basename "$target")
  case $wanted in "  " | *" ${name#fuzz_} "*) ;; *) continue ;; esac
  run "$target" &
  running="$running $!"
  ran=$((ran + 1))
  # As many at once as there are cores.
  if [ $((ran % $(nproc))) -eq 0 ]; then
    take_in $running
    running=
  fi
done
take_in $running

if [ "$ran" -eq 0 ]; then
  echo "$0: no fuzz targets in $targets: was it set up with -Dfuzz=true and built?" >&2
  exit 2
fi
exit $status
