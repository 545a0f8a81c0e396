"""The record layer: protection, replay, framing."""

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from onboardee.wire.dtls import CipherSuite
from onboardee.wire.dtls.keys import WriteKeys
from onboardee.wire.dtls.numbers import ContentType
from onboardee.wire.dtls.protection import (
    CbcProtection,
    EncryptThenMacProtection,
    Protection,
    protection,
)
from onboardee.wire.dtls.record import Channel, Record, ReplayWindow, plain_record, split
from onboardee.wire.dtls.suites import SUITES
from onboardee.wire.entropy import SeededEntropy

SEQUENCE = (1 << 48) | 5
DATA = ContentType.APPLICATION_DATA


def make_protection(suite: CipherSuite) -> Protection:
    """Return a protection with fixed keys."""
    row = SUITES[suite]
    keys = WriteKeys(bytes(row.mac_size), bytes(row.key_size), bytes(row.fixed_iv_size))
    return protection(row, keys, SeededEntropy(1))


@pytest.mark.parametrize("suite", CipherSuite)
@given(content=st.binary(max_size=200))
@settings(max_examples=30)
def test_what_is_sealed_opens(suite: CipherSuite, content: bytes) -> None:
    """Sealed content opens again, has the predicted size, and only under its own header."""
    side = make_protection(suite)
    sealed = side.seal(DATA, SEQUENCE, content)
    assert len(sealed) == side.sealed_size(len(content))
    assert side.open(DATA, SEQUENCE, sealed) == content
    assert side.open(DATA, SEQUENCE + 1, sealed) is None
    assert side.open(ContentType.ALERT, SEQUENCE, sealed) is None


@pytest.mark.parametrize("suite", CipherSuite)
def test_any_changed_octet_spoils_a_record(suite: CipherSuite) -> None:
    """A record with one octet changed does not open, and the next one still does."""
    side = make_protection(suite)
    sealed = side.seal(DATA, SEQUENCE, b"some content")
    for index in range(len(sealed)):
        changed = bytearray(sealed)
        changed[index] ^= 0x80
        assert side.open(DATA, SEQUENCE, bytes(changed)) is None
    assert side.open(DATA, SEQUENCE, sealed) == b"some content"


@pytest.mark.parametrize("suite", CipherSuite)
def test_a_record_of_any_wrong_length_does_not_open(suite: CipherSuite) -> None:
    """Truncated and extended fragments are refused without an exception."""
    side = make_protection(suite)
    sealed = side.seal(DATA, SEQUENCE, b"some content")
    for length in range(len(sealed)):
        assert side.open(DATA, SEQUENCE, sealed[:length]) is None
    for extra in (b"\x00", bytes(16), bytes(300)):
        assert side.open(DATA, SEQUENCE, sealed + extra) is None


def test_encrypt_then_mac() -> None:
    """The MAC covers header, IV and ciphertext (RFC 7366 3), and is judged before anything else."""
    keys = WriteKeys(bytes(32), bytes(16), b"")
    side = protection(
        SUITES[CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256],
        keys,
        SeededEntropy(1),
        encrypt_then_mac=True,
    )
    for size in (0, 1, 15, 16, 17, 100):
        content = bytes(range(size))
        sealed = side.seal(DATA, SEQUENCE, content)
        assert len(sealed) == side.sealed_size(size)
        mac = hmac.HMAC(bytes(32), hashes.SHA256())
        length = (len(sealed) - 32).to_bytes(2)
        mac.update(SEQUENCE.to_bytes(8) + bytes([DATA]) + b"\xfe\xfd" + length + sealed[:-32])
        assert sealed[-32:] == mac.finalize()
        assert side.open(DATA, SEQUENCE, sealed) == content
        assert side.open(DATA, SEQUENCE + 1, sealed) is None
        assert side.open(ContentType.ALERT, SEQUENCE, sealed) is None
        for index in range(len(sealed)):
            changed = bytearray(sealed)
            changed[index] ^= 0x80
            assert side.open(DATA, SEQUENCE, bytes(changed)) is None
        for length_ in range(len(sealed)):
            assert side.open(DATA, SEQUENCE, sealed[:length_]) is None


def test_encrypt_then_mac_with_bad_padding() -> None:
    """A peer with the right keys that pads wrongly is not understood."""
    keys = WriteKeys(bytes(32), bytes(16), b"")
    side = EncryptThenMacProtection(keys, SeededEntropy(1))
    sealed = seal_by_hand(b"fifteen octets." + b"\x03", bytes(16))
    mac = hmac.HMAC(bytes(32), hashes.SHA256())
    mac.update(SEQUENCE.to_bytes(8) + bytes([DATA]) + b"\xfe\xfd" + len(sealed).to_bytes(2))
    mac.update(sealed)
    assert side.open(DATA, SEQUENCE, sealed + mac.finalize()) is None


