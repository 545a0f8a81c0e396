"""`onboardee obt discover`: which devices there are.

Two searches at the same time, for devices without owner and for all, so that the first lines come
within the first second; each device is asked for its name as it is found, and told of once. Ours
are recognised by their UUID, which anybody could claim: so addresses that are heard here come after
those where a session has come about. A UUID that has changed, or that is now somewhere else, is
said, as it may mean that the device was reset.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

import click

from onboardee.device.cli.obt.addresses import uri
from onboardee.device.cli.obt.invocation import Invocation, Tool, as_json, pass_invocation
from onboardee.obt import (
    ALL_ORDERS,
    Address,
    Located,
    OnboardingError,
    find_owned,
    find_unowned,
    find_unowned_at,
)
from onboardee.obt.database import DatabaseBusyError, DeviceRecord
from onboardee.obt.database.records import MAX_ADDRESSES
from onboardee.obt.describing import Description, describe

NOBODY: Final = (
    "no device answered; where multicast does not get, `onboardee obt own coap://HOST:PORT` works"
)
"""What is said where nothing was found."""
UNOWNED: Final = "unowned"
"""The words by which a device's owner is told, in lines and in JSON."""
OURS: Final = "ours"
OTHERS: Final = "owned by somebody"
SILENT: Final = "ours, silent"
PATIENCE: Final = 2.0
"""Seconds that a device has to say that it has no owner."""


@click.command("discover", epilog="Example: onboardee obt discover --rounds 1")
@click.option("--rounds", type=click.IntRange(1, 100), default=3, help="How often to ask.")
@click.option("--unowned", "which", flag_value=UNOWNED, help="Only those without an owner.")
@click.option("--owned", "which", flag_value=OURS, help="Only ours, silent ones among them.")
@as_json
@pass_invocation
def command(invocation: Invocation, rounds: int, which: str | None) -> None:
    """List the devices on the local network: unowned, ours, and those of others.

    Each is told of as soon as it has answered; with --json each is one line.
    """

    async def go(tool: Tool) -> None:
        await DeviceSearch(invocation, tool, which).run(rounds)

    invocation.run(go)


@dataclass
class DeviceSearch:
    """One search, which tells of each device once.

    `which` leaves out all others, but they are asked all the same, as only their answers tell whose
    they are.
    """

    invocation: Invocation
    tool: Tool
    which: str | None = None
    """The only ones that are told, by the word for their owner; None for all."""
    unowned: set[UUID] = field(default_factory=set)
    """Those that said themselves that they have no owner."""
    told: set[UUID] = field(default_factory=set)
    """Those that were told already: a device may answer on several addresses."""
    seen: dict[UUID, tuple[Located, Description]] = field(default_factory=dict)
    """Ours, with what they said of themselves, to be noted at the end."""

    async def run(self, rounds: int) -> None:
        """Ask so many times, for devices without owner and for all, at the same time.

        Searches and questions go on side by side; the silent ones of ours are told at the end.
        """
        records = {each.uuid: each for each in self.tool.database.devices.all()}
        transport, on_step = self.tool.transport, self.invocation.on_step
        telling: list[asyncio.Task[None]] = []

        def on_unowned(device: Located) -> None:
            self.unowned.add(device.uuid)
            telling.append(asyncio.create_task(self._tell(device, UNOWNED, records)))

        def on_any(device: Located) -> None:
            telling.append(asyncio.create_task(self._look(device, records)))

        searches: list[Coroutine[Any, Any, Any]] = [
            find_unowned(transport, rounds=rounds, on_found=on_unowned, on_step=on_step)
        ]
        if self.which != UNOWNED:
            searches.append(find_owned(transport, rounds=rounds, on_found=on_any, on_step=on_step))
        await asyncio.gather(*searches)
        await asyncio.gather(*telling)
        self._tell_silent(records)
        with suppress(DatabaseBusyError):  # whoever is changing it does without
            self._note()
        if not self.told and not self.unowned:
            click.echo(NOBODY, err=True)

    async def _look(self, device: Located, records: dict[UUID, DeviceRecord]) -> None:
        """Find out whether a device has an owner, which only those without tell everybody.

        A device that does not answer this is taken for one that somebody owns: those without an
        owner answer everybody (OCF Security 7.3).
        """
        if device.uuid in self.unowned:
            return
        with suppress(OnboardingError):
            await find_unowned_at(
                self.tool.transport,
                device.plain,
                patience=PATIENCE,
                on_step=self.invocation.on_step,
            )
            await self._tell(device, UNOWNED, records)
            return
        await self._tell(device, OURS if device.uuid in records else OTHERS, records)

    async def _tell(self, device: Located, whose: str, records: dict[UUID, DeviceRecord]) -> None:
        """Ask a device for its name, and tell of it once; `whose` is the word for its owner."""
        if device.uuid in self.told:
            return
        self.told.add(device.uuid)
        if self.which not in {None, whose}:
            return
        says = await describe(
            self.tool.transport,
            device.plain,
            style=ALL_ORDERS[device.order].style,
            on_step=self.invocation.on_step,
        )
        before = [
            each.uuid
            for each in records.values()
            if (each.uuid == device.uuid and whose == UNOWNED)
            or (each.plain == device.plain and each.uuid != device.uuid)
        ]
        self._show(device, whose, says, before[0] if before else None)
        if whose == OURS:
            self.seen[device.uuid] = (device, says)

    def _show(self, device: Located, whose: str, says: Description, before: UUID | None) -> None:
        """Print a line; `before` is a device of ours that this one may have been."""
        address = uri("coap", device.plain)
        value: dict[str, Any] = {
            "uuid": device.uuid,
            "address": address,
            "secured": [uri("coaps", each) for each in device.secured],
            "whose": whose,
            "name": says.name,
            "types": says.types,
        }
        text = f"{device.uuid}  {address}  {whose}  {says.name}  {' '.join(says.types)}"
        if before is not None:
            value["before"] = before
            where = "has this UUID" if before == device.uuid else "was there"
            text = f"{text.rstrip()}  (our {before} {where}: reset, or another device)"
        self.invocation.show(value, text.rstrip())

    def _note(self) -> None:
        """Keep where ours may be now, and what they say of themselves if nothing else is known.

        Anybody can say that he is one of them: where a session came about is tried first still.
        """
        database = self.tool.database
        with database.transaction():
            for uuid, (device, says) in self.seen.items():
                record = database.devices.get(uuid)
                if record is not None:
                    noted = replace(
                        record,
                        secured=_merged(record.secured, device.secured),
                        plain=record.plain or device.plain,
                        name=record.name or says.name,
                        types=says.types or record.types,
                        seen=database.now(),
                    )
                    database.devices.put(noted)

    def _tell_silent(self, records: dict[UUID, DeviceRecord]) -> None:
        """Tell of those of ours that did not answer; they may be switched off."""
        if self.which == UNOWNED:
            return
        for each in records.values():
            if each.uuid not in self.told:
                value = {"uuid": each.uuid, "whose": SILENT, "name": each.name, "types": each.types}
                self.invocation.show(value, f"{each.uuid}  -  {SILENT}  {each.name}".rstrip())


def _merged(known: tuple[Address, ...], told: tuple[Address, ...]) -> tuple[Address, ...]:
    """Return where to try: the known addresses first, of which some give way."""
    # half of the places stay with what is known, so that a stranger cannot push it all out
    first = known[: MAX_ADDRESSES // 2]
    return (*first, *(each for each in told if each not in first))[:MAX_ADDRESSES]
