"""How GitHub is reached: Enterprise Server's paths and its older schemas, HTTPS with a private
authority, a proxy and the way around it. Called by the entry point.
"""
import os
import subprocess

import findings
import worlds
from project import Project
from recorder import Recorder
from simulator import Simulator
from stories import Scene, all_are, check_pulls

# What servers before dependencies and sub-issues, and before board filters, answer to a document
# that asks for them (graphql-ruby's words).
OLD_SCHEMA = [
    ("subIssuesSummary|subIssues", {
        "message": "Field 'subIssuesSummary' doesn't exist on type 'Issue'",
        "path": ["fragment IssueFacts", "subIssuesSummary"],
        "extensions": {"code": "undefinedField", "typeName": "Issue",
                       "fieldName": "subIssuesSummary"}}),
    ("blockedBy|issueDependenciesSummary", {
        "message": "Field 'issueDependenciesSummary' doesn't exist on type 'Issue'",
        "path": ["fragment IssueFacts", "issueDependenciesSummary"],
        "extensions": {"code": "undefinedField", "typeName": "Issue",
                       "fieldName": "issueDependenciesSummary"}}),
    (r"items\([^)]*query:", {
        "message": "Field 'items' doesn't accept argument 'query'",
        "path": ["query", "organization", "projectV2", "items", "query"],
        "extensions": {"code": "argumentNotAccepted", "name": "items", "typeName": "Field",
                       "argumentName": "query"}}),
]


def enterprise_front(address):
    return worlds.front(address + "/api/v3")


def hand_off(point, simulator, project, seconds=60):
    items = project.tick_until(all_are("handed_off"), seconds)
    good = findings.check(all_are("handed_off")(items), point,
                          project.codes() if items else project.last.text)
    if good:
        check_pulls(simulator, point + ", one pull request each", ["acme/app"])


def enterprise(scratch, *_):
    with Scene(scratch, "ghes", worlds.simple(2), enterprise_front,
               options=("--ghes", "3.20.0")) as (simulator, project):
        hand_off("Enterprise Server 3.20: handed off", simulator, project)
        paths = {row["path"].split("/")[1] for row in simulator.since(0)}
        findings.check(paths == {"api"}, "Enterprise Server: every API path begins with /api",
                       sorted(paths))


def older_enterprise(scratch, *_):
    """The simulator has one schema: the refusals of an older one are put in front of it."""
    with Scene(scratch, "ghes-old", worlds.simple(2), enterprise_front,
               options=("--ghes", "3.12.0")) as (simulator, project):
        simulator.add_faults(
            {"match": {"api": "^graphql$", "body": pattern}, "times": -1,
             "fault": {"kind": "graphql_errors", "errors": [error]}}
            for pattern, error in OLD_SCHEMA)
        hand_off("older Enterprise Server: handed off without the newer fields", simulator, project)
        simulator.edit(op="create_issue", repo="acme/app", title="One more", labels=["symphony"],
                       project="acme/1", fields={"Status": "Todo"}, by="alice")
        mark = simulator.mark()
        project.tick()
        rows = simulator.since(mark)
        refused = [row for row in rows if row.get("fault")]
        findings.check(rows and not refused, "older Enterprise Server: what it lacks is remembered",
                       f"{len(refused)} of {len(rows)} requests were refused again")


def make_certificate(scratch, name="tls"):
    """An authority and a certificate of it for 127.0.0.1; their paths."""
    place = os.path.join(scratch, name)
    os.makedirs(place)
    names = {part: os.path.join(place, part) for part in
             ("ca.key", "ca.pem", "key", "request", "cert", "extensions")}
    with open(names["extensions"], "w", encoding="utf-8") as file:
        file.write("subjectAltName=IP:127.0.0.1,DNS:github.test\nbasicConstraints=CA:FALSE\n")

    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", names["ca.key"], "-out",
            names["ca.pem"], "-days", "2", "-subj", "/CN=Contract Authority")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", names["key"], "-out",
            names["request"], "-subj", "/CN=127.0.0.1")
    openssl("x509", "-req", "-in", names["request"], "-CA", names["ca.pem"], "-CAkey",
            names["ca.key"], "-CAcreateserial", "-days", "2", "-out", names["cert"], "-extfile",
            names["extensions"])
    return names


def private_authority(scratch, *_):
    names = make_certificate(scratch)
    simulator = Simulator(scratch, "tls-world", worlds.simple(1), "--tls-cert", names["cert"],
                          "--tls-key", names["key"], certificate=names["ca.pem"])
    project = Project(scratch, "tls", worlds.front(simulator.address), token="ghp_symphonybot")
    try:
        findings.message("private authority: without it the message says what to set",
                         project.tick(), 69, "SSL_CERT_FILE")
        project.environment["SSL_CERT_FILE"] = names["ca.pem"]
        hand_off("private authority: SSL_CERT_FILE serves the API and git", simulator, project)
    finally:
        project.shut_down()
        simulator.close()


def proxied(scratch, *_):
    """Everything goes through a tunnel; the simulator is a proxy that makes none for plain http."""
    host = "http://github.test"
    simulator = Simulator(scratch, "proxy-world", worlds.simple(1), "--base-url", host)
    project = Project(scratch, "proxy", worlds.front(host), token="ghp_symphonybot",
                      environment={"http_proxy": simulator.admin})
    try:
        findings.message("proxy: plain http needs one that allows CONNECT, and the message says so",
                         project.tick(), 69, "CONNECT")
    finally:
        project.shut_down()
        simulator.close()


def tunnelled(scratch, *_):
    """The same over HTTPS: the proxy is asked for a tunnel, by the API's client and by git."""
    host = "https://github.test"
    names = make_certificate(scratch, "tunnel-tls")
    simulator = Simulator(
        scratch, "tunnel-world", worlds.simple(1), "--tls-cert", names["cert"], "--tls-key",
        names["key"], "--base-url", host, certificate=names["ca.pem"])
    proxy = Recorder(simulator.port, is_blind=True)
    project = Project(
        scratch, "tunnel", worlds.front(host), token="ghp_symphonybot",
        environment={"HTTPS_PROXY": proxy.address, "SSL_CERT_FILE": names["ca.pem"]})
    try:
        hand_off("proxy: HTTPS_PROXY tunnels the API and git", simulator, project)
        findings.check(set(proxy.tunnels) == {"github.test:443"}, "proxy: everything went through",
                       f"{len(proxy.tunnels)} tunnels to {sorted(set(proxy.tunnels))}")
    finally:
        project.shut_down()
        proxy.close()
        simulator.close()


def around_the_proxy(scratch, *_):
    nobody = "http://127.0.0.1:1"
    with Scene(scratch, "no-proxy", worlds.simple(1), environment={
            "http_proxy": nobody, "NO_PROXY": "127.0.0.1,localhost"}) as (simulator, project):
        hand_off("proxy: NO_PROXY goes around one that is not there", simulator, project)
    with Scene(scratch, "dead-proxy", worlds.simple(1),
               environment={"http_proxy": nobody}) as (_, project):
        findings.message("proxy: a dead one is named", project.tick(), 69, "proxy")


PARTS = [enterprise, older_enterprise, private_authority, proxied, tunnelled, around_the_proxy]
