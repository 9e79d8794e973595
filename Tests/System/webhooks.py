#!/usr/bin/env python3
"""Webhooks of the GitHub simulator to a real `symphony serve`: webhooks.py SYMPHONY. A label put on
becomes a running agent; redelivered, repeated, unsigned, wrongly signed, too large and unknown ones;
a thousand in a burst; a restart; a server that is gone, where the timer's next tick finds what no
webhook told. Ticks are counted by what the database keeps of them. One line per point; exit 1 when
one does not hold, 3 without a simulator (GHSIM, or ../shared/ghsim beside the checkout).
"""
import concurrent.futures
import os
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
import findings  # noqa: E402  (bytecode is switched off first)
import project  # noqa: E402
import served  # noqa: E402
import simulator  # noqa: E402
import worlds  # noqa: E402
from findings import check, say  # noqa: E402
from machine import wait_until  # noqa: E402
from served import hook  # noqa: E402

SECRET = "a-secret-for-webhooks"
HOOK = "/api/v1/webhooks/github"
AGENT = """cat >/dev/null
touch '{gate}'/started-$(basename "$PWD")
while ! test -e '{gate}/open'; do sleep 0.05; done
"""


class Story:
    def __init__(self, scratch):
        spec = worlds.simple(issues=40)
        for issue in spec["repos"][0]["issues"]:
            issue["labels"] = []
        self.sim = simulator.Simulator(scratch, "sim", spec)
        self.place = project.Project(
            scratch, "hooks", {
                "tracker": {"kind": "github", "repository": "acme/app",
                            "labels": ["symphony"]},
                "github": {"api_url": self.sim.address,
                           "webhook_secret": "$GITHUB_WEBHOOK_SECRET"},
                "agent": {"max_concurrent": 40, "stall_timeout_ms": 0},
                "polling": {"interval_ms": 1000, "with_webhooks_interval_ms": 6000},
            }, token=simulator.BOT_TOKEN, agent=AGENT, is_open=False,
            environment={"GITHUB_WEBHOOK_SECRET": SECRET, "SYMPHONY_SERVER_TOKEN": "t"})
        self.server = served.Server(self.place)
        self.labelled = 0

    def started(self):
        return len([name for name in os.listdir(self.place.gate) if name.startswith("started-")])

    def label_one(self):
        self.labelled += 1
        self.sim.edit(op="add_label", issue=f"acme/app#{self.labelled}", label="symphony")

    def post(self, body, headers, **more):
        return self.server.ask("POST", HOOK, body, **headers, **more)

    def settle(self):
        """Until no tick comes any more: the last of a burst is heard two seconds later."""
        last, since = self.place.ticks(), time.monotonic()
        while time.monotonic() - since < 3:
            now = self.place.ticks()
            if now != last:
                last, since = now, time.monotonic()
            time.sleep(0.05)
        return last

    # ---- the points -----------------------------------------------------------------------------
    def hook_the_simulator(self):
        self.sim.steer("hooks", {"url": self.server.url + HOOK, "secret": SECRET, "events": ["*"]})

    def prompt(self):
        """Three times, each with the debounce behind it."""
        first = self.place.tick()
        if first.code:
            raise RuntimeError(f"the first tick: exit {first.code}: {first.text}")
        self.hook_the_simulator()
        times = []
        for _ in range(3):
            self.settle()
            before, start = self.started(), time.monotonic()
            self.label_one()
            wait_until(lambda: self.started() > before, pause=0.01)
            times.append(time.monotonic() - start)
        check(self.started() == 3, "each label started one agent", f"{self.started()} started")
        check(min(times) < 1, "from a label to an agent that runs takes less than a second",
              ", ".join(f"{t:.2f} s" for t in times))
        deliveries = self.sim.steer("deliveries")
        slowest = max(d["duration"] for d in deliveries)
        check(all(d["status"] == 200 for d in deliveries),
              "every webhook of the simulator was taken", f"{len(deliveries)}, slowest {slowest} s")

    def redelivered(self):
        before = self.settle()
        for delivery in self.sim.steer("deliveries"):
            self.sim.steer("redeliver", {"guid": delivery["guid"]})
        answer = self.settle()
        check(answer == before, "redelivered webhooks call no tick", f"{answer - before} ticks")
        body, headers = hook(SECRET)
        first = self.post(body, headers)[0]
        after = self.settle()
        same = self.post(body, headers)[0]
        check((first, same, self.settle()) == (200, 200, after) and after == before + 1,
              "one that comes twice is taken twice and looked after once",
              f"{after - before} tick, {first} and {same}")
        self.server.end()
        self.server = served.Server(self.place)
        again = self.post(body, headers)[0]
        check(again == 200 and self.settle() == after, "also after a restart of the server")

    def refused(self):
        before = self.settle()
        body, headers = hook(SECRET)
        wrong = {**headers, "X_Hub_Signature_256": "sha256=" + "0" * 64}
        sha1 = {k: v for k, v in headers.items() if k != "X_Hub_Signature_256"}
        for name, given, payload, wanted in [
                ("a wrong signature", wrong, body, 401), ("none", sha1, body, 401),
                ("one of another body", headers, body + b" ", 401),
                ("an empty one", {**headers, "X_Hub_Signature_256": ""}, body, 401)]:
            status, text, _ = self.post(payload, given)
            check(status == wanted and text.startswith(b"{"), f"{name} is refused",
                  f"{status} {text[:80]!r}")
        large, headers = hook(SECRET, body=b" " * (30 << 20))
        memory = self.server.resident_kilobytes()
        try:
            status, text, _ = self.post(large, headers)
            said = f"{status} {text[:80]!r}"
        except OSError as error:
            status, said = None, f"the connection was closed while it was sent: {error}"
        grown = self.server.resident_kilobytes() - memory
        check(status == 413, "30 MB are refused", f"{said}; memory grew by {grown >> 10} MB")
        most, headers = hook(SECRET, body=b" " * (25 << 20))
        status, text, taken = self.post(most, headers)
        check(status == 200, "25 MB are taken", f"{status} {text[:60]!r} in {taken:.2f} s")
        self.settle()
        before = self.place.ticks()
        for event in ("star", "fork", "ping", "workflow_run"):
            status = self.post(*hook(SECRET, event))[0]
            check(status == 200, f"the event {event} is answered")
        check(self.settle() == before, "events that change nothing here call no tick")
        form, headers = hook(SECRET, body=b"payload=%7B%22action%22%3A%22labeled%22%7D")
        headers["Content_Type"] = "application/x-www-form-urlencoded"
        status = self.post(form, headers)[0]
        check(status == 200 and self.settle() == before + 1, "one in form encoding counts too")

    def burst(self):
        before, start = self.settle(), time.monotonic()
        times = []

        def one(_):
            status, _, seconds = self.post(*hook(SECRET))
            times.append(seconds)
            return status
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            statuses = set(pool.map(one, range(1000)))
        lasted = time.monotonic() - start
        ticks = self.settle() - before
        times.sort()
        check(statuses == {200}, "a burst of 1,000 is answered", f"{lasted:.1f} s, median "
              f"{times[500] * 1000:.0f} ms, 99% {times[990] * 1000:.0f} ms, slowest "
              f"{times[-1] * 1000:.0f} ms")
        check(times[990] < 0.1, "in less than 100 ms, 99 of 100")
        check(1 <= ticks <= lasted / 2 + 2, "it made at most one tick in two seconds",
              f"{ticks} ticks in {lasted:.1f} s")

    def gone(self):
        """No webhook arrives; the timer's ticks ask once the interval is over."""
        self.settle()
        self.server.end()
        self.place.tick()
        before, start = self.started(), time.monotonic()
        self.label_one()
        found = wait_until(
            lambda: self.place.tick("--scheduled") and self.started() > before, 60, 0.2)
        waited = time.monotonic() - start
        check(found and 3 < waited < 9, "with the server gone the timer's ticks find what no webhook "
              "told, after an interval of 6 s", f"{waited:.1f} s")


def run(scratch):
    story = Story(scratch)
    steps = [story.prompt, story.redelivered, story.refused, story.burst, story.gone]
    try:
        for step in steps:
            say(f"-- {step.__name__}")
            try:
                step()
            except Exception:  # noqa: BLE001  (said as a point that does not hold)
                check(False, step.__name__, traceback.format_exc()[-1500:])
    finally:
        for server in list(served.Server.running):
            server.end()
        story.place.open_gate()
        story.place.shut_down()
        story.sim.close()


def main():
    if len(sys.argv) != 2:
        print("usage: webhooks.py SYMPHONY", file=sys.stderr)
        return 64
    project.SYMPHONY = os.path.abspath(sys.argv[1])
    if not simulator.available():
        print(f"not run: {simulator.GHSIM} does not exist; GHSIM may name another directory")
        return 3
    scratch = tempfile.mkdtemp(prefix="symphony-webhooks-")
    run(scratch)
    return findings.conclude(scratch)


if __name__ == "__main__":
    sys.exit(main())
