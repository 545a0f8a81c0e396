"""A device goes on with its life from the database of another stack: its owner notices nothing."""

from uuid import uuid4

import pytest
from device_scene import HOST, PLAIN, SECURE, make_scene

from onboardee.device.machine.memory import MemoryKeeper
from onboardee.device.simulation.profile import load
from onboardee.device.testing import MemoryNetwork
from onboardee.device.testing.local import local_device
from onboardee.obt import MemoryTransport, ObtEngine, OwnedDevice, run
from onboardee.svrdb import Database
from onboardee.svrdb.formats import Form, Options, decode, encode, lite
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Endpoint

FORMS = [*((form, "master") for form in Form), (Form.IOTIVITY, "1.2"), (Form.SOURCE, "1.2")]


def _converted(database: Database, form: Form, version: str) -> Database:
    if form is Form.LITE:
        files, _ = lite.encode(database)
        return lite.decode(files, new_uuid=uuid4).database
    content, _ = encode(database, form, Options(version=version, reveal=True))
    return decode(content, new_uuid=uuid4).database


@pytest.mark.parametrize(("form", "version"), FORMS)
def test_owner_goes_on(form: Form, version: str) -> None:
    """With UUID, owner, key and rules from any form the owner switches the light as before."""
    scene = make_scene()
    ownership = scene.own().ownership
    database = _converted(scene.device.database, form, version)
    network = MemoryNetwork()
    device = local_device(load("light"), MemoryKeeper(database), entropy=SeededEntropy(1))
    device.endpoints = (Endpoint("coap", HOST, PLAIN), Endpoint("coaps", HOST, SECURE))
    network.attach(device, HOST, PLAIN)
    network.attach(device, HOST, SECURE, secured=True)
    device.start(network.now)
    transport = MemoryTransport(network, ObtEngine(entropy=SeededEntropy("tool")))
    owned = OwnedDevice(transport, ownership)
    run(owned.update("/light/switch", {"value": True}))
    assert run(owned.read("/light/switch"))["value"] is True
    assert run(owned.doxm()).device_uuid == ownership.device
