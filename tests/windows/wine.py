# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Wine as a Windows for tests: a prefix of its own, no screen, no network, and nothing in the user's home.

Wine's kernel services end with the last program, and drivers with them: `Prefix.session` keeps a program that waits.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

TIMEOUT = 600  # seconds, against what hangs; everything here takes one or two, and a prefix twenty


class NoWine(RuntimeError):
    """Wine is not installed."""


def _program(name: str) -> str:
    """Debian's wine64 has no program in PATH."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/lib/wine"]))
    if found is None:
        raise NoWine(f"{name} isn't there: ./test installs Debian's package wine64")
    return found


def windows_path(path: Path) -> str:
    """As Wine shows the file system: drive Z."""
    return "Z:" + str(path.absolute()).replace("/", "\\")


class Session:
    """A stretch of time in which services run; `log` has what they print."""

    def __init__(self, prefix: Prefix, log: Path) -> None:
        self._prefix = prefix
        self._log = log

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def service(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self._prefix.run("sc.exe", *words)

    def state(self, service: str) -> str:
        """"RUNNING", "STOPPED", or "" where there is no such service."""
        for line in self.service("query", service).stdout.splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "STATE":
                return value.split()[-1]
        return ""


    @contextmanager
    def driver(self, service: str, file: Path) -> Iterator[None]:
        """A driver, installed and started; stopped and deleted afterwards."""
        shutil.copy(file, self._prefix.drive / file.name)
        done = self.service("create", service, "type=", "kernel", "binPath=", rf"C:\{file.name}")
        assert done.returncode == 0, f"sc create {service}: {done.stdout}{done.stderr}"
        try:
            self.start(service)
            yield
            self.stop(service)
        finally:
            self.service("delete", service)

    def start(self, service: str) -> None:
        done = self.service("start", service)
        assert self.state(service) == "RUNNING", f"sc start {service}: {done.stdout}{done.stderr}{self.log()[-5000:]}"

    def stop(self, service: str) -> None:
        self.service("stop", service)
        assert self.state(service) == "STOPPED", f"sc stop {service}: {self.log()[-5000:]}"


class Prefix:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.drive = folder / "prefix" / "drive_c"
        home = folder / "home"
        home.mkdir(parents=True)
        self._environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "WINEPREFIX": str(folder / "prefix"), "WINEARCH": "win64", "WINEDEBUG": "-all",
            # Without these Wine would ask the network for Mono and Gecko, and write menus into the home.
            "WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe=d",
        }
        self._wine, self._server = _program("wine64"), _program("wineserver")
        done = self.run("wineboot.exe", "--init")
        assert done.returncode == 0, done.stdout + done.stderr
        self._call(self._server, "-w")

    def remove(self) -> None:
        """Hundreds of megabytes; the logs stay."""
        shutil.rmtree(self.folder / "prefix", ignore_errors=True)

    def _call(self, *words: str | Path, text: str = "", environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        # Into files: the first program of a prefix starts Wine's services, and a pipe would wait for them, too.
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(text.encode())
            given.seek(0)
            done = subprocess.run(words, stdin=given, stdout=out, stderr=err, timeout=TIMEOUT, cwd=self.folder,
                                  env={**self._environment, **(environment or {})})
            written = []
            for stream in (out, err):
                stream.seek(0)
                written.append(stream.read().decode(errors="replace"))
        return subprocess.CompletedProcess(words, done.returncode, *written)

    def run(self, program: str | Path, *words: str | Path, text: str = "",
            environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """A Windows program, and what it wrote; with more variables."""
        return self._call(self._wine, program, *words, text=text, environment=environment)

    def start(self, program: str | Path, *words: str | Path, debug: str = "-all") -> subprocess.Popen[bytes]:
        """A Windows program that goes on; its output can be read from pipes. Only within a session."""
        return subprocess.Popen([self._wine, program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, cwd=self.folder, env={**self._environment, "WINEDEBUG": debug})

    @contextmanager
    def session(self, name: str, debug: str = "warn+debugstr") -> Iterator[Session]:
        """`debug` is what Wine's services say about themselves; DbgPrint's lines by default."""
        log = self.folder / f"{name}.log"
        with open(log, "wb") as stream:
            waiting = subprocess.Popen([self._wine, "cmd.exe", "/q"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=stream, cwd=self.folder, env={**self._environment, "WINEDEBUG": debug})
        try:
            waiting.stdin.write(b"echo it answers\r\n")
            waiting.stdin.flush()
            while b"it answers" not in (line := waiting.stdout.readline()):
                assert line, f"Wine did not start: {log.read_text(errors='replace')}"
            yield Session(self, log)
        finally:
            waiting.stdin.close()
            try:
                waiting.wait(TIMEOUT)
                self._call(self._server, "-w")
            finally:
                self._call(self._server, "-k")  # of this prefix only; nothing to end when all went well
