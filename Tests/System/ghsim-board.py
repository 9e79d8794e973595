#!/usr/bin/env python3
"""Boards, dependencies, Apps, limits and write-back of the real binary against the GitHub
simulator: ghsim-board.py [--full] [--only PART,...] [SYMPHONY]. SYMPHONY is the binary, default
$SYMPHONY, then .build/release/symphony. Prints one line per point and a summary; exit 1 when one
does not hold. The simulator is ../shared/ghsim beside the checkout, or the directory GHSIM names.
"""
import argparse
import concurrent.futures
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
import board_cost  # noqa: E402  (bytecode is switched off first)
import fault_matrix  # noqa: E402
import findings  # noqa: E402
import github_app  # noqa: E402
import network  # noqa: E402
import predecessor  # noqa: E402
import project  # noqa: E402
import simulator  # noqa: E402
import stories  # noqa: E402

# Seconds for each part; over it the part fails and the next one begins.
LIMITS = {"cost": 300, "stories": 420, "app": 300, "network": 420, "keys": 150, "faults": 420}
FULL_LIMITS = {**LIMITS, "faults": 2400}


class Overdue(Exception):
    pass


def parts(scratch, keys, full):
    """By part, the functions of it."""
    return {
        "cost": [lambda: board_cost.run(scratch)],
        "stories": [lambda story=story: story(scratch) for story in stories.STORIES],
        "app": [lambda part=part: part() for _, part in github_app.run(scratch, keys)],
        "network": [lambda part=part: part(scratch) for part in network.PARTS],
        "keys": [lambda part=part: part(scratch) for part in predecessor.PARTS],
        "faults": [lambda: fault_matrix.run(scratch, keys, full)],
    }


def perform(name, functions, seconds):
    """Every function of a part; one that breaks is a point that does not hold."""
    def overdue(*_):
        raise Overdue(f"{name} took longer than {seconds} s")

    began = time.monotonic()
    signal.signal(signal.SIGALRM, overdue)
    signal.alarm(seconds)
    try:
        for function in functions:
            try:
                function()
            except Overdue:
                raise
            except Exception:
                findings.check(False, f"{name}: broke off", traceback.format_exc(limit=-3))
    except Overdue as late:
        findings.check(False, f"{name}: in time", late)
    finally:
        signal.alarm(0)
        end_what_is_left()
    findings.say(f"== {name}: {time.monotonic() - began:.0f} s")


def end_what_is_left():
    """A part that broke off left workers and simulators: they would be in the way of the next."""
    left = list(project.Project.alive)
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
        ended = list(pool.map(project.Project.shut_down, left))
    if not all(ended):
        findings.check(False, "every worker ended with stop --all")
    for one in list(simulator.Simulator.running):
        one.close()


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("symphony", nargs="?", default=os.environ.get("SYMPHONY") or os.path.join(
        simulator.ROOT, ".build", "release", "symphony"))
    words.add_argument("--full", action="store_true", help="the whole fault matrix")
    words.add_argument("--only", default="", help="parts, separated by commas")
    words.add_argument("--keep", action="store_true", help="keep the scratch directory")
    given = words.parse_args()
    if not simulator.available():
        print(f"{simulator.GHSIM} does not exist: nothing to show symphony against")
        return 0
    project.SYMPHONY = os.path.realpath(given.symphony)
    if not os.access(project.SYMPHONY, os.X_OK):
        print(f"{project.SYMPHONY} cannot be run: build it, or name another", file=sys.stderr)
        return 64
    # Also when told to stop: workers and simulators must not outlive the scratch directory.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    scratch = tempfile.mkdtemp(prefix="symphony-board-")
    began = time.monotonic()
    try:
        chosen = parts(scratch, github_app.make_keys(scratch), given.full)
        limits = FULL_LIMITS if given.full else LIMITS
        for name in given.only.split(",") if given.only else chosen:
            perform(name, chosen[name], limits[name])
    finally:
        end_what_is_left()
        if given.keep:
            print(scratch)
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    print(f"{len(findings.passed)} points hold, {len(findings.failed)} do not, "
          f"{time.monotonic() - began:.0f} s")
    for point in findings.failed:
        print("  not: " + point)
    return 1 if findings.failed else 0


if __name__ == "__main__":
    sys.exit(main())
