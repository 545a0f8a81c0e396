"""Devices for the tests of others: real sockets, a clock of their own, a pytest fixture."""

import asyncio
from collections.abc import Awaitable
from uuid import UUID

import cbor2
import pytest
from aiocoap import GET, POST, Code, Context, Message

from onboardee.device.control import ControlError
from onboardee.device.testing import DeviceThread, fake_device
from onboardee.device.testing.onboarded import OWNER
from onboardee.device.testing.threaded import DeviceMaker
from onboardee.obt import Address, AsyncioTransport, DeviceAccess, WithKey
from onboardee.svrdb.model import State

pytest_plugins = ["onboardee.device.pytest_plugin"]

CLIENT = UUID("636c6965-6e74-4000-8000-000000000001")
KEY = b"sixteen octets.."


async def asked(uri: str, payload: object = None) -> Message:
    """Ask with aiocoap's client."""
    context = await Context.create_client_context()
    try:
        message = Message(code=GET if payload is None else POST, uri=uri)
        if payload is not None:
            message.payload = cbor2.dumps(payload)
            message.opt.content_format = 60
        answer: Awaitable[Message] = context.request(message).response
        return await asyncio.wait_for(answer, 30)
    finally:
        await context.shutdown()


async def test_anybody_may_use_an_open_light() -> None:
    """A plain CoAP client switches a light that is open to all, and the test sees it."""
    async with fake_device("light", open_to_all=True) as light:
        assert (await asked(f"{light.coap}/light/switch", {"value": True})).code is Code.CHANGED
        assert light.get("/light/switch#value") is True
        await light.wait_for("value.changed")


async def test_a_light_waits_for_an_owner_by_default() -> None:
    """Without further words a device is fresh from the factory."""
    async with fake_device() as light:
        assert light.state is State.RFOTM
        answer = await asked(f"{light.coap}/oic/d")
        assert cbor2.loads(answer.payload)["di"] == str(light.uuid)


async def test_the_world_changes_values_and_a_client_sees_it() -> None:
    """What a test sets is what a client reads; an impossible value is refused."""
    async with fake_device("light", open_to_all=True) as light:
        await light.set("/light/dimming#dimmingSetting", 7)
        answer = await asked(f"{light.coap}/light/dimming")
        assert cbor2.loads(answer.payload)["dimmingSetting"] == 7
        with pytest.raises(ControlError, match="is above 100"):
            await light.set("/light/dimming#dimmingSetting", 700)


async def test_a_client_uses_the_light_with_its_key() -> None:
    """A client whose key the test chose reads and writes over DTLS; a stranger is kept out."""
    async with (
        fake_device("light", clients={CLIENT: KEY}) as light,
        AsyncioTransport() as transport,
    ):
        address = Address.from_uri(light.coaps, "coaps")
        assert address is not None
        opener = WithKey(CLIENT, light.uuid, KEY)
        async with DeviceAccess(transport, address, opener) as access:
            await access.update("/light/switch", {"value": True})
            assert await access.read("/light/switch") == {"value": True}
        assert (await asked(f"{light.coap}/light/switch")).code is Code.UNAUTHORIZED


async def test_a_pressed_reset_button_is_done_when_it_returns() -> None:
    """After the reset the light has no owner any more."""
    async with fake_device("light", clients={CLIENT: KEY}) as light:
        assert light.state is State.RFNOP
        await light.press_reset()
        assert light.state is State.RFOTM
        assert (await light.wait_for("device.reset")).name == "device.reset"


async def test_a_reboot_keeps_what_is_stored() -> None:
    """The light begins with its first values, and its clients stay."""
    async with fake_device("light", clients={CLIENT: KEY}) as light:
        await light.set("/light/switch#value", True)
        before = light.database
        await light.reboot()
        assert (light.get("/light/switch#value"), light.database) == (False, before)
        assert (await light.wait_for("device.rebooted")).name == "device.rebooted"


async def test_waiting_in_vain_ends() -> None:
    """An event that does not come raises TimeoutError."""
    async with fake_device("light") as light:
        with pytest.raises(TimeoutError):
            await light.wait_for("device.reset", timeout=0.01)


async def test_time_moves_only_when_told() -> None:
    """A reset by the owner takes two seconds, which pass when the test says so."""
    async with (
        fake_device("light", clients={OWNER: KEY}, manual_time=True) as light,
        AsyncioTransport() as transport,
    ):
        address = Address.from_uri(light.coaps, "coaps")
        assert address is not None
        async with DeviceAccess(transport, address, WithKey(OWNER, light.uuid, KEY)) as access:
            await access.update("/oic/sec/pstat", {"dos": {"s": 0}})
            await light.advance(1.9)
            assert light.state is State.RESET
            await light.advance(0.2)
            assert light.state is State.RFOTM


async def test_real_time_cannot_be_advanced() -> None:
    """A device in real time says how to make one whose time can be moved."""
    async with fake_device("light") as light:
        with pytest.raises(RuntimeError, match="manual_time"):
            await light.advance(1)


async def test_the_same_seed_is_the_same_device() -> None:
    """UUIDs repeat with a seed."""
    uuids = []
    for seed in (1, 1, 2):
        async with fake_device("light", seed=seed) as light:
            uuids.append(light.uuid)
    assert uuids[0] == uuids[1] != uuids[2]


def test_a_thread_serves_tests_without_a_loop() -> None:
    """Code that awaits nothing starts, asks, changes and resets a device."""
    with DeviceThread("light", open_to_all=True, manual_time=True) as light:
        light.set("/light/switch#value", True)
        answer = asyncio.run(asked(f"{light.coap}/light/switch"))
        assert cbor2.loads(answer.payload) == {"value": True}
        assert light.get("/light/switch") == {"value": True}
        assert light.coaps.startswith("coaps://127.0.0.1:")
        light.advance(3600)
        light.press_reset()
        assert light.state is State.RFOTM
        assert light.wait_for("device.reset") in light.events


def test_a_thread_that_cannot_start_says_why() -> None:
    """The mistake comes out where the device was asked for."""
    with pytest.raises(Exception, match="no built-in profile 'lamp'"), DeviceThread("lamp"):
        raise AssertionError("it started")


def test_the_fixture_starts_several(ocf_device: DeviceMaker) -> None:
    """A test has as many devices as it wants, each at its own port."""
    first, second = ocf_device("light"), ocf_device("light", clients={CLIENT: KEY})
    assert first.coap != second.coap
    assert (first.state, second.state) == (State.RFOTM, State.RFNOP)
    assert first.uuid != second.uuid
