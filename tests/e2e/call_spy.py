"""Run the `onboardee` command and note what it asks the system to write, sync and send.

Usage: python call_spy.py LOG [--without CALL,...] WORDS...

Each call is a line of JSON when it has ended. The calls `--without` do nothing and are not noted,
as if the program had forgotten them.
"""

import json
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

_ended = 0
_lock = threading.Lock()


def note(log: int, began: int, name: str, paths: list[str], data: bytes = b"") -> None:
    """Write one line; the order of the lines is that in which the calls ended."""
    global _ended  # noqa: PLW0603 - there is one process and one order
    with _lock:
        _ended += 1
        line = json.dumps({"name": name, "began": began, "paths": paths, "data": data.hex()})
        real_write(log, line.encode() + b"\n")


real_write = os.write


def path_of(descriptor: int) -> str:
    """Return the path of an open file."""
    return str(Path(f"/proc/self/fd/{descriptor}").readlink())


def at(name: Any, directory: int | None) -> str:
    """Return the path of a name below an open directory."""
    start = Path() if directory is None else Path(path_of(directory))
    return str(start / os.fsdecode(name))


def spy_on_files(log: int, without: set[str]) -> None:
    """Wrap what writes, syncs and names files."""

    def by_descriptor(name: str) -> None:
        real = getattr(os, name)

        def wrapped(descriptor: int, *arguments: Any) -> Any:
            if name in without:
                return None
            began = _ended
            result = real(descriptor, *arguments)
            data = bytes(arguments[0])[:result] if "write" in name else b""
            note(log, began, name, [path_of(descriptor)], data)
            return result

        setattr(os, name, wrapped)

    def by_name(name: str) -> None:
        real = getattr(os, name)

        def wrapped(
            old: Any, new: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None
        ) -> None:
            began = _ended
            real(old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
            note(log, began, name, [at(old, src_dir_fd), at(new, dst_dir_fd)])

        setattr(os, name, wrapped)

    real_open = os.open

    def opened(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        began = _ended
        descriptor = real_open(path, flags, mode, dir_fd=dir_fd)
        if flags & os.O_CREAT:
            note(log, began, "create", [path_of(descriptor)])
        return descriptor

    for name in ("write", "pwrite", "fsync", "fdatasync"):
        by_descriptor(name)
    for name in ("rename", "replace", "link"):
        by_name(name)
    os.open = opened  # type: ignore[assignment]


def spy_on_sockets(log: int) -> None:
    """Wrap what sends datagrams."""

    def wrap(name: str, datagram: Callable[[Any], bytes]) -> None:
        real = getattr(socket.socket, name)

        def wrapped(self: socket.socket, data: Any, *arguments: Any) -> Any:
            began = _ended
            result = real(self, data, *arguments)
            note(log, began, "send", [], datagram(data))
            return result

        setattr(socket.socket, name, wrapped)

    wrap("sendto", bytes)
    wrap("sendmsg", b"".join)


def main() -> None:
    """Put the spy in place and run the command."""
    file, *words = sys.argv[1:]
    without: set[str] = set()
    if words[0] == "--without":
        without, words = set(words[1].split(",")), words[2:]
    log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    spy_on_files(log, without)
    spy_on_sockets(log)

    from onboardee.device.cli import main as onboardee  # noqa: PLC0415 - after the spy is in place

    sys.argv = ["onboardee", *words]
    onboardee()


if __name__ == "__main__":
    main()
