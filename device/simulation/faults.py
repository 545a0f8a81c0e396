"""Faults of the protocol in a profile: which can act there, and the files that they name."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from onboardee.device.faults.checking import Possible, check
from onboardee.device.faults.terms import Fault, FaultError
from onboardee.device.simulation.core_resources import CoreResources
from onboardee.device.simulation.manufacturer import Manufacturer, is_text
from onboardee.device.simulation.resource import ResourceProfile
from onboardee.svrdb.model import SECURITY_RESOURCES

_CORE: Final = (
    "/oic/res",
    "/oic/d",
    "/oic/p",
    "/oic/con",
    "/oic/mnt",
    "/oic/introspection",
    "/oic/introspection/data",
    "/.well-known/core",
)
_SECURE: Final = (
    *(f"/oic/sec/{each.name}" for each in SECURITY_RESOURCES),
    "/oic/sec/acl",
    "/oic/sec/amacl",
    "/oic/sec/csr",
    "/oic/sec/dpairing",
    "/oic/sec/roles",
    "/oic/sec/ver",
)


def possible_faults(
    resources: Iterable[ResourceProfile], core: CoreResources, manufacturer: Manufacturer | None
) -> Possible:
    """Return what faults may be about; core and security resources always, as some are optional."""
    return Possible(
        paths=frozenset((*_CORE, *core.hrefs, *_SECURE, *(each.href for each in resources))),
        has_certificate=manufacturer is not None,
        has_issuer_key=manufacturer is not None and manufacturer.issuer_key is not None,
    )


def check_faults(faults: Sequence[Fault], possible: Possible) -> None:
    """Raise `FaultError`, with its place in the profile, for one that can never act."""
    for number, fault in enumerate(faults):
        try:
            check(fault, possible)
        except FaultError as error:
            raise PlacedFaultError(error, number) from error


class PlacedFaultError(ValueError):
    """A fault of a profile that can never act; `path` leads to it from the profile."""

    def __init__(self, error: FaultError, number: int) -> None:
        super().__init__(str(error).removeprefix(": ".join([*map(str, error.path), ""])))
        self.path = ("faults", number, *error.path)


def with_texts(fault: Fault, folder: Path) -> Fault:
    """Return a fault with what is in the files that it names. Raises `FaultError`."""
    if fault.chain is None or fault.key is None:
        return fault
    return replace(
        fault, chain=_text(fault.chain, folder, "chain"), key=_text(fault.key, folder, "key")
    )


def _text(value: str, folder: Path, field: str) -> str:
    if is_text(value):
        return value
    try:
        return (folder / value).read_text("ascii")
    except OSError as error:
        raise FaultError(f"cannot read {error.filename}: {error.strerror}", field) from error
    except ValueError as error:
        raise FaultError(f"{folder / value} is not PEM text", field) from error
