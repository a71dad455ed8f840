#!/usr/bin/env bash
# The rehearsal on the job's summary, and its report in a folder for the comment.
set -euo pipefail
source "$(dirname "$0")/arguments.sh"

report="$(mktemp -d "$RUNNER_TEMP/outofband.XXXXXX")"
status=0
outofband rehearse "${arguments[@]}" --fail-on "$FAIL_ON" --format markdown --report "$report" \
	>>"$GITHUB_STEP_SUMMARY" || status=$?
[ ! -f "$report/rehearsal.md" ] || echo "report=$report" >>"$GITHUB_OUTPUT"
exit "$status"
