"""Where the control socket of a device is."""

import os
from pathlib import Path
from typing import Final

SOCKET_NAME: Final = "svr.control"
MAX_PATH: Final = 100
"""Octets of a path that surely fits."""


def open_directory(directory: Path) -> tuple[int, str]:
    """Open a directory: its descriptor, and a path of its socket that is never too long.

    A socket's address has 108 octets (unix(7)), the path of a state directory may have more. The
    short path is good as long as the descriptor is open. Raises OSError.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    path = str(directory / SOCKET_NAME)
    if len(os.fsencode(path)) <= MAX_PATH:
        return descriptor, path  # which needs no /proc
    return descriptor, f"/proc/self/fd/{descriptor}/{SOCKET_NAME}"
