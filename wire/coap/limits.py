"""Every bound on what a peer can make an endpoint keep, with its default.

Peers are hostile, strangers first. Each thing that a datagram can leave behind has a number here,
in all and where it matters for one peer. What happens at a bound is said beside it; the choice is
always the one by which an honest peer loses least: memory of the past goes first, an unfinished
upload is not given up for a new one, an observation that finds no place is answered as a plain GET.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one endpoint. Times are seconds, sizes are bytes."""

    max_block_exponent: int = 6
    """SZX of the largest block sent: 2^(4 + 6) = 1024 bytes (RFC 7959 2.2)."""

    max_request_size: int = 64 * 1024
    """Body of an upload in blocks; above it 4.13."""
    uploads_per_remote: int = 2
    """A further upload of the same peer replaces its oldest one."""
    uploads: int = 64
    """A further upload of another peer is refused with 5.03."""
    upload_lifetime: float = 93.0
    """Idle time after which an upload is forgotten (MAX_TRANSMIT_WAIT, RFC 7252 4.8.2)."""

    kept_responses_per_remote: int = 4
    """Responses of several blocks kept for one peer; the oldest goes first."""
    kept_responses: int = 32
    kept_response_bytes: int = 512 * 1024
    kept_response_lifetime: float = 60.0
    """Idle time after which the later blocks are made anew by the handler."""

    dedup_lifetime: float = 247.0
    """EXCHANGE_LIFETIME (RFC 7252 4.8.2)."""
    dedup_entries: int = 8192
    """Remembered requests; older ones go first."""
    dedup_bytes: int = 1024 * 1024
    """Remembered answers and their bookkeeping; older ones go first."""

    unacknowledged: int = 256
    """Confirmable messages in flight; above it a message is sent non-confirmable."""

    observers_per_key: int = 32
    observers_per_remote: int = 16
    observers: int = 128
    """When one of the three is reached, a registration is answered as a plain GET."""
    observed_keys: int = 256
    """Resources whose notification number is remembered."""
    confirm_every: int = 10
    """Each so-many-th notification is confirmable at least (RFC 7641 4.5)."""
    confirm_after: float = 24 * 3600.0
    """Longest time without a confirmable notification (RFC 7641 4.5)."""

    ack_timeout: float = 2.0
    ack_random_factor: float = 1.5
    max_retransmit: int = 4
    """Retransmission of confirmable messages (RFC 7252 4.8)."""

    response_timeout: float = 93.0
    """How long a client waits once its request needs no more retransmission."""
    max_response_size: int = 256 * 1024
    """Largest body a client gathers from blocks."""


STRANGERS: Final = Limits(
    max_request_size=16 * 1024,
    uploads=8,
    kept_responses=16,
    kept_response_bytes=128 * 1024,
    dedup_entries=4096,
    dedup_bytes=512 * 1024,
    observers=64,
)
"""The bounds of what is kept for peers without a session, all of them together."""
