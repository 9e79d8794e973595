"""What a demonstration says: one line per point, `ok` or `FAILED`, with the measured facts. The
entry point counts them. A point that does not hold never ends the others.
"""
import shutil
import sys
import threading

_lock = threading.Lock()
passed, failed = [], []


def say(text):
    with _lock:
        print(text, flush=True)


def check(holds, point, facts=""):
    """One point; returns whether it holds."""
    with _lock:
        (passed if holds else failed).append(point)
        line = f"{'ok    ' if holds else 'FAILED'} {point}" + (f": {facts}" if facts != "" else "")
        print(line, file=sys.stdout, flush=True)
    return bool(holds)


def conclude(scratch):
    """Says how many points hold; what lies in `scratch` is kept where one does not.

    Returns the exit status."""
    say(f"{len(passed)} passed, {len(failed)} failed")
    if failed:
        say(f"kept: {scratch}")
    else:
        shutil.rmtree(scratch, ignore_errors=True)
    return 1 if failed else 0


def worth_reading(lines):
    """Of doctor's list what is wrong and the hint below it; of anything else the last lines."""
    if not any(line.startswith(("pass ", "ok   ")) for line in lines):
        return lines[-6:]
    grades = ("fail", "warn", "symphony:")
    return [line for before, line in zip([""] + lines, lines)
            if line.startswith(grades) or before.startswith(grades) and line.startswith("   ")]


def message(point, outcome, code, *words):
    """The command ended with this exit status and its words name these; the words are shown."""
    said = outcome.text
    missing = [word for word in words if word not in said]
    right = outcome.code in (code if isinstance(code, tuple) else (code,))
    facts = f"exit {outcome.code}" + ("" if right else f" instead of {code}")
    if missing:
        facts += ", the message lacks " + ", ".join(map(repr, missing))
    check(right and not missing, point, facts)
    for line in worth_reading(said.splitlines()):
        say("         | " + line.strip()[:400])
    return right and not missing
