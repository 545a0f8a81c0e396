"""Whole lives of a simulated light: owned in four orders, used, reset, owned again."""

from uuid import UUID

import pytest
from obt_support import OWNER, scene, scene_with_light

from onboardee.device.machine.device import Device
from onboardee.device.testing import memory_device
from onboardee.obt import (
    IOT2,
    LITE,
    ORDERS,
    PLGD,
    Address,
    MemoryTransport,
    ObtEngine,
    OnboardingError,
    Order,
    OwnedDevice,
    Ownership,
    Permission,
    Rule,
    Subject,
    Target,
    find_owned,
    find_unowned,
    pair,
    run,
    take_ownership,
)
from onboardee.svrdb.model import State
from onboardee.wire.entropy import SeededEntropy

USE = int(Permission.RETRIEVE | Permission.UPDATE | Permission.NOTIFY)
every_order = pytest.mark.parametrize("order", ORDERS.values(), ids=lambda order: order.name)


def usable_by(uuid: UUID) -> Rule:
    """Make a rule for all application resources."""
    return Rule(subject=Subject(uuid=str(uuid)), targets=(Target(wildcard="*"),), permission=USE)


def key_of(device: Device, subject: UUID) -> bytes:
    """Return the key that the device shares with `subject`."""
    for credential in device.database.cred.credentials:
        if credential.subject == str(subject) and credential.private is not None:
            return credential.private.data
    raise AssertionError(f"no key for {subject}")


@every_order
def test_both_sides_agree(order: Order) -> None:
    """After each order the device works, and both sides hold the same key and UUIDs."""
    made, device = scene_with_light()
    owned = made.own(order)
    database = device.database
    assert database.state is State.RFNOP
    assert database.doxm.owned
    assert database.doxm.owner_uuid == OWNER
    assert database.doxm.device_uuid == owned.ownership.device
    assert key_of(device, OWNER) == owned.ownership.key
    assert all(step.outcome.startswith("2.") or "AES" in step.outcome for step in made.steps)


@every_order
def test_use_reset_and_own_again(order: Order) -> None:
    """An owned light is switched, dimmed and watched; after a reset somebody else may own it."""
    made, device = scene_with_light()

    async def use(light: OwnedDevice) -> list[object]:
        async with light:
            await light.add_rules([usable_by(OWNER)])
            watching = await light.observe("/light/switch")
            states = [await watching.next()]
            await light.update("/light/switch", {"value": True})
            states.append(await watching.next())
            await light.update("/light/dimming", {"dimmingSetting": 40})
            assert await light.read("/light/dimming", query=("if=oic.if.a",)) == {
                "dimmingSetting": 40,
                "range": [0, 100],
                "step": 1,
            }
            watching.stop()
            await light.reset()
        return states

    assert run(use(made.own(order))) == [{"value": False}, {"value": True}]
    made.network.run(5.0)
    assert device.database.state is State.RFOTM
    assert not device.sessions
    again = made.own(order)
    assert key_of(device, OWNER) == again.ownership.key


def test_maintenance_resets_too() -> None:
    """With plgd's rules the owner may reset through /oic/mnt."""
    made, device = scene_with_light()
    run(made.own(PLGD).factory_reset())
    made.network.run(5.0)
    assert device.database.state is State.RFOTM


def test_provisioning() -> None:
    """Rules and credentials come and go, each time between RFPRO and RFNOP."""
    made, device = scene_with_light()
    friend, key = UUID("22222222-3333-4444-8555-666666666666"), bytes(range(16))

    async def provision() -> None:
        async with made.own(LITE) as light:
            async with light.provisioning():
                await light.add_rules([usable_by(friend)])
                await light.add_pairwise_key(friend, key)
                assert (await light.pstat()).dos.state == State.RFPRO
            await light.verify()
            rules = (await light.rules()).rules
            rule = next(each for each in rules if each.subject.uuid == str(friend))
            assert rule.aceid is not None
            await light.delete_rule(rule.aceid)
            assert len((await light.rules()).rules) == len(rules) - 1
            credentials = (await light.credentials()).credentials
            theirs = next(each for each in credentials if each.subject == str(friend))
            await light.delete_credential(theirs.credid)
            assert len((await light.credentials()).credentials) == len(credentials) - 1
            await light.verify()

    run(provision())
    assert device.database.state is State.RFNOP


