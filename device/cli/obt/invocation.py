"""What the sub-commands of `onboardee obt` share: the database, the network, and how to print.

A command is a function of an `Invocation`, which knows how it was called. `run` opens the
database and sockets, lets the command do its work in an event loop, and closes both; `use` does
that with a session to one device. Before it begins, unfinished operations are named, so that
nobody forgets them. What goes wrong leaves as one sentence (`sentences`), and for programs as an
object (`failing`).

Results go to standard output, all else (questions, progress, reminders) to standard error, so
that a program may read the first and a person sees the second. Texts of devices are made harmless
before they reach a terminal.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from onboardee.device.cli.obt.reasons import reason
from onboardee.device.cli.places import state_home
from onboardee.device.cli.reaching import Reaching
from onboardee.device.cli.terminal import harmless
from onboardee.obt import (
    AsyncioTransport,
    ObtError,
    OldOwnedDevice,
    OwnedDevice,
    Ownership,
    StepReport,
    Transport,
)
from onboardee.obt.database import DatabaseError, DeviceRecord, ProvisioningDatabase, Relation
from onboardee.obt.errors import about
from onboardee.obt.plans import Progress, UnfinishedError, command
from onboardee.obt.style import OIC11_STYLE

T = TypeVar("T")

FILE: Final = "obt.db"
"""The name of the provisioning database, below the user's state directory."""
FORMER_FILE: Final = "obt.json"
"""That of earlier versions, which is taken over once."""
AT_ONCE: Final = 8
"""Devices that a plan is about at a time: enough to wait for none alone, and a small burst."""
MOST_AT_ONCE: Final = 64
"""More would fill the receive buffer of one socket with answers."""
REMAINS: Final = 3
"""The exit code if a part of an operation remains to be done."""


class RemainsError(click.ClickException):
    """A part of an operation remains to be done."""

    exit_code = REMAINS


@dataclass(frozen=True, slots=True)
class Tool:
    """The database, the network, and how devices are found on it.

    What `work` gets from `Invocation.run`. All of it ends with the command.
    """

    database: ProvisioningDatabase
    transport: Transport
    around: Reaching
    """How devices are found, also where they have moved."""

    async def reach(self, name: str) -> OwnedDevice:
        """Return the device of a name with an open session; it may be one that we paired with.

        A name that the database knows as ours is meant before one that it knows as paired with.
        Raises `ObtError`.
        """
        try:
            record = self.database.devices.find(name)
        except DatabaseError:
            paired = self._paired(name)
            if paired is None:
                raise
            return paired
        with about(record.uuid):
            return await self.around.reach(record)

    def _paired(self, name: str) -> OwnedDevice | None:
        """Return a device that we paired with, or that we own beside its owner."""
        with suppress(DatabaseError):
            known = self.database.pairings.find(name)
            ownership = Ownership(
                known.device, known.identity, known.secured, known.key, known.plain
            )
            if known.relation is Relation.SUB_OWNER:
                return OwnedDevice(self.transport, ownership)
            return OldOwnedDevice(self.transport, ownership, style=OIC11_STYLE)
        return None


