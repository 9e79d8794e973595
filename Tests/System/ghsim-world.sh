#!/usr/bin/env bash
# The main job against a GitHub simulator: ghsim-world.sh SYMPHONY URL
# URL serves a world with repository acme/app and five open issues labelled symphony, and the simulator's admin calls
# under /_sim. Every line of the form "ok ..." is a fact that was checked; the first that does not hold ends it.
set -euo pipefail
symphony=$(realpath "$1")
url=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export HOME=$scratch/home SYMPHONY_STATE_DIR=$scratch/state GITHUB_TOKEN=ghp_symphonybot
export GIT_CONFIG_NOSYSTEM=1
unset XDG_CONFIG_HOME GH_TOKEN
mkdir -p "$HOME" "$scratch/project"
cd "$scratch/project"

ok() { echo "ok $*"; }
fail() { echo "not ok $*" >&2; "$symphony" status >&2 || true; exit 1; }
is() { [[ $2 == "$3" ]] && ok "$1: $2" || fail "$1: $2 instead of $3"; }
api() { curl -sf -H 'User-Agent: check' -H "Authorization: Bearer $GITHUB_TOKEN" "$url/$1"; }
sim() { curl -sf "$url/_sim/$1" "${@:2}"; }
edit() { sim edit -X POST -d "$1" >/dev/null; }
# Python reads JSON from standard input as j.
json() { python3 -c "import json,sys; j=json.load(sys.stdin); print($1)"; }
# A GraphQL query is a POST, and no write.
writes() { sim requests | json 'sum(1 for r in (j["requests"] if isinstance(j,dict) else j) if (r["mutation"] if r.get("api")=="graphql" and "mutation" in r else r["method"] not in ("GET","HEAD")) and not r["path"].startswith("/_sim") and "git-upload-pack" not in r["path"])'; }
verdicts() { "$symphony" status --json | json '" ".join(sorted(i["code"] for i in j["items"]))'; }
# Processes that carry the marker of a run of this state directory's workspaces.
marked() { grep -lsz '^SYMPHONY_RUN=' /proc/[0-9]*/environ 2>/dev/null | while read -r f; do
  tr '\0' '\n' <"$f" 2>/dev/null | grep -q "^SYMPHONY_STATE_DIR=$SYMPHONY_STATE_DIR$" && echo "$f"; done; true; }
