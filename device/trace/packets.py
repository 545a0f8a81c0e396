"""UDP datagrams in IP packets, as captures hold them, and back.

A device handles datagrams and knows no packets. A capture needs them, as Wireshark and other
programs begin at the IP header; so packets are made here with right checksums, as wrong ones
would be shown as faults of the device. On the way back only whole datagrams are taken: fragments
are of no interest here, as OCF's messages stay below the size of a packet.
"""

import ipaddress
import struct
from typing import Final

from onboardee.device.trace.items import Ends, Way

COAP_PORT: Final = 5683
"""By which Wireshark knows CoAP."""
GROUP4, GROUP6 = "224.0.1.187", "ff02::158"
"""All OCF devices. A device knows that it was addressed as one of a group, not by which scope."""
RAW_IP: Final = 101
"""LINKTYPE_RAW: a packet begins with its IPv4 or IPv6 header."""

_UDP: Final = 17
"""The number of UDP in an IP header."""
_ETHERNET: Final = 1
"""LINKTYPE_ETHERNET: a packet begins with two hardware addresses and the kind of what follows."""
_SKIPPED: Final = {RAW_IP: 0, 0: 4, 113: 16, 276: 20}
"""Octets in front of the IP packet by link type: raw, BSD loopback, Linux cooked 1 and 2."""
_VLAN: Final = b"\x81\x00"
"""The kind of a tag of four octets, behind which the true kind comes (IEEE 802.1Q)."""
_IP: Final = frozenset({b"\x08\x00", b"\x86\xdd"})
"""The kinds of IPv4 and IPv6."""


class UnknownLinkError(Exception):
    """Packets are of a link that is not known here."""


def ip_packet(octets: bytes, ends: Ends, way: Way, *, in_the_clear: bool = False) -> bytes:
    """Return a datagram in the IP packet that it came in, with right checksums."""
    source, target = (ends.peer, ends.local) if way is Way.IN else (ends.local, ends.peer)
    if ends.multicast and way is Way.IN:
        target = (GROUP6 if ":" in target[0] else GROUP4, target[1])
    hosts = [ipaddress.ip_address(host.partition("%")[0]) for host, _ in (source, target)]
    ports = [port for _, port in (source, target)]
    if in_the_clear:
        # the device's port becomes the one by which Wireshark knows CoAP
        ports[way is Way.IN] = COAP_PORT
    addresses = b"".join(host.packed for host in hosts)
    length = 8 + len(octets)
    head = struct.pack(">HHH", ports[0], ports[1], length)
    pseudo = addresses + struct.pack(">II", length, _UDP)
    # a checksum of 0 would mean that there is none (RFC 768), so it is written as its other form
    total = _checksum(pseudo + head + bytes(2) + octets) or 0xFFFF
    udp = head + struct.pack(">H", total) + octets
    if hosts[0].version == 6:
        return struct.pack(">IHBB", 6 << 28, length, _UDP, 64) + addresses + udp
    begin = struct.pack(">BBHHHBB", 0x45, 0, 20 + length, 0, 0x4000, 64, _UDP)
    checksum = _checksum(begin + bytes(2) + addresses)
    return begin + struct.pack(">H", checksum) + addresses + udp


def _checksum(octets: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    words = struct.unpack(f">{(len(octets) + 1) // 2}H", octets + bytes(len(octets) % 2))
    total: int = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip_of(frame: bytes, link: int) -> bytes | None:
    """Return the IP packet of a frame, None if there is none. Raises `UnknownLinkError`."""
    if link in _SKIPPED:
        return frame[_SKIPPED[link] :]
    if link != _ETHERNET:
        raise UnknownLinkError(f"packets of link type {link} are not known here")
    kind, start = frame[12:14], 14
    while kind == _VLAN:
        kind, start = frame[start + 2 : start + 4], start + 4
    return frame[start:] if kind in _IP else None


def datagram_of(ip: bytes) -> tuple[tuple[str, int], tuple[str, int], bytes] | None:
    """Return source, target and content of a whole UDP datagram, None if it is none."""
    if len(ip) < 28:
        return None
    if ip[0] >> 4 == 4:
        start = (ip[0] & 15) * 4
        is_fragment = struct.unpack_from(">H", ip, 6)[0] & 0x3FFF
        kind, hosts = ip[9], (ip[12:16], ip[16:20])
    else:
        start, is_fragment, kind, hosts = 40, 0, ip[6], (ip[8:24], ip[24:40])
    if kind != _UDP or is_fragment or len(ip) < start + 8:
        return None
    source_port, target_port, length = struct.unpack_from(">HHH", ip, start)
    source, target = (str(ipaddress.ip_address(host)) for host in hosts)
    return (source, source_port), (target, target_port), ip[start + 8 : start + length]
