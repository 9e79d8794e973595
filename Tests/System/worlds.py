"""Small worlds for the demonstrations, in the simulator's file format: an organization with one
bot, repositories with a few open issues, a board. And what became of them: pull requests,
comments, statuses. The large board comes from the simulator's own generator.
"""

STATUSES = ["Backlog", "Todo", "In Progress", "Human Review", "Rework", "Done"]
STARTED = "2026-11-20T10:00:00Z"
WRITE = {
    "metadata": "read", "contents": "write", "issues": "write", "pull_requests": "write",
    "statuses": "read", "organization_projects": "write",
}
APP = {**WRITE, "checks": "read", "workflows": "write"}


def repository(owner, name, issues=2, **more):
    return {
        "owner": owner, "name": name, "private": True, "default_branch": "main",
        "labels": ["symphony"], "files": {"README.md": f"# {name}\n"}, "pulls": [],
        "issues": [
            {"number": n, "title": f"Mend part {n}", "body": f"Part {n} of {name} is broken.",
             "author": "alice", "state": "open", "labels": ["symphony"], "created_at": STARTED,
             "updated_at": STARTED} for n in range(1, issues + 1)], **more}


def board(owner, entries, number=1):
    """`entries`: (`owner/repo#1`, status), or ({draft}, status)."""
    items = []
    for content, status in entries:
        named = {"draft": content} if isinstance(content, dict) else {"content": content}
        items.append({**named, "fields": {"Status": status}, "created_at": STARTED,
                      "updated_at": STARTED})
    return {
        "owner": owner, "number": number, "title": "Work", "items": items,
        "fields": [{"name": "Status", "options": STATUSES},
                   {"name": "Priority", "type": "SINGLE_SELECT", "options": ["P0", "P1", "P2"]}],
        "workflows": {"item_closed": "Done", "pr_merged": "Done"}}


def issue_board(owner, repositories, status="Todo", board_owner=None):
    """A board with every open issue of the repositories."""
    entries = [
        (f"{owner}/{r['name']}#{issue['number']}", status)
        for r in repositories for issue in r["issues"]]
    return board(board_owner or owner, entries)


def token(text, user, kind="classic", scopes=("repo", "project", "read:org", "workflow"), **more):
    grants = {"permissions": WRITE} if kind == "fine_grained" else {"scopes": list(scopes)}
    return {"token": text, "user": user, "kind": kind, **grants, **more}


def app(number, account, public_key, client_id=None):
    return {
        "id": number, "client_id": client_id or f"Iv23liContract{number:06d}",
        "slug": f"symphony-{number}", "public_key": public_key,
        "installations": [
            {"id": number + 1000, "account": account, "repos": "all", "permissions": APP}]}


def world(organizations, repositories, boards, tokens, users=("alice", "symphony-bot"), apps=()):
    return {
        "settings": {}, "users": list(users),
        "orgs": [{"login": org, "name": org.title(), "members": {p: "write" for p in members}}
                 for org, members in organizations.items()],
        "repos": repositories, "projects": boards, "tokens": tokens, "apps": list(apps)}


def simple(issues=3, names=("app",), board_owner=None, **more):
    """Organization acme, its repositories, everything in Todo on board 1, the usual tokens."""
    repositories = [repository("acme", name, issues) for name in names]
    usual = [token("ghp_symphonybot", "symphony-bot"),
             token("github_pat_bot", "symphony-bot", "fine_grained"),
             token("ghp_readonly", "symphony-bot", scopes=("repo", "read:project")),
             {**token("github_pat_noproject", "symphony-bot", "fine_grained"),
              "permissions": {"metadata": "read", "contents": "read", "issues": "read"}}]
    return world(
        {"acme": ["alice", "symphony-bot"]}, repositories,
        [issue_board("acme", repositories, board_owner=board_owner)], usual, **more)


def front(address, owner="acme", **sections):
    """The settings of a WORKFLOW.md for board 1; sections are merged over the usual ones."""
    settings = {
        "tracker": {"owner": owner, "project_number": 1, "active_values": ["Todo", "In Progress"],
                    "terminal_values": ["Done"]},
        "github": {"api_url": address, "request_timeout_ms": 4000},
        "agent": {"kind": "command", "max_concurrent_agents": 3, "stall_timeout_ms": 0},
        "pull_request": {"draft_by_default": False, "handoff_project_status": "Human Review"},
        "polling": {"interval_ms": 1000},
    }
    for name, keys in sections.items():
        settings.setdefault(name, {}).update(keys)
    return settings


# ---- what became of it --------------------------------------------------------------------------
class Seen:
    """A dump of the world, asked by repository and issue."""

    def __init__(self, dump):
        self.repositories = {f"{r['owner']}/{r['name']}": r for r in dump["repos"]}
        self.statuses = {
            item["content"]: item["fields"].get("Status")
            for project in dump["projects"] for item in project["items"] if "content" in item}
        self.drafts = {
            project["owner"]: sum("draft" in item for item in project["items"])
            for project in dump["projects"]}

    def issues(self, name):
        return self.repositories[name]["issues"]

    def pulls(self, name, issue=None):
        """All pull requests, open or not; of one issue: those whose branch is named after it."""
        pulls = self.repositories[name]["pulls"]
        return [p for p in pulls if issue is None or p["head"].endswith(f"_{issue}")]

    def notes(self, name, issue):
        """Our comments that name a pull request."""
        found = next(i for i in self.issues(name) if i["number"] == issue)
        return [c for c in found["comments"] if "symphony:" in c["body"] and "/pull/" in c["body"]]

    def labels(self, name, issue):
        return next(i for i in self.issues(name) if i["number"] == issue)["labels"]

    def status(self, name, issue):
        return self.statuses.get(f"{name}#{issue}")
