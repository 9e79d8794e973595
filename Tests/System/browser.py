"""A headless Chromium, driven through chromedriver by the WebDriver protocol (w3.org/TR/webdriver2),
which is JSON over HTTP: nothing but the standard library is needed. Used by page.py. Debian:
apt-get install --no-install-recommends chromium chromium-driver.
"""
import base64
import json
import shutil
import subprocess
import urllib.error
import urllib.request

from machine import free_port, wait_until

OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
           "--no-first-run", "--disable-extensions", "--disable-background-networking",
           "--hide-scrollbars"]
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c", "Shift": "\ue008", "Space": " "}
# WebDriver's name of an element in JSON.
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class BrowserProblem(Exception):
    pass


class Browser:
    @staticmethod
    def missing():
        return [name for name in ("chromium", "chromedriver") if not shutil.which(name)]

    def __init__(self, log):
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        with open(log, "wb") as file:
            self.driver = subprocess.Popen(
                ["chromedriver", f"--port={port}"], stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        if not wait_until(self._is_ready, 20):
            raise BrowserProblem(f"chromedriver did not start: {log}")
        answer = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": shutil.which("chromium"), "args": OPTIONS},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
        self.base += "/session/" + answer["sessionId"]

    def _is_ready(self):
        try:
            return self._ask("GET", "/status")["ready"]
        except OSError:
            return False

    def _ask(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with self.opener.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise BrowserProblem(f"{value['error']}: {value['message'][:400]}") from None

    def end(self):
        try:
            self._ask("DELETE", "")
        except (OSError, BrowserProblem):
            pass
        self.driver.terminate()
        self.driver.wait()

    # ---- what a person does -------------------------------------------------------------------
    def go(self, url):
        self._ask("POST", "/url", {"url": url})

    def reload(self):
        self._ask("POST", "/refresh", {})

    def back(self):
        self._ask("POST", "/back", {})

    def press(self, *keys):
        """Names of KEYS or characters, one after the other; `Shift+Tab` holds the first one."""
        actions = []
        for key in keys:
            parts = [KEYS.get(part, part) for part in key.split("+")] if len(key) > 1 else [key]
            actions += [{"type": "keyDown", "value": part} for part in parts]
            actions += [{"type": "keyUp", "value": part} for part in reversed(parts)]
        self._ask("POST", "/actions", {"actions": [
            {"type": "key", "id": "keyboard", "actions": actions}]})

    def type(self, text):
        self.press(*text)

    def click(self, selector):
        found = self._ask("POST", "/element", {"using": "css selector", "value": selector})
        self._ask("POST", f"/element/{found[ELEMENT]}/click", {})

    # ---- what it shows ------------------------------------------------------------------------
    def js(self, script, *arguments):
        """The value of `return ...`; a promise is waited for."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def cdp(self, command, **parameters):
        """A command of DevTools (chromedevtools.github.io/devtools-protocol)."""
        return self._ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def text(self, selector="body"):
        return self.js("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def wait(self, script, *arguments, seconds=20):
        return wait_until(lambda: self.js("return " + script, *arguments), seconds)

    def wait_text(self, words, selector="body", seconds=20):
        """Whether the words are there, in time."""
        return wait_until(lambda: words in self.text(selector), seconds)

    def logs(self, kind):
        """What is new in the log `browser` (the console) or `performance` (DevTools' events)."""
        return self._ask("POST", "/se/log", {"type": kind})

    def size(self, width, height=900):
        # Not `mobile`: a phone's window grows with what sticks out, and would hide that it does.
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=False)

    def prefer(self, **features):
        """Media features, such as prefers_color_scheme="dark"."""
        self.cdp("Emulation.setEmulatedMedia", features=[
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()])

    def shot(self, path, whole=True):
        answer = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))
