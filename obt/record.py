"""What an owner must keep about a device to remain its owner.

Both UUIDs and the key open a session; the addresses are where to try. Nothing else about a device
is needed to use it, reset it or give it up, and nothing else cannot be found out again.
"""

from dataclasses import dataclass, field
from uuid import UUID

from onboardee.obt.address import Address


@dataclass(frozen=True, slots=True)
class Ownership:
    """Both UUIDs, where the device takes sessions, and the key for them.

    Ports may change when a device restarts; `plain` is where it was found, and may be asked again.
    """

    device: UUID
    """The UUID that it has as ours."""
    owner: UUID
    """The UUID under which we own it."""
    secured: Address
    """Where the last session came about."""
    key: bytes = field(repr=False)
    """The owner credential, 16 octets."""
    plain: Address | None = None
    """Where it answers in the clear, if that is known."""
