"""Getting hold of a device for `onboardee obt`, or saying soon why it cannot be had.

A device's ports are free ones and change with each start, and addresses change with networks. So
the address in the database is a first guess, tried for a few seconds, and the search follows.
Anybody may claim a UUID in a search: only the session, whose key the device has to know, proves who
it is.
"""

import asyncio
import dataclasses
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

import click

from onboardee.obt import (
    ALL_ORDERS,
    LITE,
    Address,
    Located,
    NoAnswerError,
    ObtError,
    OldOwnedDevice,
    OnboardingError,
    OnStep,
    OwnedDevice,
    Style,
    Transport,
    Unowned,
    find_device,
    find_owned,
    find_unowned_at,
)
from onboardee.obt.database import DatabaseBusyError, DeviceRecord, ProvisioningDatabase
from onboardee.obt.transport import Work
from onboardee.wire.entropy import Entropy

PATIENCE: Final = 4.0
"""Seconds in which a device that is there gives a sign of life."""
SEARCH_ROUNDS: Final = 2
"""How often a search is repeated, as multicast is lost easily."""


class NotFoundError(ObtError):
    """A device is neither where it was nor anywhere on the local network."""


class Reaching:
    """Gets hold of devices of the database: where they were last, or where they are found instead.

    Where a device is found instead is kept. The local network is searched once, for all of them.
    """

    def __init__(
        self,
        transport: Transport,
        database: ProvisioningDatabase,
        on_step: OnStep | None,
        *,
        at_once: int = 1,
    ) -> None:
        self._transport = transport
        self._database = database
        self._on_step = on_step
        self._at_once = at_once
        self._found: dict[UUID, Located] | None = None
        """What a search has found; None: nobody has searched yet."""
        self._searching = asyncio.Lock()

    @property
    def entropy(self) -> Entropy:
        """Where keys come from."""
        return self._transport.entropy

    async def reach(self, record: DeviceRecord) -> OwnedDevice:
        """Open a session where the device was last; after a restart its ports may be others.

        Raises `NotFoundError` if it is not found, and `OnboardingError` if it is where it was and
        takes no session.
        """
        if not record.secured:
            return await self._elsewhere(record, None)
        owned = self._device(record)
        try:
            async with asyncio.timeout(PATIENCE):
                link = await owned.connect()
        except (TimeoutError, OnboardingError) as error:
            owned.close()
            return await self._elsewhere(record, error)
        # A record may have several addresses; the one that answered is tried first next time.
        if link.address != record.secured[0]:
            self._keep(record, link.address, record.plain)
        return owned

    async def _elsewhere(self, record: DeviceRecord, error: Exception | None) -> OwnedDevice:
        """Look for a device, and keep where it is; `error` is why it is not where it was.

        Anybody can say that he is the device, so it is kept only when a session has come about.
        """
        where = f"at coaps://{record.secured[0]}" if record.secured else "at a known address"
        click.echo(f"{record.uuid} is not {where}; searching", err=True)
        moved = await self._search(record)
        if moved is None and isinstance(error, OnboardingError):
            raise error
        if moved is None:
            raise NotFoundError(
                f"{record.uuid} does not answer, neither {where} nor on the local network; is it "
                "running?"
            ) from error
        owned = self._device(moved)
        try:
            link = await owned.connect()
        except OnboardingError:
            owned.close()
            raise
        self._keep(moved, link.address, moved.plain)
        return owned

    def _keep(self, record: DeviceRecord, secured: Address, plain: Address | None) -> None:
        """Keep where a session came about, before all other addresses."""
        ownership = dataclasses.replace(record.ownership, secured=secured, plain=plain)
        with suppress(DatabaseBusyError):  # whoever is changing it may find the device, too
            self._database.devices.put(record.at(ownership))

    async def together(self, works: Sequence[Work]) -> None:
        """Carry out pieces of work side by side, as many as were allowed."""
        await self._transport.together(works, at_once=self._at_once)

    async def seems_unowned(self, record: DeviceRecord) -> bool:
        """Tell whether what is where the device was says in the clear that it has no owner."""
        if record.plain is None:
            return False
        try:
            await find_unowned_at(
                self._transport, record.plain, patience=PATIENCE, on_step=self._on_step
            )
        except OnboardingError:
            return False
        return True

    def _device(self, record: DeviceRecord) -> OwnedDevice:
        """Return the device of a record, as its order of messages has it talk."""
        style = ALL_ORDERS[record.order].style if record.order in ALL_ORDERS else LITE.style
        kind = OldOwnedDevice if style.is_old else OwnedDevice
        return kind(
            self._transport,
            record.ownership,
            others=record.secured[1:],
            style=style if style.is_old else LITE.style,
            on_step=self._on_step,
        )

    async def _search(self, record: DeviceRecord) -> DeviceRecord | None:
        """Return the record with the address of today, None if there is no other."""
        found = await self._located(record)
        if found is None or set(record.secured[:1]) & set(found.secured):
            return None
        return dataclasses.replace(record, secured=found.secured, plain=found.plain)

    async def _located(self, record: DeviceRecord) -> Located | None:
        """Ask at the known address first, then everybody, once."""
        if self._found is None or record.uuid not in self._found:
            # At its old plain address it can tell its new ports: quicker than a search.
            found = await find_device(
                self._transport, record.uuid, plain=record.plain, rounds=0, on_step=self._on_step
            )
            if found is not None:
                return found
        async with self._searching:  # others of the same plan may miss their devices, too
            if self._found is None:
                everybody = await find_owned(
                    self._transport, rounds=SEARCH_ROUNDS, on_step=self._on_step
                )
                self._found = {each.uuid: each for each in everybody}
        return self._found.get(record.uuid)


async def find_at(
    transport: Transport, address: Address, style: Style, on_step: OnStep | None
) -> Unowned:
    """Ask the device at a plain address, and do not wait long for nobody."""
    try:
        return await find_unowned_at(
            transport, address, style=style, patience=PATIENCE, on_step=on_step
        )
    except OnboardingError as error:
        # It has answered, and its reason is the better sentence.
        if not isinstance(error.__cause__, NoAnswerError):
            raise
        raise click.ClickException(
            f"nothing answers at coap://{address}; is the device running, and is this its port "
            "without DTLS? `onboardee obt discover` lists what answers"
        ) from error