def seal_by_hand(plain: bytes, iv: bytes) -> bytes:
    """Encrypt raw CBC blocks under the all-zero key."""
    encryptor = Cipher(algorithms.AES(bytes(16)), modes.CBC(iv)).encryptor()
    return iv + encryptor.update(plain) + encryptor.finalize()


def mac_by_hand(content: bytes) -> bytes:
    """Compute the record's MAC under the all-zero key, from the standard's field list."""
    mac = hmac.HMAC(bytes(32), hashes.SHA256())
    mac.update(SEQUENCE.to_bytes(8) + bytes([DATA]) + b"\xfe\xfd" + len(content).to_bytes(2))
    mac.update(content)
    return mac.finalize()


@pytest.mark.parametrize("padding", [15, 31, 255])
def test_cbc_accepts_every_length_of_good_padding(padding: int) -> None:
    """A peer may pad with up to 255 octets (RFC 5246 6.2.3.2)."""
    side = make_protection(CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256)
    content = bytes(16)
    plain = content + mac_by_hand(content) + bytes([padding]) * (padding + 1)
    assert side.open(DATA, SEQUENCE, seal_by_hand(plain, bytes(range(16)))) == content


@pytest.mark.parametrize("tail", [b"\x01" * 15 + b"\x0f", b"\xff" * 16, bytes(14) + b"\x01\x02"])
def test_cbc_refuses_bad_padding(tail: bytes) -> None:
    """A right MAC does not save a record with wrong padding."""
    side = make_protection(CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256)
    content = bytes(16)
    plain = content + mac_by_hand(content) + tail
    assert side.open(DATA, SEQUENCE, seal_by_hand(plain, bytes(16))) is None


def test_cbc_explicit_ivs_differ() -> None:
    """Two records with the same content have different IVs and ciphertexts."""
    side = make_protection(CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256)
    assert isinstance(side, CbcProtection)
    first, second = (side.seal(DATA, SEQUENCE, b"same") for _ in range(2))
    assert first[:16] != second[:16]
    assert first[16:] != second[16:]


@given(st.lists(st.integers(0, 300), max_size=80))
def test_replay_window_is_a_set_that_forgets_below_64(numbers: list[int]) -> None:
    """A number is fresh if it is new and less than 64 behind the highest."""
    window, seen, highest = ReplayWindow(), set[int](), -1
    for number in numbers:
        expected = number not in seen and highest - number < 64
        assert window.is_fresh(number) is expected
        if expected:
            window.mark(number)
            seen.add(number)
            highest = max(highest, number)


def test_a_forged_record_does_not_move_the_replay_window() -> None:
    """A record far ahead that is not authentic leaves the genuine ones acceptable."""
    writer, reader = Channel(), Channel()
    side = make_protection(CipherSuite.ECDHE_ECDSA_AES_128_CCM_8)
    writer.set_keys(side, side)
    reader.set_keys(side, side)
    (record,) = split(writer.seal(DATA, b"hello", 1))
    forged = record._replace(sequence=record.sequence + 1000)
    assert reader.open(forged) is None
    assert reader.open(record) == b"hello"
    assert reader.open(record) is None


def test_records_of_other_epochs_and_versions_do_not_open() -> None:
    """Keys of epoch 1 open records of epoch 1 and DTLS 1.2 only."""
    channel = Channel()
    side = make_protection(CipherSuite.ECDHE_ECDSA_AES_128_CCM_8)
    channel.set_keys(side, side)
    (record,) = split(channel.seal(DATA, b"hello", 1))
    assert channel.open(record._replace(version=0xFEFF)) is None
    sealed = side.seal(DATA, (2 << 48) | 1, b"hello")
    assert channel.open(Record(DATA, 0xFEFD, (2 << 48) | 1, sealed)) is None


def test_content_longer_than_the_maximum_is_dropped() -> None:
    """A record with more than 2**14 octets of content is refused (RFC 5246 6.2.3)."""
    channel = Channel()
    side = make_protection(CipherSuite.ECDHE_ECDSA_AES_128_CCM_8)
    channel.set_keys(side, side)
    sealed = side.seal(DATA, SEQUENCE, bytes(2**14 + 1))
    assert channel.open(Record(DATA, 0xFEFD, SEQUENCE, sealed)) is None


def test_split_stops_at_a_record_that_is_cut_off() -> None:
    """Whole records before a truncated one are used, the rest is dropped."""
    datagram = plain_record(22, 1, b"abc") + plain_record(22, 2, b"defg")
    for length in range(len(datagram)):
        found = list(split(datagram[:length]))
        assert [record.fragment for record in found] == ([b"abc"] if length >= 16 else [])


@given(st.binary(max_size=100))
def test_split_never_raises(datagram: bytes) -> None:
    """Arbitrary octets are no error."""
    for record in split(datagram):
        assert record.version in {0xFEFF, 0xFEFD}
