"""Sessions with a shared key, and the check that the peer is the device we mean.

Whoever holds the key is the device: that is proven by the handshake itself. The identity hint of
the server (RFC 4279 5.2) comes before and proves nothing, but a wrong one means that another device
answers at this address, to whom our key should not even be tried.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from onboardee.obt.dialogue import Dialogue
from onboardee.obt.errors import OnboardingError
from onboardee.obt.link import Link


async def pairwise_link(
    dialogue: Dialogue, links: Sequence[Link], *, owner: UUID, device: UUID, key: bytes
) -> Link:
    """Open a session as `owner`, on the link that answers first, which is returned.

    The device must announce itself by its UUID.
    """
    purpose = "open a session with the owner credential"
    return await shared_key_link(
        dialogue,
        purpose,
        links,
        identity=owner.bytes,
        key=key,
        is_ours=device.bytes.__eq__,
        expected=device.bytes.hex(),
    )


async def shared_key_link(  # noqa: PLR0913 - all of it is what a session with a key is made of
    dialogue: Dialogue,
    purpose: str,
    links: Sequence[Link],
    *,
    identity: bytes,
    key: bytes,
    is_ours: Callable[[bytes], bool],
    expected: str,
) -> Link:
    """Open a session with `key`; the device must send a hint that `is_ours`.

    The hint is all that says whose key is wanted before it is used, so a wrong one ends the
    handshake (RFC 4279 5.2). `expected` says for people which ones are right.
    """
    came: list[bytes] = []

    def find_key(hint: bytes) -> bytes | None:
        came.append(hint)
        return key if is_ours(hint) else None

    try:
        hello = dialogue.style.pairwise_hello(identity, find_key)
        return await dialogue.connect(purpose, links, hello)
    except OnboardingError as error:
        if not came or is_ours(came[-1]):
            raise
        raise OnboardingError(
            error.step,
            expected=f"the identity hint {expected}",
            came=f"it is {came[-1].hex() or 'empty'}",
        ) from error
