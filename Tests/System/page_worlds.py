"""The two worlds of page.py: local projects, so that neither GitHub nor a simulator is needed, each
with a `symphony serve` of its own. In the first one every section of the page has an issue and some
of them are hostile; the second one has a thousand.
"""
import json
import os
import signal
import subprocess
import urllib.error
import urllib.request

import project
from machine import free_port, wait_until

TOKEN = "the-token-of-this-server"
# Issues are told apart by their numbers, which the names of their worktrees end in. What is printed
# is an adversary's, too.
AGENT = """cat >/dev/null
number=$(basename "$PWD" | cut -d- -f1); number=${{number##*_}}
touch '{gate}'/prompt-$number
printf '{{"type":"usage","input_tokens":900,"output_tokens":100,"cost_usd":0.3,"model":"small"}}\\n'
case $number in
2) printf '{{"type":"result","status":"blocked","message":"Which colour, <b onclick=bad()>red</b>?"}}\\n'
   exit 0 ;;
5) echo '{{"type":"result","status":"failed","message":"the tests do not pass"}}'
   exit 1 ;;
3|4) echo work >work.txt; git add -A
   git -c user.name=Agent -c user.email=agent@localhost commit -qm "Do the work"; exit 0 ;;
esac
line=0
while ! test -e '{gate}/open'; do
  line=$((line + 1))
  printf '{{"type":"progress","message":"line %s of <img src=x onerror=document.title=1>"}}\\n' $line
  printf '{{"type":"usage","input_tokens":1000,"output_tokens":10,"cost_usd":0.01,"model":"small"}}\\n'
  sleep 0.5
done
"""
HOSTILE = {
    20: "<img src=x onerror=\"document.title='owned'\">",
    21: "</script><script>document.title='owned'</script>",
    22: "An order \u202egnp.exe\u202c that is turned \u2066around",
    23: "W" * 300,
    24: "Emoji \U0001f469\u200d\U0001f4bb \U0001f3f3\ufe0f\u200d\U0001f308 and \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    25: "javascript:document.title='owned'//",
    26: "{{constructor.constructor('alert(1)')()}} ${document.title} &lt;b&gt; %3Cscript%3E",
}


class World:
    def __init__(self, scratch, name, front):
        self.scratch, self.name = scratch, name
        self.place = project.Project(
            scratch, name, front, agent=AGENT, is_open=False,
            environment={"SYMPHONY_SERVER_TOKEN": TOKEN})
        self.checkout = os.path.dirname(self.place.workflow)
        os.makedirs(os.path.join(self.checkout, "issues"))
        self._git("init", "-q", "-b", "main")
        self._git("-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "-q",
                  "--allow-empty", "-m", "first")
        self.port, self.served = free_port(), None

    def _git(self, *arguments):
        subprocess.run(["git", "-C", self.checkout, *arguments], check=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def add(self, number, title=None, priority=3, status="Todo", labels=("symphony",)):
        fields = {"title": title or f"Do part {number}", "status": status, "labels": list(labels),
                  "priority": priority}
        with open(os.path.join(self.checkout, "issues", f"{number}.md"), "w", encoding="utf-8") as file:
            file.write("---\n")
            file.writelines(f"{name}: {json.dumps(value, ensure_ascii=False)}\n"
                            for name, value in fields.items())
            file.write("---\nDo it.\n")

    def item(self, number):
        return self.place.items()[str(number)]

    def ticked(self, number):
        """The item after one more tick, as a timer would call it."""
        self.place.tick()
        return self.item(number)

    def serve(self):
        with open(os.path.join(self.scratch, f"serve-{self.name}.log"), "ab") as log:
            self.served = subprocess.Popen(
                [project.SYMPHONY, "serve", "--port", str(self.port)], cwd=self.checkout,
                env=self.place.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return wait_until(self._answers, 20)

    def _answers(self):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            return opener.open(self.url + "api/v1/status", timeout=20).status == 200
        except OSError:
            return False

    def end_serve(self):
        if self.served:
            self.served.send_signal(signal.SIGTERM)
            self.served.wait(timeout=20)
            self.served = None

    def end(self):
        self.end_serve()
        self.place.shut_down()


def front(slots):
    return {"tracker": {"kind": "local", "labels": ["symphony"]},
            "agent": {"max_concurrent": slots, "max_attempts": 1, "stall_timeout_ms": 0,
                      "max_turns": 1},
            "polling": {"interval_ms": 1000}}


def every_section(scratch):
    """2 asks a person, 5 failed for good, 3 is handed off, 4 is done, 1 and 6 run, the others wait."""
    world = World(scratch, "sections", front(2))
    for number in (2, 3, 4, 5):
        world.add(number, priority=1)
    world.place.tick_until(lambda items: all(
        items.get(n, {}).get("claim") in ("parked", "handed_off") for n in "2345"), 90)
    world.add(4, priority=1, status="Done")
    for number in (1, 6):
        world.add(number, priority=1)
    for number in (7, 8):
        world.add(number, priority=2)
    world.add(9, "Left out by its label", labels=("other",))
    for number, title in HOSTILE.items():
        world.add(number, title)
    items = world.place.tick_until(lambda items: (
        items.get("4", {}).get("section") == "done_today"
        and all(items.get(n, {}).get("section") == "running" and items[n]["live"]
                and items[n]["live"]["turn"] for n in "16")), 90)
    return world, items


def a_thousand(scratch):
    world = World(scratch, "thousand", front(2))
    for number in range(1, 1001):
        # The numbers that the agent ends are left out of its way.
        world.add(number + 1000, f"Mend the {['left', 'right', 'upper', 'lower'][number % 4]} part "
                  f"{number}", priority=1 + number % 4,
                  labels=("symphony",) if number % 10 else ("other",))
    items = world.place.tick_until(lambda items: sum(
        bool(item["live"]) and bool(item["live"]["turn"]) for item in items.values()) == 2, 120)
    return world, items
