#!/usr/bin/env python3
"""Breaks the program on purpose, one line at a time, and sees whether the tests notice.

    mutations.py [--copy FOLDER] [--list] [NAME...]

Each mutation replaces a text that a file of Sources holds exactly once. It is made in a copy of the
checkout (default: .build/mutations), never in the checkout itself; the copy is built and the tests run
that have to fail, and that pass without it. Prints a line for each: `caught`, `NOT CAUGHT`, `no longer
applies` (the text is gone or not alone), `does not build` or `fails without it`, and exits 1 unless all
were caught. An uncaught one is a hole: a test is missing. Minutes each; SWIFT and JOBS as for make.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclass
class Mutation:
    name: str
    file: str
    old: str
    new: str
    # A pattern of the tests that must fail; the first that do end it.
    tests: str


STORE, TICK, WORKER = "Sources/SymphonyStore/", "Sources/SymphonyTick/", "Sources/SymphonyWorker/"
PLATFORM, RUNS = "Sources/SymphonyPlatform/", "Sources/SymphonyRuns/"
SOAK = "SoakTests"
COMMIT = "try applier.commit(plan, facts: facts + marks + desk.entering(lines))"

MUTATIONS = [
    Mutation(
        "ignore a generation in compare", STORE + "StateStore.swift",
        "guard try known ?? ItemRows.generation(of: record.id, db) == record.generation else {",
        "guard try known ?? ItemRows.generation(of: record.id, db) != nil else {",
        r"^StoreTests\."),
    Mutation(
        "act without the lock", TICK + "Tenure.swift", "var lasts: Bool { held.isIntact }",
        "var lasts: Bool { true }", r"^TickTests\."),
    Mutation(
        "count from any number", STORE + "StateNumberCheck.swift",
        "guard try stored(db) == from else {", "guard try stored(db) >= 0 else {",
        r"^StoreTests\."),
    Mutation(
        "forget what waits for its merge", "Sources/SymphonyCore/Planning/AtRest.swift",
        "return isWatched ? nil : release.at", "return isWatched ? release.at : release.at", r"^(StoreTests|CoreTests)\."),
    Mutation(
        "a look that believes anything", STORE + "QuietLook.swift",
        "if DatabaseMark(of: opening.path) == mark { return try read.get() }",
        "return try read.get()", r"^StoreTests\."),
    Mutation(
        "drop the dedupe key of a debt", STORE + "OutboxRows.swift",
        '+ " ON CONFLICT (dedupe_key) DO NOTHING"', '+ " ON CONFLICT (dedupe_key) DO UPDATE SET '
        'state = \'pending\', nonce = excluded.nonce"', r"^StoreTests\."),
    Mutation(
        "commit after the effects", TICK + "Tick.swift", f"""\
    guard {COMMIT} else {{
      report.note("the tick's time was over before its plan was committed", .willRetry)
      report.isCommitted = false
      return
    }}
    seen.budget.extend(to: deadline)
    report.carried = await applier.act(plan)
""", f"""\
    seen.budget.extend(to: deadline)
    report.carried = await applier.act(plan)
    guard {COMMIT} else {{
      report.isCommitted = false
      return
    }}
