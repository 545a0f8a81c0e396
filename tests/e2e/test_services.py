"""Several services share the care for one device: ownership, credentials and access."""

from uuid import UUID

import pytest
from device_scene import OWNER, Scene, make_scene
from msgspec.structs import replace

from onboardee.device import events
from onboardee.device.simulation.profile import UuidPolicy, load
from onboardee.obt import (
    CR3006,
    IOT2,
    Address,
    OnboardingError,
    Order,
    OwnedDevice,
    find_unowned_at,
    run,
    take_ownership,
)
from onboardee.obt.record import Ownership
from onboardee.svrdb.model import State

CMS, AMS, OTHER = (UUID(int=number << 96 | 0x4000_8000_0000_0000_0000) for number in (1, 2, 3))
KEYS = {CMS: b"the key of a CMS", AMS: b"the key of an AM"}
ENTRY = {"subject": {"uuid": str(OTHER)}, "resources": [{"wc": "*"}], "permission": 2}


def key_of(subject: UUID, key: bytes) -> dict[str, object]:
    """Describe a pairwise credential."""
    private = {"data": key, "encoding": "oic.sec.encoding.raw"}
    return {"credtype": 1, "subjectuuid": str(subject), "privatedata": private}


def shared() -> tuple[Scene, OwnedDevice, OwnedDevice, OwnedDevice]:
    """Make a device whose credentials and access control belong to services of their own."""
    scene = make_scene()
    owner = scene.own()

    async def hand_over() -> None:
        await owner.update("/oic/sec/pstat", {"dos": {"s": State.SRESET}})
        keys = [key_of(subject, key) for subject, key in KEYS.items()]
        await owner.update("/oic/sec/acl2", {"rowneruuid": str(AMS)})
        await owner.update("/oic/sec/cred", {"creds": keys, "rowneruuid": str(CMS)})
        await owner.update("/oic/sec/pstat", {"dos": {"s": State.RFPRO}})

    run(hand_over())
    services = (
        OwnedDevice(
            scene.transport,
            Ownership(owner.ownership.device, subject, owner.ownership.secured, key),
        )
        for subject, key in KEYS.items()
    )
    return (scene, owner, *services)


def may(peer: OwnedDevice, path: str, body: dict[str, object]) -> bool:
    """Tell whether a peer gets an UPDATE done."""
    try:
        run(peer.update(path, body))
    except OnboardingError as error:
        refusal = str(error)
    else:
        return True
    assert "4.01" in refusal
    return False


def test_each_service_has_its_own_resource() -> None:
    """A CMS manages credentials, an AMS access, the owner doxm and pstat; nobody anything else."""
    _, owner, cms, ams = shared()
    writes = {
        "/oic/sec/cred": {"creds": [key_of(OTHER, bytes(16))]},
        "/oic/sec/acl2": {"aclist2": [ENTRY]},
        "/oic/sec/doxm": {"rowneruuid": str(OWNER)},
        "/oic/sec/pstat": {"tm": 0},
    }
    rights = {
        name: [path.rpartition("/")[2] for path, body in writes.items() if may(peer, path, body)]
        for name, peer in {"owner": owner, "cms": cms, "ams": ams}.items()
    }
    assert rights == {"owner": ["doxm", "pstat"], "cms": ["cred"], "ams": ["acl2"]}


@pytest.mark.parametrize("state", [State.RFNOP, State.SRESET, State.RESET])
def test_only_the_owner_of_pstat_changes_the_state(state: State) -> None:
    """Neither CMS nor AMS changes the state, unless an entry lets it."""
    scene, owner, cms, ams = shared()
    wish: dict[str, object] = {"dos": {"s": int(state)}}
    assert not may(cms, "/oic/sec/pstat", wish)
    assert not may(ams, "/oic/sec/pstat", wish)
    where = [{"href": "/oic/sec/pstat"}]
    entry = {"subject": {"uuid": str(CMS)}, "resources": where, "permission": 6}
    run(ams.update("/oic/sec/acl2", {"aclist2": [entry]}))
    assert may(cms, "/oic/sec/pstat", wish)
    assert scene.device.database.state is state
    owner.close()