def test_a_refused_provisioning_ends_in_normal_operation() -> None:
    """A wrong rule is refused, and the device goes back to RFNOP all the same."""
    made, device = scene_with_light()
    bad = Rule(subject=Subject(), targets=(), permission=USE)
    with pytest.raises(OnboardingError, match=r"add access rules .* 4\.00"):
        run(made.own(LITE).add_rules([bad]))
    assert device.database.state is State.RFNOP


def test_what_cannot_be_observed() -> None:
    """A resource that takes no observers is not waited for."""
    made, _ = scene_with_light()
    with pytest.raises(OnboardingError, match=r"observe \(GET /oic/p\): expected an observation"):
        run(made.own(LITE).observe("/oic/p"))


def test_pairing() -> None:
    """Two lights get a key that they share, under each other's UUID."""
    made = scene()
    hosts = ("10.0.0.10", "10.0.0.11")
    devices = [memory_device(made.network, "light", host=host, seed=host) for host in hosts]

    async def go() -> list[UUID]:
        found = await find_unowned(made.transport, enough=2)
        assert {device.plain.host for device in found} == set(hosts)
        lights = [await take_ownership(made.transport, each, OWNER) for each in found]
        await pair(lights[0], lights[1])
        return [light.ownership.device for light in lights]

    uuids = run(go())
    one, other = sorted(devices, key=lambda device: uuids.index(device.database.doxm.device_uuid))
    assert key_of(one, uuids[1]) == key_of(other, uuids[0])
    assert one.database.state is other.database.state is State.RFNOP


def test_a_key_of_somebody_else_does_not_open() -> None:
    """A session with a wrong key fails with a sentence, not with silence."""
    made, _ = scene_with_light()
    ours = made.own().ownership
    wrong = Ownership(device=ours.device, owner=OWNER, secured=ours.secured, key=bytes(16))
    with pytest.raises(OnboardingError, match="open a session with the owner credential"):
        run(OwnedDevice(made.transport, wrong).verify())


def test_discovery_tells_owned_from_unowned() -> None:
    """An owned light no longer answers the question for unowned ones, but that for all."""
    made, _ = scene_with_light()

    async def go() -> None:
        (found,) = await find_unowned(made.transport, rounds=1)
        owned = await take_ownership(made.transport, found, OWNER)
        assert await find_unowned(made.transport, rounds=1) == []
        (located,) = await find_owned(made.transport, rounds=1)
        assert located.uuid == owned.ownership.device
        assert owned.ownership.secured in located.secured

    run(go())


def test_ipv6() -> None:
    """The same happens over IPv6."""
    made = scene()
    device = memory_device(made.network, "light", host="fd00::10")
    tool = MemoryTransport(made.network, ObtEngine(entropy=SeededEntropy(1)), host="fd00::1")

    async def go() -> None:
        (found,) = await find_unowned(tool, enough=1)
        assert found.plain == Address("fd00::10", 5683)
        await take_ownership(tool, found, OWNER)

    run(go())
    assert device.database.state is State.RFNOP


def test_reports_hold_no_secret() -> None:
    """What is reported for people has every step, its time, and no key."""
    made, _ = scene_with_light()
    key = made.own(PLGD).ownership.key
    texts = [str(step) for step in made.steps]
    assert any("privatedata: <16 octets>" in text for text in texts)
    assert not any(key.hex() in text or repr(key)[2:-1] in text for text in texts)
    assert all(step.elapsed > 0 for step in made.steps)
    assert repr(key) not in repr(made.own)


def test_runs_repeat() -> None:
    """A seed decides every octet on the wire."""
    logs = []
    for _ in range(2):
        made, _device = scene_with_light(seed=7)
        made.own(IOT2)
        logs.append([data for _, _, data in made.network.log])
    assert logs[0] == logs[1]
