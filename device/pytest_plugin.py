"""Fixtures for the tests of OCF clients. pytest finds them wherever onboardee is installed.

The file lies beside the rooms and not in `testing`: pytest imports it in every test run of such an
installation, and that package would bring a whole device along, which tests that have none should
not pay for.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from onboardee.device.testing import DeviceThread
    from onboardee.device.testing.threaded import DeviceMaker


@pytest.fixture
def ocf_device() -> "Iterator[DeviceMaker]":
    """Start devices that live as long as the test.

    `light = ocf_device("light")` takes the arguments of `onboardee.testing.fake_device`. Each
    device runs in a thread of its own, so that tests with and without an event loop can use it.
    """
    # every test run where onboardee is installed imports this file: it has to cost nothing
    from onboardee.device.testing import DeviceThread  # noqa: PLC0415

    with ExitStack() as running:

        def start(profile: str = "light", **options: Any) -> "DeviceThread":
            return running.enter_context(DeviceThread(profile, **options))

        yield start


@pytest.fixture
def audited_device() -> "Iterator[DeviceMaker]":
    """Start devices that judge the tool of the test.

    As `ocf_device`; `light.audit()` then tells what the tool did right and wrong:
    `assert light.audit().exit_code == 0`.
    """
    from onboardee.device.testing import DeviceThread  # noqa: PLC0415

    with ExitStack() as running:

        def start(profile: str = "light", **options: Any) -> "DeviceThread":
            return running.enter_context(DeviceThread(profile, traced=True, **options))

        yield start
