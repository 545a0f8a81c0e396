"""Sessions with a shared key, and the check that the peer is the device we mean."""

from collections.abc import Collection
from uuid import UUID

from onboardee.obt.dialogue import Dialogue
from onboardee.obt.errors import OnboardingError
from onboardee.obt.link import Link


async def pairwise_link(
    dialogue: Dialogue, link: Link, *, owner: UUID, device: UUID, key: bytes
) -> None:
    """Open a session on `link` as `owner`; the device must announce itself by its UUID."""
    purpose = "open a session with the owner credential"
    await shared_key_link(
        dialogue, purpose, link, identity=owner.bytes, key=key, hints=(device.bytes,)
    )


async def shared_key_link(  # noqa: PLR0913 - all of it is what a session with a key is made of
    dialogue: Dialogue,
    purpose: str,
    link: Link,
    *,
    identity: bytes,
    key: bytes,
    hints: Collection[bytes],
) -> None:
    """Open a session with `key`; the device must send one of `hints`.

    The hint is all that says whose key is wanted before it is used, so a wrong one ends the
    handshake (RFC 4279 5.2).
    """
    came: list[bytes] = []

    def find_key(hint: bytes) -> bytes | None:
        came.append(hint)
        return key if hint in hints else None

    try:
        await dialogue.connect(purpose, link, dialogue.style.pairwise_hello(identity, find_key))
    except OnboardingError as error:
        if not came or came[-1] in hints:
            raise
        expected = " or ".join(hint.hex() for hint in hints)
        raise OnboardingError(
            f"{purpose} (coaps://{link.address})",
            expected=f"the identity hint {expected}",
            came=f"it is {came[-1].hex() or 'empty'}",
        ) from error
