"""Devices for tests whose world hurries."""

import pytest

from onboardee.device.events import TimeChanged
from onboardee.device.testing import fake_device


async def test_a_test_has_a_washers_hour_at_once() -> None:
    """A fake device on real sockets skips what its program takes, and tells of it."""
    async with fake_device("washer", speed=0) as washer:
        await washer.do(lambda now: washer.device.press("start", now))
        await washer.advance_world(20 * 60)
        assert washer.get("/state#currentJobState") == "wash"
        await washer.advance_world(3600)
        assert washer.get("/state#currentJobState") == "none"
        with pytest.raises(ValueError, match="366 d"):
            await washer.advance_world(-1)
        told = [event for event in washer.events if isinstance(event, TimeChanged)]
        assert [(event.skipped, event.paused) for event in told] == [(1200, True), (3600, True)]
