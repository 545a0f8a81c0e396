"""One control socket for all devices of a process that keep their state in one file.

It lies beside the file, is for its owner alone, and has the id of the process in its name: several
processes may have devices in the same file. Whoever connects says first which device is meant;
from then on the conversation is the one of a device with a socket of its own. Without a device the
answer is a list of those that run.

    {"device": "lamp-001"}
    {"ok": null}
    {"do": "state"}
    ...
"""

import asyncio
import errno
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from onboardee.device.net.control_socket import SHARED, open_directory, shared_sockets
from onboardee.device.net.conversation import MAX_LINE, converse, encoded, line_of
from onboardee.device.net.performer import Performer

MAX_CONNECTIONS: Final = 64
"""Of all devices together; one too many is closed at once."""


class Addressed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line of a conversation."""

    device: str | None = None


_ADDRESSED: Final = msgspec.json.Decoder(Addressed)


class SharedControlServer:
    """The control socket beside one state file."""

    def __init__(self, state_file: Path) -> None:
        """Make the socket, and remove those of processes that were killed. Raises OSError."""
        self._name = f"{state_file.name}{SHARED}{os.getpid()}"
        for left in shared_sockets(state_file):
            if left.name == self._name or not _is_answered(left):
                left.unlink(missing_ok=True)
        self._descriptor, path = open_directory(state_file.parent, self._name)
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._listening.bind(path)
            Path(path).chmod(0o600)
            self._listening.listen(MAX_CONNECTIONS)
        except OSError:
            self._listening.close()
            os.close(self._descriptor)
            raise
        self._devices: dict[str, Performer] = {}
        self._server: asyncio.Server | None = None
        self._talking: dict[asyncio.Task[None], str | None] = {}
        """Who is connected, and about which device."""

    def seat(self, name: str) -> "Seat":
        """Return the place at the socket of a device that is going to run."""
        return Seat(self, name)

    async def begin(self) -> None:
        """Answer, also those who asked before."""
        if self._server is None:
            self._server = await asyncio.start_unix_server(
                self._serve, sock=self._listening, limit=MAX_LINE
            )

    async def stop(self) -> None:
        """Hang up on everybody and remove the socket."""
        if self._server is not None:
            self._server.close()
        await self.hang_up(set(self._talking))
        with suppress(FileNotFoundError):
            os.unlink(self._name, dir_fd=self._descriptor)
        self._listening.close()
        os.close(self._descriptor)

    def enter(self, name: str, device: Performer) -> None:
        """Let a device be asked."""
        self._devices[name] = device

    async def leave(self, name: str) -> None:
        """Let a device not be asked any more, and end the conversations with it."""
        if self._devices.pop(name, None) is not None:
            await self.hang_up({task for task, about in self._talking.items() if about == name})

    async def hang_up(self, tasks: set[asyncio.Task[None]]) -> None:
        """End conversations."""
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._talking) >= MAX_CONNECTIONS:
            writer.close()
            return
        self._talking[task] = None
        try:
            device = await self._addressed(reader, writer, task)
            if device is not None:
                await converse(device, reader, writer)
        except (ConnectionError, ValueError, asyncio.IncompleteReadError):
            pass  # the client went away, or sent what is no line
        except asyncio.CancelledError:
            pass  # as in `ControlServer`
        finally:
            self._talking.pop(task, None)
            writer.close()

    async def _addressed(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, task: asyncio.Task[None]
    ) -> Performer | None:
        """Answer until a device is named that runs, and return it; `None` if nobody asks more."""
        while line := await line_of(reader, writer):
            device, answer = self._meant(line)
            writer.write(encoded(answer))
            await writer.drain()
            if device is not None:
                self._talking[task] = msgspec.json.decode(line)["device"]
                return device
        return None

    def _meant(self, line: bytes) -> tuple[Performer | None, dict[str, Any]]:
        try:
            name = _ADDRESSED.decode(line).device
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return None, {"error": f"not the name of a device: {error}"}
        if name is None:
            return None, {"ok": sorted(self._devices)}
        device = self._devices.get(name)
        if device is None:
            return None, {"error": f"no device {name} runs here"}
        return device, {"ok": None}


class Seat:
    """A device's place at a shared socket: it has the face of a `ControlServer`."""

    __slots__ = ("_name", "_server")

    def __init__(self, server: SharedControlServer, name: str) -> None:
        self._server = server
        self._name = name

    async def serve(self, performer: Performer) -> None:
        """Let the device be asked."""
        self._server.enter(self._name, performer)
        await self._server.begin()

    async def stop(self) -> None:
        """Let it not be asked any more."""
        await self._server.leave(self._name)


def _is_answered(path: Path) -> bool:
    """Tell whether a process listens at a socket; a doubt means that it does."""
    descriptor, short = open_directory(path.parent, path.name)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trying:
            trying.setblocking(False)
            return trying.connect_ex(short) != errno.ECONNREFUSED
    finally:
        os.close(descriptor)
