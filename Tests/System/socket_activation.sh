#!/usr/bin/env bash
# The shipped socket and service, and a real systemd: SYMPHONY=PROGRAM socket_activation.sh
# [manager|activate]. `manager` asks the user's manager of this session (systemctl --user has to
# answer), with the units as they are shipped but for the program's path, a free port and a short
# idle time; `activate` asks systemd-socket-activate. Exit 0: no process before the first request,
# an answer to it, none after the idle time, and the same once more.
set -euo pipefail
cd "$(dirname "$0")/../.."

program=$(readlink -f "${SYMPHONY:?the program to test}")
way=${1:-activate}
scratch=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port
started=''
instance=''
units=${XDG_RUNTIME_DIR:-$scratch}/systemd/user

finish() {
  if [[ -n $instance ]]; then
    systemctl --user stop "symphony-serve@$instance.socket" "symphony-serve@$instance.service" || true
    rm -rf "$units"/symphony-serve@*
    systemctl --user daemon-reload || true
  fi
  if [[ -n $started ]]; then kill "$started" 2>/dev/null || true; fi
  rm -rf "$scratch"
}
trap finish EXIT

say() { echo "ok     $*"; }
fail() {
  echo "FAILED $*" >&2
  cat "$scratch"/log >&2 2>/dev/null || true
  exit 1
}

# Every process of this program that serves this project.
servers() {
  local process words
  for process in /proc/[0-9]*; do
    words=$({ tr '\0' ' ' <"$process/cmdline"; } 2>/dev/null) || continue
    if [[ $words == "$program serve"* && $(readlink "$process/cwd") == "$scratch/app" ]]; then
      echo "${process#/proc/}"
    fi
  done
}
until_servers() { # COUNT: waits for that many
  local tries=300
  until [[ $(servers | wc -l) -eq $1 ]]; do
    ((tries-- > 0)) || return 1
    sleep 0.1
  done
}
ask() { curl -sS --max-time 20 "$url$1"; }

mkdir -p "$scratch/app/issues" "$scratch/home"
git init -q -b main "$scratch/app"
git -C "$scratch/app" -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m first
cat >"$scratch/app/WORKFLOW.md" <<'END'
---
tracker: {kind: local, labels: [symphony]}
agent: {kind: command, command: "true"}
---
Fix {{ issue.title }}.
END
(cd "$scratch/app" && HOME=$scratch/home "$program" tick >"$scratch/log" 2>&1) || fail "no tick"

case $way in
manager)
  export HOME=$scratch/home
  mkdir -p "$units"
  instance=$(systemd-escape --path "$scratch/app")
  sed "s#^ListenStream=.*#ListenStream=127.0.0.1:$port#" systemd/symphony-serve@.socket \
    >"$units/symphony-serve@.socket"
  sed -e "s#^ExecStart=.*#ExecStart=$program serve --idle-exit 2#" \
    -e "s#^\[Service\]#&\nEnvironment=HOME=$HOME#" systemd/symphony-serve@.service \
    >"$units/symphony-serve@.service"
  systemctl --user daemon-reload
  systemctl --user start "symphony-serve@$instance.socket" || fail "the socket does not start"
  ;;
activate)
  (cd "$scratch/app" && HOME=$scratch/home exec systemd-socket-activate -l "127.0.0.1:$port" \
    --setenv=HOME --setenv=PATH "$program" serve --idle-exit 2) >"$scratch/log" 2>&1 &
  started=$!
  until grep -q Listening "$scratch/log"; do
    kill -0 "$started" || fail "nothing listens"
    sleep 0.1
  done
  ;;
*) fail "manager or activate" ;;
esac

[[ $(servers | wc -l) -eq 0 ]] || fail "a process before the first request"
say "no process before the first request"
begin=$(date +%s%N)
answer=$(ask /healthz) || fail "no answer"
[[ $answer == *'"status"'* ]] || fail "not the health: $answer"
say "the first request is answered, $((($(date +%s%N) - begin) / 1000000)) ms with the start"
until_servers 1 || fail "not one process after the request: $(servers)"
say "one process then"
if [[ $way == activate ]]; then
  # It hands its place to the program, so that there is no second time.
  until_servers 0 || fail "it stays after its idle time"
  say "none after the idle time"
  exit 0
fi
until_servers 0 || fail "it stays after its idle time"
say "none after the idle time"
systemctl --user is-active --quiet "symphony-serve@$instance.socket" || fail "the socket is gone"
[[ $(ask /api/v1/state) == *'"max_concurrent_agents"'* ]] || fail "no second answer"
say "the next request starts it again"
systemctl --user stop "symphony-serve@$instance.service"
[[ $(systemctl --user show -p Result --value "symphony-serve@$instance.service") == success ]] ||
  fail "it did not end well: $(systemctl --user status "symphony-serve@$instance.service")"
say "SIGTERM ends it well"
