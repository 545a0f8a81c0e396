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
from pathlib import Path
from typing import Any, Final

import msgspec

from onboardee.device.net.control_listener import ControlListener
from onboardee.device.net.control_socket import SHARED, open_directory, shared_sockets
from onboardee.device.net.conversation import converse, encoded, line_of
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
        name = f"{state_file.name}{SHARED}{os.getpid()}"
        for left in shared_sockets(state_file):
            if left.name != name and not _is_answered(left):
                left.unlink(missing_ok=True)
        self._listener = ControlListener(state_file.parent, name, self._talk, MAX_CONNECTIONS)
        self._devices: dict[str, Performer] = {}
        self._about: dict[asyncio.Task[None], str] = {}
        """Which device a connection is about, once that was said."""

    def seat(self, name: str) -> "Seat":
        """Return the place at the socket of a device that is going to run."""
        return Seat(self, name)

    async def begin(self) -> None:
        """Answer, also those who asked before."""
        await self._listener.begin()

    async def stop(self) -> None:
        """Hang up on everybody and remove the socket."""
        await self._listener.stop()

    def enter(self, name: str, device: Performer) -> None:
        """Let a device be asked."""
        self._devices[name] = device

    async def leave(self, name: str) -> None:
        """Let a device not be asked any more, and end the conversations with it."""
        if self._devices.pop(name, None) is not None:
            about = [task for task, device in self._about.items() if device == name]
            await self._listener.hang_up(about)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        try:
            device = await self._addressed(reader, writer, task)
            if device is not None:
                await converse(device, reader, writer)
        finally:
            self._about.pop(task, None)

    async def _addressed(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, task: asyncio.Task[None]
    ) -> Performer | None:
        """Answer until a device is named that runs, and return it; `None` if nobody asks more."""
        while line := await line_of(reader, writer):
            device, answer = self._meant(line)
            writer.write(encoded(answer))
            await writer.drain()
            if device is not None:
                self._about[task] = msgspec.json.decode(line)["device"]
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
