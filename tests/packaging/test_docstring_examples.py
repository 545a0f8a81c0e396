"""What docstrings show is what comes out."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOM = "device"


def modules_with_examples() -> list[str]:
    """Return the modules in whose docstrings there is an example."""
    files = sorted((ROOT / ROOM).rglob("*.py"))
    found = [path for path in files if ">>> " in path.read_text(encoding="utf-8")]
    parts = (path.relative_to(ROOT).with_suffix("").parts for path in found)
    return [".".join(("onboardee", *each)).removesuffix(".__init__") for each in parts]


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_are_true(name: str) -> None:
    """Who tries an example of a docstring sees what stands below it."""
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted
    assert not result.failed
