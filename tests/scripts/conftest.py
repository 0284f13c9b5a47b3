from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from script.local.cluster import Cluster


@pytest.fixture
def checkout():
    """A folder that every user of the machine may enter, as a checkout mostly is."""
    folder = Path(tempfile.mkdtemp(prefix="bando-checkout-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def cluster(checkout):
    """Make a cluster of this checkout, with every other place inside it as well."""

    def make(var: str = "var") -> Cluster:
        return Cluster(
            "site",
            durable=False,
            var=checkout / var,
            elsewhere=checkout / "elsewhere",
            sockets=checkout / "sockets",
        )

    (checkout / "elsewhere").mkdir()
    (checkout / "sockets").mkdir(mode=0o755)
    return make
