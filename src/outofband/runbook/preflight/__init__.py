"""What would stop a build after hours, or make it do harm: found before it starts.

One question a file: facts are read once, as values, by a role that needs no rights for it, and a
pure function judges them. What is found refuses a step or warns of it, and says what to run.
"""

from outofband.runbook.preflight.finding import Finding, Report
from outofband.runbook.preflight.survey import preflight

__all__ = ["Finding", "Report", "preflight"]
