"""The ways to a device's database: one to read it, one to edit it."""

import os
from pathlib import Path

import click

from svrdb import Database, DirectoryStorage, Store, StoreDamaged, StoreError
from svrdb.codec import CODECS, JSON, Codec, Unreadable
from svrdb.store import MARKER_NAME


def opened(directory: Path) -> Store:
    """Open a device's database for editing; nothing else edits it until it is closed.

    All edits come through here. Raises `click.ClickException`: a process that holds the database
    is named, and a directory without a device stays without one.
    """
    codec = _codec_of(directory)
    try:
        return Store.open(DirectoryStorage(directory), lambda: _no_device(directory), codec=codec)
    except StoreError as error:
        raise click.ClickException(str(error)) from error


def looked_at(directory: Path) -> Database:
    """Read a device's database as last written, also while the device runs.

    A commit replaces the file in one instant, so what is read is whole. Raises
    `click.ClickException`.
    """
    codec = _codec_of(directory)
    path = directory / codec.file_name
    remedy = "restore a copy of it"
    try:
        return codec.decode(path.read_bytes())
    except Unreadable as finding:
        raise click.ClickException(str(StoreDamaged(str(path), str(finding), remedy))) from finding
    except FileNotFoundError as error:
        what = "is missing although a device has lived here"
        raise click.ClickException(str(StoreDamaged(str(path), what, remedy))) from error
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read: {error.strerror}") from error


def _codec_of(directory: Path) -> Codec:
    """Return how the device's database is written; the directory is only looked at."""
    if not directory.is_dir():
        raise click.ClickException(f"there is no state directory {directory}")
    try:
        names = set(os.listdir(directory))  # noqa: PTH208 - names are what is asked for
    except OSError as error:
        raise click.ClickException(f"{directory} cannot be read: {error.strerror}") from error
    found = [codec for codec in CODECS if codec.file_name in names]
    if not found and MARKER_NAME not in names:
        _no_device(directory)
    return JSON if JSON in found or not found else found[0]


def _no_device(directory: Path) -> Database:
    raise click.ClickException(
        f"{directory} holds no device; `onboardee run PROFILE --state-dir {directory}` makes one"
    )
