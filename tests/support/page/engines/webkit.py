"""WebKitGTK's MiniBrowser, by its driver (WebDriver), in an X server without a screen."""

import base64
import os
import subprocess
import time
from pathlib import Path

import httpx2

from tests.support.page.engines.engine import LIMIT, Engine, function, result
from tests.support.page.engines.webdriver import pointer_actions
from tests.support.server.nginx import free_port

DRIVER = Path("/usr/bin/WebKitWebDriver")
SERVER = Path("/usr/bin/Xvfb")

SETTINGS = {"NO_AT_BRIDGE": "1", "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
"""No bus for assistive technology, and no composited layers: the screen is drawn by the processor."""

NARROW = "* { min-width: 0; min-height: 0; padding: 0; margin: 0; border-width: 0; font-size: 1px; }"
"""Styles for GTK: with its usual bar of buttons, the window would be at least 447 px wide."""


class WebKit(Engine):
    name = "WebKitGTK"

    def __init__(self, folder: Path, proxy: str):
        (folder / ".config/gtk-3.0").mkdir(parents=True)
        (folder / ".config/gtk-3.0/gtk.css").write_text(NARROW)
        self._log = folder / "log"
        self._processes = []
        self._http = self._session = None
        try:
            environment = (
                os.environ
                | SETTINGS
                | {
                    "HOME": str(folder),
                    "LANGUAGE": "zh_CN",
                    "DISPLAY": self._screen(),
                    "NO_AT_BRIDGE": "1",
                }
            )
            port = free_port()
            with self._log.open("ab") as log:
                command = [DRIVER, f"--port={port}"]
                self._processes.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
            self._http = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=LIMIT)
            self._wait_for_driver()
            address = proxy.removeprefix("http://")
            proxies = {"proxyType": "manual", "httpProxy": address, "sslProxy": address, "noProxy": ["127.0.0.1"]}
            found = self._call("POST", "/session", capabilities={"alwaysMatch": {"proxy": proxies}})
            self._session = f"/session/{found['sessionId']}"
            self.name = f"WebKitGTK/{found['capabilities']['browserVersion']}"
            self._call("POST", "/timeouts", script=1000 * LIMIT)
            self.resize(360, 740)
        except BaseException:
            self.close()
            raise

    def _screen(self):
        """Start an X server. Returns its display."""
        reader, writer = os.pipe()
        command = [SERVER, "-displayfd", str(writer), "-screen", "0", "1600x8000x24", "-nolisten", "tcp"]
        with self._log.open("ab") as log:
            self._processes.append(subprocess.Popen(command, pass_fds=[writer], stdout=log, stderr=log))
        os.close(writer)
        with os.fdopen(reader) as display:
            return f":{int(display.readline())}"

    def _wait_for_driver(self):
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            try:
                return self._call("GET", "/status")
            except httpx2.ConnectError:
                time.sleep(0.05)
        raise AssertionError(f"{DRIVER} does not start:\n{self._log.read_text(errors='replace')}")

    def _call(self, method, path, **params):
        if self._session:
            path = self._session + path
        answer = self._http.request(method, path, json=params if method == "POST" else None)
        found = answer.json()["value"]
        assert answer.status_code == 200, f"{self.name}: {path}: {found}"
        return found

    def open(self, url):
        self._call("POST", "/url", url="about:blank")
        self._call("POST", "/url", url=url)

    def run(self, body, *args):
        script = f"const done = arguments[0]; ({function(body, args)}).then(done);"
        return result(self._call("POST", "/execute/async", script=script, args=[]), self, body)

    def resize(self, width, height):
        self.fit(width, height, lambda wide, high: self._call("POST", "/window/rect", width=wide, height=high))

    def picture(self):
        return base64.b64decode(self._call("GET", "/screenshot"))

    def press_at(self, x, y):
        self._call("POST", "/actions", actions=pointer_actions(x, y))

    def write(self, text):
        element = self._call("GET", "/element/active")
        self._call("POST", f"/element/{next(iter(element.values()))}/value", text=text)

    def close(self):
        if self._session:
            self._call("DELETE", "")
        if self._http:
            self._http.close()
        for process in reversed(self._processes):
            process.terminate()
            process.wait(60)
