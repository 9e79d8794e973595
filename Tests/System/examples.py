"""The examples of both predecessors' READMEs under the real `claude`, against a simulated GitHub:
their settings as they stand there (but for the names that their readers fill in, and the address of
the simulator), and an agent that asks a question which a person answers on the issue. Called by
agents.py.
"""
import os
import subprocess

import findings
import project
import worlds
from simulator import Simulator, available

# The example that Baton's README shows, body and all.
BATON = """---
tracker:
  kind: github
  labels: ["agent"]
  exclude_labels: ["blocked"]

polling:
  interval_ms: 30000

agent:
  max_concurrent: 3
  max_turns: 5
  command: claude
  permission_mode: acceptEdits
  mcp_servers:
    - name: playwright
      command: npx @playwright/mcp@latest

hooks:
  before_run: |
    git fetch origin main && git rebase origin/main
  timeout_ms: 60000
github:
  api_url: ADDRESS
---

You are an autonomous software engineer working on issue #{{ issue.number }}: {{ issue.title }}.

{{ issue.body }}

When done, commit, push, and create a PR linking to #{{ issue.number }}.
"""
# The example of github-symphony's README: there is no body below it.
GITHUB_SYMPHONY = """---
tracker:
  kind: github
  owner: acme
  project_number: 1
  project_scope: organization
  active_values:
    - Todo
    - In Progress
  terminal_values:
    - Done
    - Closed
    - Cancelled
github:
  token: $GITHUB_TOKEN
  api_url: ADDRESS
agent:
  kind: claude_code
  max_concurrent_agents: 3    # parallel agents
  max_turns: 5                # re-invocations per issue
  stall_timeout_ms: 600000    # kill stalled agents after 10 min
claude:
  model: sonnet               # or opus, haiku
  permission_profile: bypassPermissions
git:
  branch_prefix: symphony/
polling:
  interval_ms: 30000          # poll every 30 seconds
pull_request:
  open_pr_on_success: true
  draft_by_default: true
  handoff_project_status: Human Review
  comment_on_issue_with_pr: true
---
"""
EXAMPLES = {"Baton": BATON, "github-symphony": GITHUB_SYMPHONY}
QUESTION = "PostgreSQL or Redis?"
ANSWER = "Use PostgreSQL, please."


def example(scratch, name, make_vendor):
    vendor = make_vendor({"routes": [
        {"match": ANSWER, "steps": [
            {"tools": [{"name": "Write", "input": {"file_path": "store.txt", "content": "pg\n"}}]},
            {"text": "It is stored in PostgreSQL now."}]},
        {"match": "^(Go on with|Your last turn left)", "steps": [{"text": "There is no more to do."}]},
        {"match": ".", "steps": [{"text": f"Part 1 needs a store.\n\nSYMPHONY: blocked {QUESTION}"}]}]})
    spec = worlds.simple(1)
    spec["repos"][0]["labels"].append("agent")
    spec["repos"][0]["issues"][0]["labels"] = ["agent"]
    simulator = Simulator(scratch, f"example-{name}", spec)
    place = project.Project(scratch, f"readme-{name}", {}, token="ghp_symphonybot")
    checkout = os.path.dirname(place.workflow)
    with open(place.workflow, "w", encoding="utf-8") as file:
        file.write(EXAMPLES[name].replace("ADDRESS", simulator.address))
    for words in (["init", "-q", "-b", "main"],
                  ["remote", "add", "origin", f"{simulator.address}/acme/app.git"]):
        subprocess.run(["git", "-C", checkout, *words], check=True)
    programs = os.path.join(place.directory, "programs")
    os.makedirs(programs)
    os.symlink(os.environ["CLAUDE"], os.path.join(programs, "claude"))
    place.environment.update(
        PATH=programs + ":" + place.environment["PATH"], ANTHROPIC_BASE_URL=vendor.url,
        ANTHROPIC_API_KEY="dummy", DISABLE_TELEMETRY="1", DISABLE_AUTOUPDATER="1",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1", IS_SANDBOX="1")
    try:
        asked_and_answered(name, place, simulator, vendor)
    finally:
        findings.check(place.shut_down(), f"{name}: every worker ended with stop --all")
        simulator.close()
        vendor.stop()


def asked_and_answered(name, place, simulator, vendor):
    doctor = place.run("doctor")
    findings.check(doctor.code in (0, 1), f"{name}: doctor lets the example pass",
                   f"exit {doctor.code}" + ("" if doctor.code in (0, 1) else f": {doctor.text}"))
    items = place.tick_until(lambda items: bool(items) and items["1"]["code"] == "agent_blocked", 120)
    item = items.get("1", {"code": "nothing", "sentence": ""})
    findings.check(item["code"] == "agent_blocked" and QUESTION in item["sentence"],
                   f"{name}: the agent's question is in the verdict", item["sentence"])
    first = vendor.told()
    findings.check(bool(first) and "Mend part 1" in first[0]
                   and "Part 1 of app is broken." in first[0],
                   f"{name}: the agent's first request holds the issue's title and text",
                   f"{len(first)} request(s)")
    notes = os.path.join(item.get("workspace") or "/nowhere", "CLAUDE.local.md")
    written = ""
    if os.path.exists(notes):
        with open(notes, encoding="utf-8") as file:
            written = file.read()
    findings.check("Part 1 of app is broken." in written, f"{name}: so do its notes", notes)
    simulator.edit(op="comment", issue="acme/app#1", by="alice", body=ANSWER)
    items = place.tick_until(lambda items: items["1"]["code"] == "handed_off", 120)
    findings.check(items["1"]["code"] == "handed_off", f"{name}: answered, it is handed off",
                   items["1"]["sentence"])
    told = vendor.told()[len(first):]
    findings.check(bool(told) and ANSWER in told[0] and "alice" in told[0],
                   f"{name}: the answer reached the agent with its author", f"{len(told)} request(s)")
    pulls = worlds.Seen(simulator.world()).pulls("acme/app", 1)
    findings.check(len(pulls) == 1, f"{name}: one pull request", [pull["title"] for pull in pulls])


def examples(scratch, kind, make_vendor):
    """Both examples; they name claude."""
    if kind != "claude_code":
        return
    if not available():
        findings.say("   the predecessors' examples were not run: there is no simulator")
        return
    for name in EXAMPLES:
        example(scratch, name, make_vendor)
