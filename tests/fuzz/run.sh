#!/bin/sh
# Runs each libFuzzer target of a build for some seconds, from its corpus in the tree, which stays as it is.
#   CXX=clang++-19 meson setup BUILD_DIR -Dfuzz=true -Ddataplane=disabled && ninja -C BUILD_DIR
#   tests/fuzz/run.sh BUILD_DIR SECONDS
# Prints one line a target: name, executions, result. Exits with 1 when one has a finding; the input that caused it and
# the whole output then lie in BUILD_DIR/tests/fuzz/findings.
set -u

if [ $# -ne 2 ]; then
  echo "usage: $0 BUILD_DIR SECONDS" >&2
  exit 2
fi
targets=$1/tests/fuzz
seconds=$2
corpora=$(dirname "$0")/corpus
findings=$targets/findings
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT INT TERM

status=0
ran=0
for target in "$targets"/fuzz_*; do
  [ -f "$target" ] && [ -x "$target" ] || continue
  ran=$((ran + 1))
  name=$(basename "$target")
  mkdir -p "$findings" "$work/$name"
  cp "$corpora/${name#fuzz_}"/* "$work/$name/" || exit 2
  log=$work/$name.log
  if "$target" -max_total_time="$seconds" -timeout=5 -max_len=4096 -print_final_stats=1 \
      -artifact_prefix="$findings/$name-" "$work/$name" > "$log" 2>&1; then
    result=ok
  else
    cp "$log" "$findings/$name.log"
    result="FINDING, see $findings/$name.log"
    status=1
  fi
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  echo "$name ${executions:-unknown} $result"
done

if [ "$ran" -eq 0 ]; then
  echo "$0: no fuzz targets in $targets: was it set up with -Dfuzz=true and built?" >&2
  exit 2
fi
exit $status
