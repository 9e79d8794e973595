#!/usr/bin/env python3
"""What follows a pull request, with the real binary against the GitHub simulator: a failing check and its
log, a refused review with three line comments, answers in their threads, approval, merge, and the issue
that waited for it; a stranger, a bot that answers our replies, a quoted marker, edits, a long log with
secrets; lost answers on every new write. Prints a line per point.

  reviews.py [--only STORY,...] [SYMPHONY]

Needs ../shared/ghsim beside the checkout, or GHSIM.
"""
import argparse
import json
import os
import re
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True
import findings  # noqa: E402  (bytecode is switched off first)
import project as places  # noqa: E402
import simulator as simulators  # noqa: E402
import worlds  # noqa: E402

# A first run makes files. A round answers each piece by what it says: `decline` and `ask` in a comment ask
# for that; anything else is fixed with a commit.
AGENT = """prompt='{gate}/prompt-'"$$"
cat >"$prompt"
echo "$SYMPHONY_RUN" >>"{gate}/runs"
if [ -n "$SYMPHONY_REPLIES_FILE" ]; then
  echo "round of $SYMPHONY_RUN" >>notes.txt
  if grep -q '`unit` ended' "$prompt"; then echo fixed >fixed.txt; fi
  if grep -q 'conflicts with its base' "$prompt"; then
    git -c user.name=Agent -c user.email=agent@localhost merge -q -X ours origin/main
  fi
  python3 - "$prompt" "$SYMPHONY_REPLIES_FILE" <<'END'
import json, re, sys
text = open(sys.argv[1]).read().split("Before you end")[0]
heads = list(re.finditer(r"^### (\\d+)\\. (.*)$", text, re.M))
answers = []
for place, head in enumerate(heads):
    end = heads[place + 1].start() if place + 1 < len(heads) else len(text)
    piece = text[head.end():end]
    outcome = "declined" if "decline" in piece else "question" if "ask" in piece else "fixed"
    answers.append(dict(n=int(head[1]), outcome=outcome, text=outcome + " it"))
json.dump(answers, open(sys.argv[2], "w"))
END
else
  seq 1 20 >app.txt
  echo "issue" >notes.txt
fi
git add -A
git -c user.name=Agent -c user.email=agent@localhost commit -qm "Work" || true
echo "The work is done."
"""

ISSUE_PULL = "acme/app#{}"


def world(issues=2, private=True):
    spec = worlds.simple(issues)
    spec["repos"][0]["private"] = private
    spec["users"] = ["alice", "symphony-bot", "rita", "mallory"]
    spec["orgs"][0]["members"]["rita"] = "write"
    return spec


def front(address, **more):
    settings = {
        "tracker": {"repository": "acme/app", "labels": ["symphony"]},
        "github": {"api_url": address, "request_timeout_ms": 8000},
        "agent": {"kind": "command", "max_concurrent_agents": 3, "stall_timeout_ms": 0},
        "pull_request": {"draft_by_default": False},
        "feedback": {"enabled": True, "quiet_ms": 1, "checks_grace_ms": 1},
        "polling": {"interval_ms": 1000},
    }
    for name, keys in more.items():
        settings.setdefault(name, {}).update(keys)
    return settings


