"""The ways to a device's database: one to look at it, one to change it.

A stopped device's is opened and locked; a running one exchanges its own, through its control
socket, for another in one step, and goes on with it as after a restart.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import click

from onboardee.svrdb import (
    JSON,
    Database,
    Storage,
    StoreError,
    StoreLocked,
    open_existing,
    read_existing,
)
from onboardee.svrdb.directories import look
from onboardee.svrdb.locations import storage_at


class EditableDatabase(Protocol):
    """A database that is being edited.

    `Store` is one, `RunningDevice` another; commands do not tell them apart.
    """

    @property
    def current(self) -> Database:
        """The database as last committed."""

    def commit(self, new: Database) -> None:
        """Make `new` the device's database; it is durable when this returns."""


class RunningDevice:
    """The database of a running device, which makes the changes itself."""

    def __init__(self, directory: Path, locked: StoreLocked) -> None:
        """Read it. Raises `locked` if what holds the directory does not answer."""
        self._directory = directory
        try:
            self._text: str = self._ask("database")
        except SilentError:
            raise locked from None
        self._current = JSON.decode(self._text.encode())

    @property
    def current(self) -> Database:
        """The database as it was read, or committed since."""
        return self._current

    def commit(self, new: Database) -> None:
        """Let the device exchange its database, unless it has changed meanwhile.

        Raises `click.ClickException` with the device's reason.

        The device compares what it has with what was read here, so that no change of a tool is
        overwritten.
        """
        # A device would restart for nothing.
        if new == self._current:
            return
        text = JSON.encode(new).decode()
        try:
            self._ask("replace", before=self._text, after=text)
        except SilentError as error:
            raise click.ClickException(str(error)) from error
        self._text, self._current = text, new
        click.echo(
            "the running device took it: it restarted with it, and its sessions have ended",
            err=True,
        )

    def _ask(self, do: str, **arguments: str) -> Any:
        """Ask the device. Raises `SilentError`, or `click.ClickException` with its reason."""
        # sockets, which a stopped device does without
        from onboardee.device.cli.connection import (  # noqa: PLC0415
            CommandFailedError,
            ControlConnection,
            NotRunningError,
            SilentDeviceError,
        )

        try:
            with ControlConnection(self._directory) as connection:
                return connection.ask(do, **arguments)
        except NotRunningError as error:
            raise SilentError(f"nothing was written: {error}") from error
        except SilentDeviceError as error:
            sentence = f"the device in {self._directory} does not answer; read it again"
            raise SilentError(sentence) from error
        except CommandFailedError as error:
            raise click.ClickException(str(error)) from error


class SilentError(Exception):
    """Nobody answers at the control socket."""


@contextmanager
def opened(directory: Path) -> Iterator[EditableDatabase]:
    """Open the database of a device for editing, whether it runs or not.

    What is wrong is one sentence for the person at the terminal: a process that holds the
    directory and does not answer is named, and a directory without a device stays without one.
    """
    with said(directory):
        try:
            store = open_existing(directory)
        # Somebody has the directory: a running device, which can be asked to make the change
        # itself.
        except StoreLocked as locked:
            yield RunningDevice(directory, locked)
            return
        with store:
            yield store


@contextmanager
def looking_at(directory: Path) -> Iterator[Storage]:
    """Take the state directory of a device that may be running, to read what is in it."""
    with said(directory):
        storage = look(storage_at(directory))
        try:
            yield storage
        finally:
            storage.unlock()


def looked_at(directory: Path) -> Database:
    """Read a device's database as last written, also while the device runs."""
    with said(directory):
        return read_existing(directory)


@contextmanager
def said(directory: Path) -> Iterator[None]:
    """Let an error of the store be one sentence for the person at the terminal."""
    if not (directory.is_dir() or directory.parent.is_file()):
        raise click.ClickException(
            f"there is no state directory {directory}; name the one that `run` was given"
        )
    try:
        yield
    except StoreError as error:
        raise click.ClickException(str(error)) from error
