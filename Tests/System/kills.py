#!/usr/bin/env python3
"""kill -9 of ticks, workers, agents and their gits at random moments, while issues of the GitHub
simulator are worked on; then ticks until all is quiet, then the promises. Prints a line per point.

  kills.py [--kills 150] [--issues 20] [--limit 5] [--seed 1] [--mode label|board] [SYMPHONY]

Without --mode both, with as many kills each. It kills nothing but processes below its own scratch
directory, each looked at right before. Needs ../shared/ghsim beside the checkout, or GHSIM.
"""
import argparse
import collections
import os
import random
import re
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import findings  # noqa: E402  (bytecode is switched off first)
import project as places  # noqa: E402
import served  # noqa: E402
import simulator as simulators  # noqa: E402
import worlds  # noqa: E402

# A turn leaves its mark, works for a second or two and commits in between. An agent that finds
# another of its issue at work says so.
AGENT = """item=$(basename "$PWD")
exec 9>>"{gate}/lock-$item"
flock -n 9 || echo "$item" >>"{gate}/doubled"
echo "$item $SYMPHONY_RUN" >>"{gate}/turns"
for step in 1 2 3; do
  sleep $((RANDOM % 2)).$((RANDOM % 9 + 1))
  echo "step $step by $$" >>"$item.txt"
  git add -A
  git -c user.name=Agent -c user.email=agent@localhost commit -qm "Do step $step"
  git rev-parse HEAD >>"{gate}/commits-$item"
done
echo "The work is done."
"""
WEIGHTS = {"tick": 1, "worker": 1, "agent": 3, "git": 3}
PARKED = ("vanished_repeatedly", "attempts_exhausted", "run_limit")


class Process:
    """Somebody who may be killed, as /proc shows them."""

    def __init__(self, pid, place):
        self.pid = pid
        words = self._read("cmdline").split(b"\0")
        self.words = [word.decode("utf-8", "replace") for word in words if word]
        surroundings = self._read("environ").decode("utf-8", "replace").split("\0")
        self.variables = dict(pair.partition("=")[::2] for pair in surroundings)
        self.started = self._read("stat").rpartition(b")")[2].split()[19:20]
        try:
            self.folder = os.readlink(f"/proc/{pid}/cwd")
        except OSError:
            self.folder = ""
        self.is_here = (self.folder.startswith(place) or any(place in word for word in self.words)
                        or self.variables.get("SYMPHONY_STATE_DIR", "").startswith(place))

    def _read(self, name):
        try:
            with open(f"/proc/{self.pid}/{name}", "rb") as file:
                return file.read()
        except OSError:
            return b""

    @property
    def kind(self):
        if not self.is_here or not self.words:
            return None
        program = os.path.basename(self.words[0])
        if program == "git":
            return "git"
        if self.words[0] == places.SYMPHONY:
            return self.words[1] if self.words[1:2] in (["tick"], ["worker"]) else None
        if any(word.endswith("/agent.sh") for word in self.words):
            return "agent"
        return None

    @property
    def item(self):
        """The issue's number whose run it belongs to; None: none's."""
        run = self.variables.get("SYMPHONY_RUN", "")
        if self.kind == "worker":
            run = os.path.basename(self.words[-1])
        found = re.match(r"acme_app_(\d+)-", run)
        return int(found.group(1)) if found else None

    def kill(self):
        """True when it was the same process still."""
        again = Process.__new__(Process)
        again.pid = self.pid
        if again._read("stat").rpartition(b")")[2].split()[19:20] != self.started:
            return False
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True


def processes(place):
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            found = Process(int(name), place)
            if found.kind:
                yield found


