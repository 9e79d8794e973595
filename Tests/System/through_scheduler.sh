#!/usr/bin/env bash
# doctor --through-scheduler with a real cron and a real systemd: SYMPHONY=PROGRAM through_scheduler.sh
# [cron|systemd]. As root, where nobody else's cron runs: it starts one in the foreground and writes
# this user's crontab, which is put back at the end. `systemd` asks the user's manager of this
# session (systemctl --user has to answer). Exit 0: what has to fail there failed for the named cause.
set -euo pipefail

program=$(readlink -f "${SYMPHONY:?the program to test}")
way=${1:-cron}
scratch=$(mktemp -d)
started=()
kept=''

finish() {
  local pid
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  if [[ $way == cron ]]; then
    if [[ -n $kept ]]; then crontab "$kept"; else crontab -r 2>/dev/null || true; fi
  else
    "$program" uninstall --workflow "$scratch/app/WORKFLOW.md" >/dev/null 2>&1 || true
  fi
  rm -rf "$scratch"
}
trap finish EXIT

fail() {
  echo "through_scheduler: $1" >&2
  [[ ! -e $scratch/told ]] || cat "$scratch/told" >&2
  exit 1
}

# An agent that only this shell finds.
mkdir -p "$scratch/app/issues" "$scratch/agents"
printf '#!/bin/sh\necho 2.1.0\n' >"$scratch/agents/claude"
chmod 755 "$scratch/agents/claude"
git init -q -b main "$scratch/app"
git -C "$scratch/app" -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m first
cat >"$scratch/app/WORKFLOW.md" <<'END'
---
tracker: {kind: local, labels: [symphony]}
agent: {kind: claude_code, permission_mode: acceptEdits}
---
Fix {{ issue.title }}.
END
cd "$scratch/app"
export PATH="$scratch/agents:$PATH"

# ask CODE: doctor through the scheduler has to exit with it.
ask() {
  local code=0
  "$program" doctor --through-scheduler >"$scratch/told" 2>&1 || code=$?
  [[ $code -eq $1 ]] || fail "exit $code instead of $1"
}

expect() { grep -qF -- "$1" "$scratch/told" || fail "not said: $1"; }

case $way in
cron)
  if crontab -l >"$scratch/before" 2>/dev/null; then kept=$scratch/before; fi
  cron -f &
  started+=($!)
  printf 'MAILTO=""\n# mine\n* * * * * cd %s && %s tick --scheduled\n' "$scratch/app" "$program" |
    crontab -
  crontab -l >"$scratch/ours"
  ask 1
  expect 'claude is not in PATH'
  expect "here: pass: $scratch/agents/claude: 2.1.0"
  crontab -l | cmp - "$scratch/ours" || fail 'the crontab is not what it was'
  # Killed, its line stays, and goes when cron calls it.
  "$program" doctor --through-scheduler >"$scratch/told" 2>&1 &
  asking=$!
  until crontab -l | grep -q '^# BEGIN symphony doctor'; do sleep 0.1; done
  kill -KILL "$asking"
  wait "$asking" 2>/dev/null || true
  crontab -l | grep -q '^# BEGIN symphony doctor' || fail 'its line went by itself'
  for ((second = 0; second < 130; second++)); do
    crontab -l | cmp -s - "$scratch/ours" && break
    sleep 1
  done
  crontab -l | cmp - "$scratch/ours" || fail 'what a kill left is still in the crontab'
  ;;
systemd)
  # As `install` writes it, with the PATH that finds the agent: all is well.
  "$program" install --systemd --user --no-wait >"$scratch/told" 2>&1 || fail 'not installed'
  ask 0
  expect 'called by the timer symphony-tick-'
  # A drop-in takes the agent's directory away.
  unit=$(basename "$(ls ~/.config/systemd/user/symphony-tick-app-*.service)")
  mkdir -p ~/.config/systemd/user/"$unit.d"
  printf '[Service]\nEnvironment=PATH=/usr/bin:/bin\n' >~/.config/systemd/user/"$unit.d/path.conf"
  systemctl --user daemon-reload
  ask 1
  rm -r ~/.config/systemd/user/"$unit.d"
  systemctl --user daemon-reload
  expect 'claude is not in PATH'
  ! compgen -G "$XDG_RUNTIME_DIR/systemd/user/*symphony-doctor*" >/dev/null ||
    fail 'its unit is still there'
  ;;
*) fail "cron or systemd, not $way" ;;
esac
echo "through_scheduler: $way: as it has to be"
