#!/usr/bin/env bash
# What script/test runs beside its PostgreSQL: first what needs no browser, then the
# journeys, each on every core.
set -uo pipefail

# WhiteNoise warns of a missing folder, and a warning fails a test.
mkdir -p -- "$VAR_DIR/static"
tests() { python -m pytest "$@"; }

if (($#)); then
    tests "$@"
    exit
fi
tests -n 2 --dist loadfile --ignore tests/journeys
others=$?
tests -n 2 --dist worksteal tests/journeys
journeys=$?
((others == 0 && journeys == 0))
