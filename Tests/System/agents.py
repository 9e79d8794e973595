#!/usr/bin/env python3
"""The real `claude` and `codex` under the real symphony, offline: agents.py [--only STORY,...]
[SYMPHONY]. SYMPHONY is the binary, default $SYMPHONY, then .build/release/symphony; the agents are
$CLAUDE and $CODEX, else what PATH has. The scripted stand-ins for the vendors' APIs are in
../shared/agent-apis beside the checkout, or in the directory AGENT_APIS names; everything talks to
loopback only. One line per point and a summary; exit 1 when a point does not hold, 3 when an agent
or the stand-ins are missing (then nothing of it was run, and it says so).
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
import examples  # noqa: E402  (bytecode is switched off first)
import findings  # noqa: E402
import project  # noqa: E402
from findings import check  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
APIS = os.environ.get("AGENT_APIS") or os.path.join(ROOT, "..", "shared", "agent-apis")
BODY = "Work on {{ issue.identifier }}: {{ issue.title }}.\n"
ISSUE, GO_ON = "^Work on", "^Go on with the issue"


class Vendor:
    """A scripted API on loopback, and the settings that make an agent use it."""

    def __init__(self, scratch, kind, script):
        self.kind = kind
        self.folder = tempfile.mkdtemp(dir=scratch)
        self.log = os.path.join(self.folder, "log")
        path = os.path.join(self.folder, "script.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(script, file)
        name = "fake_anthropic.py" if kind == "claude_code" else "fake_openai.py"
        self.server = subprocess.Popen(
            [sys.executable, os.path.join(APIS, name), "--port", "0", "--script", path,
             "--log", self.log, "--bodies", os.path.join(self.folder, "bodies")], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.url = self.server.stdout.readline().strip()

    def requests(self):
        """What the model was asked, in order."""
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        return [line for line in lines if line["method"] == "POST" and line.get("route") != "side"]

    def told(self):
        """The bodies of the requests that may use tools, in order: all that the model was told."""
        folder, bodies = os.path.join(self.folder, "bodies"), []
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                body = file.read()
            if body.startswith("{") and json.loads(body).get("tools"):
                bodies.append(body)
        return bodies

    def stop(self):
        self.server.terminate()
        self.server.wait()

    def agent(self, home, **more):
        """`agent` and its section of WORKFLOW.md."""
        if self.kind == "claude_code":
            login = more.pop("login", {"ANTHROPIC_API_KEY": "dummy"})
            environment = {"ANTHROPIC_BASE_URL": self.url, "DISABLE_TELEMETRY": "1",
                           "IS_SANDBOX": "1", "CLAUDE_CODE_MAX_RETRIES": "1", **login}
            agent = {"kind": "claude_code", "command": os.environ["CLAUDE"],
                     "permission_mode": "bypassPermissions", "env": {"set": environment}}
            return {"agent": {**agent, **more}, "claude": {"model": "sonnet"}}
        fake = "model_providers.fake."
        config = {"model_provider": "fake", fake + "name": "fake", fake + "base_url": self.url,
                  fake + "wire_api": "responses", fake + "env_key": "FAKE_KEY",
                  "analytics.enabled": False}
        agent = {"kind": "codex", "command": os.environ["CODEX"],
                 "env": {"set": {"FAKE_KEY": "dummy", "CODEX_HOME": home}}}
        more.pop("login", None)
        return {"agent": {**agent, **more},
                "codex": {"model": "gpt-5.5", "config": config,
                          "provider_params": {"disable": "plugins"}}}


class Place(project.Project):
    """A project on the local tracker with one issue or more."""

    def __init__(self, scratch, name, vendor, issues=1, more=None, **agent):
        home = os.path.join(scratch, "codex-home-" + name)
        os.makedirs(home, exist_ok=True)
        front = {"tracker": {"kind": "local"}, **vendor.agent(home, **agent), **(more or {})}
        front["agent"].setdefault("max_concurrent", 1)
        super().__init__(scratch, name, front, body=BODY, agent="true")
        self.vendor = vendor
        checkout = os.path.dirname(self.workflow)
        os.makedirs(os.path.join(checkout, "issues"))
        for number in range(1, issues + 1):
            with open(os.path.join(checkout, "issues", f"{number}.md"), "w") as file:
                file.write(f"---\ntitle: Number {number}\nstatus: Todo\n---\nPlease.\n")
        with open(os.path.join(checkout, ".gitignore"), "w") as file:
            file.write("issues/\n")
        git = ["git", "-C", checkout, "-c", "user.name=T", "-c", "user.email=t@localhost"]
        for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "start"]):
            subprocess.run(git + words, check=True)
        self.git = git

    def subjects(self, item):
        done = subprocess.run(
            self.git + ["log", "--format=%s", f"main..{item['branch']}"], capture_output=True,
            text=True)
        return done.stdout.split("\n")[:-1]

    def runs(self):
        folder = os.path.join(self.state, "runs")
        return sorted(os.listdir(folder), key=lambda name: int(name.rpartition("-r")[2]))

    def file(self, run, name):
        with open(os.path.join(self.state, "runs", run, name), encoding="utf-8") as file:
            return file.read()

    def json(self, run, name):
        return json.loads(self.file(run, name))

    def marked(self, run):
        """Processes that carry the run's marker."""
        mark, found = f"SYMPHONY_RUN={run}".encode(), []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    if mark in file.read().split(b"\0"):
                        found.append(int(pid))
            except OSError:
                pass
        return found


