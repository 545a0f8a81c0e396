"""`onboardee ping`: a CoAP ping, for scripts, health checks and probes.

An empty confirmable message must be answered with a reset by every CoAP endpoint (RFC 7252 4.3), so
nothing of the device is asked and no right is needed. Without an address the devices of this
machine are pinged, wherever they are: their control sockets tell. Each is asked whether it is
there; of many only some are pinged, chosen anew each time, so that a probe of a thousand is cheap.
"""

import os
import random
import socket
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from onboardee.wire.coap import message
from onboardee.wire.coap.model import Type

TIMEOUT: Final = 2.0
"""Seconds."""
SAMPLE: Final = 8
"""Devices of many that are pinged."""
LOOPBACK: Final = ("127.", "::1")
"""How addresses begin that are tried first: they are there whatever the network is like."""


@click.command(
    "ping",
    epilog="""\b
Examples:
  onboardee ping coap://127.0.0.1:5683
  onboardee ping --at-least 100""",
)
@click.argument("url", required=False)
@click.option(
    "--at-least",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Without URL: so many devices must run here.",
)
@click.option(
    "--state-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Without URL: where the devices keep their state.",
)
def command(url: str | None, at_least: int, state_dir: Path | None) -> None:
    """Tell by exit code 0 or 1 whether a CoAP endpoint answers (RFC 7252 4.3).

    Without URL: whether the devices that run on this machine do.
    """
    if url is None:
        click.echo(_ping_own(state_dir, at_least))
        return
    parts = urlsplit(url)
    if parts.scheme != "coap" or not parts.hostname:
        raise click.UsageError(f"{url} is not a coap:// address")
    _ping(url)
    click.echo(f"{url} answers")


def _ping(url: str) -> None:
    """Wait for the answer of an endpoint. Raises `click.ClickException`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    mid = int.from_bytes(os.urandom(2))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.settimeout(TIMEOUT)
        try:
            probe.connect((host, parts.port or 5683))
            probe.send(message.empty(Type.CON, mid))
            answer = probe.recv(64)
        except OSError as error:
            raise click.ClickException(f"{url} does not answer: {error}") from error
    if answer != message.empty(Type.RST, mid):
        raise click.ClickException(f"{url} answers, but not as CoAP")


def _ping_own(state_dir: Path | None, at_least: int) -> str:
    """Ping devices of this machine. Raises `click.ClickException`."""
    # what asks a device brings its models, which a ping of an address does without
    from onboardee.device.cli.connection import (  # noqa: PLC0415
        CommandFailedError,
        ControlConnection,
        NotRunningError,
        running,
    )
    from onboardee.device.cli.places import holds_device, state_home  # noqa: PLC0415

    home = state_dir or state_home()
    found = [home] if holds_device(home) else running(home)
    if len(found) < at_least:
        raise click.ClickException(f"{len(found)} of {at_least} devices run in {home}")
    for place in random.sample(found, min(SAMPLE, len(found))):
        try:
            with ControlConnection(place) as connection:
                endpoints = connection.ask("state")["endpoints"]
        except (NotRunningError, CommandFailedError) as error:
            raise click.ClickException(f"{place.name}: {error}") from error
        _ping(_nearest(endpoints))
    return f"{len(found)} devices answer" if len(found) > 1 else f"{found[0].name} answers"


def _nearest(endpoints: list[str]) -> str:
    """Return the endpoint for coap that this machine reaches without a network, if there is one.

    The last ones are a device's own; others were named by `--advertise`.
    """
    plain = [each for each in endpoints if each.startswith("coap://")]
    near = [each for each in plain if (urlsplit(each).hostname or "").startswith(LOOPBACK)]
    return (near or plain)[0 if near else -1]
