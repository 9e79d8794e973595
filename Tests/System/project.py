"""A WORKFLOW.md with a state directory and a home of its own, and the real binary run on it. Used
by every demonstration beside this file. Waits by asking `symphony status` and the leases of the
runs; ends workers only through `symphony stop --all`.
"""
import fcntl
import json
import os
import sqlite3
import subprocess
import time

import machine

SYMPHONY = None  # Set once by the entry point.

COMMITTING_AGENT = """cat >'{gate}/prompt-'"$$"
while ! test -e '{gate}/open'; do sleep 0.2; done
echo "work by $$" >>"$(basename "$PWD").txt"
git add -A
git -c user.name=Agent -c user.email=agent@localhost commit -qm "Do the work"
echo "The work is done."
"""


class Outcome:
    """What one command said, and how it ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def text(self):
        return (self.out + self.err).strip()


class Project:
    """What is still in `alive` at the end was left by a demonstration that broke off."""

    alive = []

    def __init__(self, scratch, name, front, body="Work on {{ issue.identifier }}.\n",
                 token=None, environment=None, agent=None, is_open=True):
        self.directory = os.path.join(scratch, "places", name)
        self.state = os.path.join(self.directory, "state")
        self.gate = os.path.join(self.directory, "gate")
        for part in ("home", "checkout", "gate", "runtime"):
            os.makedirs(os.path.join(self.directory, part), mode=0o700)
        self.workflow = os.path.join(self.directory, "checkout", "WORKFLOW.md")
        script = os.path.join(self.directory, "agent.sh")
        with open(script, "w", encoding="utf-8") as file:
            file.write((agent or COMMITTING_AGENT).format(gate=self.gate))
        self.front, self.body = front, body
        self.front.setdefault("agent", {}).setdefault("kind", "command")
        self.front["agent"].setdefault("command", f"sh '{script}'")
        self.write()
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": os.path.join(self.directory, "home"),
            "LANG": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1", "SYMPHONY_STATE_DIR": self.state,
            "XDG_RUNTIME_DIR": os.path.join(self.directory, "runtime"),
        }
        if "TMPDIR" in os.environ:
            self.environment["TMPDIR"] = os.environ["TMPDIR"]
        if token:
            self.environment["GITHUB_TOKEN"] = token
        self.environment.update(environment or {})
        if is_open:
            self.open_gate()
        Project.alive.append(self)

    def write(self):
        """JSON is YAML: no writer of our own is needed."""
        with open(self.workflow, "w", encoding="utf-8") as file:
            file.write("---\n" + json.dumps(self.front, indent=1) + "\n---\n" + self.body)

    def open_gate(self):
        """Agents wait for this before they commit."""
        open(os.path.join(self.gate, "open"), "w", encoding="utf-8").close()

    def close_gate(self):
        os.unlink(os.path.join(self.gate, "open"))

    # ---- commands -----------------------------------------------------------------------------
    def run(self, *arguments, seconds=90):
        done = subprocess.run(
            [SYMPHONY, *arguments], cwd=os.path.dirname(self.workflow), env=self.environment,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds)
        return Outcome(
            done.returncode, done.stdout.decode("utf-8", "replace"),
            done.stderr.decode("utf-8", "replace"))

    def tick(self, *flags):
        return self.run("tick", *flags)

    def kill_a_tick(self, seconds=0.02):
        """Starts a tick and ends it at once, wherever it is by then."""
        tick = subprocess.Popen(
            [SYMPHONY, "tick"], cwd=os.path.dirname(self.workflow), env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        tick.kill()
        tick.wait()

    def status(self):
        done = self.run("status", "--json")
        if done.code:
            raise RuntimeError(f"status: exit {done.code}: {done.text}")
        return json.loads(done.out)

    def items(self):
        """What status says of each item: by its number where all are of one repository."""
        items = {item["key"]: item for item in self.status()["items"]}
        several = len({key.rpartition("#")[0] for key in items}) > 1
        return {key if several else key.rpartition("#")[2]: item for key, item in items.items()}

    def codes(self):
        return {number: item["code"] for number, item in self.items().items()}

    def ticks(self):
        """How many the database has counted."""
        base = sqlite3.connect(f"file:{self.state}/symphony.db?mode=ro", uri=True, timeout=30)
        try:
            return base.execute(
                "SELECT coalesce(sum(value), 0) FROM counter WHERE name = 'ticks'").fetchone()[0]
        finally:
            base.close()

    # ---- waiting ------------------------------------------------------------------------------
    def tick_until(self, holds, seconds=60, pause=0.3):
        """Ticks until `holds(items)`; the last items, whether it came true or not."""
        end = time.monotonic() + seconds
        while True:
            self.last = self.tick()
            items = self.items()
            if holds(items) or time.monotonic() > end:
                return items
            time.sleep(pause)

    def wait_until(self, holds, seconds=60):
        """The same without ticks."""
        return machine.wait_until(holds, seconds)

    def agents_at_work(self):
        """Agents that have begun, since the first of them."""
        return sum(name.startswith("prompt-") for name in os.listdir(self.gate))

    def leases_held(self):
        """Runs whose worker lives: the lease is the truth."""
        runs = os.path.join(self.state, "runs")
        names = os.listdir(runs) if os.path.isdir(runs) else []
        return [name for name in names if self._is_locked(os.path.join(runs, name, "lease"))]

    @staticmethod
    def _is_locked(path):
        try:
            with open(path, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (FileNotFoundError, NotADirectoryError):  # beside runs lie a number and locks
            return False
        except BlockingIOError:
            return True
        return False

    def is_idle(self):
        return not self.leases_held() and not self._is_locked(os.path.join(self.state, "tick.lock"))

    def shut_down(self, seconds=60):
        """Ends the workers and waits for the last one to be gone; true when none is left."""
        if self in Project.alive:
            Project.alive.remove(self)
        if not os.path.exists(os.path.join(self.state, "symphony.db")):
            return True
        self.open_gate()
        if self.is_idle():
            return True
        end = time.monotonic() + seconds
        self.run("stop", "--all")
        while time.monotonic() < end:
            self.tick()
            if self.wait_until(self.is_idle, 3):
                return True
        return self.is_idle()
