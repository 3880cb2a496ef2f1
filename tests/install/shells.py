# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What a shell makes of a line and the Tab key, in a real terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time

MARK = "ready>"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>()][B0]?|\x07|\x1b\][^\x07]*\x07")


class Shell:
    """A shell in a pseudo-terminal that has read `setup`, with MARK for its prompt."""

    def __init__(self, command: list[str], setup: str) -> None:
        self.master, slave = pty.openpty()
        environment = {"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "PS1": MARK}
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True)
        os.close(slave)
        self.text = ""
        self._send(setup + "\n")
        self._send(f"PS1='{MARK}'; printf 'set%s\\n' up\n")
        self._until("setup")

    def _send(self, text: str) -> None:
        os.write(self.master, text.encode())

    def _until(self, wanted: str, seconds: float = 20) -> str:
        end = time.monotonic() + seconds
        while wanted not in self.text and time.monotonic() < end:
            if select.select([self.master], [], [], 0.2)[0]:
                self.text += ESCAPES.sub("", os.read(self.master, 65536).decode(errors="replace"))
        assert wanted in self.text, f"no {wanted!r} in {self.text!r}"
        found, self.text = self.text, ""
        return found

    def completed(self, line: str, wanted: str) -> str:
        """Types the line and Tab twice; returns what is there once `wanted` is."""
        self._send(line + "\t\t")
        found = self._until(wanted)
        self._send("\x15\n")
        return found

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)
