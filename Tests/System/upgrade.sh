#!/usr/bin/env bash
# An upgrade with two binaries, and back: upgrade.sh OLD NEW
#
# OLD's tick starts a worker, whose agent waits. NEW's tick migrates the database, with a copy before,
# and leaves the worker alone. The agent commits, the worker ends, NEW settles its result: one pull
# request record. Then OLD's tick is refused on the newer database with its words and exit 74, and
# changes nothing. Where both know the same schema, the last part and the copy are left out, and it says
# so. Issues are files, the agent is a script; needs git and python3. Exit 0: all of it held.
set -euo pipefail

old=$(readlink -f "${1:?the older program}")
new=$(readlink -f "${2:?the newer program}")
scratch=$(mktemp -d)
state=$scratch/state
worker=''

finish() {
  touch "$scratch/go"
  # A worker that a failure left alive is ours: its process is not this one's child.
  if [[ -n $worker ]] && kill -0 "$worker" 2>/dev/null; then kill "$worker" || true; fi
  rm -rf "$scratch"
}
trap finish EXIT

fail() {
  echo "upgrade: $1" >&2
  tail -n 20 "$scratch"/told "$state"/runs/*/worker.log >&2 2>/dev/null || true
  exit 1
}

# until WORDS COMMAND...: waits for it, a minute at most.
until_true() {
  local words=$1
  shift
  for ((tenth = 0; tenth < 600; tenth++)); do
    if "$@"; then return; fi
    sleep 0.1
  done
  fail "$words: not within a minute"
}

# tick PROGRAM CODE: one tick, whose exit has to be that.
tick() {
  local code=0
  "$1" tick --workflow "$scratch/app/WORKFLOW.md" --state-dir "$state" >"$scratch/told" 2>&1 ||
    code=$?
  [[ $code -eq $2 ]] || fail "a tick of $1 exits $code, not $2"
}

# Opened as it is: to look must not change it.
version() {
  python3 -c 'import sqlite3, sys
print(sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute("PRAGMA user_version").fetchone()[0])' "$1"
}

# The sums of all that says what was done, but for files that every tick touches.
picture() {
  (cd "$state" && find . -type f ! -name 'tick.*' ! -name '*-shm' -print0 | sort -z |
    xargs -0 sha256sum)
}

records() { find "$scratch/app/issues/pull-requests" -name '*.md' 2>/dev/null | wc -l; }
has_begun() { [[ -e $scratch/begun ]]; }
has_ended() { ! kill -0 "$worker" 2>/dev/null; }

export HOME=$scratch GIT_CONFIG_GLOBAL=$scratch/gitconfig
unset GITHUB_TOKEN GH_TOKEN XDG_RUNTIME_DIR
git config --file "$GIT_CONFIG_GLOBAL" user.name t
git config --file "$GIT_CONFIG_GLOBAL" user.email t@localhost
git init -q -b main "$scratch/app"
mkdir -p "$scratch/app/issues"
cat >"$scratch/app/issues/1.md" <<'END'
---
title: Survive an upgrade
status: Todo
labels: [symphony]
---
Commit something.
END
cat >"$scratch/app/WORKFLOW.md" <<END
---
tracker: {kind: local, labels: [symphony]}
agent:
  kind: command
  command: "$scratch/agent"
---
Fix {{ issue.title }}.
END
cat >"$scratch/agent" <<END
#!/bin/sh
touch "$scratch/begun"
while [ ! -e "$scratch/go" ]; do sleep 0.1; done
echo done >work.txt
git add work.txt
git commit -q -m "Survive"
echo "committed"
END
chmod 755 "$scratch/agent"
git -C "$scratch/app" add -A
git -C "$scratch/app" commit -q -m first
cd "$scratch/app"

tick "$old" 0
until_true 'the agent has begun' has_begun
worker=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["pid"])' \
  "$state"/runs/*/worker.pid)
before=$(version "$state/symphony.db")

tick "$new" 0
after=$(version "$state/symphony.db")
! has_ended || fail 'the worker ended when the newer program came'
[[ $(records) -eq 0 ]] || fail 'there is a record before the agent is done'
if [[ $after -gt $before ]]; then
  copy=$state/backups/before-version-$after.db
  [[ -e $copy ]] || fail "there is no $copy"
  [[ $(version "$copy") -eq $before ]] || fail "$copy is not of version $before"
fi

touch "$scratch/go"
until_true 'the worker has ended' has_ended
for ((number = 0; number < 20; number++)); do
  tick "$new" 0
  [[ $(records) -eq 0 ]] || break
  sleep 0.2
done
tick "$new" 0
[[ $(records) -eq 1 ]] || fail "there are $(records) records of pull requests, not one"
[[ $(find "$state/runs" -mindepth 1 -maxdepth 1 -type d | wc -l) -eq 1 ]] || fail 'it ran twice'
[[ $(git -C "$scratch/app" log --branches --format=%s) == *Survive* ]] || fail 'nothing was pushed'

if [[ $after -eq $before ]]; then
  echo "upgrade: both programs know schema version $after: neither a copy nor a refusal was seen" >&2
  exit 0
fi
picture >"$scratch/before"
tick "$old" 74
grep -qF "has schema version $after, this symphony knows up to $before" "$scratch/told" ||
  fail 'the refusal does not say why'
picture | diff "$scratch/before" - >"$scratch/told" || fail 'the refused tick changed something'
tick "$new" 0
echo "upgrade: from schema version $before to $after, and refused on the way back"
