#!/usr/bin/env bash
# What script/test runs beside its PostgreSQL. The browser's tests want the cores to
# themselves; the others share them.
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
tests tests/journeys
journeys=$?
((others == 0 && journeys == 0))
