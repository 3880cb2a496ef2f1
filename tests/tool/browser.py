# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Debian's Chromium without a screen, asked through its debugging protocol over two pipes: no port, no other package."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any


class Browser:
    """Opens one file; `complaints` is what it said about it, `requests` what it asked for."""

    def __init__(self) -> None:
        self._profile = tempfile.mkdtemp(prefix="nadir-browser-")
        read_end, self._to = os.pipe()
        self._from, write_end = os.pipe()
        program = shutil.which("chromium")
        assert program, "chromium is missing: ./test installs it"

        def set_up() -> None:
            # The protocol's descriptors are 3 and 4; either may be in the way of the other.
            first, second = os.dup(read_end), os.dup(write_end)
            while first <= 4:
                first = os.dup(first)
            while second <= 4:
                second = os.dup(second)
            os.dup2(first, 3)
            os.dup2(second, 4)

        self._process = subprocess.Popen(
            [program, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--no-first-run",
             "--disable-sync", "--hide-scrollbars", f"--user-data-dir={self._profile}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=set_up, close_fds=False,
            start_new_session=True)
        os.close(read_end)
        os.close(write_end)
        self._number = 0
        self._pending = b""
        self._session: str | None = None
        self.complaints: list[Any] = []
        self.requests: list[str] = []
        self._loaded = False
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def _messages(self, seconds: float = 120):
        end = time.monotonic() + seconds
        while True:
            while b"\0" not in self._pending:
                assert select.select([self._from], [], [], max(0, end - time.monotonic()))[0], "the browser doesn't answer"
                data = os.read(self._from, 1 << 20)
                assert data, "the browser has gone"
                self._pending += data
            message, _, self._pending = self._pending.partition(b"\0")
            yield json.loads(message)

    def _note(self, message: dict) -> None:
        method, parameters = message.get("method"), message.get("params", {})
        if method in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
            self.complaints.append(parameters)
        elif method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Page.loadEventFired":
            self._loaded = True

    def ask(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        for answer in self._messages():
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def open(self, page: Path, width: int = 1120, height: int = 800, dark: bool = False, javascript: bool = True,
             print_media: bool = False) -> None:
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.ask("Emulation.setEmulatedMedia", media="print" if print_media else "",
                 features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.ask("Emulation.setScriptExecutionDisabled", value=not javascript)
        self._loaded = False
        self.ask("Page.navigate", url=page.resolve().as_uri())
        messages = self._messages()
        while not self._loaded:
            self._note(next(messages))

    def evaluate(self, expression: str) -> Any:
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def screenshot(self, path: Path, whole: bool = True) -> None:
        image = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(image["data"]))

    def pdf(self) -> bytes:
        return base64.b64decode(self.ask("Page.printToPDF", printBackground=True)["data"])

    def close(self) -> None:
        os.close(self._to)
        os.close(self._from)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)
