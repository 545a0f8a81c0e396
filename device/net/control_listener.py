"""A control socket: made for its owner alone, listening at once, and answered once there is a loop.

What is said over a connection is the business of who made the socket; here is how many there may
be, and how they end.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

from onboardee.device.net.control_socket import open_directory
from onboardee.device.net.conversation import MAX_LINE

Talk: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Talks over one connection until that ends. It may raise what streams raise."""


class ControlListener:
    """A socket in a directory, and the connections to it."""

    def __init__(self, directory: Path, name: str, talk: Talk, limit: int) -> None:
        """Make the socket; one that a killed process left is replaced. Raises OSError.

        So many connections as `limit` says are talked with, one too many is closed at once.
        """
        self._name = name
        self._talk = talk
        self._limit = limit
        self._descriptor, path = open_directory(directory, name)
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=self._descriptor)
            self._listening.bind(path)
            Path(path).chmod(0o600)
            self._listening.listen(limit)
        except OSError:
            self._listening.close()
            os.close(self._descriptor)
            raise
        self._server: asyncio.Server | None = None
        self.talking: Final[set[asyncio.Task[None]]] = set()
        """The tasks of the connections."""

    async def begin(self) -> None:
        """Answer, also those who asked before. Beginning again changes nothing."""
        if self._server is None:
            self._server = await asyncio.start_unix_server(
                self._serve, sock=self._listening, limit=MAX_LINE
            )

    async def stop(self) -> None:
        """Hang up on everybody and remove the socket."""
        if self._server is not None:
            self._server.close()
        await self.hang_up(tuple(self.talking))
        with suppress(FileNotFoundError):
            os.unlink(self._name, dir_fd=self._descriptor)
        self._listening.close()
        os.close(self._descriptor)

    async def hang_up(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        """End some of the connections."""
        ending = tuple(tasks)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends; one too many is closed at once."""
        task = asyncio.current_task()
        assert task is not None
        if len(self.talking) >= self._limit:
            writer.close()
            return
        self.talking.add(task)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, ValueError, asyncio.IncompleteReadError):
            pass  # the client went away, or sent what is no line
        except asyncio.CancelledError:
            pass  # `stop`; the streams of Python 3.11 report a cancelled task as an error
        finally:
            self.talking.discard(task)
            writer.close()
