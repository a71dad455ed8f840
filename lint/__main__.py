"""`python lint FILE.sql…` from a bare checkout: needs the standard library and nothing else."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from datetime import date
from pathlib import Path

from outofband_lint import baseline
from outofband_lint.comments import suppressions_in
from outofband_lint.engine import lint
from outofband_lint.finding import Finding
from outofband_lint.own_rules import OwnRuleWrong, load
from outofband_lint.query_file import queries_from_sql
from outofband_lint.report import FORMATS, report
from outofband_lint.report.colour import is_wanted
from outofband_lint.rules import all_rules
from outofband_lint.settings import Settings
from outofband_lint.sql_file import revision_from_sql
from outofband_lint.stats import Stats, StatsUnreadable
from outofband_lint.stats import read as read_stats


def main(arguments: list[str]) -> int:
    """Judge SQL files, each as one revision, in the order given.

    Returns 0 where there is no error, 1 where there is one, 2 where a file cannot be read.
    """
    options = _options(arguments)
    try:
        findings = _findings(options)
        if options.write_baseline:
            text = baseline.written(findings)
            Path(options.write_baseline).write_text(text, encoding="utf-8")
            return 0
        if options.baseline:
            known = baseline.read(_text(options.baseline))
            findings = baseline.compare(findings, known).new
    except (OSError, StatsUnreadable, baseline.BaselineUnreadable, OwnRuleWrong) as error:
        print(f"lint: {error}. Nothing was judged.", file=sys.stderr)  # noqa: T201
        return 2
    count, colour = len(options.files), is_wanted(sys.stdout)
    sys.stdout.write(report(options.format, findings, revisions=count, colour=colour))
    return 1 if any(finding.severity == "error" for finding in findings) else 0


def _findings(options: Namespace) -> tuple[Finding, ...]:
    texts = [(path, _text(path)) for path in options.files]
    stats = read_stats(_text(options.stats)) if options.stats else Stats()
    return lint(
        [revision_from_sql(text, path) for path, text in texts],
        Settings(tuple(options.large), tuple(options.small), options.deploy, stats=stats),
        rules=all_rules() + load(options.rules, all_rules()),
        queries=[q for path in options.queries for q in queries_from_sql(_text(path), path)],
        suppressions=[found for path, text in texts for found in suppressions_in(text, path)],
        today=date.today(),
    )


def _options(arguments: list[str]) -> Namespace:
    parser = ArgumentParser("lint", description="Judge SQL files, each as one revision.")
    parser.add_argument("files", nargs="+", metavar="FILE.sql")
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--queries", action="append", default=[], metavar="FILE.sql")
    parser.add_argument("--large", action="append", default=[], metavar="PATTERN")
    parser.add_argument("--small", action="append", default=[], metavar="PATTERN")
    parser.add_argument("--deploy", choices=("startup", "job"))
    parser.add_argument("--stats", metavar="FILE", help="sizes of production's tables")
    parser.add_argument("--rules", action="append", default=[], metavar="FOLDER")
    parser.add_argument("--baseline", metavar="FILE", help="leave out the findings kept there")
    parser.add_argument("--write-baseline", metavar="FILE", help="keep the findings there")
    return parser.parse_args(arguments)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise OSError(f"{path} is not UTF-8") from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
