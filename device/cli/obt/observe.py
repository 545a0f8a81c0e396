"""`onboardee obt observe`: a resource as it changes, one line of JSON for each state.

It is JSON with and without `--json`, as this is for pipes: each line is written when the device
tells it, and `--count` and `--for` end it without an error.
"""

import asyncio
import math

import click

from onboardee.device.cli.obt.invocation import Invocation, as_json, json_text, pass_invocation
from onboardee.device.cli.obt.read import with_query
from onboardee.obt import OwnedDevice


@click.command("observe", epilog="Example: onboardee obt observe 3d22 /light/switch --count 5")
@click.argument("device")
@click.argument("path")
@click.option("--count", type=click.IntRange(min=1), help="End after so many states.")
@click.option("--for", "seconds", type=click.FloatRange(min=0), help="End after so many seconds.")
@as_json
@pass_invocation
def command(
    invocation: Invocation, device: str, path: str, count: int | None, seconds: float | None
) -> None:
    """Print a resource of DEVICE now and whenever it changes, one line of JSON each time."""
    href, query = with_query(path)

    async def go(owned: OwnedDevice) -> None:
        observation = await owned.observe(href, query=query)
        left = math.inf if count is None else count
        try:
            async with asyncio.timeout(seconds):
                while left > 0:
                    value = await observation.next(within=FOREVER)
                    click.echo(json_text(value))
                    left -= 1
        except TimeoutError:
            return
        finally:
            observation.stop()

    invocation.use(device, go)


FOREVER = 365 * 24 * 3600.0
"""Seconds: longer than any terminal is open."""
