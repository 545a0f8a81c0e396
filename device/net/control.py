"""A running device's control socket: one JSON request a line, one JSON answer a line.

The socket lies in the state directory and is for its owner alone (mode 0600): whoever may open it
may also read the database beside it. What is said there is in `conversation`. Devices that have
their state in one file share a socket beside it (`shared_control`).
"""

import asyncio
from pathlib import Path
from typing import Final

from onboardee.device.net.control_listener import ControlListener
from onboardee.device.net.control_socket import SOCKET_NAME
from onboardee.device.net.conversation import converse
from onboardee.device.net.performer import Performer

MAX_CONNECTIONS: Final = 16
"""At one control socket at a time."""


class ControlServer:
    """The control socket of one device: listens at once, answers once the device is hosted."""

    def __init__(self, directory: Path) -> None:
        """Make the socket; one that a killed process left is replaced. Raises OSError."""
        self._listener = ControlListener(directory, SOCKET_NAME, self._talk, MAX_CONNECTIONS)

    async def serve(self, performer: Performer) -> None:
        """Answer, also those who asked before."""
        self._performer = performer
        await self._listener.begin()

    async def stop(self) -> None:
        """Hang up on everybody and remove the socket."""
        await self._listener.stop()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await converse(self._performer, reader, writer)
