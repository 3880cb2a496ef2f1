# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What a person sees while waiting: steps with their time, and on a terminal a line that shows that it still moves."""

from __future__ import annotations

import sys
import threading
import time


class Progress:
    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._terminal = sys.stdout.isatty()
        self._waiting_for = ""
        self._lock = threading.Lock()
        self._stop = threading.Event()
        if self._terminal:
            threading.Thread(target=self._animate, daemon=True).start()

    def step(self, text: str) -> None:
        """Something was reached."""
        self._print(f"[{time.monotonic() - self._begin:5.1f} s] {text}")

    def line(self, text: str) -> None:
        """A line of the guest's console."""
        self._print(f"          | {text}")

    def plain(self, text: str = "") -> None:
        self._print(text)

    def waiting(self, text: str) -> None:
        """What is going on until the next step."""
        with self._lock:
            self._waiting_for = text

    def close(self) -> None:
        self._stop.set()
        self.waiting("")
        self._print(None)

    def _print(self, text: str | None) -> None:
        with self._lock:
            if self._terminal:
                sys.stdout.write("\r\x1b[K")
            if text is not None:
                sys.stdout.write(text + "\n")
            sys.stdout.flush()

    def _animate(self) -> None:
        while not self._stop.wait(0.25):
            with self._lock:
                if self._waiting_for:
                    seconds = time.monotonic() - self._begin
                    sys.stdout.write(f"\r\x1b[K[{seconds:5.1f} s] {self._waiting_for} ...")
                    sys.stdout.flush()
