"""What a board of 1,000 items costs: the first tick, the second, idle ones, and two hours of
ticks at 30 s in simulated time. Counted in the simulator's request log; git's own requests are
left out. Called by the entry point.
"""
import collections

import findings
from project import Project
from simulator import BOT_TOKEN, Simulator, generated_world, points

ITEMS, ACTIVE, LIMIT, PAGE = 1000, 50, 10, 50
TICKS, DISTANCE = 240, 30


def settings(address):
    return {
        "tracker": {"owner": "acme", "project_number": 1, "required_labels": ["symphony"],
                    "active_values": ["Todo", "In Progress"], "terminal_values": ["Done"]},
        "github": {"api_url": address},
        "agent": {"kind": "command", "max_concurrent_agents": LIMIT, "stall_timeout_ms": 0},
        "pull_request": {"handoff_project_status": "Human Review"},
    }


def counted_tick(simulator, project):
    mark = simulator.mark()
    outcome = project.tick()
    return outcome, simulator.since(mark)


def told(rows):
    names = collections.Counter(row["op"] for row in rows)
    listed = ", ".join(f"{count} {name}" for name, count in names.items())
    return f"{len(rows)} requests, {points(rows)} points ({listed})"


def run(scratch, ticks=TICKS):
    spec = generated_world(
        scratch + "/board.json", "--issues", ITEMS, "--repos", 5, "--active", ACTIVE)
    simulator = Simulator(scratch, "board", spec)
    project = Project(
        scratch, "board", settings(simulator.address), token=BOT_TOKEN, is_open=False)
    try:
        cold(simulator, project)
        two_hours(simulator, project, ticks)
        bugs, unsimulated = simulator.bugs()
        findings.check(not bugs and not unsimulated, "cost: the simulator answered all of it",
                       f"{bugs} bugs, not simulated: {unsimulated or 'nothing'}")
    finally:
        findings.check(project.shut_down(), "cost: every worker ended with stop --all")
        simulator.close()


def cold(simulator, project):
    outcome, rows = counted_tick(simulator, project)
    findings.check(
        outcome.code == 0 and len(rows) <= 12, "cost: first tick at most 12 requests",
        told(rows) + ("" if outcome.code == 0 else f", exit {outcome.code}: {outcome.text}"))
    started = sum(code in ("running", "launching") for code in project.codes().values())
    findings.check(started == LIMIT, f"cost: the first tick started {LIMIT} workers", started)
    outcome, rows = counted_tick(simulator, project)
    findings.check(outcome.code == 0 and len(rows) <= 2, "cost: second tick at most 2 requests",
                   told(rows))
    idle = [counted_tick(simulator, project) for _ in range(5)]
    findings.check(
        all(outcome.code == 0 and len(rows) == 1 for outcome, rows in idle),
        "cost: an idle tick is 1 request", "; ".join(told(rows) for _, rows in idle[:2]))
    findings.check(not any(outcome.text for outcome, _ in idle), "cost: an idle tick is silent",
                   next((o.text for o, _ in idle if o.text), ""))
    findings.say(
        f"         | one request per item plus one per {PAGE}: {ITEMS + ITEMS // PAGE} requests a"
        f" tick ({ACTIVE + ITEMS // PAGE} with one per active item only)")


def two_hours(simulator, project, ticks):
    """Scans are told from idle ticks by their number of requests: a scan reads the whole board."""
    mark = simulator.mark()
    counts, scans, bad, holds = collections.Counter(), [], [], set()
    for number in range(ticks):
        simulator.advance(DISTANCE)
        outcome, rows = counted_tick(simulator, project)
        counts[len(rows)] += 1
        if len(rows) > 1:
            scans.append(f"{(number + 1) * DISTANCE // 60} min: {len(rows)}")
        if outcome.code:
            bad.append(f"tick {number}: exit {outcome.code}: {outcome.text[-200:]}")
        if number % 20 == 0 or outcome.code:
            holds |= {hold["kind"] for hold in project.status()["holds"]}
    rows = simulator.since(mark)
    hours = ticks * DISTANCE / 3600
    expected = int(ticks * DISTANCE // 1800)
    per_hour = points(rows) / hours if hours else 0
    findings.check(
        per_hour < 5000, f"cost: {hours:.2f} h of ticks at {DISTANCE} s stay within the limit",
        f"{len(rows)} requests, {points(rows)} points, {per_hour:.0f} of 5,000 an hour")
    findings.check(not bad, "cost: every one of those ticks ended with 0", "; ".join(bad[:3]))
    findings.check(not holds, "cost: no hold was reached", ", ".join(sorted(holds)))
    findings.check(
        max(expected - 1, 0) <= len(scans) <= expected + 1,
        f"cost: a full scan every 30 minutes, {expected} in all", "; ".join(scans) or "none")
    findings.check(counts[1] + len(scans) == ticks, "cost: outside scans 1 request a tick",
                   dict(sorted(counts.items())))
    items = project.items().values()
    findings.check(
        sum(item["code"] == "running" for item in items) == LIMIT
        and not any(item["failures"] for item in items),
        "cost: the same workers are still at work afterwards",
        f"{sum(item['code'] == 'running' for item in items)} running")
