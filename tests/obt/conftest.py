"""Fixtures of the tests of the onboarding tool."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from obt_home import Home

from onboardee.device.testing.threaded import DeviceThread


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """Own two lights, called kitchen and hall."""
    monkeypatch.setattr("onboardee.device.cli.reaching.PATIENCE", 1.0)
    monkeypatch.setattr("onboardee.obt.discovery.ROUND_SECONDS", 0.2)
    with ExitStack() as stack:
        lights = [stack.enter_context(DeviceThread("light")) for _ in range(2)]
        made = Home(tmp_path / "obt.db", lights, stack)
        for name, light in zip(("kitchen", "hall"), lights, strict=True):
            made.obt("own", light.coap, "--name", name)
        yield made
