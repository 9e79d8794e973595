#!/usr/bin/env bash
# Crashes of real processes at every deed of every story, or of the one named: a kill before each deed,
# a power loss before each that may leave something unsynced, and pairs of kills. It runs the tests that
# `make test` takes a few positions of, takes an hour or two on 2 cores, and prints a line per story and
# kind of crash; SYMPHONY_CRASH_STEP=N tries each Nth position only. Called by `make crash`. Exit 0: every promise was kept.
#
# usage: crash.sh [all|power|pairs]... [-- STORY]
set -euo pipefail
cd "$(dirname "$0")/../.."

kinds=()
while [[ $# -gt 0 && $1 != -- ]]; do
  kinds+=("$1")
  shift
done
[[ $# -eq 0 ]] || shift
[[ ${#kinds[@]} -gt 0 ]] || kinds=(all power pairs)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

failed=0
for kind in "${kinds[@]}"; do
  echo "== $kind"
  SYMPHONY_CRASH=$kind SYMPHONY_CRASH_STORY=${1:-} \
    .ci/tests --filter CrashEverywhereTests >"$log" 2>&1 || failed=1
  # What was found wrong, with its place, and the line of each story.
  grep -E '^crash: |^↳ .*(tick|worker) [*a-z]+ [0-9]+|without trouble' "$log" || { cat "$log"; failed=1; }
done
exit "$failed"
