"""A rule as people read it: its claim in words, its examples as SQL, its page as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from inspect import cleandoc

from outofband_lint.environment import Environment
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.rule import Rule
from outofband_lint.settings import Settings
from outofband_lint.source import Revision, Source
from outofband_lint.spelling import AUTOCOMMIT
from outofband_lint.trial import findings_of

_SLOT = re.compile(r"^(Cost|Instead|Allowed when|Source):")


def severity(rule: Rule) -> str:
    """Return how bad its findings are, in words."""
    return f"{rule.severity}, off until the settings switch it on" if rule.opt_in else rule.severity


def paragraphs(rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield the parts of the page behind its headline: the slot's name, if it has one, and text."""
    for block in rule.page.split("\n\n")[1:]:
        text = " ".join(block.split())
        slot = _SLOT.match(text)
        yield (slot[1], text[slot.end() :].strip()) if slot else ("", text)


def claims(rule: Rule) -> tuple[str, ...]:
    """Return what servers show when the rule's bad examples run, a sentence each."""
    said: list[str] = []
    if rule.lock is not None:
        said.append(f"Takes {rule.lock.value} on the table, which blocks {rule.lock.blocks}.")
    if rule.failure is not None:
        said.append(f"{rule.failure[:1].upper()}{rule.failure[1:]}.")
    if rule.rewrites:
        said.append("Writes the whole table anew.")
    if rule.scans:
        said.append("Reads the whole table.")
    if rule.sqlstate is not None:
        said.append(f"Fails with SQLSTATE {rule.sqlstate} where the rows are against it.")
    if rule.since > 14:
        said.append(f"From PostgreSQL {rule.since} on.")
    return tuple(said)


def is_measured(rule: Rule) -> bool:
    """Tell whether the claims are compared with servers: tests/matrix runs the bad examples."""
    shows = rule.lock is not None or rule.rewrites or rule.scans or rule.sqlstate is not None
    return shows and any(example.measured for example in rule.bad)


def shown_example(example: Example) -> str:
    """Return an example as SQL, with what else it is about in comments."""
    lines = [*_settings(example.settings), *_environment(example.environment)]
    lines += [f"-- query {query.name}: {' '.join(query.sql.split())}" for query in example.queries]
    if example.chain:
        for revision in example.chain:
            lines += [f"-- revision {revision.id}{_parents(revision)}", *_sent(revision)]
    else:
        lines += _sent(example.revisions("")[-1])
    if example.comment:
        lines.append(f"-- the revision says: {example.comment}")
    return "\n".join(lines)


def shown_given(rule: Rule) -> str:
    """Return the schema that the examples meet, as SQL; empty where they meet none."""
    text = cleandoc(rule.given).strip()
    return f"{text};" if text and not text.endswith(";") else text


def example_of_fix(rule: Rule) -> tuple[Example, Fix] | None:
    """Return the first bad example that a machine can mend, and the fix."""
    for example in rule.bad:
        for finding in findings_of(rule, example):
            if finding.fix is not None:
                return example, finding.fix
    return None


def shown_fix(fix: Fix) -> str:
    """Return a fix as the Python that it writes."""
    lines = list(fix.here)
    if fix.autocommit:
        lines = [AUTOCOMMIT, *(f"    {operation}" for operation in lines)]
    if fix.later:
        lines += ["", "# in a revision of its own, behind it", *fix.later]
    return "\n".join(lines) or "# removed"


def markdown(rule: Rule, chapter: str) -> str:
    """Return the page of a rule, as it stands in docs/rules."""
    parts = [f"# {rule.name}", rule.headline]
    parts.append(f"Severity: {severity(rule)}. Chapter: [{chapter}](README.md#{chapter}).")
    parts += [f"**{slot}:** {text}" if slot else text for slot, text in paragraphs(rule)]
    parts.append("## What happens")
    parts.append("\n".join(f"- {claim}" for claim in claims(rule)))
    if is_measured(rule):
        parts.append("Compared with what PostgreSQL 14 to 18 show, by `make test-matrix`.")
    parts += _examples(rule)
    fix = example_of_fix(rule)
    if fix is not None:
        parts += ["## Fix", "What `outofband lint --fix` makes of", _fence(shown_example(fix[0]))]
        parts += ["is", _fence(shown_fix(fix[1]), "python")]
    if rule.aliases:
        parts.append("## Other linters call it")
        parts.append(", ".join(f"`{alias}`" for alias in rule.aliases))
    return "\n\n".join(parts) + "\n"


def _examples(rule: Rule) -> list[str]:
    parts = ["## Found"]
    if shown_given(rule):
        parts += ["Given", _fence(shown_given(rule)), "each of these is found:"]
    for title, examples in (("", rule.bad), ("## Not found", rule.good)):
        shown = _fence("\n\n".join(map(shown_example, examples)))
        parts += [part for part in (title, shown) if part and examples]
    return parts


def _fence(text: str, language: str = "sql") -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    mark = "`" * max(3, longest + 1)
    return f"{mark}{language}\n{text}\n{mark}"


def _settings(settings: Settings) -> list[str]:
    told = []
    if settings.large:
        told.append(f"large = {list(settings.large)}")
    if settings.small:
        told.append(f"small = {list(settings.small)}")
    if settings.deploy:
        told.append(f'deploy = "{settings.deploy}"')
    told += [f"{rule} is {level}" for rule, level in settings.severity.items()]
    told += [f"{name} has {r.size} in production" for name, r in settings.stats.relations.items()]
    return [f"-- {line}" for line in told]


def _environment(environment: Environment | None) -> list[str]:
    if environment is None:
        return []
    known = ((f.name, getattr(environment, f.name)) for f in fields(environment))
    told = [
        name.replace("_", " ") for name, value in known if name not in ("path", "line") and value
    ]
    return [f"-- env.py has: {', '.join(told) or 'nothing of note'}"]


def _parents(revision: Revision) -> str:
    return f", after {', '.join(revision.down_revisions)}" if revision.down_revisions else ""


def _sent(revision: Revision) -> list[str]:
    lines = [line for source in revision.sources for line in _source(source)]
    if revision.problem is not None:
        lines.append(f"-- the rest cannot be rendered: {revision.problem.reason}")
    if revision.downgrade is not None:
        lines.append("-- downgrade()")
        lines += [line for source in revision.downgrade for line in _source(source)]
    return lines


def _source(source: Source) -> Iterator[str]:
    if source.barrier is not None:
        yield f"-- op.require_step({source.barrier!r})"
        return
    if source.out_of_band:
        yield "-- declared out of band"
    elif not source.in_transaction:
        yield "-- in an autocommit block"
    text = cleandoc(source.sql).strip()
    yield f"{text};" if text and not text.endswith(";") else text