def handed_off(items):
    return all(item["code"] == "handed_off" for item in items.values())


def commit(name):
    return f"echo x > {name} && git add -A && git commit -qm 'Add {name}'"


def two_turns(scratch, kind):
    """The first turn only looks, the second commits: one run, one session, both turns counted."""
    vendor = Vendor(scratch, kind, {"routes": [
        {"match": GO_ON, "steps": [{"sh": commit("f")}, {"text": "Committed f."}]},
        {"match": ISSUE, "steps": [{"text": "I looked around first."}]}]})
    place = Place(scratch, f"turns-{kind}", vendor)
    items = place.tick_until(handed_off)
    item = items["1"]
    check(item["code"] == "handed_off", f"{kind}: two turns, one run", item["sentence"])
    check(item["runs"] == 1 and len(item["last_run"]["turns"]) == 2, f"{kind}: both turns counted",
          item["last_run"]["turns"])
    check(place.subjects(item) == ["Add f"], f"{kind}: the agent's own commit, in a worktree",
          place.subjects(item))
    prompts = [place.file(place.runs()[0], f"prompt-{turn}.md") for turn in (1, 2)]
    check("Number 1" in prompts[0] and "Number 1" not in prompts[1],
          f"{kind}: the second prompt does not repeat the issue")
    check(not place.marked(place.runs()[0]), f"{kind}: nothing of the run lives on")
    if kind == "claude_code":
        results = [json.loads(line) for line in place.file(place.runs()[0], "agent.ndjson").split("\n")
                   if '"type":"result"' in line]
        total = results[-1]["total_cost_usd"]
        check(abs(item["cost_usd"] - total) < 1e-9, f"{kind}: cost is the agent's own cumulative figure",
              f"{item['cost_usd']} of {total}")
    place.shut_down()
    vendor.stop()


def killed(scratch, kind):
    """kill -9 of the worker in mid-turn: the next tick ends its agent and resumes the same session."""
    folder = tempfile.mkdtemp(dir=scratch)
    gate = os.path.join(folder, "killed")
    vendor = Vendor(scratch, kind, {"routes": [{"match": ISSUE, "steps": [
        {"text": "Working.", "sh": f"touch {folder}/begun; test -e {gate} || sleep 600; {commit('f')}"},
        {"text": "Committed f."}]}]})
    more = {"codex": {**vendor.agent("")["codex"], "thread_sandbox": "danger-full-access"}} \
        if kind == "codex" else {}
    place = Place(scratch, f"killed-{kind}", vendor, more=more)
    place.tick()
    began = place.wait_until(lambda: os.path.exists(os.path.join(folder, "begun")), 60)
    check(began, f"{kind}: the agent is in mid-turn")
    first = place.runs()[0]
    session = place.json(first, "progress.json")["session"]["id"]
    worker = place.json(first, "worker.pid")["pid"]
    os.kill(worker, signal.SIGKILL)
    open(gate, "w").close()
    items = place.tick_until(handed_off)
    second = place.runs()[-1]
    check(handed_off(items) and second != first, f"{kind}: the next run finished", items["1"]["sentence"])
    check(not place.marked(first), f"{kind}: what the killed run left is gone")
    check(place.json(second, "spec.json").get("resume", {}).get("id") == session,
          f"{kind}: it was told to resume {session}")
    check(place.json(second, "result.json")["session"]["id"] == session, f"{kind}: and did")
    place.shut_down()
    vendor.stop()


