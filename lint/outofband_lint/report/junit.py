"""Findings as a JUnit report, for servers that show nothing but test results.

An error is a failed test, a warning one that passed and said something; where nothing was found
one test passed, since some servers take an empty suite for a run that broke. Source: the format
that Jenkins' xUnit plugin reads (junit-10.xsd).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from outofband_lint.finding import Finding
from outofband_lint.report.summary import Summary

_SUITE = "outofband lint"
# What XML 1.0 cannot hold, escaped or not (section 2.2, Characters).
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def report(findings: Sequence[Finding], *, revisions: int) -> str:
    """Return an XML document with a test case a finding."""
    summary = Summary.of(findings, revisions)
    counts = {
        "tests": str(max(1, len(findings))),
        "failures": str(summary.errors),
        "errors": "0",
    }
    root = ElementTree.Element("testsuites", {"name": _SUITE, **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": _SUITE, **counts, "skipped": "0"})
    if not findings:
        ElementTree.SubElement(
            suite, "testcase", {"classname": _SUITE, "name": str(summary), "time": "0"}
        )
    for finding in findings:
        _case(suite, finding)
    ElementTree.indent(root)
    document = ElementTree.tostring(root, encoding="unicode")
    return f"<?xml version='1.0' encoding='utf-8'?>\n{document}\n"


def _case(suite: ElementTree.Element, finding: Finding) -> None:
    place = f"{finding.path}:{finding.line}"
    names = {"classname": finding.rule, "name": place, "time": "0"}
    case = ElementTree.SubElement(suite, "testcase", {k: _clean(v) for k, v in names.items()})
    text = _clean(f"{place}\n{finding.message}\n{finding.help}")
    if finding.severity == "error":
        details = {"type": finding.rule, "message": _clean(finding.message)}
        ElementTree.SubElement(case, "failure", details).text = text
    else:
        ElementTree.SubElement(case, "system-out").text = text


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