@dataclass
class Invocation:
    """How the command was called.

    Options may stand before the sub-command or behind it, so this is filled in as they are read. It
    is for one command, but in the menu it lives on from entry to entry.
    """

    store: Path | None = None
    """The provisioning database, None for the usual one."""
    verbose: bool = False
    """Whether every message is told."""
    as_json: bool = False
    """Whether programs read what is printed."""
    parallel: int = AT_ONCE
    """Devices that a plan is about at a time."""

    @contextmanager
    def database(self) -> Iterator[ProvisioningDatabase]:
        """Open the database; what goes wrong becomes one sentence."""
        path = self.store or state_home() / FILE
        former = None if self.store is not None else state_home() / FORMER_FILE
        with sentences(), ProvisioningDatabase(path, former=former) as database:
            yield database

    def run(
        self, work: Callable[[Tool], Coroutine[Any, Any, T]], *, is_reminding: bool = True
    ) -> T:
        """Do some work with sockets and the database.

        `work` gets the tools and runs in an event loop of its own; its result is returned. Whoever
        interrupts it is told what is unfinished then.
        """

        async def go(database: ProvisioningDatabase) -> T:
            async with AsyncioTransport() as transport:
                around = Reaching(transport, database, self.on_step, at_once=self.parallel)
                return await work(Tool(database, transport, around))

        with self.database() as database:
            if is_reminding:
                self._remind(database)
            try:
                return asyncio.run(go(database))
            except (KeyboardInterrupt, click.Abort):
                self._remind(database)
                raise

    def use(self, device: str, work: Callable[[OwnedDevice], Coroutine[Any, Any, T]]) -> T:
        """Do some work with a device that is ours.

        The session is open when `work` begins, and is closed when it has ended.
        """

        async def go(tool: Tool) -> T:
            async with await tool.reach(device) as owned:
                with about(owned.ownership.device):
                    return await work(owned)

        return self.run(go)

    def show(self, value: object, text: str) -> None:
        """Print a result for machines, or its text for people."""
        if self.as_json:
            click.echo(json_text(value))
        elif text:
            click.echo("\n".join(harmless(line) for line in text.split("\n")))

    @property
    def on_step(self) -> Callable[[StepReport], None] | None:
        """Tells every message, if that is wanted."""
        return _tell if self.verbose else None

    def progress(self, progress: Progress) -> None:
        """Tell of a step of a plan."""
        step = progress.step
        peer = "" if step.peer is None else f" for {step.peer}"
        done = progress.error or "done"
        told = f"{progress.number}/{progress.total} {step.action}{peer} at {step.device}: {done}"
        click.echo(harmless(told), err=True)

    def _remind(self, database: ProvisioningDatabase) -> None:
        """Name what is unfinished, each with the command that finishes it."""
        for each in database.operations.unfinished():
            devices = " ".join(map(str, each.devices))
            said = f"operation {each.id} ({each.kind} {devices}) is unfinished: `{command(each)}`"
            click.echo(said, err=True)


@contextmanager
def sentences() -> Iterator[None]:
    """Make one sentence of what goes wrong.

    An unfinished operation gets the exit code 3, whatever else fails 1; the error that it came of
    stays its cause, for `failing`.
    """
    try:
        yield
    except UnfinishedError as error:
        raise RemainsError(reason(error)) from error
    except (ObtError, OSError) as error:
        raise click.ClickException(reason(error)) from error


def remember(context: click.Context, option: click.Parameter, value: object) -> None:
    """Keep an option, whether it stands before the sub-command or behind it."""
    invocation = context.ensure_object(Invocation)
    if value:
        setattr(invocation, str(option.name), value)


as_json: Final = click.option(
    "--json", "as_json", is_flag=True, callback=remember, expose_value=False, help="Print JSON."
)
parallel: Final = click.option(
    "--parallel",
    type=click.IntRange(1, MOST_AT_ONCE),
    callback=remember,
    expose_value=False,
    metavar="N",
    help=f"How many devices are worked at side by side; without it {AT_ONCE}.",
)
pass_invocation: Final = click.make_pass_decorator(Invocation)


def title(record: DeviceRecord) -> str:
    """Return what people call a device."""
    return f"{record.uuid} {record.name}".rstrip()


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Return rows in columns, each row one line however long."""
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, sizes)).rstrip() for row in rows)
    return "\n".join(lines)


def json_text(value: object) -> str:
    """Return JSON on one line; what is no visible character is escaped, as terminals obey some."""
    text = json.dumps(value, default=plain_value, ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def plain_value(value: object) -> Any:
    """Return what JSON has no word for as text."""
    return value.hex() if isinstance(value, bytes) else str(value)


def _tell(step: StepReport) -> None:
    """Print one exchange with a device, without secrets."""
    line = f"{step.method} {step.uri} {step.payload} -> {step.outcome} ({step.elapsed:.2f} s)"
    click.echo(harmless(line), err=True)
