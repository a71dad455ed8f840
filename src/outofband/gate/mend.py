"""What `outofband lint --fix` and `--diff` would make of the files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from outofband.errors import Misuse
from outofband.gate.request import Request
from outofband.gate.subject import Subject
from outofband_lint.finding import Finding

if TYPE_CHECKING:
    from outofband.revisions.rewrite import Rewriting


class FixNotInstalled(Misuse):
    """libcst, which edits Python and leaves the rest of a file alone, is not installed."""


def mend(request: Request, subject: Subject, findings: Sequence[Finding]) -> Rewriting:
    """Return the files of the project with the findings' fixes in them; writes nothing.

    Raises FixNotInstalled, and TemplateMissing where a fix needs a revision of its own.
    """
    from outofband.revisions.environment import load

    try:
        from outofband.revisions.rewrite import rewritten
    except ModuleNotFoundError as error:
        if error.name != "libcst":
            raise
        raise FixNotInstalled(
            "--fix and --diff need libcst", do="pip install 'alembic-outofband[fix]'"
        ) from None
    environment = load(request.configs, request.name, request.x)
    return rewritten(environment, subject.revisions, findings)
