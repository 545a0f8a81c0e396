"""Sessions with a pairwise key, and the check that the peer is the device we mean."""

from uuid import UUID

from obt.dialogue import Dialogue
from obt.errors import OnboardingError
from obt.link import Link


async def pairwise_link(
    dialogue: Dialogue, link: Link, *, owner: UUID, device: UUID, key: bytes
) -> None:
    """Open a session on `link` as `owner`; the device must announce itself by its UUID.

    The hint is all that says whose key is wanted before it is used, so a wrong one ends the
    handshake (RFC 4279 5.2).
    """
    purpose = "open a session with the owner credential"
    hints: list[bytes] = []

    def find_key(hint: bytes) -> bytes | None:
        hints.append(hint)
        return key if hint == device.bytes else None

    try:
        await dialogue.connect(purpose, link, dialogue.style.pairwise_hello(owner.bytes, find_key))
    except OnboardingError as error:
        if not hints or hints[-1] == device.bytes:
            raise
        raise OnboardingError(
            f"{purpose} (coaps://{link.address})",
            expected=f"the identity hint {device.hex}",
            came=f"it is {hints[-1].hex() or 'empty'}",
        ) from error
