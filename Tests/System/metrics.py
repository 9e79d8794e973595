#!/usr/bin/env python3
"""What deploy/ asks for, asked of real Prometheus: metrics.py SYMPHONY. A local project with items that
run, wait for a retry, are parked and handed off; its metrics through `metrics.textfile` and
node_exporter, and through `symphony serve` with the shipped scrape.yml and a token; then every
query of the dashboard and every alert. VictoriaMetrics is asked the same where it is installed. All
of it on loopback ports (serve on an address of this machine, so that the token counts). What only
GitHub has is told by a tick on the simulator, where one lies beside the checkout. One line per point;
exit 1 when one does not hold, 3 when prometheus, promtool or node_exporter are missing.
Debian: apt-get install --no-install-recommends prometheus prometheus-node-exporter.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
import urllib.error
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
import findings  # noqa: E402  (bytecode is switched off first)
import machine  # noqa: E402
import project  # noqa: E402
import simulator  # noqa: E402
import worlds  # noqa: E402
from findings import check, say  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEPLOY = os.path.join(ROOT, "deploy")
TOKEN = "a-token-for-the-scrape"
AGENT = """cat >/dev/null
number=$(basename "$PWD" | cut -d- -f1); number=${{number##*_}}
touch '{gate}'/prompt-$number
printf '{{"type":"usage","input_tokens":900,"output_tokens":100,"cost_usd":0.3,"model":"small"}}\\n'
if test -e '{gate}/login'; then
  echo '{{"type":"result","status":"failed","class":"operator","code":"login"}}'; exit 1
fi
case $number in
1) while ! test -e '{gate}/open'; do sleep 0.2; done ;;
2) if ! test -e '{gate}/open'; then exit 1; fi
   echo '{{"type":"result","status":"blocked","message":"Which database?"}}'; exit 0 ;;
3) echo '{{"type":"result","status":"blocked","message":"Which colour?"}}'; exit 0 ;;
esac
echo work >work.txt
git add -A
git -c user.name=Agent -c user.email=agent@localhost commit -qm "Do the work"
"""
FRONT = {
    "tracker": {"kind": "local", "labels": ["symphony"]},
    "agent": {"max_concurrent": 4, "max_attempts": 9, "stall_timeout_ms": 0,
              "max_cost_usd_per_day": 100},
    "polling": {"interval_ms": 1000},
}
# Queries that a local tracker leaves empty, and alerts that only time or a full disk brings: the
# tests of the rules have those.
EMPTY = {"Rate Limit Left"}
FIRES = {"SymphonyMoneyNearLimit", "SymphonyWorkflowInvalid", "SymphonyTrackerUnreachable",
         "SymphonyHoldNeedsPerson", "SymphonyEverythingParked"}


def own_address():
    """One of this machine's that is not loopback; nothing is sent. Else loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"


def get(url, token=None):
    headers = {"Authorization": "Bearer " + token} if token else {}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8", "replace")
    except OSError as error:
        return 0, str(error)


