"""Where a device is reached: what its host needs of that, whatever sockets are behind it.

`Ports` (in `binding`) opens sockets of the device's own. `OwnAddress` (in `addresses`) takes an
address of a prefix, all of whose addresses share their sockets.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from onboardee.wire.path import Endpoint, Outgoing, Path

Hear = Callable[[bytes, Path], None]
"""Takes a datagram that came for the device."""


class DeviceSockets(Protocol):
    """The sockets by which a device is reached, its own or shared ones."""

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where they are bound."""

    @property
    def announced(self) -> tuple[Endpoint, ...]:
        """What the device knows of its places: the bound and the advertised ones."""

    @property
    def shared(self) -> Sequence[Endpoint]:
        """The places that another program has, too, and whose datagrams it may get."""

    def reachable_at(self) -> tuple[str, ...]:
        """Return the places for people to read, with the addresses that this machine has now."""

    def listen(
        self, loop: asyncio.AbstractEventLoop, hear: Hear, heard: Callable[[], None]
    ) -> None:
        """From now on hand over what arrives; `heard` is called after each handful of it."""

    def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Send datagrams, each from the address that its peer has talked to."""

    def answering(self, path: Path, local: str) -> Path | None:
        """Return the way on which a datagram to a group is answered; `None` if there is none.

        `local` is this machine's address towards the sender.
        """

    def close(self) -> None:
        """Hand nothing over any more, and give up the place."""


class Place(Protocol):
    """Where a device is to be reached."""

    @property
    def is_loopback_only(self) -> bool:
        """Tell whether nobody but this machine can get there."""

    def open(self) -> DeviceSockets:
        """Take the place. Raises `BindError`, and then nothing is taken."""
