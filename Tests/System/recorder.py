"""An HTTP proxy that passes everything on to one simulator and keeps the last good answer of each
GraphQL operation. The fault matrix learns from it where in an answer a partial one can be
damaged, so that no path of a query has to be written down twice. Serves nothing else.
"""
import http.client
import http.server
import json
import socket
import threading
from urllib.parse import urlsplit

HOP = {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "accept-encoding"}


class _Pass(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    recorder = None

    def log_message(self, *arguments):
        pass

    def _body(self):
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _pass_on(self):
        body = self._body()
        address = urlsplit(self.path)
        target = address.path + (f"?{address.query}" if address.query else "")
        headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP}
        headers["Content-Length"] = str(len(body))
        upstream = http.client.HTTPConnection("127.0.0.1", self.recorder.port, timeout=60)
        try:
            upstream.request(self.command, target, body, headers)
            answer = upstream.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.close_connection = True
            return
        finally:
            upstream.close()
        self.recorder.keep(address.path, body, answer.status, text)
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP and name.lower() != "content-length":
                self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_CONNECT(self):
        """Every host leads to the one simulator. Plain HTTP inside a tunnel is read like any other;
        TLS is passed on as it is."""
        self.recorder.tunnels.append(self.path)
        self.send_response_only(200, "Connection established")
        self.end_headers()
        if not self.recorder.is_blind:
            return
        self.close_connection = True
        with socket.create_connection(("127.0.0.1", self.recorder.port)) as upstream:
            threading.Thread(
                target=_copy, args=(self.connection, upstream), daemon=True).start()
            _copy(upstream, self.connection)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = _pass_on


def _copy(source, target):
    try:
        while part := source.recv(65536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Recorder:
    """`is_blind`: what goes through its tunnels is TLS."""

    def __init__(self, port, is_blind=False):
        self.port, self.is_blind, self.answers, self.tunnels = port, is_blind, {}, []
        kind = type("Pass", (_Pass,), {"recorder": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def keep(self, path, body, status, text):
        """The first answer of each operation and the fullest: an empty list shows no path."""
        if status != 200 or not path.endswith("/graphql"):
            return
        try:
            name, answer = json.loads(body).get("operationName"), json.loads(text)
        except ValueError:
            return
        if name and isinstance(answer.get("data"), dict) and not answer.get("errors"):
            first, fullest = self.answers.get(name, (answer["data"], {}))
            if len(text) > len(json.dumps(fullest)):
                fullest = answer["data"]
            self.answers[name] = (first, fullest)

    def paths(self):
        """By `graphql OPERATION`: paths to null, those that its first answer has too before the
        others."""
        found = {}
        for name, (first, fullest) in self.answers.items():
            paths = _paths(fullest)
            paths.sort(key=lambda path: not _leads_somewhere(first, path))
            found[f"graphql {name}"] = paths
        return found


def _paths(answer):
    """An entry of a list near the top, the content of one deep down, a whole top-level part."""
    tops = [key for key, value in answer.items()
            if value and key != "rateLimit" and isinstance(value, (dict, list))]
    lists = [[key, 0] for key in tops if isinstance(answer[key], list)]
    trees = [key for key in tops if isinstance(answer[key], dict)]
    deep = [path for path in (_deep(answer, key) for key in trees[:1]) if path]
    return lists[:1] + deep + [[key] for key in trees[:1]]


def _deep(answer, top):
    path, node = [top], answer[top]
    while isinstance(node, dict):
        keys = [key for key, value in node.items() if value and isinstance(value, (dict, list))]
        keys.sort(key=lambda key: (key != "nodes", key in ("fields", "pageInfo")))
        if not keys:
            return None
        path, node = path + [keys[0]], node[keys[0]]
        if isinstance(node, list):
            place = next((n for n, entry in enumerate(node) if isinstance(entry, dict)), None)
            if place is None:
                return None
            return path + [place] + (["content"] if node[place].get("content") else [])
    return None


def _leads_somewhere(answer, path):
    for step in path:
        try:
            answer = answer[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True
