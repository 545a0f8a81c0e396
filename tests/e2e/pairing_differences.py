"""How Direct Pairing differs here from IoTivity 1.1.1's, for the tests and for readers."""

from collections.abc import Iterator

from recorded_compare import ABSENT
from recorded_pairing import RECORDED
from recorded_table import Difference, rows

PAIRING_TABLE = (
    Difference(
        ("GET *",),
        ("option ETag",),
        ABSENT,
        "(the tag of the representation)",
        "Every representation has an entity tag (RFC 7252 5.10.6).",
    ),
    Difference(
        ("GET *", "POST *", "PUT *"),
        ("option Uri-Path", "option 65524"),
        "(repeated, or that stack's own)",
        ABSENT,
        "Uri-Path belongs to requests (RFC 7252 5.10), and the other option means something to "
        "IoTivity alone.",
    ),
    Difference(
        ("GET /oic/sec/pconf",),
        ("pin", "pdacl"),
        "(told to anybody)",
        ABSENT,
        "Whoever knows the PIN pairs. `direct_pairing: {tells_pin: true}` imitates the leak.",
    ),
    Difference(
        ("POST /oic/sec/dpairing",),
        ("number of messages",),
        "2",
        "1",
        "The recorded server answers 2.04 and then 5.00 to the same request; the client resets "
        "the second answer.",
    ),
    Difference(
        ("POST /oic/sec/dpairing", "PUT /oic/sec/dpairing"),
        ("option Content-Format",),
        "60",
        ABSENT,
        "The answer has no content.",
    ),
    Difference(
        ("GET /a/led",),
        ("CBOR",),
        "indefinite length",
        "definite length",
        "Both are CBOR for the same value; definite lengths are shorter.",
    ),
    Difference(
        ("session (paired)",),
        ("suite",),
        "PSK_AES_128_CCM_8",
        "ECDHE_PSK_AES_128_CBC_SHA256",
        "The client offers both. Without Diffie-Hellman whoever learns the key later reads what "
        "was recorded; a client that offers 0xC0A8 alone gets it.",
    ),
)


def pairing_section() -> Iterator[str]:
    """Write the part of the page that is about Direct Pairing."""
    count = 2 * len(RECORDED["plain"]) + len(RECORDED["sessions"])
    yield "## Direct Pairing, and IoTivity 1.1.1's sample server"
    yield ""
    yield f"{count} requests of the client of 1.1.1, with the right PIN and with a wrong one, were"
    yield "recorded with the answers of its sample server, and are played again in the same way."
    yield "Codes and effects are the same: the credential that both sides make, the alert at a"
    yield "wrong PIN, and what the paired client may do. What differs:"
    yield ""
    yield from rows(PAIRING_TABLE)
    yield ""
