#!/usr/bin/env bash
# Calls a tick every 30 seconds, in a container that has no timer: `symphony-scheduler [SECONDS]`.
# Told to stop, it has the workers ended, which would otherwise be killed with the container and
# lose an attempt: give it a minute (stop_grace_period).
set -u

pause=${1:-${SYMPHONY_TICK_SECONDS:-30}}
child=
stopping=

stop() {
  stopping=1
  [[ -z $child ]] || kill -TERM "$child" 2>/dev/null || true
}
trap stop TERM INT

# run COMMAND...: a signal is heard while it runs, and it is waited for all the same.
run() {
  [[ -z $stopping ]] || return 0
  "$@" &
  child=$!
  while kill -0 "$child" 2>/dev/null; do wait "$child" || true; done
  child=
}

mkdir -p "$HOME"
# Each start of a container is a new pid namespace, in which nothing of the one before lives.
run symphony recover --adopt --log-format json
while [[ -z $stopping ]]; do
  run symphony tick --scheduled --log-format json
  run sleep "$pause"
done
# A waiting tick that is told to stop ends all workers and settles them.
timeout --signal=TERM 3 symphony tick --wait --log-format json || true
