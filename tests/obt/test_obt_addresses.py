"""Addresses on the command line: what `discover` prints, `own` takes."""

import socket

import click
import pytest

from onboardee.device.cli.obt.addresses import read_address, uri
from onboardee.obt import Address


@pytest.mark.parametrize(
    "address",
    [
        Address("10.0.0.1", 5683),
        Address("2001:db8::1", 5683),
        Address("fe80::1", 40001, socket.if_nametoindex("lo")),
    ],
)
def test_there_and_back(address: Address) -> None:
    """An address that was printed is read as the same, interface and all."""
    assert read_address(uri("coap", address)) == address


def test_interfaces() -> None:
    """A link-local address is printed with the interface's name, and read with its number, too."""
    index = socket.if_nametoindex("lo")
    assert uri("coaps", Address("fe80::1", 1, index)) == "coaps://[fe80::1%lo]:1"
    assert read_address(f"coap://[fe80::1%{index}]:1") == Address("fe80::1", 1, index)
    assert uri("coap", Address("fe80::1", 1, 99999)) == "coap://[fe80::1%99999]:1"


@pytest.mark.parametrize(
    "text", ["coap://light", "coaps://10.0.0.1:1", "coap://[fe80::1%nowhere]:1", "coap://[x]:1"]
)
def test_what_is_none(text: str) -> None:
    """Anything else is wrong usage."""
    with pytest.raises(click.UsageError, match="is not a"):
        read_address(text)
