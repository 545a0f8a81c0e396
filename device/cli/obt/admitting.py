"""What `obt pair` and `obt join` have in common: which device is meant, its PIN, what is kept."""

import asyncio
from collections.abc import Awaitable, Callable

import click

from onboardee.obt import Address
from onboardee.obt.admission import Admitted, Device
from onboardee.obt.database import PairingRecord, Relation


async def found(
    target: str,
    at: Callable[[Address], Awaitable[Device]],
    anywhere: Callable[[], Awaitable[list[Device]]],
    *,
    none: str,
    several: str,
) -> Device:
    """Return the device at an address, or the only one whose UUID begins so.

    `none` and `several` begin the sentence where no device fits, or more than one. Raises
    `click.ClickException`.
    """
    if "://" in target:
        address = Address.from_uri(target, "coap")
        if address is None:
            raise click.UsageError(f"{target} is not a coap:// address with host and port")
        return await at(address)
    fitting = [each for each in await anywhere() if str(each.uuid).startswith(target.lower())]
    if len(fitting) != 1:
        how_many = several if fitting else none
        raise click.ClickException(f"{how_many} whose UUID begins with {target!r}")
    return fitting[0]


async def ask_for_pin() -> str:
    """Ask a person, in a thread: the transport goes on meanwhile."""
    answer: str = await asyncio.to_thread(click.prompt, "PIN of the device", err=True)
    return answer.strip()


def record_of(admitted: Admitted, relation: Relation, *, is_certain: bool) -> PairingRecord:
    """Return what is kept of a device that let us in, as `relation`."""
    return PairingRecord(
        device=admitted.device,
        identity=admitted.identity,
        key=admitted.key,
        is_certain=is_certain,
        secured=admitted.secured,
        plain=admitted.plain,
        relation=relation,
    )
