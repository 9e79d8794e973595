"""Every kind of damage on every kind of request symphony sends. The kinds of requests are not
listed here: two undisturbed stories and one whose writes all lose their answers show which there
are. Then cells (fault_cells.py) are ticked side by side, so that one wait for a hold serves all
of them. Called by the entry point; `full` runs everything, else a selection that fits into a CI
run.
"""
import collections
import concurrent.futures
import os
import time

import findings
import worlds
from fault_cells import Cell
from recorder import Recorder
from simulator import Simulator, signature

# Variants that are over with the request. Those that put up a hold are in HOLDS: a minute each, so
# every one gets a cell of its own.
QUICK = [
    ("status 502", {"kind": "status", "status": 502}, False),
    ("timeout_502", {"kind": "timeout_502"}, True),
    ("reset", {"kind": "reset"}, True),
    ("truncated_json", {"kind": "truncated_json"}, True),
    ("partial", {"kind": "partial"}, True),
]
MORE = [
    ("status 500", {"kind": "status", "status": 500}, False),
    ("status 500", {"kind": "status", "status": 500}, True),
    ("status 502", {"kind": "status", "status": 502}, True),
    ("status 503", {"kind": "status", "status": 503}, False),
    ("status 504", {"kind": "status", "status": 504}, True),
    ("timeout_502", {"kind": "timeout_502"}, False),
    ("reset", {"kind": "reset"}, False),
    ("reset_mid_body", {"kind": "reset_mid_body"}, True),
    ("graphql_errors", {"kind": "graphql_errors"}, False),
    ("graphql_errors", {"kind": "graphql_errors"}, True),
    ("body", {"kind": "body"}, False),
    ("body", {"kind": "body"}, True),
    ("slow_body", {"kind": "slow_body", "chunk": 64, "pause_ms": 800}, True),
    ("hang", {"kind": "hang", "seconds": 8}, False),
    ("hang", {"kind": "hang", "seconds": 8}, True),
    ("latency", {"kind": "latency", "latency_ms": 3000}, False),
    ("stale", {"kind": "stale"}, False),
    ("stale", {"kind": "stale"}, True),
]
SECONDARY = {"kind": "secondary", "retry_after": 2}
HOLDS = [
    ("secondary", SECONDARY, False), ("secondary", SECONDARY, True),
    ("secondary 429", {**SECONDARY, "status": 429, "retry_after": None}, True),
    ("secondary in 200", {**SECONDARY, "graphql_200": True}, False),
    ("primary", {"kind": "primary", "reset_in": 2}, False),
    ("primary", {"kind": "primary", "reset_in": 2}, True),
]
# GraphQL's own errors, the API's limits and stale answers mean nothing to git.
NOT_FOR_GIT = {"graphql_errors", "partial", "stale", "secondary", "primary", "timeout_502", "body"}
ONLY_FOR_GRAPHQL = {"graphql_errors", "partial", "timeout_502"}
PARTIAL = {}  # Paths to null for each operation, learnt from the answers of discover().
LOST = {"times": 1, "after": True, "fault": {"kind": "reset"}}
CELLS_PER_SIMULATOR = 12
AT_ONCE = 8  # For each of two simulators.


def is_read(kind):
    return kind.startswith(("git GET", "GET ")) or (
        kind.startswith("graphql ") and kind not in WRITES)


EVERY_TICK = {"graphql BoardSurvey", "graphql Confirmation"}
WRITES = set()  # GraphQL operations that are mutations, as the log says.


