"""A device of any profile in memory, a client that may use it, and all that he sees of it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from onboardee.device.machine.device import Device
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.atomic_measurement import measured_in
from onboardee.device.simulation.document import read
from onboardee.device.simulation.profile import Profile
from onboardee.device.testing import MemoryKeeper, MemoryNetwork, onboarded
from onboardee.device.testing.local import local_device
from onboardee.device.testing.network import GROUPS
from onboardee.obt import (
    Address,
    DeviceAccess,
    MemoryTransport,
    ObtEngine,
    SharedKey,
    Survey,
    WithKey,
    run,
    survey,
)
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Endpoint

CLIENT = UUID("11111111-2222-4333-8444-555555555555")
KEY = bytes(range(16))
HOST, PLAIN, SECURE = "10.0.0.10", 5683, 5684


@dataclass
class Scene:
    """A device, and a client beside it."""

    device: Device
    transport: MemoryTransport

    def survey(self, *, with_key: bool = True) -> Survey:
        """Read all that there is."""
        shared = SharedKey(CLIENT, KEY) if with_key else None
        return run(survey(self.transport, Address(HOST, PLAIN), key_for=lambda _: shared))

    def seen(self) -> dict[str, Any]:
        """Return what every resource shows by each of its interfaces; UUIDs are left out."""
        uuid = self.device.database.doxm.device_uuid
        opener = WithKey(CLIENT, uuid, KEY)
        access = DeviceAccess(self.transport, Address(HOST, SECURE), opener)
        links = run(access.read("/oic/res"))
        assert isinstance(links, list)
        mine = [each for each in links if not each["href"].startswith(("/oic/sec/", "/oic/mnt"))]
        wanted = {each["href"]: each["if"] for each in mine}
        resources = self.device.profile.resources
        measured = measured_in(resources)  # what shows them is asked
        wanted |= {each.href: each.interfaces for each in resources if each.href not in measured}
        found: dict[str, Any] = {"links": links}
        for href, interfaces in wanted.items():
            for name in interfaces:
                found[f"{href}?{name}"] = run(access.read(href, query=(f"if={name}",)))
        found["introspection"] = run(
            access.read(f"{self.device.profile.core.paths.introspection}/data")
        )
        access.close()
        return anonymous(found, uuid)


def scene(profile: Profile, *, owned: bool = True) -> Scene:
    """Put a device of a profile on a network, with an owner and a client if it is owned."""
    network, entropy = MemoryNetwork(), SeededEntropy("device")
    database = new_database(profile, entropy)
    if owned:
        database = onboarded(database, entropy, clients={CLIENT: KEY})
    # behaviour changes values while a client looks, and an update of the software needs its faults
    still = replace(profile, behaviour=(), software_update=None)
    device = local_device(still, MemoryKeeper(database), entropy=entropy)
    device.endpoints = (Endpoint("coap", HOST, PLAIN), Endpoint("coaps", HOST, SECURE))
    network.attach(device, HOST, PLAIN, groups=GROUPS)
    network.attach(device, HOST, SECURE, secured=True)
    device.start(network.now)
    return Scene(device, MemoryTransport(network, ObtEngine(entropy=SeededEntropy("client"))))


def loaded(text: str) -> Profile:
    """Return the profile that a text describes, as from a file."""
    return msgspec.convert(read(text, "captured").plain(), Profile)


def anonymous(value: Any, uuid: UUID) -> Any:
    """Leave out what tells one device from another of its kind."""
    match value:
        case dict():
            rest = {name: each for name, each in value.items() if name not in {"pi", "piid", "di"}}
            return {name: anonymous(each, uuid) for name, each in rest.items()}
        case list() | tuple():
            return [anonymous(each, uuid) for each in value]
        case str():
            return value.replace(str(uuid), "UUID")
    return value
