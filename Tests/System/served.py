"""`symphony serve` as a child process on a loopback port that it chose itself, and requests to it.
Used by every demonstration of the server beside this file.
"""
import hashlib
import hmac
import http.client
import json
import re
import subprocess
import tempfile
import time
import traceback
import uuid

import findings
import project


class Server:
    """Ended by its process id."""

    running = []

    def __init__(self, place, *arguments, environment=None):
        self.log_path = place.directory + "/serve.log"
        self.log = open(self.log_path, "wb")
        self.process = subprocess.Popen(
            [project.SYMPHONY, "serve", "--port", "0", "--workflow", place.workflow, *arguments],
            env={**place.environment, **(environment or {})}, cwd=place.directory,
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        Server.running.append(self)
        self.port = self._wait_for_port()

    def _wait_for_port(self, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = re.search(r"listening on http://\S+:(\d+)/", self.said())
            if found:
                return int(found[1])
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError("serve did not start: " + self.said())

    def said(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method, path, body=None, seconds=30, **headers):
        """(status, body, seconds)."""
        start = time.monotonic()
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            line.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            answer = line.getresponse()
            return answer.status, answer.read(), time.monotonic() - start
        finally:
            line.close()

    def json(self, path, **headers):
        status, body, _ = self.ask("GET", path, **headers)
        if status != 200:
            raise RuntimeError(f"GET {path}: {status} {body[:300]}")
        return json.loads(body)

    def resident_kilobytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])

    def end(self, seconds=20):
        """By SIGTERM; how it ended."""
        if self in Server.running:
            Server.running.remove(self)
            self.process.terminate()
            self.process.wait(timeout=seconds)
            self.log.close()
        return self.process.returncode


def demonstrate(name, story):
    """Tells `story(scratch)`, ends what it left running, and concludes.

    Returns the exit status."""
    scratch = tempfile.mkdtemp(prefix=f"symphony-{name}-")
    try:
        story(scratch)
    except Exception:  # noqa: BLE001  (the points before it are told all the same)
        traceback.print_exc()
        findings.check(False, "the demonstration went to its end")
    finally:
        for server in list(Server.running):
            server.end()
        for left in list(project.Project.alive):
            left.shut_down()
    return findings.conclude(scratch)


def hook(secret, event="issues", body=None, delivery=None):
    """A webhook as GitHub signs it: (body, headers). No two of GitHub's bodies are the same."""
    delivery = delivery or str(uuid.uuid4())
    body = json.dumps({"action": "labeled", "of": delivery}).encode() if body is None else body
    code = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return body, {
        "Content_Type": "application/json", "X_GitHub_Event": event,
        "X_GitHub_Delivery": delivery,
        "X_Hub_Signature_256": "sha256=" + code}
