"""Getting hold of a device for `onboardee obt`, or saying soon why it cannot be had."""

import asyncio
from dataclasses import replace
from typing import Final

import click

from onboardee.obt import (
    Address,
    Keeper,
    NoAnswerError,
    OnboardingError,
    OnStep,
    OwnedDevice,
    Ownership,
    Style,
    Transport,
    Unowned,
    find_device,
    find_unowned_at,
)

PATIENCE: Final = 4.0
"""Seconds in which a device that is there gives a sign of life."""
SEARCH_ROUNDS: Final = 2


async def reach(
    transport: Transport, keeper: Keeper, record: Ownership, on_step: OnStep | None
) -> OwnedDevice:
    """Open a session where the device was last; after a restart its ports may be others.

    Where it is found instead is kept. Raises `click.ClickException` if it is not found, and
    `OnboardingError` if it is where it was and takes no session.
    """
    owned = OwnedDevice(transport, record, on_step=on_step)
    try:
        async with asyncio.timeout(PATIENCE):
            await owned.connect()
    except (TimeoutError, OnboardingError) as error:
        click.echo(f"{record.device} is not at coaps://{record.secured}; searching", err=True)
        moved = await _search(transport, record, on_step)
        if moved is None and isinstance(error, OnboardingError):
            raise
        if moved is None:
            raise click.ClickException(
                f"{record.device} does not answer, neither at coaps://{record.secured} nor on "
                "the local network; is it running?"
            ) from error
        keeper.add(moved)
        return OwnedDevice(transport, moved, on_step=on_step)
    return owned


async def _search(
    transport: Transport, record: Ownership, on_step: OnStep | None
) -> Ownership | None:
    """Return the record with the address of today, None if there is no other."""
    found = await find_device(
        transport, record.device, plain=record.plain, rounds=SEARCH_ROUNDS, on_step=on_step
    )
    if found is None or record.secured in found.secured:
        return None
    return replace(record, secured=found.secured[0], plain=found.plain)


async def find_at(
    transport: Transport, address: Address, style: Style, on_step: OnStep | None
) -> Unowned:
    """Ask the device at a plain address, and do not wait long for nobody."""
    try:
        return await find_unowned_at(
            transport, address, style=style, patience=PATIENCE, on_step=on_step
        )
    except OnboardingError as error:
        if not isinstance(error.__cause__, NoAnswerError):
            raise
        raise click.ClickException(
            f"nothing answers at coap://{address}; is the device running, and is this its port "
            "without DTLS? `onboardee obt discover` lists what answers"
        ) from error