""", rf"^(TickTests|{SOAK})\."),
    Mutation(
        "move the state number behind the effect", TICK + "Applier.swift",
        "    try file.write(number + 1)\n", "    if basis == nil { try file.write(number) }\n",
        rf"^(TickTests|{SOAK})\."),
    Mutation(
        "reuse a nonce", TICK + "DrawnNonces.swift", "return texts[number]", "return texts[0]",
        rf"^(TickTests|CommandTests\.DrawnNonces|{SOAK})"),
    Mutation(
        "believe a result of another nonce", RUNS + "RunDirectory.swift",
        "guard let value = RunDirectory.decode(RunResult.self, bytes), value.nonce == nonce else {",
        "guard let value = RunDirectory.decode(RunResult.self, bytes) else {",
        r"^ExecutorTests\."),
    Mutation(
        "no lock of the item", RUNS + "ItemLock.swift",
        "if let lock = try FileLock.take(path) {",
        "if let lock = try FileLock.take(path + Host.randomHex(bytes: 4)) {",
        r"^(ExecutorTests|WorkerTests\.[E-R])"),
    Mutation(
        "no look at the lease before git", WORKER + "GitCommand.swift",
        "    try run.checkLease()\n", "", r"^WorkerTests\."),
    Mutation(
        "no fence", WORKER + "BranchFence.swift",
        "    guard try isOurs(tip, sight.mark, own: mark) else { throw taken(tip) }\n", "",
        r"^WorkerTests\.F"),
    Mutation(
        "leave the private files of a settled run", "Sources/SymphonyCore/Planning/Settlement.swift",
        "    effects += poll.uncleared.filter { poll.runs[$0]?.leftovers.atLeast == nil }"
        ".map(Effect.clear)\n", "", rf"^(CoreTests|{SOAK})\."),
    Mutation(
        "write to the index of a writer", STORE + "PrivateCopy.swift",
        '"mode=ro&readonly_shm=1"', '"mode=ro"', r"^StoreTests\.PrivateCopy"),
    Mutation(
        "no look at the tree after its hook", WORKER + "CleanUp.swift",
        "if let kept = try keptForNextRun(checkout, afterHook: true) { return kept }",
        "if let kept = try saveCommits(checkout, isThere: isThere) { return kept }",
        r"^WorkerTests\.RestingWorkspace"),
    Mutation(
        "hear the answers of an earlier run", WORKER + "RepliesFile.swift",
        "    try AgentNotes.exclude(chosen, checkout)\n    try remove()\n",
        "    try AgentNotes.exclude(chosen, checkout)\n", r"^WorkerTests\.R"),
    Mutation(
        "let an agent review itself", "Sources/SymphonyTrackers/Local/LocalConversation.swift",
        'safe += body[rest..<line.startIndex] + "\\\\"', "safe += body[rest..<line.startIndex]",
        r"^TrackerTests\.Local"),
    Mutation(
        "no sync of a directory", PLATFORM + "Folder.swift",
        'if durable, Disk.sync(descriptor, path) != 0 { throw PlatformError("sync", path, errno) }',
        "_ = durable", r"^(PlatformTests|WorkerTests\.D|ScenarioTests\.Crash)"),
    Mutation(
        "no sync of a file", PLATFORM + "Folder.swift",
        'if durable, Disk.sync(file, made) != 0 { throw PlatformError("sync", shown, errno) }',
        "_ = durable", r"^(PlatformTests|WorkerTests\.D|ScenarioTests\.Crash)"),
]


def run(command, copy, log):
    return subprocess.run(
        command, cwd=copy, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL).returncode


def prepare(copy):
    """The checkout as it is; what did not change is not touched, so that it is not compiled again."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
        check=True, capture_output=True).stdout.split(b"\0")
    wanted = {name for name in map(os.fsdecode, names) if name and (ROOT / name).is_file()}
    for folder in ("Sources", "Tests"):
        for path in (copy / folder).rglob("*"):
            if path.is_file() and str(path.relative_to(copy)) not in wanted:
                path.unlink()
    for name in wanted:
        source, target = ROOT / name, copy / name
        if target.is_file() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def build(copy, log):
    jobs = os.environ.get("JOBS", "2")
    return run([os.environ.get("SWIFT", "swift"), "build", "--build-tests", "-debug-info-format",
                "none", "-j", jobs], copy, log)


def passes(tests, copy, log):
    return run([".ci/tests", "--filter", tests], copy, log) == 0


def judge(mutation, copy, log):
    path = copy / mutation.file
    text = path.read_text()
    if text.count(mutation.old) != 1:
        return "no longer applies"
    path.write_text(text.replace(mutation.old, mutation.new))
    try:
        if build(copy, log) != 0:
            return "does not build"
        return "NOT CAUGHT" if passes(mutation.tests, copy, log) else "caught"
    finally:
        path.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--copy", type=pathlib.Path, default=ROOT / ".build/mutations")
    parser.add_argument("--list", action="store_true", help="the names, and where each stands")
    parser.add_argument("name", nargs="*")
    options = parser.parse_args()
    chosen = [one for one in MUTATIONS if not options.name or one.name in options.name]
    if unknown := set(options.name) - {one.name for one in MUTATIONS}:
        parser.error(f"no mutation {', '.join(sorted(unknown))}")
    if options.list:
        for one in chosen:
            print(f"{one.name}: {one.file}")
        return 0
    copy = options.copy.resolve()
    if copy == ROOT:
        parser.error("the checkout itself is never changed")
    prepare(copy)
    with open(copy / "mutations.log", "w") as log:
        if build(copy, log) != 0:
            print(f"mutations: the copy does not build as it is: {log.name}", file=sys.stderr)
            return 1
        # A test that fails anyway catches nothing.
        sound = {tests: passes(tests, copy, log) for tests in {one.tests for one in chosen}}
        results = []
        for one in chosen:
            begun = time.monotonic()
            print(f"\n== {one.name}", file=log, flush=True)
            result = judge(one, copy, log) if sound[one.tests] else "fails without it"
            results.append(result)
            print(f"{result:18} {one.name} ({time.monotonic() - begun:.0f} s)", flush=True)
    return 0 if all(result == "caught" for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
