"""What the dashboard tells of a device, asked of the device at that moment.

Secrets are in none of it: the security resources go through `svrdb.plain`, which shows the length
of a key. The PIN is there while the device shows it, as this page is the display of a device that
has none.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from onboardee.device.machine.layer import AnyDevice
from onboardee.device.simulation.creatable import made
from onboardee.device.simulation.profile import ResourceProfile
from onboardee.device.simulation.values import Property
from onboardee.device.web.devices import WebDevice
from onboardee.svrdb.model import SECURITY_RESOURCES
from onboardee.svrdb.plain import plain

MAIN: Final = (
    "lockState",
    "openLevel",
    "openState",
    "currentMachineState",
    "temperature",
    "humidity",
    "systolic",
    "weight",
    "glucose",
    "value",
    "charge",
)
"""The properties of which a device shows one first, in their order, if it has any of them."""
OF_TYPE: Final = {
    "oic.d.airconditioner": "temperature",
    "oic.d.freezer": "temperature",
    "oic.d.refrigerator": "temperature",
    "oic.d.thermostat": "temperature",
    "oic.d.wallpad": "temperature",
}
"""What devices of a type show first in place of these."""
SHOWN: Final = 8
"""Resources whose values are on a card: what its picture is drawn from."""
_NOT_SAID: Final = frozenset({"initial"})
_EMPTY: Final[tuple[Any, ...]] = ([], {}, ())


def card(known: WebDevice) -> dict[str, Any]:
    """Return what a card of the overview shows."""
    told = summary(known)
    if not told["running"]:
        return told
    return {**told, "pin_code": told["pin"] and qr_code(told["pin"])}


def away(name: str) -> dict[str, Any]:
    """Return the card of a device that does not run."""
    return {"device": name, "running": False}


def summary(known: WebDevice) -> dict[str, Any]:
    """Return a card without pictures, as the console has it; it needs no extra of the package."""
    device = known.device
    if device is None:
        return away(known.name)
    database = device.database
    profile = device.profile.device
    shown = dict(list(device.appliances.items())[:SHOWN])
    return {
        "device": known.name,
        "running": True,
        "name": database.con.name or profile.name,
        "types": list(profile.types),
        "state": database.state.name,
        "owned": database.doxm.owned,
        "owner": str(database.doxm.owner_uuid),
        "device_uuid": str(database.doxm.device_uuid),
        "selected_method": database.doxm.selected_method,
        "endpoints": list(device.reachable_at),
        "pin": device.pin,
        "main": _main(device),
        "values": {href: dict(each.values.current) for href, each in shown.items()},
    }


@lru_cache(maxsize=64)
def qr_code(text: str) -> tuple[str, ...]:
    """Return a text as a QR code, a row of `0` and `1` each, without the margin (ISO 18004)."""
    # few devices ever show a PIN
    import segno  # noqa: PLC0415

    matrix = segno.make(text, micro=False, error="m").matrix
    return tuple("".join(map(str, row)) for row in matrix)


def whole(known: WebDevice) -> dict[str, Any]:
    """Return what the page of a device shows beside its card."""
    device = known.device
    if device is None:
        return card(known)
    return {
        **card(known),
        "resources": [
            {
                "href": each.href,
                "rt": list(each.types),
                "if": list(each.interfaces),
                "values": dict(device.appliances[each.href].values.current),
                "properties": {name: _limits(spec) for name, spec in each.properties.items()},
            }
            for each in _resources(device)
            if each.href in device.appliances
        ],
        "inputs": list(device.inputs),
        "faults": dict(device.faults),
        "has_snapshots": known.store is not None,
    }


def _resources(device: AnyDevice) -> list[ResourceProfile]:
    """Return the resources of the profile, and those that clients created."""
    own = device.profile.resources
    return [*own, *(each.profile for each in made(own, device.database.created))]


def security(device: AnyDevice) -> dict[str, Any]:
    """Return the security resources by name, with their properties; secrets are hidden."""
    database = device.database
    tables = {
        each.name: plain(getattr(database, each.name))
        for each in SECURITY_RESOURCES
        if hasattr(database, each.name)
    }
    tables["roles"] = _roles(device)
    if database.reset_profile is not None:
        tables["reset_profile"] = plain(database.reset_profile)
    return tables


def _roles(device: AnyDevice) -> list[dict[str, Any]]:
    """Return the roles that peers have now, by certificate or by key."""
    return [
        {"peer": str(session.address), "role": role.role, "authority": role.authority}
        for session in device.sessions
        for role in device.roles(session)
    ]


def _main(device: AnyDevice) -> dict[str, Any] | None:
    """Return which property a device shows first, with its unit and the type of its resource."""
    own = [OF_TYPE[each] for each in device.profile.device.types if each in OF_TYPE]
    for name in (*own, *MAIN):
        for each in device.profile.resources:
            if name in each.properties and each.href in device.appliances:
                unit = each.properties[name].unit
                return {
                    "href": each.href,
                    "property": name,
                    "unit": unit,
                    "rt": list(each.types),
                }
    return None


def _limits(spec: Property) -> Mapping[str, Any]:
    """Return what a property may be, as a profile writes it; what is usual is left out."""
    said: dict[str, Any] = msgspec.to_builtins(spec)
    return {
        name: value
        for name, value in said.items()
        if name not in _NOT_SAID and not (value is None or value is False or value in _EMPTY)
    }
