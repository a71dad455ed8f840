"""What `outofband lint --fix` and `--diff` would make of the files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from outofband.gate.request import Request
from outofband.gate.subject import Subject
from outofband_lint.finding import Finding

if TYPE_CHECKING:
    from outofband.revisions.rewrite import Rewriting


def mend(request: Request, subject: Subject, findings: Sequence[Finding]) -> Rewriting:
    """Return the files of the project with the findings' fixes in them; writes nothing.

    Raises FixNotInstalled, and TemplateMissing where a fix needs a revision of its own.
    """
    from outofband.revisions.environment import load
    from outofband.revisions.fix_extra import needed_for

    with needed_for("--fix and --diff"):
        from outofband.revisions.rewrite import rewritten
    environment = load(request.configs, request.name, request.x)
    return rewritten(environment, subject.revisions, findings)
