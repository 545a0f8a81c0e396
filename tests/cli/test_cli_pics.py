"""`onboardee profiles pics`: what the certification test tool is told is what a device serves."""

import json

import cbor2
import pytest
from click.testing import CliRunner

from onboardee.device.cli import main
from onboardee.device.cli.pics import pics_of
from onboardee.device.simulation.profile import built_in_names, load_all
from onboardee.device.testing.client import PlainClient
from onboardee.device.testing.network import MemoryNetwork
from onboardee.device.testing.setup import memory_device


def _served(name: str) -> dict[str, object]:
    """Ask a device over the network, as the test tool does."""
    network = MemoryNetwork()
    memory_device(network, load_all(name)[0])
    client = PlainClient(network)
    client.read(["/oic/res", "/oic/d", "/oic/p", "/oic/sec/doxm"])
    network.run(10.0)
    return {each.href: cbor2.loads(each.payload) for each in client.heard}


@pytest.mark.parametrize("name", built_in_names())
def test_the_file_agrees_with_what_the_device_serves(name: str) -> None:
    """Types of the device and of its resources, versions, methods and interfaces."""
    pics, served = pics_of(load_all(name)[0]), _served(name)
    links, device, doxm = served["/oic/res"], served["/oic/d"], served["/oic/sec/doxm"]
    assert isinstance(links, list)
    assert isinstance(device, dict)
    assert isinstance(doxm, dict)
    assert (pics["icv"], pics["dmv"]) == (device["icv"], device["dmv"])
    assert pics["device"] == device["n"]
    types = {each for link in links for each in link["rt"]}
    assert types <= set(pics["resources"]) | set(pics["supportedDeviceTypes"]) | {"oic.wk.d"}
    has_batch = any("oic.if.b" in link["if"] for link in links)
    assert ("batchInterface" in pics["optionalFeatures"]) == has_batch
    numbers = {"oic.sec.doxm.jw": 0, "oic.sec.doxm.rdp": 1, "oic.sec.doxm.mfgcert": 2}
    assert [numbers[each] for each in pics["OTM"]] == [
        each for each in doxm["oxms"] if each in numbers.values()
    ]


def test_the_command_prints_the_file() -> None:
    """As JSON; a profile that is none is an error."""
    done = CliRunner().invoke(main, ["profiles", "pics", "light"])
    pics = json.loads(done.output)
    assert pics["supportedDeviceTypes"] == ["oic.d.light"]
    assert pics["supportedVerticalProfile"] == ["Smart Home"]
    assert {"oic.r.switch.binary", "oic.wk.con", "oic.r.csr"} <= set(pics["resources"])
    assert CliRunner().invoke(main, ["profiles", "pics", "ligth"]).exit_code == 1
