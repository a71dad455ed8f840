"""What a forked process finds imported."""

import outofband.cli.account
import outofband.cli.apply
import outofband.cli.interrupt
import outofband.cli.project
import outofband.cli.screen
import outofband.cli.undo_dedupe
import outofband.deploy.guard
import outofband.postgres.monitor
import outofband.runbook.forecast
import outofband.runbook.parallel
import outofband.runbook.show  # noqa: F401
