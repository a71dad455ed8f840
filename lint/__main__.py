"""`python lint FILE.sql…` from a bare checkout: needs sqlglot and nothing else."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from outofband_lint.engine import lint
from outofband_lint.report import FORMATS, report
from outofband_lint.report.colour import is_wanted
from outofband_lint.settings import Settings
from outofband_lint.sql_file import revision_from_sql


def main(arguments: list[str]) -> int:
    """Judge SQL files, each as one revision, in the order given.

    Returns 0 where there is no error, 1 where there is one, 2 where a file cannot be read.
    """
    options = _options(arguments)
    try:
        revisions = [revision_from_sql(_text(path), path) for path in options.files]
    except OSError as error:
        print(f"lint: {error}. Nothing was judged.", file=sys.stderr)  # noqa: T201
        return 2
    settings = Settings(tuple(options.large), tuple(options.small), options.deploy)
    findings = lint(revisions, settings)
    count, colour = len(revisions), is_wanted(sys.stdout)
    sys.stdout.write(report(options.format, findings, revisions=count, colour=colour))
    return 1 if any(finding.severity == "error" for finding in findings) else 0


def _options(arguments: list[str]) -> Namespace:
    parser = ArgumentParser("lint", description="Judge SQL files, each as one revision.")
    parser.add_argument("files", nargs="+", metavar="FILE.sql")
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--large", action="append", default=[], metavar="PATTERN")
    parser.add_argument("--small", action="append", default=[], metavar="PATTERN")
    parser.add_argument("--deploy", choices=("startup", "job"))
    return parser.parse_args(arguments)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise OSError(f"{path} is not UTF-8") from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
