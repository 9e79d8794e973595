#!/usr/bin/env python3
"""What somebody could do to a real `symphony serve`: serve_attacks.py SYMPHONY. Bodies that fill the
memory, pages of other sites, proxies, a socket that is open to everybody, a locked, damaged or
deleted database, a broken WORKFLOW.md, a token that was replaced, a webhook that was kept. One line
per point; exit 1 when one does not hold. The point about another user needs root.
"""
import http.client
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
import local_place  # noqa: E402  (bytecode is switched off first)
import project  # noqa: E402
import served  # noqa: E402
from findings import check, say  # noqa: E402
from machine import wait_until  # noqa: E402

SECRET = "a-secret-for-webhooks"
HOOK = "/api/v1/webhooks/github"
TOKEN = {"Authorization": "Bearer " + local_place.TOKEN}


def place(scratch, name, **front):
    return local_place.make(
        scratch, name, environment={"GITHUB_WEBHOOK_SECRET": SECRET}, **front)


def bodies(server):
    """Sixty bodies of 25 MB at once, whose signatures are wrong."""
    before = server.resident_kilobytes()
    most = [before]
    body = b"x" * (25 << 20)
    statuses = []

    def send():
        statuses.append(server.ask("POST", HOOK, body, X_GitHub_Event="push", X_GitHub_Delivery="1",
                                   X_Hub_Signature_256="sha256=" + "0" * 64, seconds=120)[0])

    senders = [threading.Thread(target=send) for _ in range(60)]
    for sender in senders:
        sender.start()
    slowest = 0
    while any(sender.is_alive() for sender in senders):
        most.append(server.resident_kilobytes())
        slowest = max(slowest, server.ask("GET", "/healthz", seconds=60)[2])
        time.sleep(0.05)
    check(statuses == [401] * 60, "60 wrong webhooks of 25 MB are refused", set(statuses))
    grown = (max(most) - before) // 1024
    check(grown < 100, "and fill no memory", f"{grown} MB more; /healthz at most {slowest:.2f} s")


def questions(server):
    statuses = []

    def ask(number):
        statuses.append(server.ask("GET", f"/api/v1/why/{900 + number}", seconds=120)[0])

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(150)]
    for asker in askers:
        asker.start()
    slowest = 0
    while any(asker.is_alive() for asker in askers):
        slowest = max(slowest, server.ask("GET", "/healthz", seconds=60)[2])
    check(set(statuses) == {404}, "150 questions about nothing are answered", set(statuses))
    say(f"         | /healthz meanwhile: at most {slowest * 1000:.0f} ms")
    status = server.ask("GET", "/api/v1/why/900", Sec_Fetch_Site="cross-site")[0]
    check(status == 403, "a picture of another page has nobody asked", status)
    status, body, _ = server.ask("GET", "/api/v1/why/900", **TOKEN)
    check(status == 404 and b"on record" not in body,
          "with the token the tracker is asked about what is not on record", body)


def names(server):
    for host in ("[::1]evil", "localhost:evil.com", "evil.example"):
        line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        line.putrequest("GET", "/api/v1/status", skip_host=True)
        line.putheader("Host", host)
        line.endheaders()
        status = line.getresponse().status
        check(status in (400, 403), f"nothing is told under the name {host}", status)
    for header in ("CF-Connecting-IP", "X-Forwarded-Proto", "Via"):
        status = server.ask("GET", "/api/v1/status", **{header: "203.0.113.9"})[0]
        check(status == 401, f"with {header} the token is asked for", status)
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        line.sendall(b"GET /api/v1/status HTTP/1.0\r\nHost: localhost\r\n\r\n")
        answer = line.recv(65536)
    check(b" 401 " in answer.splitlines()[0], "a bare nginx is a proxy", answer.splitlines()[0])


def orders(server):
    def order(name, body):
        return server.ask("POST", "/api/v1/" + name, json.dumps(body), **TOKEN)[0]

    found = [order("pause", {"issues": ["1"]}), order("resume", {"issues": ["1"]}),
             order("stop", {"all": True, "force": True})]
    check(found == [400] * 3, "orders with words that are not understood do nothing", found)


