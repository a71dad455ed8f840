# Sourced by lint.sh and rehearse.sh: refuses what would be unsafe, and sets `arguments`.
# Reads $CONFIG, $SINCE and $STATS of the action, and what a runner sets.

stop() {
	echo "::error title=outofband::$1"
	exit 2
}

if ! command -v outofband >/dev/null; then
	stop "outofband is not installed. Install the project with alembic-outofband in a step before this one, or set install: true."
fi
if [ "$GITHUB_EVENT_NAME" = pull_request_target ] && [ "${NO_EXEC:-false}" != true ]; then
	stop "On pull_request_target the code of a stranger would run with this repository's token. Use pull_request, or set no-exec: true."
fi

arguments=(-c "$CONFIG")
since="${SINCE:-${GITHUB_BASE_REF:+origin/$GITHUB_BASE_REF}}"
[ -z "$since" ] || arguments+=(--since "$since")
[ -z "$STATS" ] || arguments+=(--stats "$STATS")
