"""What hosting many devices does to the garbage collector of Python."""

import gc
from types import SimpleNamespace
from typing import Any

import pytest

from onboardee.device.cli import hosting
from onboardee.device.cli.huge_pages import CROWD
from onboardee.device.fleet.model import Churn


@pytest.mark.parametrize(("churn", "stays"), [(None, True), (Churn(every=1.0), False)])
def test_only_devices_that_stay_are_left_out_of_the_search_for_garbage(
    churn: Churn | None, *, stays: bool
) -> None:
    """A thousand that stay cost no pause; those that come and go give their memory back."""
    units: list[Any] = [SimpleNamespace(planned=SimpleNamespace(churn=churn))]
    before = gc.get_freeze_count()
    gc.disable()
    try:
        hosting._arrange_memory(units)
        assert gc.isenabled()
        assert (gc.get_freeze_count() > before) is stays
    finally:
        gc.enable()
        gc.unfreeze()


@pytest.mark.parametrize(("count", "is_crowd"), [(CROWD, False), (1000, True)])
def test_a_crowd_of_devices_is_put_into_huge_pages(
    count: int, *, is_crowd: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few devices are left where they are: they fit into what the processor remembers."""
    asked: list[bool] = []
    monkeypatch.setattr(hosting, "use_huge_pages", lambda: asked.append(True))
    monkeypatch.setattr(gc, "freeze", lambda: None)
    hosting._arrange_memory([SimpleNamespace(planned=SimpleNamespace(churn=None))] * count)
    assert bool(asked) is is_crowd