class Programs:
    """Those that were started here, ended by their process ids."""

    def __init__(self, scratch):
        self.scratch, self.running = scratch, []

    def start(self, name, arguments, **more):
        with open(os.path.join(self.scratch, name + ".log"), "wb") as log:
            self.running.append(subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **more))
        return self.running[-1]

    def end(self):
        for process in reversed(self.running):
            process.send_signal(signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


class Store:
    """Prometheus, or what answers its queries."""

    def __init__(self, name, port):
        self.name, self.base = name, f"http://127.0.0.1:{port}/api/v1/"

    def query(self, expression):
        code, text = get(self.base + "query?" + urllib.parse.urlencode({"query": expression}))
        if code != 200:
            raise RuntimeError(f"{self.name}: {code} for {expression}: {text[:300]}")
        return json.loads(text)["data"]["result"]

    def value(self, expression):
        found = self.query(expression)
        return float(found[0]["value"][1]) if found else None

    def is_seen(self, facts, instance):
        try:
            return all(
                self.value(f'{name}{{{more}{"," if more else ""}instance="{instance}"}}') == wanted
                for (name, more), wanted in facts.items())
        except (RuntimeError, ValueError):
            return False


def panels():
    """(title, query) of each query of the dashboard, with what Grafana puts in."""
    with open(os.path.join(DEPLOY, "grafana", "dashboards", "symphony.json"), encoding="utf-8") as file:
        dashboard = json.load(file)
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            if target["datasource"]["type"] == "prometheus":
                yield panel["title"], target["expr"].replace("$__rate_interval", "5m").replace(
                    "$__range", "1h")


def alerts():
    """Expression by alert, out of the plain YAML of the rules."""
    with open(os.path.join(DEPLOY, "prometheus", "alerts.yml"), encoding="utf-8") as file:
        text = re.sub(r"(?m)^ *#.*\n", "", file.read())
    for name, one, several in re.findall(
            r"- alert: (\w+)\n +expr: (?:([^|\n].*)|\|\n((?: {10,}.*\n)+))", text):
        yield name, " ".join((one or several).split())


def is_clean(name, text):
    """promtool's word on a page of metrics."""
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    said = (done.stdout + done.stderr).strip()
    check(done.returncode == 0 and not said, f"promtool check metrics: {name}",
          said or f"{len(text.splitlines())} lines")


class World:
    def __init__(self, scratch):
        self.scratch = scratch
        self.programs = Programs(scratch)
        self.folder = os.path.join(scratch, "textfile")
        os.makedirs(self.folder)
        self.textfile = os.path.join(self.folder, "symphony.prom")
        self.place = project.Project(
            scratch, "metrics", {**FRONT, "metrics": {"textfile": self.textfile}}, agent=AGENT,
            is_open=False, environment={"SYMPHONY_SERVER_TOKEN": TOKEN})
        self.checkout = os.path.dirname(self.place.workflow)
        self.issues = os.path.join(self.checkout, "issues")
        os.makedirs(self.issues)
        self.git("init", "-q", "-b", "main")
        self.git("-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "-q",
                 "--allow-empty", "-m", "first")

    def git(self, *arguments):
        subprocess.run(["git", "-C", self.checkout, *arguments], check=True)

    def add(self, number):
        with open(os.path.join(self.issues, f"{number}.md"), "w", encoding="utf-8") as file:
            file.write(f"---\ntitle: Do part {number}\nstatus: Todo\nlabels: [symphony]\n---\nDo.\n")

    def start(self):
        """serve, node_exporter and who asks them, with the shipped files."""
        address = own_address()
        self.serve = f"{address}:{machine.free_port(address)}"
        host, port = self.serve.split(":")
        self.programs.start(
            "serve", [project.SYMPHONY, "serve", "--host", host, "--port", port], cwd=self.checkout,
            env=self.place.environment)
        self.node = f"127.0.0.1:{machine.free_port()}"
        self.programs.start("node", [
            NODE, "--collector.disable-defaults", "--collector.textfile",
            f"--collector.textfile.directory={self.folder}", f"--web.listen-address={self.node}"])
        machine.wait_until(lambda: get(f"http://{self.serve}/healthz", TOKEN)[0] in (200, 503), 20)
        if address != "127.0.0.1":
            code, _ = get(f"http://{self.serve}/metrics")
            check(code == 401, "without the token there are no metrics", f"{address}: {code}")
        self.stores = [self.start_prometheus()]
        if shutil.which("victoria-metrics"):
            self.stores.append(self.start_victoria())
        for store in self.stores:
            check(machine.wait_until(lambda: all(
                store.is_seen({("up", ""): 1.0}, target) for target in (self.serve, self.node))),
                f"{store.name} scrapes serve and node_exporter", store.base)

    def scrape_file(self, rules=None):
        """The shipped scrape.yml, for these ports and often; VictoriaMetrics takes no rules there."""
        with open(os.path.join(DEPLOY, "victoriametrics", "scrape.yml"), encoding="utf-8") as file:
            text = file.read()
        token = os.path.join(self.scratch, "token")
        with open(token, "w", encoding="utf-8") as file:
            file.write(TOKEN + "\n")
        for old, new in [("30s", "1s"), ("symphony:9097", self.serve),
                         ("/run/secrets/server_token", token)]:
            assert old in text, old
            text = text.replace(old, new)
        text += f'  - job_name: node\n    static_configs:\n      - targets: ["{self.node}"]\n'
        if rules:
            text = text.replace("global:\n", "global:\n  evaluation_interval: 1s\n")
            text += f"rule_files: {json.dumps([rules])}\n"
        path = os.path.join(self.scratch, "rules.yml" if rules else "scrape.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def start_prometheus(self):
        rules = os.path.join(DEPLOY, "prometheus", "alerts.yml")
        path, port = self.scrape_file(rules), machine.free_port()
        done = subprocess.run(["promtool", "check", "config", path], capture_output=True, text=True)
        check(done.returncode == 0, "promtool check config: scrape.yml and alerts.yml",
              done.stderr.strip())
        self.programs.start("prometheus", [
            "prometheus", f"--config.file={path}", f"--web.listen-address=127.0.0.1:{port}",
            f"--storage.tsdb.path={self.scratch}/prometheus-data"])
        return Store("Prometheus", port)

    def start_victoria(self):
        port = machine.free_port()
        self.programs.start("victoria-metrics", [
            "victoria-metrics", f"-promscrape.config={self.scrape_file()}",
            f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={self.scratch}/victoria-data",
            "-search.latencyOffset=0s"])
        return Store("VictoriaMetrics", port)

    def see(self, point, facts, store=None):
        """Ticks have written it; waits until both ways tell it."""
        for store in [store] if store else self.stores:
            for way, target in (("serve", self.serve), ("textfile", self.node)):
                check(machine.wait_until(lambda: store.is_seen(facts, target)),
                      f"{store.name}, {way}: {point}")


def state(**counts):
    return {("symphony_work_item_state", f'state="{name}"'): float(count)
            for name, count in counts.items()}


def four_states(world):
    place = world.place
    for number in (1, 2, 3, 4):
        world.add(number)
    wanted = {"1": "running", "2": "retrying", "3": "parked", "4": "handed_off"}
    items = place.tick_until(
        lambda items: {number: item["claim"] for number, item in items.items()} == wanted, 90)
    check({number: item["claim"] for number, item in items.items()} == wanted,
          "one item each runs, retries, is parked and handed off",
          {number: item["code"] for number, item in items.items()})
    world.see("running 1, retry_queued 1, parked 1, handed_off 1",
              state(running=1, retry_queued=1, parked=1, handed_off=1))
    with open(world.textfile, encoding="utf-8") as file:
        is_clean("the file that ticks write", file.read())
    is_clean("/metrics of serve", get(f"http://{world.serve}/metrics", TOKEN)[1])


def dashboard(world):
    for store in world.stores:
        for way, target in (("serve", world.serve), ("textfile", world.node)):
            for title, query in panels():
                found = store.query(query.replace("$instance", target))
                shown = ", ".join(
                    " ".join([*(v for k, v in sorted(one["metric"].items())
                                if k not in ("__name__", "instance", "job")),
                              f"{float(one['value'][1]):g}"]) for one in found)
                check(bool(found) != (title in EMPTY), f"{store.name}, {way}: {title}",
                      shown or "nothing, as a local tracker has none")


def note_alerts(world, seen, when):
    """Which expressions return something now."""
    for store in world.stores:
        now = {name for name, expression in alerts() if store.query(expression)}
        for name in now:
            seen.setdefault(name, set()).add(when)
        say(f"       {store.name}, {when}: {', '.join(sorted(now)) or 'no alert'}")


def troubles(world, seen):
    place = world.place
    note_alerts(world, seen, "all is well")
    check("all is well" not in set().union(*seen.values()) if seen else True,
          "no alert while all is well", seen)
    place.front["agent"]["max_cost_usd_per_day"] = round(place.status()["spent_usd_today"], 2)
    place.write()
    place.tick()
    world.see("the day's limit is spent", {("symphony_cost_usd_per_day_limit", ""):
                                           place.front["agent"]["max_cost_usd_per_day"]})
    note_alerts(world, seen, "the money is spent")
    place.front["agent"]["max_cost_usd_per_day"] = 100
    place.front["agent"]["max_concurrent"] = "many"
    place.write()
    place.tick()
    world.see("WORKFLOW.md is broken", {("symphony_workflow_valid", ""): 0.0})
    note_alerts(world, seen, "WORKFLOW.md is broken")
    place.front["agent"]["max_concurrent"] = 4
    place.write()
    os.rename(world.issues, world.issues + ".away")
    place.tick()
    world.see("the tracker is away", {("symphony_tracker_reachable", ""): 0.0})
    note_alerts(world, seen, "the tracker is away")
    os.rename(world.issues + ".away", world.issues)
    place.open_gate()
    place.tick_until(lambda items: items["1"]["claim"] == "handed_off"
                     and items["2"]["claim"] == "parked", 120)
    world.see("only parked ones are left", {
        **state(running=0, retry_queued=0, parked=2), ("symphony_queue_length", ""): 0.0})
    note_alerts(world, seen, "only parked ones are left")
    open(os.path.join(place.gate, "login"), "w", encoding="utf-8").close()
    world.add(5)
    place.tick_until(lambda items: any(hold["needs_human"] for hold in place.status()["holds"]), 60)
    world.see("an account is held until a person acts",
              {("symphony_holds", 'kind="agent",needs_human="true"'): 1.0})
    note_alerts(world, seen, "an account is held")


def github(world):
    """The metrics that a local tracker leaves empty."""
    if not simulator.available():
        say("       not run: without a GitHub simulator nobody tells a rate limit")
        return
    served = simulator.Simulator(world.scratch, "github", worlds.simple(1))
    try:
        path = os.path.join(world.scratch, "github.prom")
        place = project.Project(
            world.scratch, "with-github", worlds.front(served.address, metrics={"textfile": path}),
            token=simulator.BOT_TOKEN)
        place.tick()
        with open(path, encoding="utf-8") as file:
            text = file.read()
        found = re.findall(r"(?m)^symphony_github_api_rate_limit_remaining\{.*$", text)
        check(bool(found), "GitHub's rate limit is told", "; ".join(found))
        is_clean("the file of a project on GitHub", text)
        place.shut_down()
    finally:
        served.close()


def prometheus_rules(world):
    """Each rule as Prometheus itself evaluated it."""
    def rules():
        _, text = get(world.stores[0].base + "rules")
        return [rule for group in json.loads(text)["data"]["groups"] for rule in group["rules"]]

    machine.wait_until(lambda: all(rule["health"] == "ok" for rule in rules()), 20)
    bad = [f"{rule['name']}: {rule['health']}" for rule in rules() if rule["health"] != "ok"]
    check(len(rules()) == len(list(alerts())) and not bad, "Prometheus evaluates every rule",
          bad or f"{len(rules())} rules")


def story(world):
    world.place.tick()
    world.start()
    four_states(world)
    dashboard(world)
    seen = {}
    troubles(world, seen)
    for name, _ in alerts():
        check((name in seen) == (name in FIRES), f"alert {name}",
              ", ".join(sorted(seen.get(name, {"quiet; see alerts.test.yml"}))))
    prometheus_rules(world)
    github(world)


def main():
    global NODE
    if len(sys.argv) != 2:
        print("usage: metrics.py SYMPHONY", file=sys.stderr)
        return 64
    project.SYMPHONY = os.path.abspath(sys.argv[1])
    NODE = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")
    missing = [name for name in ("prometheus", "promtool") if not shutil.which(name)]
    missing += [] if NODE else ["node_exporter"]
    if missing:
        print(f"not run: not in PATH: {', '.join(missing)}")
        return 3
    scratch = tempfile.mkdtemp(prefix="symphony-metrics-")
    world = World(scratch)
    try:
        story(world)
    except Exception:
        check(False, "broke off", traceback.format_exc(limit=-4))
    finally:
        world.place.shut_down()
        world.programs.end()
    return findings.conclude(scratch)


if __name__ == "__main__":
    sys.exit(main())
