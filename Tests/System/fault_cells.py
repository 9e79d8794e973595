"""One cell of the fault matrix: an organization with a repository and a board of its own on a
shared simulator, a state directory of its own, and the faults that hit it. A cell lives its whole
story: an issue and a draft are converted, started, worked on, handed off, merged and closed.
Called by fault_matrix.py, which ticks many cells at once.
"""
import re
import time

import worlds
from project import Project
from simulator import matcher

LABELS = {"start": {"add": ["started"]}, "handoff": {"add": ["handed off"], "remove": ["started"]}}
ISSUES = 1


class Cell:
    """`rules`: (signature, fault rule without its match). `kind`: pat or app."""

    def __init__(self, number, name, rules=(), kind="pat"):
        self.number, self.name, self.kind = number, name, kind
        self.wanted = list(rules)
        self.owner = f"c{number:03d}"
        self.full = f"{self.owner}/app"
        self.token = f"ghp_cell{number:03d}"
        self.bot = f"bot{number:03d}"
        self.app_number = 5000 + number
        self.phase, self.ticks, self.next_tick = "work", 0, 0.0
        self.problem, self.rule_ids, self.last = "", [], None

    # ---- its part of the world ------------------------------------------------------------------
    def parts(self, public_key):
        repository = worlds.repository(self.owner, "app", ISSUES)
        entries = [(f"{self.full}#{n}", "Todo") for n in range(1, ISSUES + 1)]
        entries.append(({"title": "A draft", "body": "Soon an issue."}, "Todo"))
        return {
            "users": [self.bot], "orgs": {self.owner: [self.bot, "alice"]},
            "repos": [repository], "boards": [worlds.board(self.owner, entries)],
            "tokens": [worlds.token(self.token, self.bot)],
            "apps": [worlds.app(self.app_number, self.owner, public_key)]
            if self.kind == "app" else []}

    def match(self, signature):
        """Rules name the cell by its token, its paths or its App: signatures are shared by all."""
        rule = matcher(signature)
        if rule["api"] == "^graphql$":
            rule["token"] = f"ghs_{self.app_number}_" if self.kind == "app" else self.token
        elif "/app/installations/" in signature:
            rule["path"] = rf"/app/installations/{self.app_number + 1000}/access_tokens"
        elif signature.startswith("git "):
            rule["path"] = rf"^/{self.owner}/app(\.git)?.*" + rule["path"]
        else:
            # Every other path names the organization or a repository of it.
            rule["path"] = rule["path"].replace("[^/?]+", self.owner, 1)
        return rule

    def begin(self, simulator, scratch, private_key, environment):
        github = {"api_url": simulator.address, "request_timeout_ms": 5000}
        if self.kind == "app":
            github.update(auth_mode="app", app_id=str(self.app_number), private_key=private_key)
        front = worlds.front(
            simulator.address, owner=self.owner, github=github,
            tracker={"executable_item_types": ["issue", "draft_issue"],
                     "allow_draft_issue_conversion": True, "draft_repository": self.full,
                     "in_progress_status": "In Progress", "labels_on": LABELS},
            pull_request={"close_issue_on_merge": True})
        self.project = Project(
            scratch, self.owner, front, token=None if self.kind == "app" else self.token,
            environment=environment)
        rules = [{"match": self.match(signature), **rule} for signature, rule in self.wanted]
        self.rule_ids = [rule["id"] for rule in simulator.add_faults(rules)]

    # ---- its story ------------------------------------------------------------------------------
    def step(self, simulator, seen):
        self.tick()
        if seen:
            self.look(simulator, seen)

    def tick(self):
        self.last = self.project.tick()
        self.ticks += 1
        self.next_tick = time.monotonic() + min(1 + self.ticks / 6, 5)

    def look(self, simulator, seen):
        """With a dump of the world, a little old: goes on to the next part of the story."""
        if self.phase == "work" and self._is_handed_off(seen) and self._is_at_rest("handed_off"):
            self.problem = self._wrong_after_work(seen)
            self.phase = "merged"
            for pull in seen.pulls(self.full):
                # Without its closing word GitHub leaves the issue to us.
                name = f"{self.full}#{pull['number']}"
                simulator.edit(op="update", issue=name, body="Nothing to see.", by=self.bot)
                simulator.edit(op="merge", issue=name, by=self.bot)
        elif self.phase == "merged" and self._is_closed(seen) and self._is_at_rest("done"):
            self.problem = self.problem or self._wrong_after_merge(seen)
            self.phase = "over"

    def _numbers(self, seen):
        return [issue["number"] for issue in seen.issues(self.full)]

    def _is_handed_off(self, seen):
        numbers = self._numbers(seen)
        return len(numbers) > ISSUES and all(
            seen.pulls(self.full, n) and seen.notes(self.full, n)
            and seen.status(self.full, n) == "Human Review"
            and "handed off" in seen.labels(self.full, n)
            and "started" not in seen.labels(self.full, n) for n in numbers)

    def _is_closed(self, seen):
        return all(issue["state"] == "closed" for issue in seen.issues(self.full))

    def _is_at_rest(self, code):
        """Every issue has this verdict; the draft that was converted may keep one of its own."""
        items = self.project.items()
        there = [item for item in items.values() if item["code"] == code]
        return len(there) > ISSUES and not self.project.leases_held()

    def _wrong_after_work(self, seen):
        wrong = []
        if len(seen.issues(self.full)) != ISSUES + 1:
            wrong.append(f"{len(seen.issues(self.full)) - ISSUES} issues made of one draft")
        for number in self._numbers(seen):
            pulls, notes = seen.pulls(self.full, number), seen.notes(self.full, number)
            if len(pulls) != 1 or pulls[0]["state"] != "open":
                wrong.append(f"#{number} has {len(pulls)} pull requests")
            if len(notes) != 1:
                wrong.append(f"#{number} has {len(notes)} comments")
        return "; ".join(wrong + self._wrong_in_status())

    def _wrong_after_merge(self, seen):
        wrong = []
        for number in self._numbers(seen):
            if seen.status(self.full, number) != "Done":
                wrong.append(f"#{number} is in {seen.status(self.full, number)} after its merge")
            if len(seen.pulls(self.full, number)) != 1 or len(seen.notes(self.full, number)) != 1:
                wrong.append(f"#{number} got another pull request or comment after its merge")
        return "; ".join(wrong + self._wrong_in_status())

    def _wrong_in_status(self):
        wrong = []
        for number, item in self.project.items().items():
            if item["failures"]:
                wrong.append(f"#{number} spent {item['failures']} attempts")
            # Git that failed is made up for by a run of its own.
            if item["runs"] > 1 + self._faults_of_git():
                wrong.append(f"#{number} took {item['runs']} runs")
            if item["needs_human"]:
                wrong.append(f"#{number} needs a person: {item['sentence'][:160]}")
        return wrong

    def _faults_of_git(self):
        return sum(signature.startswith("git ") for signature, _ in self.wanted)

    def story_so_far(self, seen):
        """For a cell that did not come to its end in time."""
        items = {n: f"{i['code']} ({i['sentence'][:120]})" for n, i in self.project.items().items()}
        done = {n: [len(seen.pulls(self.full, n)), len(seen.notes(self.full, n)),
                    seen.status(self.full, n), seen.labels(self.full, n)]
                for n in self._numbers(seen)}
        said = re.sub(r"\s+", " ", self.last.text if self.last else "")[-300:]
        return f"stuck in {self.phase} after {self.ticks} ticks: {items}; world {done}; said {said}"
