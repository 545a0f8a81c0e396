"""A small onboarding tool for trials: `small_tool.py HOW PORT`, in the specification's order.

HOW is what is wrong with it: `sound`, `boasting` (it claims success whatever came), `shy` (it says
that it failed whatever came), or `endless` (it never ends).
"""

import asyncio
import sys
import time

from onboardee.obt import (
    Address,
    AsyncioTransport,
    ObtError,
    TransferMethod,
    find_unowned_at,
    take_ownership,
)
from onboardee.obt.orders import CR3006
from onboardee.wire.entropy import SystemEntropy, random_uuid

WITHIN = 4.0


async def own(port: int) -> bool:
    """Own the device; tell whether that worked."""
    async with AsyncioTransport() as transport:
        try:
            found = await find_unowned_at(transport, Address("127.0.0.1", port), patience=WITHIN)
            owner = random_uuid(SystemEntropy())
            owned = await take_ownership(
                transport,
                found,
                owner,
                order=CR3006,
                method=TransferMethod.JUST_WORKS,
                within=WITHIN,
            )
            async with asyncio.timeout(WITHIN):
                await owned.doxm()
        except (ObtError, TimeoutError):
            return False
    return True


def main() -> int:
    """Own a device in one of the ways."""
    how, port = sys.argv[1], int(sys.argv[2])
    if how == "endless":
        time.sleep(600)
    is_owned = asyncio.run(own(port))
    if how == "boasting":
        return 0
    if how == "shy":
        return 1
    return 0 if is_owned else 1


if __name__ == "__main__":
    sys.exit(main())
