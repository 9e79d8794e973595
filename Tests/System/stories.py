"""What people read when the world changes under a board: a renamed status, a token that loses a
repository, a board a token cannot reach, missing permissions. Each story prints the message and
checks that the rest goes on. Called by the entry point.
"""
import findings
import worlds
from project import Project
from simulator import Simulator


def all_are(*codes):
    return lambda items: bool(items) and all(item["code"] in codes for item in items.values())


def running(items):
    return [number for number, item in items.items() if item["code"] == "running"]


def check_pulls(simulator, point, names):
    """Exactly one open pull request for each issue of these repositories."""
    seen = worlds.Seen(simulator.world())
    counts = {f"{name}#{issue['number']}": len(seen.pulls(name, issue["number"]))
              for name in names for issue in seen.issues(name)}
    findings.check(bool(counts) and set(counts.values()) == {1}, point, counts)


class Scene:
    """A simulator and a project, both gone when the story is over, whatever became of it."""

    def __init__(self, scratch, name, spec, front=None, token="ghp_symphonybot", options=(),
                 **more):
        self.simulator = Simulator(scratch, name, spec, *options)
        self.name = name
        settings = front(self.simulator.address) if front else worlds.front(self.simulator.address)
        self.project = Project(scratch, name, settings, token=token, **more)

    def __enter__(self):
        return self.simulator, self.project

    def __exit__(self, *_):
        if not self.project.shut_down():
            findings.check(False, f"{self.name}: every worker ended with stop --all")
        self.simulator.close()


def steady_tick(project):
    """A tick of its own, not one that is turned away by the tick that the last worker began."""
    project.wait_until(project.is_idle)
    for _ in range(20):
        outcome = project.tick()
        if "another tick is running" not in outcome.text:
            break
        project.wait_until(project.is_idle)
    return outcome


def renamed_status(scratch):
    def front(address):
        return worlds.front(address, agent={"max_concurrent_agents": 1})

    with Scene(scratch, "renamed", worlds.simple(2), front, is_open=False) as (simulator, project):
        project.tick_until(lambda _: project.agents_at_work() == 1)
        first = running(project.items())
        simulator.edit(op="rename_option", project="acme/1", field="Status", option="Todo",
                       name="Ready to go")
        outcome = project.tick()
        findings.message("renamed status: the tick says which names there are", outcome, 78,
                         "Todo", "Ready to go", "In Progress", "Human Review")
        doctor = project.run("doctor")
        findings.message("renamed status: doctor says it too", doctor, (69, 78, 1), "Ready to go")
        findings.check(running(project.items()) == first and len(project.leases_held()) == 1,
                       "renamed status: the running worker goes on", project.codes())
        project.open_gate()
        project.wait_until(lambda: not project.leases_held())
        outcome = steady_tick(project)
        other = [number for number in project.items() if number not in first]
        findings.check(
            outcome.code == 78 and not running(project.items())
            and not any(project.items()[number]["runs"] for number in other),
            "renamed status: nothing new is started", f"exit {outcome.code}, {project.codes()}")
        simulator.edit(op="rename_option", project="acme/1", field="Status", option="Ready to go",
                       name="Todo")
        items = project.tick_until(all_are("handed_off"))
        findings.check(all_are("handed_off")(items) and project.last.code == 0,
                       "renamed status: with the old name back it all goes on", project.codes())
        check_pulls(simulator, "renamed status: one pull request each", ["acme/app"])


def lost_repository(scratch):
    spec = worlds.simple(2, names=("app", "web"))
    both, one = ["acme/app", "acme/web"], ["acme/app"]
    grant = worlds.token("github_pat_two", "symphony-bot", "fine_grained", repos=both)
    spec["tokens"].append(grant)
    for item in spec["projects"][0]["items"]:
        if item["content"] == "acme/app#2":
            item["fields"]["Status"] = "Backlog"

    def front(address):
        return worlds.front(address, agent={"max_concurrent_agents": 4})

    scene = Scene(scratch, "lost", spec, front, "github_pat_two", is_open=False)
    with scene as (simulator, project):
        project.tick_until(lambda _: project.agents_at_work() == 3)
        simulator.edit(op="add_token", **{**grant, "repos": one})
        simulator.edit(op="set_field", project="acme/1", issue="acme/app#2", field="Status",
                       value="Todo")
        outcome = project.tick()
        findings.message("lost repository: the tick names the repository or the permission",
                         outcome, (0, 1, 69), "acme/web")
        keys = {item["key"]: item for item in project.status()["items"]}
        web = {key: item["code"] for key, item in keys.items() if "/web#" in key}
        findings.check(
            project.wait_until(lambda: project.agents_at_work() == 4)
            and len(project.leases_held()) == 4 and set(web.values()) <= {"running", "not_checked"},
            "lost repository: its workers go on, nothing of it is released", web)
        app = {key: item["code"] for key, item in keys.items() if "/app#" in key}
        findings.check(set(app.values()) <= {"running", "launching"} and len(app) == 2,
                       "lost repository: the other repository suffers nothing", app)
        simulator.edit(op="add_token", **grant)
        project.open_gate()
        items = tick_all(project, "handed_off")
        findings.check(all(i["code"] == "handed_off" and not i["failures"] for i in items),
                       "lost repository: with it back all is handed off",
                       {i["key"]: i["code"] for i in items})
        check_pulls(simulator, "lost repository: one pull request each", both)


