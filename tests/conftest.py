"""What holds for all tests: how examples are chosen, and what is done without OCF's models."""

import os

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

LEFT_OUT = pytest.StashKey[int]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs OCF's data models where they are not; CI must have them."""
    wanting = [item for item in items if not is_comparable(item)]
    if not wanting:
        return
    if os.environ.get("CI") and not MODELS.is_dir():
        raise pytest.UsageError(f"CI needs OCF's data models, and they are not at {MODELS}")
    config.hook.pytest_deselected(items=wanting)
    items[:] = [item for item in items if item not in set(wanting)]
    config.stash[LEFT_OUT] = len(wanting)


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
