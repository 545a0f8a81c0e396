"""What people who read along are told: decoded, bounded, without secrets; and only what is new."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from onboardee.device.events import Event, FaultChanged, RequestServed, ValueChanged
from onboardee.device.resources.appliance import ApplianceResource
from onboardee.device.resources.payload import PayloadError, decode
from onboardee.device.simulation.privacy import is_secret_name
from onboardee.device.simulation.world.world import World
from onboardee.wire.coap import ContentFormat, Request, Response

HIDDEN: Final = "<hidden>"
MAX_OCTETS: Final = 8192
"""Of a payload that is told; of a longer one its length is."""


def served(request: Request, peer: str, response: Response | None) -> RequestServed:
    """Return the event that tells of a request and of what became of it."""
    return RequestServed(
        peer=peer,
        method=request.method.name,
        href=request.path,
        query=tuple(request.query),
        payload=told(request.payload, request.content_format),
        code=None if response is None else str(response.code),
        answer=None if response is None else told(response.payload, response.content_format),
    )


def told(payload: bytes, content_format: int | None) -> object:
    """Return a payload as JSON has it, without secrets; None for none. It may be a stranger's."""
    if not payload:
        return None
    if len(payload) > MAX_OCTETS:
        return _counted(payload)
    if content_format == ContentFormat.LINK_FORMAT:
        return payload.decode("utf-8", "backslashreplace")
    try:
        return without_secrets(decode(payload))
    except PayloadError:
        return f"{_counted(payload)} that are not CBOR"


def without_secrets(value: Any) -> Any:
    """Return a value with what goes by the name of a secret hidden, and octets counted."""
    match value:
        case Mapping():
            return {
                name: HIDDEN if _is_hidden(name, each) else without_secrets(each)
                for name, each in value.items()
            }
        case list() | tuple():
            return [without_secrets(each) for each in value]
        case bytes():
            return _counted(value)
    return value


def _is_hidden(name: str, value: object) -> bool:
    return not isinstance(value, bool) and is_secret_name(name)


def _counted(octets: bytes) -> str:
    return f"<{len(octets)} octets>"


class News:
    """What changed of a device's values and faults since it was told last."""

    def __init__(self, appliances: Mapping[str, ApplianceResource], world: World) -> None:
        self._appliances = appliances
        self._world = world
        self._values: dict[str, Mapping[str, Any]] = {}
        self._faults: Mapping[str, bool] = {}

    def begin(self) -> None:
        """Take what is now for told."""
        self._values = {href: dict(each.values.current) for href, each in self._appliances.items()}
        self._faults = self._world.faults

    def events(self, hrefs: Iterable[str], *, by_hand: bool) -> Iterator[Event]:
        """Yield what is new: of faults, and of those of the resources that hold values."""
        faults = self._world.faults
        for fault, is_on in faults.items():
            if self._faults.get(fault) != is_on:
                yield FaultChanged(fault=fault, is_on=is_on, by_itself=not by_hand)
        self._faults = faults
        for href in hrefs:
            if href not in self._appliances:
                continue
            by_itself = self._world.was_by_itself(href)
            before, now = self._values.get(href, {}), dict(self._appliances[href].values.current)
            self._values[href] = now
            values = {
                name: now[name] for name in now if name not in before or before[name] != now[name]
            }
            if values:
                moving = self._world.is_moving(href, values)
                yield ValueChanged(href=href, values=values, by_itself=by_itself, moving=moving)
