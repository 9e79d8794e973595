#!/usr/bin/env bash
# Measures one binary and prints JSON: `--version`, an idle tick and status (three handed-off items),
# both after years of work, a tick over 1,000 issues, and one idle worker. Called by `make bench`;
# needs cc, git, python3 and a quiet machine.
# It uses the local tracker in a temporary directory: no network is part of a number.
# Not a test: nothing is judged here, and a slow machine does not make it fail.
#
#   bench.sh [-n RUNS] [-i ISSUES] BINARY
set -euo pipefail

runs=20
issues=1000
while getopts n:i: option; do
  case $option in
    n) runs=$OPTARG ;;
    i) issues=$OPTARG ;;
    *) echo "usage: bench.sh [-n RUNS] [-i ISSUES] BINARY" >&2; exit 64 ;;
  esac
done
shift $((OPTIND - 1))
[[ $# -eq 1 && -x $1 ]] || { echo "usage: bench.sh [-n RUNS] [-i ISSUES] BINARY" >&2; exit 64; }
symphony=$(readlink -f "$1")
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
export HOME="$scratch/home"
mkdir "$HOME"
unset GITHUB_TOKEN GH_TOKEN XDG_STATE_HOME XDG_CONFIG_HOME SYMPHONY_STATE_DIR

say() { echo "bench: $*" >&2; }

# live STATE: pids of the workers of a state directory, found by their command line.
live() {
  local file
  for file in /proc/[0-9]*/cmdline; do
    if tr '\0' '\n' 2>/dev/null <"$file" | grep -qxF worker 2>/dev/null &&
      tr '\0' '\n' 2>/dev/null <"$file" | grep -qF "$1/runs/" 2>/dev/null; then
      file=${file#/proc/}
      echo "${file%/cmdline}"
    fi
  done
}

# within SECONDS COMMAND...: repeats the command until it succeeds.
within() {
  local tries=$(($1 * 10))
  shift
  until "$@"; do
    ((tries-- > 0)) || return 1
    sleep 0.1
  done
}

quiet() { [[ -z $(live "$1") ]]; }

finish() {
  local pid
  for pid in $(live "$scratch"); do kill -TERM "$pid" 2>/dev/null || true; done
  within 20 quiet "$scratch" || say "workers below $scratch do not end: left as they are"
  rm -rf "$scratch"
}
trap finish EXIT

# project NAME AGENT_COMMAND: a repository with a WORKFLOW.md for the local tracker.
project() {
  mkdir -p "$scratch/$1/issues"
  cd "$scratch/$1"
  export SYMPHONY_STATE_DIR="$scratch/$1.state"
  cat >WORKFLOW.md <<END
---
tracker:
  kind: local
  directory: issues
agent:
  kind: command
  command: |
    $2
  max_concurrent: 3
---
{{ issue.title }}
END
  git init --quiet --initial-branch=main .
  git add WORKFLOW.md
  git -c user.name=bench -c user.email=bench@localhost commit --quiet --message=start
}

# issue NUMBER
issue() {
  printf -- '---\ntitle: Change number %d\nstatus: Todo\nlabels: [bench]\npriority: %d\n---\n%s\n' \
    "$1" $(($1 % 4)) "Please change the file that has number $1 in its name." >"issues/$1.md"
}

cc -std=c11 -O1 -o "$scratch/measure" "$here/measure.c"
measure() { "$scratch/measure" -n "$runs" "$@"; }

say "--version"
version=$(measure "$symphony" --version)

say "an idle tick: three handed-off items"
project idle 'echo x > bench.txt && git add bench.txt && git commit --quiet --message=change'
export GIT_AUTHOR_NAME=bench GIT_AUTHOR_EMAIL=bench@localhost
export GIT_COMMITTER_NAME=bench GIT_COMMITTER_EMAIL=bench@localhost
for number in 1 2 3; do issue "$number"; done
"$symphony" tick --wait --timeout 120 >"$scratch/idle.log" 2>&1 ||
  { cat "$scratch/idle.log" >&2; say "the three items did not finish"; exit 1; }
within 30 quiet "$SYMPHONY_STATE_DIR" || { say "workers of the idle project still live"; exit 1; }
idle=$(measure "$symphony" tick)
status=$(measure "$symphony" status)

say "the same after years: 10,000 released items, 100,000 runs, a million lines of the ledger"
python3 -B "$here/years.py" "$SYMPHONY_STATE_DIR/symphony.db" 10000 100000 1000000
"$symphony" tick >/dev/null 2>&1
old=$(measure "$symphony" tick)
old_status=$(measure "$symphony" status)

say "a tick over $issues issues, paused so that none is launched"
project many true
"$symphony" tick >/dev/null 2>&1
"$symphony" pause >/dev/null
for ((number = 1; number <= issues; number++)); do issue "$number"; done
many=$(measure "$symphony" tick)

say "one idle worker"
project worker "touch $scratch/agent-runs && exec sleep 600"
issue 1
"$symphony" tick >"$scratch/worker.log" 2>&1
within 30 test -e "$scratch/agent-runs" ||
  { cat "$scratch/worker.log" >&2; say "the agent did not start"; exit 1; }
sleep 2
pid=$(live "$SYMPHONY_STATE_DIR" | head -n 1)
[[ -n $pid ]] || { say "no worker found"; exit 1; }
ticks() { sed 's/.*) //' "/proc/$pid/stat" | awk '{ print $12 + $13 }'; }
before=$(ticks)
sleep 5
after=$(ticks)
worker=$(awk -v used=$((after - before)) -v hertz="$(getconf CLK_TCK)" '
  /^Rss:/ { rss = $2 } /^Pss:/ { pss = $2 } /^Private_(Clean|Dirty):/ { own += $2 }
  /^Private_Dirty:/ { dirty = $2 }
  END { printf "{\"rss_mib\":%.2f,\"pss_mib\":%.2f,", rss / 1024, pss / 1024
        printf "\"private_mib\":%.2f,\"private_dirty_mib\":%.2f,", own / 1024, dirty / 1024
        printf "\"cpu_ms_in_5_s\":%.0f}\n", used * 1000 / hertz }' "/proc/$pid/smaps_rollup")
"$symphony" stop --all >/dev/null
"$symphony" tick >/dev/null 2>&1 || true
within 30 quiet "$SYMPHONY_STATE_DIR" || say "the worker did not stop when told"

cat <<END
{
  "version": 1,
  "binary": "$("$symphony" --version | head -n 1)",
  "binary_bytes": $(stat -c %s "$symphony"),
  "cpus": $(nproc),
  "kernel": "$(uname -sr)",
  "version_option": $version,
  "idle_tick": $idle,
  "status": $status,
  "idle_tick_after_years": $old,
  "status_after_years": $old_status,
  "tick_over_many_issues": {"issues":$issues,"tick":$many},
  "idle_worker": $worker
}
END
