"""`onboardee ping`: a CoAP ping, for scripts and health checks.

An empty confirmable message must be answered with a reset by every CoAP endpoint (RFC 7252 4.3), so
nothing of the device is asked and no right is needed. The container's health check uses it.
"""

import os
import socket
from urllib.parse import urlsplit

import click

from onboardee.wire.coap import message
from onboardee.wire.coap.model import Type

TIMEOUT = 2.0
"""Seconds."""


@click.command("ping", epilog="Example: onboardee ping coap://127.0.0.1:5683")
@click.argument("url")
def command(url: str) -> None:
    """Tell by exit code 0 or 1 whether a CoAP endpoint answers (RFC 7252 4.3)."""
    parts = urlsplit(url)
    if parts.scheme != "coap" or not parts.hostname:
        raise click.UsageError(f"{url} is not a coap:// address")
    mid = int.from_bytes(os.urandom(2))
    family = socket.AF_INET6 if ":" in parts.hostname else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.settimeout(TIMEOUT)
        try:
            probe.connect((parts.hostname, parts.port or 5683))
            probe.send(message.empty(Type.CON, mid))
            answer = probe.recv(64)
        except OSError as error:
            raise click.ClickException(f"{url} does not answer: {error}") from error
    if answer != message.empty(Type.RST, mid):
        raise click.ClickException(f"{url} answers, but not as CoAP")
    click.echo(f"{url} answers")
