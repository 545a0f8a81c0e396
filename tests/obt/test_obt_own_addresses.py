"""Devices that are named by their addresses."""

import asyncio
import gc
from types import SimpleNamespace
from typing import Any, cast

import pytest

from onboardee.device.cli.huge_pages import CROWD
from onboardee.device.cli.obt import own
from onboardee.device.cli.obt.invocation import Invocation, Tool
from onboardee.device.cli.obt.wishes import Wishes
from onboardee.obt import Address, AsyncioTransport

NOTHING_SAID = Wishes(None, None, None, None, None, False, None, None)


def test_several_addresses_are_asked_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand that are named take no thousand times the way there and back; order is kept."""
    addresses = [Address("192.0.2.1", port) for port in (7, 5, 6, 5)]

    async def go() -> list[Any]:
        together = asyncio.Barrier(3)

        async def find_at(_: object, address: Address, *_more: object) -> Any:
            await asyncio.wait_for(together.wait(), 10)
            return f"device at {address.port}"

        monkeypatch.setattr(own, "find_at", find_at)
        async with AsyncioTransport() as transport:
            tool = cast("Tool", SimpleNamespace(transport=transport))
            texts = [f"coap://{each}" for each in addresses]
            return await own.find_targets(Invocation(), tool, texts, addresses, NOTHING_SAID)

    assert asyncio.run(go()) == [f"device at {port}" for port in (7, 5, 6, 5)]


@pytest.mark.parametrize(("count", "is_crowd"), [(CROWD, False), (1000, True)])
def test_memory_is_made_ready_for_a_crowd_only(
    count: int, *, is_crowd: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the program is made of is no garbage while it owns a crowd."""
    asked: list[bool] = []
    monkeypatch.setattr(own, "use_huge_pages", lambda: asked.append(True))
    before = gc.get_freeze_count()
    with own._memory_for(count):
        assert (gc.get_freeze_count() > before) is bool(asked) is is_crowd
    assert gc.get_freeze_count() <= before
