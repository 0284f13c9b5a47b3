"""What the machine must have, and getting it where Debian's packages can be had."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

from script.local.cluster import PROGRAMS
from script.local.environment import CannotGoOn
from script.local.steps import run, say

NODE = (
    "Node 20 or newer, with npm, is needed to build the pages' scripts, and Debian 12 "
    "has an older one: install it from https://nodejs.org or NodeSource, and try again."
)
#: Read when a PostgreSQL server is first installed: we want the programs alone.
NO_MAIN_CLUSTER = Path("/etc/postgresql-common/createcluster.d/no-main-cluster.conf")


@dataclass(frozen=True)
class Need:
    """Something the machine must have, how to see it, and who brings it."""

    what: str
    packages: tuple[str, ...]
    present: Callable[[], object]


def _file(pattern: str) -> Callable[[], bool]:
    return lambda: any(Path("/").glob(pattern))


def _can_make_environments() -> bool:
    # Debian's Python leaves this to a package of its own; others bring it along.
    import importlib.util

    return bool(importlib.util.find_spec("ensurepip")) and bool(
        list(Path(os.__file__).parent.glob("ensurepip/_bundled/*.whl"))
        or list(Path("/usr/share/python-wheels").glob("pip-*.whl"))
    )


DATABASE = (
    Need("PostgreSQL", ("postgresql",), _file(PROGRAMS)),
    Need(
        "PostGIS",
        ("postgresql-postgis",),
        _file("usr/share/postgresql/*/extension/postgis.control"),
    ),
)
SITE = (
    Need("GDAL", ("gdal-bin",), lambda: shutil.which("ogrinfo")),
    Need("GEOS", ("libgeos-c1v5",), lambda: find_library("geos_c")),
    Need("gettext", ("gettext",), lambda: shutil.which("msgfmt")),
    Need("venv", ("python3-venv",), _can_make_environments),
    Need(
        "Pango, for PDF files",
        ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
        lambda: find_library("pangoft2-1.0") and find_library("harfbuzz-subset"),
    ),
)
TESTS = (
    Need("Chromium", ("chromium",), lambda: shutil.which("chromium")),
    Need(
        "letters for Chromium",
        ("fonts-dejavu-core",),
        _file("usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    ),
    Need("what Playwright links to", ("libatomic1",), lambda: find_library("atomic")),
    Need("Git", ("git",), lambda: shutil.which("git")),
)


def missing(needs: Iterable[Need]) -> list[Need]:
    """Return what the machine does not have yet."""
    return [need for need in needs if not need.present()]


def check_node() -> None:
    """Say what to do where Node or npm is missing or too old."""
    try:
        said = subprocess.check_output(["node", "--version"], text=True)
        recent = int(said.strip().lstrip("v").split(".")[0]) >= 20
    except (OSError, ValueError, subprocess.CalledProcessError):
        recent = False
    if not recent or not shutil.which("npm"):
        raise CannotGoOn(NODE)


def install(needs: Iterable[Need], *, mark: str, log: Path) -> None:
    """Install Debian's packages for these needs, as root or by sudo."""
    needs = list(needs)
    packages = [package for need in needs for package in need.packages]
    by_hand = f"apt-get install --no-install-recommends {' '.join(packages)}"
    say("      missing: " + ", ".join(need.what for need in needs))
    if not shutil.which("apt-get"):
        raise CannotGoOn(f"This is not Debian. On Debian it would be: {by_hand}")
    sudo = [] if os.getuid() == 0 else ["sudo"]
    if sudo and not shutil.which("sudo"):
        raise CannotGoOn(f"Neither root nor sudo is at hand. As root: {by_hand}")
    if sudo and subprocess.run(["sudo", "-v"], check=False).returncode:
        raise CannotGoOn(f"sudo did not let us in. As root: {by_hand}")

    def as_root(*command: str | Path) -> None:
        run(
            [*sudo, *command],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            mark=mark,
            log=log,
            # sudo remembers its password for this terminal only.
            own_session=not sudo,
        )

    if any(need in DATABASE for need in needs) and not NO_MAIN_CLUSTER.exists():
        as_root("mkdir", "-p", NO_MAIN_CLUSTER.parent)
        text = "create_main_cluster = false"
        as_root("sh", "-c", f"echo '{text}' > {NO_MAIN_CLUSTER}")
    as_root("dpkg", "--configure", "-a")
    patient = ["-o", "DPkg::Lock::Timeout=600", "-o", "Dpkg::Options::=--force-confold"]
    as_root("apt-get", *patient, "update")
    as_root("apt-get", *patient, "install", "-y", "--no-install-recommends", *packages)
    if still := missing(needs):
        raise CannotGoOn(
            f"{', '.join(need.what for need in still)} could not be found after "
            f"installing; this is {sys.executable}. By hand: {by_hand}"
        )
