"""How much an unsecured peer may be sent: the settings `answers` of a profile.

A CoAP answer is larger than its request, and the source of a datagram can be forged, so a device
that answers everybody helps to flood others (RFC 7252 11.3, RFC 9175 2.4). These are the numbers;
`device/machine/budget.py` counts by them, and sessions over DTLS are not concerned, as a peer with
a session has proven its address.
"""

from typing import Annotated

import msgspec

from onboardee.device.simulation.section import Section

Octets = Annotated[int, msgspec.Meta(ge=0, le=1 << 30)]
"""At most 1 GiB."""


class AnswerBound(Section, frozen=True, kw_only=True):
    """What may be sent to one source, and to all sources of its kind together.

    A source is an address of IPv4 or of the link, or a /64 of IPv6.
    """

    burst: Octets
    """Octets at once to one source."""
    rate: Octets
    """Octets a second to one source."""
    total_burst: Octets
    """Octets at once to all sources together."""
    total_rate: Octets
    """Octets a second to all sources together."""


_KIB = 1024


class Answers(Section, frozen=True, kw_only=True):
    """What may be sent in the clear; loopback has no bound.

    Devices of one process whose profiles say the same share one budget.
    """

    factor: Annotated[float, msgspec.Meta(ge=1, le=10)] = 3.0
    """Octets for each that arrived, IP headers included, to a source elsewhere without a proof."""
    elsewhere: AnswerBound = AnswerBound(
        burst=16 * _KIB, rate=8 * _KIB, total_burst=64 * _KIB, total_rate=32 * _KIB
    )
    """To sources behind a router that have not proven to receive what is sent to them."""
    link: AnswerBound = AnswerBound(
        burst=128 * _KIB, rate=16 * _KIB, total_burst=256 * _KIB, total_rate=64 * _KIB
    )
    """The same, to sources on the same link; what is beyond needs a proof."""
    proven: AnswerBound = AnswerBound(
        burst=1024 * _KIB, rate=64 * _KIB, total_burst=4096 * _KIB, total_rate=256 * _KIB
    )
    """To sources that have proven it; an echoed value (RFC 9175) has no bound."""
    proof_lifetime: Annotated[float, msgspec.Meta(ge=1, le=86400)] = 120.0
    """Seconds for which a proof is good."""
    patience: Annotated[float, msgspec.Meta(ge=0, le=10)] = 1.0
    """Seconds to wait for a proof before the answer leaves in small blocks."""
