#!/usr/bin/env python3
"""The served interface against its own description: interface.py SYMPHONY. schemathesis makes up
requests out of /api/v1/openapi.json, sends them to a real server over a world with finished and
waiting issues, and wants no answer that the document does not tell of and no server error but the
503 that /healthz and a full desk are for. Exit 1 when a point does not hold, 3 where there is no
schemathesis (SCHEMATHESIS, or `st` in PATH).
"""
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import local_place  # noqa: E402  (bytecode is switched off first)
import project  # noqa: E402
import served  # noqa: E402
from findings import check, say  # noqa: E402

TOOL = os.environ.get("SCHEMATHESIS") or shutil.which("st")


def ask(server, phase):
    """One phase; its last lines are told."""
    done = subprocess.run(
        [TOOL, "run", server.url + "/api/v1/openapi.json", "-H",
         "Authorization: Bearer " + local_place.TOKEN, "--max-examples", "30", "-w", "1",
         "--phases", phase, "--checks",
         "not_a_server_error,status_code_conformance,content_type_conformance,"
         "response_schema_conformance,unsupported_method",
         "--exclude-path", "/healthz"],
        capture_output=True, text=True, timeout=900)
    check(done.returncode == 0, f"schemathesis, {phase}: what is answered is documented")
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    for line in lines[-8:] if done.returncode == 0 else lines[-60:]:
        say("         | " + line[:200])


def story(scratch):
    made = local_place.make(scratch, "served", issues=6)
    made.tick_until(lambda items: all(item["code"] == "handed_off" for item in items.values()))
    server = served.Server(made)
    for phase in ("coverage", "fuzzing"):
        ask(server, phase)
    status, body, _ = server.ask("GET", "/healthz")
    check(status in (200, 503), "it still serves", f"{status} {body[:200]}")
    check(server.end() == 0, "and ends when it is told to")


def main():
    if not TOOL:
        say("interface: there is no schemathesis (pip install schemathesis)")
        return 3
    project.SYMPHONY = os.path.abspath(sys.argv[1])
    return served.demonstrate("interface", story)


if __name__ == "__main__":
    sys.exit(main())
