#!/usr/bin/env python3
"""Many who read `symphony serve` while ticks run: serve_load.py SYMPHONY. 500 idle connections, 50
event streams and clients that send or read a byte now and then, for --seconds (60); the same
number of ticks with and without them in turns, and the time of /healthz. The server's memory and
descriptors before, during and after. Prints figures; what is compared is only what no busy machine
can change: answers, bounds, and that nothing is left. Exit 1 when a point does not hold.
"""
import argparse
import os
import select
import socket
import statistics
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import findings  # noqa: E402  (bytecode is switched off first)
import project  # noqa: E402
import served  # noqa: E402
from findings import check, say  # noqa: E402

LIMIT_MEGABYTES = 256


class Crowd:
    def __init__(self, server):
        self.server, self.lines = server, []
        self.idle = [self.add() for _ in range(500)]
        self.streams = [self.add(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n"
                                 b"Accept: text/event-stream\r\n\r\n") for _ in range(50)]
        # A request that never gets complete, a body that never comes, and answers never read.
        self.slow = [self.add(b"GET / HTTP/1.1\r\nHost: loc") for _ in range(50)]
        self.bodies = [self.add(b"POST /api/v1/webhooks/github HTTP/1.1\r\nHost: localhost\r\n"
                                b"Content-Length: 25000000\r\n\r\n{") for _ in range(20)]
        self.deaf = [self.add(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
                     for _ in range(20)]

    def add(self, text=b""):
        line = socket.create_connection(("127.0.0.1", self.server.port), timeout=10)
        if text:
            line.sendall(text)
        self.lines.append(line)
        return line

    def drip(self):
        """One more byte of each slow client; those that were cut off are fine."""
        for line in self.slow + self.bodies:
            try:
                line.send(b"a")
            except OSError:
                pass

    def open_streams(self):
        """Streams that have an answer and are not closed."""
        alive = 0
        for line in self.streams:
            try:
                readable, _, _ = select.select([line], [], [], 0)
                alive += not readable or bool(line.recv(65536))
            except OSError:
                pass
        return alive

    def close(self):
        for line in self.lines:
            line.close()


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def times(count, act):
    taken = []
    for _ in range(count):
        start = time.monotonic()
        act()
        taken.append((time.monotonic() - start) * 1000)
    return taken


def figures(taken):
    return (f"min {min(taken):.1f}, median {statistics.median(taken):.1f}, "
            f"max {max(taken):.1f} ms")


def tick(place):
    done = place.tick("--scheduled")
    if done.code:
        raise RuntimeError(f"tick: exit {done.code}: {done.text}")


def run(scratch, seconds):
    place = project.Project(
        scratch, "load", {"tracker": {"kind": "local", "labels": ["symphony"]},
                          "agent": {"max_concurrent": 1}, "server": {"read_timeout_ms": 10000}})
    checkout = os.path.dirname(place.workflow)
    os.makedirs(os.path.join(checkout, "issues"))
    for number in range(1, 101):
        with open(f"{checkout}/issues/{number}.md", "w", encoding="utf-8") as file:
            file.write(f"---\ntitle: Mend part {number}\nstatus: Todo\nlabels: [symphony]\n---\nx\n")
    for arguments in (["init", "-q", "-b", "main"], ["add", "."],
                      ["-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qm", "x"]):
        os.spawnvpe(os.P_WAIT, "git", ["git", "-C", checkout, *arguments], place.environment)
    tick(place)
    place.run("pause")
    place.shut_down()
    server = served.Server(place)
    server.json("/api/v1/status")
    before, memory = descriptors(server), server.resident_kilobytes()
    health = times(200, lambda: server.ask("GET", "/healthz"))
    say(f"       /healthz, a connection each, nobody else: {figures(health)}")
    quiet, busy, answers = [], [], []
    crowd, most, alive, start = None, memory, 50, time.monotonic()
    while time.monotonic() - start < seconds or len(busy) < 20:
        quiet += times(5, lambda: tick(place))
        if crowd is None:
            crowd = Crowd(server)
        crowd.drip()
        busy += times(5, lambda: tick(place))
        answers.append(server.ask("GET", "/healthz"))
        most = max(most, server.resident_kilobytes())
        alive = crowd.open_streams()
        if len(busy) % 20 == 0:
            crowd.close()
            crowd = None
    if crowd:
        crowd.close()
    say(f"       ticks without the crowd: {figures(quiet)}, {len(quiet)} of them")
    say(f"       ticks with the crowd:    {figures(busy)}, {len(busy)} of them")
    say(f"       /healthz amid the crowd: {figures([1000 * taken for _, _, taken in answers])}")
    check({status for status, _, _ in answers} == {200}, "the server answered amid the crowd",
          f"{len(answers)} times")
    check(alive == 50, "50 event streams stayed open", f"{alive}")
    check(most < LIMIT_MEGABYTES << 10, f"its memory stayed below {LIMIT_MEGABYTES} MB",
          f"{memory >> 10} MB before, {most >> 10} MB at most, "
          f"{server.resident_kilobytes() >> 10} MB after")
    end = time.monotonic() + 30
    while descriptors(server) > before + 3 and time.monotonic() < end:
        time.sleep(0.1)
    check(descriptors(server) <= before + 3, "no connection of theirs is left",
          f"{before} descriptors before, {descriptors(server)} after")
    check(server.json("/api/v1/status")["items"] != [], "and it goes on answering")
    check(server.end() == 0, "SIGTERM ends it")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("symphony")
    options.add_argument("--seconds", type=int, default=60)
    given = options.parse_args()
    project.SYMPHONY = os.path.abspath(given.symphony)
    scratch = tempfile.mkdtemp(prefix="symphony-load-")
    try:
        run(scratch, given.seconds)
    finally:
        for server in list(served.Server.running):
            server.end()
    return findings.conclude(scratch)


if __name__ == "__main__":
    sys.exit(main())