def test_a_soft_reset_keeps_everything_and_repairs() -> None:
    """SRESET lets owners be exchanged, tells observers, and is left once all is in order."""
    scene = make_scene()
    owner = scene.own()

    async def repair() -> list[int]:
        await owner.update("/oic/sec/pstat", {"dos": {"s": State.RFPRO}})
        watched = await owner.observe("/oic/sec/pstat")
        await watched.next()
        seen = []
        for state in (State.SRESET, State.RFPRO, State.SRESET):
            await owner.update("/oic/sec/pstat", {"dos": {"s": state}})
            body = await watched.next()
            assert isinstance(body, dict)
            seen.append(body["dos"]["s"])
        return seen

    before = scene.device.database
    assert run(repair()) == [State.SRESET, State.RFPRO, State.SRESET]
    assert replace(scene.device.database, pstat=before.pstat) == before
    run(owner.update("/oic/sec/acl2", {"rowneruuid": str(AMS)}))
    with pytest.raises(OnboardingError, match=r"4\.00"):
        run(owner.update("/oic/sec/pstat", {"dos": {"s": State.RFPRO}}))
    assert scene.device.database.state is State.SRESET
    run(owner.update("/oic/sec/cred", {"creds": [key_of(AMS, KEYS[AMS])]}))
    run(owner.update("/oic/sec/pstat", {"dos": {"s": State.RFPRO}}))
    with pytest.raises(OnboardingError, match=r"4\.01"):
        run(owner.update("/oic/sec/acl2", {"aclist2": [ENTRY]}))


@pytest.mark.parametrize("policy", UuidPolicy)
@pytest.mark.parametrize("order", [IOT2, CR3006], ids=lambda order: order.name)
def test_a_temporary_uuid_and_tools_that_read_again(policy: UuidPolicy, order: Order) -> None:
    """A tool that asks anew for the UUID owns the device by its lasting one, or names it itself."""
    light = load("light")
    ownership = replace(light.ownership, temporary_uuid=True, uuid=policy)
    scene = make_scene(replace(light, ownership=ownership))
    shown = []
    for _ in range(2):
        database = scene.device.database
        found = run(find_unowned_at(scene.transport, Address("10.0.0.10", 5683)))
        assert found.uuid == database.doxm.device_uuid != database.next_uuid
        owned = run(take_ownership(scene.transport, found, OWNER, order=order))
        assert owned.ownership.device == scene.device.database.doxm.device_uuid
        assert scene.device.database.next_uuid is None
        assert (owned.ownership.device == database.next_uuid) is (order is IOT2)
        shown.append((found.uuid, owned.ownership.device))
        run(owned.reset())
        scene.network.run(3)
    (first, lasting), (second, again) = shown
    assert first != second
    assert (lasting == again) is (policy is UuidPolicy.KEEP and order is IOT2)


def test_refusals_are_in_the_audit_log_until_a_reset() -> None:
    """What the bus tells of refusals is read from the log, which a reset empties."""
    scene, owner, cms, ams = shared()
    assert not may(cms, "/oic/sec/acl2", {"aclist2": []})
    entry = {**ENTRY, "subject": {"uuid": str(OWNER)}, "resources": [{"href": "/oic/sec/ael"}]}
    run(ams.update("/oic/sec/acl2", {"aclist2": [entry]}))
    log = run(owner.read("/oic/sec/ael"))
    assert isinstance(log, dict)
    assert log["events"][0]["aeid"] == "AC-1"
    assert log["events"][0]["auxiliaryinfo"][1:4] == [str(CMS), "/oic/sec/acl2", "POST"]
    assert scene.seen(events.AccessDenied)
    run(owner.reset())
    scene.network.run(3)
    assert not scene.device.parts.audit.entries
    assert scene.device.database.ael.categories == 255
