"""A pytest plugin that keeps only the tests named in `selected.json`, and puts them in that order.

The environment variable MUTANTS_WORK names the folder of that file.
"""

import json
import os
from pathlib import Path

import pytest
from hypothesis import Phase, settings

WORK = Path(os.environ.get("MUTANTS_WORK", "."))


def pytest_sessionstart() -> None:
    """Let hypothesis tell that an example fails; nobody wants the smallest one."""
    phases = [Phase.explicit, Phase.generate]
    settings.register_profile("mutants", settings(), phases=phases)
    settings.load_profile("mutants")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Select and sort."""
    names: list[str] = json.loads((WORK / "selected.json").read_text())
    order = {name: number for number, name in enumerate(names)}
    items[:] = sorted((i for i in items if i.nodeid in order), key=lambda i: order[i.nodeid])
