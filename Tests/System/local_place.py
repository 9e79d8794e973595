"""A project of the local tracker with a first tick behind it, and a token in its .env."""
import os
import subprocess

import project

TOKEN = "a-first-token-of-the-server"


def make(scratch, name, issues=0, environment=None, agent=None, **front):
    made = project.Project(
        scratch, name, {"tracker": {"kind": "local", "labels": ["symphony"]}, **front},
        environment=environment, agent=agent)
    checkout = os.path.dirname(made.workflow)
    for command in (["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "begin"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *command],
                       cwd=checkout, check=True)
    os.makedirs(os.path.join(checkout, "issues"))
    for number in range(1, issues + 1):
        with open(os.path.join(checkout, "issues", f"{number}.md"), "w", encoding="utf-8") as file:
            file.write(f"---\ntitle: Issue {number}\nlabels: [symphony]\n---\nDo it.\n")
    use_token(made, TOKEN)
    outcome = made.tick()
    if outcome.code:
        raise RuntimeError(outcome.text)
    return made


def use_token(made, token):
    """Puts it into .env beside WORKFLOW.md."""
    with open(os.path.join(os.path.dirname(made.workflow), ".env"), "w", encoding="utf-8") as file:
        file.write(f"SYMPHONY_SERVER_TOKEN={token}\n")