def tick_all(project, code):
    """As tick_until, for items of several repositories."""
    listed = []

    def all_there(_):
        # What was redacted for a while is an entry of its own that is listed no more.
        listed[:] = [i for i in project.status()["items"] if i["code"] != "not_listed"]
        return all(i["code"] == code for i in listed)

    project.tick_until(all_there)
    return listed


def user_board(scratch):
    spec = worlds.simple(1, board_owner="symphony-bot")

    def front(address):
        return worlds.front(address, owner="symphony-bot", tracker={"project_scope": "user"})

    with Scene(scratch, "user-board", spec, front, "github_pat_bot") as (_, project):
        findings.message("user board, fine-grained token: the tick says what is needed",
                         project.tick(), (69, 78), "classic", "scope `project`", "symphony-bot")
        findings.message("user board, fine-grained token: doctor says it too",
                         project.run("doctor"), (69, 78, 1), "classic", "scope `project`")
        project.environment["GITHUB_TOKEN"] = "ghp_symphonybot"
        items = project.tick_until(all_are("handed_off"))
        findings.check(all_are("handed_off")(items), "user board: a classic token runs it",
                       project.codes())


def missing_permissions(scratch):
    scene = Scene(scratch, "no-project", worlds.simple(1), token="github_pat_noproject")
    with scene as (_, project):
        findings.message("no Projects permission: the tick names it", project.tick(), (69, 78),
                         "permission Projects")
        findings.message("no Projects permission: doctor names it", project.run("doctor"),
                         (69, 78, 1), "permission Projects")
    scene = Scene(scratch, "read-only", worlds.simple(1), token="ghp_readonly")
    with scene as (simulator, project):
        findings.message("read:project only: doctor names the scope project",
                         project.run("doctor"), (0, 1, 69), "`project`")
        project.tick_until(lambda items: items and "1" in items and items["1"]["pull_request"], 30)
        for _ in range(2):
            outcome = project.tick()
        findings.check(len(worlds.Seen(simulator.world()).pulls("acme/app", 1)) == 1,
                       "read:project only: the pull request is the hand-off", project.codes())
        status = project.run("status", "1")
        findings.message("read:project only: status names what could not be done", status, 0,
                         "set_status", "scope")
        findings.say(f"         | the last tick: exit {outcome.code} {outcome.text[-200:]}")


def waiting_for_checks(scratch):
    def front(address):
        return worlds.front(
            address, pull_request={"required_before_handoff_checks": ["ci"]})

    with Scene(scratch, "checks", worlds.simple(1), front) as (simulator, project):
        items = project.tick_until(all_are("handed_off"))
        seen = worlds.Seen(simulator.world())
        findings.check(
            all_are("handed_off")(items) and seen.status("acme/app", 1) != "Human Review",
            "checks: handed off, and the status waits for them", items["1"]["sentence"][:160])
        pull = seen.pulls("acme/app", 1)[0]["number"]
        simulator.edit(op="checks", issue=f"acme/app#{pull}", runs=[{"name": "ci"}])
        project.tick_until(lambda _: worlds.Seen(simulator.world()).status("acme/app", 1)
                           == "Human Review", 60, pause=2)
        seen = worlds.Seen(simulator.world())
        findings.check(seen.status("acme/app", 1) == "Human Review",
                       "checks: green, and the status moved", seen.status("acme/app", 1))


STORIES = [renamed_status, lost_repository, user_board, missing_permissions, waiting_for_checks]
