"""Files written whole or not at all, one by one or as the directory of a device.

Content is written to a temporary file beside its place and synced, then moved there: who reads sees
the old content or the new one, and a power cut leaves one of the two. The file of a name appears
with mode 0600, as all that is written here holds keys.

No file system moves several files in one step. For a directory of IoTivity-Lite all temporary files
are complete before the first is moved, so that only a disk that fails in between leaves a mixture.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from onboardee.svrdb.formats import lite
from onboardee.svrdb.formats.errors import FormatError


def write_file(path: Path, content: bytes) -> None:
    """Replace a file in one step, and make that durable."""
    with _prepared(path, content) as temporary:
        temporary.replace(path)
    _sync(path.parent)


def write_directory(path: Path, files: dict[str, bytes], device: int) -> None:
    """Prepare all files before the first takes its place; remove what the device had beyond them.

    doxm goes last: without it, or with the old one, Lite sees no half of a new device as owned.
    """
    if any("/" in name or "\0" in name or name in (".", "..", "") for name in files):
        raise FormatError("has a resource whose name cannot be a file's")
    is_new = not path.exists()
    path.mkdir(mode=0o700, exist_ok=True)
    try:
        _fill_directory(path, files, device)
    except BaseException:
        if is_new:
            with suppress(OSError):
                path.rmdir()
        raise


def _fill_directory(path: Path, files: dict[str, bytes], device: int) -> None:
    """Write the files of one device, doxm last, and remove those that it has no more."""
    names = os.listdir(path)  # noqa: PTH208 - names are all that is needed
    stale = [name for name in lite.of_device(names, device) if name not in files]
    ordered = sorted(files, key=lambda name: (name.startswith("doxm_"), name))
    with _all_prepared(path, [(name, files[name]) for name in ordered]) as prepared:
        for name in stale:
            (path / name).unlink()
        for name, temporary in prepared:
            temporary.replace(path / name)
    _sync(path)


@contextmanager
def _all_prepared(path: Path, files: list[tuple[str, bytes]]) -> Iterator[list[tuple[str, Path]]]:
    """Write contents to temporary files; give them with their names, and remove what is left."""
    prepared: list[tuple[str, Path]] = []
    try:
        for name, content in files:
            temporary = _temporary(path / name)
            prepared.append((name, temporary))
            _fill(temporary, content)
        yield prepared
    finally:
        for _, temporary in prepared:
            temporary.unlink(missing_ok=True)


@contextmanager
def _prepared(path: Path, content: bytes) -> Iterator[Path]:
    """Write one content to a temporary file beside its place, and give that file."""
    with _all_prepared(path.parent, [(path.name, content)]) as ((_, temporary),):
        yield temporary


def _temporary(path: Path) -> Path:
    """Make an empty file beside another one, on the same file system, with mode 0600."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".onboardee-")
    os.close(descriptor)
    return Path(name)


def _fill(path: Path, content: bytes) -> None:
    """Write a file and sync it: it is durable before it gets its name."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    """Make the names in a directory durable.

    A directory that may not be read is left to the system.
    """
    with suppress(PermissionError):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
