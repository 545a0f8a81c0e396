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

from onboardee.device.net.control_socket import SOCKET_NAME, open_directory

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

        `directory` is the state directory of the device.
        """
        try:
            descriptor, path = open_directory(directory)
        except OSError as error:
            sentence = f"there is no state directory {directory} ({error.strerror})"
            raise NotRunningError(sentence) from error
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(TIMEOUT)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise NotRunningError(_why(directory, error)) from error
        # The descriptor was needed for the name of the socket only.
        finally:
            os.close(descriptor)
        self._lines = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lines.close()
        self._socket.close()

    def ask(self, do: str, **arguments: object) -> Any:
        """Send a request, return its result. Raises `CommandFailedError`.

        `do` and `arguments` are those of a class in `device/control/commands.py`.
        """
        line = b""
        try:
            # A device that stops may have taken the request and closed the socket; then there is no
            # answer.
            with suppress(ConnectionError):
                self._socket.sendall(msgspec.json.encode({"do": do, **arguments}) + b"\n")
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
    """List the state directories below `base` whose device runs.

    A socket that nobody answers at is a leftover of a process that was killed.
    """
    found = []
    for place in sorted(base.glob(f"*/{SOCKET_NAME}")):
        try:
            with ControlConnection(place.parent):
                found.append(place.parent)
        except NotRunningError:
            continue
    return found


def _why(directory: Path, error: OSError) -> str:
    """Return the sentence for a socket that cannot be connected to."""
    if error.errno in {errno.ENOENT, errno.ECONNREFUSED}:
        return f"no device runs in {directory}; start one with onboardee run"
    return f"cannot reach the device in {directory}: {error.strerror}"
