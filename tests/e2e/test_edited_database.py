"""A device that starts from an edited database is what the edit made of it."""

from collections.abc import Callable
from uuid import UUID

import pytest

from onboardee.device.machine.device import Device
from onboardee.device.machine.memory import MemoryKeeper
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.device.testing import MemoryNetwork
from onboardee.device.testing.local import local_device
from onboardee.device.testing.network import GROUPS
from onboardee.obt import (
    Address,
    MemoryTransport,
    ObtEngine,
    ObtError,
    OwnedDevice,
    find_unowned_at,
    run,
    take_ownership,
)
from onboardee.obt.record import Ownership
from onboardee.svrdb import Connection, CredentialType, Database, PrivateData, State
from onboardee.svrdb.editor import (
    add_ace,
    add_credential,
    make_resource,
    make_subject,
    new_uuid,
    own,
    set_state,
    unown,
)
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Endpoint

HOST, PLAIN, SECURE = "10.0.0.10", 5683, 5684
OWNER = UUID("11111111-2222-4333-8444-555555555555")
GUEST = UUID("61646d69-6e44-6576-6963-655575696430")
KEY = bytes(range(16))
SWITCH = "/light/switch"


def start(edit: Callable[[Database], Database]) -> tuple[Device, MemoryTransport]:
    """Start a light from an edited database, with a tool on its network."""
    network = MemoryNetwork(seed=1)
    profile, entropy = load("light"), SeededEntropy(1)
    keeper = MemoryKeeper(edit(new_database(profile, entropy)))
    device = local_device(profile, keeper, entropy=entropy)
    device.endpoints = (Endpoint("coap", HOST, PLAIN), Endpoint("coaps", HOST, SECURE))
    network.attach(device, HOST, PLAIN, groups=GROUPS)
    network.attach(device, HOST, SECURE, secured=True)
    device.start(network.now)
    return device, MemoryTransport(network, ObtEngine(entropy=SeededEntropy("tool")))


def peer(device: Device, transport: MemoryTransport, who: UUID) -> OwnedDevice:
    """Return the device as somebody with the key sees it."""
    uuid = device.database.doxm.device_uuid
    return OwnedDevice(transport, Ownership(uuid, who, Address(HOST, SECURE), KEY))


def owned_by_edit(database: Database) -> Database:
    """Own the light without a transfer, and let whoever has a session read the switch."""
    return add_ace(
        own(database, OWNER, KEY),
        subject=make_subject(connection=Connection.AUTHENTICATED),
        resources=[make_resource(SWITCH)],
        permission=2,
    )


def test_owned_without_a_transfer() -> None:
    """The owner opens a session with the key that was written, and the device works."""
    device, transport = start(owned_by_edit)
    assert device.database.state is State.RFNOP
    assert run(peer(device, transport, OWNER).read(SWITCH)) == {"value": False}


def test_a_guest_with_a_key() -> None:
    """A symmetric credential that was added opens sessions, and the rules decide."""

    def edit(database: Database) -> Database:
        return add_credential(
            owned_by_edit(database),
            CredentialType.SYMMETRIC_PAIRWISE,
            subject=str(GUEST),
            private=PrivateData(data=KEY),
        )

    device, transport = start(edit)
    guest = peer(device, transport, GUEST)
    assert run(guest.read(SWITCH)) == {"value": False}
    with pytest.raises(ObtError):
        run(guest.update(SWITCH, {"value": True}))


def test_a_state_in_which_nothing_works() -> None:
    """In RFPRO the switch is refused, as after an UPDATE of pstat."""
    device, transport = start(lambda database: set_state(owned_by_edit(database), State.RFPRO))
    with pytest.raises(ObtError):
        run(peer(device, transport, OWNER).read(SWITCH))


def test_nobodys_again() -> None:
    """A device that was made nobody's is found under its new UUID and can be owned again."""
    uuid = UUID("a1d70c49-8ec3-396d-d56e-78a87de54373")
    device, transport = start(lambda database: new_uuid(unown(owned_by_edit(database)), uuid))
    found = run(find_unowned_at(transport, Address(HOST, PLAIN)))
    assert found.uuid == uuid
    run(take_ownership(transport, found, GUEST))
    assert device.database.state is State.RFNOP
    assert device.database.doxm.owner_uuid == GUEST
