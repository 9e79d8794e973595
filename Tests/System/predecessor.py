"""A WORKFLOW.md with every key of github-symphony's reference table passes `doctor`, and a body
in Go's template syntax reaches the agent with sub-issues, labels and the attempt. Called by the
entry point.
"""
import os

import findings
import worlds
from project import Project
from simulator import Simulator
from stories import Scene, all_are

# The reference table, one line a key, in its own order.
KEYS = """---
tracker:
  kind: github
  owner: acme
  project_number: 1
  project_scope: organization
  active_values: [Todo, In Progress]
  terminal_values: [Done]
github:
  token: $GITHUB_TOKEN
  api_url: {address}
agent:
  kind: claude_code
  max_concurrent_agents: 10
  max_turns: 20
  stall_timeout_ms: 300000
claude:
  model: sonnet
  permission_profile: {profile}
  allowed_tools: [Read, Edit, Bash]
git:
  branch_prefix: symphony/
  use_worktrees: true
polling:
  interval_ms: 30000
pull_request:
  open_pr_on_success: true
  draft_by_default: true
  handoff_project_status: Human Review
  comment_on_issue_with_pr: true
server:
  port: 9097
---
{body}"""
BODY = """# {{.work_item.title}} ({{.work_item.issue_identifier}})

{{if .attempt}}Attempt {{.attempt}}.{{else}}First run.{{end}}
Labels:{{range $i, $label := .work_item.labels}}{{if $i}},{{end}} {{$label}}{{end}}
{{range .work_item.sub_issues}}- {{.identifier}} is {{.state}}
{{end}}Branch {{.branch_name}} from {{.base_branch}} of {{.repository.full_name}}.
"""
FAILING_ONCE = """number=$(ls '{gate}' | grep -c '^prompt-')
cat >'{gate}/prompt-'"$number"
test "$number" -gt 0 || exit 3
echo work >work.txt
git add -A
git -c user.name=Agent -c user.email=agent@localhost commit -qm "Do the work"
"""


def key_table(scratch, *_):
    simulator = Simulator(scratch, "keys-world", worlds.simple(2))
    project = Project(scratch, "keys", {}, token="ghp_symphonybot")
    programs = os.path.join(project.directory, "programs")
    os.makedirs(programs)
    with open(os.path.join(programs, "claude"), "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\necho '2.1.0 (Claude Code)'\n")
    os.chmod(file.name, 0o755)
    project.environment["PATH"] = programs + ":" + project.environment["PATH"]
    # Claude Code refuses the table's own default for root.
    profile = "bypassPermissions" if os.getuid() else "acceptEdits"
    with open(project.workflow, "w", encoding="utf-8") as file:
        file.write(KEYS.format(address=simulator.address, profile=profile, body=BODY))
    try:
        outcome = project.run("doctor")
        rows = [line for line in outcome.out.splitlines() if line[:4].strip() in ("fail", "warn")]
        findings.check(outcome.code == 0, "key table: every key passes doctor",
                       f"exit {outcome.code} {outcome.err.strip()}")
        for row in rows:
            findings.say("         | " + row[:200])
        missing = [key for key in ("tracker.project_scope", "claude.permission_profile",
                                   "pull_request.handoff_project_status", "server.port")
                   if key not in outcome.out]
        findings.check(not missing, "key table: doctor lists the settings with their origin",
                       ", ".join(missing))
        plan = project.run("tick", "--dry-run")
        findings.check(plan.code == 0 and plan.out.count("acme/app#") >= 2,
                       "key table: a dry run plans both issues", f"exit {plan.code}")
    finally:
        simulator.close()


def go_template(scratch, *_):
    repository = worlds.repository("acme", "app", 3)
    repository["issues"][0].update(sub_issues=["#2", "#3"], labels=["symphony", "bug"])
    spec = worlds.simple(1)
    spec["repos"] = [repository]

    def front(address):
        return worlds.front(address, agent={"max_retry_backoff_ms": 1000})

    with Scene(scratch, "go", spec, front, body=BODY, agent=FAILING_ONCE) as (simulator, project):
        project.tick()
        item = project.items()["1"]
        findings.check(
            item["code"] == "open_sub_issues" and "acme/app#2" in item["sentence"]
            and "acme/app#3" in item["sentence"],
            "Go template: a parent waits for its open sub-issues", item["sentence"])
        for number in (2, 3):
            simulator.edit(op="close", issue=f"acme/app#{number}", by="alice")
        items = project.tick_until(all_are("handed_off"))
        prompts = sorted(name for name in os.listdir(project.gate) if name.startswith("prompt-"))
        texts = []
        for name in prompts:
            with open(os.path.join(project.gate, name), encoding="utf-8") as file:
                texts.append(file.read())
        first, second = (texts + ["", ""])[:2]
        wanted = ["# Mend part 1 (acme/app#1)", "Labels: bug, symphony", "- acme/app#2 is closed",
                  "- acme/app#3 is closed", "of acme/app."]
        missing = [line for line in wanted if line not in first.replace("CLOSED", "closed")]
        findings.check(not missing and "First run." in first,
                       "Go template: title, labels and sub-issues reach the agent",
                       "lacks " + "; ".join(missing) if missing else items["1"]["code"])
        findings.check("Attempt 1." in second, "Go template: the second run knows its attempt",
                       second.splitlines()[2] if second.count("\n") > 2 else repr(second[:80]))


PARTS = [key_table, go_template]
