"""What a trace tells: all that crossed the device's border, in its order, and nothing secret."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from trace_scene import OWNER, traced

from onboardee.device.testing import Impairments
from onboardee.device.trace import items, text
from onboardee.device.trace.coap import MessageReader
from onboardee.device.trace.decoding import Decoder
from onboardee.device.trace.dtls import Secrets
from onboardee.device.trace.items import Way
from onboardee.obt import OnboardingError
from onboardee.svrdb import Database, StoreUnavailable
from onboardee.wire.coap import Method
from onboardee.wire.coap.message import build, encode_options
from onboardee.wire.coap.model import Type


def refuse(_database: Database) -> None:
    """Stand in for a disk that is full."""
    raise StoreUnavailable("/disk", "is full", "make room")


def test_an_onboarding_is_told_step_by_step() -> None:
    """Whoever reads the trace sees method, handshake, owner, credential and states in order."""
    seen = traced()
    seen.own()
    lines = [line for item in seen.items if (line := text.line_of(item)) is not None]
    wanted = [
        "→ GET /oic/sec/doxm",
        '→ POST /oic/sec/doxm {"oxmsel": 0}',
        "· stored: doxm.oxmsel: 4 → 0",
        "← 2.04 /oic/sec/doxm",
        "→ DTLS ClientHello",
        "← DTLS HelloVerifyRequest",
        "← DTLS ServerHello suite=",
        "→ DTLS Finished",
        "· session.opened",
        "← DTLS Finished",
        f'→ POST /oic/sec/doxm {{"devowneruuid": "{OWNER}"}}',
        "→ POST /oic/sec/cred",
        "· stored: cred.creds[credid=1]",
        "← 2.04 /oic/sec/cred",
        "· state.changed before=RFOTM after=RFPRO",
        "· state.changed before=RFPRO after=RFNOP",
        "→ DTLS alert close_notify (warning)",
    ]
    places = iter(lines)
    for beginning in wanted:
        assert any(line.startswith(beginning) for line in places), beginning


def test_items_are_numbered_in_their_order() -> None:
    """No item lacks, none comes twice, and time does not run back."""
    seen = traced()
    seen.own()
    assert [item.number for item in seen.items] == [*range(1, len(seen.items) + 1)]
    times = [item.at for item in seen.items]
    assert times == sorted(times)


def test_every_datagram_is_there_with_what_it_holds() -> None:
    """The trace has each datagram of the network, and nothing in them is left closed."""
    seen = traced()
    seen.own()
    sent = Counter(datagram for _, _, datagram in seen.network.log)
    told = Counter(item.octets for item in seen.items if isinstance(item, items.Datagram))
    assert told == sent
    records = seen.of(items.Record)
    assert len(records) > 40
    assert all(record.is_open for record in records)  # type: ignore[attr-defined]
    assert not seen.of(items.Malformed)


@pytest.mark.parametrize("seed", range(5))
def test_a_handshake_message_is_told_once(seed: int) -> None:
    """However often a flight is repeated, each of its messages is one item."""
    seen = traced(seed=seed, impairments=Impairments(loss=0.15, duplication=0.2, reordering=0.2))
    seen.own()
    told = Counter(
        (item.ends.peer, item.way, item.name, item.body)
        for item in seen.items
        if isinstance(item, items.HandshakeMessage)
    )
    assert set(told.values()) == {1}


def test_no_secret_leaves_in_what_is_written() -> None:
    """Neither lines for people nor JSON have a key, a PIN or what was ciphered."""
    seen = traced()
    owned = seen.own()
    key = owned.ownership.key
    written = "\n".join(json.dumps(items.json_of(item)) for item in seen.items)
    people = "\n".join(text.line_of(item) or "" for item in seen.items)
    for line in seen.keylog:
        master = line.split()[2]
        assert master not in written + people
    assert key.hex() not in written + people
    assert '"privatedata": "<hidden>"' in people


def test_the_datagrams_and_the_key_log_say_as_much() -> None:
    """Who has only a capture and the secrets reads the same messages as who stood by."""
    seen = traced()
    seen.own()
    secrets = Secrets()
    for line in seen.keylog:
        secrets.add(line)
    decoder = Decoder(secrets)
    again = [
        item
        for datagram in seen.items
        if isinstance(datagram, items.Datagram)
        for item in decoder.read(datagram.octets, datagram.ends, datagram.way, datagram.at)
    ]

    def said(found: list[items.Item]) -> list[object]:
        return [
            (item.way, item.code, item.path, item.content)
            for item in found
            if isinstance(item, items.Message)
        ]

    assert said(again) == said(seen.items)
    assert len(said(again)) > 30


def test_without_the_secrets_records_stay_closed() -> None:
    """What cannot be opened is told as such, and no message is made up."""
    seen = traced()
    seen.own()
    decoder = Decoder(Secrets())
    again = [
        item
        for datagram in seen.items
        if isinstance(datagram, items.Datagram)
        for item in decoder.read(datagram.octets, datagram.ends, datagram.way, datagram.at)
    ]
    closed = [item for item in again if isinstance(item, items.Record) and not item.is_open]
    assert len(closed) > 20
    assert "record that cannot be opened, epoch 1" in (text.line_of(closed[0]) or "")
    assert not [item for item in again if isinstance(item, items.Message) and item.over]


def test_a_change_that_the_disk_refused_is_told() -> None:
    """Who reads sees that nothing was stored, and the answer that the tool got for it."""
    seen = traced()
    seen.device.store.commit = refuse  # type: ignore[method-assign]
    with pytest.raises(OnboardingError):
        seen.own()
    lines = [line for item in seen.items if (line := text.line_of(item)) is not None]
    place = next(at for at, line in enumerate(lines) if line.startswith("· not stored: /disk is"))
    assert lines[place + 3].startswith("← 5.03 /oic/sec/doxm"), lines[place:]
    assert not seen.of(items.Changed)


@pytest.mark.parametrize("octets", [b"", b"\x00", b"\x40\x01\x00", b"\xff" * 40])
def test_what_is_no_message_is_told_as_such(octets: bytes) -> None:
    """A stranger's octets are an item with the reason, never an error."""
    ends = items.Ends(("192.0.2.9", 40000), ("192.0.2.1", 5683))
    found = [*Decoder(Secrets()).read(octets, ends, Way.IN, 0.0)]
    assert isinstance(found[-1], items.Malformed)
    assert (text.line_of(found[-1]) or "").startswith("→ no CoAP message: ")


