#!/usr/bin/env bash
# Annotations on the lines of the pull request, and the same findings as SARIF.
set -euo pipefail
source "$(dirname "$0")/arguments.sh"

arguments+=(--fail-on "$FAIL_ON")
[ "$NO_EXEC" != true ] || arguments+=(--no-exec)
status=0
outofband lint "${arguments[@]}" --format github || status=$?
if [ "$status" -le 1 ]; then
	sarif="$(mktemp -d "$RUNNER_TEMP/outofband.XXXXXX")/outofband.sarif"
	outofband lint "${arguments[@]}" --format sarif >"$sarif" || [ $? -eq "$status" ]
	echo "sarif=$sarif" >>"$GITHUB_OUTPUT"
fi
exit "$status"
