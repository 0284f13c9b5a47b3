"""The regulation, clause by clause: each is shown by tests that there are."""

from __future__ import annotations

import ast
import re

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
ROW = re.compile(
    r"^\| (R\d\d|Giải đáp) \| (?P<holds>[^|]+) \| (?P<shown>[^|]+) \|$", re.M
)
TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
CLAUSES = [*(f"R{number:02}" for number in range(1, 27)), "Giải đáp"]


@pytest.fixture(scope="module")
def rows():
    text = (ROOT / "docs/regulation.md").read_text("utf8")
    return {match[1]: match["shown"] for match in ROW.finditer(text)}


def test_every_clause_has_its_row(rows):
    assert list(rows) == CLAUSES


@pytest.mark.parametrize("clause", CLAUSES)
def test_each_clause_names_tests_that_there_are(clause, rows):
    named = TEST.findall(rows[clause])

    missing = [f"{file}::{test}" for file, test in named if test not in _tests_in(file)]

    assert named
    assert missing == []


def _tests_in(file):
    path = ROOT / "tests" / file
    tree = ast.parse(path.read_text("utf8")) if path.exists() else ast.Module([], [])
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
