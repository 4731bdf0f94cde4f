"""Chromium of any version since 66, by the DevTools protocol."""

import base64
import json
import re
import subprocess
import time
from pathlib import Path

from tests.support.page.engines.engine import LIMIT, Engine, function, result
from tests.support.page.engines.websocket import WebSocket

LISTENING = re.compile(r"DevTools listening on (ws://\S+)")
OPTIONS = [
    "--headless",
    "--no-sandbox",  # tests run as root, too
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--hide-scrollbars",
    "--font-render-hinting=none",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
    "about:blank",
]


class Chromium(Engine):
    def __init__(self, program: Path, folder: Path, proxy: str):
        folder.mkdir()
        self._log = folder / "log"
        options = [f"--user-data-dir={folder / 'profile'}", f"--proxy-server={proxy}", "--proxy-bypass-list=127.0.0.1"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen([program, "--lang=zh-CN", *options, *OPTIONS], stdout=log, stderr=log)
        self.name = str(program)
        self._count = 0
        self.events: list[dict] = []
        try:
            self._socket = WebSocket(self._address(), LIMIT)
            self.name = self.call("Browser.getVersion")["product"]
            target = self.call("Target.createTarget", url="about:blank")["targetId"]
            self._attach(target)
        except BaseException:
            self.close()
            raise

    def _address(self):
        end = time.monotonic() + LIMIT
        while time.monotonic() < end and self._process.poll() is None:
            if found := LISTENING.search(self._log.read_text(errors="replace")):
                return found[1]
            time.sleep(0.03)
        raise AssertionError(f"{self.name} does not start:\n{self._log.read_text(errors='replace')[-2000:]}")

    def _attach(self, target):
        """Open a connection of its own to the page, as Chromium before 77 needs."""
        browser, self._socket = self._socket, None
        address = re.sub(r"/devtools/.*", f"/devtools/page/{target}", self._address())
        self._socket = WebSocket(address, LIMIT)
        browser.close()
        self.call("Page.enable")
        self.call("Network.enable")
        self.call("Network.setUserAgentOverride", userAgent=self._agent(), acceptLanguage="zh-CN")
        self.resize(360, 740)

    def _agent(self):
        return self.call("Runtime.evaluate", expression="navigator.userAgent")["result"]["value"]

    def call(self, method, session=None, **params):
        """Call a method of the protocol, in the page or in the session of a worker, and wait for its answer."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while True:
            message = json.loads(self._socket.receive())
            if message.get("id") == self._count:
                assert "error" not in message, f"{self.name}: {method}: {message['error']}"
                return message["result"]
            self.events.append(message)

    def open(self, url):
        # A page that differs only in its fragment would not be loaded again.
        self._navigate("about:blank")
        self._navigate(url)

    def _navigate(self, url):
        self.call("Page.navigate", url=url)
        self.until(
            "return document.readyState === 'complete' && location.href.indexOf(arguments[0]) === 0",
            url,
            what=f"{url} is loaded",
        )

    def run(self, body, *args):
        found = self.call(
            "Runtime.evaluate",
            expression=function(body, args),
            awaitPromise=True,
            returnByValue=True,
            userGesture=False,
        )
        return result(found["result"]["value"], self, body)

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=True)

    def press_at(self, x, y):
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def write(self, text):
        for sign in text:
            self.call("Input.dispatchKeyEvent", type="char", text=sign)

    def picture(self):
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])

    def undo(self):
        """Press Ctrl+Z."""
        self.call("Input.dispatchKeyEvent", type="rawKeyDown", key="z", modifiers=2, commands=["undo"])
        self.call("Input.dispatchKeyEvent", type="keyUp", key="z", modifiers=2)

    def workers(self):
        """The workers that the page has now, as address, name and session. Needs Chromium 77."""
        self.call("Target.setAutoAttach", autoAttach=False, waitForDebuggerOnStart=False, flatten=True)
        self.events.clear()
        self.call("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True)
        attached = [one["params"] for one in self.events if one["method"] == "Target.attachedToTarget"]
        return [(one["targetInfo"]["url"], one["targetInfo"]["targetId"], one["sessionId"]) for one in attached]

    def heap_strings(self, session=None):
        """Every string that the page, or a worker, still reaches in its memory."""
        self.events.clear()
        self.call("HeapProfiler.collectGarbage", session)
        self.call("HeapProfiler.takeHeapSnapshot", session)
        chunks = [one["params"]["chunk"] for one in self.events if one["method"] == "HeapProfiler.addHeapSnapshotChunk"]
        return json.loads("".join(chunks))["strings"]

    def close(self):
        self._process.terminate()
        self._process.wait(60)
        if getattr(self, "_socket", None):
            self._socket.close()
