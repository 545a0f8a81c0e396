"""A running device's control socket: one JSON request a line, one JSON answer a line.

The socket lies in the state directory and is for its owner alone (mode 0600): whoever may open it
may also read the database beside it. What is said there is in `conversation`. Devices that have
their state in one file share a socket beside it (`shared_control`).
"""

import asyncio
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

from onboardee.device.net.control_socket import SOCKET_NAME, open_directory
from onboardee.device.net.conversation import MAX_LINE, converse
from onboardee.device.net.performer import Performer

MAX_CONNECTIONS: Final = 16
"""At one control socket at a time."""


class ControlServer:
    """The control socket of one device: listens at once, answers once the device is hosted."""

    def __init__(self, directory: Path) -> None:
        """Make the socket; one that a killed process left is replaced. Raises OSError."""
        self._descriptor, path = open_directory(directory)
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with suppress(FileNotFoundError):
                os.unlink(SOCKET_NAME, dir_fd=self._descriptor)
            self._listening.bind(path)
            Path(path).chmod(0o600)
            self._listening.listen(MAX_CONNECTIONS)
        except OSError:
            self._listening.close()
            os.close(self._descriptor)
            raise
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, performer: Performer) -> None:
        """Answer, also those who asked before."""
        self._performer = performer
        self._server = await asyncio.start_unix_server(
            self._serve, sock=self._listening, limit=MAX_LINE
        )

    async def stop(self) -> None:
        """Hang up on everybody and remove the socket."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(FileNotFoundError):
            os.unlink(SOCKET_NAME, dir_fd=self._descriptor)
        self._listening.close()
        os.close(self._descriptor)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends; one too many is closed at once."""
        task = asyncio.current_task()
        assert task is not None
        if len(self._tasks) >= MAX_CONNECTIONS:
            writer.close()
            return
        self._tasks.add(task)
        try:
            await converse(self._performer, reader, writer)
        except (ConnectionError, ValueError, asyncio.IncompleteReadError):
            pass  # the client went away, or sent what is no line
        except asyncio.CancelledError:
            pass  # `stop`; the streams of Python 3.11 report a cancelled task as an error
        finally:
            self._tasks.discard(task)
            writer.close()
