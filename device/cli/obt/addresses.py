"""How addresses are written on the command line, and read from it.

A person writes `coap://192.0.2.9:40001`, or a link-local IPv6 address with the name of an interface
behind a `%`, as it is printed by `discover`. Inside, an interface is a number. Host names are
refused: see `onboardee.obt.address`.
"""

import socket
from urllib.parse import urlsplit

import click

from onboardee.obt import Address


def uri(scheme: str, address: Address) -> str:
    """Return an address such as `coap://[fe80::1%eth0]:5683`, which `read_address` reads again."""
    if not address.interface:
        return f"{scheme}://{address}"
    try:
        zone = socket.if_indextoname(address.interface)
    except OSError:  # it has gone
        zone = str(address.interface)
    return f"{scheme}://[{address.host}%{zone}]:{address.port}"


def read_address(text: str) -> Address:
    """Read a coap:// address with host and port. Raises `click.UsageError`.

    An interface may be given by name or by number; it is needed for link-local hosts only.
    """
    try:
        zone = (urlsplit(text).hostname or "").partition("%")[2]
        interface = _index(zone) if zone else 0
    except (ValueError, OSError) as error:
        raise click.UsageError(f"{text} is not an address of this machine's networks") from error
    address = Address.from_uri(text, "coap", interface=interface)
    if address is None:
        raise click.UsageError(f"{text} is not a coap:// address with host and port")
    return address


def _index(zone: str) -> int:
    """Return the number of an interface. Raises OSError if there is none of this name."""
    return int(zone) if zone.isdigit() else socket.if_nametoindex(zone)