def blocks(*parts: tuple[int, bool, bytes]) -> list[Any]:
    """Read requests with blocks of 16 octets; return what each is said to carry."""
    reader = MessageReader()
    found = []
    for number, has_more, payload in parts:
        block = (number << 4 | has_more << 3).to_bytes(1)
        options = encode_options([(11, b"x"), (12, (10000).to_bytes(2)), (27, block)])
        octets = build(Type.CON, Method.POST, number, b"t", options, payload)
        found.append(reader.read(octets, Way.IN).content)
    return found


BODY = cbor2.dumps({"text": "a body of more than two blocks of sixteen octets"})


def test_the_last_block_carries_the_whole() -> None:
    """A request in blocks is understood with its last one, whatever came twice before it."""
    first, second, last = BODY[:16], BODY[16:32], BODY[32:]
    found = blocks((0, True, first), (1, True, second), (1, True, second), (2, False, last))
    assert found[-1] == cbor2.loads(BODY)
    assert found[0] == first


def test_blocks_that_nobody_ends() -> None:
    """What was not seen from the beginning is not put together; what is too long neither."""
    assert blocks((0, True, BODY[:16]), (2, False, BODY[32:]))[-1] == BODY[32:]


def test_a_map_of_the_wrong_size_is_read() -> None:
    """What IoTivity 1.1.1 writes, with fewer pairs than announced, is shown as it is meant."""
    options = encode_options([(11, b"x"), (12, (60).to_bytes(1))])
    octets = build(Type.CON, Method.POST, 1, b"t", options, b"\xa2\x61a\x01")
    assert MessageReader().read(octets, Way.IN).content == {"a": 1}
    octets = build(Type.CON, Method.POST, 2, b"t", options, b"\xff\xff")
    assert MessageReader().read(octets, Way.IN).content == b"\xff\xff"


def test_a_trace_that_is_told_later_is_the_same() -> None:
    """Answers leave first; what is told afterwards is all that happened, in its order."""
    at_once = traced()
    at_once.own()
    waiting: list[Callable[[], None]] = []
    later = traced(later=waiting.append)
    later.own()
    assert waiting
    assert not any(isinstance(item, items.Message) for item in later.items)
    while waiting:
        waiting.pop(0)()
    assert [(item.number, item.at, type(item)) for item in later.items] == [
        (item.number, item.at, type(item)) for item in at_once.items
    ]