held() { local n=0 l; for l in "$SYMPHONY_STATE_DIR"/runs/*/lease; do
  [[ -e $l ]] || continue; flock -n "$l" true || n=$((n + 1)); done; echo $n; }

cat >WORKFLOW.md <<WORKFLOW
---
tracker:
  repository: acme/app
  labels: [symphony]
github:
  api_url: $url
agent:
  kind: command
  command: sh '$scratch/agent.sh'
  max_concurrent: 2
  max_retry_backoff_ms: 2000
---
Issue {{ issue.number }}: {{ issue.title }}

{{ issue.body }}
WORKFLOW
cat >"$scratch/agent.sh" <<'AGENT'
number=$(sed -n '1s/^Issue \([0-9]*\):.*/\1/p')
env | grep -qE 'ghp_|SYMPHONY_GIT_TOKEN' && { echo "a token is in the agent's environment" >&2; exit 1; }
ls -d "$PWD"/../*/ | wc -l >/dev/null
echo "work on $number" >"work-$number.txt"
git add -A
git -c user.name=Agent -c user.email=agent@localhost commit -qm "Work on $number"
echo "Did the work for issue $number."
AGENT

# --- a dry run changes nothing
"$symphony" tick --dry-run >"$scratch/plan"
is "items named by the dry run" "$(grep -c '^  acme/app#' "$scratch/plan")" 5
[[ ! -e $SYMPHONY_STATE_DIR ]] || fail "the dry run made a state directory"
is "writes after the dry run" "$(writes)" 0

# --- ticks until quiet, never more than two workers
most=0
for ((i = 0; i < 400; i++)); do
  "$symphony" tick >/dev/null 2>&1 || true
  now=$(held)
  ((now > most)) && most=$now
  [[ $(verdicts) == "handed_off handed_off handed_off handed_off handed_off" ]] && break
  sleep 0.1
done
is "verdicts" "$(verdicts)" "handed_off handed_off handed_off handed_off handed_off"
((most <= 2)) && ok "at most $most workers at once" || fail "$most workers at once"
api 'repos/acme/app/pulls?state=all&per_page=100' >"$scratch/pulls"
is "pull requests" "$(json 'len(j)' <"$scratch/pulls")" 5
is "drafts" "$(json 'sum(p["draft"] for p in j)' <"$scratch/pulls")" 5
is "bodies that close an issue" \
  "$(json 'len({l for p in j for l in p["body"].splitlines() if l.startswith("Closes acme/app#")})' <"$scratch/pulls")" 5
comments=$(for n in 1 2 3 4 5; do
  api "repos/acme/app/issues/$n/comments?per_page=100" | json 'sum("symphony:" in c["body"] and "/pull/" in c["body"] for c in j)'
done | tr '\n' ' ')
is "comments per issue" "$comments" "1 1 1 1 1 "

# --- quiet: no write, every answer a 304, at most three requests a tick
"$symphony" tick >/dev/null
before=$(writes)
sim requests -X DELETE >/dev/null
for ((i = 0; i < 20; i++)); do
  [[ -z $("$symphony" tick 2>&1) ]] || fail "an idle tick printed something"
done
sim requests >"$scratch/requests"
is "statuses of 20 idle ticks" \
  "$(json '" ".join(sorted({str(r["status"]) for r in (j["requests"] if isinstance(j,dict) else j) if not r["path"].startswith("/_sim")}))' <"$scratch/requests")" 304
count=$(json 'sum(not r["path"].startswith("/_sim") for r in (j["requests"] if isinstance(j,dict) else j))' <"$scratch/requests")
((count <= 60)) && ok "$count requests in 20 idle ticks" || fail "$count requests in 20 idle ticks"
is "writes in 20 idle ticks" "$(writes)" 0

# --- a dry run on the finished world: checksums and write counter stay
sums() { find "$SYMPHONY_STATE_DIR" -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum; }
before=$(sums)
"$symphony" tick --dry-run >"$scratch/plan"
is "checksums after a dry run" "$(sums)" "$before"
is "items in the plan" "$(grep -c 'handed_off' "$scratch/plan")" 5

# --- merge all, close all: nothing is left behind
ready='mutation($id:ID!){markPullRequestReadyForReview(input:{pullRequestId:$id}){pullRequest{isDraft}}}'
for pull in $(json '" ".join(p["node_id"] + ":" + str(p["number"]) for p in j)' <"$scratch/pulls"); do
  curl -sf -H 'User-Agent: check' -H "Authorization: Bearer $GITHUB_TOKEN" "$url/graphql" \
    -d "{\"query\":\"$ready\",\"variables\":{\"id\":\"${pull%:*}\"}}" >/dev/null
  edit "{\"op\":\"merge\",\"issue\":\"acme/app#${pull#*:}\"}"
done
for n in 1 2 3 4 5; do
  [[ $(api "repos/acme/app/issues/$n" | json 'j["state"]') == closed ]] || edit "{\"op\":\"close\",\"issue\":\"acme/app#$n\"}"
done
for ((i = 0; i < 200; i++)); do
  "$symphony" tick >/dev/null 2>&1 || true
  [[ $(verdicts) == "done done done done done" && $(held) == 0 ]] && break
  sleep 0.1
done
is "verdicts" "$(verdicts)" "done done done done done"
is "workspaces left" "$(find "$SYMPHONY_STATE_DIR/workspaces" -mindepth 1 | wc -l)" 0
is "worktrees registered" "$(git -C "$SYMPHONY_STATE_DIR/repos/acme/app.git" worktree list | grep -vc '(bare)' || true)" 0
is "leases held" "$(held)" 0
is "processes with the marker" "$(marked | wc -l)" 0
is "branches on the remote" "$(git -c "http.extraHeader=Authorization: Basic $(printf 'x-access-token:%s' "$GITHUB_TOKEN" | base64 -w0)" ls-remote --heads "$url/acme/app.git" 'symphony/*' | wc -l)" 5

# --- no secret anywhere on disk
if grep -rqa "$GITHUB_TOKEN" "$SYMPHONY_STATE_DIR" "$scratch/project"; then fail "the token is on disk"; fi
encoded=$(printf 'x-access-token:%s' "$GITHUB_TOKEN" | base64 -w0)
if grep -rqa "$encoded" "$SYMPHONY_STATE_DIR"; then fail "the encoded token is on disk"; fi
ok "no token under the state directory"
echo "all of it holds"
