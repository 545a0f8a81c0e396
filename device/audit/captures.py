"""The trace of somebody else's device, made of a capture that has the secrets of its sessions.

Which side is the device is seen from the conversation: it is asked, and it is greeted. With several
devices in one capture one has to be named.

A capture is taken at any place of the network. So a packet's direction is told by the addresses
of the device, not by the machine that captured. Only places that somebody asked or greeted count
as the device's: its own port for what it asks of others is not one.

Packets are decoded as the device's tracer does it (`device.trace.decoding`), in the order of the
capture, with the session secrets that the capture or a key log has (NSS key log,
`CLIENT_RANDOM`). Without them records stay closed, and rules that look into them are not reached.
"""

import ipaddress
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from onboardee.device.trace.decoding import Decoder
from onboardee.device.trace.dtls import Secrets
from onboardee.device.trace.items import Ends, Item, Way
from onboardee.device.trace.pcapng import CaptureError, Packet, read

Endpoint = tuple[str, int]

_CLIENT_HELLO: Final = 1
"""The type of a handshake message (RFC 5246 7.4)."""
_RECORDS: Final = range(20, 26)
"""Content types of DTLS records, by their first octet (RFC 6347 4.1)."""
_HANDSHAKE: Final = 22
"""The content type of records with handshake messages."""
_DTLS_MAJOR: Final = 0xFE
"""The first octet of the version of every DTLS so far."""
_REQUESTS: Final = range(1, 5)
"""The codes GET to DELETE of CoAP (RFC 7252 12.1.1)."""


def trace_of(content: bytes, keys: str = "", device: Collection[str] = ()) -> list[Item]:
    """Return the trace of the device in a capture. Raises `CaptureError`.

    `keys` is a key log, for a capture without secrets of its own. `device` are the device's
    addresses; without, the capture must have one device only.
    """
    packets, secrets = _taken(content)
    for line in keys.splitlines():
        secrets.add(line)
    endpoints = _endpoints(packets)
    hosts = _chosen(packets, endpoints, device)
    decoder = Decoder(secrets)
    found: list[Item] = []
    began = packets[0].at
    for packet in packets:
        seen = _seen(packet, hosts, endpoints)
        if seen is not None:
            ends, way = seen
            found += decoder.read(packet.octets, ends, way, packet.at - began)
    return found


def _taken(content: bytes) -> tuple[list[Packet], Secrets]:
    """Return the packets of a capture and the secrets in it. Raises `CaptureError`."""
    packets, secrets = [], Secrets()
    for each in read(content):
        if isinstance(each, str):
            secrets.add(each)
        else:
            packets.append(each)
    if not packets:
        raise CaptureError("there is no UDP datagram in it")
    return packets, secrets


def _endpoints(packets: Iterable[Packet]) -> Counter[Endpoint]:
    """Return the places that are asked or greeted, and how often."""
    found: Counter[Endpoint] = Counter()
    for packet in packets:
        is_asked = _is_request(packet.octets) or _is_greeting(packet.octets)
        if is_asked and not _is_group(packet.target[0]):
            found[packet.target] += 1
    return found


def _is_request(octets: bytes) -> bool:
    """Tell whether octets begin like a CoAP request: version 1, and the code of a method."""
    return len(octets) >= 4 and octets[0] >> 6 == 1 and octets[1] in _REQUESTS


def _is_dtls(octets: bytes) -> bool:
    """Tell whether octets begin with the header of a DTLS record, of 13 octets."""
    return len(octets) >= 13 and octets[0] in _RECORDS and octets[1] == _DTLS_MAJOR


def _is_greeting(octets: bytes) -> bool:
    """Tell whether octets are a ClientHello in the clear: its sender is the client."""
    is_handshake = _is_dtls(octets) and octets[0] == _HANDSHAKE
    return is_handshake and len(octets) > 13 and octets[13] == _CLIENT_HELLO


def _is_group(host: str) -> bool:
    """Tell whether an address is that of a group."""
    return ipaddress.ip_address(host).is_multicast


def _chosen(
    packets: Sequence[Packet], endpoints: Counter[Endpoint], device: Collection[str]
) -> set[str]:
    """Return the addresses of the device: those that are greeted, and greet nobody themselves."""
    asked = {host for host, _ in endpoints}
    strange = [host for host in device if host not in asked]
    if strange:
        there = ", ".join(sorted(asked)) or "none"
        raise CaptureError(f"nobody asks {strange[0]}; devices in the capture: {there}")
    if device:
        return {*device}
    greetings = [packet for packet in packets if _is_greeting(packet.octets)]
    greeted = {packet.target[0] for packet in greetings} - {each.source[0] for each in greetings}
    hosts = greeted or asked
    if not hosts:
        raise CaptureError("there is no device in it: nobody is asked, and nobody is greeted")
    if not _may_be_one(hosts):
        there = ", ".join(sorted(hosts))
        raise CaptureError(f"there are several devices: name one of {there} with --device")
    return hosts


def _may_be_one(hosts: set[str]) -> bool:
    """Tell whether addresses may be those of one device, one of each family."""
    versions = [ipaddress.ip_address(host).version for host in hosts]
    return len(versions) == len({*versions})


def _seen(packet: Packet, hosts: set[str], endpoints: Counter[Endpoint]) -> tuple[Ends, Way] | None:
    """Return a packet's ends and its way as the device sees them; None if it is not concerned."""
    secured = _is_dtls(packet.octets)
    if _is_group(packet.target[0]):
        local = (min(hosts), packet.target[1])
        return Ends(packet.source, local, multicast=True), Way.IN
    if packet.target[0] in hosts and packet.target in endpoints:
        return Ends(packet.source, packet.target, secured), Way.IN
    if packet.source[0] in hosts and packet.source in endpoints:
        return Ends(packet.target, packet.source, secured), Way.OUT
    return None
