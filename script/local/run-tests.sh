#!/usr/bin/env bash
# What script/test runs beside its PostgreSQL: first what needs no browser, then the
# journeys, each on every core; last the judge of pages, which wants the machine alone.
set -uo pipefail

# WhiteNoise warns of a missing folder, and a warning fails a test.
mkdir -p -- "$VAR_DIR/static"
tests() { python -m pytest "$@"; }

if (($#)); then
    tests "$@"
    exit
fi
tests -n 2 --dist loadgroup --ignore tests/journeys
others=$?
tests -n 2 --dist loadfile --ignore tests/journeys/test_lighthouse.py tests/journeys
journeys=$?
tests tests/journeys/test_lighthouse.py
judged=$?
((others == 0 && journeys == 0 && judged == 0))