def limit(scratch, kind):
    """A usage limit with a reset: hold, no request, one probe, then the others."""
    reset = int(time.time()) + 75
    unified = "anthropic-ratelimit-unified-"
    if kind == "claude_code":
        error = {"status": 429, "type": "rate_limit_error", "message": "limit", "headers": {
            unified + "status": "rejected", unified + "reset": str(reset),
            unified + "representative-claim": "five_hour", unified + "5h-status": "rejected",
            unified + "5h-reset": str(reset), unified + "5h-utilization": "1.0",
            unified + "overage-status": "rejected"}}
    else:
        # codex tells its users whole minutes: the hold may end up to one later.
        reset = (reset // 60 + 1) * 60
        error = {"status": 429, "type": "usage_limit_reached", "message": "limit",
                 "fields": {"plan_type": "plus", "resets_at": reset}}
    vendor = Vendor(scratch, kind, {"routes": [{"match": "Number (\\d)", "steps": [
        {"error": error, "times": 1}, {"sh": commit("f{{1}}")}, {"text": "Committed."}]}]})
    place = Place(scratch, f"limit-{kind}", vendor, issues=4,
                  login={"CLAUDE_CODE_OAUTH_TOKEN": "dummy"})
    place.tick_until(lambda items: place.status()["holds"], 60)
    holds = place.status()["holds"]
    check(len(holds) == 1 and holds[0]["kind"] == "agent", f"{kind}: the account is held", holds)
    asked = len(vendor.requests())
    # The kill of a tick in between changes nothing.
    place.kill_a_tick()
    while time.time() < reset - 3:
        place.tick()
        time.sleep(3)
    check(len(vendor.requests()) == asked and len(place.runs()) == 1,
          f"{kind}: nothing was started or asked before the reset", f"{asked} request(s)")
    failures = [item["failures"] for item in place.items().values()]
    check(failures == [0] * 4, f"{kind}: no attempt was spent", failures)
    place.tick_until(lambda items: len(place.runs()) > 1, 90)
    probes = len(place.runs()) - 1
    alive = []
    for _ in range(3):
        place.tick()
        alive.append(len(place.leases_held()))
    check(probes == 1 and max(alive) <= 1, f"{kind}: one probe", (probes, alive))
    items = place.tick_until(handed_off, 120)
    check(handed_off(items), f"{kind}: then all of them", {n: i["code"] for n, i in items.items()})
    check(not place.status()["holds"], f"{kind}: the hold is gone")
    place.shut_down()
    vendor.stop()


def denied(scratch, kind):
    """acceptEdits lets claude write and denies the commit: the worker commits what it left."""
    if kind != "claude_code":
        return
    vendor = Vendor(scratch, kind, {"steps": [
        {"tools": [{"name": "Write", "input": {"file_path": "f", "content": "x\n"}}]},
        {"sh": "git add -A && git commit -qm mine"}, {"text": "I could not commit."}]})
    place = Place(scratch, "denied", vendor, permission_mode="acceptEdits")
    items = place.tick_until(handed_off)
    item = items["1"]
    check(handed_off(items), f"{kind}: acceptEdits is handed off", item["sentence"])
    subjects = place.subjects(item)
    check(len(subjects) == 1 and subjects[0].startswith("Work on "), f"{kind}: the worker committed",
          subjects)
    check("denied" in item["last_run"]["summary"], f"{kind}: what was denied is reported",
          item["last_run"]["summary"])
    place.shut_down()
    vendor.stop()


def sandboxed(scratch, kind):
    """Two turns in one session under bubblewrap: a commit after a test, hooks and an MCP server inside,
    and the agent's own login and sessions."""
    real = os.path.expanduser("~")
    vendor = Vendor(scratch, kind, {"routes": [
        {"match": GO_ON, "steps": [
            {"sh": f"(cat {scratch}/places/*/state/symphony.db; cat {real}/.bashrc {real}/.gitconfig; "
                   f"cat {scratch}/places/*/checkout/WORKFLOW.md {scratch}/places/*/checkout/.git/config) "
                   ">leak 2>/dev/null; printf 'test -d .git\n' > test.sh; sh test.sh && git fetch origin main && cp .git/mcp-started . && "
                   + commit("f")},
            {"text": "Committed f."}]},
        {"match": ISSUE, "steps": [{"text": "I looked around first."}]}]})
    server = {"name": "echo", "command": f"sh -c 'date > .git/mcp-started; exec python3 {APIS}/mcp_echo.py'"}
    hooks = {"before_run": "git fetch origin main && git log -1 FETCH_HEAD",
             "after_run": "git status && sh test.sh && date > .git/after-run"}
    place = Place(scratch, f"sandboxed-{kind}", vendor, sandbox="bubblewrap", mcp_servers=[server],
                  more={"hooks": hooks})
    home = place.environment["HOME"]
    for name in (".claude", ".codex"):
        os.makedirs(os.path.join(home, name))
    values = place.front["agent"]["env"]["set"]
    values.pop("IS_SANDBOX", None)
    if kind == "codex":
        values["CODEX_HOME"] = os.path.join(home, ".codex")
    place.write()
    items = place.tick_until(handed_off)
    check(handed_off(items), f"{kind}: handed off out of a sandbox", items["1"]["sentence"])
    check(place.subjects(items["1"]) == ["Add f"], f"{kind}: its own commit in the sandbox")
    result = place.json(place.runs()[0], "result.json")
    check(result["turns"] == 2 and "gone" not in place.file(place.runs()[0], "worker.log"),
          f"{kind}: one session for both turns", result["session"]["id"])
    names = subprocess.run(place.git + ["ls-tree", "--name-only", items["1"]["branch"]],
                           capture_output=True, text=True).stdout.split()
    check("mcp-started" in names, f"{kind}: its MCP server ran in the sandbox", names)
    hooks_log = place.file(place.runs()[0], "hooks.log")
    check("before_run ended with exit status 0" in hooks_log,
          f"{kind}: a hook fetched from origin in the sandbox", hooks_log[-200:])
    check("after_run ended with exit status 0" in hooks_log, f"{kind}: a hook ran the agent's tests inside",
          hooks_log[-200:])
    leak = subprocess.run(place.git + ["show", f"{items['1']['branch']}:leak"], capture_output=True)
    check(leak.returncode == 0 and not leak.stdout,
          f"{kind}: neither the state nor the operator's home is in there", leak.stdout[:80])
    place.shut_down()
    vendor.stop()


def budget(scratch, kind):
    """A run that would pass its budget is ended and reported as such."""
    if kind != "claude_code":
        return
    big = {"input_tokens": 100_000, "output_tokens": 10_000}
    steps = [{"sh": f"echo {n}", "usage": big} for n in range(6)]
    vendor = Vendor(scratch, kind, {"steps": steps + [{"text": "done"}]})
    place = Place(scratch, "budget", vendor, max_cost_usd_per_run=0.5, max_attempts=1)
    # `status` plans, too: its verdict may be ahead of what a tick has booked.
    items = place.tick_until(lambda items: items["1"]["claim"] == "parked")
    item = items["1"]
    check(item["code"] == "attempts_exhausted", f"{kind}: parked after its one attempt", item["code"])
    check("agent.max_cost_usd_per_run" in item["sentence"], f"{kind}: ended for its budget",
          item["sentence"])
    check(0.5 <= item["cost_usd"] < 1.2, f"{kind}: after the answer that passed it", item["cost_usd"])
    place.shut_down()
    vendor.stop()


def readmes(scratch, kind):
    """What the predecessors' READMEs show, unchanged, and a question that a person answers."""
    examples.examples(scratch, kind, lambda script: Vendor(scratch, kind, script))


STORIES = {"turns": two_turns, "killed": killed, "limit": limit, "denied": denied, "budget": budget,
           "sandboxed": sandboxed, "readmes": readmes}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default=",".join(STORIES))
    parser.add_argument("--kinds", default="claude_code,codex")
    parser.add_argument("symphony", nargs="?")
    options = parser.parse_args()
    project.SYMPHONY = os.path.abspath(
        options.symphony or os.environ.get("SYMPHONY")
        or os.path.join(ROOT, ".build", "release", "symphony"))
    for name in ("claude", "codex"):
        found = os.environ.get(name.upper()) or shutil.which(name)
        if not found:
            print(f"not run: there is no {name} in PATH, and {name.upper()} names none")
            return 3
        os.environ[name.upper()] = found
    if not os.path.isdir(APIS):
        print(f"not run: {APIS} does not exist; AGENT_APIS may name another directory")
        return 3
    # codex's own sandbox does not start from below /tmp.
    scratch = tempfile.mkdtemp(prefix="symphony-agents-", dir="/var/tmp")
    try:
        for story in options.only.split(","):
            for kind in options.kinds.split(","):
                try:
                    STORIES[story](scratch, kind)
                except Exception:
                    check(False, f"{story} of {kind}: broke off", traceback.format_exc(limit=-3))
    finally:
        for place in list(project.Project.alive):
            place.shut_down()
    return findings.conclude(scratch)


if __name__ == "__main__":
    sys.exit(main())
