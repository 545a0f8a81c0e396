"""Where the control socket of a device is."""

import os
from pathlib import Path
from typing import Final

SOCKET_NAME: Final = "svr.control"
"""In the state directory of a device."""
SHARED: Final = "-control-"
"""Between the name of a state file and the id of the process that serves the socket beside it."""
MAX_PATH: Final = 100
"""Octets of a path that surely fits."""


def open_directory(directory: Path, name: str = SOCKET_NAME) -> tuple[int, str]:
    """Open a directory: its descriptor, and a path of a socket in it that is never too long.

    A socket's address has 108 octets (unix(7)), the path of a state directory may have more. The
    short path is good as long as the descriptor is open. Raises OSError.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    path = str(directory / name)
    if len(os.fsencode(path)) <= MAX_PATH:
        return descriptor, path  # which needs no /proc
    return descriptor, f"/proc/self/fd/{descriptor}/{name}"


def shared_sockets(state_file: Path) -> list[Path]:
    """List the sockets beside a state file, one for each process that has devices in it.

    One that nobody answers at is left of a process that was killed.
    """
    start = f"{state_file.name}{SHARED}"
    try:
        return sorted(each for each in state_file.parent.iterdir() if each.name.startswith(start))
    except OSError:
        return []
