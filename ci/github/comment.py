"""Keep a rehearsal in one comment of a pull request: find the one that is ours, or write it.

Reads $REPORT, $LABEL, $PULL_REQUEST and $GITHUB_REPOSITORY; `gh` reads $GH_TOKEN. A comment that
cannot be written is a warning: on a pull request from a fork the token only reads, and the job's
summary has the rehearsal too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MARKER = "<!-- outofband rehearse -->"


def main() -> int:
    """Write the comment, write it anew, or leave a pull request alone that has no revisions."""
    report = Path(os.environ["REPORT"])
    marker = MARKER.replace(" -->", f" {label} -->") if (label := os.environ["LABEL"]) else MARKER
    body = (report / "rehearsal.md").read_text(encoding="utf-8").rstrip().removesuffix(MARKER)
    issues = f"repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    comments = f"{issues}/{os.environ['PULL_REQUEST']}/comments"
    try:
        ours = [
            comment["id"]
            for comment in _values(_gh("--paginate", f"{comments}?per_page=100"))
            if comment["body"].rstrip().endswith(marker)
        ]
        if ours:
            _write("PATCH", f"{issues}/comments/{ours[0]}", body + marker)
        elif _says_something(report):
            _write("POST", comments, body + marker)
    except (OSError, subprocess.CalledProcessError) as error:
        why = getattr(error, "stderr", "") or str(error)
        print(f"::warning title=outofband::The comment could not be written: {why.strip()}")
    return 0


def _says_something(report: Path) -> bool:
    """Tell whether there is a revision, or a finding without one."""
    told = json.loads((report / "rehearsal.json").read_text(encoding="utf-8"))
    return any(told[key] for key in ("revisions", "predicted", "seen"))


def _values(pages: str) -> Iterator[dict[str, Any]]:
    """Yield what is in the arrays of all pages, which `gh` prints one after the other."""
    decoder, rest = json.JSONDecoder(), pages.lstrip()
    while rest:
        page, end = decoder.raw_decode(rest)
        yield from page
        rest = rest[end:].lstrip()


def _write(method: str, path: str, body: str) -> None:
    _gh("--method", method, path, "--input", "-", given=json.dumps({"body": body}))


def _gh(*words: str, given: str = "") -> str:
    called = ["gh", "api", *words]
    return subprocess.run(called, input=given, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
