"""A headless Chromium, spoken to through a pipe: no port, no driver, nothing to download.

Source: Chrome DevTools Protocol, `--remote-debugging-pipe`: JSON messages on file descriptors 3 and
4, a NUL behind each.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
    "--remote-debugging-pipe",
)  # fmt: skip


_PATIENCE = 60.0
"""Seconds in which even a busy machine's browser says something."""


class Browser:
    """One page of a running browser; ``events`` are those it told meanwhile."""

    def __init__(self, to: int, answers: int) -> None:
        self._to, self._answers = to, answers
        self._buffer, self._last = b"", 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)

    def call(self, method: str, **parameters: Any) -> Any:
        """Do one thing and return what came of it."""
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (told := self._next()).get("id") != self._last:
            self.events.append(told)
        assert "error" not in told, (method, told["error"])
        return told["result"]

    def open(self, path: Path) -> None:
        """Show a file, to its last stylesheet."""
        self.events.clear()
        loader = self.call("Page.navigate", url=path.as_uri())["loaderId"]
        while not any(_is_loaded(event, loader) for event in self.events):
            self.events.append(self._next())

    def look(self, width: int, height: int = 900, *, scheme: str = "light") -> None:
        """Have a window of this size, and a person who prefers light or dark."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)
        self.show_on("screen", scheme=scheme)

    def show_on(self, media: str, *, scheme: str) -> None:
        """Show the page on screen or in print, and wait until it is drawn so."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)
        # What a style opens or hides is known only in the frame after it.
        self.value("new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))")

    def value(self, expression: str) -> Any:
        """Return what an expression of JavaScript is, or what it promises."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press a key and let it go."""
        key_of = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **key_of)
        self.call("Input.dispatchKeyEvent", type="keyUp", **key_of)

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """Keep what is seen, or the whole page, as a PNG."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(b64decode(shot["data"]))

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._answers], [], [], _PATIENCE)
            assert ready, f"the browser has not answered for {_PATIENCE:g} s"
            read = os.read(self._answers, 1 << 16)
            assert read, "the browser has ended"
            self._buffer += read
        message, _, self._buffer = self._buffer.partition(b"\0")
        told: dict[str, Any] = json.loads(message)
        return told


def _is_loaded(event: dict[str, Any], loader: str) -> bool:
    told = event.get("params", {})
    return told.get("name") == "load" and told.get("loaderId") == loader


@contextmanager
def browser() -> Iterator[Browser]:
    """Run Chromium while the block runs."""
    assert CHROMIUM is not None
    commands, to = os.pipe()
    answers, back = os.pipe()
    # The shell puts the pipe where Chromium looks for it, so it must not be there yet.
    passed = [fcntl.fcntl(each, fcntl.F_DUPFD, 10) for each in (commands, back)]
    script = f'exec "$@" 3<&{passed[0]} 4>&{passed[1]}'
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        call = [CHROMIUM, *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
        running = subprocess.Popen(
            ["bash", "-c", script, "bash", *call], pass_fds=passed, stderr=subprocess.DEVNULL
        )
        for each in (commands, back, *passed):
            os.close(each)
        try:
            yield Browser(to, answers)
        finally:
            os.close(to)
            os.close(answers)
            running.kill()
            running.wait()
