"""Run in a fresh network namespace by `test_net_multicast`; prints what was observed as JSON."""

import asyncio
import json
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cbor2
from aiocoap import GET, Message
from aiocoap.numbers.types import Type
from msgspec.structs import replace

from onboardee.device.events import Bus, Event, MulticastChanged, RequestServed
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.machine.device import Device
from onboardee.device.net import multicast, udp
from onboardee.device.net.binding import Ports
from onboardee.device.net.hosted import HostedDevice
from onboardee.device.net.hub import Hub
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import DiscoveryDelays, load
from onboardee.device.testing import MemoryKeeper
from onboardee.wire.entropy import SystemEntropy

multicast.RECHECK_SECONDS = 0.1


def ip(arguments: str) -> None:
    """Run iproute2."""
    subprocess.run(["ip", *arguments.split()], check=True)


def make_pair(one: str, other: str, address: str) -> None:
    """Make two connected interfaces, the first with an address."""
    ip(f"link add {one} type veth peer name {other}")
    ip(f"link set {other} addrgenmode none")
    ip(f"link set {one} up")
    ip(f"link set {other} up")
    ip(f"addr add {address}/24 dev {one}")


def search(token: bytes, mid: int) -> bytes:
    """Encode a tool's search for devices without an owner."""
    message = Message(code=GET, uri_path=("oic", "sec", "doxm"), uri_query=("owned=FALSE",))
    message.mtype, message.mid, message.token = Type.NON, mid, token
    return message.encode()


def tool_socket(family: int, index: int) -> socket.socket:
    """Open the tool's socket, sending to groups through one interface."""
    opened = socket.socket(family, socket.SOCK_DGRAM)
    opened.setblocking(False)
    if family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    else:
        request = bytes(8) + struct.pack("=i", index)
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, request)
    return opened


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something, and no longer than five seconds; what is observed tells whether it is."""
    for _ in range(250):
        if is_so():
            return
        await asyncio.sleep(0.02)


async def answers_to(
    host: str, number: int, *, is_silent: bool = False, over: str = "va"
) -> list[tuple[bytes, tuple[object, ...]]]:
    """Send a search to `host`, gather what comes back, and wait a while for more than that."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    index = socket.if_nametoindex(over)
    got: list[tuple[bytes, tuple[object, ...]]] = []
    loop = asyncio.get_running_loop()
    with tool_socket(family, index) as tool:
        loop.add_reader(tool, lambda: got.append(tool.recvfrom(2048)))
        target = (host, 5683, 0, index) if family == socket.AF_INET6 else (host, 5683)
        tool.sendto(search(bytes([number]) * 8, number), target)
        if not is_silent:
            await until(lambda: bool(got))
        await asyncio.sleep(0.2)
        loop.remove_reader(tool)
    return got


def judged(answers: list[tuple[bytes, tuple[object, ...]]], hosted: HostedDevice) -> object:
    """Say whether the answers are the device's own."""
    ports = {endpoint.port for endpoint in hosted.endpoints if endpoint.scheme == "coap"}
    uuid = str(hosted.device.database.doxm.device_uuid)
    return {
        "answers": len(answers),
        "from_own_port": all(source[1] in ports for _, source in answers),
        "uuid_matches": all(
            cbor2.loads(Message.decode(data).payload)["deviceuuid"] == uuid for data, _ in answers
        ),
    }


def quick_light(events: list[Event]) -> Device:
    """Make a light that answers searches soon."""
    bus = Bus()
    bus.subscribe(events.append)
    quick = DiscoveryDelays(doxm_delay=0.05, other_delay=0.05)
    profile = replace(load("light"), discovery=quick)
    keeper = MemoryKeeper(new_database(profile, SystemEntropy()))
    return boot(profile, keeper, Surroundings(entropy=SystemEntropy(), bus=bus))


async def lonely() -> list[str]:
    """Host a light where there is no interface; return what it says of multicast."""
    events: list[Event] = []
    hub = Hub()
    hub.add(quick_light(events), Ports())
    hub.stop()
    return [event.name for event in events if event.name.startswith("net.")]


async def on_loopback(number: int) -> dict[str, object]:
    """Host a light where loopback is the only interface, and search."""
    events: list[Event] = []
    hub = Hub()
    hosted = hub.add(quick_light(events), Ports())
    found = judged(await answers_to("224.0.1.187", number, over="lo"), hosted)
    hub.stop()
    return {"found": found, "said": [each.name for each in events if each.name.startswith("net.")]}


async def at_the_multicast_port(number: int) -> dict[str, list[int]]:
    """Host a light whose unicast port is 5683; count how often each search is served, answered."""
    events: list[Event] = []
    hub, device = Hub(), quick_light([])
    device.bus.subscribe(events.append, requests=True)
    hub.add(device, Ports(plain=5683))
    counts = {}
    for place, host in enumerate(("224.0.1.187", "ff02::158", "10.78.0.1")):
        before = len(events)
        answers = await answers_to(host, number + place)
        served = [event for event in events[before:] if isinstance(event, RequestServed)]
        counts[host] = [len(served), len(answers)]
    hub.stop()
    return counts


async def scenario() -> dict[str, object]:
    """Let a tool search over each group, then let an interface come and go."""
    events: list[Event] = []
    hub = Hub()
    hosted = hub.add(quick_light(events), Ports())

    def joined() -> list[str]:
        changes = [event for event in events if isinstance(event, MulticastChanged)]
        return sorted(changes[-1].joined)

    observed: dict[str, object] = {"joined": joined()}
    groups = ("224.0.1.187", "ff02::158", "ff03::158", "ff05::158")
    for number, group in enumerate(groups, 1):
        observed[group] = judged(await answers_to(group, number), hosted)
    observed["lo"] = judged(await answers_to("224.0.1.187", 8, over="lo"), hosted)
    observed["unicast_5683"] = {"answers": len(await answers_to("10.78.0.1", 9, is_silent=True))}
    make_pair("vc", "vd", "10.79.0.1")
    await until(lambda: "224.0.1.187%vc" in joined())
    observed["after_appearing"] = joined()
    ip("link del vc")
    await until(lambda: "224.0.1.187%vc" not in joined())
    observed["after_disappearing"] = joined()
    hub.stop()
    observed["at_5683"] = await at_the_multicast_port(20)
    udp._leave_groups_to_others = lambda _opened: None
    observed["at_5683_of_an_old_kernel"] = await at_the_multicast_port(30)
    return observed


def main() -> None:
    """Make the network and run the scenario in it."""
    without_interface = asyncio.run(lonely())
    Path("/proc/sys/net/ipv6/conf/default/accept_dad").write_text("0", encoding="ascii")
    ip("link set lo up")
    loopback = asyncio.run(on_loopback(50))
    make_pair("va", "vb", "10.78.0.1")
    ip("route add 224.0.0.0/4 dev va")
    json.dump(
        {**asyncio.run(scenario()), "lonely": without_interface, "loopback": loopback}, sys.stdout
    )


main()
