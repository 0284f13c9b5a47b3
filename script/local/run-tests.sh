#!/usr/bin/env bash
# What script/test runs beside its PostgreSQL: first what needs no browser, then the
# journeys. Three at a time keep two cores busy, as each waits for its database or browser.
set -uo pipefail

# WhiteNoise warns of a missing folder, and a warning fails a test.
mkdir -p -- "$VAR_DIR/static"
tests() { python -m pytest "$@"; }

if (($#)); then
    tests "$@"
    exit
fi
tests -n 3 --dist loadfile --ignore tests/journeys
others=$?
tests -n 3 --dist worksteal tests/journeys
journeys=$?
((others == 0 && journeys == 0))
