"""Captures in pcapng: datagrams with their addresses and times, secrets, and what the device did.

The file opens in Wireshark decrypted and annotated (IETF draft-ietf-opsawg-pcapng). It has

* a decryption secrets block for each line of the key log, before the packets that need it;
* on its first interface each datagram as an IP packet, with a comment: the decisions and changes of
  the device that it led to;
* on its second interface each CoAP message that Wireshark would not show, as it cannot decrypt the
  session (ECDH_anon, the suite of Just Works) or knows no CoAP at that port: in the clear, in a
  packet with the same addresses and port 5683.

A reader of the same format takes captures of other devices apart again.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, NamedTuple

from onboardee.device.trace.items import Ends, Way
from onboardee.device.trace.packets import RAW_IP, UnknownLinkError, datagram_of, ip_of, ip_packet

# types of blocks (draft-ietf-opsawg-pcapng 4)
_SECTION, _INTERFACE, _PACKET, _SECRETS = 0x0A0D0D0A, 1, 6, 10
_ENDIAN: Final = 0x1A2B3C4D
"""A number by which a reader sees in which order the writer's machine has octets."""
_PCAP: Final = {
    b"\xd4\xc3\xb2\xa1": ("<", 1e-6),
    b"\xa1\xb2\xc3\xd4": (">", 1e-6),
    b"\x4d\x3c\xb2\xa1": ("<", 1e-9),
    b"\xa1\xb2\x3c\x4d": (">", 1e-9),
}
"""How a file of libpcap begins, with its byte order and the unit of its times in seconds."""
_PCAP_HEADER: Final = 24
"""Octets before the first packet of a file in the older format."""
_TLS_KEY_LOG: Final = 0x544C534B
"""The type of secrets: lines of a key log, for DTLS as well."""
# codes of options (draft-ietf-opsawg-pcapng 3.5 and those of each block)
_COMMENT, _IF_NAME, _IF_TSRESOL, _PROGRAM = 1, 2, 9, 4
_MICROSECONDS: Final = 6
"""The power of ten in which times are written."""
IN_THE_CLEAR: Final = "messages, in the clear"
"""The name of the interface of our own that repeats what is on the wire."""
WIRE, CLEAR = 0, 1
"""The interfaces of a capture: what was on the wire, and what sessions held."""


class CaptureError(Exception):
    """A file is no capture that can be read; the message says why."""


class Writer:
    """Writes a capture, block by block; what is written can be read at any time."""

    def __init__(self, file: BinaryIO, program: str = "onboardee") -> None:
        self._file = file
        self._block(
            _SECTION, struct.pack("=IHHq", _ENDIAN, 1, 0, -1) + _option(4, program.encode())
        )
        for name in ("wire", IN_THE_CLEAR):
            self._block(
                _INTERFACE,
                struct.pack("=HHI", RAW_IP, 0, 0)
                + _option(_IF_NAME, name.encode())
                + _option(_IF_TSRESOL, bytes([_MICROSECONDS])),
            )

    def secret(self, line: str) -> None:
        """Add a line of a key log."""
        content = f"{line}\n".encode()
        self._block(_SECRETS, struct.pack("=II", _TLS_KEY_LOG, len(content)) + _padded(content))

    def packet(  # noqa: PLR0913 - what a packet has
        self, octets: bytes, ends: Ends, way: Way, at: float, *, comment: str = "", to: int = WIRE
    ) -> None:
        """Add a datagram at a time, in seconds since 1970."""
        packet = ip_packet(octets, ends, way, in_the_clear=to == CLEAR)
        moment = round(at * 10**_MICROSECONDS)
        self._block(
            _PACKET,
            struct.pack("=IIIII", to, moment >> 32, moment & 0xFFFFFFFF, len(packet), len(packet))
            + _padded(packet)
            + (_option(_COMMENT, comment.encode()[:60000]) if comment else b""),
        )

    def flush(self) -> None:
        """Let others read what was written so far."""
        self._file.flush()

    def _block(self, kind: int, body: bytes) -> None:
        """Write one block; its size stands at both ends, so that a file can be read backwards."""
        options_end = b"" if kind == _SECRETS else bytes(4)
        size = 12 + len(body) + len(options_end)
        self._file.write(
            struct.pack("=II", kind, size) + body + options_end + struct.pack("=I", size)
        )


def _padded(content: bytes) -> bytes:
    """Return octets up to the next multiple of four, as everything in the format is."""
    return content + bytes(-len(content) % 4)


def _option(code: int, value: bytes) -> bytes:
    """Return one option with its length."""
    return struct.pack("=HH", code, len(value)) + _padded(value)


@dataclass(frozen=True, slots=True)
class Packet:
    """A UDP datagram of a capture."""

    at: float
    """Seconds since 1970."""
    source: tuple[str, int]
    """Numeric host and UDP port."""
    target: tuple[str, int]
    octets: bytes
    comment: str = ""
    """What was written beside it, several comments in several lines."""
    interface: int = 0


