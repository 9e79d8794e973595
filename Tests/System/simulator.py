"""One GitHub simulator as a child process: starts it through its own `up`, edits its world, sets
its faults and clock, and reads its request log. Every demonstration beside this file goes through
it. It decides nothing about symphony, and ends only the process that it started itself.
"""
import json
import os
import re
import ssl
import subprocess
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GHSIM = os.path.abspath(os.environ.get("GHSIM") or os.path.join(ROOT, "..", "shared", "ghsim"))
BOT_TOKEN = "ghp_symphonybot"
SIGNATURE_HOLE = re.compile(r"\{[^}]+\}")


def available():
    return os.path.isfile(os.path.join(GHSIM, "up"))


def generated_world(path, *options):
    """A world.json made by the simulator's own generator, as a dictionary to change before use."""
    subprocess.run(
        ["python3", "-B", os.path.join(GHSIM, "make_world.py"), *map(str, options), "-o", path],
        check=True)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


class Simulator:
    """`address` is what people and programs use; `admin` is where the simulator is steered."""

    running = []

    def __init__(self, scratch, name, spec, *options, certificate=None):
        self.directory = os.path.join(scratch, name)
        os.makedirs(self.directory)
        self.trust = ssl.create_default_context(cafile=certificate) if certificate else None
        world = os.path.join(self.directory, "world.json")
        with open(world, "w", encoding="utf-8") as file:
            json.dump(spec, file)
        port_file = os.path.join(self.directory, "port")
        self.log_path = os.path.join(self.directory, "log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [os.path.join(GHSIM, "up"), world, port_file,
                 os.path.join(self.directory, "git"), *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        Simulator.running.append(self)
        self.port = self._wait_for_port(port_file)
        scheme = "https" if certificate else "http"
        self.admin = f"{scheme}://127.0.0.1:{self.port}"
        self.address = self.admin

    def _wait_for_port(self, port_file, seconds=180):
        """Long, because the first start of all makes a Python environment."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if os.path.exists(port_file):
                with open(port_file, encoding="utf-8") as file:
                    return int(file.read())
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            raise RuntimeError("the simulator did not start: " + log.read()[-2000:])

    def close(self):
        Simulator.running.remove(self)
        self.process.terminate()
        self.process.wait(timeout=20)

    # ---- asking and steering ------------------------------------------------------------------
    def _exchange(self, path, body, method, headers):
        request = urllib.request.Request(
            self.admin + path, method=method, headers={"User-Agent": "check", **headers},
            data=None if body is None else json.dumps(body).encode())
        # Never through a proxy that the environment of these scripts may name.
        openers = [urllib.request.ProxyHandler({})]
        if self.trust:
            openers.append(urllib.request.HTTPSHandler(context=self.trust))
        try:
            with urllib.request.build_opener(*openers).open(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.code} {error.read()[:500]}") from error
        return json.loads(text) if text else None

    def steer(self, path, body=None, method=None):
        return self._exchange("/_sim/" + path, body, method or ("POST" if body else "GET"), {})

    def edit(self, **change):
        return self.steer("edit", change)

    def advance(self, seconds):
        return self.steer("clock", {"advance": seconds})

    def add_faults(self, rules):
        return self.steer("faults", list(rules)) if rules else []

    def rest(self, path, token=BOT_TOKEN):
        return self._exchange("/" + path, None, "GET", {"Authorization": "Bearer " + token})

    def world(self):
        return self.steer("world")

    # ---- the request log ----------------------------------------------------------------------
    def mark(self):
        """A place in the request log, for `since`."""
        return self.steer("counters")["seq"]

    def since(self, mark):
        """API requests after a mark; git's are left out."""
        return [row for row in self.all_since(mark) if row["api"] != "git"]

    def all_since(self, mark):
        return self.steer(f"requests?since={mark}")

    def bugs(self):
        """What the simulator could not do itself: nothing that was shown with it would count."""
        counters = self.steer("counters")
        return counters.get("bugs", 0), counters.get("unsimulated") or {}


def points(rows):
    return sum(row.get("cost") or 0 for row in rows)


def signature(row):
    """What a request asks for, without the names of the things it is about; stable across runs."""
    if row["api"] == "git":
        return f"git {row['method']} {(row['op'] or '').removeprefix('git ')}"
    if row["api"] == "graphql":
        return f"graphql {row['op']}"
    return row["op"] or f"{row['method']} {row['path']}"


def matcher(kind):
    """The simulator's match rule for requests of one signature."""
    api, _, rest = kind.partition(" ")
    if api == "graphql":
        return {"api": "^graphql$", "op": f"^{re.escape(rest)}$"}
    if api == "git":
        method, _, program = rest.partition(" ")
        tail = rf"service={program}" if method == "GET" else rf"/{program}$"
        return {"api": "^git$", "method": f"^{method}$", "path": tail}
    template = "".join(
        part if part.startswith("[") else re.escape(part)
        for part in re.split(r"(\[\^/\?\]\+)", SIGNATURE_HOLE.sub("[^/?]+", rest)))
    return {"api": "^rest$", "method": f"^{api}$", "path": rf"^(/api/v3)?{template}(\?|$)"}
