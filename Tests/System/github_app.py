"""A GitHub App instead of a token: by number and by client id, with the key as a path and as
text; a token that expires while an agent works. Called by the entry point.
"""
import os
import subprocess

import findings
import worlds
from project import Project
from simulator import Simulator
from stories import Scene, all_are, check_pulls, steady_tick

NUMBER, CLIENT = 1001, "Iv23liSymphony00000"


def make_keys(scratch):
    """The public key's text and the path of the private one."""
    private, public = os.path.join(scratch, "app.pem"), os.path.join(scratch, "app.pub")
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["openssl", "genrsa", "-out", private, "2048"], **quiet)
    subprocess.run(["openssl", "rsa", "-in", private, "-pubout", "-out", public], **quiet)
    with open(public, encoding="utf-8") as file:
        return file.read(), private


def spec(public_key, issues=1):
    return worlds.simple(issues, apps=[worlds.app(NUMBER, "acme", public_key, CLIENT)])


def by_number_and_path(scratch, keys):
    def front(address):
        return worlds.front(address, github={
            "auth_mode": "app", "app_id": str(NUMBER), "private_key": keys[1]})

    with Scene(scratch, "app-number", spec(keys[0]), front, token=None) as (simulator, project):
        doctor = project.run("doctor")
        findings.check(doctor.code == 0, "App by number, key by path: doctor passes",
                       "; ".join(findings.worth_reading(doctor.out.splitlines())))
        mark = simulator.mark()
        items = project.tick_until(all_are("handed_off"))
        findings.check(all_are("handed_off")(items), "App by number, key by path: handed off",
                       project.codes() or project.last.text)
        made = [row for row in simulator.since(mark) if "access_tokens" in row["path"]]
        # One for looking, kept across ticks, and one of the run's own, for its repository alone.
        findings.check(len(made) == 2, "App: a token is kept across ticks, and the run has its own",
                       f"{len(made)} made")
        check_secrets(project, simulator)


def check_secrets(project, simulator):
    """No installation token under the state directory; the runtime directory is for the owner."""
    tokens = [t["token"] for t in simulator.world()["tokens"] if t["token"].startswith("ghs_")]
    found = []
    for place, _, names in os.walk(project.state):
        for name in names:
            with open(os.path.join(place, name), "rb") as file:
                text = file.read()
            found += [name for token in tokens if token.encode() in text]
    findings.check(bool(tokens) and not found, "App: no token under the state directory",
                   f"{len(tokens)} tokens looked for" + (f", found in {found}" if found else ""))


def by_client_and_text(scratch, keys):
    with open(keys[1], encoding="utf-8") as file:
        text = file.read()

    def front(address):
        return worlds.front(address, github={
            "auth_mode": "auto", "app_id": CLIENT, "installation_id": str(2001)})

    with Scene(scratch, "app-client", spec(keys[0]), front, token=None, environment={
            "GITHUB_APP_PRIVATE_KEY": text}) as (_, project):
        items = project.tick_until(all_are("handed_off"))
        findings.check(all_are("handed_off")(items), "App by client id, key as text: handed off",
                       project.codes() or project.last.text)


def expires_under_way(scratch, keys, revoke):
    """Either GitHub's clock goes on by two hours, or the token is gone at once."""
    name = "App, token revoked" if revoke else "App, token expired"

    def front(address):
        return worlds.front(address, github={
            "auth_mode": "app", "app_id": CLIENT, "private_key": keys[1]})

    with Scene(scratch, f"app-{'revoked' if revoke else 'expired'}", spec(keys[0], 2), front,
               token=None, is_open=False) as (simulator, project):
        project.tick_until(lambda _: project.agents_at_work() == 2)
        if revoke:
            for token in simulator.world()["tokens"]:
                if token["token"].startswith("ghs_"):
                    simulator.edit(op="revoke_token", token=token["token"])
        else:
            simulator.advance(7200)
        project.open_gate()
        project.wait_until(lambda: not project.leases_held())
        owed = steady_tick(project)
        codes = project.codes()
        findings.say(f"         | right after the run: exit {owed.code}, {codes} "
                     + owed.text.replace("\n", " | ")[:300])
        items = project.tick_until(all_are("handed_off"), 90)
        findings.check(
            all_are("handed_off")(items) and not any(i["failures"] for i in items.values()),
            f"{name} while the agent worked: handed off with a fresh one, no attempt spent",
            {n: (i["code"], i["sentence"][:120]) for n, i in items.items()}
            if not all_are("handed_off")(items) else project.codes())
        check_pulls(simulator, f"{name}: one pull request each", ["acme/app"])


def wrong_key(scratch, keys):
    """A key that is not the App's: the message says so, and not that GitHub is out of reach."""
    other = os.path.join(scratch, "other.pem")
    subprocess.run(["openssl", "genrsa", "-out", other, "2048"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    simulator = Simulator(scratch, "app-wrong", spec(keys[0]))
    project = Project(scratch, "app-wrong", worlds.front(simulator.address, github={
        "auth_mode": "app", "app_id": str(NUMBER), "private_key": other}))
    try:
        findings.message("App with another key: the message names the key", project.tick(),
                         (69, 78), "key")
    finally:
        project.shut_down()
        simulator.close()


def run(scratch, keys):
    for part in (by_number_and_path, by_client_and_text, wrong_key):
        yield part.__name__, lambda part=part: part(scratch, keys)
    for revoke in (False, True):
        yield f"expires_under_way revoke={revoke}", (
            lambda revoke=revoke: expires_under_way(scratch, keys, revoke))
