#!/usr/bin/env python3
"""Breaks a promise on purpose, one at a time, and wants the tests to notice.

Each mutation is a change of a line or two of the sources, and the tests that have to fail with it. It
is made in the checkout itself, whose build is used, and taken back at the end, whatever happens. Takes
some minutes each.

usage: mutations.py [NAME]...   without names: all. Exit 0: every mutation was noticed.
"""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CONFIGURATION = os.environ.get("CONFIGURATION", "debug")
STORY = {"SYMPHONY_CRASH_STORY": "first dispatch"}

# Name: file, text, what it becomes, tests that fail, their environment.
MUTATIONS = {
    "lease": (
        "Sources/SymphonyExecutors/LocalExecutor.swift",
        "if try FileLock.probe(run.lease) {\n        return .alive",
        "if try FileLock.probe(run.lease), layout.path.isEmpty {\n        return .alive",
        "CrashEverywhereTests", STORY),
    "fsync": (
        "Sources/SymphonyPlatform/Folder.swift",
        "if durable, Disk.sync(file, made) != 0 {", "if durable, file < 0 {",
        "CrashEverywhereTests", STORY),
    "folder": (
        "Sources/SymphonyPlatform/FileWriting.swift",
        "    try syncDirectory(parent(of: path))\n  }\n\n  /// Makes a directory and its missing",
        "  }\n\n  /// Makes a directory and its missing",
        "CrashEverywhereTests",
        {**STORY, "SYMPHONY_CRASH": "one", "SYMPHONY_CRASH_AT": "worker exec 1 power"}),
    "deed": (
        "Sources/SymphonyTick/TickNotify.swift", "    FaultPoint.notify.reach()\n", "",
        "FaultCountTests|TidyTests.TidyTests/theProjectIsTidy", {}),
}


def run(command, environment):
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def is_noticed(name):
    path, text, becomes, tests, environment = MUTATIONS[name]
    file = os.path.join(ROOT, path)
    with open(file, encoding="utf-8") as source:
        before = source.read()
    if before.count(text) != 1:
        raise SystemExit(f"mutations: {name}: {path} has the text {before.count(text)} times")
    with open(file, "w", encoding="utf-8") as source:
        source.write(before.replace(text, becomes))
    try:
        built = run(["swift", "build", "--build-tests", "-c", CONFIGURATION,
                     "-debug-info-format", "none"], {})
        if built.returncode:
            raise SystemExit(f"mutations: {name} does not build:\n{built.stdout[-2000:]}")
        tested = run([".ci/tests", "--filter", tests], environment)
    finally:
        with open(file, "w", encoding="utf-8") as source:
            source.write(before)
    said = [line for line in tested.stdout.splitlines() if "recorded an issue" in line or "↳" in line]
    noticed = tested.returncode != 0 and any("recorded an issue" in line for line in said)
    print(f"{name}: {'noticed' if noticed else 'NOT NOTICED'}", flush=True)
    for line in said[2:6]:
        print(f"    {line[:200]}", flush=True)
    return noticed


def main():
    names = sys.argv[1:] or list(MUTATIONS)
    for name in names:
        if name not in MUTATIONS:
            raise SystemExit(f"mutations: {name} is none of {', '.join(MUTATIONS)}")
    missed = [name for name in names if not is_noticed(name)]
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
