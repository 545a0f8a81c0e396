"""The key log: TLS secrets for Wireshark, in a file for its owner alone.

The format is NSS's (`CLIENT_RANDOM …`), which Wireshark reads under "(Pre)-Master-Secret log
filename". With these lines everybody can decrypt the sessions, hence mode 0600, and hence the
option is never on by itself.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Self

import click


class KeyWriter:
    """Writes key log lines as they come, until that fails."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path
        self._is_writing = True
        self.report: Callable[[str], None] = lambda _sentence: None
        """Is told, once, why there is no more to come."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a file to append to, mode 0600. Raises `click.BadParameter`.

        `path` is created or appended to; what other users could read before, they cannot any more.
        """
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode) and found.st_mode & 0o077:
                os.fchmod(descriptor, 0o600)
        except OSError as error:
            sentence = f"cannot write {path}: {error.strerror}; name another file"
            raise click.BadParameter(sentence, param_hint="--keylog") from error
        return cls(descriptor, path)

    def __call__(self, line: str) -> None:
        """Write one line at once: Wireshark reads along.

        A disk that is full ends the key log and not the device.
        """
        if not self._is_writing:
            return
        try:
            os.write(self._descriptor, f"{line}\n".encode())
        except OSError as error:
            self._is_writing = False
            self.report(f"{self._path} cannot be written any more: {error.strerror}")
