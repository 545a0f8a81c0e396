"""How commands talk to a running device: through the control socket of its state directory.

The socket is a file in the state directory that only its owner may open. A request is one line of
JSON, its answer another one (`device/control/commands.py`); a script may write them itself. Long
paths are no problem: the socket is reached through the directory's descriptor, as the name of a
UNIX socket has at most 108 octets.

    {"do": "set", "href": "/light/switch", "values": {"value": true}}
    {"ok": {"value": true}}
    {"do": "press", "name": "bell"}
    {"error": "there is no input 'bell'; there are: none"}
"""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from onboardee.device.net.control_socket import (
    SHARED,
    SOCKET_NAME,
    open_directory,
    shared_sockets,
)

TIMEOUT: Final = 30.0
"""Seconds; a disk may be slow."""


class NotRunningError(Exception):
    """No device runs there; the message says where was looked."""


class CommandFailedError(Exception):
    """The device said no; the message is its reason."""


class SilentDeviceError(CommandFailedError):
    """The device is there and does not answer."""


class ControlConnection:
    """One conversation with a running device."""

    def __init__(self, directory: Path) -> None:
        """Connect. Raises `NotRunningError`.

        `directory` is the state directory of the device, or its place in a state file.
        """
        if directory.parent.is_file():
            self._connect_beside(directory)
            return
        try:
            self._connect(directory, SOCKET_NAME)
        except OSError as error:
            raise NotRunningError(_why(directory, error)) from error

    @classmethod
    def at(cls, shared: Path) -> Self:
        """Connect to a shared socket, and name no device yet. Raises OSError."""
        connection = cls.__new__(cls)
        connection._connect(shared.parent, shared.name)  # noqa: SLF001 - of this class
        return connection

    def _connect(self, directory: Path, name: str) -> None:
        """Connect to a socket in a directory. Raises OSError."""
        # the descriptor is needed for the name of the socket only
        descriptor, path = open_directory(directory, name)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(TIMEOUT)
        try:
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise
        finally:
            os.close(descriptor)
        self._lines = self._socket.makefile("rb")

    def _connect_beside(self, place: Path) -> None:
        """Connect to the process that runs a device of a state file. Raises `NotRunningError`."""
        for found in shared_sockets(place.parent):
            with suppress(OSError):
                self._connect(found.parent, found.name)
                try:
                    self.say({"device": place.name})
                except CommandFailedError:
                    self.close()  # another process has it, or none
                else:
                    return
        sentence = f"no device {place.name} of {place.parent} runs; start one with onboardee run"
        raise NotRunningError(sentence)

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def ask(self, do: str, **arguments: object) -> Any:
        """Send a request, return its result. Raises `CommandFailedError`.

        `do` and `arguments` are those of a class in `device/control/commands.py`.
        """
        return self.say({"do": do, **arguments})

    def say(self, request: dict[str, object]) -> Any:
        """Send one line, return the result in the answer. Raises `CommandFailedError`."""
        line = b""
        try:
            # A device that stops may have taken the request and closed the socket; then there is no
            # answer.
            with suppress(ConnectionError):
                self._socket.sendall(msgspec.json.encode(request) + b"\n")
                line = self._lines.readline()
        except TimeoutError:
            sentence = f"the device did not answer in {TIMEOUT:g} seconds; is its disk stuck?"
            raise SilentDeviceError(sentence) from None
        if not line:
            raise CommandFailedError(
                "the device closed the connection: it stopped, or too many ask at a time"
            )
        answer = msgspec.json.decode(line)
        if "error" in answer:
            raise CommandFailedError(answer["error"])
        return answer["ok"]

    def events(self) -> Iterator[dict[str, Any]]:
        """Return every event of the device from now on, until it stops."""
        self.ask("watch")
        # Events may not come for hours.
        self._socket.settimeout(None)
        return (msgspec.json.decode(line) for line in self._lines)


def running(base: Path) -> list[Path]:
    """List the places of the devices that run: below `base`, or in state files there.

    `base` may be a state file itself.

    A socket that nobody answers at is a leftover of a process that was killed.
    """
    if base.is_file():
        return _running_in(base)
    found = []
    for place in sorted(base.glob(f"*/{SOCKET_NAME}")):
        try:
            with ControlConnection(place.parent):
                found.append(place.parent)
        except NotRunningError:
            continue
    for name in sorted({_file_of(each) for each in base.glob(f"*{SHARED}*")}):
        found += _running_in(base / name)
    return found


def _file_of(shared: Path) -> str:
    """Return the name of the state file beside which a socket lies."""
    return shared.name.rpartition(SHARED)[0]


def _running_in(state_file: Path) -> list[Path]:
    """List the places of the devices of a state file that run, in all processes."""
    found: list[Path] = []
    for shared in shared_sockets(state_file):
        with suppress(OSError, CommandFailedError), ControlConnection.at(shared) as connection:
            found += [state_file / name for name in connection.say({})]
    return sorted(found)


def _why(directory: Path, error: OSError) -> str:
    """Return the sentence for a socket that cannot be connected to."""
    if not directory.is_dir():
        return f"there is no state directory {directory} ({error.strerror})"
    if error.errno in {errno.ENOENT, errno.ECONNREFUSED}:
        return f"no device runs in {directory}; start one with onboardee run"
    return f"cannot reach the device in {directory}: {error.strerror}"
