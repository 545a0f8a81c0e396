"""Reassembly of handshake messages: any order, any overlap, bounded memory."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboardee.wire.dtls import DtlsLimits
from onboardee.wire.dtls.framing import Fragment, HandshakeMessage
from onboardee.wire.dtls.reassembly import Reassembler

BODY = bytes(range(200))


def part(start: int, end: int, sequence: int = 0, length: int = len(BODY)) -> Fragment:
    """Return a slice of the body as a fragment."""
    return Fragment(11, length, sequence, start, BODY[start:end])


@given(st.integers(1, 60), st.integers(0, 30), st.integers(0, 2**32), st.booleans())
def test_fragments_in_any_order(size: int, overlap: int, seed: int, twice: bool) -> None:
    """Overlapping, shuffled and duplicated fragments add up to the message."""
    parts = [part(max(0, at - overlap), min(200, at + size)) for at in range(0, 200, size)]
    parts *= 1 + twice
    random.Random(seed).shuffle(parts)
    # Many tiny pieces in random order may exceed the bound on gaps; a repeated flight fills them.
    inbox = Reassembler(0, DtlsLimits())
    for piece in parts + parts + parts:
        inbox.add(piece)
    if size >= 10:
        assert inbox.pop() == HandshakeMessage(11, 0, BODY)
        assert inbox.pop() is None
        assert inbox.held == 0


def test_messages_come_out_in_order() -> None:
    """A message ahead of its turn waits for the ones before it."""
    inbox = Reassembler(3, DtlsLimits())
    inbox.add(part(0, 200, sequence=4))
    assert inbox.pop() is None
    inbox.add(part(0, 200, sequence=3))
    assert [inbox.pop(), inbox.pop(), inbox.pop()] == [
        HandshakeMessage(11, 3, BODY),
        HandshakeMessage(11, 4, BODY),
        None,
    ]


def test_an_empty_message_is_complete() -> None:
    """A message without content, such as ServerHelloDone, needs one fragment of length 0."""
    inbox = Reassembler(0, DtlsLimits())
    inbox.add(Fragment(14, 0, 0, 0, b""))
    assert inbox.pop() == HandshakeMessage(14, 0, b"")


def test_a_fragment_that_contradicts_the_first_is_ignored() -> None:
    """Another length or type for the same message number changes nothing."""
    inbox = Reassembler(0, DtlsLimits())
    inbox.add(part(0, 100))
    inbox.add(part(100, 150, length=150))
    inbox.add(part(100, 200)._replace(type=12))
    assert inbox.pop() is None
    inbox.add(part(100, 200))
    assert inbox.pop() == HandshakeMessage(11, 0, BODY)


def test_octets_that_arrived_are_not_overwritten() -> None:
    """A later fragment with other content does not change what is already there."""
    inbox = Reassembler(0, DtlsLimits())
    inbox.add(part(0, 100))
    inbox.add(part(50, 200)._replace(data=bytes(50) + BODY[100:]))
    assert inbox.pop() == HandshakeMessage(11, 0, BODY)


@pytest.mark.parametrize("sequence", [2, 14])
def test_numbers_outside_the_window_are_ignored(sequence: int) -> None:
    """Old messages and those far ahead take no memory."""
    inbox = Reassembler(3, DtlsLimits())
    inbox.add(part(0, 200, sequence=sequence))
    assert inbox.held == 0


def test_a_message_longer_than_the_limit_is_ignored() -> None:
    """A declared length beyond the limit reserves nothing."""
    inbox = Reassembler(0, DtlsLimits(message_size=100))
    inbox.add(part(0, 50))
    assert inbox.held == 0


def test_messages_ahead_give_way_to_the_expected_one() -> None:
    """When memory is full, the message that is waited for still fits."""
    inbox = Reassembler(0, DtlsLimits(reassembly_size=500))
    for sequence in (1, 2, 3):
        inbox.add(part(0, 100, sequence=sequence))
    assert inbox.held == 400
    inbox.add(part(0, 200))
    assert inbox.held == 200
    assert inbox.pop() == HandshakeMessage(11, 0, BODY)


def test_gaps_are_bounded() -> None:
    """One-octet fragments with holes between them stop being taken."""
    inbox = Reassembler(0, DtlsLimits())
    for at in range(1, 200, 2):
        inbox.add(part(at, at + 1))
    assert inbox._rivals[0][0].gaps <= 33


def test_a_forged_fragment_keeps_no_message_out() -> None:
    """Fragments of another type or length are put together apart from the genuine ones."""
    inbox = Reassembler(0, DtlsLimits())
    inbox.add(Fragment(12, 5, 0, 0, b"x"))
    inbox.add(part(0, 100))
    inbox.add(part(100, 200))
    assert inbox.pop() == HandshakeMessage(11, 0, BODY)
    assert inbox.held == 0


def test_a_whole_message_replaces_forged_fragments() -> None:
    """A message in one piece counts, whatever fragments of its number came before."""
    inbox = Reassembler(0, DtlsLimits())
    for length in range(5, 50, 5):
        inbox.add(Fragment(11, length, 0, 0, b"x"))
    inbox.add(part(0, 200))
    assert inbox.pop() == HandshakeMessage(11, 0, BODY)
    assert inbox.held == 0


def test_rivals_of_a_message_are_few() -> None:
    """However many lengths a flood claims, few messages of one number are kept."""
    inbox = Reassembler(0, DtlsLimits())
    for length in range(1000, 2000, 10):
        inbox.add(Fragment(11, length, 0, 0, b"x"))
    assert inbox.held <= 4 * 2000