class Field:
    """The cells of one simulator, ticked until all stories are over."""

    def __init__(self, scratch, name, cells, public_key, private_key, seconds, records=False):
        self.cells, self.seconds, self.recorder = cells, seconds, None
        parts = [cell.parts(public_key) for cell in cells]
        spec = worlds.world(
            {k: v for part in parts for k, v in part["orgs"].items()},
            [r for part in parts for r in part["repos"]],
            [b for part in parts for b in part["boards"]],
            [t for part in parts for t in part["tokens"]],
            users=["alice"] + [u for part in parts for u in part["users"]],
            apps=[a for part in parts for a in part["apps"]])
        self.simulator = Simulator(scratch, name, spec)
        through = {}
        if records:
            self.recorder = Recorder(self.simulator.port)
            through = {"http_proxy": self.recorder.address}
        for cell in cells:
            place = os.path.join(scratch, name + "-cells")
            cell.begin(self.simulator, place, private_key, through)

    def run(self):
        """Ticks whoever is due, a few at once, and looks at the world every other second."""
        end = time.monotonic() + self.seconds
        with concurrent.futures.ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            busy, seen, looked = {}, None, 0.0
            while time.monotonic() < end:
                now = time.monotonic()
                for cell in [cell for cell, step in busy.items() if step.done()]:
                    busy.pop(cell).result()
                if not busy and all(cell.phase == "over" for cell in self.cells):
                    break
                if now - looked > 2:
                    seen, looked = worlds.Seen(self.simulator.world()), now
                due = [cell for cell in self.cells
                       if cell.phase != "over" and cell not in busy and cell.next_tick <= now]
                due.sort(key=lambda cell: cell.next_tick)
                for cell in due[:AT_ONCE - len(busy)]:
                    busy[cell] = pool.submit(cell.step, self.simulator, seen)
                time.sleep(0.1)
            for step in busy.values():
                step.result()
        self.fired = {rule["id"]: rule["fired"] for rule in self.simulator.steer("faults")}
        self.rows = self.simulator.all_since(0)
        seen = worlds.Seen(self.simulator.world())
        for cell in self.cells:
            if cell.phase != "over":
                cell.problem = "; ".join(filter(None, [cell.problem, cell.story_so_far(seen)]))

    def close(self):
        with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
            ended = list(pool.map(lambda cell: cell.project.shut_down(), self.cells))
        self.bugs = self.simulator.bugs()
        if self.recorder:
            PARTIAL.update({kind: paths for kind, paths in self.recorder.paths().items() if paths})
            self.recorder.close()
        self.simulator.close()
        return all(ended)


def signatures_of(cell, rows):
    """What one cell asked for, in the order of first use; only what was carried out."""
    found = {}
    for row in rows:
        if not row.get("op") or row["path"].startswith("/_sim"):
            continue
        ours = row["user"] in (cell.bot, f"symphony-{cell.app_number}[bot]")
        named = f"/{cell.owner}/" in row["path"]
        if ours or named:
            found.setdefault(signature(row), None)
            if row.get("mutation"):
                WRITES.add(signature(row))
    return list(found)


def discover(scratch, keys):
    """The kinds of requests of an undisturbed story, by token and by App; then of one whose
    writes all lose their answer, which looks up what became of them."""
    clean = [Cell(1, "undisturbed"), Cell(2, "undisturbed, App", kind="app")]
    field = Field(scratch, "clean", clean, *keys, seconds=120, records=True)
    field.run()
    kinds = {"pat": signatures_of(clean[0], field.rows), "app": signatures_of(clean[1], field.rows)}
    field.close()
    judge([field])
    writes = [kind for kind in kinds["pat"] if not is_read(kind) and not kind.startswith("git")]
    lossy = [Cell(3, "every write loses its answer once", [(kind, LOST) for kind in writes])]
    field = Field(scratch, "lossy", lossy, *keys, seconds=150, records=True)
    field.run()
    after = signatures_of(lossy[0], field.rows)
    field.close()
    judge([field])
    kinds["look up"] = [kind for kind in after if kind not in kinds["pat"]]
    kinds["app"] = [kind for kind in kinds["app"] if kind not in kinds["pat"]]
    return kinds, writes


def applies(variant, kind):
    name = variant[1]["kind"]
    if name == "truncated_json" and kind == "git POST git-receive-pack":
        return False  # Git itself waits for ever for the rest; only the phase's limit ends it.
    if variant[1].get("graphql_200") and not kind.startswith("graphql "):
        return False
    if kind.startswith("git "):
        return name not in NOT_FOR_GIT
    if name == "partial":
        return kind in PARTIAL
    return name not in ONLY_FOR_GRAPHQL or kind.startswith("graphql ")


def rules(variant, kind):
    """The first request of a kind is hit, and a later one: then a worker is there to be lost."""
    _, fault, after = variant
    if fault["kind"] == "partial":
        return [(kind, {"skip": place * 2, "times": 1, "fault": {**fault, "path": path}})
                for place, path in enumerate(PARTIAL[kind])]
    skips = [2] if fault["kind"] == "stale" else [0, 3] if kind in EVERY_TICK else [0]
    return [(kind, {"skip": skip, "times": 1, "after": after, "fault": fault}) for skip in skips]


