"""Every promise of the threat model names tests that exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROMISES = (ROOT / "docs" / "threat-model.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PROMISES)))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_backs_a_promise_exists(path, name):
    tree = ast.parse((ROOT / path).read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_promise_stands_beside_a_test():
    rows = [row for row in PROMISES.partition("## Promised")[2].partition("## Not promised")[0].splitlines() if row]
    table = [row for row in rows if row.startswith("|") and not row.startswith(("| promise", "|---"))]
    assert len(table) > 15
    assert all("`tests/" in row.split("|")[2] for row in table)
