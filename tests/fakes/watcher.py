"""The watcher of clocks as a process that can be killed: one run after another.

What the worker begins each minute this begins at once again, for the same moment.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime

import django


def run(moment: str, batch: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from incidents.watching import watch

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        watch(at=datetime.fromisoformat(moment), batch=int(batch))


if __name__ == "__main__":
    run(*sys.argv[1:])