def lost_before(kinds, writes):
    """Writes whose answer gets lost so that what looks them up is sent at all."""
    looked_up = {kind.partition(" ")[2] for kind in kinds["look up"]}
    return [(write, LOST) for write in writes if write.partition(" ")[2] in looked_up]


def plan(kinds, writes, full):
    """Cells for holds: one for each kind of request, first, because they wait a minute. For passing
    faults: one for each variant and half of the requests."""
    cells, lost = [], lost_before(kinds, writes)

    def add(variant, label, ruled, kind="pat"):
        if ruled:
            name = f"{variant[0]}{', carried out' if variant[2] else ''}: {label}"
            cells.append(Cell(len(cells) + 10, name, ruled, kind))

    each = [(kind, source) for source in ("pat", "look up", "app") for kind in kinds[source]
            if not kind.startswith("git ")]
    for number, (kind, source) in enumerate(each if full else each[::3]):
        fitting = [variant for variant in HOLDS if applies(variant, kind)]
        for variant in fitting if full else fitting[number % max(len(fitting), 1):][:1]:
            add(variant, kind, rules(variant, kind)[:1] + (lost if source == "look up" else []),
                "app" if source == "app" else "pat")
    everything = kinds["pat"] + kinds["look up"]
    for variant in QUICK + (MORE if full else []):
        hit = [kind for kind in everything if applies(variant, kind)]
        reads = [rule for kind in hit if is_read(kind) for rule in rules(variant, kind)]
        add(variant, "reads", reads + (lost if reads else []))
        add(variant, "writes", [rule for kind in hit if not is_read(kind)
                                for rule in rules(variant, kind)])
        add(variant, "App", [rule for kind in kinds["app"] if applies(variant, kind)
                             for rule in rules(variant, kind)], "app")
    return cells


def judge(fields):
    """One line for each cell that is wrong, and what was hit."""
    wrong = 0
    for field in fields:
        for cell in field.cells:
            if cell.problem:
                wrong += 1
                findings.check(False, f"faults: {cell.name} [{cell.owner}]", cell.problem)
    return wrong


def coverage(fields):
    """Rules that fired, by kind of request; and those no request came by for."""
    hit, missed = collections.Counter(), []
    for field in fields:
        for cell in field.cells:
            for (kind, rule), number in zip(cell.wanted, cell.rule_ids):
                if field.fired.get(number):
                    hit[kind] += 1
                elif not rule.get("skip"):
                    missed.append(f"{rule['fault']['kind']} on {kind} [{cell.owner}]")
    return hit, missed


def two_at_a_time(scratch, cells, keys, full):
    """A simulator answers on one core: two of them side by side, then the next two."""
    def show(start):
        part = cells[start:start + CELLS_PER_SIMULATOR]
        field = Field(scratch, f"faults-{start}", part, *keys, seconds=300 if full else 210)
        field.run()
        ended = field.close()
        findings.check(ended, f"faults: every worker of {len(part)} cells ended")
        bugs, unsimulated = field.bugs
        findings.check(not bugs and not unsimulated, "faults: the simulator answered all of it",
                       f"{bugs} bugs, not simulated: {unsimulated or 'nothing'}")
        return field

    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(show, range(0, len(cells), CELLS_PER_SIMULATOR)))


def run(scratch, keys, full=False):
    began = time.monotonic()
    kinds, writes = discover(scratch, keys)
    every = [kind for group in kinds.values() for kind in group]
    findings.check(len(every) > 10, "faults: kinds of requests", f"{len(every)}")
    for kind in every:
        findings.say("         | " + kind)
    unknown = [kind for kind in every if kind.startswith("graphql ") and kind not in PARTIAL]
    findings.check(not unknown, "faults: every GraphQL request has a path to damage",
                   ", ".join(unknown))
    cells = plan(kinds, writes, full)
    fields = two_at_a_time(scratch, cells, keys, full)
    wrong = judge(fields)
    hit, missed = coverage(fields)
    findings.check(
        not wrong, "faults: one pull request, one comment, the right status, no attempt spent",
        f"{len(cells) - wrong} of {len(cells)} cells in {time.monotonic() - began:.0f} s")
    more = f" and {len(missed) - 12} more" if len(missed) > 12 else ""
    findings.check(
        not missed, f"faults: {sum(hit.values())} faults hit {len(hit)} kinds of requests",
        "not reached: " + "; ".join(missed[:12]) + more if missed else "")
    for kind, count in sorted(hit.items()):
        findings.say(f"         | {count:3d} on {kind}")
