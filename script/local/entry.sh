# shellcheck shell=bash
# Sourced by the scripts: stand in the checkout, with a Python that will do.
set -euo pipefail

# A folder is meant from where the caller stands.
if [[ -n "${GIS_DATA_DIR:-}" ]]; then
    GIS_DATA_DIR=$(realpath -m -- "$GIS_DATA_DIR")
    export GIS_DATA_DIR
fi
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

python=
for candidate in python3.11 python3 /usr/bin/python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [[ -z $python ]]; then
    echo "Python 3.11 or newer is needed: apt-get install python3" >&2
    exit 1
fi

run_module() { "$python" -m "script.local.$1" "${@:2}"; }
exec_module() { exec "$python" -m "script.local.$1" "${@:2}"; }
