"""Captures: what Wireshark shows of them, and what can be read back."""

import ipaddress
import shutil
import struct
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from trace_scene import traced

from onboardee.device.cli.watching import CaptureFile
from onboardee.device.trace.items import Ends, Way
from onboardee.device.trace.packets import ip_packet
from onboardee.device.trace.pcapng import CaptureError, Packet, Writer, read

TSHARK = shutil.which("tshark")
V4 = Ends(("192.0.2.9", 40000), ("192.0.2.1", 5683))
V6 = Ends(("fe80::9", 40000), ("fe80::1", 5684), secured=True)
BEGAN = 1_780_000_000.25


def captured(path: Path) -> list[str]:
    """Write the capture of an onboarding; return the key log."""
    seen = traced()
    seen.own()
    capture = CaptureFile.to(path)
    for line in seen.keylog:
        capture.secret(line)
    for item in seen.items:
        capture(item)
    capture.close()
    return seen.keylog


@pytest.mark.parametrize("ends", [V4, V6])
@pytest.mark.parametrize("way", Way)
@pytest.mark.parametrize("octets", [b"\x40\x01\x00\x01", b"odd", bytes(1400)])
def test_a_datagram_comes_back_as_it_was(ends: Ends, way: Way, octets: bytes) -> None:
    """Addresses, ports, time, octets and comment survive."""
    file = BytesIO()
    Writer(file).packet(octets, ends, way, BEGAN, comment="granted by aceid 3: änd more")
    (packet,) = read(file.getvalue())
    assert isinstance(packet, Packet)
    peer, local = ends.peer, ends.local
    assert (packet.source, packet.target) == ((peer, local) if way is Way.IN else (local, peer))
    assert packet.octets == octets
    assert packet.at == pytest.approx(BEGAN, abs=1e-6)
    assert packet.comment == "granted by aceid 3: änd more"


def test_secrets_stand_before_what_they_open() -> None:
    """A reader knows each secret when it meets the packets that need it."""
    file = BytesIO()
    writer = Writer(file)
    writer.secret("CLIENT_RANDOM 00 11")
    writer.packet(b"\x40\x01\x00\x01", V4, Way.IN, BEGAN)
    assert [type(found).__name__ for found in read(file.getvalue())] == ["str", "Packet"]


def test_checksums_are_right() -> None:
    """The one's complement sum over header and pseudo header is that of no error (RFC 1071)."""
    for ends in (V4, V6):
        packet = ip_packet(b"odd", ends, Way.IN)
        start = 40 if ends is V6 else 20
        udp = packet[start:]
        source, target = (ipaddress.ip_address(host) for host, _ in (ends.peer, ends.local))
        pseudo = source.packed + target.packed + struct.pack(">II", len(udp), 17)
        data = pseudo + udp + bytes(len(udp) % 2)
        total = sum(struct.unpack(f">{len(data) // 2}H", data))
        assert (total & 0xFFFF) + (total >> 16) in {0xFFFF, 0x1FFFE}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "neither a pcapng nor a pcap"),
        (b"\xd4\xc3\xb2\xa1" + bytes(19), "cut off"),
        (b"\x0a\x0d\x0d\x0a" + struct.pack("<II", 400, 0x1A2B3C4D) + bytes(16), "cut off"),
    ],
)
def test_what_is_no_capture_is_said(content: bytes, what: str) -> None:
    """Who names a wrong file reads what is wrong with it."""
    with pytest.raises(CaptureError, match=what):
        list(read(content))


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It has the secrets of the sessions."""
    captured(tmp_path / "c.pcapng")
    assert (tmp_path / "c.pcapng").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
def test_wireshark_shows_the_onboarding(tmp_path: Path) -> None:
    """Real tshark finds no malformed packet, opens the owner's session, and shows the comments.

    The session of Just Works, which it cannot open, is there in the clear.
    """
    captured(tmp_path / "c.pcapng")
    assert TSHARK is not None
    fields = ["_ws.col.Protocol", "_ws.col.Info", "frame.interface_id", "frame.comment"]
    wanted = [word for name in fields for word in ("-e", name)]
    command = [TSHARK, "-r", str(tmp_path / "c.pcapng"), "-T", "fields", *wanted]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert not [line for line in lines if "alformed" in line[1]]
    assert any(
        protocol == "CoAP" and "POST" in info and "/oic/sec/cred" in info and interface == "1"
        for protocol, info, interface, _ in lines
    )
    finished = [info for _, info, _, _ in lines if "Finished" in info]
    assert finished, "the session with the owner's key was not opened"
    assert any("state.changed before=RFPRO after=RFNOP" in line[3] for line in lines)
