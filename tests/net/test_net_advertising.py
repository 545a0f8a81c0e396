"""Where a device says that it is reached: real addresses, or those it is told to tell."""

import asyncio
import socket

import cbor2
import pytest
from aiocoap import GET, Context, Message

from onboardee.device.events import Bus, DeviceReady, Event
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.net.advertising import parsed
from onboardee.device.net.binding import BindError, Ports
from onboardee.device.net.hosted import HostedDevice
from onboardee.device.net.hub import Hub
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.device.testing import MemoryKeeper, fake_device
from onboardee.wire.entropy import SystemEntropy


@pytest.mark.parametrize(
    ("text", "endpoints"),
    [
        ("192.0.2.7", ["coap://192.0.2.7:0", "coaps://192.0.2.7:0"]),
        ("192.0.2.7:15683", ["coap://192.0.2.7:15683", "coaps://192.0.2.7:15684"]),
        ("lab.example:5683", ["coap://lab.example:5683", "coaps://lab.example:5684"]),
        ("[2001:db8::7]", ["coap://[2001:db8::7]:0", "coaps://[2001:db8::7]:0"]),
        ("[2001:db8::7]:99", ["coap://[2001:db8::7]:99", "coaps://[2001:db8::7]:100"]),
        ("coap://192.0.2.7:1", ["coap://192.0.2.7:1"]),
        ("coaps://192.0.2.7:65535", ["coaps://192.0.2.7:65535"]),
    ],
)
def test_what_can_be_advertised(text: str, endpoints: list[str]) -> None:
    """A host for both schemes, a port for coap with the next one for coaps, or each by itself."""
    assert [str(endpoint) for endpoint in parsed(text)] == endpoints


@pytest.mark.parametrize(
    "text",
    ["", "a b", "2001:db8::7", "192.0.2.7:", "192.0.2.7:0", "192.0.2.7:65535", "h:70000",
     "http://h", "[::1", "h:1:2", "-h", "h/x"],
)  # fmt: skip
def test_what_cannot(text: str) -> None:
    """Anything else is refused with a sentence."""
    with pytest.raises(ValueError, match=r"expected HOST|no port"):
        parsed(text)


def hosted(hub: Hub, ports: Ports, events: list[Event]) -> HostedDevice:
    """Host a light."""
    bus, light = Bus(), load("light")
    bus.subscribe(events.append)
    keeper = MemoryKeeper(new_database(light, SystemEntropy()))
    return hub.add(boot(light, keeper, Surroundings(entropy=SystemEntropy(), bus=bus)), ports)


async def endpoints_told(port: int) -> list[str]:
    """Read the endpoints of doxm in /oic/res."""
    context = await Context.create_client_context()
    try:
        uri = f"coap://127.0.0.1:{port}/oic/res?rt=oic.r.doxm"
        answer = await asyncio.wait_for(context.request(Message(code=GET, uri=uri)).response, 30)
        (link,) = cbor2.loads(answer.payload)
        return [each["ep"] for each in link["eps"]]
    finally:
        await context.shutdown()


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((), ["coap://127.0.0.1:{plain}", "coaps://127.0.0.1:{secure}"]),
        (("192.0.2.7",), ["coap://192.0.2.7:{plain}", "coaps://192.0.2.7:{secure}"]),
        (("lab.example:99",), ["coap://lab.example:99", "coaps://lab.example:100"]),
        (("coaps://192.0.2.7:99",), ["coap://127.0.0.1:{plain}", "coaps://192.0.2.7:99"]),
        (("[2001:db8::7]",), ["coap://127.0.0.1:{plain}", "coaps://127.0.0.1:{secure}"]),
        (
            ("192.0.2.7", "192.0.2.8"),
            [
                f"{scheme}://192.0.2.{last}:{{{port}}}"
                for scheme, port in (("coap", "plain"), ("coaps", "secure"))
                for last in (7, 8)
            ],
        ),
    ],
)
async def test_links_tell_the_advertised_place(texts: tuple[str, ...], expected: list[str]) -> None:
    """/oic/res tells it in place of the own address, to requesters of its family."""
    events: list[Event] = []
    hub = Hub()
    advertised = tuple(endpoint for text in texts for endpoint in parsed(text))
    try:
        made = hosted(hub, Ports(hosts=("127.0.0.1",), advertised=advertised), events)
        plain, secure = (endpoint.port for endpoint in made.endpoints)
        told = [text.format(plain=plain, secure=secure) for text in expected]
        assert await endpoints_told(plain) == told
        (ready,) = [event for event in events if isinstance(event, DeviceReady)]
        assert set(told) <= set(ready.endpoints)
    finally:
        hub.stop()


async def test_no_wildcard_is_told() -> None:
    """Neither the start-up line nor a device's state names an address that nobody can reach."""
    async with fake_device("light", hosts=()) as light:
        assert not {"0.0.0.0", "[::]"} & {place.split("//")[1].rsplit(":", 1)[0] for place in
                                          light.device.reachable_at}  # fmt: skip
        assert light.coap in light.device.reachable_at
        (ready,) = [event for event in light.events if isinstance(event, DeviceReady)]
        assert ready.endpoints == light.device.reachable_at


async def test_a_port_taken_everywhere_is_explained() -> None:
    """The sentence names the port, not a wildcard."""
    hub = Hub()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 0))
        port = taken.getsockname()[1]
        with pytest.raises(BindError, match=f"cannot listen at UDP port {port}: ") as told:
            hosted(hub, Ports(plain=port), [])
        assert "0.0.0.0" not in str(told.value)
    hub.stop()
