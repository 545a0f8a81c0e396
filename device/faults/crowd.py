"""Answers of devices that are not there, to a search by multicast.

A tool that searches a house gets many answers, in no order, some of them twice (RFC 7252 8.2: each
device waits a random time, and a lost acknowledgement does not exist for what is not confirmable).
Here thirty devices answer at once what `/oic/sec/doxm` of a new device says, each with a UUID of
its own. They are unowned, as an owned one would not answer a search for those that are not.

Their answers come from the address of the device itself, as a program has no other at hand. So a
tool that asks one of them again meets the device that is really there, with another UUID: it finds
out that whoever answers a search is not proven to be who he says.
"""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

import cbor2

from onboardee.device.faults.rewriting import Look
from onboardee.wire.coap import Code
from onboardee.wire.coap.message import build
from onboardee.wire.coap.model import Type
from onboardee.wire.coap.options import write
from onboardee.wire.entropy import Entropy, random_uuid
from onboardee.wire.path import Outgoing

SIZE: Final = 30
"""How many devices answer: more than a tool's list has room for."""
TWICE: Final = 5
"""How many of them answer twice."""


def crowd(look: Look, entropy: Entropy) -> list[Outgoing]:
    """Return their answers; they come from the device's own address, as no others are at hand."""
    if look.read is None or not look.path.multicast:
        return []
    answers = [*_answers(look, entropy)]
    return [*answers, *answers[:TWICE]]


def _answers(look: Look, entropy: Entropy) -> Iterator[Outgoing]:
    assert look.read is not None
    options = write(content_format=10000, content_version=2048)
    for _ in range(SIZE):
        mid = int.from_bytes(entropy.token(2))
        payload = cbor2.dumps(_doxm(random_uuid(entropy)))
        token = look.read.token
        yield Outgoing(build(Type.NON, Code.CONTENT, mid, token, options, payload), look.path)


def _doxm(device: UUID) -> dict[str, object]:
    nil = str(UUID(int=0))
    return {
        "oxms": [0],
        "oxmsel": 4,
        "sct": 9,
        "owned": False,
        "devowneruuid": nil,
        "deviceuuid": str(device),
        "rowneruuid": nil,
    }
