"""Firefox, by Marionette, the driver that it has built in: messages of JSON with their length in front."""

import base64
import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path

from tests.support.page.engines.engine import LIMIT, Engine, function, result
from tests.support.page.engines.webdriver import pointer_actions

PREFERENCES = {
    "marionette.port": 0,
    "intl.accept_languages": "zh-CN",
    "network.proxy.type": 1,
    "network.proxy.no_proxies_on": "127.0.0.1",
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "browser.shell.checkDefaultBrowser": False,
    "toolkit.legacyUserProfileCustomizations.stylesheets": True,
}

NARROW = "*|*:root, *|* { min-width: 0 !important; }"
"""Styles for the window itself, which would be at least 500 px wide."""


class Firefox(Engine):
    name = "Firefox"

    def __init__(self, program: Path, folder: Path, proxy: str):
        profile = folder / "profile"
        (profile / "chrome").mkdir(parents=True)
        (profile / "chrome/userChrome.css").write_text(NARROW)
        host, port = proxy.removeprefix("http://").split(":")
        settings = PREFERENCES | {
            f"network.proxy.{kind}{part}": value
            for kind in ("http", "ssl")
            for part, value in (("", host), ("_port", int(port)))
        }
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in settings.items()]
        (profile / "user.js").write_text("".join(lines))
        command = [program, "--headless", "--no-remote", "--marionette", "--profile", profile]
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | {"HOME": str(folder)})
        self._count = 0
        try:
            self._connect(profile / "MarionetteActivePort", folder / "log")
            found = self.call(
                "WebDriver:NewSession", capabilities={"alwaysMatch": {"unhandledPromptBehavior": "accept"}}
            )
            self.name = f"Firefox/{found['capabilities']['browserVersion']}"
            self.resize(360, 740)
        except BaseException:
            self.close()
            raise

    def _connect(self, port_file, log):
        end = time.monotonic() + LIMIT
        while time.monotonic() < end and self._process.poll() is None:
            if port_file.exists() and re.fullmatch(r"\d+", port_file.read_text()):
                self._socket = socket.create_connection(("127.0.0.1", int(port_file.read_text())), LIMIT)
                self._file = self._socket.makefile("rb")
                self._receive()
                return
            time.sleep(0.05)
        raise AssertionError(f"Firefox does not start:\n{log.read_text(errors='replace')[-2000:]}")

    def _receive(self):
        size = b""
        while not size.endswith(b":"):
            sign = self._file.read(1)
            if not sign:
                raise ConnectionError("Firefox has gone")
            size += sign
        return json.loads(self._file.read(int(size[:-1])))

    def call(self, command, **params):
        """Run a command of Marionette and wait for its answer."""
        self._count += 1
        data = json.dumps([0, self._count, command, params]).encode()
        self._socket.sendall(b"%d:%s" % (len(data), data))
        _, _, error, found = self._receive()
        assert error is None, f"{self.name}: {command}: {error}"
        return found

    def open(self, url):
        self.call("WebDriver:Navigate", url="about:blank")
        self.call("WebDriver:Navigate", url=url)

    def run(self, body, *args):
        script = f"const done = arguments[0]; ({function(body, args)}).then(done);"
        found = self.call("WebDriver:ExecuteAsyncScript", script=script, args=[], sandbox=None, newSandbox=False)
        return result(found["value"], self, body)

    def resize(self, width, height):
        self.fit(width, height, lambda wide, high: self.call("WebDriver:SetWindowRect", width=wide, height=high))

    def picture(self):
        return base64.b64decode(self.call("WebDriver:TakeScreenshot", full=False, hash=False)["value"])

    def press_at(self, x, y):
        self.call("WebDriver:PerformActions", actions=pointer_actions(x, y))

    def write(self, text):
        element = self.call("WebDriver:GetActiveElement")["value"]
        self.call("WebDriver:ElementSendKeys", id=next(iter(element.values())), text=text)

    def close(self):
        if hasattr(self, "_file"):
            self._file.close()
            self._socket.close()
        self._process.terminate()
        self._process.wait(60)