class Night:
    """Ticks at a timer's pace, and somebody who kills."""

    def __init__(self, made, dice):
        self.made, self.dice = made, dice
        self.ticks = []
        self.kills = collections.Counter()
        self.hits = collections.Counter()

    def start_tick(self):
        self.ticks = [tick for tick in self.ticks if tick.poll() is None]
        if len(self.ticks) < 3:
            self.ticks.append(subprocess.Popen(
                [places.SYMPHONY, "tick"], cwd=os.path.dirname(self.made.workflow),
                env=self.made.environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def strike(self):
        alive = collections.defaultdict(list)
        for process in processes(self.made.directory):
            alive[process.kind].append(process)
        kinds = sorted(alive)
        # Ticks begin the work: with all of them dead there would be nobody else to kill.
        if not kinds or kinds == ["tick"] and self.dice.random() < 0.8:
            return
        kind = self.dice.choices(kinds, [WEIGHTS[kind] for kind in kinds])[0]
        victim = self.dice.choice(alive[kind])
        if victim.kill():
            self.kills[victim.kind] += 1
            if victim.item:
                self.hits[victim.item] += 1

    def last(self, kills, seconds):
        """Until so many were killed; issues that were killed too often are taken up again."""
        end = time.monotonic() + seconds
        while sum(self.kills.values()) < kills and time.monotonic() < end:
            self.start_tick()
            time.sleep(self.dice.uniform(0.02, 0.25))
            self.strike()
            if self.dice.random() < 0.05:
                self.made.run("retry", "--all", "--reason", self.dice.choice(PARKED))
        for tick in self.ticks:
            tick.wait()


def settings(address, mode, limit):
    agent = {"max_concurrent_agents": limit, "max_retry_backoff_ms": 1000, "max_attempts":
             "unlimited", "max_runs_per_item": "unlimited"}
    front = worlds.front(address, agent=agent)
    if mode == "label":
        front["tracker"] = {"kind": "github", "repository": "acme/app", "labels": ["symphony"]}
        del front["pull_request"]["handoff_project_status"]
    return front


def lines(made, name):
    path = os.path.join(made.gate, name)
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return file.read().split("\n")[:-1]


def left_locks(made):
    """Lock files of git that nobody removes."""
    found = []
    for top, _, names in os.walk(made.state):
        if "/.git" in top or ".git/" in top + "/":
            found += [os.path.join(top, name) for name in names if name.endswith(".lock")]
    return found


def is_reached(simulator, commit, branch):
    git = os.path.join(simulator.directory, "git", "acme", "app.git")
    done = subprocess.run(
        ["git", "-C", git, "merge-base", "--is-ancestor", commit, branch], capture_output=True)
    return done.returncode == 0


def judge(simulator, made, night, issues, mode):
    seen = worlds.Seen(simulator.world())
    numbers = range(1, issues + 1)
    pulls = {n: len([p for p in seen.pulls("acme/app", n) if p.get("state", "open") == "open"])
             for n in numbers}
    findings.check(set(pulls.values()) == {1}, f"{mode}: one open pull request for each issue",
                   {n: count for n, count in pulls.items() if count != 1})
    notes = {n: len(seen.notes("acme/app", n)) for n in numbers}
    findings.check(set(notes.values()) == {1}, f"{mode}: each issue was told once",
                   {n: count for n, count in notes.items() if count != 1})
    if mode == "board":
        statuses = collections.Counter(seen.status("acme/app", n) for n in numbers)
        findings.check(set(statuses) == {"Human Review"}, f"{mode}: each status is right", statuses)
    findings.check(not lines(made, "doubled"), f"{mode}: never two agents on one issue",
                   lines(made, "doubled"))
    turns = collections.Counter(
        int(re.search(r"_(\d+)(-|$)", line.split()[0]).group(1)) for line in lines(made, "turns"))
    over = {n: (turns[n], night.hits[n]) for n in numbers if turns[n] > 1 + night.hits[n]}
    findings.check(not over, f"{mode}: turns of an issue are at most 1 and the kills that hit it",
                   over or f"{sum(turns.values())} turns, {sum(night.hits.values())} hits")
    lost = []
    for name in os.listdir(made.gate):
        if name.startswith("commits-"):
            number = int(re.search(r"_(\d+)(-|$)", name).group(1))
            branch = f"symphony/acme_app_{number}"
            lost += [(number, commit) for commit in lines(made, name)
                     if len(commit) == 40 and not is_reached(simulator, commit, branch)
                     and not named(made, commit)]
    findings.check(not lost, f"{mode}: every commit is pushed, or kept by name", lost)
    left = [(p.pid, p.kind, p.words[:3]) for p in processes(made.directory)]
    findings.check(not left, f"{mode}: no process is left", left)
    findings.check(not left_locks(made), f"{mode}: no lock is left", left_locks(made))
    codes = collections.Counter(made.codes().values())
    findings.check(set(codes) == {"handed_off"}, f"{mode}: all is handed off", codes)
    rehearsal = made.run("tick", "--dry-run")
    findings.check("no actions" in rehearsal.out, f"{mode}: there is nothing left to do",
                   "" if "no actions" in rehearsal.out else rehearsal.out[-600:])


def named(made, commit):
    """A ref of the cache has it."""
    cache = os.path.join(made.state, "repos", "acme", "app.git")
    done = subprocess.run(["git", "-C", cache, "for-each-ref", "--contains", commit],
                          capture_output=True)
    return done.returncode == 0 and bool(done.stdout.strip())


def play(scratch, mode, given):
    dice = random.Random(f"{given.seed} {mode}")
    simulator = simulators.Simulator(scratch, f"sim-{mode}", worlds.simple(given.issues))
    try:
        made = places.Project(
            scratch, mode, settings(simulator.address, mode, given.limit), token="ghp_symphonybot",
            agent=AGENT)
        night = Night(made, dice)
        began = time.monotonic()
        night.last(given.kills, given.seconds)
        findings.say(f"{mode}: {dict(night.kills)} killed in {time.monotonic() - began:.0f} s")
        findings.check(sum(night.kills.values()) >= given.kills, f"{mode}: {given.kills} kills")

        def is_over(items):
            if any(item["code"] in PARKED for item in items.values()):
                for reason in PARKED:
                    made.run("retry", "--all", "--reason", reason)
            return len(items) == given.issues and all(
                item["code"] == "handed_off" and item["pull_request"] for item in items.values())
        made.tick_until(is_over, seconds=300, pause=0.5)
        for _ in range(4):
            made.wait_until(made.is_idle)
            made.tick()
        made.wait_until(made.is_idle)
        judge(simulator, made, night, given.issues, mode)
        findings.check(made.shut_down(), f"{mode}: every worker has ended")
    finally:
        simulator.close()


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("symphony", nargs="?", default=os.environ.get("SYMPHONY") or os.path.join(
        simulators.ROOT, ".build", "release", "symphony"))
    words.add_argument("--kills", type=int, default=150, help="of each mode")
    words.add_argument("--issues", type=int, default=20)
    words.add_argument("--limit", type=int, default=5)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--seconds", type=int, default=600, help="for the kills of a mode, at most")
    words.add_argument("--mode", choices=["label", "board"])
    given = words.parse_args()
    if not simulators.available():
        print(f"{simulators.GHSIM} does not exist: nothing to show symphony against")
        return 0
    places.SYMPHONY = os.path.realpath(given.symphony)

    def story(scratch):
        for mode in [given.mode] if given.mode else ["label", "board"]:
            play(scratch, mode, given)
    return served.demonstrate("kills", story)


if __name__ == "__main__":
    sys.exit(main())