Found = Packet | str
"""A datagram, or a line of a key log."""


def read(content: bytes) -> Iterator[Found]:
    """Yield the datagrams and secrets of a capture in their order. Raises `CaptureError`.

    What one of our own captures repeats in the clear is left out.
    """
    if content[:4] in _PCAP:
        yield from _read_pcap(content)
        return
    if content[:4] != _SECTION.to_bytes(4):
        raise CaptureError("it is neither a pcapng nor a pcap file")
    order, place = "<", 0
    interfaces: list[_Interface] = []
    while place + 12 <= len(content):
        kind = struct.unpack_from("<I", content, place)[0]
        if kind == _SECTION:
            is_little = content[place + 8 : place + 12] == struct.pack("<I", _ENDIAN)
            order, interfaces = ("<" if is_little else ">"), []
        kind, size = struct.unpack_from(f"{order}II", content, place)
        if size < 12 or size % 4 or place + size > len(content):
            raise CaptureError(f"the block at octet {place} is cut off or broken")
        body = content[place + 8 : place + size - 4]
        if kind == _INTERFACE:
            interfaces.append(_interface(body, order))
        elif kind == _SECRETS:
            yield from _key_log(body, order)
        elif kind == _PACKET:
            found = _packet(body, order, interfaces)
            if found is not None:
                yield found
        place += size


def _options(area: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Yield the options of a block with their codes."""
    place = 0
    while place + 4 <= len(area):
        code, size = struct.unpack_from(f"{order}HH", area, place)
        if code == 0:
            return
        yield code, area[place + 4 : place + 4 + size]
        place += 4 + size + -size % 4


def _read_pcap(content: bytes) -> Iterator[Packet]:
    """Yield the datagrams of a file in the format of libpcap."""
    if len(content) < _PCAP_HEADER:
        raise CaptureError("the file is cut off")
    order, scale = _PCAP[content[:4]]
    link = struct.unpack_from(f"{order}I", content, 20)[0] & 0xFFFF
    place = _PCAP_HEADER
    while place + 16 <= len(content):
        seconds, parts, size, _ = struct.unpack_from(f"{order}IIII", content, place)
        place += 16
        taken = _udp_of(content[place : place + size], link)
        place += size
        if taken is not None:
            yield Packet(seconds + parts * scale, *taken)


class _Interface(NamedTuple):
    """What the file says of one interface: its link type, the unit of its times, its name."""

    link: int
    resolution: float
    """The unit of its times, in seconds."""
    name: str


def _interface(body: bytes, order: str) -> _Interface:
    """Read the block of an interface.

    Its unit is a power of ten, or of two with the upper bit.
    """
    link = struct.unpack_from(f"{order}H", body)[0]
    resolution, name = 1e-6, ""
    for code, value in _options(body[8:], order):
        if code == _IF_TSRESOL and value:
            base = 2.0 if value[0] & 0x80 else 10.0
            resolution = float(base ** -(value[0] & 0x7F))
        elif code == _IF_NAME:
            name = value.decode("utf-8", "replace")
    return _Interface(link, resolution, name)


def _key_log(body: bytes, order: str) -> Iterable[str]:
    """Return the lines of a block of secrets, those without meaning left out."""
    kind, size = struct.unpack_from(f"{order}II", body)
    if kind != _TLS_KEY_LOG:
        return ()
    text = body[8 : 8 + size].decode("ascii", "replace")
    return tuple(line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def _packet(body: bytes, order: str, interfaces: list[_Interface]) -> Packet | None:
    """Return the datagram of a block, None if it is none, or repeats one.

    Raises `CaptureError`.
    """
    number, high, low, size, _ = struct.unpack_from(f"{order}IIIII", body)
    if number >= len(interfaces):
        raise CaptureError(f"a packet is of interface {number}, which the file does not describe")
    link, resolution, name = interfaces[number]
    if name == IN_THE_CLEAR:
        return None
    taken = _udp_of(body[20 : 20 + size], link)
    if taken is None:
        return None
    source, target, octets = taken
    comments = [
        value.decode("utf-8", "replace")
        for code, value in _options(body[20 + size + -size % 4 :], order)
        if code == _COMMENT
    ]
    moment = (high << 32 | low) * resolution
    return Packet(moment, source, target, octets, "\n".join(comments), number)


def _udp_of(frame: bytes, link: int) -> tuple[tuple[str, int], tuple[str, int], bytes] | None:
    """Return source, target and content of a frame's datagram. Raises `CaptureError`."""
    try:
        ip = ip_of(frame, link)
    except UnknownLinkError as error:
        raise CaptureError(str(error)) from error
    return None if ip is None else datagram_of(ip)
