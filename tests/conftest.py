"""What holds for all tests: how examples are chosen, and what is done without OCF's models."""

import gc
import os
import shutil
import tempfile
from typing import Any

import pytest
from data_models import MODELS, is_comparable
from hypothesis import HealthCheck, settings

# The first text that hypothesis makes in a fresh clone takes seconds, as it builds its tables of
# characters then; and on a small computer that does other things too, any example may be slow.
SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

# The same examples in each run, so that the suite passes tomorrow if it passes today; new ones
# are looked for by `./try explore`.
settings.register_profile("repeatable", derandomize=True, **SLOW)
settings.register_profile("explore", print_blob=True, **SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

# The terminal of who runs the tests is not what the output in them is folded for.
os.environ.pop("COLUMNS", None)

LEFT_OUT = pytest.StashKey[int]()
BYTECODE = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to run in CI without OCF's data models; keep bytecode for the programs that tests run.

    Where Python is told to leave no bytecode beside the source, as images of containers often do,
    each of some two hundred programs would compile all that it imports: half of its time. They
    keep it in a directory that goes with this run.
    """
    if os.environ.get("CI") and not MODELS.is_dir():
        raise pytest.UsageError(f"CI needs OCF's data models, and they are not at {MODELS}")
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        config.stash[BYTECODE] = tempfile.mkdtemp(prefix="onboardee-bytecode-")
        os.environ["PYTHONPYCACHEPREFIX"] = config.stash[BYTECODE]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the bytecode."""
    if place := config.stash.get(BYTECODE, None):
        shutil.rmtree(place, ignore_errors=True)


def pytest_collection_finish() -> None:
    """Spare the collector of garbage what lasts as long as the run: modules and 14,000 tests.

    Looking through them again and again takes a tenth of the time of the tests.
    """
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs OCF's data models where they are not."""
    wanting = [item for item in items if not is_comparable(item)]
    if not wanting:
        return
    config.hook.pytest_deselected(items=wanting)
    items[:] = [item for item in items if item not in set(wanting)]
    config.stash[LEFT_OUT] = len(wanting)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a process that runs a part of the tests say how many it left out; each collects all."""
    if told := getattr(session.config, "workeroutput", None):
        told["left out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear what such a process says (pytest-xdist)."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left out", 0)


def pytest_terminal_summary(
    terminalreporter: "pytest.TerminalReporter",  # older versions do not name it
    config: pytest.Config,
) -> None:
    """Say in a line what was left out."""
    if number := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(
            f"{number} comparisons with OCF's data models were left out: not all are at {MODELS}"
            " (ONBOARDEE_OCF_MODELS can name another place)"
        )
