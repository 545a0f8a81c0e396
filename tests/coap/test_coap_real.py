"""Messages of a real onboarding tool and a real device (see tests/vectors/README-coap.md)."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from coap_peer import World, read

from onboardee.wire.coap import Code, Method, Response
from onboardee.wire.coap.client import CoapClient
from onboardee.wire.coap.discovery import decode_response
from onboardee.wire.coap.message import MessageFormatError, options_of, parse
from onboardee.wire.coap.options import read_request, read_response
from onboardee.wire.entropy import SeededEntropy

VECTORS = Path(__file__).parent.parent / "vectors" / "real-coap.json"
MESSAGES: list[dict[str, Any]] = json.loads(VECTORS.read_text())
REQUESTS = [each for each in MESSAGES if each["code"].startswith("0.") and each["code"] != "0.00"]
RESPONSES = [each for each in MESSAGES if not each["code"].startswith("0.")]


def name(vector: dict[str, Any]) -> str:
    """Name a vector."""
    return f"{vector['session']}-{vector['type']}-{vector['code']}"


@pytest.mark.parametrize("vector", MESSAGES, ids=name)
def test_the_parser_reads_real_messages(vector: dict[str, Any]) -> None:
    """Type, code, options and payload are what was listed when the message was recorded."""
    frame = parse(bytes.fromhex(vector["datagram"]))
    assert ("CON", "NON", "ACK", "RST")[frame.type] == vector["type"]
    assert f"{frame.code >> 5}.{frame.code & 31:02}" == vector["code"]
    found = [[number, value.hex()] for number, value in options_of(frame.options)]
    assert found == vector["options"]
    assert len(frame.payload) == vector["payload_bytes"]


@pytest.mark.parametrize("vector", REQUESTS, ids=name)
def test_a_real_request_is_answered(vector: dict[str, Any]) -> None:
    """A real tool's request reaches the handler with its path, query and formats."""
    datagram = bytes.fromhex(vector["datagram"])
    world = World(Response(Code.CONTENT, b"\xa0", 10000, 2048))
    if vector["type"] == "CON" and "0e" not in [value for _, value in vector["options"]]:
        (answer,) = world.send(datagram)
        assert answer.code in (Code.CONTENT, Code.BAD_REQUEST, Code.CHANGED)
    opts = read_request(parse(datagram).options)
    assert opts.refusal is None
    assert opts.path.startswith("/oic/")
    assert (opts.accept, opts.accept_version) == (10000, 2048)
    assert opts.content_format == (10000 if vector["payload_bytes"] else None)
    assert opts.content_version == (2048 if vector["payload_bytes"] else None)


@pytest.mark.parametrize("vector", RESPONSES, ids=name)
def test_a_real_response_is_understood(vector: dict[str, Any]) -> None:
    """A real device's response has no option we do not know."""
    datagram = bytes.fromhex(vector["datagram"])
    opts = read_response(parse(datagram).options)
    assert opts.acceptable
    assert opts.content_format == (10000 if vector["payload_bytes"] else None)
    if vector["type"] != "ACK":
        response = decode_response(datagram)
        assert response is not None
        assert response.code == Code.CONTENT


@pytest.mark.parametrize("vector", MESSAGES, ids=name)
def test_cut_real_messages(vector: dict[str, Any]) -> None:
    """A real message cut at any length raises nothing, on either side."""
    datagram = bytes.fromhex(vector["datagram"])
    world, client = World(Response(Code.CONTENT)), CoapClient(entropy=SeededEntropy(1))
    for size in range(len(datagram)):
        world.server.receive(datagram[:size], "peer", 1.0)
        client.receive(datagram[:size], 1.0)
        with suppress(MessageFormatError):
            parse(datagram[:size])


def test_the_tools_first_words() -> None:
    """The client encodes a discovered tool's GET /oic/d to the very same bytes."""
    vector = next(
        each for each in REQUESTS
        if each["type"] == "CON" and each["options"][:2] == [[11, "6f6963"], [11, "64"]]
    )  # fmt: skip
    recorded = bytes.fromhex(vector["datagram"])
    client = CoapClient(entropy=SeededEntropy(1))
    client.request(Method.GET, "/oic/d", accept=10000, accept_version=2048, now=1.0)
    (sent,) = client.take_outgoing()
    assert sent[:2] == recorded[:2]
    assert sent[12:] == recorded[12:]


def test_the_devices_answer() -> None:
    """The server encodes an empty 2.04 and a CBOR 2.05 as the real device does."""
    for vector in RESPONSES:
        if vector["type"] != "ACK" or vector["code"] not in ("2.04", "2.05"):
            continue
        recorded = read(bytes.fromhex(vector["datagram"]))
        if recorded.opt.block2 is not None:
            continue
        formats = (10000, 2048) if recorded.payload else (None, None)
        world = World(Response(Code.read(int(recorded.code)), recorded.payload, *formats))
        head = bytes((0x48, 2)) + recorded.mid.to_bytes(2) + recorded.token
        world.server.receive(head, "tool", 1.0)
        assert world.server.take_outgoing() == [("tool", bytes.fromhex(vector["datagram"]))]