def webhooks(made, server):
    body, headers = served.hook(SECRET)
    first = json.loads(server.ask("POST", HOOK, body, **headers)[1])
    again = json.loads(
        server.ask("POST", HOOK, body, **{**headers, "X_GitHub_Delivery": "another"})[1])
    check(not first["duplicate"] and again["duplicate"],
          "a webhook that somebody kept is known under another id", again)
    base = sqlite3.connect(made.state + "/symphony.db", isolation_level=None)
    base.execute("BEGIN EXCLUSIVE")
    answers = []
    body, headers = served.hook(SECRET)
    sender = threading.Thread(
        target=lambda: answers.append(server.ask("POST", HOOK, body, **headers)[0]))
    sender.start()
    slowest = max(server.ask("GET", "/healthz")[2] for _ in range(10))
    check(slowest < 2, "a locked database holds up no /healthz", f"{slowest * 1000:.0f} ms")
    base.execute("ROLLBACK")
    base.close()
    sender.join()
    check(answers == [200], "and the webhook that came meanwhile is taken", answers)


def tokens(made, server):
    local_place.use_token(made, "second")

    def pause(token):
        return server.ask("POST", "/api/v1/resume", Authorization="Bearer " + token)[0]

    wait_until(lambda: pause("second") == 200, 20)
    check([pause(local_place.TOKEN), pause("second")] == [401, 200],
          "a token that was replaced is no longer good")


def last_hint(made):
    """A hint that waits for its time when the server is told to end."""
    server = served.Server(made)
    before = made.ticks()
    for _ in range(2):
        body, headers = served.hook(SECRET)
        server.ask("POST", HOOK, body, **headers)
    code = server.end()
    check(code == 0 and wait_until(lambda: made.ticks() >= before + 2, 20),
          "the last hint before the end has its tick", made.ticks() - before)


def databases(made, server):
    database = made.state + "/symphony.db"
    kept = database + ".kept"
    shutil.copy(database, kept)

    def health():
        status, body, _ = server.ask("GET", "/healthz")
        return status, body.decode()

    healthy = health()
    with open(database, "r+b") as file:
        file.seek(0)
        file.write(b"\0" * 8192)
    found = wait_until(lambda: "damaged" in health()[1] or "corrupt" in health()[1], 10)
    check(found and health()[0] == 503, "damage is told at once", health()[1].strip()[:300])
    second = served.Server(made)
    status = second.ask("GET", "/healthz")[0]
    check(status == 503 and second.end() == 0, "and a server begins all the same", status)
    os.unlink(database)
    check(wait_until(lambda: health()[0] == 503 and "no tick" in health()[1], 10),
          "a database that is gone is told", health()[1].strip()[:300])
    shutil.move(kept, database)
    check(wait_until(lambda: health()[0] == healthy[0], 10), "and the one put back is read",
          health()[1].strip()[:200])


def crowd(server, count, path, **headers):
    """So many who ask for the same at once; (their statuses, slowest /healthz, more memory in MB)."""
    before = server.resident_kilobytes()
    most, slowest, statuses = before, 0, []
    askers = [threading.Thread(target=lambda: statuses.append(
        server.ask("GET", path, seconds=300, **headers)[0])) for _ in range(count)]
    for asker in askers:
        asker.start()
    while any(asker.is_alive() for asker in askers):
        slowest = max(slowest, server.ask("GET", "/healthz", seconds=120)[2])
        most = max(most, server.resident_kilobytes())
        time.sleep(0.02)
    return set(statuses), slowest, (most - before) // 1024


