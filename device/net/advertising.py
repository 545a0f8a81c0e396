"""`--advertise`: where others reach a device whose own addresses they do not know."""

import re
from dataclasses import replace

from onboardee.wire.path import Endpoint

OWN_PORT = 0
"""In place of a port: the one that the socket has."""

_FORM = re.compile(
    r"(?:(?P<scheme>coaps?)://)?"
    r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<host>[0-9A-Za-z](?:[0-9A-Za-z.-]*[0-9A-Za-z])?))"
    r"(?::(?P<port>[0-9]{1,5}))?"
)


def parsed(text: str) -> tuple[Endpoint, ...]:
    """Read `HOST`, `HOST:PORT`, or `coap://HOST:PORT` and `coaps://HOST:PORT`.

    A port without scheme is coap's, and the next one is coaps's. An IPv6 address stands in
    brackets. Raises `ValueError`.
    """
    found = _FORM.fullmatch(text)
    port = int(found["port"] or OWN_PORT) if found else OWN_PORT
    if found is None or (found["port"] is not None and port == 0):
        raise ValueError(f"{text}: expected HOST, HOST:PORT or coaps://HOST:PORT; [::1] for IPv6")
    schemes = (found["scheme"],) if found["scheme"] else ("coap", "coaps")
    ports = [port + (number if port else 0) for number in range(len(schemes))]
    if max(ports) > 65535:
        raise ValueError(f"{text}: there is no port {max(ports)}")
    host = found["ipv6"] or found["host"]
    return tuple(
        Endpoint(scheme, host, each, is_advertised=True)
        for scheme, each in zip(schemes, ports, strict=True)
    )


def with_ports(
    advertised: tuple[Endpoint, ...], bound: tuple[Endpoint, ...]
) -> tuple[Endpoint, ...]:
    """Fill in the ports of the bound sockets where none was given."""
    own = {endpoint.scheme: endpoint.port for endpoint in reversed(bound)}
    return tuple(
        replace(each, port=own[each.scheme]) if each.port == OWN_PORT else each
        for each in advertised
    )