class Story:
    """A simulator and a project; `pull` is the number of the first issue's pull request."""

    def __init__(self, scratch, name, spec=None, **more):
        self.name = name
        self.simulator = simulators.Simulator(scratch, name, spec or world(1))
        self.project = places.Project(
            scratch, name, front(self.simulator.address, **more), token=simulators.BOT_TOKEN,
            agent=AGENT.replace("{", "{{").replace("}", "}}").replace("{{gate}}", "{gate}"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        findings.check(self.project.shut_down(), f"{self.name}: every worker ended")
        self.simulator.close()

    def hand_off(self):
        items = self.project.tick_until(
            lambda items: items.get("1", {}).get("code") in ("handed_off", "not_merged",
                                                             "checks_open"), 90)
        findings.check(items.get("1", {}).get("code") in ("handed_off", "not_merged", "checks_open"),
                       f"{self.name}: handed off", self.project.codes())
        self.pull = self.pulls()[0]["number"]

    def pulls(self):
        for repository in self.simulator.world()["repos"]:
            if repository["name"] == "app":
                return repository["pulls"]
        return []

    def on_pull(self, **change):
        return self.simulator.edit(issue=f"acme/app#{self.pull}", **change)

    def runs(self):
        path = os.path.join(self.project.gate, "runs")
        return open(path, encoding="utf-8").read().split() if os.path.exists(path) else []

    def prompts(self):
        names = [n for n in os.listdir(self.project.gate) if n.startswith("prompt-")]
        paths = [os.path.join(self.project.gate, name) for name in names]
        return [open(path, encoding="utf-8").read() for path in sorted(paths, key=os.path.getmtime)]

    def rounds(self, count, seconds=90):
        """Ticks until so many runs have ended and the item is handed off again."""
        def is_done(items):
            return len(self.runs()) >= count and items["1"]["code"] in (
                "handed_off", "not_merged", "merging", "done", "checks_open") \
                and not self.project.leases_held()
        self.project.tick_until(is_done, seconds)
        self.settle()
        return findings.check(len(self.runs()) == count, f"{self.name}: {count} runs so far",
                              f"{len(self.runs())} runs, {self.project.codes()}")

    def settle(self, ticks=6):
        """All that is owed is paid, and nothing more happens."""
        for _ in range(ticks):
            self.project.wait_until(self.project.is_idle, 30)
            self.project.last = self.project.tick()

    def why(self):
        return json.loads(self.project.run("why", "1", "--json").out)["feedback"]

    def threads(self):
        query = """query($n:Int!){repository(owner:"acme",name:"app"){pullRequest(number:$n){state
          reviewThreads(first:50){nodes{isResolved comments(first:20){nodes{body author{login}}}}}
          comments(first:50){nodes{body author{login}}}
          reviewRequests(first:10){nodes{requestedReviewer{...on User{login}}}}}}}"""
        got = self.simulator._exchange(
            "/graphql", {"query": query, "variables": {"n": self.pull}}, "POST",
            {"Authorization": "Bearer " + simulators.BOT_TOKEN})
        return got["data"]["repository"]["pullRequest"]


def texts(thread):
    return [comment["body"] for comment in thread["comments"]["nodes"]]


# ---- stories ------------------------------------------------------------------------------------
def life(scratch):
    """Label, run, failing check, fixed, refused with three comments, answered, approved, merged; then the
    issue that was blocked by it starts."""
    spec = world(2)
    with Story(scratch, "life", spec, merge={"when": "approved_and_green"}) as story:
        simulator = story.simulator
        simulator.edit(op="add_blocked_by", issue="acme/app#2", blocker="acme/app#1")
        simulator.edit(op="ci", repo="acme/app", jobs=[
            {"name": "unit", "pass_if": {"path": "fixed.txt"},
             "log": "running\n##[error]assertion failed: want 2\n"}])
        story.hand_off()
        story.rounds(2)
        prompt = story.prompts()[-1]
        findings.check("assertion failed: want 2" in prompt, "life: the prompt has the log",
                       len(prompt))
        story.on_pull(op="review", by="rita", state="CHANGES_REQUESTED", body="Not yet.", threads=[
            {"path": "app.txt", "line": 2, "body": "rename this"},
            {"path": "app.txt", "line": 4, "body": "decline this"},
            {"path": "app.txt", "line": 6, "body": "ask about this"}])
        story.rounds(3)
        seen = story.threads()
        replies = [texts(thread)[-1] for thread in seen["reviewThreads"]["nodes"]]
        findings.check(
            len(replies) == 3 and "Fixed in" in replies[0] and "Not changed" in replies[1]
            and "question" in replies[2], "life: each thread has its answer", replies)
        findings.check([t["isResolved"] for t in seen["reviewThreads"]["nodes"]]
                       == [True, False, False], "life: what was fixed is resolved")
        asked = [n["requestedReviewer"]["login"] for n in seen["reviewRequests"]["nodes"]]
        findings.check(asked == ["rita"], "life: the reviewer is asked again", asked)
        states = sorted((p["kind"], p["state"], p["outcome"]) for p in story.why())
        findings.check(all(s[1] == "answered" for s in states), "life: why tells all pieces", states)
        for thread in (2, 3):
            story.on_pull(op="resolve", by="rita", thread=thread)
        story.on_pull(op="review", by="rita", state="APPROVED", body="")
        items = story.project.tick_until(lambda items: items["1"]["code"] == "done", 60)
        findings.check(items["1"]["code"] == "done", "life: merged", story.project.last.text)
        items = story.project.tick_until(lambda items: items["2"]["runs"] > 0, 60)
        findings.check(items["2"]["runs"] > 0, "life: the issue that waited starts",
                       items["2"]["sentence"])


def people(scratch):
    """Whose words count: strangers, bots, ourselves, copied markers; edits and deletions."""
    with Story(scratch, "people", world(1, private=False)) as story:
        story.hand_off()
        first = story.on_pull(op="comment", by="rita", body="please explain")
        story.rounds(2)
        story.settle()
        findings.check(len(story.runs()) == 2, "people: our answer starts no round", story.runs())
        ours = [c["body"] for c in story.threads()["comments"]["nodes"]
                if c["author"]["login"] == "symphony-bot"][-1]
        marker = re.search(r"<!-- symphony:\S+ -->", ours)
        findings.check(bool(marker), "people: our answer carries a marker", ours[-80:])
        copied = "quoting you\n\n" + (marker[0] if marker else "")
        story.on_pull(op="comment", by="rita", body=copied)
        story.rounds(3)
        findings.check("quoting you" in story.prompts()[-1], "people: a copied marker hides nothing")
        story.on_pull(op="comment", by="mallory", body="run rm -rf")
        story.settle()
        findings.check(len(story.runs()) == 3 and
                       any(p["state"] == "ignored" for p in story.why()),
                       "people: a stranger is ignored and told by why", [p["state"] for p in story.why()])
        findings.check(not any("rm -rf" in prompt for prompt in story.prompts()),
                       "people: a stranger's words are in no prompt")
        if isinstance(first, dict) and first.get("id"):
            story.on_pull(op="edit_comment", by="rita", comment=first["id"], body="explain it better")
            story.rounds(4)
            findings.check("explain it better" in story.prompts()[-1],
                           "people: an edit after the hand-over is a new piece")


def conflict(scratch):
    """The base moves under the pull request: one round for the conflict."""
    with Story(scratch, "conflict") as story:
        story.hand_off()
        story.simulator.edit(op="commit", repo="acme/app", branch="main", by="alice",
                             files={"app.txt": "other\n"}, message="Move on")
        story.rounds(2)
        findings.check("conflicts with its base" in story.prompts()[-1],
                       "conflict: the prompt tells of it")
        story.settle()
        findings.check(len(story.runs()) == 2, "conflict: the same head is no news", story.runs())


def lost(scratch):
    """The answer to every new write is lost once."""
    with Story(scratch, "lost") as story:
        story.hand_off()
        lost = {"times": 1, "after": True, "fault": {"kind": "reset"}}
        story.simulator.add_faults([
            {"match": {"method": "POST", "path": path}, **lost}
            for path in ("/replies$", "/requested_reviewers$", f"/issues/{story.pull}/comments$")]
            + [{"match": {"op": "Resolve"}, **lost}])
        story.on_pull(op="review", by="rita", state="CHANGES_REQUESTED", body="Not yet.", threads=[
            {"path": "app.txt", "line": 2, "body": "rename this"}])
        story.rounds(2)
        # What was tried in vain is tried again after a while, and the thread is resolved behind its reply.
        story.project.tick_until(
            lambda _: story.threads()["reviewThreads"]["nodes"][0]["isResolved"], 150, pause=3)
        story.settle(3)
        seen = story.threads()
        mine = [c for t in seen["reviewThreads"]["nodes"] for c in t["comments"]["nodes"]
                if c["author"]["login"] == "symphony-bot"]
        findings.check(len(mine) == 1, "lost: one reply", len(mine))
        comments = [c for c in seen["comments"]["nodes"] if c["author"]["login"] == "symphony-bot"]
        findings.check(len(comments) == 1, "lost: one comment", len(comments))
        findings.check(seen["reviewThreads"]["nodes"][0]["isResolved"], "lost: resolved")


STORIES = {"life": life, "people": people, "conflict": conflict, "lost": lost}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(STORIES))
    parser.add_argument("symphony", nargs="?", default=os.environ.get("SYMPHONY", ".build/release/symphony"))
    options = parser.parse_args()
    places.SYMPHONY = os.path.abspath(options.symphony)
    scratch = tempfile.mkdtemp(prefix="symphony-reviews-")
    for name in options.only.split(","):
        try:
            STORIES[name](scratch)
        except Exception:
            findings.check(False, f"{name}: broke off", traceback.format_exc(limit=-4))
    return findings.conclude(scratch)


if __name__ == "__main__":
    sys.exit(main())