def readers(scratch):
    """Many who read a long transcript as it comes, and a large state."""
    talks = "cat >/dev/null\nyes 'a line of what an agent says, as long as most of them are' | " \
        "head -c 20000000\ngit commit -q --allow-empty -m done\n"
    made = local_place.make(scratch, "talks", issues=1, agent=talks, server={"port": 0})
    items = made.tick_until(lambda found: found and all(
        item["code"] == "handed_off" for item in found.values()))
    server = served.Server(made)
    run = items["1"]["last_run"]["id"]
    found, slowest, grown = crowd(
        server, 40, f"/api/v1/runs/{run}/log", Accept="text/event-stream")
    check(found == {200} and grown < 200, "40 who read 20 MB of a transcript are served",
          f"{found}, {grown} MB more, /healthz at most {slowest * 1000:.0f} ms")
    started = time.monotonic()
    check(server.end() == 0, "and then it ends", f"{time.monotonic() - started:.1f} s")
    made = local_place.make(scratch, "many", issues=1000, server={"port": 0},
                            agent="cat >/dev/null\nexit 1\n")
    made.run("pause")
    server = served.Server(made)
    found, slowest, grown = crowd(server, 300, "/api/v1/status")
    check(found == {200} and grown < 400, "300 who ask for 1,000 issues are served",
          f"{found}, {grown} MB more, /healthz at most {slowest * 1000:.0f} ms")
    check(server.end() == 0, "and then it ends")


def broken_workflow(scratch):
    made = place(scratch, "broken", server={"port": 0, "read_timeout_ms": 1500})
    with open(made.workflow, "a", encoding="utf-8") as file:
        file.write("\n")
    text = open(made.workflow, encoding="utf-8").read()
    with open(made.workflow, "w", encoding="utf-8") as file:
        file.write(text.replace('"kind": "local"', '"kind": "nothing"'))
    server = served.Server(made)
    status = server.ask("POST", "/api/v1/resume", **TOKEN)[0]
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(b"GET /")
        start = time.monotonic()
        line.recv(1)
    check(status == 200 and time.monotonic() - start < 9,
          "with a broken WORKFLOW.md the last good settings hold", server.said().splitlines()[:3])
    server.end()


def sockets(scratch, made):
    path = os.path.join(scratch, "s")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(8)
    os.chmod(path, 0o666)
    os.chmod(scratch, 0o755)
    # The number of the process that the sockets are for is its own.
    run = 'exec 3<&%d; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$0" serve --workflow "$1"' % (
        listener.fileno())
    process = subprocess.Popen(
        ["bash", "-c", run, project.SYMPHONY, made.workflow], env=made.environment,
        pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL, cwd=made.directory)
    listener.close()
    asking = ("import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
              "s.sendall(('POST /api/v1/resume HTTP/1.1\\r\\nHost: x\\r\\n' + sys.argv[2]"
              " + '\\r\\n').encode()); print(s.recv(65536).split()[1].decode())")

    def ask(*before, header=""):
        done = subprocess.run([*before, "python3", "-c", asking, path, header],
                              capture_output=True, text=True, timeout=60)
        return done.stdout.strip() or done.stderr
    check(ask() == "200", "its own user may order things at a socket")
    check(ask(header="X-Forwarded-For: 203.0.113.9\r\n") == "401", "a proxy at a socket may not")
    check(ask(header="Sec-Fetch-Site: same-origin\r\n") == "401", "a browser at a socket may not")
    if os.geteuid() == 0:
        check(ask("setpriv", "--reuid=65534", "--clear-groups") == "401",
              "another user may not, though the socket is open to everybody")
    process.terminate()
    process.wait(timeout=30)


def stories(scratch):
    made = place(scratch, "served", server={"port": 0})
    server = served.Server(made)
    for story in (bodies, questions, names, orders):
        story(server)
    webhooks(made, server)
    tokens(made, server)
    databases(made, server)
    check(server.end() == 0, "it ends when it is told to", server.said().splitlines()[-1:])
    last_hint(made)
    readers(scratch)
    broken_workflow(scratch)
    sockets(scratch, made)


if __name__ == "__main__":
    project.SYMPHONY = os.path.abspath(sys.argv[1])
    sys.exit(served.demonstrate("attacks", stories))
