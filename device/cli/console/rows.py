"""What the console knows of each device, and which devices have news.

A row is asked of the device when one of its events says that something happened, and not more often
than the screen shows it. So a device that rests costs nothing, and one of which ten thousand events
a second are told costs a row ten times a second.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, Final

from onboardee.device.cli.lines import value_text
from onboardee.device.cli.terminal import harmless
from onboardee.device.events import Bus, Event, FaultChanged, RequestServed, ValueChanged
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.net.performer import Performer
from onboardee.device.web.devices import WebDevice
from onboardee.device.web.views import summary

_UNITS: Final = {"C": "°C", "F": "°F"}
_SWITCHES: Final = {"oic.r.switch.binary": ("off", "on")}
"""How people call what is false and true, by the type of the resource."""


@dataclass(frozen=True, slots=True)
class Row:
    """One device, as the console shows it. All texts are harmless to a terminal."""

    device: str
    """Its name, as `ctl` takes it."""
    state: str
    """The onboarding state; `away` while the device does not run."""
    owner: str
    """A UUID, or nothing."""
    value: str
    """What it shows first: `on`, `40 %`."""
    faults: tuple[str, ...] = ()
    """Those of its world that are on."""
    pin: str = ""
    pace: str = ""
    """How the time of its world goes, where that is not as on the wall: `60x`, `paused`."""
    news: int = 0
    """The higher, the later something happened to it that people want to know; 0: nothing yet."""


class Rows:
    """The rows of all devices, in the order in which they were named."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever a row may be another one."""
        self._changed = changed
        self._known: dict[str, WebDevice] = {}
        self._rows: dict[str, Row] = {}
        self._news: dict[str, int] = {}
        self._stale: dict[str, None] = {}
        self._count = count(1)

    def __len__(self) -> int:
        return len(self._known)

    def add(self, bus: Bus) -> None:
        """Know of a device that is to run."""
        self._known[bus.device] = WebDevice(bus.device, bus)
        bus.subscribe(partial(self._hear, bus.device))
        self._outdate(bus.device)

    def runs(self, name: str, performer: Performer) -> None:
        """Know that a device runs, and who does what is asked of it."""
        self._known[name].performer = performer
        self._outdate(name)

    def gone(self, name: str) -> None:
        """Know that a device does not run now."""
        self._known[name].performer = None
        self._outdate(name)

    def performer(self, name: str) -> Performer | None:
        """Return who does what is asked of a device; None while it does not run."""
        known = self._known.get(name)
        return None if known is None else known.performer

    def inputs(self, name: str) -> tuple[str, ...]:
        """Return the inputs of a device."""
        known = self._known.get(name)
        return () if known is None or known.device is None else tuple(known.device.inputs)

    def faults(self, name: str) -> Mapping[str, bool]:
        """Return the faults that a device's world can have, and whether they are on."""
        known = self._known.get(name)
        return {} if known is None or known.device is None else dict(known.device.faults)

    def present(self) -> list[Row]:
        """Return all rows, after asking those devices that have something new to tell."""
        stale, self._stale = self._stale, {}
        for name in stale:
            self._rows[name] = _row(self._known[name], self._news.get(name, 0))
        return [self._rows[name] for name in self._known]

    def _outdate(self, name: str) -> None:
        self._stale[name] = None
        self._changed()

    def _hear(self, name: str, event: Event) -> None:
        if isinstance(event, RequestServed):
            return
        if not _is_busyness(event):
            self._news[name] = next(self._count)
        self._outdate(name)


def _is_busyness(event: Event) -> bool:
    """Tell whether something happened by itself, as it does all the time."""
    return isinstance(event, ValueChanged | FaultChanged) and event.by_itself


def _row(known: WebDevice, news: int) -> Row:
    device = known.device
    if device is None:
        return Row(known.name, "away", "", "", news=news)
    told = summary(known)
    faults = tuple(harmless(name) for name, is_on in device.faults.items() if is_on)
    return Row(
        known.name,
        told["state"],
        told["owner"] if told["owned"] else "",
        _value(
            told["main"], {href: each.values.current for href, each in device.appliances.items()}
        ),
        faults,
        harmless(told["pin"] or ""),
        _pace(device),
        news,
    )


def _pace(device: AnyDevice) -> str:
    """Say how the time of a device's world goes; nothing where it goes as on the wall."""
    if device.is_paused:
        return "paused"
    return "" if device.speed == 1 else f"{device.speed:g}x"


def _value(main: dict[str, Any] | None, values: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the main value as the device would show it."""
    if main is None:
        return ""
    value = values[main["href"]][main["property"]]
    if isinstance(value, bool):
        words = next((_SWITCHES[each] for each in main["rt"] if each in _SWITCHES), ("no", "yes"))
        return words[value]
    if isinstance(value, float):
        value = round(value, 2)
    unit = main["unit"] or values[main["href"]].get("units", "")
    return " ".join(filter(None, [value_text(value), harmless(_UNITS.get(str(unit), str(unit)))]))


def fitting(rows: list[Row], room: int, chosen: str | None) -> Iterator[Row]:
    """Yield as many rows as there is room for; where that is not all, those with news first.

    A device that shows a PIN has the latest news, as somebody waits for it. The chosen one is among
    them.
    """
    if len(rows) <= room:
        yield from rows
        return
    ranked = sorted(rows, key=lambda row: (row.device != chosen, not row.pin, -row.news))
    kept = {row.device for row in ranked[: max(room, 0)]}
    # the chosen one comes first in the choice only, and stands where its news put it
    yield from sorted(
        (row for row in rows if row.device in kept), key=lambda row: (not row.pin, -row.news)
    )
