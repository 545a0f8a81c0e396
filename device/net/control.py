"""A running device's control socket: one JSON request a line, one JSON answer a line.

The socket lies in the state directory and is for its owner alone (mode 0600): whoever may open it
may also read the database beside it. What can be asked is in `device/control`, and
`performer` lets the hosted device do it.

`watch` turns a connection into a stream of events until the client hangs up. One that does not read
is cut off, as what it leaves unread would have to be kept for it.
"""

import asyncio
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from onboardee.device.control import Request, Watch
from onboardee.device.events import Told
from onboardee.device.net.control_socket import SOCKET_NAME, open_directory
from onboardee.device.net.performer import Performer

MAX_CONNECTIONS: Final = 16
MAX_LINE: Final = 4 << 20
"""Octets; the longest lines hold a database."""
MAX_BACKLOG: Final = 1 << 20
"""Octets that a watcher may leave unread before it is cut off."""

_REQUEST: Final = msgspec.json.Decoder(Request)


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
            await self._converse(reader, writer)
        except (ConnectionError, ValueError, asyncio.IncompleteReadError):
            pass  # the client went away, or sent what is no line
        except asyncio.CancelledError:
            pass  # `stop`; the streams of Python 3.11 report a cancelled task as an error
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer line by line; what is no request is answered, too, and the next one heard."""
        while line := await _line(reader, writer):
            try:
                request = _REQUEST.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                answer: dict[str, Any] = {"error": f"not a request: {error}"}
            else:
                if isinstance(request, Watch):
                    await self._watch(reader, writer)
                    return
                answer = await self._performer.answer(request)
            writer.write(_encoded(answer))
            await writer.drain()

    async def _watch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send events until the client hangs up or falls behind."""
        loop = asyncio.get_running_loop()

        def write(told: dict[str, Any]) -> None:
            if writer.transport.get_write_buffer_size() > MAX_BACKLOG:
                writer.transport.abort()
            else:
                writer.write(msgspec.json.encode(told) + b"\n")

        def pass_on(told: Told) -> None:
            # some events come from the threads that write to disk
            loop.call_soon_threadsafe(write, told.plain())

        bus = self._performer.hosted.device.bus
        writer.write(_encoded({"ok": None}))
        bus.follow(pass_on)
        try:
            while await reader.read(MAX_BACKLOG):
                pass  # nothing that it says means anything any more
        finally:
            bus.unfollow(pass_on)


async def _line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Return the next line. Raises ValueError if it is too long, after saying so."""
    try:
        return await reader.readline()
    except ValueError:
        writer.write(_encoded({"error": f"a request has at most {MAX_LINE} octets"}))
        raise


def _encoded(answer: dict[str, Any]) -> bytes:
    return msgspec.json.encode(answer) + b"\n"
