"""The client, against a light that onboardee plays."""

import asyncio
from collections.abc import Callable

from client import switch_on

import device
import obt
import onboardee
import profiles
import svrdb
from onboardee.testing import DeviceThread, fake_device


def test_the_names_of_the_project_are_its_own() -> None:
    """Onboardee takes no name but its own."""
    for module in (device, obt, profiles, svrdb):
        assert f"{module.__name__} of the foreign project" == module.NAME
    assert onboardee.__version__


async def test_the_light_goes_on() -> None:
    """The client switches it on."""
    async with fake_device("light", open_to_all=True) as light:
        await switch_on(light.coap)
        assert light.get("/light/switch#value") is True


def test_the_fixture(ocf_device: Callable[..., DeviceThread]) -> None:
    """Pytest finds the fixture without being told."""
    light = ocf_device("light", open_to_all=True)
    asyncio.run(switch_on(light.coap))
    assert light.get("/light/switch#value") is True
